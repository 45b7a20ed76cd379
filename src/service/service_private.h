/* service_private.h - shared by the files of one service: service.c (its providers), service_ask.c
 * (questions), service_start.c (questions that come), service_wait.c (questions that wait),
 * service_answer.c (answers) and try.c. */
#ifndef FSZ_SERVICE_PRIVATE_H
#define FSZ_SERVICE_PRIVATE_H

#include "service/services.h"

/* try.c. Sends a question, or with `probe` a copy of it, to a provider, of which that was claimed
 * (direct.h). False: it could not, and the claim is given back. */
bool fsz_try_send(struct fsz_provider *provider, struct fsz_question *question, bool probe);
/* The same for what its asker has sent. */
bool fsz_try_adopt(struct fsz_provider *provider, struct fsz_question *question);
/* Its asker could not send it: it was not asked. */
void fsz_try_unsent(struct fsz_try *try);
/* Its provider is told that the offer is void; one that is being sent, by its asker. */
void fsz_try_cancel(const struct fsz_try *try);
/* Forgets it: what still comes of it is late. */
void fsz_try_free(struct fsz_try *try);
/* Its provider did not answer it in time. True: that has put the provider aside. */
bool    fsz_try_missed(struct fsz_try *try, int64_t now_ms);
int64_t fsz_try_age_us(const struct fsz_try *try);

/* The owner of the calls that the service offers. */
static inline const struct fsz_call_owner *fsz_service_calls(const struct fsz_service *service)
{
    return service->services->base.calls;
}

/* Its limits are that configuration's from now on. */
void fsz_service_limit(struct fsz_service *service, const struct fsz_service_config *config);

/* service_ask.c. May this provider be asked that, as far as it has been granted what it answers? */
bool fsz_service_may_answer(const struct fsz_provider *provider,
                            const struct fsz_question *question);
/* Sends a question on to the next provider, lets it wait, or ends it. True: it waits for room. */
bool fsz_service_dispatch(struct fsz_service *service, struct fsz_question *question);
/* A question is at that provider; it goes on at `due_ms`, or when its own time is over. */
void fsz_service_was_sent(struct fsz_question *question, struct fsz_provider *provider,
                          int64_t due_ms);
/* service_start.c. Why no provider could be asked. */
void fsz_service_note_absence(const struct fsz_service *service, struct fsz_question *question);
/* What is to be told of it if nothing better comes. `provider` may be NULL. */
void fsz_service_note(struct fsz_question *question, const struct fsz_provider *provider,
                      fsz_err failure, const char *why);
/* A try got lost, with its provider's connection or on the way there: its question goes on if
 * nobody else has it. */
void fsz_service_lose(struct fsz_try *try);
/* Ends it; `why` NULL: as was noted. */
void fsz_service_finish(struct fsz_question *question, fsz_err result, const char *why);

#endif
