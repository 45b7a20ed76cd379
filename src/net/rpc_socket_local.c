/* SPDX-License-Identifier: MPL-2.0 */
/* The libzmq ROUTER of an API socket, for clients in this process (inproc). */
#include "net/rpc_socket.h"
#include "net/socket_fd.h"
#include "zmtp/router.h"

#include <errno.h>
#include <string.h>
#include <zmq.h>

/* ---- the socket ------------------------------------------------------------------------------ */

static void local_ready(void *argument, uint32_t events)
{
    struct fsz_rpc_socket *api_socket = argument;
    (void)events;
    api_socket->stirred = true;
}

static void local_set_options(void *socket, const struct fsz_api_socket_config *config)
{
    int mandatory = 1, hwm = (int)config->socket.send_hwm;
    zmq_setsockopt(socket, ZMQ_SNDHWM, &hwm, sizeof(hwm));
    /* A reply to a client that has left is then an error, not silently dropped. */
    zmq_setsockopt(socket, ZMQ_ROUTER_MANDATORY, &mandatory, sizeof(mandatory));
}

void *fsz_rpc_socket_open_local(void *self)
{
    struct fsz_rpc_socket *api_socket = self;
    void                  *socket = zmq_socket(api_socket->base.context, ZMQ_ROUTER);
    if (socket == NULL) {
        return NULL;
    }
    local_set_options(socket, api_socket->config);
    api_socket->local_watch = (struct fsz_loop_watch){
        .fd = fsz_socket_fd(socket), .ready = local_ready, .argument = api_socket};
    if (fsz_loop_add(api_socket->base.loop, &api_socket->local_watch, EPOLLIN) != FSZ_OK) {
        zmq_close(socket);
        return NULL;
    }
    api_socket->stirred = true;
    return socket;
}

void fsz_rpc_socket_close_local(struct fsz_rpc_socket *api_socket, int64_t linger_ms)
{
    int   linger = (int)linger_ms;
    void *socket = api_socket->endpoints.socket;
    if (socket == NULL) {
        return;
    }
    fsz_loop_remove(api_socket->base.loop, &api_socket->local_watch);
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof(linger));
    zmq_close(socket);
    api_socket->endpoints.socket = NULL;
}

/* ---- in -------------------------------------------------------------------------------------- */

enum {
    LOCAL_FRAMES = FSZ_ROUTER_ENVELOPE_FRAMES + 2
}; /* frames that are kept; with more, the envelope is too long */

struct local_message {
    zmq_msg_t parts[LOCAL_FRAMES];
    size_t    count;
    _Alignas(struct fsz_frames) unsigned char memory[sizeof(struct fsz_frames) +
                                                     LOCAL_FRAMES * sizeof(struct fsz_frame)];
};

static bool local_has_more(void *socket)
{
    int    more = 0;
    size_t size = sizeof(more);
    zmq_getsockopt(socket, ZMQ_RCVMORE, &more, &size);
    return more != 0;
}

/* Reads the frames after the routing id. All frames of a message are there when its first one is.
 */
static void local_receive(void *socket, struct local_message *message)
{
    zmq_msg_t spare;
    zmq_msg_init(&spare);
    message->count = 0;
    while (local_has_more(socket)) {
        zmq_msg_t *part = message->count < LOCAL_FRAMES ? &message->parts[message->count] : &spare;
        if (part != &spare) {
            zmq_msg_init(part);
        }
        if (zmq_msg_recv(part, socket, ZMQ_DONTWAIT) < 0) {
            break;
        }
        message->count += part != &spare;
    }
    zmq_msg_close(&spare);
}

static const struct fsz_frames *local_frames(struct local_message *message)
{
    struct fsz_frames *frames = (struct fsz_frames *)(void *)message->memory;
    frames->count = message->count;
    for (size_t i = 0; i < message->count; i++) {
        frames->frames[i] = (struct fsz_frame){.data = zmq_msg_data(&message->parts[i]),
                                               .size = zmq_msg_size(&message->parts[i])};
    }
    return frames;
}

static fsz_err local_inbound(struct fsz_rpc_socket *api_socket, zmq_msg_t *id,
                             const struct fsz_buffer *envelope, struct fsz_inbound *inbound)
{
    fsz_err err = envelope->failed;
    err =
        err != FSZ_OK ? err : fsz_envelope_new(envelope->data, envelope->size, &inbound->envelope);
    return err != FSZ_OK ? err
                         : fsz_clients_take(api_socket->local, zmq_msg_data(id), zmq_msg_size(id),
                                            &inbound->client);
}

static void local_take(struct fsz_rpc_socket *api_socket, zmq_msg_t *id,
                       const struct fsz_frames *frames)
{
    struct fsz_buffer envelope;
    struct fsz_frame  body = {0};
    fsz_buffer_init(&envelope, FSZ_ROUTER_ENVELOPE_BYTES);
    enum fsz_router_shape shape = fsz_router_split(frames, &envelope, &body);
    struct fsz_inbound    inbound = {
           .framed = shape == FSZ_ROUTER_REQUEST, .body = body.data, .size = body.size};
    api_socket->counters.probes += shape == FSZ_ROUTER_PROBE;
    api_socket->counters.frames_bad += shape == FSZ_ROUTER_TOO_FAR || shape == FSZ_ROUTER_UNFRAMED;
    if (shape == FSZ_ROUTER_REQUEST || shape == FSZ_ROUTER_UNFRAMED) {
        if (local_inbound(api_socket, id, &envelope, &inbound) == FSZ_OK) {
            api_socket->counters.messages++;
            api_socket->counters.bytes_in += body.size;
            api_socket->base.take(api_socket->base.self, &inbound);
        } else {
            api_socket->counters.messages_dropped++;
        }
    }
    fsz_client_unref(&inbound.client);
    fsz_envelope_unref(&inbound.envelope);
    fsz_buffer_fini(&envelope);
}

void fsz_rpc_socket_read_local(struct fsz_rpc_socket *api_socket, unsigned most)
{
    void                *socket = api_socket->endpoints.socket;
    struct local_message message;
    zmq_msg_t            id;
    if (socket == NULL) {
        api_socket->stirred = false;
    }
    for (unsigned i = 0; api_socket->stirred && i < most; i++) {
        zmq_msg_init(&id);
        api_socket->stirred = zmq_msg_recv(&id, socket, ZMQ_DONTWAIT) >= 0;
        if (api_socket->stirred) {
            local_receive(socket, &message);
            local_take(api_socket, &id, local_frames(&message));
            for (size_t part = 0; part < message.count; part++) {
                zmq_msg_close(&message.parts[part]);
            }
        }
        zmq_msg_close(&id);
    }
}

/* ---- out ------------------------------------------------------------------------------------- */

/* A zmq_free_fn. */
static void local_unref(void *data, void *message)
{
    (void)data;
    fsz_zmtp_message_unref(message);
}

/* Sends one frame, which libzmq takes without a copy: `message` holds its bytes. */
static bool local_send_frame(void *socket, struct fsz_zmtp_message *message,
                             const struct fsz_frame_head *head, const uint8_t *body)
{
    zmq_msg_t part;
    int       flags = head->flags & FSZ_FRAME_MORE ? ZMQ_SNDMORE | ZMQ_DONTWAIT : ZMQ_DONTWAIT;
    fsz_zmtp_message_ref(message);
    if (zmq_msg_init_data(&part, (void *)(uintptr_t)body, head->body_size, local_unref, message) !=
        0) {
        fsz_zmtp_message_unref(message);
        return false;
    }
    if (zmq_msg_send(&part, socket, flags) < 0) {
        zmq_msg_close(&part);
        return false;
    }
    return true;
}

fsz_err fsz_rpc_socket_send_local(struct fsz_rpc_socket   *api_socket,
                                  const struct fsz_client *client, struct fsz_zmtp_message *message)
{
    void                 *socket = client->local ? client->local : api_socket->endpoints.socket;
    struct fsz_frame_head head;
    const uint8_t        *body = NULL;
    size_t                at = 0;
    if (socket == NULL) {
        return FSZ_ECLOSED;
    }
    api_socket->stirred = true;
    /* Only the first frame can fail: libzmq takes the frames after it in any case. */
    if (client->local == NULL &&
        zmq_send(socket, client->id, client->id_size, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0) {
        return errno == EAGAIN ? FSZ_EFULL : FSZ_ECLOSED;
    }
    while (fsz_zmtp_message_next(message, &at, &head, &body)) {
        if (!local_send_frame(socket, message, &head, body)) {
            return errno == EAGAIN ? FSZ_EFULL : FSZ_ECLOSED;
        }
    }
    return FSZ_OK;
}
