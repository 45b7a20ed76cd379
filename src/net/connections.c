/* SPDX-License-Identifier: MPL-2.0 */
#include "net/connections.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fsz_connections_init(struct fsz_connections             *connections,
                          const struct fsz_connections_query *query)
{
    bool whole = query->limit == 0 || query->limit > FSZ_CONNECTIONS_MAX;
    *connections = (struct fsz_connections){
        .query = *query,
        .limit = whole ? (size_t)FSZ_CONNECTIONS_MAX : query->limit,
    };
}

static void connections_drop(struct fsz_connections *c, size_t count)
{
    while (c->count > count) {
        fsz_conn_unref(&c->list[--c->count].conn);
    }
}

void fsz_connections_fini(struct fsz_connections *connections)
{
    connections_drop(connections, 0);
    free(connections->list);
    connections->list = NULL;
}

/* ---- on a loop ------------------------------------------------------------------------------- */

static bool connections_owner_fits(const char *wanted, const struct fsz_connections_source *source)
{
    size_t length = strlen(source->type);
    return wanted == NULL ||
           (strncmp(wanted, source->type, length) == 0 &&
            (wanted[length] == '\0' ||
             (wanted[length] == '/' && strcmp(wanted + length + 1, source->name) == 0)));
}

static bool connections_fits(const struct fsz_connections_query *query, const struct fsz_conn *conn)
{
    const struct fsz_conn_facts *facts = fsz_conn_facts(conn);
    const char                  *address = facts->address[0] != '\0' ? facts->address : "ipc";
    return (query->user == NULL || strcmp(fsz_zmtp_socket_identity(conn).user, query->user) == 0) &&
           (query->address == NULL || strcmp(address, query->address) == 0);
}

/* NULL: out of memory. */
static struct fsz_connection *connections_add(struct fsz_connections *c)
{
    if (c->count == c->room) {
        size_t                 room = c->room == 0 ? FSZ_CONNECTIONS_PIECE : 2 * c->room;
        struct fsz_connection *list = realloc(c->list, room * sizeof(*list));
        if (list == NULL) {
            c->failed = FSZ_ENOMEM;
            return NULL;
        }
        c->list = list;
        c->room = room;
    }
    return &c->list[c->count++];
}

struct connections_look {
    struct fsz_connections              *connections;
    const struct fsz_connections_source *source;
    bool                                 paused;
};

/* One connection beyond the limit shows that there are more. */
static bool connections_look(void *argument, struct fsz_conn *conn)
{
    struct connections_look *look = argument;
    struct fsz_connections  *c = look->connections;
    if (c->left == 0) {
        look->paused = true;
        return false;
    }
    c->left--;
    c->at = fsz_conn_facts(conn)->id;
    if (!connections_fits(&c->query, conn)) {
        return true;
    }
    struct fsz_connection *connection = connections_add(c);
    if (connection == NULL) {
        return false;
    }
    *connection = (struct fsz_connection){.conn = fsz_conn_ref(conn)};
    snprintf(connection->owner, sizeof(connection->owner), "%s/%s", look->source->type,
             look->source->name);
    if (look->source->describe != NULL) {
        look->source->describe(connection);
    }
    return c->count - c->first <= c->limit;
}

void fsz_connections_begin(struct fsz_connections *connections)
{
    connections->source = 0;
    connections->at = connections->query.after;
    connections->first = connections->count;
}

bool fsz_connections_take(struct fsz_connections              *connections,
                          const struct fsz_connections_source *source)
{
    struct connections_look look = {.connections = connections, .source = source};
    if (source->socket != NULL && connections_owner_fits(connections->query.owner, source)) {
        fsz_zmtp_socket_each_after(source->socket, connections->at, connections_look, &look);
    }
    if (look.paused) {
        return false;
    }
    connections->source++;
    connections->at = connections->query.after;
    connections->first = connections->count;
    return true;
}

/* ---- on the requesting thread ---------------------------------------------------------------- */

static int connections_compare(const void *a, const void *b)
{
    uint64_t first = fsz_conn_facts(((const struct fsz_connection *)a)->conn)->id;
    uint64_t second = fsz_conn_facts(((const struct fsz_connection *)b)->conn)->id;
    return (first > second) - (first < second);
}

/* Connections of an unfinished source stay behind the settled ones. */
void fsz_connections_settle(struct fsz_connections *connections)
{
    struct fsz_connection *list = connections->list;
    size_t                 done = connections->first;
    size_t                 kept = done < connections->limit ? done : connections->limit;
    if (done > 1) {
        qsort(list, done, sizeof(*list), connections_compare);
    }
    if (kept < done) {
        connections->more = true;
        for (size_t i = kept; i < done; i++) {
            fsz_conn_unref(&list[i].conn);
        }
        memmove(&list[kept], &list[done], (connections->count - done) * sizeof(*list));
        connections->count -= done - kept;
        connections->first = kept;
    }
}
