/* SPDX-License-Identifier: MPL-2.0 */
#include "zmtp/dealer.h"

#include <pthread.h>
#include <stdlib.h>

struct fsz_dealer {
    struct fsz_zmtp_socket          *socket;
    const struct fsz_dealer_handler *handler; /* NULL: it is being freed */
    void                            *self;    /* the handler's */
    pthread_mutex_t                  lock;    /* protects `conn`, for a few instructions */
    struct fsz_conn *conn; /* a reference; NULL: not connected. Set only by the loop's thread */
};

static struct fsz_conn *dealer_set_conn(struct fsz_dealer *dealer, struct fsz_conn *conn)
{
    pthread_mutex_lock(&dealer->lock);
    struct fsz_conn *old = dealer->conn;
    dealer->conn = conn;
    pthread_mutex_unlock(&dealer->lock);
    return old;
}

static void dealer_ready(void *self, struct fsz_conn *conn)
{
    struct fsz_dealer *dealer = self;
    dealer_set_conn(dealer, fsz_conn_ref(conn));
    if (dealer->handler->up != NULL) {
        dealer->handler->up(dealer->self, conn);
    }
}

static void dealer_message(void *self, struct fsz_conn *conn, const struct fsz_frames *frames)
{
    const struct fsz_dealer *dealer = self;
    (void)conn;
    if (dealer->handler->message != NULL) {
        dealer->handler->message(dealer->self, frames);
    }
}

static void dealer_ended(void *self, struct fsz_conn *conn, enum fsz_zmtp_ending ending)
{
    struct fsz_dealer               *dealer = self;
    const struct fsz_dealer_handler *handler = dealer->handler;
    struct fsz_conn                 *was_up = dealer_set_conn(dealer, NULL);
    fsz_conn_unref(&was_up);
    if (handler == NULL) {
        return;
    }
    if (fsz_conn_is_ready(conn) && handler->down != NULL) {
        handler->down(dealer->self, conn, ending);
    } else if (!fsz_conn_is_ready(conn) && handler->failed != NULL) {
        handler->failed(dealer->self, conn, ending);
    }
}

static const struct fsz_zmtp_handler socket_handler = {
    .ready = dealer_ready,
    .message = dealer_message,
    .ended = dealer_ended,
};

static fsz_err dealer_open(struct fsz_dealer *dealer, struct fsz_loop *loop,
                           const struct fsz_dealer_config *config,
                           char                            ret_why[FSZ_ADDRESS_WHY_BYTES])
{
    fsz_err err = fsz_zmtp_socket_new(loop, config->options, config->limits, &socket_handler,
                                      dealer, NULL, &dealer->socket);
    return err != FSZ_OK ? err : fsz_zmtp_socket_connect(dealer->socket, config->endpoint, ret_why);
}

fsz_err fsz_dealer_new(struct fsz_loop *loop, const struct fsz_dealer_config *config,
                       struct fsz_dealer **ret_dealer, char ret_why[FSZ_ADDRESS_WHY_BYTES])
{
    struct fsz_dealer *dealer = calloc(1, sizeof(*dealer));
    if (dealer == NULL || pthread_mutex_init(&dealer->lock, NULL) != 0) {
        free(dealer);
        return FSZ_ENOMEM;
    }
    dealer->handler = config->handler;
    dealer->self = config->self;
    fsz_err err = dealer_open(dealer, loop, config, ret_why);
    if (err != FSZ_OK) {
        fsz_dealer_free(&dealer);
        return err;
    }
    *ret_dealer = dealer;
    return FSZ_OK;
}

void fsz_dealer_free(struct fsz_dealer **dealer)
{
    struct fsz_dealer *d = *dealer;
    *dealer = NULL;
    if (d == NULL) {
        return;
    }
    d->handler = NULL;
    fsz_zmtp_socket_close(&d->socket, 0, NULL, NULL);
    pthread_mutex_destroy(&d->lock);
    free(d);
}

/* Returns a reference, or NULL. Any thread. */
static struct fsz_conn *dealer_take_conn(struct fsz_dealer *dealer)
{
    pthread_mutex_lock(&dealer->lock);
    struct fsz_conn *conn = dealer->conn == NULL ? NULL : fsz_conn_ref(dealer->conn);
    pthread_mutex_unlock(&dealer->lock);
    return conn;
}

fsz_err fsz_dealer_send(struct fsz_dealer *dealer, struct fsz_zmtp_message *message)
{
    struct fsz_conn *conn = dealer_take_conn(dealer);
    if (conn == NULL) {
        return FSZ_ECLOSED;
    }
    fsz_err err = fsz_conn_send(conn, message);
    fsz_conn_unref(&conn);
    return err;
}

struct fsz_conn *fsz_dealer_conn(struct fsz_dealer *dealer)
{
    return dealer->conn;
}

struct fsz_zmtp_socket *fsz_dealer_socket(struct fsz_dealer *dealer)
{
    return dealer->socket;
}
