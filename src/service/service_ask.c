/* SPDX-License-Identifier: MPL-2.0 */
/* Requests on their way: to a provider, to the next one, to their end. */
#include "base/clock.h"
#include "service/service_private.h"

#include <stdio.h>
#include <utlist.h>

/* ---- the end of a request -------------------------------------------------------------------- */

/* While a request waits, no switch thread sends its own before it. */
static void request_set_waiting(struct fsz_service_request *request, bool waiting)
{
    request->service->direct.waiting += (size_t)waiting - (size_t)request->waiting;
    request->waiting = waiting;
}

static void request_leave(struct fsz_service_request *request)
{
    struct fsz_service *service = request->service;
    while (request->attempts != NULL) {
        struct fsz_attempt *attempt = request->attempts;
        if (request->call != NULL) {
            fsz_attempt_cancel(attempt);
        }
        fsz_attempt_free(attempt);
    }
    fsz_heap_remove(&service->services->timers, &request->timer);
    DL_DELETE(service->requests, request);
    request_set_waiting(request, false);
    fsz_direct_close(service->services->base.direct, &service->direct, request->params_bytes);
    request->service = NULL;
}

static void request_count(struct fsz_service_counters *counters, fsz_err result)
{
    switch (result) {
    case FSZ_OK:
        counters->answered++;
        break;
    case FSZ_ETIMEOUT:
        counters->deadline++;
        break;
    case FSZ_ENOTFOUND:
        counters->no_provider++;
        break;
    case FSZ_EFULL:
        counters->overloaded++;
        break;
    case FSZ_ECLOSED:
        counters->cancelled++;
        break;
    default:
        counters->errors++;
        break;
    }
}

void fsz_service_finish(struct fsz_service_request *request, fsz_err result, const char *why)
{
    request_count(&request->service->counters, result);
    if (why != NULL) {
        snprintf(request->reply.why, sizeof(request->reply.why), "%s", why);
    }
    request_leave(request);
    fsz_service_request_end(request, result);
    fsz_service_request_unref(&request);
}

void fsz_service_note(struct fsz_service_request *request, const struct fsz_provider *provider,
                      fsz_err failure, const char *why)
{
    request->failure = failure;
    snprintf(request->reply.why, sizeof(request->reply.why), "%s", why);
    if (provider != NULL) {
        snprintf(request->reply.provider, sizeof(request->reply.provider), "%s", provider->name);
    }
}

/* ---- the choice of a provider ---------------------------------------------------------------- */

/* Among the providers that did not get the request before. */
struct service_choice {
    struct fsz_provider *best;    /* up, with room */
    bool                 others;  /* several are up, with room or without */
    bool                 hopeful; /* one may still get room or connect */
};

static bool choice_is_bettered(const struct service_choice *choice,
                               const struct fsz_provider   *provider)
{
    return fsz_direct_is_better(&provider->direct, choice->best ? &choice->best->direct : NULL);
}

static bool request_was_at(const struct fsz_service_request *request,
                           const struct fsz_provider        *provider)
{
    size_t i = 0;
    while (i < request->asked_count && request->asked[i] != provider->direct.serial) {
        i++;
    }
    return i < request->asked_count || i == FSZ_ATTEMPTS_MAX;
}

/* Connecting for less than a request may take, as at the start of the switch. */
static bool provider_is_young(const struct fsz_provider *provider, int64_t now_ms)
{
    return provider->client == NULL && !provider->was_connected &&
           now_ms - provider->opened_ms < provider->service->config->deadline_ms;
}

/* An endpoint may serve every section; a client, those that it is granted. */
bool fsz_service_may_answer(const struct fsz_provider        *provider,
                            const struct fsz_service_request *request)
{
    struct fsz_principal who;
    if (provider->client == NULL || request->section[0] == '\0') {
        return true;
    }
    return fsz_provider_principal(provider, &who) &&
           fsz_principal_may(&who, FSZ_RIGHT_SECTIONS, request->section);
}

static struct service_choice service_choose(const struct fsz_service         *service,
                                            const struct fsz_service_request *request)
{
    struct service_choice choice = {.best = NULL};
    struct fsz_provider  *provider = NULL;
    size_t                candidates = 0;
    int64_t               now_ms = fsz_clock_monotonic_ms();
    DL_FOREACH(service->providers, provider)
    {
        bool fresh =
            !request_was_at(request, provider) && fsz_service_may_answer(provider, request);
        bool up = fresh && fsz_provider_is_up(provider);
        bool has_room = fsz_direct_has_room(&provider->direct);
        candidates += up;
        choice.hopeful |= (up && !has_room && request->call == NULL) ||
                          (fresh && provider_is_young(provider, now_ms));
        if (up && has_room && choice_is_bettered(&choice, provider)) {
            choice.best = provider;
        }
    }
    choice.others = candidates > 1;
    return choice;
}

/* Can fail only for a request that has no timer yet, so never while others are sent on. */
static void request_set_timer(struct fsz_service_request *request, int64_t due_ms)
{
    struct fsz_service *service = request->service;
    due_ms = due_ms < request->due_ms ? due_ms : request->due_ms;
    if (fsz_heap_set(&service->services->timers, &request->timer, (uint64_t)due_ms * 1000000) !=
        FSZ_OK) {
        fsz_service_finish(request, FSZ_ENOMEM, fsz_err_text(FSZ_ENOMEM));
        fsz_service_go_on(service);
    }
}

/* A probe repeats the last request, but never an offer. */
static void provider_was_sent(struct fsz_provider *provider, struct fsz_service_request *request)
{
    if (request->call != NULL) {
        fsz_service_calls(request->service)
            ->offered(request->call, fsz_provider_client(provider)->serial);
    } else {
        fsz_service_request_unref(&provider->last);
        provider->last = fsz_service_request_ref(request);
    }
}

void fsz_service_was_sent(struct fsz_service_request *request, struct fsz_provider *provider,
                          int64_t due_ms)
{
    request_set_waiting(request, false);
    provider_was_sent(provider, request);
    fsz_service_note(request, provider, FSZ_ETIMEOUT, "no reply in time");
    request_set_timer(request, due_ms);
}

/* False: a switch thread took the room first, or sending failed: not to be sent there again. */
static bool request_send(struct fsz_service_request *request, struct fsz_provider *provider)
{
    struct fsz_direct *direct = request->service->services->base.direct;
    if (!fsz_direct_claim(direct, &provider->direct, false)) {
        return false;
    }
    request->asked[request->asked_count++] = provider->direct.serial;
    return fsz_attempt_send(provider, request, false);
}

/* To the best provider that did not get it before. Without one, it waits for the attempts in
 * flight, or for room; or it fails. */
bool fsz_service_dispatch(struct fsz_service *service, struct fsz_service_request *request)
{
    struct service_choice choice = service_choose(service, request);
    while (choice.best != NULL) {
        if (request_send(request, choice.best)) {
            int64_t attempt_ms = fsz_clock_monotonic_ms() + service->config->attempt_ms;
            fsz_service_was_sent(request, choice.best,
                                 choice.others ? attempt_ms : request->due_ms);
            return false;
        }
        choice = service_choose(service, request);
    }
    if (request->attempts == NULL && !choice.hopeful) {
        fsz_service_finish(request, request->failure, NULL);
        return false;
    }
    bool waits = request->attempts == NULL;
    request_set_waiting(request, waits);
    request_set_timer(request, request->due_ms);
    return waits;
}

/* ---- time ------------------------------------------------------------------------------------ */

/* True: this has ejected a provider. */
static bool request_miss_attempts(const struct fsz_service_request *request, int64_t now_ms)
{
    struct fsz_attempt *attempt = NULL;
    bool                ejected = false;
    DL_FOREACH2(request->attempts, attempt, next_of)
    {
        ejected |= fsz_attempt_missed(attempt, now_ms);
    }
    return ejected;
}

void fsz_service_lose(struct fsz_attempt *attempt)
{
    struct fsz_provider        *provider = attempt->provider;
    struct fsz_service_request *request = attempt->probe ? NULL : attempt->request;
    fsz_attempt_free(attempt);
    if (request != NULL && request->attempts == NULL) {
        fsz_service_note(request, provider, FSZ_ENOTFOUND, "its connection ended");
        fsz_service_dispatch(provider->service, request);
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

/* Its deadline has passed. If it was waiting, no provider had room, or none was up. */
static void request_run_out(const struct fsz_service *service, struct fsz_service_request *request)
{
    if (!request->waiting) {
        fsz_service_finish(request, FSZ_ETIMEOUT, "no reply in time");
    } else if (service_is_up(service)) {
        fsz_service_finish(request, FSZ_ETIMEOUT, "no provider had room in time");
    } else {
        fsz_service_note_absence(service, request);
        fsz_service_finish(request, FSZ_ENOTFOUND, NULL);
    }
}

void fsz_service_expire(struct fsz_service *service, struct fsz_service_request *request)
{
    int64_t now_ms = fsz_clock_monotonic_ms();
    bool    ejected = request_miss_attempts(request, now_ms);
    if (now_ms < request->due_ms) {
        fsz_service_dispatch(service, request);
    } else {
        request_run_out(service, request);
        fsz_service_go_on(service);
    }
    if (ejected) {
        fsz_service_give_up(service);
    }
}
