/* pub.h - an XPUB that serves subscribers (RFC 29): who has subscribed to what, and a message to
 * all that it matches.
 *
 * The loop's thread has the connections. Messages may be sent by any thread that holds the lock;
 * the loop's thread holds it while it changes subscriptions, for a bounded time. Every subscriber
 * has bounds of its own, and closing one costs what it had subscribed to itself. */
#ifndef FSZ_ZMTP_PUB_H
#define FSZ_ZMTP_PUB_H

#include "zmtp/zmtp_socket.h"

struct fsz_pub;

/* Subscriptions of one subscriber and of all. Over a bound a subscription is refused: it has no
 * effect, and is counted. One subscriber's address may have at most three quarters of what all may
 * have, so that some is left for others. */
struct fsz_pub_limits {
    size_t subscriptions, subscription_bytes; /* of one; bytes of prefixes */
    size_t all_subscriptions, all_subscription_bytes;
    size_t prefix_bytes; /* of one; a subscriber that sends a longer one is disconnected */
};

struct fsz_subscriber {
    struct fsz_conn *conn;
    void            *data; /* its user's: set in `joined`, freed in `left` */
    uint64_t         subscriptions, subscription_bytes, refused; /* read under the lock */
};

/* Gives one prefix that a subscription comes down to. */
typedef void (*fsz_pub_take_fn)(void *argument, const void *prefix, size_t size);

/* All with the lock held; all but `lost` on the loop's thread. Slots may be NULL. */
struct fsz_pub_handler {
    void (*joined)(void *self, struct fsz_subscriber *subscriber);
    void (*left)(void *self, struct fsz_subscriber *subscriber, enum fsz_zmtp_ending ending);
    /* What this subscriber may see of what it asked for: calls `take` for each prefix. NULL: all of
     * it. Has to give the same until fsz_pub_review(). */
    void (*subscription_filter)(void *self, struct fsz_subscriber *subscriber, const void *prefix,
                                size_t size, fsz_pub_take_fn take, void *argument);
    /* A prefix that nobody had is wanted now, or nobody has it any more. */
    void (*changed)(void *self, bool wanted, const void *prefix, size_t size);
    /* A subscription was refused by a bound, or comes down to nothing (`bound` NULL). `bound` is
     * its name in fsz_pub_limits, or "address_subscriptions" or "address_subscription_bytes". */
    void (*refused)(void *self, struct fsz_subscriber *subscriber, const char *bound,
                    const void *prefix, size_t size);
    /* A message was dropped for this subscriber. On the thread that sends. One that is dropped only
     * when it is written, because the budget of all is used up, is reported by fsz_pub_flush():
     * `message` then has a priority and no bytes. */
    void (*lost)(void *self, struct fsz_subscriber *subscriber,
                 const struct fsz_zmtp_message *message);
    /* It reads again, after it has lost messages: fsz_pub_send_to() may tell it. */
    void (*drained)(void *self, struct fsz_subscriber *subscriber);
    /* A connection failed before it became a subscriber; without the lock. */
    void (*failed)(void *self, struct fsz_conn *conn, enum fsz_zmtp_ending ending);
    /* As in fsz_zmtp_handler; without the lock. */
    void (*turned_away)(void *self, const struct fsz_address *peer, enum fsz_zmtp_ending ending);
};

/* FSZ_ENOMEM. `handler` and `gate` (or NULL) stay in place and outlive it. */
FSZ_NODISCARD fsz_err fsz_pub_new(struct fsz_loop *loop, const struct fsz_zmtp_options *options,
                                  const struct fsz_zmtp_limits *limits,
                                  const struct fsz_pub_limits  *pub_limits,
                                  const struct fsz_pub_handler *handler, void *self,
                                  const struct fsz_gate *gate, struct fsz_pub **ret_pub);
/* As fsz_zmtp_socket_close(). */
void fsz_pub_close(struct fsz_pub **pub, int64_t linger_ms, void (*closed)(void *argument),
                   void *argument);
void fsz_pub_configure(struct fsz_pub *pub, const struct fsz_zmtp_options *options,
                       const struct fsz_zmtp_limits *limits,
                       const struct fsz_pub_limits  *pub_limits);
/* For endpoints, figures and kicks. */
struct fsz_zmtp_socket *fsz_pub_socket(struct fsz_pub *pub);
/* What subscribers may see has changed: narrows all again. Loop thread. Costs each subscriber what
 * it has subscribed to. */
void fsz_pub_review(struct fsz_pub *pub);
/* Calls `look` for each subscriber, with the lock held, until it returns false. Loop thread. */
void fsz_pub_each(struct fsz_pub *pub,
                  bool (*look)(void *argument, struct fsz_subscriber *subscriber), void *argument);
/* The same with the lock held already. */
void fsz_pub_each_held(struct fsz_pub *pub,
                       bool (*look)(void *argument, struct fsz_subscriber *subscriber),
                       void *argument);

/* The subscriber of a connection of a pub's socket; NULL: it has ended. Loop thread. */
struct fsz_subscriber *fsz_pub_subscriber(const struct fsz_conn *conn);

/* The lock. Any thread. */
void fsz_pub_lock(struct fsz_pub *pub);
bool fsz_pub_try_lock(struct fsz_pub *pub);
void fsz_pub_unlock(struct fsz_pub *pub);

/* With the lock held, any thread: */

/* Queues a message for each subscriber that has a prefix of `topic`, the first frame's body;
 * returns how many those are, the ones that lost it included. Each gets it once. */
size_t fsz_pub_queue(struct fsz_pub *pub, const void *topic, size_t size,
                     struct fsz_zmtp_message *message);
/* Writes what was queued since the last call. */
void fsz_pub_flush(struct fsz_pub *pub);
/* Writes on where sockets were full: fsz_conn_flush_blocked(). */
void fsz_pub_flush_blocked(struct fsz_pub *pub);
/* To one subscriber, whatever it has subscribed to. As fsz_conn_send(). */
FSZ_NODISCARD fsz_err fsz_pub_send_to(struct fsz_pub *pub, struct fsz_subscriber *subscriber,
                                      struct fsz_zmtp_message *message);
/* How many subscribers there are, and whether all of them are idle (fsz_conn_is_idle()), so that a
 * message would be written at once. Looks at no more than `most` of them. */
size_t fsz_pub_count(const struct fsz_pub *pub);
bool   fsz_pub_is_idle(const struct fsz_pub *pub, size_t most);
/* May a topic that begins with `head` be wanted by anyone? */
bool fsz_pub_wants(const struct fsz_pub *pub, const void *head, size_t size);
/* Does that subscriber have a prefix of this topic? */
bool fsz_pub_sees(const struct fsz_pub *pub, const struct fsz_subscriber *subscriber,
                  const void *topic, size_t size);

struct fsz_pub_figures {
    uint64_t subscriptions, subscription_bytes; /* now, of all */
    uint64_t prefixes;                          /* distinct, after filtering */
    uint64_t refused_subscriptions;             /* by a bound */
    uint64_t denied_subscriptions;              /* of which nothing may be seen */
    uint64_t strays; /* subscribers disconnected over messages that are no subscriptions */
};
struct fsz_pub_figures fsz_pub_figures(const struct fsz_pub *pub);

#endif
