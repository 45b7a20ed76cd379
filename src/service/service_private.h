/* service_private.h - shared by the files of one service: service.c (its providers), service_ask.c
 * (questions), service_start.c (questions that come), service_wait.c (questions that wait),
 * service_answer.c (answers) and attempt.c. */
#ifndef FSZ_SERVICE_PRIVATE_H
#define FSZ_SERVICE_PRIVATE_H

#include "service/services.h"

/* attempt.c. Sends a question, or with `probe` a copy of it, to a provider, of which that was
 * claimed (direct.h). False: it could not, and the claim is given back. */
bool fsz_attempt_send(struct fsz_provider *provider, struct fsz_service_request *request,
                      bool probe);
/* The same for what its asker has sent. */
bool fsz_attempt_adopt(struct fsz_provider *provider, struct fsz_service_request *request);
/* Its asker could not send it: it was not asked. */
void fsz_attempt_unsent(struct fsz_attempt *attempt);
/* Its provider is told that the offer is void; one that is being sent, by its asker. */
void fsz_attempt_cancel(const struct fsz_attempt *attempt);
/* Forgets it: what still comes of it is late. */
void fsz_attempt_free(struct fsz_attempt *attempt);
/* Its provider did not answer it in time. True: that has put the provider aside. */
bool    fsz_attempt_missed(struct fsz_attempt *attempt, int64_t now_ms);
int64_t fsz_attempt_age_us(const struct fsz_attempt *attempt);

/* The owner of the calls that the service offers. */
static inline const struct fsz_call_owner *fsz_service_calls(const struct fsz_service *service)
{
    return service->services->base.calls;
}

/* Its limits are that configuration's from now on. */
void fsz_service_limit(struct fsz_service *service, const struct fsz_service_config *config);

/* service_ask.c. May this provider be asked that, as far as it has been granted what it answers? */
bool fsz_service_may_answer(const struct fsz_provider        *provider,
                            const struct fsz_service_request *request);
/* Sends a question on to the next provider, lets it wait, or ends it. True: it waits for room. */
bool fsz_service_dispatch(struct fsz_service *service, struct fsz_service_request *request);
/* A question is at that provider; it goes on at `due_ms`, or when its own time is over. */
void fsz_service_was_sent(struct fsz_service_request *request, struct fsz_provider *provider,
                          int64_t due_ms);
/* service_start.c. Why no provider could be asked. */
void fsz_service_note_absence(const struct fsz_service   *service,
                              struct fsz_service_request *request);
/* What is to be told of it if nothing better comes. `provider` may be NULL. */
void fsz_service_note(struct fsz_service_request *request, const struct fsz_provider *provider,
                      fsz_err failure, const char *why);
/* A try got lost, with its provider's connection or on the way there: its question goes on if
 * nobody else has it. */
void fsz_service_lose(struct fsz_attempt *attempt);
/* Ends it; `why` NULL: as was noted. */
void fsz_service_finish(struct fsz_service_request *request, fsz_err result, const char *why);

#endif
