/* SPDX-License-Identifier: MPL-2.0 */
#include "zmtp/pub_private.h"

#include <stdlib.h>
#include <string.h>

struct pub_subscription {
    struct pub_item item;
    uint8_t         bytes[];
};

/* Would `more` exceed the bound? */
static bool is_over(uint64_t used, uint64_t more, uint64_t bound)
{
    return more > bound || used > bound - more;
}

/* The part of the total that all subscribers of one address may use. */
static uint64_t address_share(uint64_t all)
{
    return all - all / 4;
}

/* The name of the bound that one more subscription would exceed, or NULL. */
static const char *bound_of(const struct fsz_pub *pub, const struct pub_subscriber *s, size_t size)
{
    const struct fsz_pub_limits *most = &pub->limits;
    const struct {
        const char *name;
        uint64_t    used, more, bound;
    } bounds[] = {
        {"subscriptions", s->base.subscriptions, 1, most->subscriptions},
        {"subscription_bytes", s->base.subscription_bytes, size, most->subscription_bytes},
        {"address_subscriptions", s->origin->subscriptions, 1,
         address_share(most->all_subscriptions)},
        {"address_subscription_bytes", s->origin->subscription_bytes, size,
         address_share(most->all_subscription_bytes)},
        {"all_subscriptions", pub->figures.subscriptions, 1, most->all_subscriptions},
        {"all_subscription_bytes", pub->figures.subscription_bytes, size,
         most->all_subscription_bytes},
    };
    for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
        if (is_over(bounds[i].used, bounds[i].more, bounds[i].bound)) {
            return bounds[i].name;
        }
    }
    return NULL;
}

/* Counts a new subscription or removes one from the count, for its address and for all. */
static void count_one(struct fsz_pub *pub, const struct pub_subscriber *s, size_t size, bool came)
{
    uint64_t one = came ? 1 : UINT64_MAX;
    uint64_t bytes = came ? size : 0 - (uint64_t)size;
    s->origin->subscriptions += one;
    s->origin->subscription_bytes += bytes;
    pub->figures.subscriptions += one;
    pub->figures.subscription_bytes += bytes;
}

static void pub_refused(struct fsz_pub *pub, struct pub_subscriber *s, const char *bound,
                        const void *prefix, size_t size)
{
    if (bound == NULL) {
        pub->figures.denied_subscriptions++;
    } else {
        pub->figures.refused_subscriptions++;
        s->base.refused++;
    }
    if (pub->handler->refused != NULL) {
        pub->handler->refused(pub->self, &s->base, bound, prefix, size);
    }
}

static fsz_err subscription_add(struct fsz_pub *pub, struct pub_subscriber *s,
                                const uint8_t *prefix, size_t size)
{
    struct pub_subscription *subscription = malloc(sizeof(*subscription) + size);
    size_t                   grants = 0;
    if (subscription == NULL) {
        return FSZ_ENOMEM;
    }
    if (size > 0) {
        memcpy(subscription->bytes, prefix, size);
    }
    fsz_pub_set_add(&s->subscriptions, &subscription->item, subscription->bytes, size);
    s->base.subscriptions++;
    s->base.subscription_bytes += size;
    count_one(pub, s, size, true);
    fsz_err err = fsz_pub_grant(pub, s, prefix, size, &grants);
    if (err == FSZ_OK && grants == 0) {
        pub_refused(pub, s, NULL, prefix, size);
    }
    return err;
}

/* A second subscription with the same prefix has no effect (RFC 29: the SUB counts them, and
 * cancels once). */
static fsz_err subscribe_locked(struct fsz_pub *pub, struct pub_subscriber *s,
                                const uint8_t *prefix, size_t size)
{
    if (fsz_pub_set_find(&s->subscriptions, prefix, size) != NULL) {
        return FSZ_OK;
    }
    const char *bound = bound_of(pub, s, size);
    if (bound != NULL) {
        pub_refused(pub, s, bound, prefix, size);
        return FSZ_OK;
    }
    return subscription_add(pub, s, prefix, size);
}

static void cancel_locked(struct fsz_pub *pub, struct pub_subscriber *s, const uint8_t *prefix,
                          size_t size)
{
    struct pub_item *item = fsz_pub_set_find(&s->subscriptions, prefix, size);
    if (item == NULL) {
        return;
    }
    fsz_pub_revoke(pub, s, prefix, size);
    fsz_pub_set_remove(&s->subscriptions, item);
    s->base.subscriptions--;
    s->base.subscription_bytes -= size;
    count_one(pub, s, size, false);
    free(item);
}

bool fsz_pub_forget_some(struct fsz_pub *pub, struct pub_subscriber *subscriber, size_t most)
{
    struct pub_set *set = &subscriber->subscriptions;
    for (size_t n = 0; n < most && set->first != NULL; n++) {
        struct pub_item *item = set->first;
        count_one(pub, subscriber, item->size, false);
        fsz_pub_set_remove(set, item);
        free(item);
    }
    return set->first != NULL;
}

void fsz_pub_take_subscription(struct fsz_pub *pub, struct fsz_conn *conn, bool subscribe,
                               const uint8_t *prefix, size_t size)
{
    struct pub_subscriber *s = fsz_conn_data(conn);
    fsz_err                err = FSZ_OK;
    if (s == NULL) {
        return;
    }
    if (size > pub->limits.prefix_bytes) {
        fsz_conn_end(conn, FSZ_ZMTP_END_MESSAGE_BYTES);
        return;
    }
    fsz_pub_lock(pub);
    if (subscribe) {
        err = subscribe_locked(pub, s, prefix, size);
    } else {
        cancel_locked(pub, s, prefix, size);
    }
    fsz_pub_unlock(pub);
    if (err != FSZ_OK) {
        fsz_conn_end(conn, FSZ_ZMTP_END_MEMORY);
    }
}

static bool is_subscription(const struct fsz_frame *frame)
{
    return frame->size > 0 && frame->data[0] <= 1;
}

static bool are_subscriptions(const struct fsz_frames *frames)
{
    bool all = true;
    for (size_t i = 0; i < frames->count; i++) {
        all &= is_subscription(&frames->frames[i]);
    }
    return all;
}

/* Each frame is one subscription, as in libzmq. */
void fsz_pub_take_message(struct fsz_pub *pub, struct fsz_conn *conn,
                          const struct fsz_frames *frames)
{
    if (!are_subscriptions(frames)) {
        fsz_pub_lock(pub);
        pub->figures.strays++;
        fsz_pub_unlock(pub);
        fsz_conn_end(conn, FSZ_ZMTP_END_PROTOCOL);
        return;
    }
    for (size_t i = 0; i < frames->count; i++) {
        const struct fsz_frame *frame = &frames->frames[i];
        fsz_pub_take_subscription(pub, conn, frame->data[0] == 1, frame->data + 1, frame->size - 1);
    }
}
