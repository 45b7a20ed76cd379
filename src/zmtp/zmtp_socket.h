/* zmtp_socket.h - the connections of one socket, with its endpoints, options, limits and access.
 * The patterns stand on it.
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
    struct fsz_mechanism_config mechanism; /* `type` is the socket's */
    struct fsz_conn_times       times;
    bool                        tcp_keepalive, ipv6;
    int                         tcp_keepalive_idle_s, backlog;
    int                         send_buffer_bytes; /* 0: the system's */
    unsigned                    ipc_mode;          /* 0: as umask(2) leaves it */
    int64_t                     reconnect_ms, reconnect_max_ms, connect_timeout_ms;
    /* That one answer of the gate may take; 0: FSZ_ZMTP_ACCESS_MS. A connection that waits longer
     * ends with HANDSHAKE_TIMEOUT, and without an ERROR, so that the peer comes again. */
    int64_t access_ms;
};

/* Each is enforced before memory is taken, and counted (fsz_zmtp_figures). A peer over a bound of
 * connections is accepted and closed at once (fsz_zmtp_handler.turned_away). */
struct fsz_zmtp_limits {
    struct fsz_conn_limits conn;
    size_t                 input_bytes;  /* unfinished messages of all; 0: no bound */
    size_t                 output_bytes; /* messages that wait, of all; 0: no bound */
    size_t                 connections;  /* accepted ones, ready or not; 0: no bound */
    /* Accepted ones of one address; an IPv6 address counts as its /64, ipc by uid. 0: three
     * quarters of `connections`, so that a part is kept for other addresses. */
    size_t          address_connections;
    struct fsz_rate address_rate; /* new ones of one address, counted likewise */
};

struct fsz_zmtp_handler {
    /* A peer over a bound of connections was closed at once. */
    void (*turned_away)(void *self, const struct fsz_address *peer, enum fsz_zmtp_ending ending);
    void (*ready)(void *self, struct fsz_conn *conn);
    void (*message)(void *self, struct fsz_conn *conn, const struct fsz_frames *frames);
    void (*subscription)(void *self, struct fsz_conn *conn, bool subscribe, const uint8_t *prefix,
                         size_t size);
    void (*drained)(void *self, struct fsz_conn *conn);
    /* Also for connections that never became ready (fsz_conn_is_ready()). */
    void (*ended)(void *self, struct fsz_conn *conn, enum fsz_zmtp_ending ending);
};

/* `handler` and `gate` stay in place and outlive it. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_zmtp_socket_new(struct fsz_loop               *loop,
                                          const struct fsz_zmtp_options *options,
                                          const struct fsz_zmtp_limits  *limits,
                                          const struct fsz_zmtp_handler *handler, void *self,
                                          const struct fsz_gate   *gate, /* or NULL */
                                          struct fsz_zmtp_socket **ret_socket);
/* Other options and limits. Connections stay: limits and heartbeats hold for them at once, keys and
 * socket options for new ones only. When the mechanism or a key differs, connections that are not
 * ready end with STOPPED: none comes about under the old one. The type may not change. */
void fsz_zmtp_socket_configure(struct fsz_zmtp_socket        *socket,
                               const struct fsz_zmtp_options *options,
                               const struct fsz_zmtp_limits  *limits);
/* Ends all: listeners at once, connections when what waits for them is written, within `linger_ms`
 * (0: at once). `closed` is called when nothing is left, perhaps before this returns; the loop has
 * to be turned until then. The handler is told of each connection's end. */
void fsz_zmtp_socket_close(struct fsz_zmtp_socket **socket, int64_t linger_ms,
                           void (*closed)(void *argument), void    *argument);

/* `*ret_endpoint`: as bound, valid as long as it is. FSZ_EINVALID, FSZ_ESYSTEM (*ret_errno),
 * FSZ_ENOMEM: `ret_why` says what is wrong. */
FSZ_NODISCARD fsz_err fsz_zmtp_socket_bind(struct fsz_zmtp_socket *socket, const char *endpoint,
                                           const char **ret_endpoint, int *ret_errno,
                                           char ret_why[FSZ_ADDRESS_WHY_BYTES]);
FSZ_NODISCARD fsz_err fsz_zmtp_socket_connect(struct fsz_zmtp_socket *socket, const char *endpoint,
                                              char ret_why[FSZ_ADDRESS_WHY_BYTES]);
/* Stops listening at an endpoint as bound; its connections stay. Its port is free when this
 * returns. FSZ_ENOTFOUND. */
fsz_err fsz_zmtp_socket_unbind(struct fsz_zmtp_socket *socket, const char *endpoint);
/* Stops connecting to an endpoint as given, and ends its connection with STOPPED. FSZ_ENOTFOUND. */
fsz_err fsz_zmtp_socket_disconnect(struct fsz_zmtp_socket *socket, const char *endpoint);
/* Was the file of that ipc endpoint deleted or replaced? */
bool fsz_zmtp_socket_is_lost(const struct fsz_zmtp_socket *socket, const char *endpoint);

/* Who the gate said that it is. `user`: empty for nobody; valid as long as the connection. Any
 * thread once it is ready. */
struct fsz_zmtp_identity {
    const char *user;
    uint64_t    tag;
};
struct fsz_zmtp_identity fsz_zmtp_socket_identity(const struct fsz_conn *conn);

/* Calls `look` for each connection that is ready, until it returns false. It may end that one. */
void fsz_zmtp_socket_each(struct fsz_zmtp_socket *socket,
                          bool (*look)(void *argument, struct fsz_conn *conn), void *argument);
/* The same for those with an id above `id`, in the order of ids: goes on where another walk ended.
 */
void fsz_zmtp_socket_each_after(struct fsz_zmtp_socket *socket, uint64_t id,
                                bool (*look)(void *argument, struct fsz_conn *conn),
                                void *argument);
/* By id; NULL: none that is ready. Not a reference. */
struct fsz_conn *fsz_zmtp_socket_find(struct fsz_zmtp_socket *socket, uint64_t id);

struct fsz_zmtp_figures {
    /* Connections by direction, those that were closed at once included: the sum of both is that of
     * open_now and all endings. */
    uint64_t accepted, connected;
    uint64_t ready;                          /* handshakes done */
    uint64_t open_now, ready_now;            /* connections */
    uint64_t handshakes_failed;              /* connections that ended before they were ready */
    uint64_t endings[FSZ_ZMTP_ENDING_COUNT]; /* of all, by reason */
    uint64_t messages_in, bytes_in;          /* of connections that have ended, and of those now */
    uint64_t messages_out, bytes_out;
    uint64_t dropped[FSZ_ZMTP_PRIORITIES];
    uint64_t input_bytes, input_bytes_peak;   /* unfinished messages */
    uint64_t output_bytes, output_bytes_peak; /* messages that wait */
    uint64_t addresses_forgotten; /* whose rate was still bounded (FSZ_RATES_ADDRESSES_MAX) */
};
void fsz_zmtp_socket_figures(struct fsz_zmtp_socket *socket, struct fsz_zmtp_figures *ret_figures);

#endif
