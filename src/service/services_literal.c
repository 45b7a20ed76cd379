/* SPDX-License-Identifier: MPL-2.0 */
/* Endpoints that a dialplan names in place of a service. */
#include "service/services.h"

#include <stdlib.h>
#include <string.h>

static bool literal_is_address(const char *name)
{
    return strncmp(name, "tcp://", 6) == 0 || strncmp(name, "ipc://", 6) == 0;
}

/* Removes an idle endpoint if the list is full. False: none is idle. */
static bool literal_make_room(struct fsz_services *services)
{
    size_t configured = services->config->service_count;
    if (services->count < configured + FSZ_LITERALS_MAX) {
        return true;
    }
    for (size_t i = configured; i < services->count; i++) {
        if (fsz_direct_retire_service(services->base.direct, &services->list[i]->direct)) {
            fsz_service_free(&services->list[i], FSZ_ENOTFOUND, "another endpoint took its place");
            services->list[i] = services->list[--services->count];
            return true;
        }
    }
    return false;
}

static fsz_err literal_open(struct fsz_services *services, const struct fsz_service_config *config,
                            const char *address, struct fsz_service **ret_service)
{
    char                 why[FSZ_REPLY_WHY_BYTES];
    struct fsz_provider *provider = NULL;
    struct fsz_service  *service = NULL;
    fsz_err              err = fsz_service_new(services, config, address, &service);
    err = err != FSZ_OK
              ? err
              : fsz_services_connect(services, services->config, config, address, &provider, why);
    if (err != FSZ_OK) {
        fsz_service_free(&service, err, why);
        return err;
    }
    fsz_service_add(service, provider);
    fsz_service_watch(provider);
    *ret_service = service;
    return FSZ_OK;
}

struct fsz_service *fsz_services_literal(struct fsz_services *services, const char *address)
{
    const char                      *like = services->config->literal_service;
    const struct fsz_service_config *config =
        like ? fsz_config_find_service(services->config, like) : NULL;
    struct fsz_service *service = NULL;
    if (config == NULL || !literal_is_address(address) || !literal_make_room(services) ||
        literal_open(services, config, address, &service) != FSZ_OK) {
        return NULL;
    }
    services->list[services->count++] = service;
    return service;
}
