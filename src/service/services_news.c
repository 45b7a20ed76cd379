/* SPDX-License-Identifier: MPL-2.0 */
/* Changes of providers' states, for the log and for subscribers. */
#include "host/log.h"
#include "service/services.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

/* A notice for a provider that is up or draining, a warning for others. */
static void news_log(const struct fsz_provider *provider, uint64_t suppressed)
{
    const struct fsz_host *host = provider->service->services->base.host;
    bool                   fine = fsz_provider_is_up(provider) || provider->leaves;
    char                   more[80] = "";
    if (suppressed > 0) {
        snprintf(more, sizeof(more), " (%" PRIu64 " earlier state changes suppressed)", suppressed);
    }
    fsz_host_log(host, fine ? FSZ_LOG_NOTICE : FSZ_LOG_WARNING, "service \"%s\": %s is %s: %s%s",
                 provider->service->name, provider->name, fsz_provider_state(provider),
                 provider->news_why, more);
}

static void news_offer(const struct fsz_provider *provider)
{
    const struct fsz_services *services = provider->service->services;
    char                       now_us[24];
    struct timespec            now;
    clock_gettime(CLOCK_REALTIME, &now);
    snprintf(now_us, sizeof(now_us), "%" PRId64,
             (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
    const struct fsz_header headers[] = {
        {.name = "Core-UUID", .value = services->identity.core_uuid},
        {.name = "FreeSWITCH-Hostname", .value = services->identity.hostname},
        {.name = "FreeSWITCH-Switchname", .value = services->identity.switchname},
        {.name = "Event-Date-Timestamp", .value = now_us},
        {.name = "Service", .value = provider->service->name},
        {.name = "Provider", .value = provider->name},
        {.name = "State", .value = fsz_provider_state(provider)},
        {.name = "Why", .value = provider->news_why},
        {.name = NULL}};
    const struct fsz_event event = {.name = "CUSTOM",
                                    .subclass = FSZ_SERVICE_SUBCLASS,
                                    .headers = headers,
                                    .read = fsz_headers_of_array};
    (void)services->base.offer(services->base.offer_self, &event); /* it counts refusals */
}

void fsz_services_tell(struct fsz_provider *provider, const char *why)
{
    uint64_t suppressed = 0;
    fsz_provider_show(provider);
    provider->news_why = why;
    if (fsz_ratelimit_passes(&provider->news, &suppressed)) {
        news_log(provider, suppressed);
    }
    news_offer(provider);
}

/* The last suppressed state is the present one. */
void fsz_services_tell_owed(struct fsz_provider *provider, int64_t now_ms)
{
    uint64_t suppressed = 0;
    if (fsz_ratelimit_owes(&provider->news, now_ms, &suppressed)) {
        news_log(provider, suppressed - 1);
    }
}
