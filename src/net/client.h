/* client.h - a client of an API socket: one connection, and what is under way for it.
 *
 * Counted, because a background job may outlive the connection and the channel. API thread only,
 * except for the account and fsz_client_send() to a connection on our own wire. */
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

/* How it is reached: by one of `conn`, `dealer`, or else by libzmq's socket of its channel, with
 * `id` where that is a ROUTER. */
struct fsz_client {
    struct fsz_client     *next, *prev; /* of its channel's, with a `conn` */
    struct fsz_rpc_socket *api_socket;  /* NULL: it is closed */
    struct fsz_account    *account;     /* bytes of its requests, and of answers it has not taken */
    struct fsz_peer        peer;
    struct fsz_conn       *conn; /* on our own wire: a reference */
    struct fsz_dealer *dealer;   /* an endpoint of a service, that we connect to; its provider's */
    void              *local;    /* the same over inproc: libzmq's DEALER; its provider's */
    uint64_t           serial;   /* no other client of the process has it */
    char               group[FSZ_CONFIG_NAME_MAX + 1]; /* whose grants it has; empty: its user's */
    int64_t            heard_ms;                       /* when its last message came */
    bool               serves;                         /* it has registered for a service */
    struct fsz_answers answers;                        /* of workers, to its `conn` */
    struct fsz_mail    sender;                         /* has the API thread send them */
    _Atomic bool       sender_called;
    struct fsz_ref     references;
    size_t             id_size;
    unsigned char      id[]; /* over inproc: the routing id that libzmq gave it, or that it chose */
};

/* A client with one reference. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_client_new_wire(struct fsz_rpc_socket *api_socket, struct fsz_conn *conn,
                                          struct fsz_client **ret_client);
/* An endpoint that is connected to, named by its address. */
FSZ_NODISCARD fsz_err fsz_client_new_endpoint(struct fsz_rpc_socket *api_socket,
                                              struct fsz_account *whole, const char *address,
                                              struct fsz_client **ret_client);
/* The last reference to a client of a channel that is open is given up on the API thread. */
struct fsz_client *fsz_client_ref(struct fsz_client *client);
void               fsz_client_unref(struct fsz_client **client);
/* Is its connection still there? */
bool fsz_client_is_connected(const struct fsz_client *client);
/* Sends without waiting; adds a reference where the message is kept. FSZ_EFULL, FSZ_ECLOSED,
 * FSZ_ENOMEM.
 */
FSZ_NODISCARD fsz_err fsz_client_send(struct fsz_client *client, struct fsz_zmtp_message *message);

/* Has the mailbox's reader, the API thread, send what workers have for it. Any thread that has a
 * reference. */
void fsz_client_call_sender(struct fsz_client *client, struct fsz_mailbox *mailbox);

/* Clients over inproc, by routing id: libzmq does not report when they leave, so they are forgotten
 * when nothing is under way for them. */
FSZ_NODISCARD fsz_err fsz_clients_new(struct fsz_rpc_socket *api_socket,
                                      struct fsz_clients   **ret_clients);
/* Those that somebody still holds live on, without a channel. Accepts NULL in *clients. */
void fsz_clients_free(struct fsz_clients **clients);
/* The client of that routing id, added if need be; a reference for the caller. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_clients_take(struct fsz_clients *clients, const void *id, size_t id_size,
                                       struct fsz_client **ret_client);
/* Forgets those for which nothing is under way. */
void   fsz_clients_sweep(struct fsz_clients *clients);
size_t fsz_clients_count(const struct fsz_clients *clients);

#endif
