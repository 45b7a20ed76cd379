/* exchange.h - one message of a client and the answer to it: one request, or a batch of them.
 *
 * API thread only, but that the last of its requests may be freed elsewhere once the API is
 * closed. */
#ifndef FSZ_EXCHANGE_H
#define FSZ_EXCHANGE_H

#include "base/ref.h"
#include "net/outbound.h"
#include "net/rpc_socket.h"
#include "rpc/rpc.h"

#include <stdatomic.h>

struct fsz_exchange {
    struct fsz_ref         references; /* of its requests, and of whoever reads it in */
    struct fsz_client     *client;     /* a reference; NULL once it is answered */
    struct fsz_peer        peer;       /* who asks */
    struct fsz_envelope   *envelope;   /* of the message; goes in front of what it causes */
    char                   api_socket[FSZ_CONFIG_NAME_MAX + 1];
    struct fsz_rpc_message message;
    size_t                 bytes;    /* of the message; until it is answered, these ... */
    size_t                 gathered; /* ... and those of the text are on the client's account */
    size_t                 open;     /* requests not answered yet */
    size_t                 answers;  /* in the text */
    struct fsz_outbound    text;
};

/* Reads the message; the exchange has a reference of the inbound's client. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_exchange_new(const struct fsz_inbound *inbound,
                                       struct fsz_exchange     **ret_exchange);
struct fsz_exchange  *fsz_exchange_ref(struct fsz_exchange *exchange);
void                  fsz_exchange_unref(struct fsz_exchange **exchange);

/* One of its requests is answered: with `answer`, the answer's JSON, or not at all (NULL: a
 * notification). The last one sends what has gathered. */
void fsz_exchange_answer(struct fsz_exchange *exchange, const struct fsz_buffer *answer);

/* For the only request of a message, on a worker: the answer as a message that is charged to the
 * client; NULL: out of memory. To be followed by fsz_exchange_settle() on the API thread, with what
 * became of it. */
struct fsz_zmtp_message *fsz_exchange_take(struct fsz_exchange     *exchange,
                                           const struct fsz_buffer *answer);
void fsz_exchange_settle(struct fsz_exchange *exchange, fsz_err err, size_t size);

#endif
