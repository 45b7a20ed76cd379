/* SPDX-License-Identifier: MPL-2.0 */
/* A service and its providers: they are added, removed, fail and recover. */
#include "service/service_private.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <utlist.h>

fsz_err fsz_service_new(struct fsz_services *services, const struct fsz_service_config *config,
                        const char *name, struct fsz_service **ret_service)
{
    struct fsz_service *service = calloc(1, sizeof(*service));
    if (service == NULL || (service->name = strdup(name)) == NULL) {
        free(service);
        return FSZ_ENOMEM;
    }
    service->services = services;
    fsz_direct_add_service(services->base.direct, &service->direct, service->name);
    fsz_service_limit(service, config);
    *ret_service = service;
    return FSZ_OK;
}

void fsz_service_free(struct fsz_service **service, fsz_err result, const char *why)
{
    struct fsz_service *s = *service;
    *service = NULL;
    if (s == NULL) {
        return;
    }
    fsz_direct_remove_service(s->services->base.direct, &s->direct);
    while (s->requests != NULL) {
        fsz_service_finish(s->requests, result, why);
    }
    while (s->providers != NULL) {
        s->providers->leaves = true;
        fsz_service_remove(s->providers, why);
    }
    free(s->name);
    free(s);
}

void fsz_service_limit(struct fsz_service *service, const struct fsz_service_config *config)
{
    const struct fsz_direct_limits limits = {.requests_max = config->requests_max,
                                             .requests_bytes = config->requests_bytes,
                                             .calls_max = config->calls_max,
                                             .deadline_ms = config->deadline_ms,
                                             .attempt_ms = config->attempt_ms};
    service->config = config;
    fsz_direct_limit(service->services->base.direct, &service->direct, &limits);
}

/* ---- providers ------------------------------------------------------------------------------- */

void fsz_service_add(struct fsz_service *service, struct fsz_provider *provider)
{
    provider->service = service;
    fsz_direct_add_provider(service->services->base.direct, &service->direct, &provider->direct,
                            fsz_provider_client(provider)->serial);
    DL_APPEND(service->providers, provider);
    service->provider_count++;
}

void fsz_service_watch(struct fsz_provider *provider)
{
    struct epoll_event event = {.events = EPOLLIN};
    int                epoll_fd = provider->service->services->epoll_fd;
    provider->staged = false;
    if (provider->socket != NULL) {
        epoll_ctl(epoll_fd, EPOLL_CTL_ADD, provider->fd, &event);
    }
    if (provider->connected) { /* it connected before the commit */
        provider->handler->up(provider);
    }
}

/* libzmq closes its descriptors later, and would wake us until then. */
static void service_unwatch(const struct fsz_provider *provider)
{
    if (provider->socket != NULL && !provider->staged) {
        int epoll_fd = provider->service->services->epoll_fd;
        epoll_ctl(epoll_fd, EPOLL_CTL_DEL, provider->fd, NULL);
    }
}

void fsz_service_provider_up(struct fsz_provider *provider, const char *why)
{
    fsz_breaker_answered(&provider->breaker);
    fsz_services_tell(provider, why);
    fsz_service_go_on(provider->service);
}

static void provider_lose_calls(struct fsz_provider *provider)
{
    const struct fsz_call_owner *calls = fsz_service_calls(provider->service);
    calls->lose(calls->self, provider);
}

/* Its requests go to other providers. */
static void provider_lose_attempts(struct fsz_provider *provider)
{
    while (provider->attempts != NULL) {
        struct fsz_attempt *attempt = provider->attempts;
        provider->counters.missed += !attempt->probe && !attempt->missed;
        fsz_service_lose(attempt);
    }
}

void fsz_service_provider_down(struct fsz_provider *provider, const char *why)
{
    fsz_services_tell(provider, why);
    provider_lose_calls(provider);
    provider_lose_attempts(provider);
}

/* A client may stay connected when it stops being a provider. */
static void provider_cancel_offers(const struct fsz_provider *provider)
{
    struct fsz_attempt *attempt = NULL;
    bool reachable = provider->client != NULL && fsz_client_is_connected(provider->client);
    DL_FOREACH(provider->attempts, attempt)
    {
        if (reachable && attempt->request->call != NULL) {
            fsz_attempt_cancel(attempt);
        }
    }
}

void fsz_service_remove(struct fsz_provider *provider, const char *why)
{
    bool connected = provider->connected && !provider->staged; /* as last reported */
    provider->connected = false;
    provider->was_connected = true;
    if (connected) {
        fsz_services_tell(provider, why);
    }
    fsz_services_tell_owed(provider, INT64_MAX);
    provider_lose_calls(provider);
    DL_DELETE(provider->service->providers, provider);
    provider->service->provider_count--;
    fsz_direct_remove_provider(provider->service->services->base.direct, &provider->direct);
    service_unwatch(provider);
    provider_cancel_offers(provider);
    provider_lose_attempts(provider);
    struct fsz_service *service = provider->service;
    fsz_provider_free(&provider);
    fsz_service_give_up(service);
}

/* ---- probes --------------------------------------------------------------------------------- */

static struct fsz_attempt *provider_find_probe(const struct fsz_provider *provider)
{
    struct fsz_attempt *attempt = provider->attempts;
    while (attempt != NULL && !attempt->probe) {
        attempt = attempt->next;
    }
    return attempt;
}

/* Is a probe in flight whose reply would still be in time? A second one would only slow down a
 * provider that is behind. */
static bool provider_is_probed(const struct fsz_provider *provider, int64_t now_ms)
{
    const struct fsz_attempt *attempt = provider_find_probe(provider);
    int64_t                   deadline_ms = provider->service->config->deadline_ms;
    if (attempt != NULL) {
        return fsz_attempt_age_us(attempt) < deadline_ms * 1000;
    }
    return provider->ping_id != 0 && now_ms - provider->lease.pinged_ms < deadline_ms;
}

static void provider_ping(struct fsz_provider *provider)
{
    (void)fsz_provider_ping(provider, fsz_direct_next_id(provider->service->services->base.direct));
}

/* Repeats its last request; nobody waits for that reply. Pings instead if there is none (offers are
 * not repeated) or the provider may not get it any more. */
static void provider_probe(struct fsz_provider *provider, int64_t now_ms)
{
    if (provider_is_probed(provider, now_ms)) {
        return;
    }
    struct fsz_attempt *old = provider_find_probe(provider);
    if (old != NULL) {
        fsz_attempt_free(old);
    }
    provider->counters.probes++;
    if (provider->last == NULL || !fsz_service_may_answer(provider, provider->last)) {
        provider_ping(provider);
    } else {
        (void)fsz_direct_claim(provider->service->services->base.direct, &provider->direct, true);
        (void)fsz_attempt_send(provider, provider->last, true);
    }
}

int64_t fsz_service_probe(struct fsz_service *service, int64_t now_ms)
{
    struct fsz_provider *provider = NULL;
    int64_t              next_ms = INT64_MAX, probe_ms = service->config->probe_ms;
    DL_FOREACH(service->providers, provider)
    {
        if (!provider->connected || !provider->breaker.open) {
            continue; /* a provider that connects again is no longer ejected */
        }
        if (fsz_breaker_probes(&provider->breaker, now_ms, probe_ms)) {
            provider_probe(provider, now_ms);
        }
        if (provider->breaker.probe_at_ms < next_ms) {
            next_ms = provider->breaker.probe_at_ms;
        }
    }
    return next_ms;
}

/* ---- leases ---------------------------------------------------------------------------------- */

/* A provider whose messages are not read yet is not silent. */
static bool provider_outlives_lease(struct fsz_provider *provider, int64_t now_ms)
{
    enum fsz_lease_state state =
        fsz_lease_look(&provider->lease, fsz_provider_client(provider)->heard_ms,
                       provider->service->config->lease_ms, now_ms);
    if (state == FSZ_LEASE_NEEDS_PING) {
        provider_ping(provider);
    }
    return state == FSZ_LEASE_IS_OVER && !fsz_provider_has_unread(provider);
}

/* Ejects it first: without calls it would be the best choice to offer them to. */
static void provider_lease_over(struct fsz_provider *provider, int64_t now_ms)
{
    struct fsz_service *service = provider->service;
    provider->counters.ejections += fsz_breaker_open(&provider->breaker, now_ms);
    service->services->next_probe_ms = now_ms;
    fsz_services_tell(provider, "its lease expired: its calls are taken away");
    provider_lose_calls(provider);
    fsz_service_give_up(service);
}

/* The switch itself has stalled, and may not have read what providers sent meanwhile: all get a new
 * ping. */
static bool service_was_stalled(struct fsz_service *service, int64_t now_ms)
{
    int64_t before_ms = service->renewed_ms;
    service->renewed_ms = now_ms;
    return before_ms != 0 && now_ms - before_ms > service->config->lease_ms / 2;
}

static void service_renew_of(struct fsz_provider *provider, bool stalled, int64_t now_ms)
{
    if (stalled) {
        fsz_lease_stalled(&provider->lease, fsz_provider_client(provider)->heard_ms);
    }
    if (provider_outlives_lease(provider, now_ms)) {
        provider_lease_over(provider, now_ms);
    }
}

void fsz_service_renew(struct fsz_service *service, int64_t now_ms)
{
    struct fsz_provider *provider = NULL;
    bool                 stalled = service_was_stalled(service, now_ms);
    DL_FOREACH(service->providers, provider)
    {
        if (provider->controlled_count > 0) {
            service_renew_of(provider, stalled, now_ms);
        }
    }
}
