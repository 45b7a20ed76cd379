/* SPDX-License-Identifier: MPL-2.0 */
/* Clients of API sockets as providers. */
#include "service/service_private.h"

#include <utlist.h>

static struct fsz_provider *service_find_client(const struct fsz_service *service,
                                                const struct fsz_client  *client)
{
    struct fsz_provider *provider = NULL;
    DL_FOREACH(service->providers, provider)
    {
        if (provider->client == client) {
            return provider;
        }
    }
    return NULL;
}

fsz_err fsz_services_register(struct fsz_service *service, struct fsz_client *client,
                              struct fsz_envelope *envelope, int64_t capacity, bool *ret_renewed)
{
    struct fsz_provider *provider = service_find_client(service, client);
    if (provider != NULL) {
        *ret_renewed = provider->direct.capacity == capacity && !provider->leaves;
        provider->direct.capacity = capacity;
        fsz_envelope_unref(&provider->envelope);
        provider->envelope = fsz_envelope_ref(envelope);
        if (provider->leaves) {
            provider->leaves = false;
            provider->hidden = service->services->hides = true;
            fsz_services_tell(provider, "it registered again");
        }
        fsz_provider_show(provider);
        fsz_service_go_on(service);
        return FSZ_OK;
    }
    if (service->provider_count >= FSZ_PROVIDERS_MAX) {
        return FSZ_ELIMIT;
    }
    fsz_err err = fsz_provider_register(client, envelope, capacity, &provider);
    if (err == FSZ_OK) {
        provider->hidden = service->services->hides = true; /* until the client has the reply */
        fsz_service_add(service, provider);
        fsz_service_provider_up(provider, "it registered");
    }
    return err;
}

/* No requests left, including those that switch threads are sending, and no calls? */
static bool provider_is_done(const struct fsz_provider *provider)
{
    return provider->direct.load == 0;
}

void fsz_services_note_less(struct fsz_provider *provider)
{
    provider->service->services->has_done |= provider->leaves && provider_is_done(provider);
}

bool fsz_services_unregister(struct fsz_service *service, const struct fsz_client *client)
{
    struct fsz_provider *provider = service_find_client(service, client);
    if (provider == NULL || provider->leaves) {
        return false;
    }
    provider->leaves = true;
    fsz_provider_show(provider);
    if (provider_is_done(provider)) {
        fsz_service_remove(provider, "it unregistered");
    } else {
        fsz_services_tell(provider, "it unregistered, and finishes its requests and calls");
        fsz_service_give_up(service);
    }
    return true;
}

/* A client may serve several services: the id says which one sent the request. */
bool fsz_services_take(struct fsz_services *services, const struct fsz_client *client,
                       json_t *response)
{
    struct fsz_provider *provider = NULL;
    for (size_t i = 0; i < services->count; i++) {
        struct fsz_provider *here = service_find_client(services->list[i], client);
        provider = here != NULL && (provider == NULL || fsz_service_asked(here, response))
                       ? here
                       : provider;
    }
    if (provider != NULL) {
        fsz_service_answer(provider, response);
    }
    return provider != NULL;
}

void fsz_services_sweep(struct fsz_services *services)
{
    services->has_done = false;
    services->base.catch_up(services->base.request_self);
    for (size_t i = 0; i < services->count; i++) {
        struct fsz_provider *provider = NULL, *next = NULL;
        DL_FOREACH_SAFE(services->list[i]->providers, provider, next)
        {
            if (provider->client != NULL && fsz_provider_has_left(provider)) {
                provider->connected = true; /* as last reported */
                provider->leaves = provider->leaves && provider_is_done(provider);
                fsz_service_remove(provider, "it disconnected");
            } else if (provider->leaves && provider_is_done(provider)) {
                fsz_service_remove(provider, "its last request or call ended");
            }
        }
    }
}

void fsz_services_unhide(struct fsz_services *services)
{
    for (size_t i = 0; services->hides && i < services->count; i++) {
        struct fsz_provider *provider = NULL;
        DL_FOREACH(services->list[i]->providers, provider)
        {
            if (provider->hidden) {
                provider->hidden = false;
                fsz_provider_show(provider);
            }
        }
    }
    services->hides = false;
}
