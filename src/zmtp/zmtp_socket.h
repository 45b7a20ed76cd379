/* SPDX-License-Identifier: MPL-2.0 */
/* zmtp_socket.h - the connections of one socket, with its endpoints, options, limits and access
 * control. The patterns build on it.
 *
 * Loop thread only, except where it says "any thread". */
#ifndef FSZ_ZMTP_SOCKET_H
#define FSZ_ZMTP_SOCKET_H

#include "zmtp/admission.h"
#include "zmtp/conn.h"
#include "zmtp/rates.h"

struct fsz_zmtp_socket;

enum { FSZ_ZMTP_ACCESS_MS = 30000 }; /* the default of `access_ms` */

struct fsz_zmtp_options {
    struct fsz_mechanism_config mechanism; /* `type` is the type of the socket */
    struct fsz_conn_times       times;
    bool                        tcp_keepalive, ipv6;
    int                         tcp_keepalive_idle_s, backlog;
    int                         send_buffer_bytes; /* 0: the system's default */
    unsigned                    ipc_mode;          /* 0: set by umask(2) */
    int64_t                     reconnect_ms, reconnect_max_ms, connect_timeout_ms;
    /* The time that one decision of the gate may take; 0: FSZ_ZMTP_ACCESS_MS. A connection that
     * waits longer ends with HANDSHAKE_TIMEOUT without an ERROR, so that the peer connects again.
     */
    int64_t access_ms;
};

/* Each limit is enforced before memory is taken, and counted (fsz_zmtp_figures). A peer beyond a
 * bound on connections is accepted and closed at once (fsz_zmtp_handler.turned_away). */
struct fsz_zmtp_limits {
    struct fsz_conn_limits conn;
    size_t                 input_bytes;  /* of all incomplete messages; 0: no bound */
    size_t                 output_bytes; /* of all queued messages; 0: no bound */
    size_t                 connections;  /* accepted, ready or not; 0: no bound */
    /* Accepted from one address; an IPv6 address counts as its /64, ipc by uid. 0: three quarters
     * of `connections`, so that some are left for other addresses. */
    size_t          address_connections;
    struct fsz_rate address_rate; /* new connections from one address, counted the same way */
};

struct fsz_zmtp_handler {
    /* A peer was closed at once because of a bound on connections. */
    void (*turned_away)(void *self, const struct fsz_address *peer, enum fsz_zmtp_ending ending);
    void (*ready)(void *self, struct fsz_conn *conn);
    void (*message)(void *self, struct fsz_conn *conn, const struct fsz_frames *frames);
    void (*subscription)(void *self, struct fsz_conn *conn, bool subscribe, const uint8_t *prefix,
                         size_t size);
    void (*drained)(void *self, struct fsz_conn *conn);
    /* Also called for connections that never became ready (fsz_conn_is_ready()). */
    void (*ended)(void *self, struct fsz_conn *conn, enum fsz_zmtp_ending ending);
};

/* `handler` and `gate` stay in place and outlive the socket. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_zmtp_socket_new(struct fsz_loop               *loop,
                                          const struct fsz_zmtp_options *options,
                                          const struct fsz_zmtp_limits  *limits,
                                          const struct fsz_zmtp_handler *handler, void *self,
                                          const struct fsz_gate   *gate, /* may be NULL */
                                          struct fsz_zmtp_socket **ret_socket);
/* Changes options and limits. Connections stay: limits and heartbeats apply to them at once, keys
 * and socket options only to new ones. If the mechanism or a key changes, connections that are not
 * ready end with STOPPED, so that no handshake completes under the old one. The type must not
 * change. */
void fsz_zmtp_socket_configure(struct fsz_zmtp_socket        *socket,
                               const struct fsz_zmtp_options *options,
                               const struct fsz_zmtp_limits  *limits);
/* Closes listeners at once, and connections when their queue is written or after `linger_ms` (0: at
 * once). `closed` is called when nothing is left, perhaps before this returns; the loop has to be
 * turned until then. The handler is called for the end of each connection. */
void fsz_zmtp_socket_close(struct fsz_zmtp_socket **socket, int64_t linger_ms,
                           void (*closed)(void *argument), void    *argument);

/* `*ret_endpoint`: the bound endpoint, valid while it is bound. FSZ_EINVALID, FSZ_ESYSTEM
 * (*ret_errno), FSZ_ENOMEM: `ret_why` is the reason. */
FSZ_NODISCARD fsz_err fsz_zmtp_socket_bind(struct fsz_zmtp_socket *socket, const char *endpoint,
                                           const char **ret_endpoint, int *ret_errno,
                                           char ret_why[FSZ_ADDRESS_WHY_BYTES]);
FSZ_NODISCARD fsz_err fsz_zmtp_socket_connect(struct fsz_zmtp_socket *socket, const char *endpoint,
                                              char ret_why[FSZ_ADDRESS_WHY_BYTES]);
/* Stops listening at a bound endpoint; its connections stay. The port is free when this returns.
 * FSZ_ENOTFOUND. */
fsz_err fsz_zmtp_socket_unbind(struct fsz_zmtp_socket *socket, const char *endpoint);
/* Stops connecting to an endpoint, named as given, and ends its connection with STOPPED.
 * FSZ_ENOTFOUND. */
fsz_err fsz_zmtp_socket_disconnect(struct fsz_zmtp_socket *socket, const char *endpoint);
/* Was the file of this ipc endpoint deleted or replaced? */
bool fsz_zmtp_socket_is_lost(const struct fsz_zmtp_socket *socket, const char *endpoint);

/* The identity that the gate assigned. `user`: empty: no user; valid as long as the connection. Any
 * thread once it is ready. */
struct fsz_zmtp_identity {
    const char *user;
    uint64_t    tag;
};
struct fsz_zmtp_identity fsz_zmtp_socket_identity(const struct fsz_conn *conn);

/* Calls `look` for each ready connection until it returns false. `look` may end that connection. */
void fsz_zmtp_socket_each(struct fsz_zmtp_socket *socket,
                          bool (*look)(void *argument, struct fsz_conn *conn), void *argument);
/* The same for connections with an id above `id`, in the order of ids, to continue an earlier walk.
 */
void fsz_zmtp_socket_each_after(struct fsz_zmtp_socket *socket, uint64_t id,
                                bool (*look)(void *argument, struct fsz_conn *conn),
                                void *argument);
/* Finds a ready connection by id; may be NULL. Not a reference. */
struct fsz_conn *fsz_zmtp_socket_find(struct fsz_zmtp_socket *socket, uint64_t id);

struct fsz_zmtp_figures {
    /* Connections by direction, including those closed at once. Their sum equals open_now plus all
     * endings. */
    uint64_t accepted, connected;
    uint64_t ready;                          /* handshakes done */
    uint64_t open_now, ready_now;            /* connections now */
    uint64_t handshakes_failed;              /* connections that ended before they were ready */
    uint64_t endings[FSZ_ZMTP_ENDING_COUNT]; /* by reason */
    uint64_t messages_in, bytes_in;          /* of ended and of current connections */
    uint64_t messages_out, bytes_out;
    uint64_t dropped[FSZ_ZMTP_PRIORITIES];
    uint64_t input_bytes, input_bytes_peak;   /* of incomplete messages */
    uint64_t output_bytes, output_bytes_peak; /* of queued messages */
    uint64_t addresses_forgotten; /* while their rate was still limited (FSZ_RATES_ADDRESSES_MAX) */
};
void fsz_zmtp_socket_figures(struct fsz_zmtp_socket *socket, struct fsz_zmtp_figures *ret_figures);

#endif
