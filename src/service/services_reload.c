/* SPDX-License-Identifier: MPL-2.0 */
/* A change of configuration: first all that can fail, then the swap (net/change.h). */
#include "service/service_private.h"

#include <stdio.h>
#include <string.h>
#include <utlist.h>

/* The provider of the endpoint, if it needs no new connection. */
static struct fsz_provider *change_find_endpoint(const struct fsz_service        *service,
                                                 const struct fsz_service_config *config,
                                                 const char                      *address)
{
    struct fsz_provider *provider = NULL;
    DL_FOREACH(service->providers, provider)
    {
        if (provider->address != NULL && strcmp(provider->address, address) == 0 &&
            (provider->staged || !fsz_provider_differs(service->config, config))) {
            return provider;
        }
    }
    return NULL;
}

static fsz_err change_stage_endpoint(struct fsz_services *services, struct fsz_service *service,
                                     const struct fsz_service_config *config, const char *address,
                                     struct fsz_change *change)
{
    char                 why[FSZ_REPLY_WHY_BYTES], what[FSZ_REPLY_WHY_BYTES];
    struct fsz_provider *provider = NULL;
    if (change_find_endpoint(service, config, address) != NULL) {
        return FSZ_OK;
    }
    fsz_err err =
        fsz_services_connect(services, services->next_config, config, address, &provider, why);
    if (err != FSZ_OK) {
        snprintf(what, sizeof(what), "cannot connect to %.200s", address);
        fsz_change_complain(change, config->socket.owner, what, why);
        return err == FSZ_ESYSTEM && change->problems == NULL ? FSZ_OK : err;
    }
    provider->staged = true;
    fsz_service_add(service, provider);
    return FSZ_OK;
}

static fsz_err change_stage(struct fsz_services *services, size_t index, struct fsz_change *change)
{
    const struct fsz_service_config *config = &services->next_config->services[index];
    struct fsz_service              *service = fsz_services_find(services, config->name);
    fsz_err                          err =
        service != NULL ? FSZ_OK : fsz_service_new(services, config, config->name, &service);
    if (err != FSZ_OK) {
        fsz_change_complain(change, config->socket.owner, "cannot be set up", fsz_err_text(err));
        return err;
    }
    services->next_list[index] = service;
    for (size_t i = 0; i < config->socket.endpoint_count && err == FSZ_OK; i++) {
        err = change_stage_endpoint(services, service, config, config->socket.endpoints[i].address,
                                    change);
    }
    return err;
}

fsz_err fsz_services_prepare(struct fsz_services *services, struct fsz_change *change)
{
    fsz_err err = FSZ_OK;
    services->next_config = fsz_config_ref(change->config);
    for (size_t i = 0; i < change->config->service_count && err == FSZ_OK; i++) {
        err = change_stage(services, i, change);
    }
    return err == FSZ_ESYSTEM ? FSZ_EINVALID : err;
}

static void change_discard_staged(struct fsz_service *service)
{
    struct fsz_provider *provider = NULL, *next = NULL;
    DL_FOREACH_SAFE(service->providers, provider, next)
    {
        if (provider->staged) {
            fsz_service_remove(provider, "the reload was cancelled");
        }
    }
}

void fsz_services_cancel(struct fsz_services *services)
{
    for (size_t i = 0; i < FSZ_SERVICES_MAX; i++) {
        struct fsz_service *service = services->next_list[i];
        services->next_list[i] = NULL;
        if (service != NULL && fsz_services_find(services, service->name) == service) {
            change_discard_staged(service);
        } else {
            fsz_service_free(&service, FSZ_ECLOSED, fsz_err_text(FSZ_ECLOSED));
        }
    }
    fsz_config_free(&services->next_config);
}

/* ---- the swap -------------------------------------------------------------------------------- */

static bool change_is_wanted(const struct fsz_service_config *config, const char *address)
{
    for (size_t i = 0; i < config->socket.endpoint_count; i++) {
        if (strcmp(config->socket.endpoints[i].address, address) == 0) {
            return true;
        }
    }
    return false;
}

static bool change_may_serve(const struct fsz_service_config *config,
                             const struct fsz_policy *policy, const struct fsz_client *client)
{
    struct fsz_principal who;
    return config->registration && fsz_policy_find_peer(policy, &client->peer, &who) &&
           fsz_principal_may(&who, FSZ_RIGHT_SERVICES, config->name);
}

/* Why the provider must go; NULL: it stays. */
static const char *change_verdict(const struct fsz_provider       *provider,
                                  const struct fsz_service_config *config,
                                  const struct fsz_policy         *policy)
{
    const struct fsz_service_config *old = provider->service->config;
    if (provider->client != NULL) {
        return change_may_serve(config, policy, provider->client) ? NULL : "it may no longer serve";
    }
    if (!change_is_wanted(config, provider->address)) {
        return "it is no longer configured";
    }
    return !provider->staged && fsz_provider_differs(old, config)
               ? "its new configuration needs a new connection"
               : NULL;
}

/* Applies the configuration to an endpoint that keeps its connection. */
static void change_follow(struct fsz_provider *provider, const struct fsz_config *whole,
                          const struct fsz_service_config *config)
{
    if (provider->linked != NULL) {
        provider->direct.capacity = config->capacity;
        fsz_provider_configure(provider, whole, config);
        snprintf(provider->linked->group, sizeof(provider->linked->group), "%s", config->group);
    }
}

static void change_settle(struct fsz_service *service, const struct fsz_service_config *config,
                          const struct fsz_policy *policy)
{
    struct fsz_provider *provider = NULL, *next = NULL;
    DL_FOREACH_SAFE(service->providers, provider, next)
    {
        const char *why = change_verdict(provider, config, policy);
        if (why != NULL) {
            provider->leaves = true;
            fsz_service_remove(provider, why);
            continue;
        }
        if (provider->staged) {
            fsz_service_watch(provider);
        }
        change_follow(provider, service->services->next_config, config);
        fsz_provider_show(provider);
    }
    fsz_service_limit(service, config);
}

/* The configuration for endpoints that dialplans name; NULL: dialplans may name none. */
static const struct fsz_service_config *change_literal_config(const struct fsz_services *services)
{
    const char *name = services->next_config->literal_service;
    return name == NULL ? NULL : fsz_config_find_service(services->next_config, name);
}

/* Stays: a service that is still configured, or a dialplan's endpoint that has calls or requests.
 * One that does not stay gets no more of them. */
static bool change_stays(const struct fsz_services *services, size_t index)
{
    struct fsz_service *service = services->list[index];
    bool                stays = false;
    for (size_t i = 0; i < services->next_config->service_count; i++) {
        stays |= services->next_list[i] == service;
    }
    bool literal = services->config != NULL && index >= services->config->service_count;
    return stays || (literal && change_literal_config(services) != NULL &&
                     !fsz_direct_retire_service(services->base.direct, &service->direct));
}

static void change_remove_gone(struct fsz_services *services)
{
    for (size_t i = 0; i < services->count; i++) {
        if (!change_stays(services, i)) {
            fsz_service_free(&services->list[i], FSZ_ENOTFOUND, "the service was removed");
        }
    }
}

/* Collects the dialplan's endpoints that stay; returns how many. */
static size_t change_take_literals(struct fsz_services *services,
                                   struct fsz_service  *literals[FSZ_LITERALS_MAX])
{
    size_t count = 0, first = services->config == NULL ? 0 : services->config->service_count;
    for (size_t i = first; i < services->count; i++) {
        if (services->list[i] != NULL) {
            literals[count++] = services->list[i];
        }
    }
    return count;
}

/* Keeps its connection, even if a new one would have other options. */
static void change_settle_literal(struct fsz_service              *service,
                                  const struct fsz_service_config *config)
{
    struct fsz_provider *provider = NULL;
    DL_FOREACH(service->providers, provider)
    {
        change_follow(provider, service->services->next_config, config);
        fsz_provider_show(provider);
    }
    fsz_service_limit(service, config);
}

void fsz_services_commit(struct fsz_services *services, const struct fsz_policy *policy)
{
    struct fsz_config  *old = services->config;
    struct fsz_service *literals[FSZ_LITERALS_MAX];
    services->policy = policy;
    change_remove_gone(services);
    size_t literal_count = change_take_literals(services, literals);
    for (size_t i = 0; i < services->next_config->service_count; i++) {
        services->list[i] = services->next_list[i];
        services->next_list[i] = NULL;
        change_settle(services->list[i], &services->next_config->services[i], policy);
    }
    services->count = services->next_config->service_count;
    for (size_t i = 0; i < literal_count; i++) {
        change_settle_literal(literals[i], change_literal_config(services));
        services->list[services->count++] = literals[i];
    }
    services->config = services->next_config;
    services->next_config = NULL;
    fsz_config_free(&old);
}
