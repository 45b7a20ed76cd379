/* SPDX-License-Identifier: MPL-2.0 */
/* Lists the connections of all sockets, and ends one on request. */
#include "engine/engine_private.h"

/* ---- on the stream thread -------------------------------------------------------------------- */

struct clients_piece {
    struct fsz_connections *connections;
    bool                    finished;
};

static void clients_of_streams(const struct fsz_publisher_view *view, void *argument)
{
    struct clients_piece   *piece = argument;
    struct fsz_connections *c = piece->connections;
    bool                    more = true;
    c->left = FSZ_CONNECTIONS_PIECE;
    while (more && c->source < view->stream_count) {
        struct fsz_stream                  *stream = view->streams[c->source];
        const struct fsz_connections_source source = {
            .socket = stream != NULL ? fsz_pub_socket(stream->pub) : NULL,
            .type = "stream",
            .name = stream != NULL ? stream->name : "",
            .describe = fsz_stream_describe,
        };
        more = fsz_connections_take(c, &source);
    }
    piece->finished = more;
}

struct clients_kick {
    uint64_t id;
    bool     found;
};

static void clients_kick_subscriber(const struct fsz_publisher_view *view, void *argument)
{
    struct clients_kick *kick = argument;
    for (size_t slot = 0; slot < view->stream_count && !kick->found; slot++) {
        struct fsz_stream *stream = view->streams[slot];
        struct fsz_conn   *conn =
            stream == NULL ? NULL : fsz_zmtp_socket_find(fsz_pub_socket(stream->pub), kick->id);
        if (conn != NULL) {
            fsz_conn_kick(conn);
            kick->found = true;
        }
    }
}

/* ---- on the requesting thread ---------------------------------------------------------------- */

static void clients_collect(struct fsz_engine *engine, struct fsz_connections *connections)
{
    struct clients_piece piece = {.connections = connections};
    fsz_connections_begin(connections);
    while (!piece.finished && connections->failed == FSZ_OK) {
        fsz_publisher_ask(engine->publisher, clients_of_streams, &piece);
        fsz_connections_settle(connections);
    }
    fsz_connections_begin(connections);
    while (connections->failed == FSZ_OK && !fsz_api_list(engine->api, connections)) {
        fsz_connections_settle(connections);
    }
    fsz_connections_settle(connections);
}

json_t *fsz_engine_clients(struct fsz_engine *engine, const struct fsz_connections_query *query)
{
    struct fsz_connections connections;
    json_t                *list = NULL;
    fsz_connections_init(&connections, query);
    if (fsz_engine_try_lifecycle(engine)) {
        if (engine->publisher != NULL && engine->api != NULL) {
            clients_collect(engine, &connections);
            list = fsz_connections_json(&connections);
        }
        fsz_engine_unlock_lifecycle(engine, false);
    }
    fsz_connections_fini(&connections);
    return list;
}

fsz_err fsz_engine_kick(struct fsz_engine *engine, uint64_t id)
{
    struct clients_kick kick = {.id = id};
    fsz_err             err = FSZ_ECLOSED;
    if (!fsz_engine_try_lifecycle(engine)) {
        return err;
    }
    if (engine->publisher != NULL && engine->api != NULL) {
        fsz_publisher_ask(engine->publisher, clients_kick_subscriber, &kick);
        err = kick.found || fsz_api_kick(engine->api, id) ? FSZ_OK : FSZ_ENOTFOUND;
    }
    fsz_engine_unlock_lifecycle(engine, false);
    return err;
}
