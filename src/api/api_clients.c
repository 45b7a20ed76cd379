/* SPDX-License-Identifier: MPL-2.0 */
/* Connections of API sockets and of services' endpoints: listed, and ended on request. */
#include "api/api_private.h"
#include "zmtp/dealer.h"

/* Returns true to end the walk. */
typedef bool (*clients_source_fn)(void *argument, const struct fsz_connections_source *source);

static bool clients_each_provider(const struct fsz_service *service, size_t skip, size_t *count,
                                  clients_source_fn look, void *argument)
{
    for (struct fsz_provider *p = service->providers; p != NULL; p = p->next) {
        if (p->dealer == NULL || (*count)++ < skip) {
            continue;
        }
        const struct fsz_connections_source source = {
            .socket = fsz_dealer_socket(p->dealer), .type = "service", .name = service->name};
        if (look(argument, &source)) {
            return true;
        }
    }
    return false;
}

/* Walks the API sockets, then the endpoints of services, without the first `skip` of them. */
static void clients_each_source(const struct fsz_api *api, size_t skip, clients_source_fn look,
                                void *argument)
{
    size_t count = api->api_socket_count;
    bool   ended = false;
    for (size_t i = skip; i < api->api_socket_count && !ended; i++) {
        const struct fsz_connections_source source = {.socket = api->api_sockets[i]->wire,
                                                      .type = "api-socket",
                                                      .name = api->api_sockets[i]->name};
        ended = look(argument, &source);
    }
    for (size_t i = 0; i < api->services->count && !ended; i++) {
        ended = clients_each_provider(api->services->list[i], skip, &count, look, argument);
    }
}

struct clients_list {
    struct fsz_connections *connections;
    bool                    paused;
};

static bool clients_take(void *argument, const struct fsz_connections_source *source)
{
    struct clients_list *list = argument;
    list->paused = !fsz_connections_take(list->connections, source);
    return list->paused;
}

static void clients_take_piece(struct fsz_api *api, void *argument)
{
    struct clients_list *list = argument;
    list->connections->left = FSZ_CONNECTIONS_PIECE;
    clients_each_source(api, list->connections->source, clients_take, list);
}

bool fsz_api_list(struct fsz_api *api, struct fsz_connections *connections)
{
    struct clients_list list = {.connections = connections};
    fsz_api_ask(api, clients_take_piece, &list);
    return !list.paused;
}

struct clients_kick {
    uint64_t id;
    bool     found;
};

static bool clients_kick_of(void *argument, const struct fsz_connections_source *source)
{
    struct clients_kick *kick = argument;
    struct fsz_conn     *conn = fsz_zmtp_socket_find(source->socket, kick->id);
    if (conn != NULL) {
        fsz_conn_kick(conn);
        kick->found = true;
    }
    return kick->found;
}

static void clients_kick(struct fsz_api *api, void *argument)
{
    clients_each_source(api, 0, clients_kick_of, argument);
}

bool fsz_api_kick(struct fsz_api *api, uint64_t id)
{
    struct clients_kick kick = {.id = id};
    fsz_api_ask(api, clients_kick, &kick);
    return kick.found;
}
