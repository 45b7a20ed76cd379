#include "stream.h"

#include "blocks.h"
#include "selection.h"
#include "stream_options.h"
#include "topic.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STREAM_META_BYTES = 1024 };

/* ---- its life -------------------------------------------------------------------------------- */

static fsz_err stream_allocate(struct fsz_stream *s, const struct fsz_config *whole,
                               const char *name)
{
    uint32_t kinds_max = fsz_kinds_max(s->base.kinds);
    s->name = strdup(name);
    s->kind_seq = calloc(kinds_max, sizeof(*s->kind_seq));
    s->kind_seq_told = calloc(kinds_max, sizeof(*s->kind_seq_told));
    s->kind_wanted = malloc(kinds_max * sizeof(*s->kind_wanted));
    s->lost = calloc(kinds_max + 1, sizeof(*s->lost));
    if (!s->name || !s->kind_seq || !s->kind_seq_told || !s->kind_wanted || !s->lost) {
        return FSZ_ENOMEM;
    }
    /* Until the first marking: switch threads write the first event of a kind on suspicion. */
    memset(s->kind_wanted, true, kinds_max * sizeof(*s->kind_wanted));
    return fsz_subscriptions_new(&s->subscriptions, kinds_max, (uint64_t)whole->subscriptions_max);
}

fsz_err fsz_stream_new(const struct fsz_stream_base *base, unsigned slot,
                       const struct fsz_config *whole, const struct fsz_stream_config *config,
                       struct fsz_stream **ret_stream)
{
    struct fsz_stream *s = calloc(1, sizeof(*s));
    if (s == NULL) {
        return FSZ_ENOMEM;
    }
    s->slot = slot;
    s->base = *base;
    s->config = config;
    fsz_uuid_new(s->epoch);
    fsz_err err = stream_allocate(s, whole, config->name);
    err = err != FSZ_OK ? err : fsz_stream_open_wire(s, whole, config);
    fsz_endpoints_init(&s->endpoints, s->pub ? fsz_pub_socket(s->pub) : NULL, fsz_stream_open_local,
                       s, config->socket.owner);
    if (err != FSZ_OK) {
        fsz_stream_free(&s, false, 0, NULL, NULL);
        return err;
    }
    *ret_stream = s;
    return FSZ_OK;
}

/* Its sockets are closed: nothing calls back any more. */
static void stream_release(void *argument)
{
    struct fsz_stream *s = argument;
    void (*closed)(void *argument) = s->closed;
    void *closed_argument = s->closed_argument;
    fsz_access_gate_free(&s->gate);
    fsz_subscriptions_free(&s->subscriptions);
    free(s->kind_seq);
    free(s->kind_seq_told);
    free(s->kind_wanted);
    free(s->lost);
    free(s->name);
    free(s);
    if (closed != NULL) {
        closed(closed_argument);
    }
}

void fsz_stream_free(struct fsz_stream **stream, bool announced, int64_t linger_ms,
                     void (*closed)(void *argument), void *argument)
{
    struct fsz_stream *s = *stream;
    *stream = NULL;
    if (s == NULL) {
        return;
    }
    s->closed = closed;
    s->closed_argument = argument;
    if (announced) {
        fsz_stream_say_bye(s);
    }
    fsz_stream_close_local(s, linger_ms);
    fsz_endpoints_fini(&s->endpoints);
    if (s->pub != NULL) {
        fsz_pub_close(&s->pub, linger_ms, stream_release, s);
    } else {
        stream_release(s);
    }
}

/* libzmq's socket takes its options when it is made. */
static void stream_configure_local(struct fsz_stream *s, const struct fsz_stream_config *config)
{
    if (s->endpoints.socket != NULL && fsz_stream_options_differ(s->config, config)) {
        fsz_endpoints_let_go_local(&s->endpoints);
        fsz_stream_close_local(s, 0);
    }
}

void fsz_stream_configure(struct fsz_stream *stream, const struct fsz_config *whole,
                          const struct fsz_stream_config *config)
{
    stream_configure_local(stream, config);
    fsz_stream_configure_wire(stream, whole, config);
    stream->config = config;
    stream->next_beat_ms = 0;
    stream->changed = true;
    fsz_subscriptions_forget_kinds(stream->subscriptions);
}

/* ---- events ---------------------------------------------------------------------------------- */

/* Returns the length of meta. */
static int stream_write_meta(const struct fsz_stream *s, const struct fsz_message *m,
                             char meta[STREAM_META_BYTES])
{
    if (m->kind == NULL) {
        return snprintf(meta, STREAM_META_BYTES,
                        "{\"stream\":\"%s\",\"epoch\":\"%s\",\"seq\":%" PRIu64 ",\"time\":%" PRId64
                        "}",
                        s->name, s->epoch, s->seq, m->time_us);
    }
    return snprintf(meta, STREAM_META_BYTES,
                    "{\"stream\":\"%s\",\"epoch\":\"%s\",\"seq\":%" PRIu64
                    ",\"kind\":%s,\"kind_seq\":%" PRIu64 ",\"time\":%" PRId64 "}",
                    s->name, s->epoch, s->seq, m->kind->label, s->kind_seq[m->kind->id],
                    m->time_us);
}

/* What a subscriber of framing `envelope` gets: topic, meta, and the event's bytes, which it
 * shares. */
struct stream_envelope {
    struct fsz_zmtp_message wire;
    struct fsz_message     *event;
    uint8_t                 head[];
};

static void envelope_release(struct fsz_zmtp_message *wire)
{
    struct stream_envelope *envelope = (struct stream_envelope *)(void *)wire;
    fsz_message_unref(envelope->event);
    fsz_block_give(envelope);
}

static uint8_t *envelope_put(uint8_t *at, const void *bytes, size_t size)
{
    at += fsz_frame_write(at, FSZ_FRAME_MORE, size);
    memcpy(at, bytes, size);
    return at + size;
}

/* One reference; NULL: out of memory. */
static struct fsz_zmtp_message *stream_envelop(struct fsz_message *m, const char *meta,
                                               size_t meta_size)
{
    size_t                  capacity = 0;
    size_t                  room = (size_t)3 * FSZ_FRAME_HEAD_MAX + m->topic_size + meta_size;
    struct stream_envelope *envelope = fsz_block_take(sizeof(*envelope) + room, &capacity);
    if (envelope == NULL) {
        return NULL;
    }
    uint8_t *end = envelope_put(envelope->head, m->topic, m->topic_size);
    end = envelope_put(end, meta, meta_size);
    end += fsz_frame_write(end, 0, m->json_size);
    fsz_message_ref(m);
    envelope->event = m;
    envelope->wire = (struct fsz_zmtp_message){.refs = 1,
                                               .priority = m->wire.priority,
                                               .head = envelope->head,
                                               .head_size = (size_t)(end - envelope->head),
                                               .body = (const uint8_t *)m->json,
                                               .body_size = m->json_size,
                                               .held_bytes = capacity + m->allocated_bytes,
                                               .release = envelope_release};
    return &envelope->wire;
}

/* With the lock of the pub held. False: out of memory. */
static bool stream_queue(struct fsz_stream *s, struct fsz_message *m, const char *meta,
                         size_t meta_size)
{
    if (s->config->framing == FSZ_FRAMING_JSON) {
        fsz_pub_queue(s->pub, m->json, m->json_size, &m->wire);
        return true;
    }
    struct fsz_zmtp_message *envelope = stream_envelop(m, meta, meta_size);
    if (envelope == NULL) {
        return false;
    }
    fsz_pub_queue(s->pub, m->topic, m->topic_size, envelope);
    fsz_zmtp_message_unref(envelope);
    return true;
}

void fsz_stream_publish(struct fsz_stream *stream, struct fsz_message *message)
{
    char   meta[STREAM_META_BYTES];
    size_t meta_size = 0;
    stream->seq++;
    if (message->kind != NULL) {
        stream->kind_seq[message->kind->id]++;
    }
    if (stream->config->framing == FSZ_FRAMING_ENVELOPE) {
        meta_size = (size_t)stream_write_meta(stream, message, meta);
    }
    fsz_pub_lock(stream->pub);
    bool queued = stream_queue(stream, message, meta, meta_size);
    fsz_pub_unlock(stream->pub);
    bool sent = fsz_stream_send_local(stream, message, meta, meta_size) && queued;
    if (sent) {
        stream->counters.events_sent++;
        stream->counters.bytes_sent += message->json_size;
        stream->counters.truncated += message->truncated;
    } else {
        stream->counters.send_failures++;
    }
}

void fsz_stream_flush(struct fsz_stream *stream)
{
    fsz_pub_lock(stream->pub);
    fsz_pub_flush(stream->pub);
    fsz_pub_unlock(stream->pub);
}

void fsz_stream_lose(struct fsz_stream *stream, const struct fsz_kind *kind)
{
    uint32_t id = kind ? kind->id : fsz_kinds_max(stream->base.kinds);
    atomic_fetch_add(&stream->lost[id], 1);
    atomic_fetch_add(&stream->lost_unseen, 1);
}

void fsz_stream_settle_losses(struct fsz_stream *stream)
{
    if (atomic_load(&stream->lost_unseen) == 0 || atomic_exchange(&stream->lost_unseen, 0) == 0) {
        return;
    }
    uint32_t kinds_max = fsz_kinds_max(stream->base.kinds);
    for (uint32_t id = 0; id < fsz_kinds_count(stream->base.kinds); id++) {
        uint32_t lost = atomic_exchange(&stream->lost[id], 0);
        stream->kind_seq[id] += lost;
        stream->seq += lost;
        stream->counters.lost += lost;
    }
    uint32_t lost = atomic_exchange(&stream->lost[kinds_max], 0);
    stream->seq += lost;
    stream->counters.lost += lost;
}

/* ---- what is wanted -------------------------------------------------------------------------- */

bool fsz_stream_has_changed(struct fsz_stream *stream)
{
    bool multicast = fsz_endpoints_have_multicast(&stream->endpoints);
    bool changed = stream->changed || multicast != stream->multicast;
    stream->multicast = multicast;
    stream->changed = false;
    return changed;
}

bool fsz_stream_has_subscribers(const struct fsz_stream *stream)
{
    return stream->multicast || fsz_subscriptions_count(stream->subscriptions) > 0 ||
           fsz_pub_figures(stream->pub).prefixes > 0;
}

size_t fsz_stream_subscribers(const struct fsz_stream *stream)
{
    fsz_pub_lock(stream->pub);
    size_t count = fsz_pub_count(stream->pub);
    fsz_pub_unlock(stream->pub);
    return count;
}

static bool stream_is_wanted(const struct fsz_stream *s, uint32_t id)
{
    size_t      size = 0;
    const char *head = fsz_subscriptions_head(s->subscriptions, id, &size);
    return s->multicast || fsz_subscriptions_want(s->subscriptions, id) ||
           fsz_pub_wants(s->pub, head != NULL ? head : "", size);
}

static void stream_tell_kind(struct fsz_stream *s, const struct fsz_kind *kind)
{
    if (s->config->framing == FSZ_FRAMING_JSON) {
        fsz_subscriptions_add_kind(s->subscriptions, kind->id, kind->json_head,
                                   strlen(kind->json_head));
        return;
    }
    char   head[FSZ_TOPIC_BYTES_MAX];
    size_t size = fsz_topic_head(head, kind, s->config->topic, s->config->topic_count);
    fsz_subscriptions_add_kind(s->subscriptions, kind->id, head, size);
}

/* Returns true when the kind is wanted again after a pause; its number has then been taken. */
static bool stream_mark_kind(struct fsz_stream *s, struct fsz_kind *kind)
{
    bool wanted = stream_is_wanted(s, kind->id) &&
                  fsz_selection_matches(s->config->selection, kind->name, kind->subclass);
    bool resumed = wanted && !s->kind_wanted[kind->id] && s->kind_seq[kind->id] > 0;
    s->kind_wanted[kind->id] = wanted;
    s->kind_seq[kind->id] += resumed;
    fsz_streamset_share(&kind->wanted, s->slot, wanted);
    return resumed;
}

void fsz_stream_mark_wanted(struct fsz_stream *stream)
{
    uint32_t count = fsz_kinds_count(stream->base.kinds);
    bool     resumed = false;
    for (uint32_t id = fsz_subscriptions_kinds(stream->subscriptions); id < count; id++) {
        stream_tell_kind(stream, fsz_kinds_at(stream->base.kinds, id));
    }
    fsz_pub_lock(stream->pub);
    for (uint32_t id = 0; id < count; id++) {
        resumed |= stream_mark_kind(stream, fsz_kinds_at(stream->base.kinds, id));
    }
    fsz_pub_unlock(stream->pub);
    stream->seq += resumed;
}
