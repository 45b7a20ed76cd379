/* SPDX-License-Identifier: MPL-2.0 */
#include "base/container_of.h"
#include "base/ref.h"
#include "zmtp/zmtp_socket_private.h"

#include <stdlib.h>

static void socket_take_limits(struct fsz_zmtp_socket *socket, const struct fsz_zmtp_limits *limits)
{
    socket->limits = *limits;
    socket->shared.inputs.max = limits->input_bytes;
    socket->shared.inputs.patience_ms = FSZ_CONN_PATIENCE_MS;
    atomic_store(&socket->shared.output.max, limits->output_bytes);
}

/* A sender may keep a charged message longer than the connections that sent it live. */
static void socket_hold(struct fsz_zmtp_budget *budget, bool held)
{
    struct fsz_zmtp_socket *socket =
        FSZ_CONTAINER_OF(budget, struct fsz_zmtp_socket, shared.output);
    if (held) {
        fsz_zmtp_socket_ref(socket);
    } else {
        fsz_zmtp_socket_unref(socket);
    }
}

static void socket_init(struct fsz_zmtp_socket *socket, const struct fsz_zmtp_options *options,
                        const struct fsz_zmtp_limits *limits)
{
    fsz_ref_init(&socket->refs, 1);
    socket->options = *options;
    socket->shared.loop = socket->loop;
    socket->shared.handler = &fsz_zmtp_socket_conn_handler;
    socket->shared.self = socket;
    socket->shared.limits = limits->conn;
    socket->shared.times = options->times;
    socket->shared.output.hold = socket_hold;
    socket_take_limits(socket, limits);
    randombytes_buf(socket->origins_key, sizeof(socket->origins_key));
}

fsz_err fsz_zmtp_socket_new(struct fsz_loop *loop, const struct fsz_zmtp_options *options,
                            const struct fsz_zmtp_limits  *limits,
                            const struct fsz_zmtp_handler *handler, void *self,
                            const struct fsz_gate *gate, struct fsz_zmtp_socket **ret_socket)
{
    struct fsz_zmtp_socket *socket = sodium_init() < 0 ? NULL : calloc(1, sizeof(*socket));
    if (socket == NULL || pthread_mutex_init(&socket->lock, NULL) != 0) {
        free(socket);
        return FSZ_ENOMEM;
    }
    socket->loop = loop;
    socket->answers = loop;
    socket->handler = handler;
    socket->self = self;
    socket->gate = gate != NULL && gate->ask != NULL ? gate : NULL;
    socket_init(socket, options, limits);
    *ret_socket = socket;
    return FSZ_OK;
}

void fsz_zmtp_socket_ref(struct fsz_zmtp_socket *socket)
{
    fsz_ref_take(&socket->refs);
}

void fsz_zmtp_socket_unref(struct fsz_zmtp_socket *socket)
{
    if (!fsz_ref_drop(&socket->refs)) {
        return;
    }
    pthread_mutex_destroy(&socket->lock);
    fsz_rates_fini(&socket->rates);
    sodium_memzero(socket, sizeof(*socket)); /* keys and passwords */
    free(socket);
}

static bool member_retime(void *argument, struct fsz_zmtp_member *member)
{
    (void)argument;
    fsz_conn_retime(member->conn);
    return true;
}

static bool member_end_handshake(void *argument, struct fsz_zmtp_member *member)
{
    (void)argument;
    if (!member->ready) {
        fsz_conn_end(member->conn, FSZ_ZMTP_END_STOPPED);
    }
    return true;
}

/* Could a handshake that began under one configuration end under the other? Unused bytes are zero
 * in both. */
static bool mechanism_differs(const struct fsz_mechanism_config *a,
                              const struct fsz_mechanism_config *b)
{
    return a->name != b->name || a->as_server != b->as_server ||
           sodium_memcmp(a->secret_key, b->secret_key, sizeof(a->secret_key)) != 0 ||
           sodium_memcmp(a->server_key, b->server_key, sizeof(a->server_key)) != 0 ||
           sodium_memcmp(a->user, b->user, sizeof(a->user)) != 0 ||
           sodium_memcmp(a->password, b->password, sizeof(a->password)) != 0;
}

void fsz_zmtp_socket_configure(struct fsz_zmtp_socket        *socket,
                               const struct fsz_zmtp_options *options,
                               const struct fsz_zmtp_limits  *limits)
{
    enum fsz_zmtp_type type = socket->options.mechanism.type;
    bool               differs = mechanism_differs(&socket->options.mechanism, &options->mechanism);
    socket->options = *options;
    socket->options.mechanism.type = type;
    socket_take_limits(socket, limits);
    fsz_conn_configure(&socket->shared, &limits->conn, &options->times);
    fsz_zmtp_socket_walk(socket, member_retime, NULL);
    if (differs) {
        fsz_zmtp_socket_walk(socket, member_end_handshake, NULL);
    }
}

/* Only a ready connection has something left to write. */
static bool member_finish(void *argument, struct fsz_zmtp_member *member)
{
    const int64_t *due_ms = argument;
    if (member->ready && due_ms != NULL) {
        fsz_conn_finish(member->conn, *due_ms);
    } else {
        fsz_conn_end(member->conn, FSZ_ZMTP_END_STOPPED);
    }
    return true;
}

void fsz_zmtp_socket_settle(struct fsz_zmtp_socket *socket)
{
    if (!socket->closing || socket->closed || socket->members != NULL) {
        return;
    }
    socket->closed = true;
    pthread_mutex_lock(&socket->lock);
    socket->answers = NULL;
    pthread_mutex_unlock(&socket->lock);
    if (socket->when_closed != NULL) {
        socket->when_closed(socket->when_closed_argument);
    }
    fsz_zmtp_socket_unref(socket);
}

void fsz_zmtp_socket_close(struct fsz_zmtp_socket **socket, int64_t linger_ms,
                           void (*closed)(void *argument), void    *argument)
{
    struct fsz_zmtp_socket *s = *socket;
    *socket = NULL;
    if (s == NULL) {
        return;
    }
    s->when_closed = closed;
    s->when_closed_argument = argument;
    fsz_zmtp_socket_drop_endpoints(s);
    fsz_loop_update_time(s->loop);
    int64_t due_ms = fsz_loop_now_ms(s->loop) + linger_ms;
    fsz_zmtp_socket_ref(s);
    fsz_zmtp_socket_walk(s, member_finish, linger_ms > 0 ? &due_ms : NULL);
    s->closing = true;
    fsz_zmtp_socket_settle(s);
    fsz_zmtp_socket_unref(s);
}
