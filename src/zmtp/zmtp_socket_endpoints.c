/* SPDX-License-Identifier: MPL-2.0 */
/* zmtp_socket_endpoints.c - the endpoints of a socket, and the options of their descriptors. */

#include "zmtp/descriptor.h"
#include "zmtp/zmtp_socket_private.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utlist.h>

enum { ENDPOINT_WORK_ACCEPT = 16 }; /* units for one new connection (loop.h) */

static void descriptor_prepare(int fd, const struct fsz_address *peer,
                               const struct fsz_zmtp_options *options)
{
    if (options->send_buffer_bytes > 0) {
        fsz_descriptor_set(fd, SOL_SOCKET, SO_SNDBUF, options->send_buffer_bytes);
    }
    if (peer->any.sa_family == AF_UNIX) {
        return;
    }
    fsz_descriptor_set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    if (options->tcp_keepalive) {
        fsz_descriptor_set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
        if (options->tcp_keepalive_idle_s > 0) {
            fsz_descriptor_set(fd, IPPROTO_TCP, TCP_KEEPIDLE, options->tcp_keepalive_idle_s);
        }
    }
}

/* Adds a connection on that descriptor; NULL: it failed. */
static struct fsz_zmtp_member *endpoint_add(struct fsz_zmtp_socket *socket, int fd,
                                            const struct fsz_address *peer, const char *endpoint,
                                            struct fsz_zmtp_origin *origin)
{
    descriptor_prepare(fd, peer, &socket->options);
    struct fsz_conn_origin from = {.fd = fd, .dialed = origin == NULL, .peer = *peer};
    (void)snprintf(from.endpoint, sizeof(from.endpoint), "%s", endpoint);
    struct fsz_zmtp_member *member = NULL;
    return fsz_zmtp_socket_add(socket, &from, origin, &member) == FSZ_OK ? member : NULL;
}

/* The endpoint may have been freed when this returns. */
static void endpoint_accepted(void *argument, int fd, const struct fsz_address *peer)
{
    const struct fsz_zmtp_endpoint *endpoint = argument;
    struct fsz_zmtp_socket         *socket = endpoint->socket;
    struct fsz_zmtp_origin         *origin;
    enum fsz_zmtp_ending            ending;
    socket->totals.accepted++;
    fsz_loop_spend(socket->loop, ENDPOINT_WORK_ACCEPT);
    if (!fsz_zmtp_socket_count(socket, fd, peer, &origin, &ending)) {
        close(fd);
        socket->totals.endings[ending]++;
        if (socket->handler->turned_away != NULL) {
            socket->handler->turned_away(socket->self, peer, ending);
        }
        return;
    }
    struct fsz_zmtp_member *member =
        endpoint_add(socket, fd, peer, fsz_listener_endpoint(endpoint->listener), origin);
    if (member != NULL) {
        fsz_zmtp_socket_begin(member);
    }
}

/* The endpoint may have been freed when this returns. */
static void endpoint_connected(void *argument, int fd, const struct fsz_address *peer)
{
    struct fsz_zmtp_endpoint *endpoint = argument;
    endpoint->socket->totals.connected++;
    struct fsz_zmtp_member *member =
        endpoint_add(endpoint->socket, fd, peer, fsz_dialer_endpoint(endpoint->dialer), NULL);
    if (member == NULL) {
        fsz_dialer_again(endpoint->dialer);
        return;
    }
    member->endpoint = endpoint;
    endpoint->conn = member->conn;
    fsz_zmtp_socket_begin(member);
}

static struct fsz_zmtp_endpoint *endpoint_new(struct fsz_zmtp_socket *socket,
                                              char ret_why[FSZ_ADDRESS_WHY_BYTES])
{
    struct fsz_zmtp_endpoint *endpoint = calloc(1, sizeof(*endpoint));
    if (endpoint == NULL) {
        (void)snprintf(ret_why, FSZ_ADDRESS_WHY_BYTES, "%s", fsz_err_text(FSZ_ENOMEM));
        return NULL;
    }
    endpoint->socket = socket;
    return endpoint;
}

/* Its connections stay. */
static void endpoint_drop(struct fsz_zmtp_endpoint *endpoint)
{
    struct fsz_zmtp_socket *socket = endpoint->socket;
    LL_DELETE(socket->endpoints, endpoint);
    if (endpoint->conn != NULL) {
        struct fsz_zmtp_member *member = fsz_conn_owner(endpoint->conn);
        member->endpoint = NULL;
    }
    if (endpoint->listener != NULL) {
        fsz_zmtp_socket_add_listener(&socket->totals, endpoint->listener);
        fsz_listener_free(&endpoint->listener);
    } else {
        fsz_dialer_free(&endpoint->dialer);
    }
    free(endpoint);
}

void fsz_zmtp_socket_drop_endpoints(struct fsz_zmtp_socket *socket)
{
    while (socket->endpoints != NULL) {
        endpoint_drop(socket->endpoints);
    }
}

fsz_err fsz_zmtp_socket_bind(struct fsz_zmtp_socket *socket, const char *endpoint,
                             const char **ret_endpoint, int *ret_errno,
                             char ret_why[FSZ_ADDRESS_WHY_BYTES])
{
    const struct fsz_zmtp_options    *from = &socket->options;
    const struct fsz_listener_options options = {
        .ipv6 = from->ipv6,
        .backlog = from->backlog,
        .send_buffer_bytes = from->send_buffer_bytes,
        .ipc_mode = from->ipc_mode,
    };
    struct fsz_zmtp_endpoint *added = endpoint_new(socket, ret_why);
    if (added == NULL) {
        return FSZ_ENOMEM;
    }
    fsz_err err = fsz_listener_new(socket->loop, endpoint, &options, endpoint_accepted, added,
                                   &added->listener, ret_errno, ret_why);
    if (err != FSZ_OK) {
        free(added);
        return err;
    }
    LL_APPEND(socket->endpoints, added);
    *ret_endpoint = fsz_listener_endpoint(added->listener);
    return FSZ_OK;
}

fsz_err fsz_zmtp_socket_connect(struct fsz_zmtp_socket *socket, const char *endpoint,
                                char ret_why[FSZ_ADDRESS_WHY_BYTES])
{
    const struct fsz_zmtp_options  *from = &socket->options;
    const struct fsz_dialer_options options = {
        .ipv6 = from->ipv6,
        .send_buffer_bytes = from->send_buffer_bytes,
        .connect_timeout_ms = from->connect_timeout_ms,
        .reconnect_ms = from->reconnect_ms,
        .reconnect_max_ms = from->reconnect_max_ms,
    };
    struct fsz_zmtp_endpoint *added = endpoint_new(socket, ret_why);
    if (added == NULL) {
        return FSZ_ENOMEM;
    }
    fsz_err err = fsz_dialer_new(socket->loop, endpoint, &options, endpoint_connected, added,
                                 &added->dialer, ret_why);
    if (err != FSZ_OK) {
        free(added);
        return err;
    }
    LL_APPEND(socket->endpoints, added);
    return FSZ_OK;
}

static struct fsz_zmtp_endpoint *endpoint_bound(const struct fsz_zmtp_socket *socket,
                                                const char                   *text)
{
    struct fsz_zmtp_endpoint *endpoint;
    LL_FOREACH(socket->endpoints, endpoint)
    {
        if (endpoint->listener != NULL &&
            strcmp(fsz_listener_endpoint(endpoint->listener), text) == 0) {
            return endpoint;
        }
    }
    return NULL;
}

static struct fsz_zmtp_endpoint *endpoint_dialed(const struct fsz_zmtp_socket *socket,
                                                 const char                   *text)
{
    struct fsz_zmtp_endpoint *endpoint;
    LL_FOREACH(socket->endpoints, endpoint)
    {
        if (endpoint->dialer != NULL && strcmp(fsz_dialer_endpoint(endpoint->dialer), text) == 0) {
            return endpoint;
        }
    }
    return NULL;
}

fsz_err fsz_zmtp_socket_unbind(struct fsz_zmtp_socket *socket, const char *endpoint)
{
    struct fsz_zmtp_endpoint *bound = endpoint_bound(socket, endpoint);
    if (bound == NULL) {
        return FSZ_ENOTFOUND;
    }
    endpoint_drop(bound);
    return FSZ_OK;
}

fsz_err fsz_zmtp_socket_disconnect(struct fsz_zmtp_socket *socket, const char *endpoint)
{
    struct fsz_zmtp_endpoint *dialed = endpoint_dialed(socket, endpoint);
    if (dialed == NULL) {
        return FSZ_ENOTFOUND;
    }
    struct fsz_conn *conn = dialed->conn;
    endpoint_drop(dialed);
    if (conn != NULL) {
        fsz_conn_end(conn, FSZ_ZMTP_END_STOPPED);
    }
    return FSZ_OK;
}

bool fsz_zmtp_socket_is_lost(const struct fsz_zmtp_socket *socket, const char *endpoint)
{
    const struct fsz_zmtp_endpoint *bound = endpoint_bound(socket, endpoint);
    return bound != NULL && fsz_listener_is_lost(bound->listener);
}
