/* SPDX-License-Identifier: MPL-2.0 */
/* dealer.h - a DEALER connected to one endpoint. It sends only to a connected peer: without a
 * connection it refuses a message instead of queueing it, as ZMQ_IMMEDIATE does.
 *
 * Loop thread only, except fsz_dealer_send(). */
#ifndef FSZ_ZMTP_DEALER_H
#define FSZ_ZMTP_DEALER_H

#include "zmtp/zmtp_socket.h"

struct fsz_dealer;

struct fsz_dealer_handler {
    void (*up)(void *self, struct fsz_conn *conn);
    void (*message)(void *self, const struct fsz_frames *frames);
    /* A connection that was up has ended. Everything that the peer sent has been reported before.
     */
    void (*down)(void *self, struct fsz_conn *conn, enum fsz_zmtp_ending ending);
    /* An attempt failed in the handshake: wrong key, another mechanism, or refused. */
    void (*failed)(void *self, struct fsz_conn *conn, enum fsz_zmtp_ending ending);
};

struct fsz_dealer_config {
    const char                      *endpoint;
    const struct fsz_zmtp_options   *options;
    const struct fsz_zmtp_limits    *limits;
    const struct fsz_dealer_handler *handler; /* stays in place and outlives the dealer */
    void                            *self;    /* the handler's */
};

/* Starts to connect. FSZ_EINVALID: the endpoint is not valid, `ret_why` is the reason. FSZ_ENOMEM.
 */
FSZ_NODISCARD fsz_err fsz_dealer_new(struct fsz_loop *loop, const struct fsz_dealer_config *config,
                                     struct fsz_dealer **ret_dealer,
                                     char                ret_why[FSZ_ADDRESS_WHY_BYTES]);
/* No callback is called after this returns. */
void fsz_dealer_free(struct fsz_dealer **dealer);
/* Like fsz_conn_send(). FSZ_ECLOSED: there is no connection. Any thread. */
FSZ_NODISCARD fsz_err fsz_dealer_send(struct fsz_dealer *dealer, struct fsz_zmtp_message *message);
/* The connection, or NULL; not a reference. */
struct fsz_conn        *fsz_dealer_conn(struct fsz_dealer *dealer);
struct fsz_zmtp_socket *fsz_dealer_socket(struct fsz_dealer *dealer);

#endif
