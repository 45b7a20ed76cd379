/* SPDX-License-Identifier: MPL-2.0 */
/* exchange.h - one message of a client, a request or a batch, and the reply to it.
 *
 * API thread only; but once the API is closed, another thread may free the last request. */
#ifndef FSZ_EXCHANGE_H
#define FSZ_EXCHANGE_H

#include "base/ref.h"
#include "net/outbound.h"
#include "net/rpc_socket.h"
#include "rpc/rpc.h"

struct fsz_exchange {
    struct fsz_ref         references; /* from its requests, and from its reader */
    struct fsz_client     *client;     /* a reference; NULL once the reply is sent */
    struct fsz_peer        peer;       /* the sender */
    struct fsz_envelope   *envelope;   /* the message's; goes in front of each reply */
    char                   api_socket[FSZ_CONFIG_NAME_MAX + 1];
    struct fsz_rpc_message message;
    size_t                 bytes;       /* of the message; until the reply is sent, these ... */
    size_t                 reply_bytes; /* ... and these of `text` are charged to the client */
    size_t                 open;        /* requests without a reply so far */
    size_t                 answers;     /* replies in `text` */
    struct fsz_outbound    text;
};

/* Reads the message and takes a reference to its client. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_exchange_new(const struct fsz_inbound *inbound,
                                       struct fsz_exchange     **ret_exchange);
struct fsz_exchange  *fsz_exchange_ref(struct fsz_exchange *exchange);
void                  fsz_exchange_unref(struct fsz_exchange **exchange);

/* Adds the reply to one request: its JSON, or NULL for a notification. After the last request,
 * sends all replies. */
void fsz_exchange_answer(struct fsz_exchange *exchange, const struct fsz_buffer *answer);

/* For the only request of a message, on a worker: makes the reply a message that is charged to the
 * client; NULL: out of memory. Call fsz_exchange_settle() on the API thread afterwards, with the
 * result of sending it. */
struct fsz_zmtp_message *fsz_exchange_take(struct fsz_exchange     *exchange,
                                           const struct fsz_buffer *answer);
void fsz_exchange_settle(struct fsz_exchange *exchange, fsz_err err, size_t size);

#endif
