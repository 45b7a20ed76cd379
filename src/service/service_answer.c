/* SPDX-License-Identifier: MPL-2.0 */
/* Messages of providers. */
#include "base/clock.h"
#include "host/log.h"
#include "rpc/rpc.h"
#include "service/service_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void fsz_service_complain(struct fsz_provider *provider, const char *what)
{
    uint64_t suppressed = 0;
    provider->counters.bad++;
    if (fsz_ratelimit_passes(&provider->complaints, &suppressed)) {
        const struct fsz_host *host = provider->service->services->base.host;
        fsz_host_log(host, FSZ_LOG_WARNING,
                     "service \"%s\": %s: %s (%" PRIu64 " similar suppressed)",
                     provider->service->name, provider->name, what, suppressed);
    }
}

void fsz_service_complain_of(struct fsz_provider *provider, const json_t *error)
{
    const json_t *data = json_object_get(error, "data");
    const char   *reason = json_string_value(json_object_get(data, "reason"));
    bool          is_utf8 = reason == NULL || strcmp(reason, "not UTF-8") != 0;
    char          what[128];
    if (json_integer_value(json_object_get(error, "code")) != FSZ_RPC_PARSE) {
        fsz_service_complain(provider, "its message is neither a reply nor a request");
        return;
    }
    snprintf(what, sizeof(what), "its message can't be read, at byte %" JSON_INTEGER_FORMAT ": %s",
             json_integer_value(json_object_get(data, "byte")),
             is_utf8 ? "not JSON, or over a limit" : "not UTF-8: send the document in UTF-8");
    fsz_service_complain(provider, what);
}

/* The reply ends the request, and with it all other attempts. */
static void attempt_succeeded(struct fsz_attempt *attempt, json_t *result)
{
    struct fsz_service_request *request = attempt->request;
    fsz_service_note(request, attempt->provider, FSZ_OK, "");
    request->reply.result = result;
    fsz_attempt_free(attempt);
    fsz_service_finish(request, FSZ_OK, NULL);
}

/* A provider that accepted the call does not get it. */
static void attempt_cancel(const struct fsz_attempt *attempt, const json_t *result)
{
    if (!json_is_false(json_object_get(result, "accept"))) {
        fsz_attempt_cancel(attempt);
    }
}

/* The next provider may succeed. */
static void attempt_failed(struct fsz_attempt *attempt, fsz_err failure, const char *why)
{
    struct fsz_service_request *request = attempt->request;
    fsz_service_note(request, attempt->provider, failure, why);
    fsz_attempt_free(attempt);
    fsz_service_dispatch(request->service, request);
}

/* False: `ret_why` says why. */
static bool attempt_is_taken(const struct fsz_attempt *attempt, const json_t *result,
                             char ret_why[FSZ_REPLY_WHY_BYTES])
{
    struct fsz_service_request *request = attempt->request;
    if (request->call == NULL) {
        return true;
    }
    const struct fsz_call_owner *calls = fsz_service_calls(request->service);
    return calls->accept(calls->self, request->call, attempt->provider, attempt->id, result,
                         ret_why, FSZ_REPLY_WHY_BYTES);
}

/* Takes the result out of the response, so that only one thread has it. */
static void attempt_answered(struct fsz_attempt *attempt, json_t *response)
{
    json_t       *result = json_incref(json_object_get(response, "result"));
    const json_t *error = json_object_get(response, "error");
    const char   *words = json_string_value(json_object_get(error, "message"));
    char          why[FSZ_REPLY_WHY_BYTES] = "";
    json_object_del(response, "result");
    if (!json_is_object(result)) {
        attempt->provider->counters.errors++;
        attempt_failed(attempt, error ? FSZ_EREFUSED : FSZ_EINVALID,
                       words ? words
                             : "its reply has neither an object as its result nor an error");
    } else if (attempt_is_taken(attempt, result, why)) {
        attempt_succeeded(attempt, result);
        return;
    } else {
        attempt_cancel(attempt, result);
        attempt_failed(attempt, FSZ_EREFUSED, why);
    }
    json_decref(result);
}

static struct fsz_attempt *provider_find_attempt(const struct fsz_provider *provider,
                                                 const json_t              *response)
{
    struct fsz_attempt *attempt = NULL;
    const json_t       *number = json_object_get(response, "id");
    uint64_t            id = (uint64_t)json_integer_value(number);
    if (json_is_integer(number)) {
        HASH_FIND(hh, provider->service->services->attempts, &id, sizeof(id), attempt);
    }
    return attempt != NULL && attempt->provider == provider ? attempt : NULL;
}

static void provider_answered_ping(struct fsz_provider *provider)
{
    provider->ping_id = 0;
    if (fsz_breaker_answered(&provider->breaker)) {
        fsz_services_tell(provider, "it replies again");
    }
}

/* It is alive; a probe shows whether it is fast enough again. */
static void provider_stirred(struct fsz_provider *provider, int64_t now_ms)
{
    if (provider->breaker.open) {
        fsz_breaker_stirred(&provider->breaker, now_ms);
        provider->service->services->next_probe_ms = now_ms;
    }
}

static bool provider_was_pinged(const struct fsz_provider *provider, const json_t *response)
{
    const json_t *id = json_object_get(response, "id");
    return provider->ping_id != 0 && json_is_integer(id) &&
           (uint64_t)json_integer_value(id) == provider->ping_id;
}

bool fsz_service_asked(const struct fsz_provider *provider, const json_t *response)
{
    return provider_find_attempt(provider, response) != NULL ||
           provider_was_pinged(provider, response);
}

static void provider_unmatched(struct fsz_provider *provider, const json_t *response,
                               int64_t now_ms)
{
    const json_t *id = json_object_get(response, "id");
    json_int_t    last = (json_int_t)provider->service->services->base.direct->last_id;
    bool          was_asked =
        json_is_integer(id) && json_integer_value(id) > 0 && json_integer_value(id) <= last;
    if (provider_was_pinged(provider, response)) {
        provider_answered_ping(provider);
        return;
    }
    if (!was_asked) {
        fsz_service_complain(provider, "the id of its reply matches no request");
        return;
    }
    provider->counters.late++;
    provider_stirred(provider, now_ms);
}

void fsz_service_answer(struct fsz_provider *provider, json_t *response)
{
    struct fsz_service *service = provider->service;
    struct fsz_attempt *attempt = provider_find_attempt(provider, response);
    if (attempt == NULL) {
        provider_unmatched(provider, response, fsz_clock_monotonic_ms());
        return;
    }
    bool missed = attempt->missed;
    provider->counters.answered++;
    fsz_latency_add(&provider->latency, fsz_attempt_age_us(attempt));
    if (attempt->probe) {
        fsz_attempt_free(attempt);
    } else {
        attempt_answered(attempt, response);
    }
    if (missed) {
        provider_stirred(provider, fsz_clock_monotonic_ms());
    } else if (fsz_breaker_answered(&provider->breaker)) {
        fsz_services_tell(provider, "it replies again");
    }
    fsz_service_go_on(service);
}
