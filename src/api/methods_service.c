/* SPDX-License-Identifier: MPL-2.0 */
/* service.register, service.unregister. */
#include "api/api_private.h"
#include "api/method.h"

#include <stdio.h>

enum { SERVICE_CAPACITY_MAX = 1000000 };

static const struct fsz_param register_params[] = {
    {.name = "service", .type = FSZ_PARAM_WORD, .required = true, .min = 1, .max = 64},
    {.name = "capacity", .type = FSZ_PARAM_NUMBER, .min = 1, .max = SERVICE_CAPACITY_MAX},
    {.name = NULL}};
static const struct fsz_param unregister_params[] = {
    {.name = "service", .type = FSZ_PARAM_WORD, .required = true, .min = 1, .max = 64},
    {.name = NULL}};
enum { SERVICE_NAME, SERVICE_CAPACITY };

/* The service that the request names. Fails the request if the client may not serve it. */
static struct fsz_service *service_named(struct fsz_api *api, struct fsz_request *request,
                                         const struct fsz_principal *who)
{
    const char         *name = fsz_request_text(request, SERVICE_NAME);
    struct fsz_service *service = fsz_services_find(api->services, name);
    snprintf(request->what, sizeof(request->what), "%s", name);
    if (!fsz_principal_may(who, FSZ_RIGHT_SERVICES, name)) {
        fsz_request_fail(request, FSZ_RPC_UNAUTHORIZED, NULL,
                         "not allowed: services \"%s\" is not granted", name);
        return NULL;
    }
    if (service == NULL || !service->config->registration) {
        fsz_request_fail(
            request, FSZ_RPC_NOT_FOUND, NULL,
            service ? "service \"%s\" takes no registrations" : "there is no service \"%s\"", name);
        return NULL;
    }
    return service;
}

static void service_register(struct fsz_api *api, struct fsz_request *request,
                             const struct fsz_principal *who)
{
    struct fsz_service *service = service_named(api, request, who);
    if (service == NULL) {
        return;
    }
    if (fsz_services_register(service, request->client, request->exchange->envelope,
                              fsz_request_number(request, SERVICE_CAPACITY, 1),
                              &request->routine) != FSZ_OK) {
        fsz_request_fail(request, FSZ_RPC_OVERLOADED, NULL,
                         "service \"%s\" has its maximum number of providers", service->name);
        return;
    }
    fsz_request_succeed(request, json_object());
}

static void service_unregister(struct fsz_api *api, struct fsz_request *request,
                               const struct fsz_principal *who)
{
    struct fsz_service *service = service_named(api, request, who);
    if (service != NULL && fsz_services_unregister(service, request->client)) {
        fsz_request_succeed(request, json_object());
    } else if (service != NULL) {
        fsz_request_fail(request, FSZ_RPC_NOT_FOUND, NULL,
                         "you are not registered for service \"%s\"", service->name);
    }
}

const struct fsz_method fsz_methods_service[] = {
    {.name = "service.register",
     .params = register_params,
     .audited = true,
     .check = service_register},
    {.name = "service.unregister",
     .params = unregister_params,
     .audited = true,
     .check = service_unregister},
    {.name = NULL},
};
