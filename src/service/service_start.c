/* SPDX-License-Identifier: MPL-2.0 */
/* New requests: sent by the API thread, or by their switch threads already. */
#include "base/clock.h"
#include "service/direct_send.h"
#include "service/service_private.h"

#include <stdio.h>
#include <utlist.h>

/* Names the provider if it is the only one and never connected. */
void fsz_service_note_absence(const struct fsz_service   *service,
                              struct fsz_service_request *request)
{
    const struct fsz_provider *provider = NULL;
    bool                       connected = false;
    DL_FOREACH(service->providers, provider)
    {
        connected |= provider->was_connected;
    }
    if (connected || service->providers == NULL) {
        fsz_service_note(request, NULL, FSZ_ENOTFOUND, "no provider is up");
    } else {
        fsz_service_note(request, service->provider_count == 1 ? service->providers : NULL,
                         FSZ_ENOTFOUND, "no provider has connected yet");
    }
}

static void start_refuse(struct fsz_service *service, struct fsz_service_request *request)
{
    service->counters.asked++;
    service->counters.overloaded++;
    snprintf(request->reply.why, sizeof(request->reply.why), "%s",
             "too many requests or calls (requests-max, requests-bytes, calls-max)");
    fsz_service_request_end(request, FSZ_EFULL);
    fsz_service_request_unref(&request);
}

/* The request is counted as open already. */
static void start_enter(struct fsz_service *service, struct fsz_service_request *request,
                        int64_t at_ms)
{
    request->service = service;
    request->patience_ms =
        request->deadline_ms > 0 ? request->deadline_ms : service->config->deadline_ms;
    request->due_ms = at_ms + request->patience_ms;
    DL_APPEND(service->requests, request);
    service->counters.asked++;
    fsz_service_note_absence(service, request);
}

void fsz_service_ask(struct fsz_service *service, struct fsz_service_request *request)
{
    struct fsz_direct *direct = service->services->base.direct;
    if (!fsz_direct_open(direct, &service->direct, request->params_bytes, request->call != NULL)) {
        start_refuse(service, request);
        return;
    }
    start_enter(service, request, fsz_clock_monotonic_ms());
    fsz_service_dispatch(service, request);
}

/* ---- sent by switch threads ------------------------------------------------------------------ */

static struct fsz_provider *start_find_provider(const struct fsz_service *service, uint64_t serial)
{
    struct fsz_provider *provider = service->providers;
    while (provider != NULL && provider->direct.serial != serial) {
        provider = provider->next;
    }
    return provider;
}

/* Its provider is gone, or there is no memory for the attempt. */
static void start_go_elsewhere(struct fsz_service *service, struct fsz_service_request *request)
{
    fsz_direct_settle(request);
    fsz_service_note(request, NULL, FSZ_ENOTFOUND, "its connection ended");
    fsz_service_dispatch(service, request);
    fsz_service_go_on(service);
}

bool fsz_service_adopt(struct fsz_service *service, struct fsz_service_request *request)
{
    const struct fsz_sent *sent = &request->sent;
    if (service->direct.serial != sent->service) {
        return false;
    }
    struct fsz_provider *provider = start_find_provider(service, sent->provider);
    start_enter(service, request, sent->at_ms);
    request->asked[request->asked_count++] = sent->provider;
    if (request->call != NULL) {
        fsz_service_calls(service)->offered(request->call, sent->client);
    }
    if (provider != NULL && fsz_attempt_adopt(provider, request)) {
        fsz_service_was_sent(request, provider,
                             sent->others ? sent->at_ms + service->config->attempt_ms
                                          : request->due_ms);
    } else {
        start_go_elsewhere(service, request);
    }
    return true;
}

/* The attempt is missing if the request has ended, or was accepted as if it were not sent. */
void fsz_service_unsent(struct fsz_service_request *request)
{
    struct fsz_service *service = request->service;
    struct fsz_attempt *attempt = request->attempts;
    while (attempt != NULL && attempt->id != request->sent.id) {
        attempt = attempt->next_of;
    }
    if (attempt != NULL) {
        fsz_attempt_unsent(attempt);
        fsz_service_go_on(service);
    }
}
