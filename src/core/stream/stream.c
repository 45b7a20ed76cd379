#include "stream.h"

#include "selection.h"
#include "stream_options.h"
#include "topic.h"

#include "fszmq/wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

enum { STREAM_META_BYTES = 1024, STREAM_READ_MAX = 1000 };

static fsz_err stream_allocate(struct fsz_stream *s, const char *name, uint64_t subscriptions_max)
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
    return fsz_subscriptions_new(&s->subscriptions, kinds_max, subscriptions_max);
}

static int stream_fd(void *socket)
{
    int    fd = -1;
    size_t size = sizeof(fd);
    zmq_getsockopt(socket, ZMQ_FD, &fd, &size);
    return fd;
}

fsz_err fsz_stream_new(const struct fsz_stream_base *base, unsigned slot,
                       const struct fsz_stream_config *config, uint64_t subscriptions_max,
                       struct fsz_stream **ret_stream)
{
    struct fsz_stream *s = calloc(1, sizeof(*s));
    if (s == NULL) {
        return FSZ_ENOMEM;
    }
    s->slot = slot;
    s->base = *base;
    fsz_uuid_new(s->epoch);
    fsz_err err = stream_allocate(s, config->name, subscriptions_max);
    s->socket = err == FSZ_OK ? zmq_socket(base->context, ZMQ_XPUB) : NULL;
    s->monitor = s->socket ? fsz_monitor_new(base->context, s->socket, s->name) : NULL;
    err = s->socket ? fsz_stream_listen(s) : err;
    if (s->monitor == NULL || err != FSZ_OK) {
        fsz_stream_free(&s, 0);
        return err == FSZ_OK ? FSZ_ESYSTEM : err;
    }
    s->fd = stream_fd(s->socket);
    s->monitor_fd = stream_fd(s->monitor);
    s->pending = true;
    fsz_stream_options_apply(s->socket, config);
    fsz_endpoints_init(&s->endpoints, s->socket, config->socket.owner);
    fsz_stream_configure(s, config);
    *ret_stream = s;
    return FSZ_OK;
}

static bool stream_send_frame(struct fsz_stream *s, const void *bytes, size_t size, int flags)
{
    return zmq_send(s->socket, bytes, size, ZMQ_DONTWAIT | flags) >= 0;
}

/* `more` are further members. */
bool fsz_stream_send_own(struct fsz_stream *stream, const char *topic, const char *kind,
                         const char *more)
{
    struct fsz_buffer meta;
    fsz_buffer_init(&meta, SIZE_MAX);
    fsz_buffer_printf(&meta,
                      "{\"stream\":\"%s\",\"epoch\":\"%s\",\"seq\":%" PRIu64
                      ",\"kind\":\"%s\",\"time\":%" PRId64 "%s}",
                      stream->name, stream->epoch, stream->seq, kind, fsz_now_us(), more);
    bool sent = meta.failed == FSZ_OK && meta.size <= stream->endpoints.frame_max &&
                stream_send_frame(stream, topic, strlen(topic), ZMQ_SNDMORE) &&
                stream_send_frame(stream, meta.data, meta.size, ZMQ_SNDMORE) &&
                stream_send_frame(stream, "{}", 2, 0);
    fsz_buffer_fini(&meta);
    return sent;
}

void fsz_stream_free(struct fsz_stream **stream, int linger_ms)
{
    struct fsz_stream *s = *stream;
    if (s == NULL) {
        return;
    }
    if (s->config != NULL && s->config->framing == FSZ_FRAMING_ENVELOPE) {
        fsz_stream_settle_losses(s);
        s->next_beat_ms = 0;
        fsz_stream_beat(s, 0); /* a loss at the very end shows by it */
        fsz_stream_send_own(s, FSZMQ_TOPIC_BYE, FSZMQ_TOPIC_BYE, "");
    }
    if (s->socket != NULL) {
        fsz_endpoints_quiet(&s->endpoints, linger_ms);
        fsz_monitor_free(&s->monitor, s->socket);
        zmq_setsockopt(s->socket, ZMQ_LINGER, &linger_ms, sizeof(linger_ms));
        zmq_close(s->socket);
    }
    fsz_endpoints_fini(&s->endpoints);
    fsz_audience_free(&s->audience);
    fsz_inflow_free(&s->inflow);
    fsz_subscriptions_free(&s->subscriptions);
    free(s->kind_seq);
    free(s->kind_seq_told);
    free(s->kind_wanted);
    free(s->lost);
    free(s->name);
    free(s);
    *stream = NULL;
}

void fsz_stream_configure(struct fsz_stream *stream, const struct fsz_stream_config *config)
{
    stream->config = config;
    stream->endpoints.ipc_mode = config->socket.ipc_mode;
    stream->next_beat_ms = 0;
    fsz_subscriptions_forget_kinds(stream->subscriptions);
}

#define STREAM_SWAP(a, b, member)                                                                  \
    do {                                                                                           \
        __typeof__((a)->member) kept = (a)->member;                                                \
        (a)->member = (b)->member;                                                                 \
        (b)->member = kept;                                                                        \
    } while (0)

void fsz_stream_succeed(struct fsz_stream *heir, struct fsz_stream *old)
{
    memcpy(heir->epoch, old->epoch, sizeof(heir->epoch));
    heir->seq = old->seq;
    STREAM_SWAP(heir, old, kind_seq);
    STREAM_SWAP(heir, old, kind_seq_told);
    STREAM_SWAP(heir, old, lost);
    atomic_store(&heir->lost_unseen, atomic_exchange(&old->lost_unseen, 0));
    heir->counters = old->counters;
    heir->connections.accepted += old->connections.accepted;
    heir->connections.handshakes_failed += old->connections.handshakes_failed;
    heir->connections.mismatched += old->connections.mismatched;
    heir->mismatch.logged = heir->connections.mismatched;
    heir->connections.disconnected += old->connections.disconnected + old->connections.open;
    old->config = NULL; /* so that it says no `.bye/` */
}

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

static bool stream_send_head(struct fsz_stream *s, const struct fsz_message *m)
{
    char meta[STREAM_META_BYTES];
    int  meta_size = stream_write_meta(s, m, meta);
    return stream_send_frame(s, m->topic, m->topic_size, ZMQ_SNDMORE) &&
           stream_send_frame(s, meta, (size_t)meta_size, ZMQ_SNDMORE);
}

static bool stream_send_shared(struct fsz_stream *s, struct fsz_message *m)
{
    zmq_msg_t frame;
    fsz_message_ref(m);
    if (zmq_msg_init_data(&frame, (void *)(uintptr_t)m->json, m->json_size, fsz_message_release,
                          m) != 0) {
        fsz_message_unref(m);
        return false;
    }
    if (zmq_msg_send(&frame, s->socket, ZMQ_DONTWAIT) < 0) {
        zmq_msg_close(&frame);
        return false;
    }
    return true;
}

void fsz_stream_publish(struct fsz_stream *stream, struct fsz_message *message)
{
    bool sent = message->json_size <= stream->endpoints.frame_max;
    stream->used = true;
    stream->seq++;
    if (message->kind != NULL) {
        stream->kind_seq[message->kind->id]++;
    }
    if (sent && stream->config->framing == FSZ_FRAMING_ENVELOPE) {
        sent = stream_send_head(stream, message);
    }
    if (sent && stream_send_shared(stream, message)) {
        stream->counters.events_sent++;
        stream->counters.bytes_sent += message->json_size;
        stream->counters.truncated += message->truncated;
        if (stream->multicast) {
            fsz_endpoints_sent(&stream->endpoints, message->json_size + STREAM_META_BYTES / 2);
        }
    } else {
        stream->counters.send_failures++;
    }
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

void fsz_stream_check(struct fsz_stream *stream)
{
    int    events = 0;
    size_t size = sizeof(events);
    if (stream->used) {
        stream->used = false;
        zmq_getsockopt(stream->socket, ZMQ_EVENTS, &events, &size);
        stream->pending |= (events & ZMQ_POLLIN) != 0;
    }
}

bool fsz_stream_read(struct fsz_stream *stream)
{
    size_t count = 0;
    while (count < STREAM_READ_MAX && fsz_stream_take_subscription(stream)) {
        count++;
    }
    bool changed = count > 0;
    stream->pending = count == STREAM_READ_MAX;
    changed |= fsz_audience_sweep(stream->audience);
    fsz_monitor_read(stream->monitor, &stream->connections, stream->inflow);
    return changed;
}

int64_t fsz_stream_next_read_ms(const struct fsz_stream *stream)
{
    return fsz_audience_next_sweep_ms(stream->audience);
}

void fsz_stream_review(struct fsz_stream *stream)
{
    fsz_audience_review(stream->audience);
}

bool fsz_stream_has_subscribers(const struct fsz_stream *stream)
{
    return stream->multicast || fsz_subscriptions_count(stream->subscriptions) > 0;
}

bool fsz_stream_follow_endpoints(struct fsz_stream *stream)
{
    bool before = stream->multicast;
    stream->multicast = fsz_endpoints_have_multicast(&stream->endpoints);
    return stream->multicast != before;
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
    bool wanted = (s->multicast || fsz_subscriptions_want(s->subscriptions, kind->id)) &&
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
    for (uint32_t id = 0; id < count; id++) {
        resumed |= stream_mark_kind(stream, fsz_kinds_at(stream->base.kinds, id));
    }
    stream->seq += resumed;
}
