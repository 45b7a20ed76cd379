/* SPDX-License-Identifier: MPL-2.0 */
/* pub.h - an XPUB for subscribers (RFC 29): keeps their subscriptions and sends a message to all
 * that match.
 *
 * The loop's thread owns the connections. Any thread that holds the lock may send. The loop's
 * thread holds the lock while it changes subscriptions, for a bounded time. Every subscriber has
 * its own bounds, and the cost of closing one depends only on its own subscriptions. */
#ifndef FSZ_ZMTP_PUB_H
#define FSZ_ZMTP_PUB_H

#include "zmtp/zmtp_socket.h"

struct fsz_pub;

/* Bounds on subscriptions, for one subscriber and for all. A subscription beyond a bound is
 * refused: it has no effect and is counted. The subscribers of one address may use at most three
 * quarters of the total, so that some is left for others. */
struct fsz_pub_limits {
    size_t subscriptions, subscription_bytes; /* of one subscriber; bytes of prefixes */
    size_t all_subscriptions, all_subscription_bytes;
    size_t prefix_bytes; /* of one prefix; a subscriber that sends a longer one is disconnected */
};

struct fsz_subscriber {
    struct fsz_conn *conn;
    void            *data; /* the user's; set in `joined`, freed in `left` */
    uint64_t         subscriptions, subscription_bytes, refused; /* read under the lock */
};

/* Receives one of the prefixes that a subscription is filtered to. */
typedef void (*fsz_pub_take_fn)(void *argument, const void *prefix, size_t size);

/* All are called with the lock held, and on the loop's thread except `lost`, unless noted. Members
 * may be NULL. */
struct fsz_pub_handler {
    void (*joined)(void *self, struct fsz_subscriber *subscriber);
    void (*left)(void *self, struct fsz_subscriber *subscriber, enum fsz_zmtp_ending ending);
    /* Which part of a subscription this subscriber may see: calls `take` for each allowed prefix.
     * NULL: all of it. Must give the same result until fsz_pub_review(). */
    void (*subscription_filter)(void *self, struct fsz_subscriber *subscriber, const void *prefix,
                                size_t size, fsz_pub_take_fn take, void *argument);
    /* A prefix has its first subscriber (`wanted`), or has lost its last one. */
    void (*changed)(void *self, bool wanted, const void *prefix, size_t size);
    /* A subscription was refused by a bound, or the filter left nothing of it (`bound` NULL).
     * `bound` is a name in fsz_pub_limits, or "address_subscriptions" or
     * "address_subscription_bytes". */
    void (*refused)(void *self, struct fsz_subscriber *subscriber, const char *bound,
                    const void *prefix, size_t size);
    /* A message was dropped for this subscriber. Called on the sending thread. A message that is
     * dropped only when it is written, because the total budget is used up, is reported by
     * fsz_pub_flush(): then `message` has a priority and no bytes. */
    void (*lost)(void *self, struct fsz_subscriber *subscriber,
                 const struct fsz_zmtp_message *message);
    /* The subscriber reads again after it has lost messages; fsz_pub_send_to() may inform it. */
    void (*drained)(void *self, struct fsz_subscriber *subscriber);
    /* A connection failed before it became a subscriber. Called without the lock. */
    void (*failed)(void *self, struct fsz_conn *conn, enum fsz_zmtp_ending ending);
    /* As in fsz_zmtp_handler. Called without the lock. */
    void (*turned_away)(void *self, const struct fsz_address *peer, enum fsz_zmtp_ending ending);
};

/* FSZ_ENOMEM. `handler` and `gate` (or NULL) stay in place and outlive it. */
FSZ_NODISCARD fsz_err fsz_pub_new(struct fsz_loop *loop, const struct fsz_zmtp_options *options,
                                  const struct fsz_zmtp_limits *limits,
                                  const struct fsz_pub_limits  *pub_limits,
                                  const struct fsz_pub_handler *handler, void *self,
                                  const struct fsz_gate *gate, struct fsz_pub **ret_pub);
/* Like fsz_zmtp_socket_close(). */
void fsz_pub_close(struct fsz_pub **pub, int64_t linger_ms, void (*closed)(void *argument),
                   void *argument);
void fsz_pub_configure(struct fsz_pub *pub, const struct fsz_zmtp_options *options,
                       const struct fsz_zmtp_limits *limits,
                       const struct fsz_pub_limits  *pub_limits);
/* For endpoints, figures and kicks. */
struct fsz_zmtp_socket *fsz_pub_socket(struct fsz_pub *pub);
/* What subscribers may see has changed: filters all subscriptions again. Loop thread. The cost
 * depends on the number of subscriptions. */
void fsz_pub_review(struct fsz_pub *pub);
/* Calls `look` for each subscriber, with the lock held, until it returns false. Loop thread. */
void fsz_pub_each(struct fsz_pub *pub,
                  bool (*look)(void *argument, struct fsz_subscriber *subscriber), void *argument);
/* The same, called with the lock held. */
void fsz_pub_each_held(struct fsz_pub *pub,
                       bool (*look)(void *argument, struct fsz_subscriber *subscriber),
                       void *argument);

/* The subscriber of a connection; NULL: it has ended. Loop thread. */
struct fsz_subscriber *fsz_pub_subscriber(const struct fsz_conn *conn);

/* The lock. Any thread. */
void fsz_pub_lock(struct fsz_pub *pub);
bool fsz_pub_try_lock(struct fsz_pub *pub);
void fsz_pub_unlock(struct fsz_pub *pub);

/* The functions below need the lock. Any thread. */

/* Queues a message once for each subscriber with a prefix of `topic`, which is the body of the
 * first frame. Returns the number of these subscribers, including those that lost it. */
size_t fsz_pub_queue(struct fsz_pub *pub, const void *topic, size_t size,
                     struct fsz_zmtp_message *message);
/* Writes what was queued since the last flush. */
void fsz_pub_flush(struct fsz_pub *pub);
/* Writes more even where sockets were full: fsz_conn_flush_blocked(). */
void fsz_pub_flush_blocked(struct fsz_pub *pub);
/* Sends to one subscriber, whatever its subscriptions. Returns as fsz_conn_send(). */
FSZ_NODISCARD fsz_err fsz_pub_send_to(struct fsz_pub *pub, struct fsz_subscriber *subscriber,
                                      struct fsz_zmtp_message *message);
/* The number of subscribers, and whether all of them are idle (fsz_conn_is_idle()), so that a
 * message would be written at once. Checks at most `most` of them. */
size_t fsz_pub_count(const struct fsz_pub *pub);
bool   fsz_pub_is_idle(const struct fsz_pub *pub, size_t most);
/* Could anyone want a topic that begins with `head`? */
bool fsz_pub_wants(const struct fsz_pub *pub, const void *head, size_t size);
/* Does that subscriber have a prefix of this topic? */
bool fsz_pub_sees(const struct fsz_pub *pub, const struct fsz_subscriber *subscriber,
                  const void *topic, size_t size);

struct fsz_pub_figures {
    uint64_t subscriptions, subscription_bytes; /* of all subscribers, now */
    uint64_t prefixes;                          /* distinct, after filtering */
    uint64_t refused_subscriptions;             /* refused by a bound */
    uint64_t denied_subscriptions;              /* the filter left nothing of them */
    uint64_t strays; /* disconnected because of a message that is not a subscription */
};
struct fsz_pub_figures fsz_pub_figures(const struct fsz_pub *pub);

#endif
