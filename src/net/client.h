/* SPDX-License-Identifier: MPL-2.0 */
/* client.h - a client of an API socket: one connection and its requests in progress.
 *
 * Reference-counted, because a background job may outlive the connection and the API socket. API
 * thread only, except the account, and fsz_client_send() to a connection of our own wire. */
#ifndef FSZ_CLIENT_H
#define FSZ_CLIENT_H

#include "auth/peer.h"
#include "base/account.h"
#include "base/mailbox.h"
#include "base/ref.h"
#include "config/config.h"
#include "net/answers.h"
#include "zmtp/conn.h"

#include <stdbool.h>
#include <stddef.h>

struct fsz_rpc_socket;
struct fsz_clients;
struct fsz_dealer;
struct fsz_zmtp_message;

/* Messages reach it through `conn` or `dealer`, else through a libzmq socket: `local`, or the
 * ROUTER of the API socket, with `id` as the routing id. */
struct fsz_client {
    struct fsz_client     *next, *prev; /* list of its API socket, if it has a `conn` */
    struct fsz_rpc_socket *api_socket;  /* NULL: the API socket is closed */
    struct fsz_account    *account;     /* bytes of its requests and untaken replies */
    struct fsz_peer        peer;
    struct fsz_conn       *conn;   /* on our own wire; a reference */
    struct fsz_dealer     *dealer; /* of a service endpoint that we connect to; its provider's */
    void                  *local;  /* libzmq's DEALER, for such an endpoint over inproc */
    uint64_t               serial; /* unique in this process */
    char               group[FSZ_CONFIG_NAME_MAX + 1]; /* whose grants it has; empty: its user's */
    int64_t            heard_ms;                       /* monotonic time of its last message */
    bool               serves;                         /* it has registered for a service */
    struct fsz_answers answers;                        /* of workers, to `conn` */
    struct fsz_mail    sender;                         /* makes the API thread send `answers` */
    _Atomic bool       sender_called;
    struct fsz_ref     references;
    size_t             id_size;
    unsigned char      id[]; /* the routing id, over inproc */
};

/* Returns a client with one reference. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_client_new_wire(struct fsz_rpc_socket *api_socket, struct fsz_conn *conn,
                                          struct fsz_client **ret_client);
/* The same for an endpoint that we connect to; its peer has that address as a name. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_client_new_endpoint(struct fsz_rpc_socket *api_socket,
                                              struct fsz_account *whole, const char *address,
                                              struct fsz_client **ret_client);
/* Drop the last reference to a client of an open API socket on the API thread. */
struct fsz_client *fsz_client_ref(struct fsz_client *client);
void               fsz_client_unref(struct fsz_client **client);
/* Whether its connection is open. */
bool fsz_client_is_connected(const struct fsz_client *client);
/* Sends without waiting. Takes a reference if the message is kept. FSZ_EFULL, FSZ_ECLOSED,
 * FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_client_send(struct fsz_client *client, struct fsz_zmtp_message *message);

/* Makes the API thread, which reads the mailbox, send the client's `answers`. Any thread that has a
 * reference. */
void fsz_client_call_sender(struct fsz_client *client, struct fsz_mailbox *mailbox);

/* Clients over inproc, by routing id. libzmq does not report when they leave, so a client is
 * forgotten when it has nothing in progress. */
FSZ_NODISCARD fsz_err fsz_clients_new(struct fsz_rpc_socket *api_socket,
                                      struct fsz_clients   **ret_clients);
/* Clients that are still referenced live on without an API socket. Accepts NULL in *clients. */
void fsz_clients_free(struct fsz_clients **clients);
/* Finds or adds the client with that routing id; returns a reference. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_clients_take(struct fsz_clients *clients, const void *id, size_t id_size,
                                       struct fsz_client **ret_client);
/* Forgets the clients that have nothing in progress. */
void   fsz_clients_sweep(struct fsz_clients *clients);
size_t fsz_clients_count(const struct fsz_clients *clients);

#endif
