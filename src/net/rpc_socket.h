/* SPDX-License-Identifier: MPL-2.0 */
/* rpc_socket.h - one API socket: a ROUTER on our own wire, a libzmq ROUTER for inproc endpoints,
 * its endpoints and its clients.
 *
 * Wire: docs/protocol/requests.md. API thread only. */
#ifndef FSZ_RPC_SOCKET_H
#define FSZ_RPC_SOCKET_H

#include "auth/access.h"
#include "auth/access_gate.h"
#include "config/config.h"
#include "host/host.h"
#include "net/client.h"
#include "net/client_events.h"
#include "net/endpoints.h"
#include "net/mismatch.h"
#include "net/outbound.h"
#include "rpc/envelope.h"

struct fsz_rpc_socket_counters {
#define FSZ_COUNTERS_SOCKET(member, unit, meaning) uint64_t member;
#include "counters/counters.def"
};

/* One message of a client; valid until the callback returns. */
struct fsz_inbound {
    struct fsz_client   *client;
    struct fsz_envelope *envelope; /* goes before the reply */
    bool                 framed;   /* it has one body, as a request must */
    const void          *body;
    size_t               size;
};

/* What an API socket needs. All of it stays with the caller and outlives the API socket. */
struct fsz_rpc_socket_base {
    struct fsz_loop          *loop;    /* of the API thread */
    void                     *context; /* libzmq's */
    struct fsz_access        *access;  /* or NULL: every client is admitted */
    const struct fsz_host    *host;
    struct fsz_account       *whole;         /* counts the bytes held for its clients */
    struct fsz_client_events *client_events; /* or NULL */
    void (*take)(void *self, const struct fsz_inbound *inbound);
    void (*left)(void *self, struct fsz_client *client); /* its connection has ended */
    void *self;
};

struct fsz_rpc_socket {
    struct fsz_config                  *whole;  /* a reference; keeps `config` valid */
    const struct fsz_api_socket_config *config; /* NULL: not opened */
    char                               *name;
    struct fsz_rpc_socket_base          base;
    struct fsz_access_gate             *gate; /* NULL: every client is admitted */
    struct fsz_zmtp_socket             *wire;
    struct fsz_endpoints                endpoints; /* with the libzmq socket, if there is one */
    struct fsz_account                 *account;   /* of all its clients */
    struct fsz_mismatch                 mismatch;
    struct fsz_ratelimit bounds;      /* limit log lines about connections that end at a limit */
    struct fsz_ratelimit turned_away; /* and about connections closed at once */
    struct fsz_rpc_socket_counters counters;
    void (*closed)(void *argument); /* called when it is freed; or NULL */
    void *closed_argument;

    struct fsz_client  *clients; /* on our own wire; also ones that left but are still referenced */
    struct fsz_clients *local;   /* over inproc, by routing id */
    struct fsz_loop_watch local_watch;
    /* Input may be waiting: the descriptor was readable, or the socket was used since it was last
     * read to its end, which may have taken the signal (ZMQ_FD in zmq_getsockopt(3)). */
    bool stirred;
};

/* Makes an API socket with no endpoint open. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_rpc_socket_new(const struct fsz_rpc_socket_base   *base,
                                         struct fsz_config                  *whole,
                                         const struct fsz_api_socket_config *config,
                                         struct fsz_rpc_socket             **ret_api_socket);
/* For the API, its clients have left at once. Messages queued to them are sent within `linger_ms`,
 * while the loop is turned. After that, `closed` (or NULL) is called. Accepts NULL in *rpc_socket;
 * then `closed` is not called. */
void fsz_rpc_socket_free(struct fsz_rpc_socket **rpc_socket, int64_t linger_ms,
                         void (*closed)(void *argument), void       *argument);
/* Endpoints opened from now on get their options from `config`. Nothing else changes. */
void fsz_rpc_socket_prepare(struct fsz_rpc_socket              *api_socket,
                            const struct fsz_api_socket_config *config);
/* Changes to a configuration of the same name. Connections stay, unless security differs. */
void fsz_rpc_socket_configure(struct fsz_rpc_socket *api_socket, struct fsz_config *whole,
                              const struct fsz_api_socket_config *config);
/* Ends the connections of clients for which `stays` returns false; returns how many. */
size_t fsz_rpc_socket_cut(struct fsz_rpc_socket *api_socket,
                          bool (*stays)(const struct fsz_peer *peer, void *argument),
                          void *argument);
/* The number of clients, including those over inproc. */
size_t fsz_rpc_socket_clients(const struct fsz_rpc_socket *api_socket);
/* Whether a client with `bytes` on its account has reached its limit: its own, or its share of the
 * limit of the API socket. Clients that have left count for that share as long as they have
 * anything in progress. */
bool fsz_rpc_socket_is_over(const struct fsz_rpc_socket *api_socket, size_t bytes);

/* rpc_socket_local.c: the libzmq socket. */

/* An fsz_endpoints_local_fn. */
void *fsz_rpc_socket_open_local(void *self);
void  fsz_rpc_socket_close_local(struct fsz_rpc_socket *api_socket, int64_t linger_ms);
/* Reads up to `most` messages of clients over inproc. */
void fsz_rpc_socket_read_local(struct fsz_rpc_socket *api_socket, unsigned most);
/* Sends to a client over inproc. FSZ_ECLOSED: it has left. FSZ_EFULL. */
FSZ_NODISCARD fsz_err fsz_rpc_socket_send_local(struct fsz_rpc_socket   *api_socket,
                                                const struct fsz_client *client,
                                                struct fsz_zmtp_message *message);

/* Counts the result of fsz_client_send() for a message of that size. */
void fsz_rpc_socket_count_sent(struct fsz_rpc_socket *api_socket, fsz_err err, size_t bytes);
/* Corrects the counters: a message counted as sent was not sent. */
void fsz_rpc_socket_count_unsent(struct fsz_rpc_socket *api_socket, fsz_err err, size_t bytes);

#endif
