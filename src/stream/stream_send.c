/* SPDX-License-Identifier: MPL-2.0 */
/* Sends events of a stream to its subscribers: in batches on the stream thread, or one at once on
 * the thread that offers it. */
#include "base/blocks.h"
#include "stream/stream.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SEND_META_BYTES = 1024 };

/* Returns the length of meta. */
static int send_write_meta(const struct fsz_stream *s, const struct fsz_message *m,
                           char meta[SEND_META_BYTES])
{
    if (m->type == NULL) {
        return snprintf(meta, SEND_META_BYTES,
                        "{\"stream\":\"%s\",\"epoch\":\"%s\",\"seq\":%" PRIu64 ",\"time\":%" PRId64
                        "}",
                        s->name, s->epoch, s->seq, m->time_us);
    }
    return snprintf(meta, SEND_META_BYTES,
                    "{\"stream\":\"%s\",\"epoch\":\"%s\",\"seq\":%" PRIu64
                    ",\"type\":%s,\"type_seq\":%" PRIu64 ",\"time\":%" PRId64 "}",
                    s->name, s->epoch, s->seq, m->type->label, s->type_seq[m->type->id],
                    m->time_us);
}

/* What a subscriber of framing `envelope` gets: topic, meta, and the bytes of the event, which it
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

/* Returns one reference; NULL: out of memory. */
static struct fsz_zmtp_message *send_envelop(struct fsz_message *m, const char *meta,
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
    envelope->wire = (struct fsz_zmtp_message){.refs = {1},
                                               .priority = m->wire.priority,
                                               .head = envelope->head,
                                               .head_size = (size_t)(end - envelope->head),
                                               .body = (const uint8_t *)m->json,
                                               .body_size = m->json_size,
                                               .held_bytes = capacity + m->allocated_bytes,
                                               .release = envelope_release};
    return &envelope->wire;
}

/* The caller holds the lock of the pub. False: out of memory. */
static bool send_queue(struct fsz_stream *s, struct fsz_message *m, const char *meta,
                       size_t meta_size)
{
    if (s->config->framing == FSZ_FRAMING_JSON) {
        fsz_pub_queue(s->pub, m->json, m->json_size, &m->wire);
        return true;
    }
    struct fsz_zmtp_message *envelope = send_envelop(m, meta, meta_size);
    if (envelope == NULL) {
        return false;
    }
    fsz_pub_queue(s->pub, m->topic, m->topic_size, envelope);
    fsz_zmtp_message_unref(envelope);
    return true;
}

/* Gives the message its numbers and queues it for its subscribers. The caller holds the lock of the
 * pub. */
static void send_one(struct fsz_stream *s, struct fsz_message *m)
{
    char   meta[SEND_META_BYTES];
    size_t meta_size = 0;
    s->seq++;
    if (m->type != NULL) {
        s->type_seq[m->type->id]++;
    }
    if (s->config->framing == FSZ_FRAMING_ENVELOPE) {
        meta_size = (size_t)send_write_meta(s, m, meta);
    }
    bool queued = send_queue(s, m, meta, meta_size);
    if (fsz_stream_send_local(s, m, meta, meta_size) && queued) {
        s->counters.events_sent++;
        s->counters.bytes_sent += m->json_size;
        s->counters.truncated += m->truncated;
    } else {
        s->counters.send_failures++;
    }
}

static void send_flush(struct fsz_stream *s)
{
    fsz_pub_flush(s->pub);
    s->seq_flushed = s->seq;
}

void fsz_stream_publish(struct fsz_stream *stream, struct fsz_message *first)
{
    fsz_pub_lock(stream->pub);
    for (struct fsz_message *m = first; m != NULL; m = m->next) {
        if (fsz_streamset_has(&m->streams, stream->slot)) {
            send_one(stream, m);
        }
    }
    send_flush(stream);
    fsz_pub_unlock(stream->pub);
}

void fsz_stream_flush_blocked(struct fsz_stream *stream)
{
    fsz_pub_lock(stream->pub);
    fsz_pub_flush_blocked(stream->pub);
    fsz_pub_unlock(stream->pub);
}

bool fsz_stream_send_now(struct fsz_stream *stream, struct fsz_message *message, size_t *writes)
{
    if (!fsz_pub_try_lock(stream->pub)) {
        return false;
    }
    bool sent = !stream->local && fsz_pub_is_idle(stream->pub, *writes);
    if (sent) {
        *writes -= fsz_pub_count(stream->pub);
        fsz_stream_settle_losses_held(stream);
        send_one(stream, message);
        send_flush(stream);
        stream->counters.events_at_once++;
    }
    fsz_pub_unlock(stream->pub);
    return sent;
}

/* ---- losses ---------------------------------------------------------------------------------- */

void fsz_stream_lose(struct fsz_stream *stream, const struct fsz_event_type *type)
{
    uint32_t id = type ? type->id : fsz_event_types_max(stream->base.types);
    atomic_fetch_add(&stream->lost[id], 1);
    atomic_fetch_add(&stream->lost_unseen, 1);
}

void fsz_stream_settle_losses_held(struct fsz_stream *stream)
{
    if (atomic_load(&stream->lost_unseen) == 0 || atomic_exchange(&stream->lost_unseen, 0) == 0) {
        return;
    }
    uint32_t event_types_max = fsz_event_types_max(stream->base.types);
    for (uint32_t id = 0; id < fsz_event_types_count(stream->base.types); id++) {
        uint32_t lost = atomic_exchange(&stream->lost[id], 0);
        stream->type_seq[id] += lost;
        stream->seq += lost;
        stream->counters.lost += lost;
    }
    uint32_t lost = atomic_exchange(&stream->lost[event_types_max], 0);
    stream->seq += lost;
    stream->counters.lost += lost;
}

void fsz_stream_settle_losses(struct fsz_stream *stream)
{
    if (atomic_load(&stream->lost_unseen) > 0) {
        fsz_pub_lock(stream->pub);
        fsz_stream_settle_losses_held(stream);
        fsz_pub_unlock(stream->pub);
    }
}
