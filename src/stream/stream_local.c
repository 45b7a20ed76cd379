/* SPDX-License-Identifier: MPL-2.0 */
/* The libzmq XPUB of a stream: subscribers in this process (inproc), and multicast. Both get all
 * that the stream selects: the first belong to the switch, and the receivers of the other are not
 * known. */
#include "net/socket_fd.h"
#include "stream/stream.h"
#include "stream/stream_options.h"

#include <string.h>
#include <zmq.h>

enum { LOCAL_READ_MAX = 1000 };

static void local_ready(void *argument, uint32_t events)
{
    (void)events;
    ((struct fsz_stream *)argument)->pending = true;
}

/* While the libzmq socket exists, only the stream thread sends. */
static void local_note(struct fsz_stream *s, bool local)
{
    fsz_pub_lock(s->pub);
    s->local = local;
    fsz_pub_unlock(s->pub);
}

void *fsz_stream_open_local(void *stream)
{
    struct fsz_stream *s = stream;
    void              *socket = zmq_socket(s->base.context, ZMQ_XPUB);
    if (socket == NULL) {
        return NULL;
    }
    fsz_stream_options_apply(socket, s->config);
    s->local_watch =
        (struct fsz_loop_watch){.fd = fsz_socket_fd(socket), .ready = local_ready, .argument = s};
    if (fsz_loop_add(s->base.loop, &s->local_watch, EPOLLIN) != FSZ_OK) {
        zmq_close(socket);
        return NULL;
    }
    s->pending = true;
    local_note(s, true);
    return socket;
}

void fsz_stream_close_local(struct fsz_stream *stream, int64_t linger_ms)
{
    int   linger = (int)linger_ms;
    void *socket = stream->endpoints.socket;
    if (socket == NULL) {
        return;
    }
    fsz_endpoints_quiet(&stream->endpoints, linger_ms);
    fsz_loop_remove(stream->base.loop, &stream->local_watch);
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof(linger));
    zmq_close(socket);
    stream->endpoints.socket = NULL;
    local_note(stream, false);
    fsz_subscriptions_clear(stream->subscriptions);
    stream->changed = true;
}

/* ---- out ------------------------------------------------------------------------------------- */

static bool local_send(struct fsz_stream *s, const void *bytes, size_t size, int flags)
{
    return zmq_send(s->endpoints.socket, bytes, size, ZMQ_DONTWAIT | flags) >= 0;
}

static bool local_send_shared(struct fsz_stream *s, struct fsz_message *m)
{
    zmq_msg_t frame;
    fsz_message_ref(m);
    if (zmq_msg_init_data(&frame, (void *)(uintptr_t)m->json, m->json_size, fsz_message_release,
                          m) != 0) {
        fsz_message_unref(m);
        return false;
    }
    if (zmq_msg_send(&frame, s->endpoints.socket, ZMQ_DONTWAIT) < 0) {
        zmq_msg_close(&frame);
        return false;
    }
    return true;
}

bool fsz_stream_send_local(struct fsz_stream *stream, struct fsz_message *message, const char *meta,
                           size_t meta_size)
{
    if (stream->endpoints.socket == NULL) {
        return true;
    }
    stream->used = true;
    bool sent = true;
    if (stream->config->framing == FSZ_FRAMING_ENVELOPE) {
        sent = local_send(stream, message->topic, message->topic_size, ZMQ_SNDMORE) &&
               local_send(stream, meta, meta_size, ZMQ_SNDMORE);
    }
    sent = sent && local_send_shared(stream, message);
    if (sent && stream->multicast) {
        fsz_endpoints_sent(&stream->endpoints, message->json_size + meta_size);
    }
    return sent;
}

bool fsz_stream_send_own_local(struct fsz_stream *stream, const char *topic, const char *meta,
                               size_t meta_size)
{
    if (stream->endpoints.socket == NULL) {
        return true;
    }
    stream->used = true;
    return local_send(stream, topic, strlen(topic), ZMQ_SNDMORE) &&
           local_send(stream, meta, meta_size, ZMQ_SNDMORE) && local_send(stream, "{}", 2, 0);
}

/* ---- in -------------------------------------------------------------------------------------- */

/* Takes one message of a subscriber: 1 or 0, then the prefix (RFC 29). libzmq reports only the
 * first subscription to a prefix and the end of the last. False: there is no message. */
static bool local_take(struct fsz_stream *s)
{
    zmq_msg_t frame;
    zmq_msg_init(&frame);
    bool taken = zmq_msg_recv(&frame, s->endpoints.socket, ZMQ_DONTWAIT) >= 0;
    if (taken) {
        const unsigned char *bytes = zmq_msg_data(&frame);
        size_t               size = zmq_msg_size(&frame);
        if (size > 0 && bytes[0] <= 1) {
            fsz_subscriptions_change(s->subscriptions, bytes[0] == 1, bytes + 1, size - 1);
            s->changed = true;
        }
    }
    zmq_msg_close(&frame);
    return taken;
}

void fsz_stream_read_local(struct fsz_stream *stream)
{
    int count = 0;
    if (stream->endpoints.socket == NULL) {
        stream->pending = false;
    }
    while (stream->pending && count < LOCAL_READ_MAX) {
        stream->pending = local_take(stream);
        count++;
    }
}

void fsz_stream_check_local(struct fsz_stream *stream)
{
    int    events = 0;
    size_t size = sizeof(events);
    if (stream->used && stream->endpoints.socket != NULL) {
        zmq_getsockopt(stream->endpoints.socket, ZMQ_EVENTS, &events, &size);
        stream->pending |= (events & ZMQ_POLLIN) != 0;
    }
    stream->used = false;
}
