/* SPDX-License-Identifier: MPL-2.0 */
/* pub_private.h - shared by the files of a publisher:
 *
 *   pub.c                connections become subscribers, and leave
 *   pub_send.c           messages to subscribers
 *   pub_subscriptions.c  what each subscriber asked for, and its bounds
 *   pub_grants.c         the prefixes that the filter allows, in the tree
 *   pub_origins.c        subscribers by address
 *   pub_set.c            sets of byte strings, of one subscriber or of all
 *
 * The lock protects all members of a publisher and its subscribers, except those that never change.
 * Unless marked otherwise, only the loop's thread writes them, so it may read them without the
 * lock. */
#ifndef FSZ_ZMTP_PUB_PRIVATE_H
#define FSZ_ZMTP_PUB_PRIVATE_H

#include "zmtp/prefixes.h"
#include "zmtp/pub.h"

#include <pthread.h>
#include <sodium.h>

/* ---- pub_set.c ------------------------------------------------------------------------------- */

/* Embedded by its owner, which keeps its bytes in place while it is in a set. */
struct pub_item {
    struct pub_item *chain;           /* next in the bucket */
    struct pub_item *previous, *next; /* of all in the set */
    uint64_t         hash;
    const uint8_t   *bytes;
    size_t           size;
};

/* Initially zero, except `key`. Hashes are keyed, so that peers cannot cause collisions. */
struct pub_set {
    const uint8_t    *key;     /* crypto_shorthash_KEYBYTES */
    struct pub_item **buckets; /* their number is a power of two; NULL: `few` is the only one */
    struct pub_item  *few, *first;
    size_t            room, count;
};

struct pub_item *fsz_pub_set_find(const struct pub_set *set, const void *bytes, size_t size);
/* Adds an item that is not in the set yet. */
void fsz_pub_set_add(struct pub_set *set, struct pub_item *item, const void *bytes, size_t size);
void fsz_pub_set_remove(struct pub_set *set, struct pub_item *item);

/* ---- pub_origins.c --------------------------------------------------------------------------- */

/* Subscribers that count as one address. */
struct pub_origin {
    struct pub_item   item;
    struct fsz_origin key;
    size_t            subscribers;
    uint64_t          subscriptions, subscription_bytes;
};

/* FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_pub_origin_enter(struct fsz_pub *pub, const struct fsz_conn *conn,
                                           struct pub_origin **ret_origin);
void                  fsz_pub_origin_leave(struct fsz_pub *pub, struct pub_origin *origin);

/* ---- the publisher --------------------------------------------------------------------------- */

struct pub_subscriber {
    struct fsz_subscriber  base;            /* `conn` is a reference */
    struct pub_subscriber *previous, *next; /* of all */
    /* Subscribers with messages queued since the last flush. Any thread with the lock. */
    struct pub_subscriber *touched_previous, *touched_next;
    bool                   touched;
    uint64_t stamp; /* of the last message that it was matched for. Any thread with the lock */
    uint64_t dropped[FSZ_ZMTP_PRIORITIES]; /* already reported. Any thread with the lock */
    struct pub_set     subscriptions;      /* as asked for */
    struct pub_set     grants;             /* the prefixes that the filter allows */
    struct pub_origin *origin;
};

struct fsz_pub {
    pthread_mutex_t               lock;
    struct fsz_loop              *loop;
    struct fsz_zmtp_socket       *socket;
    const struct fsz_pub_handler *handler;
    void                         *self;
    struct fsz_pub_limits         limits;
    struct fsz_prefixes          *prefixes; /* entries belong to struct pub_subscriber */
    struct pub_subscriber        *subscribers;
    size_t                        count;
    struct pub_subscriber        *touched; /* any thread with the lock */
    uint64_t                      stamp;   /* any thread with the lock */
    struct pub_set                origins;
    struct fsz_pub_figures        figures;
    uint8_t                       key[crypto_shorthash_KEYBYTES];
    void (*closed)(void *argument);
    void *closed_argument;
};

/* pub_send.c: removes it from the list of touched subscribers. */
void fsz_pub_untouch(struct fsz_pub *pub, struct pub_subscriber *subscriber);

/* ---- pub_grants.c, with the lock held -------------------------------------------------------- */

/* Filters one subscription and adds the allowed prefixes to the tree, or removes them. *ret_count:
 * how many prefixes are allowed. FSZ_ENOMEM: some could not be added. */
FSZ_NODISCARD fsz_err fsz_pub_grant(struct fsz_pub *pub, struct pub_subscriber *subscriber,
                                    const void *prefix, size_t size, size_t *ret_count);
void fsz_pub_revoke(struct fsz_pub *pub, struct pub_subscriber *subscriber, const void *prefix,
                    size_t size);
/* Removes up to `most` prefixes; false: none is left. */
bool fsz_pub_revoke_some(struct fsz_pub *pub, struct pub_subscriber *subscriber, size_t most);

/* ---- pub_subscriptions.c --------------------------------------------------------------------- */

void fsz_pub_take_message(struct fsz_pub *pub, struct fsz_conn *conn,
                          const struct fsz_frames *frames);
/* The connection may have ended after this. */
void fsz_pub_take_subscription(struct fsz_pub *pub, struct fsz_conn *conn, bool subscribe,
                               const uint8_t *prefix, size_t size);
/* Removes up to `most` subscriptions, with the lock held; false: none is left. */
bool fsz_pub_forget_some(struct fsz_pub *pub, struct pub_subscriber *subscriber, size_t most);

#endif
