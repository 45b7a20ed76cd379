/* SPDX-License-Identifier: MPL-2.0 */
/* service_private.h - shared by the files of one service: service.c (providers), service_start.c
 * (new requests), service_ask.c (requests on their way), service_wait.c (waiting requests),
 * service_answer.c (replies) and attempt.c. */
#ifndef FSZ_SERVICE_PRIVATE_H
#define FSZ_SERVICE_PRIVATE_H

#include "service/services.h"

/* ---- attempt.c ---- */

/* Sends a request, or with `probe` a copy, to a provider that was claimed for it (direct.h). False:
 * not sent, and the claim is released. */
bool fsz_attempt_send(struct fsz_provider *provider, struct fsz_service_request *request,
                      bool probe);
/* The same for a request that its switch thread has sent. */
bool fsz_attempt_adopt(struct fsz_provider *provider, struct fsz_service_request *request);
/* The switch thread could not send it. */
void fsz_attempt_unsent(struct fsz_attempt *attempt);
/* Notifies the provider that the offer is void. If the switch thread is still sending the offer,
 * that thread does it. */
void fsz_attempt_cancel(const struct fsz_attempt *attempt);
/* A reply that still arrives counts as late. */
void fsz_attempt_free(struct fsz_attempt *attempt);
/* The provider did not reply in time. True: this has ejected it. */
bool    fsz_attempt_missed(struct fsz_attempt *attempt, int64_t now_ms);
int64_t fsz_attempt_age_us(const struct fsz_attempt *attempt);

/* The owner of the calls that the service offers. */
static inline const struct fsz_call_owner *fsz_service_calls(const struct fsz_service *service)
{
    return service->services->base.calls;
}

/* ---- service.c ---- */

/* Applies the limits of that configuration. */
void fsz_service_limit(struct fsz_service *service, const struct fsz_service_config *config);

/* ---- service_ask.c ---- */

/* May this provider get the request? A client needs a grant of the request's section. */
bool fsz_service_may_answer(const struct fsz_provider        *provider,
                            const struct fsz_service_request *request);
/* Sends a request to the next provider, lets it wait, or ends it. True: it waits for room. */
bool fsz_service_dispatch(struct fsz_service *service, struct fsz_service_request *request);
/* The request was sent to that provider. At `due_ms`, or its own deadline, it is sent on or ends.
 */
void fsz_service_was_sent(struct fsz_service_request *request, struct fsz_provider *provider,
                          int64_t due_ms);
/* Notes the reason to report if no better one follows. `provider` may be NULL. */
void fsz_service_note(struct fsz_service_request *request, const struct fsz_provider *provider,
                      fsz_err failure, const char *why);
/* The attempt is lost, with the provider's connection or on the way there. Its request is sent on
 * unless another provider has it. */
void fsz_service_lose(struct fsz_attempt *attempt);
/* Ends the request. `why` NULL: the noted reason. */
void fsz_service_finish(struct fsz_service_request *request, fsz_err result, const char *why);

/* ---- service_start.c ---- */

/* Notes why no provider is available. */
void fsz_service_note_absence(const struct fsz_service   *service,
                              struct fsz_service_request *request);

#endif
