#include "service/latency_status.h"
#include "service/services.h"

#include <utlist.h>

static json_t *status_provider(const struct fsz_provider *provider)
{
    const struct fsz_provider_counters *c = &provider->counters;
    return json_pack("{ss ss sb sI sI sI sI sI sI sI sI sI sI so}", "name", provider->name, "state",
                     fsz_provider_state(provider), "was_connected", provider->was_connected,
                     "capacity", (json_int_t)provider->direct.capacity, "in_flight",
                     (json_int_t)provider->in_flight, "asked", (json_int_t)c->asked, "answered",
                     (json_int_t)c->answered, "errors", (json_int_t)c->errors, "missed",
                     (json_int_t)c->missed, "late", (json_int_t)c->late, "bad", (json_int_t)c->bad,
                     "ejections", (json_int_t)c->ejections, "probes", (json_int_t)c->probes,
                     "latency_us", fsz_latency_status(&provider->latency));
}

static json_t *status_service(const struct fsz_service *service)
{
    const struct fsz_service_counters *c = &service->counters;
    const struct fsz_provider         *provider = NULL;
    json_t                            *providers = json_array();
    DL_FOREACH(service->providers, provider)
    {
        json_array_append_new(providers, status_provider(provider));
    }
    return json_pack("{ss sI sI sI sI sI sI sI sI sI sI so}", "name", service->name, "asked",
                     (json_int_t)c->asked, "answered", (json_int_t)c->answered, "errors",
                     (json_int_t)c->errors, "deadline", (json_int_t)c->deadline, "no_provider",
                     (json_int_t)c->no_provider, "overloaded", (json_int_t)c->overloaded,
                     "cancelled", (json_int_t)c->cancelled, "in_flight",
                     (json_int_t)(service->direct.open - service->direct.waiting), "waiting",
                     (json_int_t)service->direct.waiting, "bytes",
                     (json_int_t)service->direct.bytes, "providers", providers);
}

json_t *fsz_services_status(const struct fsz_services *services)
{
    json_t *list = json_array();
    for (size_t i = 0; i < services->count; i++) {
        json_array_append_new(list, status_service(services->list[i]));
    }
    return list;
}
