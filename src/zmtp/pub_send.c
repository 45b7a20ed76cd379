/* SPDX-License-Identifier: MPL-2.0 */
#include "zmtp/pub_private.h"

/* The delivery of one message to all matching subscribers. */
struct delivery {
    struct fsz_pub          *pub;
    struct fsz_zmtp_message *message;
    size_t                   count;
};

static void subscriber_touch(struct fsz_pub *pub, struct pub_subscriber *subscriber)
{
    if (subscriber->touched) {
        return;
    }
    subscriber->touched = true;
    subscriber->touched_previous = NULL;
    subscriber->touched_next = pub->touched;
    if (pub->touched != NULL) {
        pub->touched->touched_previous = subscriber;
    }
    pub->touched = subscriber;
}

void fsz_pub_untouch(struct fsz_pub *pub, struct pub_subscriber *subscriber)
{
    if (!subscriber->touched) {
        return;
    }
    subscriber->touched = false;
    *(subscriber->touched_previous != NULL ? &subscriber->touched_previous->touched_next
                                           : &pub->touched) = subscriber->touched_next;
    if (subscriber->touched_next != NULL) {
        subscriber->touched_next->touched_previous = subscriber->touched_previous;
    }
}

static void subscriber_lost(struct fsz_pub *pub, struct pub_subscriber *subscriber,
                            const struct fsz_zmtp_message *message)
{
    subscriber->dropped[message->priority]++;
    if (pub->handler->lost != NULL) {
        pub->handler->lost(pub->self, &subscriber->base, message);
    }
}

/* Reports queued messages that were dropped instead of written. */
static void subscriber_lost_later(struct fsz_pub *pub, struct pub_subscriber *subscriber)
{
    static const struct fsz_zmtp_message of_priority[FSZ_ZMTP_PRIORITIES] = {
        [FSZ_ZMTP_LOW] = {.priority = FSZ_ZMTP_LOW},
        [FSZ_ZMTP_NORMAL] = {.priority = FSZ_ZMTP_NORMAL},
        [FSZ_ZMTP_HIGH] = {.priority = FSZ_ZMTP_HIGH},
    };
    struct fsz_conn_figures figures;
    fsz_conn_figures(subscriber->base.conn, &figures);
    for (int p = 0; p < FSZ_ZMTP_PRIORITIES; p++) {
        while (subscriber->dropped[p] < figures.dropped[p]) {
            subscriber_lost(pub, subscriber, &of_priority[p]);
        }
    }
}

static uint64_t subscriber_drops(const struct pub_subscriber *subscriber)
{
    uint64_t drops = 0;
    for (int p = 0; p < FSZ_ZMTP_PRIORITIES; p++) {
        drops += subscriber->dropped[p];
    }
    return drops;
}

static void delivery_found(void *argument, void *found)
{
    struct delivery       *delivery = argument;
    struct fsz_pub        *pub = delivery->pub;
    struct pub_subscriber *subscriber = found;
    if (subscriber->stamp == pub->stamp) {
        return;
    }
    subscriber->stamp = pub->stamp;
    fsz_err err = fsz_conn_queue(subscriber->base.conn, delivery->message);
    if (err == FSZ_ECLOSED) {
        return;
    }
    delivery->count++;
    if (err == FSZ_OK) {
        subscriber_touch(pub, subscriber);
    } else {
        subscriber_lost(pub, subscriber, delivery->message);
    }
}

size_t fsz_pub_queue(struct fsz_pub *pub, const void *topic, size_t size,
                     struct fsz_zmtp_message *message)
{
    struct delivery delivery = {.pub = pub, .message = message};
    pub->stamp++;
    fsz_prefixes_match(pub->prefixes, topic, size, delivery_found, &delivery);
    return delivery.count;
}

void fsz_pub_flush(struct fsz_pub *pub)
{
    while (pub->touched != NULL) {
        struct pub_subscriber *subscriber = pub->touched;
        fsz_pub_untouch(pub, subscriber);
        fsz_conn_flush(subscriber->base.conn);
        if (fsz_conn_drops(subscriber->base.conn) != subscriber_drops(subscriber)) {
            subscriber_lost_later(pub, subscriber);
        }
    }
}

void fsz_pub_flush_blocked(struct fsz_pub *pub)
{
    struct pub_subscriber *subscriber = pub->subscribers;
    for (; subscriber != NULL; subscriber = subscriber->next) {
        fsz_conn_flush_blocked(subscriber->base.conn);
    }
}

fsz_err fsz_pub_send_to(struct fsz_pub *pub, struct fsz_subscriber *subscriber,
                        struct fsz_zmtp_message *message)
{
    fsz_err err = fsz_conn_send(subscriber->conn, message);
    (void)pub;
    if (err == FSZ_EFULL || err == FSZ_ENOMEM) {
        ((struct pub_subscriber *)subscriber)->dropped[message->priority]++;
    }
    return err;
}

size_t fsz_pub_count(const struct fsz_pub *pub)
{
    return pub->count;
}

bool fsz_pub_is_idle(const struct fsz_pub *pub, size_t most)
{
    const struct pub_subscriber *subscriber = pub->subscribers;
    if (pub->count > most) {
        return false;
    }
    while (subscriber != NULL && fsz_conn_is_idle(subscriber->base.conn)) {
        subscriber = subscriber->next;
    }
    return subscriber == NULL;
}

bool fsz_pub_wants(const struct fsz_pub *pub, const void *head, size_t size)
{
    return fsz_prefixes_want(pub->prefixes, head, size);
}

/* Costs at most one lookup for each byte of the topic. */
bool fsz_pub_sees(const struct fsz_pub *pub, const struct fsz_subscriber *subscriber,
                  const void *topic, size_t size)
{
    const struct pub_set *grants = &((const struct pub_subscriber *)subscriber)->grants;
    bool                  sees = false;
    (void)pub;
    for (size_t n = 0; !sees && grants->count > 0 && n <= size; n++) {
        sees = fsz_pub_set_find(grants, topic, n) != NULL;
    }
    return sees;
}
