/* direct_send.h - sends a question from the thread that asks it, where that needs no waiting. */
#ifndef FSZ_DIRECT_SEND_H
#define FSZ_DIRECT_SEND_H

#include "base/clock.h"
#include "service/direct.h"
#include "service/service_request.h"

/* Takes a provider (direct.h), posts the question quietly, and writes it to the provider's
 * connection. Returns when the API thread is to be woken for it if it has not ended
 * (fsz_clock_monotonic_ms()); INT64_MAX: it has been. 0: the API thread is to send it, and nothing
 * was done. */
int64_t fsz_direct_send(struct fsz_direct *direct, struct fsz_mailbox *mailbox,
                        struct fsz_service_request *request);
/* An offer is written, says the asker; or it is void and at no provider, says the API thread: who
 * says it last sends the call.cancel. Does nothing for what is no offer. */
void fsz_direct_settle(struct fsz_service_request *request);
/* Wakes the API thread for it; at most once for each question. */
void fsz_direct_hand_over(struct fsz_mailbox *mailbox, struct fsz_service_request *request);

#endif
