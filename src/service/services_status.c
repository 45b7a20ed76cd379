/* SPDX-License-Identifier: MPL-2.0 */
#include "counters/counters.h"
#include "service/latency_status.h"
#include "service/services.h"

#include <utlist.h>

static const struct fsz_counter provider_counters[] = {
#define FSZ_COUNTERS_PROVIDER(member, unit, meaning)                                               \
    FSZ_COUNTER(struct fsz_provider_counters, member),
#include "counters/counters.def"
};

static json_t *status_provider(const struct fsz_provider *provider)
{
    json_t *status = json_pack(
        "{ss ss sb sI sI}", "name", provider->name, "state", fsz_provider_state(provider),
        "was_connected", provider->was_connected, "capacity", (json_int_t)provider->direct.capacity,
        "in_flight", (json_int_t)provider->in_flight);
    FSZ_COUNTERS_WRITE(status, provider_counters, &provider->counters);
    json_object_set_new(status, "latency_us", fsz_latency_status(&provider->latency));
    return status;
}

static const struct fsz_counter service_counters[] = {
#define FSZ_COUNTERS_SERVICE(member, unit, meaning)                                                \
    FSZ_COUNTER(struct fsz_service_counters, member),
#include "counters/counters.def"
};

static json_t *status_service(const struct fsz_service *service)
{
    const struct fsz_direct_service *now = &service->direct;
    const struct fsz_provider       *provider = NULL;
    json_t                          *providers = json_array();
    DL_FOREACH(service->providers, provider)
    {
        json_array_append_new(providers, status_provider(provider));
    }
    json_t *status =
        json_pack("{ss sI sI sI so}", "name", service->name, "in_flight",
                  (json_int_t)(now->open - now->waiting), "waiting", (json_int_t)now->waiting,
                  "bytes", (json_int_t)now->bytes, "providers", providers);
    FSZ_COUNTERS_WRITE(status, service_counters, &service->counters);
    return status;
}

json_t *fsz_services_status(const struct fsz_services *services)
{
    json_t *list = json_array();
    for (size_t i = 0; i < services->count; i++) {
        json_array_append_new(list, status_service(services->list[i]));
    }
    return list;
}
