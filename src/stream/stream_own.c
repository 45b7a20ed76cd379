/* SPDX-License-Identifier: MPL-2.0 */
/* The own messages of a stream: beats, which carry the last number of each type; the end; and to a
 * subscriber, its losses. */
#include "base/clock.h"
#include "fszmq/wire.h"
#include "stream/stream.h"
#include "stream/subscriber.h"

#include <inttypes.h>
#include <string.h>

enum {
    OWN_ALL_EVERY =
        10 /* every so many beats, one names all types, in case a subscriber lost the last one */
};

/* ---- one message ----------------------------------------------------------------------------- */

/* `more`: further members, each after a comma. */
static void own_write_meta(const struct fsz_stream *s, const char *type, const char *more,
                           struct fsz_buffer *meta)
{
    fsz_buffer_printf(meta,
                      "{\"stream\":\"%s\",\"epoch\":\"%s\",\"seq\":%" PRIu64
                      ",\"type\":\"%s\",\"time\":%" PRId64 "%s}",
                      s->name, s->epoch, s->seq, type, fsz_clock_wall_us(), more);
}

/* NULL: out of memory. */
static struct fsz_zmtp_message *own_message(const char *topic, const struct fsz_buffer *meta)
{
    struct fsz_zmtp_message *message = NULL;
    const struct fsz_frame   frames[] = {{(const uint8_t *)topic, strlen(topic)},
                                         {meta->data, meta->size},
                                         {(const uint8_t *)"{}", 2}};
    return meta->failed == FSZ_OK &&
                   fsz_zmtp_message_new(frames, 3, FSZ_ZMTP_HIGH, &message) == FSZ_OK
               ? message
               : NULL;
}

/* ---- beats ----------------------------------------------------------------------------------- */

/* One beat: who gets it, and which types it names. */
struct beat {
    const struct fsz_view   *view; /* NULL: the libzmq socket */
    bool                     all;  /* all types with a number, not only those that moved */
    uint32_t                 end;  /* one after the last type that the subscriptions know */
    struct fsz_zmtp_message *message;
    struct fsz_stream       *stream;
};

static bool beat_names(const struct fsz_stream *s, const struct beat *beat, uint32_t id)
{
    size_t      size = 0;
    const char *head = fsz_subscriptions_head(s->subscriptions, id, &size);
    bool        due = beat->all ? s->type_seq[id] > 0 : s->type_seq[id] != s->type_seq_reported[id];
    return due && (beat->view == NULL || fsz_subscription_filter_sees_all(beat->view->filter) ||
                   fsz_subscription_filter_shows(beat->view->filter, head, size));
}

/* `,"types":{…}`. */
static void beat_write_types(const struct fsz_stream *s, const struct beat *beat,
                             struct fsz_buffer *out)
{
    const char *separator = "";
    fsz_buffer_text(out, ",\"types\":{");
    for (uint32_t id = 0; id < beat->end; id++) {
        if (beat_names(s, beat, id)) {
            fsz_buffer_printf(out, "%s%s:%" PRIu64, separator,
                              fsz_event_types_at(s->base.types, id)->label, s->type_seq[id]);
            separator = ",";
        }
    }
    fsz_buffer_text(out, "}");
    fsz_buffer_text(out, beat->all ? ",\"all\":true" : "");
}

static void beat_write(const struct fsz_stream *s, const struct beat *beat,
                       struct fsz_buffer *ret_meta)
{
    struct fsz_buffer types;
    fsz_buffer_init(&types, SIZE_MAX);
    fsz_buffer_init(ret_meta, SIZE_MAX);
    beat_write_types(s, beat, &types);
    if (types.failed == FSZ_OK) {
        own_write_meta(s, FSZMQ_TOPIC_BEAT, fsz_buffer_string(&types), ret_meta);
    } else {
        ret_meta->failed = types.failed;
    }
    fsz_buffer_fini(&types);
}

static bool beat_send_one(void *argument, struct fsz_subscriber *subscriber)
{
    const struct beat                  *beat = argument;
    const struct fsz_stream_subscriber *mine = subscriber->data;
    struct fsz_pub                     *pub = beat->stream->pub;
    if (mine != NULL && mine->view == beat->view &&
        fsz_pub_sees(pub, subscriber, FSZMQ_TOPIC_BEAT, strlen(FSZMQ_TOPIC_BEAT))) {
        (void)!fsz_pub_send_to(pub, subscriber,
                               beat->message); /* not retried: the next beat comes soon */
    }
    return true;
}

/* Sends a beat to all subscribers with the same view. */
static void beat_send_view(struct fsz_stream *s, struct fsz_view *view, bool all, uint32_t end)
{
    struct beat beat = {.view = view, .all = all || view->subscribed, .end = end, .stream = s};
    struct fsz_buffer meta;
    view->subscribed = false;
    beat_write(s, &beat, &meta);
    beat.message = own_message(FSZMQ_TOPIC_BEAT, &meta);
    fsz_buffer_fini(&meta);
    if (beat.message != NULL) {
        fsz_pub_each_held(s->pub, beat_send_one, &beat);
        fsz_zmtp_message_unref(beat.message);
    }
}

static void beat_send_local(struct fsz_stream *s, bool all, uint32_t end)
{
    struct beat       beat = {.all = all, .end = end, .stream = s};
    struct fsz_buffer meta;
    if (s->endpoints.socket == NULL) {
        return;
    }
    beat_write(s, &beat, &meta);
    if (meta.failed == FSZ_OK) {
        fsz_stream_send_own_local(s, FSZMQ_TOPIC_BEAT, (const char *)meta.data, meta.size);
    }
    fsz_buffer_fini(&meta);
}

/* The caller holds the lock of the pub, so no event is sent between a number and the beat that
 * reports it. */
static void beat_send_all(struct fsz_stream *s)
{
    bool     all = s->beats++ % OWN_ALL_EVERY == 0;
    uint32_t end = fsz_subscriptions_types(s->subscriptions);
    beat_send_local(s, all, end);
    for (struct fsz_view *view = s->views.first; view != NULL; view = view->next) {
        beat_send_view(s, view, all, end);
    }
    memcpy(s->type_seq_reported, s->type_seq, end * sizeof(*s->type_seq_reported));
}

int64_t fsz_stream_beat(struct fsz_stream *stream, int64_t now_ms)
{
    int64_t interval_ms = stream->config->beat_interval_ms;
    if (stream->config->framing != FSZ_FRAMING_ENVELOPE || interval_ms == 0) {
        return INT64_MAX;
    }
    if (now_ms >= stream->next_beat_ms) {
        fsz_pub_lock(stream->pub);
        fsz_stream_settle_losses_held(stream);
        beat_send_all(stream);
        fsz_pub_unlock(stream->pub);
        stream->next_beat_ms = now_ms + interval_ms;
    }
    return stream->next_beat_ms;
}

/* ---- the end --------------------------------------------------------------------------------- */

/* The caller holds the lock of the pub. */
static void own_send_bye(struct fsz_stream *s)
{
    struct fsz_buffer meta;
    fsz_buffer_init(&meta, SIZE_MAX);
    own_write_meta(s, FSZMQ_TOPIC_BYE, "", &meta);
    struct fsz_zmtp_message *message = own_message(FSZMQ_TOPIC_BYE, &meta);
    if (message != NULL) {
        fsz_pub_queue(s->pub, FSZMQ_TOPIC_BYE, strlen(FSZMQ_TOPIC_BYE), message);
        fsz_pub_flush(s->pub);
        fsz_zmtp_message_unref(message);
    }
    if (meta.failed == FSZ_OK) {
        fsz_stream_send_own_local(s, FSZMQ_TOPIC_BYE, (const char *)meta.data, meta.size);
    }
    fsz_buffer_fini(&meta);
}

void fsz_stream_say_bye(struct fsz_stream *stream)
{
    if (stream->config->framing == FSZ_FRAMING_ENVELOPE) {
        stream->next_beat_ms = 0;
        fsz_stream_beat(stream, 0); /* so that a loss at the very end shows */
        fsz_pub_lock(stream->pub);
        fsz_stream_settle_losses_held(stream);
        own_send_bye(stream);
        fsz_pub_unlock(stream->pub);
    }
}

/* ---- losses of one subscriber ---------------------------------------------------------------- */

static void own_write_lost(const struct fsz_stream *s, const struct fsz_stream_subscriber *mine,
                           struct fsz_buffer *meta)
{
    struct fsz_buffer more;
    fsz_buffer_init(&more, SIZE_MAX);
    fsz_buffer_printf(&more,
                      ",\"lost\":{\"low\":%" PRIu64 ",\"normal\":%" PRIu64 ",\"high\":%" PRIu64
                      "},\"first_seq\":%" PRIu64 ",\"last_seq\":%" PRIu64,
                      mine->lost[FSZ_PRIORITY_LOW], mine->lost[FSZ_PRIORITY_NORMAL],
                      mine->lost[FSZ_PRIORITY_HIGH], mine->first_lost, mine->last_lost);
    own_write_meta(s, FSZMQ_TOPIC_LOST, fsz_buffer_string(&more), meta);
    fsz_buffer_fini(&more);
}

static void own_note_reported(struct fsz_stream_subscriber *mine)
{
    for (int priority = 0; priority < FSZ_PRIORITIES; priority++) {
        mine->reported[priority] += mine->lost[priority];
        mine->lost[priority] = 0;
    }
}

static bool own_has_lost(const struct fsz_stream_subscriber *mine)
{
    uint64_t lost = 0;
    for (int priority = 0; priority < FSZ_PRIORITIES; priority++) {
        lost += mine->lost[priority];
    }
    return lost > 0;
}

void fsz_stream_report_lost(struct fsz_stream *stream, struct fsz_subscriber *subscriber)
{
    struct fsz_stream_subscriber *mine = subscriber->data;
    struct fsz_buffer             meta;
    if (mine == NULL || !own_has_lost(mine) || stream->config == NULL ||
        stream->config->framing != FSZ_FRAMING_ENVELOPE ||
        !fsz_pub_sees(stream->pub, subscriber, FSZMQ_TOPIC_LOST, strlen(FSZMQ_TOPIC_LOST))) {
        return;
    }
    fsz_buffer_init(&meta, SIZE_MAX);
    own_write_lost(stream, mine, &meta);
    struct fsz_zmtp_message *message = own_message(FSZMQ_TOPIC_LOST, &meta);
    fsz_buffer_fini(&meta);
    if (message != NULL && fsz_pub_send_to(stream->pub, subscriber, message) == FSZ_OK) {
        own_note_reported(mine);
    }
    fsz_zmtp_message_unref(message);
}
