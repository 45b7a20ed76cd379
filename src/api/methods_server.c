/* SPDX-License-Identifier: MPL-2.0 */
/* server.hello, server.ping, server.stats, server.clients, client.kick. */
#include "api/api_private.h"
#include "api/method.h"
#include "auth/authorize.h"
#include "keys/users.h"
#include "net/connections.h"

#include <fszmq/wire.h>
#include <inttypes.h>
#include <stdio.h>

static const struct fsz_param server_no_params[] = {{.name = NULL}};
static const struct fsz_param stats_params[] = {FSZ_PARAM_TIMEOUT, {.name = NULL}};
static const struct fsz_param clients_params[] = {
    {.name = "after", .type = FSZ_PARAM_NUMBER, .min = 0, .max = INT64_MAX},
    {.name = "limit", .type = FSZ_PARAM_NUMBER, .min = 1, .max = FSZ_CONNECTIONS_MAX},
    {.name = "owner", .type = FSZ_PARAM_WORD, .min = 1, .max = FSZ_CONNECTION_OWNER_BYTES - 1},
    {.name = "user", .type = FSZ_PARAM_TEXT, .min = 0, .max = FSZ_USER_NAME_MAX},
    {.name = "address", .type = FSZ_PARAM_WORD, .min = 1, .max = FSZ_ADDRESS_HOST_BYTES - 1},
    FSZ_PARAM_TIMEOUT,
    {.name = NULL}};
enum { CLIENTS_AFTER, CLIENTS_LIMIT, CLIENTS_OWNER, CLIENTS_USER, CLIENTS_ADDRESS };
static const struct fsz_param kick_params[] = {
    {.name = "id", .type = FSZ_PARAM_NUMBER, .required = true, .min = 1, .max = INT64_MAX},
    FSZ_PARAM_TIMEOUT,
    {.name = NULL}};

static json_t *hello_methods(const struct fsz_request *request, const struct fsz_principal *who)
{
    json_t                  *names = json_array();
    const struct fsz_method *method = NULL;
    for (size_t i = 0; (method = fsz_method_at(i)) != NULL; i++) {
        fsz_why why;
        if ((method->needs & ~request->host->capabilities) == 0 &&
            fsz_authorize_method(who, method->name, why) == FSZ_OK) {
            json_array_append_new(names, json_string(method->name));
        }
    }
    return names;
}

static void server_hello(struct fsz_api *api, struct fsz_request *request,
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

static void server_ping(struct fsz_api *api, struct fsz_request *request,
                        const struct fsz_principal *who)
{
    (void)api;
    (void)who;
    fsz_request_succeed(request, json_object());
}

static void server_stats(struct fsz_request *request)
{
    const struct fsz_api_server *server = &request->server;
    json_t                      *stats = server->stats ? server->stats(server->self) : NULL;
    if (stats == NULL) {
        fsz_request_fail(request, FSZ_RPC_OVERLOADED, NULL,
                         "the module is starting or stopping; try again");
        return;
    }
    fsz_request_succeed(request, stats);
}

static void server_clients(struct fsz_request *request)
{
    const struct fsz_api_server       *server = &request->server;
    const struct fsz_connections_query query = {
        .after = (uint64_t)fsz_request_number(request, CLIENTS_AFTER, 0),
        .limit = (size_t)fsz_request_number(request, CLIENTS_LIMIT, 0),
        .owner = fsz_request_text(request, CLIENTS_OWNER),
        .user = fsz_request_text(request, CLIENTS_USER),
        .address = fsz_request_text(request, CLIENTS_ADDRESS),
    };
    json_t *clients = server->clients ? server->clients(server->self, &query) : NULL;
    if (clients == NULL) {
        fsz_request_fail(request, FSZ_RPC_OVERLOADED, NULL,
                         "the module is starting or stopping; try again");
        return;
    }
    fsz_request_succeed(request, clients);
}

static void kick_check(struct fsz_api *api, struct fsz_request *request,
                       const struct fsz_principal *who)
{
    (void)api;
    (void)who;
    snprintf(request->what, sizeof(request->what), "%" PRId64, fsz_request_number(request, 0, 0));
}

static void kick_run(struct fsz_request *request)
{
    const struct fsz_api_server *server = &request->server;
    int64_t                      id = fsz_request_number(request, 0, 0);
    fsz_err err = server->kick ? server->kick(server->self, (uint64_t)id) : FSZ_ECLOSED;
    if (err == FSZ_OK) {
        fsz_request_succeed(request, json_object());
    } else if (err == FSZ_ENOTFOUND) {
        fsz_request_fail(request, FSZ_RPC_NOT_FOUND, NULL, "no connection has the id %" PRId64, id);
    } else {
        fsz_request_fail(request, FSZ_RPC_OVERLOADED, NULL,
                         "the module is starting or stopping; try again");
    }
}

const struct fsz_method fsz_methods_server[] = {
    {.name = "server.hello", .params = server_no_params, .check = server_hello},
    {.name = "server.ping", .params = server_no_params, .check = server_ping},
    {.name = "server.stats",
     .params = stats_params,
     .place = FSZ_METHOD_WORKER,
     .run = server_stats},
    {.name = "server.clients",
     .params = clients_params,
     .place = FSZ_METHOD_WORKER,
     .run = server_clients},
    {.name = "client.kick",
     .params = kick_params,
     .place = FSZ_METHOD_WORKER,
     .audited = true,
     .check = kick_check,
     .run = kick_run},
    {.name = NULL},
};
