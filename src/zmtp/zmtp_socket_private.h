/* SPDX-License-Identifier: MPL-2.0 */
/* zmtp_socket_private.h - shared by the files of a socket.
 *
 * A member is what the socket knows of one connection in addition to the connection itself. The
 * connection owns it (fsz_conn_owner()) and frees it. The member holds a reference to the socket,
 * so the socket's memory stays in place as long as any thread has a reference to one of its
 * connections. */
#ifndef FSZ_ZMTP_SOCKET_PRIVATE_H
#define FSZ_ZMTP_SOCKET_PRIVATE_H

#include "base/ref.h"
#include "zmtp/dialer.h"
#include "zmtp/listener.h"
#include "zmtp/zmtp_socket.h"

#include <pthread.h>
#include <sodium.h>

#define HASH_NONFATAL_OOM 1 /* otherwise uthash ends the process */
#include <uthash.h>

/* Connections that count as one address. */
struct fsz_zmtp_origin {
    UT_hash_handle    hh;
    struct fsz_origin key;
    size_t            connections;
};

/* A bound endpoint (`listener`) or one to connect to (`dialer`). */
struct fsz_zmtp_endpoint {
    struct fsz_zmtp_endpoint *next;
    struct fsz_zmtp_socket   *socket;
    struct fsz_listener      *listener;
    struct fsz_dialer        *dialer;
    struct fsz_conn          *conn; /* the dialer's; may be NULL; not a reference */
};

struct fsz_zmtp_member {
    UT_hash_handle          hh; /* by id, until the connection has ended */
    uint64_t                id;
    struct fsz_zmtp_socket *socket; /* a reference */
    struct fsz_conn        *conn;   /* a reference, until the connection has ended */
    struct fsz_zmtp_origin *origin; /* where it is counted; NULL: it was dialed */
    /* Whose dialer connected it. NULL: accepted, or the endpoint was dropped. */
    struct fsz_zmtp_endpoint *endpoint;
    struct fsz_loop_timer     access; /* set while the gate decides */
    bool                      ready;
    char                     *user; /* NULL: no user; fixed once the connection is ready */
    uint64_t                  tag;
};

/* A walk over the members that is in progress. It skips members that end during the walk. */
struct fsz_zmtp_walk {
    struct fsz_zmtp_member *next;
    struct fsz_zmtp_walk   *outer;
};

struct fsz_zmtp_socket {
    struct fsz_ref                 refs; /* one for the open socket, one for each member */
    struct fsz_loop               *loop;
    struct fsz_zmtp_options        options;
    struct fsz_zmtp_limits         limits;
    const struct fsz_zmtp_handler *handler;
    void                          *self; /* the handler's */
    const struct fsz_gate         *gate; /* NULL: everyone is admitted */
    struct fsz_conn_shared         shared;

    struct fsz_zmtp_member   *members;
    struct fsz_zmtp_walk     *walks;
    struct fsz_zmtp_endpoint *endpoints;
    struct fsz_zmtp_origin   *origins;
    struct fsz_rates          rates;
    uint8_t
        origins_key[crypto_shorthash_KEYBYTES]; /* keyed, so that peers cannot cause collisions */
    size_t                  accepted_now;       /* connections */
    struct fsz_zmtp_figures totals; /* counters, including connections that have ended */

    bool closing, closed;
    void (*when_closed)(void *argument);
    void *when_closed_argument;

    pthread_mutex_t  lock;    /* of `answers` */
    struct fsz_loop *answers; /* where decisions of the gate go; NULL: the socket is closed, and
                                 they are discarded */
};

/* zmtp_socket.c */

void fsz_zmtp_socket_ref(struct fsz_zmtp_socket *socket);
/* Frees the socket with its last reference. Any thread. */
void fsz_zmtp_socket_unref(struct fsz_zmtp_socket *socket);
/* Completes closing once nothing is left. */
void fsz_zmtp_socket_settle(struct fsz_zmtp_socket *socket);

/* zmtp_socket_members.c */

extern const struct fsz_conn_handler fsz_zmtp_socket_conn_handler;

/* Creates a connection on a descriptor, which it owns from then on. It also owns `origin`, and
 * returns it on failure too. Failures are counted by their ending. */
FSZ_NODISCARD fsz_err fsz_zmtp_socket_add(struct fsz_zmtp_socket       *socket,
                                          const struct fsz_conn_origin *from,
                                          struct fsz_zmtp_origin       *origin,
                                          struct fsz_zmtp_member      **ret_member);
/* Begins the connection, at once or when the gate has decided. It may have ended when this returns.
 */
void fsz_zmtp_socket_begin(struct fsz_zmtp_member *member);
/* Applies a decision of the gate to a connection that has not ended. */
void fsz_zmtp_socket_judge(struct fsz_zmtp_member *member, enum fsz_admission_stage stage,
                           const struct fsz_admission_answer *answer);
/* Calls `look` for each member, until it returns false. `look` may end any connection. */
void fsz_zmtp_socket_walk(struct fsz_zmtp_socket *socket,
                          bool (*look)(void *argument, struct fsz_zmtp_member *member),
                          void *argument);

/* zmtp_socket_origins.c */

/* Counts an accepted peer. False: a bound is reached or memory is short; *ret_ending says which. */
FSZ_NODISCARD bool fsz_zmtp_socket_count(struct fsz_zmtp_socket *socket, int fd,
                                         const struct fsz_address *peer,
                                         struct fsz_zmtp_origin  **ret_origin,
                                         enum fsz_zmtp_ending     *ret_ending);
/* Undoes fsz_zmtp_socket_count(). Accepts NULL in *origin. */
void fsz_zmtp_socket_uncount(struct fsz_zmtp_socket *socket, struct fsz_zmtp_origin **origin);

/* zmtp_socket_endpoints.c */

/* Stops listening and dialing; connections stay. */
void fsz_zmtp_socket_drop_endpoints(struct fsz_zmtp_socket *socket);

/* zmtp_socket_figures.c */

/* Adds the figures of a connection. */
void fsz_zmtp_socket_add_figures(struct fsz_zmtp_figures *figures, struct fsz_conn *conn);
/* Adds the figures of a listener. */
void fsz_zmtp_socket_add_listener(struct fsz_zmtp_figures   *figures,
                                  const struct fsz_listener *listener);

/* admission.c */

/* Asks the gate. FSZ_ENOMEM. The decision arrives as a call of fsz_zmtp_socket_judge(), never
 * before this returns. */
FSZ_NODISCARD fsz_err fsz_admission_ask(struct fsz_zmtp_member                 *member,
                                        enum fsz_admission_stage                stage,
                                        const struct fsz_mechanism_credentials *credentials);

#endif
