/* SPDX-License-Identifier: MPL-2.0 */
/* outbound.h - the text of one message to a client, written into the memory from which it is sent.
 *
 * Its bytes count on the account of the client until the client has taken them. Belongs to one
 * thread. */
#ifndef FSZ_OUTBOUND_H
#define FSZ_OUTBOUND_H

#include "base/buffer.h"
#include "net/client.h"
#include "rpc/envelope.h"

struct fsz_outbound {
    struct fsz_buffer    text; /* JSON is appended here */
    struct fsz_envelope *envelope;
};

/* Allocates nothing yet. Takes a reference of the envelope, which may be NULL. */
void   fsz_outbound_init(struct fsz_outbound *outbound, struct fsz_envelope *envelope);
void   fsz_outbound_fini(struct fsz_outbound *outbound);
size_t fsz_outbound_size(const struct fsz_outbound *outbound); /* of the text */
/* Turns it into a message with one reference, for fsz_client_send(), and charges it to the account.
 * The outbound is finished then. NULL: no text was written, or writing it failed. */
struct fsz_zmtp_message *fsz_outbound_take(struct fsz_outbound *outbound,
                                           struct fsz_account  *account);
/* Takes and sends the message, and counts it on the API socket of the client. False: not sent,
 * because the client has left, does not take its messages, or the text failed. API thread. */
bool fsz_outbound_send(struct fsz_client *client, struct fsz_outbound *outbound);

#endif
