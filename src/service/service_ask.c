/* A question's way to a provider, to the next one, and to its end. */
#include "service/service_private.h"

#include <stdio.h>
#include <utlist.h>

/* ---- the end of a question ------------------------------------------------------------------- */

/* While one waits, no asker sends its own before it. */
static void question_wait(struct fsz_question *question, bool waiting)
{
    question->service->direct.waiting += (size_t)waiting - (size_t)question->waiting;
    question->waiting = waiting;
}

static void question_leave(struct fsz_question *question)
{
    struct fsz_service *service = question->service;
    while (question->tries != NULL) {
        struct fsz_try *try = question->tries;
        if (question->call != NULL) {
            fsz_try_cancel(try);
        }
        fsz_try_free(try);
    }
    fsz_heap_remove(&service->services->timers, &question->timer);
    DL_DELETE(service->questions, question);
    question_wait(question, false);
    fsz_direct_close(service->services->base.direct, &service->direct, question->params_bytes);
    question->service = NULL;
}

static void question_count(struct fsz_service_counters *counters, fsz_err result)
{
    switch (result) {
    case FSZ_OK:
        counters->answered++;
        break;
    case FSZ_ETIMEOUT:
        counters->deadline++;
        break;
    case FSZ_ENOTFOUND:
        counters->nobody++;
        break;
    case FSZ_EFULL:
        counters->overloaded++;
        break;
    case FSZ_ECLOSED:
        counters->withdrawn++;
        break;
    default:
        counters->errors++;
        break;
    }
}

void fsz_service_finish(struct fsz_question *question, fsz_err result, const char *why)
{
    question_count(&question->service->counters, result);
    if (why != NULL) {
        snprintf(question->told.why, sizeof(question->told.why), "%s", why);
    }
    question_leave(question);
    fsz_question_end(question, result);
    fsz_question_unref(&question);
}

void fsz_service_note(struct fsz_question *question, const struct fsz_provider *provider,
                      fsz_err failure, const char *why)
{
    question->failure = failure;
    snprintf(question->told.why, sizeof(question->told.why), "%s", why);
    if (provider != NULL) {
        snprintf(question->told.provider, sizeof(question->told.provider), "%s", provider->name);
    }
}

/* ---- who is asked ---------------------------------------------------------------------------- */

/* What there is for a question among those that it was not sent to. */
struct service_choice {
    struct fsz_provider *best;    /* up, with room */
    bool                 others;  /* more that are up, with room or without */
    bool                 hopeful; /* somebody has no room yet, or has not been connected yet */
};

static bool choice_is_bettered(const struct service_choice *choice,
                               const struct fsz_provider   *provider)
{
    return fsz_direct_is_better(&provider->direct, choice->best ? &choice->best->direct : NULL);
}

static bool question_was_at(const struct fsz_question *question,
                            const struct fsz_provider *provider)
{
    size_t i = 0;
    while (i < question->asked_count && question->asked[i] != provider->direct.serial) {
        i++;
    }
    return i < question->asked_count || i == FSZ_TRIES_MAX;
}

/* It is connecting, and has been for less than a question may take: at the start of the switch. */
static bool provider_is_young(const struct fsz_provider *provider, int64_t now_ms)
{
    return provider->client == NULL && !provider->was_connected &&
           now_ms - provider->opened_ms < provider->service->config->deadline_ms;
}

/* An endpoint is what the configuration says it is; a client, what it has been granted. */
bool fsz_service_may_answer(const struct fsz_provider *provider,
                            const struct fsz_question *question)
{
    struct fsz_principal who;
    if (provider->client == NULL || question->section[0] == '\0') {
        return true;
    }
    return fsz_provider_principal(provider, &who) &&
           fsz_principal_may(&who, FSZ_RIGHT_SECTIONS, question->section);
}

static struct service_choice service_choose(const struct fsz_service  *service,
                                            const struct fsz_question *question)
{
    struct service_choice choice = {.best = NULL};
    struct fsz_provider  *provider = NULL;
    size_t                candidates = 0;
    int64_t               now_ms = fsz_now_ms();
    DL_FOREACH(service->providers, provider)
    {
        bool fresh =
            !question_was_at(question, provider) && fsz_service_may_answer(provider, question);
        bool up = fresh && fsz_provider_is_up(provider);
        bool has_room = fsz_direct_has_room(&provider->direct);
        candidates += up;
        choice.hopeful |= (up && !has_room && question->call == NULL) ||
                          (fresh && provider_is_young(provider, now_ms));
        if (up && has_room && choice_is_bettered(&choice, provider)) {
            choice.best = provider;
        }
    }
    choice.others = candidates > 1;
    return choice;
}

/* Fails only for one that has no timer yet, so not while others are being sent on. */
static void question_set_timer(struct fsz_question *question, int64_t due_ms)
{
    struct fsz_service *service = question->service;
    due_ms = due_ms < question->due_ms ? due_ms : question->due_ms;
    if (fsz_heap_set(&service->services->timers, &question->timer, (uint64_t)due_ms * 1000000) !=
        FSZ_OK) {
        fsz_service_finish(question, FSZ_ENOMEM, fsz_err_text(FSZ_ENOMEM));
        fsz_service_go_on(service);
    }
}

/* What may come twice is what a probe repeats; an offer may not. */
static void provider_was_sent(struct fsz_provider *provider, struct fsz_question *question)
{
    if (question->call != NULL) {
        fsz_service_calls(question->service)
            ->offered(question->call, fsz_provider_client(provider)->serial);
    } else {
        fsz_question_unref(&provider->last);
        provider->last = fsz_question_ref(question);
    }
}

void fsz_service_was_sent(struct fsz_question *question, struct fsz_provider *provider,
                          int64_t due_ms)
{
    question_wait(question, false);
    provider_was_sent(provider, question);
    fsz_service_note(question, provider, FSZ_ETIMEOUT, "no answer in time");
    question_set_timer(question, due_ms);
}

/* False: an asker was faster, or it could not be sent, and is not to be sent there any more. */
static bool question_send(struct fsz_question *question, struct fsz_provider *provider)
{
    struct fsz_direct *direct = question->service->services->base.direct;
    if (!fsz_direct_claim(direct, &provider->direct, false)) {
        return false;
    }
    question->asked[question->asked_count++] = provider->direct.serial;
    return fsz_try_send(provider, question, false);
}

/* To the best provider that it has not been at; else it waits for those that it is at, or for one
 * to have room; else it fails. */
bool fsz_service_dispatch(struct fsz_service *service, struct fsz_question *question)
{
    struct service_choice choice = service_choose(service, question);
    while (choice.best != NULL) {
        if (question_send(question, choice.best)) {
            int64_t attempt_ms = fsz_now_ms() + service->config->attempt_ms;
            fsz_service_was_sent(question, choice.best,
                                 choice.others ? attempt_ms : question->due_ms);
            return false;
        }
        choice = service_choose(service, question);
    }
    if (question->tries == NULL && !choice.hopeful) {
        fsz_service_finish(question, question->failure, NULL);
        return false;
    }
    bool waits = question->tries == NULL;
    question_wait(question, waits);
    question_set_timer(question, question->due_ms);
    return waits;
}

/* ---- time ------------------------------------------------------------------------------------ */

/* True: that has put a provider aside. */
static bool question_miss_tries(const struct fsz_question *question, int64_t now_ms)
{
    struct fsz_try *try = NULL;
    bool            aside = false;
    DL_FOREACH2(question->tries, try, next_of)
    {
        aside |= fsz_try_missed(try, now_ms);
    }
    return aside;
}

void fsz_service_lose(struct fsz_try *try)
{
    struct fsz_provider *provider = try->provider;
    struct fsz_question *question = try->probe ? NULL : try->question;
    fsz_try_free(try);
    if (question != NULL && question->tries == NULL) {
        fsz_service_note(question, provider, FSZ_ENOTFOUND, "its connection ended");
        fsz_service_dispatch(provider->service, question);
    }
}

static bool service_is_up(const struct fsz_service *service)
{
    const struct fsz_provider *provider = NULL;
    DL_FOREACH(service->providers, provider)
    {
        if (fsz_provider_is_up(provider)) {
            return true;
        }
    }
    return false;
}

/* Its time is over. One that waited had no provider: none had room, or none was up. */
static void question_run_out(const struct fsz_service *service, struct fsz_question *question)
{
    if (!question->waiting) {
        fsz_service_finish(question, FSZ_ETIMEOUT, "no answer in time");
    } else if (service_is_up(service)) {
        fsz_service_finish(question, FSZ_ETIMEOUT, "no provider had room in time");
    } else {
        fsz_service_note_absence(service, question);
        fsz_service_finish(question, FSZ_ENOTFOUND, NULL);
    }
}

void fsz_service_expire(struct fsz_service *service, struct fsz_question *question)
{
    int64_t now_ms = fsz_now_ms();
    bool    aside = question_miss_tries(question, now_ms);
    if (now_ms < question->due_ms) {
        fsz_service_dispatch(service, question);
    } else {
        question_run_out(service, question);
        fsz_service_go_on(service);
    }
    if (aside) {
        fsz_service_give_up(service);
    }
}
