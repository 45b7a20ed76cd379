/* connections.h - a list of connections on our own wire: `zmq clients` and server.clients.
 *
 * Sockets of two loops are asked one after the other, in pieces of FSZ_CONNECTIONS_PIECE, so that
 * a loop with many connections serves them in between. A piece takes references and a few numbers;
 * the rest is read by the thread that asks. docs/operations.md, "Connections" */
#ifndef FSZ_CONNECTIONS_H
#define FSZ_CONNECTIONS_H

#include "base/buffer.h"
#include "zmtp/zmtp_socket.h"

#include <jansson.h>

enum {
    FSZ_CONNECTIONS_MAX = 1000, /* of one list; the rest is behind `after` */
    FSZ_CONNECTIONS_PIECE = 256,
    FSZ_CONNECTION_OWNER_BYTES = 160, /* with the NUL */
    FSZ_CONNECTION_PRIORITIES = 3     /* low, normal, high: as enum fsz_priority */
};

/* Filters are NULL (any), or what the member of the JSON must be; `owner` may also be the part in
 * front of the "/". */
struct fsz_connections_query {
    uint64_t    after; /* ids above this one */
    size_t      limit; /* 0: FSZ_CONNECTIONS_MAX, which is the most */
    const char *owner, *user, *address;
};

struct fsz_connection {
    struct fsz_conn *conn; /* a reference */
    char             owner[FSZ_CONNECTION_OWNER_BYTES];
    bool             subscribes; /* it is a stream's, and has: */
    uint64_t         subscriptions, subscription_bytes, refused;
    uint64_t         reported[FSZ_CONNECTION_PRIORITIES]; /* losses that were reported to it */
};

struct fsz_connections {
    struct fsz_connections_query query;
    size_t                       limit;
    struct fsz_connection       *list; /* by id, once settled */
    size_t                       count, room;
    bool                         more;   /* there are others behind the last */
    fsz_err                      failed; /* FSZ_ENOMEM: the list is not whole */

    /* Where the next piece goes on: */
    size_t   source; /* of the sockets of one loop */
    uint64_t at;     /* id in that one */
    size_t   first;  /* of that one in the list */
    size_t   left;   /* looks of this piece */
};

/* One socket: what it is called, and what else is known of its connections. */
struct fsz_connections_source {
    struct fsz_zmtp_socket *socket;
    const char             *type, *name;                 /* owner: TYPE/NAME */
    void (*describe)(struct fsz_connection *connection); /* or NULL */
};

/* `query`: its texts stay the caller's and in place. */
void fsz_connections_init(struct fsz_connections             *connections,
                          const struct fsz_connections_query *query);
void fsz_connections_fini(struct fsz_connections *connections);

/* A loop's pieces: begin once for the loop, then piece by piece take its sources from number
 * `source` on. True: this source is done, and `source` is the next. False: the piece is used up. On
 * the loop's thread. */
void fsz_connections_begin(struct fsz_connections *connections);
bool fsz_connections_take(struct fsz_connections              *connections,
                          const struct fsz_connections_source *source);
/* Sorts what the sources that are done have, and keeps the first `limit`. Between pieces, and at
 * the end. */
void fsz_connections_settle(struct fsz_connections *connections);

/* {"connections":[…],"more":…}; NULL: out of memory. */
json_t *fsz_connections_json(const struct fsz_connections *connections);
/* The same object as text for people. */
void fsz_connections_write(const json_t *connections, struct fsz_buffer *out);

#endif
