/* SPDX-License-Identifier: MPL-2.0 */
/* connections.h - a list of connections of our own wire, for `zmq clients` and server.clients.
 *
 * The sockets of two loops are visited one after the other, FSZ_CONNECTIONS_PIECE connections at a
 * time, so that a loop with many connections serves them in between. On the loop, a piece takes
 * references and a few numbers. The requesting thread reads the rest. docs/operations.md,
 * "Connections" */
#ifndef FSZ_CONNECTIONS_H
#define FSZ_CONNECTIONS_H

#include "base/buffer.h"
#include "zmtp/zmtp_socket.h"

#include <jansson.h>

enum {
    FSZ_CONNECTIONS_MAX = 1000, /* in one list; `after` gives the rest */
    FSZ_CONNECTIONS_PIECE = 256,
    FSZ_CONNECTION_OWNER_BYTES = 160, /* including the NUL */
    FSZ_CONNECTION_PRIORITIES = 3     /* low, normal, high: as enum fsz_priority */
};

/* A filter is NULL (any), or the exact value of the JSON member. `owner` may also be only the part
 * before the "/". */
struct fsz_connections_query {
    uint64_t    after; /* only ids above this one */
    size_t      limit; /* at most FSZ_CONNECTIONS_MAX; 0: that many */
    const char *owner, *user, *address;
};

struct fsz_connection {
    struct fsz_conn *conn; /* a reference */
    char             owner[FSZ_CONNECTION_OWNER_BYTES];
    bool             subscribes; /* it is a subscriber of a stream; the members below are set */
    uint64_t         subscriptions, subscription_bytes, refused;
    uint64_t         reported[FSZ_CONNECTION_PRIORITIES]; /* losses reported to it */
};

struct fsz_connections {
    struct fsz_connections_query query;
    size_t                       limit;
    struct fsz_connection       *list; /* sorted by id once settled */
    size_t                       count, room;
    bool                         more;   /* there are more connections after the last */
    fsz_err                      failed; /* FSZ_ENOMEM: the list is incomplete */

    /* Where the next piece continues: */
    size_t   source; /* number of the socket on its loop */
    uint64_t at;     /* last id visited in that socket */
    size_t   first;  /* index in `list` of the socket's first connection */
    size_t   left;   /* connections this piece may still visit */
};

/* One socket: its name, and a function that adds what else is known of a connection. */
struct fsz_connections_source {
    struct fsz_zmtp_socket *socket;
    const char             *type, *name;                 /* the owner is TYPE/NAME */
    void (*describe)(struct fsz_connection *connection); /* or NULL */
};

/* The texts of `query` stay with the caller and must stay valid. */
void fsz_connections_init(struct fsz_connections             *connections,
                          const struct fsz_connections_query *query);
void fsz_connections_fini(struct fsz_connections *connections);

/* Call begin once for a loop; then, for each piece, call take for its sources, starting with number
 * `source`. True: this source is done, and `source` is the next one. False: the piece is used up.
 * On the loop's thread. */
void fsz_connections_begin(struct fsz_connections *connections);
bool fsz_connections_take(struct fsz_connections              *connections,
                          const struct fsz_connections_source *source);
/* Sorts the connections of the finished sources and keeps the first `limit`. Call it between pieces
 * and at the end. */
void fsz_connections_settle(struct fsz_connections *connections);

/* {"connections":[…],"more":…}; NULL: out of memory. */
json_t *fsz_connections_json(const struct fsz_connections *connections);
/* Writes that object as text for people. */
void fsz_connections_write(const json_t *connections, struct fsz_buffer *out);

#endif
