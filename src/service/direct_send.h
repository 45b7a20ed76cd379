/* SPDX-License-Identifier: MPL-2.0 */
/* direct_send.h - sends a request from its switch thread, if that needs no waiting. */
#ifndef FSZ_DIRECT_SEND_H
#define FSZ_DIRECT_SEND_H

#include "service/direct.h"
#include "service/service_request.h"

/* Takes a provider (direct.h), posts the request without waking the API thread, and writes it to
 * the provider's connection. Returns when to wake the API thread unless the request has ended
 * (fsz_clock_monotonic_ms()); INT64_MAX: it was woken. 0: nothing was done, the API thread must
 * send the request. */
int64_t fsz_direct_send(struct fsz_direct *direct, struct fsz_mailbox *mailbox,
                        struct fsz_service_request *request);
/* The switch thread has written the offer, or the API thread has found it void and at no provider.
 * The second of these calls sends the call.cancel. Does nothing for other requests. */
void fsz_direct_settle(struct fsz_service_request *request);
/* Wakes the API thread for the request; at most once for each. */
void fsz_direct_hand_over(struct fsz_mailbox *mailbox, struct fsz_service_request *request);

#endif
