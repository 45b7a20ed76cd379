/* Beats: how far the numbers of each kind have gone, told to those that may see the kind.
 *
 * libzmq sends one message to all whose prefix matches, so there is a beat for each set of grants,
 * on a topic of its own (narrow.h). */
#include "stream.h"

#include "fszmq/wire.h"

#include <inttypes.h>
#include <string.h>

enum {
    BEAT_ALL_EVERY = 10
}; /* so many beats, one names all: a subscriber may have lost the last */

/* One beat: for whom, and which kinds it names. */
struct beat {
    const struct fsz_narrow *narrow; /* NULL: for those that may see every event */
    bool                     all;    /* every kind that has a number, not only those that moved */
    uint32_t                 end;    /* the first kind that is left for the next beat */
};

static bool beat_names(const struct fsz_stream *s, const struct beat *beat, uint32_t id)
{
    size_t      size = 0;
    const char *head = fsz_subscriptions_head(s->subscriptions, id, &size);
    bool        due = beat->all ? s->kind_seq[id] > 0 : s->kind_seq[id] != s->kind_seq_told[id];
    return due && (beat->narrow == NULL || fsz_narrow_shows(beat->narrow, head, size));
}

/* `,"kinds":{…}`. beat->end becomes the first kind that would not fit into a frame. */
static void beat_write_kinds(const struct fsz_stream *s, struct beat *beat, struct fsz_buffer *out)
{
    const char *separator = "";
    size_t      enough = s->endpoints.frame_max / 2;
    uint32_t    id = 0;
    fsz_buffer_text(out, ",\"kinds\":{");
    for (; id < beat->end && out->size < enough; id++) {
        if (beat_names(s, beat, id)) {
            fsz_buffer_printf(out, "%s%s:%" PRIu64, separator,
                              fsz_kinds_at(s->base.kinds, id)->label, s->kind_seq[id]);
            separator = ",";
        }
    }
    fsz_buffer_text(out, "}");
    beat->all &= id == beat->end;
    beat->end = id;
    fsz_buffer_text(out, beat->all ? ",\"all\":true" : "");
}

static void beat_send(struct fsz_stream *s, struct beat *beat, const char *topic)
{
    struct fsz_buffer kinds;
    fsz_buffer_init(&kinds, SIZE_MAX);
    beat_write_kinds(s, beat, &kinds);
    if (kinds.failed == FSZ_OK) {
        fsz_stream_send_own(s, topic, FSZMQ_TOPIC_BEAT, fsz_buffer_string(&kinds));
    }
    fsz_buffer_fini(&kinds);
}

/* The beat for those that may see everything is sent in any case: over multicast nobody is known.
 */
static void beat_send_each(struct fsz_stream *s)
{
    bool        all = s->beats++ % BEAT_ALL_EVERY == 0;
    struct beat whole = {.all = all, .end = fsz_subscriptions_kinds(s->subscriptions)};
    for (struct fsz_view *view = fsz_audience_views(s->audience); view; view = view->next) {
        if (fsz_narrow_sees_all(view->narrow)) {
            whole.all |= view->news;
            view->news = false;
        }
    }
    beat_send(s, &whole, FSZMQ_TOPIC_BEAT);
    for (struct fsz_view *view = fsz_audience_views(s->audience); view; view = view->next) {
        if (!fsz_narrow_sees_all(view->narrow) && fsz_narrow_beat_topic(view->narrow)[0] != '\0') {
            struct beat beat = {view->narrow, all || view->news, whole.end};
            view->news = false;
            beat_send(s, &beat, fsz_narrow_beat_topic(view->narrow));
        }
    }
    memcpy(s->kind_seq_told, s->kind_seq, whole.end * sizeof(*s->kind_seq_told));
}

int64_t fsz_stream_beat(struct fsz_stream *stream, int64_t now_ms)
{
    int64_t interval_ms = stream->config->beat_interval_ms;
    if (stream->config->framing != FSZ_FRAMING_ENVELOPE || interval_ms == 0) {
        return INT64_MAX;
    }
    if (now_ms >= stream->next_beat_ms) {
        fsz_stream_settle_losses(stream);
        stream->used = true;
        beat_send_each(stream);
        stream->next_beat_ms = now_ms + interval_ms;
    }
    return stream->next_beat_ms;
}
