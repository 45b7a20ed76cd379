/* outbound.h - the text of one message to a client, written where it is sent from: no copy.
 *
 * Its bytes count on the client's account until the client has taken them. Belongs to one thread.
 */
#ifndef FSZ_OUTBOUND_H
#define FSZ_OUTBOUND_H

#include "base/buffer.h"
#include "net/client.h"
#include "rpc/envelope.h"

struct fsz_outbound {
    struct fsz_buffer    text; /* JSON is appended here */
    struct fsz_envelope *envelope;
};

/* Nothing is allocated yet. Takes a reference of the envelope, which may be NULL. */
void   fsz_outbound_init(struct fsz_outbound *outbound, struct fsz_envelope *envelope);
void   fsz_outbound_fini(struct fsz_outbound *outbound);
size_t fsz_outbound_size(const struct fsz_outbound *outbound); /* of the text */
/* Makes it a message with one reference, which is charged to the account, and ends it. NULL:
 * nothing was written, or not all. For fsz_client_send(). */
struct fsz_zmtp_message *fsz_outbound_take(struct fsz_outbound *outbound,
                                           struct fsz_account  *account);
/* Both in one, counted in the client's channel. False: it was not sent: the client has left, does
 * not take what is sent to it, or the text failed. API thread. */
bool fsz_outbound_send(struct fsz_client *client, struct fsz_outbound *outbound);

#endif
