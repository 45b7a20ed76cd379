/* SPDX-License-Identifier: MPL-2.0 */
/* An endpoint of a service in this process (inproc): a DEALER of libzmq. */
#include "base/clock.h"
#include "net/socket_fd.h"
#include "service/provider.h"

#include <stdio.h>
#include <zmq.h>

enum {
    LOCAL_AGAIN_MS = 500, /* until an endpoint that could not be reached is tried again */
    LOCAL_HWM = 10000     /* messages, as an API socket's send-hwm */
};

static void local_set(void *socket, int option, int value)
{
    zmq_setsockopt(socket, option, &value, sizeof(value));
}

fsz_err fsz_provider_open_local(struct fsz_provider *provider, const struct fsz_provider_base *base,
                                const struct fsz_service_config *config,
                                char                             why[FSZ_REPLY_WHY_BYTES])
{
    int64_t largest = config->reply_bytes;
    provider->socket = zmq_socket(base->context, ZMQ_DEALER);
    if (provider->socket != NULL) {
        local_set(provider->socket, ZMQ_LINGER, 0);
        local_set(provider->socket, ZMQ_IMMEDIATE, 1);
        local_set(provider->socket, ZMQ_SNDHWM, LOCAL_HWM);
        local_set(provider->socket, ZMQ_RCVHWM, LOCAL_HWM);
        zmq_setsockopt(provider->socket, ZMQ_MAXMSGSIZE, &largest, sizeof(largest));
    }
    if (provider->socket == NULL || zmq_connect(provider->socket, provider->address) != 0) {
        snprintf(why, FSZ_REPLY_WHY_BYTES, "%s", zmq_strerror(zmq_errno()));
        return FSZ_ESYSTEM;
    }
    provider->fd = fsz_socket_fd(provider->socket);
    return FSZ_OK;
}

/* A message is an empty frame and a body. libzmq delivers all frames of a message at once. */
static fsz_err local_receive(struct fsz_provider *provider, zmq_msg_t *body)
{
    size_t frames = 0;
    if (zmq_msg_recv(body, provider->socket, ZMQ_DONTWAIT) < 0) {
        return FSZ_ENOTFOUND;
    }
    provider->linked->heard_ms = fsz_clock_monotonic_ms();
    bool delimiter = zmq_msg_size(body) == 0;
    while (zmq_msg_more(body) && zmq_msg_recv(body, provider->socket, ZMQ_DONTWAIT) >= 0) {
        frames++;
    }
    return delimiter && frames == 1 ? FSZ_OK : FSZ_EINVALID;
}

/* Counts as connected until a message finds no peer. An endpoint that has not bound yet gets the
 * message once it does; one that does not reply is ejected like any other. */
static void local_look(struct fsz_provider *provider, int64_t now_ms)
{
    bool was = provider->connected;
    if (provider->again_ms != 0 && now_ms >= provider->again_ms) {
        provider->again_ms = 0;
        zmq_disconnect(provider->socket, provider->address);
        zmq_connect(provider->socket, provider->address); /* it worked before */
    }
    provider->connected = provider->again_ms == 0;
    provider->was_connected = true;
    if (was != provider->connected) {
        (provider->connected ? provider->handler->up : provider->handler->down)(provider);
    }
}

size_t fsz_provider_read_local(struct fsz_provider *provider, size_t most, int64_t now_ms)
{
    size_t    count = 0;
    zmq_msg_t message;
    fsz_err   err = FSZ_OK;
    while (count < most && err != FSZ_ENOTFOUND) {
        zmq_msg_init(&message);
        err = local_receive(provider, &message);
        if (err == FSZ_OK) {
            provider->handler->message(provider, zmq_msg_data(&message), zmq_msg_size(&message));
        } else if (err == FSZ_EINVALID) {
            provider->handler->bad(provider, "its message must be an empty frame and one more");
        }
        count += err != FSZ_ENOTFOUND;
        zmq_msg_close(&message);
    }
    local_look(provider, now_ms);
    return count;
}

void fsz_provider_note_unsent(struct fsz_provider *provider)
{
    if (provider->again_ms == 0) {
        provider->again_ms = fsz_clock_monotonic_ms() + LOCAL_AGAIN_MS;
    }
}

bool fsz_provider_is_pending(const struct fsz_provider *provider)
{
    return fsz_socket_pending(provider->socket);
}
