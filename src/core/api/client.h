/* client.h - a client of an API channel: one connection's routing id, and what is under way for it.
 *
 * API thread only, but for the account. Kept while something is under way for it; counted, because
 * a background job may outlive the channel. */
#ifndef FSZ_CLIENT_H
#define FSZ_CLIENT_H

#include "account.h"
#include "config.h"
#include "peerlink.h"

#include <stdbool.h>
#include <stddef.h>

struct fsz_channel;
struct fsz_clients;

struct fsz_client {
    struct fsz_channel *channel; /* NULL: it is closed, or the client has left */
    struct fsz_account *account; /* bytes of its requests, and of answers it has not taken */
    struct fsz_peer     peer;
    uint64_t            serial;                         /* no other client of the process has it */
    char                group[FSZ_CONFIG_NAME_MAX + 1]; /* whose grants it has; empty: its user's */
    int64_t             heard_ms;                       /* when its last message came */
    _Atomic unsigned    references;
    struct fsz_link     link; /* its connection */
    bool   is_linked; /* false: it was gone, or not to be known, when its first message came */
    size_t id_size;
    unsigned char id[]; /* the routing id that libzmq gave it, or that it chose */
};

FSZ_NODISCARD fsz_err fsz_clients_new(struct fsz_channel *channel, struct fsz_account *whole,
                                      struct fsz_clients **ret_clients);
/* Those that somebody still holds live on, without a channel. Accepts NULL in *clients. */
void fsz_clients_free(struct fsz_clients **clients);

/* The client of that routing id from which a message of `peer` has come, added if need be; a
 * reference for the caller. Whoever had that id before on another connection has left. FSZ_ENOMEM.
 */
FSZ_NODISCARD fsz_err fsz_clients_take(struct fsz_clients *clients, const void *id, size_t id_size,
                                       const struct fsz_peer *peer, struct fsz_client **ret_client);
struct fsz_client    *fsz_client_ref(struct fsz_client *client);
void                  fsz_client_unref(struct fsz_client **client);
/* Forgets those for which nothing is under way. */
void   fsz_clients_sweep(struct fsz_clients *clients);
size_t fsz_clients_count(const struct fsz_clients *clients);

/* Is its connection still there? A routing id may be chosen: without this,
 * answers to a client that has left would go to whoever takes its id next. */
bool fsz_client_is_connected(const struct fsz_client *client);

#endif
