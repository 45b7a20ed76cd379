/* SPDX-License-Identifier: MPL-2.0 */
#include "base/thread.h"
#include "zmtp/pub_private.h"

#include <stdlib.h>

/* prefixes removed from a leaving subscriber before other threads get the lock again */
enum { LEAVING_BATCH = 256 };

static const struct fsz_pub_handler handler_of_none;

/* ---- the lock -------------------------------------------------------------------------------- */

void fsz_pub_lock(struct fsz_pub *pub)
{
    fsz_thread_lock(&pub->lock);
}

bool fsz_pub_try_lock(struct fsz_pub *pub)
{
    return pthread_mutex_trylock(&pub->lock) == 0;
}

void fsz_pub_unlock(struct fsz_pub *pub)
{
    pthread_mutex_unlock(&pub->lock);
}

/* ---- subscribers ----------------------------------------------------------------------------- */

static struct pub_subscriber *subscriber_new(struct fsz_pub *pub, struct fsz_conn *conn)
{
    struct pub_subscriber *subscriber = calloc(1, sizeof(*subscriber));
    if (subscriber == NULL || fsz_pub_origin_enter(pub, conn, &subscriber->origin) != FSZ_OK) {
        free(subscriber);
        return NULL;
    }
    subscriber->base.conn = fsz_conn_ref(conn);
    subscriber->subscriptions.key = subscriber->grants.key = pub->key;
    return subscriber;
}

static void subscriber_list(struct fsz_pub *pub, struct pub_subscriber *subscriber)
{
    subscriber->next = pub->subscribers;
    if (pub->subscribers != NULL) {
        pub->subscribers->previous = subscriber;
    }
    pub->subscribers = subscriber;
    pub->count++;
}

static void subscriber_unlist(struct fsz_pub *pub, struct pub_subscriber *subscriber)
{
    *(subscriber->previous != NULL ? &subscriber->previous->next : &pub->subscribers) =
        subscriber->next;
    if (subscriber->next != NULL) {
        subscriber->next->previous = subscriber->previous;
    }
    pub->count--;
}

static void pub_ready(void *self, struct fsz_conn *conn)
{
    struct fsz_pub        *pub = self;
    struct pub_subscriber *subscriber = subscriber_new(pub, conn);
    if (subscriber == NULL) {
        fsz_conn_end(conn, FSZ_ZMTP_END_MEMORY);
        return;
    }
    fsz_conn_set_data(conn, subscriber);
    fsz_pub_lock(pub);
    subscriber_list(pub, subscriber);
    if (pub->handler->joined != NULL) {
        pub->handler->joined(pub->self, &subscriber->base);
    }
    fsz_pub_unlock(pub);
}

/* Removes its subscriptions in batches, so that other threads need not wait for all of them. */
static void subscriber_leave(struct fsz_pub *pub, struct pub_subscriber *subscriber,
                             enum fsz_zmtp_ending ending)
{
    fsz_loop_spend(pub->loop, (size_t)subscriber->base.subscriptions);
    fsz_pub_lock(pub);
    fsz_pub_untouch(pub, subscriber);
    while (fsz_pub_revoke_some(pub, subscriber, LEAVING_BATCH) ||
           fsz_pub_forget_some(pub, subscriber, LEAVING_BATCH)) {
        fsz_pub_unlock(pub);
        fsz_pub_lock(pub);
    }
    subscriber_unlist(pub, subscriber);
    if (pub->handler->left != NULL) {
        pub->handler->left(pub->self, &subscriber->base, ending);
    }
    fsz_pub_unlock(pub);
}

static void pub_ended(void *self, struct fsz_conn *conn, enum fsz_zmtp_ending ending)
{
    struct fsz_pub        *pub = self;
    struct pub_subscriber *subscriber = fsz_conn_data(conn);
    if (subscriber == NULL) {
        if (pub->handler->failed != NULL) {
            pub->handler->failed(pub->self, conn, ending);
        }
        return;
    }
    fsz_conn_set_data(conn, NULL);
    subscriber_leave(pub, subscriber, ending);
    fsz_pub_origin_leave(pub, subscriber->origin);
    fsz_conn_unref(&subscriber->base.conn);
    free(subscriber);
}

static void pub_drained(void *self, struct fsz_conn *conn)
{
    struct fsz_pub        *pub = self;
    struct pub_subscriber *subscriber = fsz_conn_data(conn);
    if (subscriber != NULL && pub->handler->drained != NULL) {
        fsz_pub_lock(pub);
        pub->handler->drained(pub->self, &subscriber->base);
        fsz_pub_unlock(pub);
    }
}

static void pub_message(void *self, struct fsz_conn *conn, const struct fsz_frames *frames)
{
    fsz_pub_take_message(self, conn, frames);
}

static void pub_subscription(void *self, struct fsz_conn *conn, bool subscribe,
                             const uint8_t *prefix, size_t size)
{
    fsz_pub_take_subscription(self, conn, subscribe, prefix, size);
}

static void pub_turned_away(void *self, const struct fsz_address *peer, enum fsz_zmtp_ending ending)
{
    const struct fsz_pub *pub = self;
    if (pub->handler->turned_away != NULL) {
        pub->handler->turned_away(pub->self, peer, ending);
    }
}

static const struct fsz_zmtp_handler pub_socket_handler = {
    .turned_away = pub_turned_away,
    .ready = pub_ready,
    .message = pub_message,
    .subscription = pub_subscription,
    .drained = pub_drained,
    .ended = pub_ended,
};

void fsz_pub_each_held(struct fsz_pub *pub,
                       bool (*look)(void *argument, struct fsz_subscriber *subscriber),
                       void *argument)
{
    struct pub_subscriber *subscriber = pub->subscribers;
    while (subscriber != NULL && look(argument, &subscriber->base)) {
        subscriber = subscriber->next;
    }
}

void fsz_pub_each(struct fsz_pub *pub,
                  bool (*look)(void *argument, struct fsz_subscriber *subscriber), void *argument)
{
    fsz_pub_lock(pub);
    fsz_pub_each_held(pub, look, argument);
    fsz_pub_unlock(pub);
}

struct fsz_subscriber *fsz_pub_subscriber(const struct fsz_conn *conn)
{
    struct pub_subscriber *subscriber = fsz_conn_data(conn);
    return subscriber == NULL ? NULL : &subscriber->base;
}

/* ---- life ------------------------------------------------------------------------------------ */

static void pub_free(struct fsz_pub *pub)
{
    fsz_prefixes_free(&pub->prefixes);
    pthread_mutex_destroy(&pub->lock);
    sodium_memzero(pub->key, sizeof(pub->key));
    free(pub);
}

static struct fsz_pub *pub_new(void)
{
    struct fsz_pub *pub = sodium_init() < 0 ? NULL : calloc(1, sizeof(*pub));
    if (pub == NULL || fsz_thread_init_lock(&pub->lock) != FSZ_OK) {
        free(pub);
        return NULL;
    }
    if (fsz_prefixes_new(&pub->prefixes) != FSZ_OK) {
        pub_free(pub);
        return NULL;
    }
    randombytes_buf(pub->key, sizeof(pub->key));
    pub->origins.key = pub->key;
    return pub;
}

/* NOLINTNEXTLINE(readability-function-size): the parameters of a socket, plus its own limits */
fsz_err fsz_pub_new(struct fsz_loop *loop, const struct fsz_zmtp_options *options,
                    const struct fsz_zmtp_limits *limits, const struct fsz_pub_limits *pub_limits,
                    const struct fsz_pub_handler *handler, void *self, const struct fsz_gate *gate,
                    struct fsz_pub **ret_pub)
{
    struct fsz_zmtp_options own = *options;
    struct fsz_pub         *pub = pub_new();
    if (pub == NULL) {
        return FSZ_ENOMEM;
    }
    own.mechanism.type = FSZ_ZMTP_XPUB;
    pub->loop = loop;
    pub->handler = handler != NULL ? handler : &handler_of_none;
    pub->self = self;
    pub->limits = *pub_limits;
    fsz_err err =
        fsz_zmtp_socket_new(loop, &own, limits, &pub_socket_handler, pub, gate, &pub->socket);
    sodium_memzero(&own, sizeof(own));
    if (err != FSZ_OK) {
        pub_free(pub);
        return err;
    }
    *ret_pub = pub;
    return FSZ_OK;
}

void fsz_pub_configure(struct fsz_pub *pub, const struct fsz_zmtp_options *options,
                       const struct fsz_zmtp_limits *limits,
                       const struct fsz_pub_limits  *pub_limits)
{
    fsz_zmtp_socket_configure(pub->socket, options, limits);
    fsz_pub_lock(pub);
    pub->limits = *pub_limits;
    fsz_pub_unlock(pub);
}

static void pub_closed(void *argument)
{
    struct fsz_pub *pub = argument;
    void (*closed)(void *) = pub->closed;
    void *closed_argument = pub->closed_argument;
    pub_free(pub);
    if (closed != NULL) {
        closed(closed_argument);
    }
}

void fsz_pub_close(struct fsz_pub **pub, int64_t linger_ms, void (*closed)(void *argument),
                   void *argument)
{
    struct fsz_pub *own = *pub;
    *pub = NULL;
    if (own == NULL) {
        return;
    }
    own->closed = closed;
    own->closed_argument = argument;
    struct fsz_zmtp_socket *socket = own->socket;
    fsz_zmtp_socket_close(&socket, linger_ms, pub_closed, own);
}

struct fsz_zmtp_socket *fsz_pub_socket(struct fsz_pub *pub)
{
    return pub->socket;
}

struct fsz_pub_figures fsz_pub_figures(const struct fsz_pub *pub)
{
    struct fsz_pub_figures figures = pub->figures;
    figures.prefixes = fsz_prefixes_count(pub->prefixes);
    return figures;
}
