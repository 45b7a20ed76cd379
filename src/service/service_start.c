/* A question is taken up: one that the API thread is to send, or one that its asker has sent. */
#include "base/ratelimit.h"
#include "service/direct_send.h"
#include "service/service_private.h"

#include <stdio.h>
#include <utlist.h>

/* Why there is no provider to ask, should there be none: the one that never connected is named. */
void fsz_service_note_absence(const struct fsz_service *service, struct fsz_question *question)
{
    const struct fsz_provider *provider = NULL;
    bool                       connected = false;
    DL_FOREACH(service->providers, provider)
    {
        connected |= provider->was_connected;
    }
    if (connected || service->providers == NULL) {
        fsz_service_note(question, NULL, FSZ_ENOTFOUND, "no provider is up");
    } else {
        fsz_service_note(question, service->provider_count == 1 ? service->providers : NULL,
                         FSZ_ENOTFOUND, "no provider has connected yet");
    }
}

static void start_refuse(struct fsz_service *service, struct fsz_question *question)
{
    service->counters.asked++;
    service->counters.overloaded++;
    snprintf(question->told.why, sizeof(question->told.why), "%s",
             "too many questions or calls (requests-max, requests-bytes, calls-max)");
    fsz_question_end(question, FSZ_EFULL);
    fsz_question_unref(&question);
}

/* It has been counted as open. */
static void start_enter(struct fsz_service *service, struct fsz_question *question, int64_t at_ms)
{
    question->service = service;
    question->patience_ms =
        question->deadline_ms > 0 ? question->deadline_ms : service->config->deadline_ms;
    question->due_ms = at_ms + question->patience_ms;
    DL_APPEND(service->questions, question);
    service->counters.asked++;
    fsz_service_note_absence(service, question);
}

void fsz_service_ask(struct fsz_service *service, struct fsz_question *question)
{
    struct fsz_direct *direct = service->services->base.direct;
    if (!fsz_direct_open(direct, &service->direct, question->params_bytes,
                         question->call != NULL)) {
        start_refuse(service, question);
        return;
    }
    start_enter(service, question, fsz_now_ms());
    fsz_service_dispatch(service, question);
}

/* ---- what an asker has sent ------------------------------------------------------------------ */

static struct fsz_provider *start_find_provider(const struct fsz_service *service, uint64_t serial)
{
    struct fsz_provider *provider = service->providers;
    while (provider != NULL && provider->direct.serial != serial) {
        provider = provider->next;
    }
    return provider;
}

/* Its provider is gone, or there is no memory to wait for its answer. */
static void start_go_elsewhere(struct fsz_service *service, struct fsz_question *question)
{
    fsz_direct_settle(question);
    fsz_service_note(question, NULL, FSZ_ENOTFOUND, "its connection ended");
    fsz_service_dispatch(service, question);
    fsz_service_go_on(service);
}

bool fsz_service_adopt(struct fsz_service *service, struct fsz_question *question)
{
    const struct fsz_sent *sent = &question->sent;
    if (service->direct.serial != sent->service) {
        return false;
    }
    struct fsz_provider *provider = start_find_provider(service, sent->provider);
    start_enter(service, question, sent->at_ms);
    question->asked[question->asked_count++] = sent->provider;
    if (question->call != NULL) {
        fsz_service_calls(service)->offered(question->call, sent->client);
    }
    if (provider != NULL && fsz_try_adopt(provider, question)) {
        fsz_service_was_sent(question, provider,
                             sent->others ? sent->at_ms + service->config->attempt_ms
                                          : question->due_ms);
    } else {
        start_go_elsewhere(service, question);
    }
    return true;
}

/* Ended meanwhile, or taken up as if it had not been sent: then there is no such try. */
void fsz_service_unsent(struct fsz_question *question)
{
    struct fsz_service *service = question->service;
    struct fsz_try     *try = question->tries;
    while (try != NULL && try->id != question->sent.id) {
        try = try->next_of;
    }
    if (try != NULL) {
        fsz_try_unsent(try);
        fsz_service_go_on(service);
    }
}
