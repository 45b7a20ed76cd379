/* server.*, service.register, service.unregister. */
#include "api/api_private.h"
#include "api/method.h"
#include "auth/authorize.h"

#include <fszmq/wire.h>
#include <inttypes.h>
#include <stdio.h>

static json_t *hello_methods(const struct fsz_request *request, const struct fsz_principal *who)
{
    json_t *names = json_array();
    for (const struct fsz_method *method = fsz_methods; method->name != NULL; method++) {
        fsz_why why;
        if ((method->needs & ~request->host->capabilities) == 0 &&
            fsz_authorize_method(who, method->name, why) == FSZ_OK) {
            json_array_append_new(names, json_string(method->name));
        }
    }
    return names;
}

void fsz_method_hello(struct fsz_api *api, struct fsz_request *request,
                      const struct fsz_principal *who)
{
    const struct fsz_host_identity *identity = &api->identity;
    json_t *user = who->name[0] != '\0' ? json_string(who->name) : json_null();
    fsz_request_succeed(request,
                        json_pack("{ss ss ss ss ss so so}", "protocol", FSZMQ_PROTOCOL, "version",
                                  FSZ_VERSION, "core_uuid", identity->core_uuid, "hostname",
                                  identity->hostname, "switchname", identity->switchname, "user",
                                  user, "methods", hello_methods(request, who)));
}

void fsz_method_ping(struct fsz_api *api, struct fsz_request *request,
                     const struct fsz_principal *who)
{
    (void)api;
    (void)who;
    fsz_request_succeed(request, json_object());
}

void fsz_method_stats(struct fsz_request *request)
{
    const struct fsz_api_server *server = &request->server;
    json_t                      *stats = server->stats ? server->stats(server->self) : NULL;
    if (stats == NULL) {
        fsz_request_fail(request, FSZ_RPC_OVERLOADED, NULL, "starting or stopping; ask again");
        return;
    }
    fsz_request_succeed(request, stats);
}

void fsz_method_clients(struct fsz_request *request)
{
    const struct fsz_api_server       *server = &request->server;
    const struct fsz_connections_query query = {
        .after = (uint64_t)fsz_request_number(request, 0, 0),
        .limit = (size_t)fsz_request_number(request, 1, 0),
        .owner = fsz_request_text(request, 2),
        .user = fsz_request_text(request, 3),
        .address = fsz_request_text(request, 4),
    };
    json_t *clients = server->clients ? server->clients(server->self, &query) : NULL;
    if (clients == NULL) {
        fsz_request_fail(request, FSZ_RPC_OVERLOADED, NULL, "starting or stopping; ask again");
        return;
    }
    fsz_request_succeed(request, clients);
}

void fsz_check_kick(struct fsz_api *api, struct fsz_request *request,
                    const struct fsz_principal *who)
{
    (void)api;
    (void)who;
    snprintf(request->what, sizeof(request->what), "%" PRId64, fsz_request_number(request, 0, 0));
}

void fsz_method_kick(struct fsz_request *request)
{
    const struct fsz_api_server *server = &request->server;
    int64_t                      id = fsz_request_number(request, 0, 0);
    fsz_err err = server->kick ? server->kick(server->self, (uint64_t)id) : FSZ_ECLOSED;
    if (err == FSZ_OK) {
        fsz_request_succeed(request, json_object());
    } else if (err == FSZ_ENOTFOUND) {
        fsz_request_fail(request, FSZ_RPC_NOT_FOUND, NULL, "no connection has the id %" PRId64, id);
    } else {
        fsz_request_fail(request, FSZ_RPC_OVERLOADED, NULL, "starting or stopping; ask again");
    }
}

/* The service that the request names, if this one may serve it; else the request fails. */
static struct fsz_service *register_service(struct fsz_api *api, struct fsz_request *request,
                                            const struct fsz_principal *who)
{
    const char         *name = fsz_request_text(request, 0);
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

void fsz_method_register(struct fsz_api *api, struct fsz_request *request,
                         const struct fsz_principal *who)
{
    struct fsz_service *service = register_service(api, request, who);
    if (service == NULL) {
        return;
    }
    if (fsz_services_register(service, request->client, request->exchange->envelope,
                              fsz_request_number(request, 1, 1), &request->routine) != FSZ_OK) {
        fsz_request_fail(request, FSZ_RPC_OVERLOADED, NULL,
                         "service \"%s\" has as many providers as it may", service->name);
        return;
    }
    fsz_request_succeed(request, json_object());
}

void fsz_method_unregister(struct fsz_api *api, struct fsz_request *request,
                           const struct fsz_principal *who)
{
    struct fsz_service *service = register_service(api, request, who);
    if (service != NULL && fsz_services_unregister(service, request->client)) {
        fsz_request_succeed(request, json_object());
    } else if (service != NULL) {
        fsz_request_fail(request, FSZ_RPC_NOT_FOUND, NULL,
                         "you are not registered for service \"%s\"", service->name);
    }
}
