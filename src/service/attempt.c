/* SPDX-License-Identifier: MPL-2.0 */
/* One request at one provider: sent, then replied to, given up or lost. */
#include "base/clock.h"
#include "service/service_private.h"

#include <stdlib.h>
#include <utlist.h>

static void attempt_release(struct fsz_provider *provider)
{
    fsz_direct_release(provider->service->services->base.direct, &provider->direct);
    fsz_services_note_less(provider);
}

static struct fsz_attempt *attempt_new(struct fsz_provider        *provider,
                                       struct fsz_service_request *request, uint64_t id, bool probe)
{
    struct fsz_services *services = provider->service->services;
    struct fsz_attempt  *attempt = calloc(1, sizeof(*attempt));
    if (attempt == NULL) {
        attempt_release(provider);
        return NULL;
    }
    attempt->id = id;
    HASH_ADD(hh, services->attempts, id, sizeof(attempt->id), attempt);
    if (attempt->hh.tbl == NULL) {
        attempt_release(provider);
        free(attempt);
        return NULL;
    }
    attempt->request = fsz_service_request_ref(request);
    attempt->probe = probe;
    attempt->provider = provider;
    attempt->sent_us = fsz_clock_monotonic_us();
    DL_APPEND(provider->attempts, attempt);
    if (!probe) {
        DL_PREPEND2(request->attempts, attempt, previous_of, next_of);
    }
    provider->in_flight++;
    return attempt;
}

void fsz_attempt_free(struct fsz_attempt *attempt)
{
    struct fsz_provider *provider = attempt->provider;
    HASH_DEL(provider->service->services->attempts, attempt);
    DL_DELETE(provider->attempts, attempt);
    if (!attempt->probe) {
        DL_DELETE2(attempt->request->attempts, attempt, previous_of, next_of);
    }
    provider->in_flight--;
    attempt_release(provider);
    fsz_service_request_unref(&attempt->request);
    free(attempt);
}

bool fsz_attempt_send(struct fsz_provider *provider, struct fsz_service_request *request,
                      bool probe)
{
    uint64_t            id = fsz_direct_next_id(provider->service->services->base.direct);
    struct fsz_attempt *attempt = attempt_new(provider, request, id, probe);
    if (attempt == NULL) {
        return false;
    }
    if (!fsz_provider_send(provider, request, attempt->id)) {
        fsz_attempt_free(attempt);
        return false;
    }
    provider->counters.asked++;
    return true;
}

bool fsz_attempt_adopt(struct fsz_provider *provider, struct fsz_service_request *request)
{
    const struct fsz_sent *sent = &request->sent;
    struct fsz_attempt    *attempt = attempt_new(provider, request, sent->id, false);
    struct fsz_rpc_socket *api_socket = fsz_provider_client(provider)->api_socket;
    provider->counters.asked++;
    if (api_socket != NULL) {
        fsz_rpc_socket_count_sent(api_socket, FSZ_OK, sent->bytes);
    }
    if (attempt != NULL) {
        attempt->sent_us = sent->at_us;
    }
    return attempt != NULL;
}

void fsz_attempt_unsent(struct fsz_attempt *attempt)
{
    const struct fsz_service_request *request = attempt->request;
    struct fsz_rpc_socket *api_socket = fsz_provider_client(attempt->provider)->api_socket;
    attempt->provider->counters.asked--;
    if (api_socket != NULL) {
        fsz_rpc_socket_count_unsent(api_socket, request->unsent, request->sent.bytes);
    }
    fsz_service_lose(attempt);
}

void fsz_attempt_cancel(const struct fsz_attempt *attempt)
{
    struct fsz_service_request *request = attempt->request;
    if (attempt->id != request->sent.id || fsz_service_request_settle(request)) {
        fsz_service_calls(attempt->provider->service)
            ->cancel(request->call, attempt->provider, attempt->id);
    }
}

/* Did the provider have less than half the time? A request that waited long for room says nothing
 * about the provider that got it in the end. */
static bool attempt_was_short(const struct fsz_attempt *attempt)
{
    int64_t whole_ms = attempt->provider->service->config->attempt_ms;
    whole_ms = whole_ms < attempt->request->patience_ms ? whole_ms : attempt->request->patience_ms;
    return fsz_attempt_age_us(attempt) < whole_ms * 500;
}

bool fsz_attempt_missed(struct fsz_attempt *attempt, int64_t now_ms)
{
    struct fsz_provider             *provider = attempt->provider;
    const struct fsz_service_config *config = provider->service->config;
    if (attempt->missed) {
        return false;
    }
    attempt->missed = true;
    provider->counters.missed++;
    if (attempt_was_short(attempt) ||
        !fsz_breaker_missed(&provider->breaker, config->failures_max, now_ms)) {
        return false;
    }
    provider->counters.ejections++;
    provider->service->services->next_probe_ms = now_ms;
    fsz_services_tell(provider, "it does not reply in time");
    return true;
}

int64_t fsz_attempt_age_us(const struct fsz_attempt *attempt)
{
    return fsz_clock_monotonic_us() - attempt->sent_us;
}
