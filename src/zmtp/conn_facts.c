/* SPDX-License-Identifier: MPL-2.0 */
#include "zmtp/conn_private.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

/* Reads the identity of an ipc peer. */
static void facts_read_credentials(struct fsz_conn *conn)
{
    struct ucred credentials;
    socklen_t    size = sizeof(credentials);
    if (conn->local &&
        getsockopt(conn->watch.fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0) {
        conn->facts.uid = credentials.uid;
        conn->facts.pid = credentials.pid;
    }
}

void fsz_conn_facts_init(struct fsz_conn *conn, const struct fsz_conn_origin *origin)
{
    static _Atomic uint64_t ids;
    struct fsz_conn_facts  *facts = &conn->facts;
    *facts = (struct fsz_conn_facts){
        .id = 1 + atomic_fetch_add(&ids, 1),
        .dialed = origin->dialed,
        .type = FSZ_ZMTP_TYPES,
        .mechanism = FSZ_ZMTP_MECHANISMS,
        .uid = -1,
        .pid = -1,
        .since_ms = fsz_loop_now_ms(conn->shared->loop),
    };
    fsz_address_write(&origin->peer, facts->peer);
    fsz_address_write_host(&origin->peer, facts->address);
    snprintf(facts->endpoint, sizeof(facts->endpoint), "%s", origin->endpoint);
    fsz_origin_of(origin->fd, &origin->peer, &facts->origin);
    conn->local = origin->peer.any.sa_family == AF_UNIX;
    conn->heard_ms = facts->since_ms;
    conn->round_trip_us = -1;
    facts_read_credentials(conn);
}

const struct fsz_conn_facts *fsz_conn_facts(const struct fsz_conn *conn)
{
    return &conn->facts;
}

bool fsz_conn_is_ready(const struct fsz_conn *conn)
{
    return atomic_load(&conn->ready);
}

bool fsz_conn_has_ended(const struct fsz_conn *conn)
{
    return atomic_load(&conn->ended);
}

/* Input left for a later turn counts as unread; an incomplete message alone does not. */
bool fsz_conn_has_unread(const struct fsz_conn *conn)
{
    int  bytes = 0;
    bool kept = conn->input.size > 0 && atomic_load(&conn->posted);
    return !fsz_conn_has_ended(conn) &&
           (kept || (ioctl(conn->watch.fd, FIONREAD, &bytes) == 0 && bytes > 0));
}

bool fsz_conn_is_idle(const struct fsz_conn *conn)
{
    return atomic_load_explicit(&conn->idle, memory_order_relaxed);
}

const char *fsz_conn_peer_reason(const struct fsz_conn *conn)
{
    if (conn->reason[0] == '\0' && conn->mechanism != NULL) {
        return fsz_mechanism_peer_reason(conn->mechanism);
    }
    return conn->reason;
}

void fsz_conn_figures(struct fsz_conn *conn, struct fsz_conn_figures *ret_figures)
{
    struct conn_output *output = &conn->output;
    *ret_figures = (struct fsz_conn_figures){
        .messages_in = atomic_load_explicit(&conn->messages_in, memory_order_relaxed),
        .bytes_in = atomic_load_explicit(&conn->bytes_in, memory_order_relaxed),
        .round_trip_us = atomic_load_explicit(&conn->round_trip_us, memory_order_relaxed),
        .heard_ms = atomic_load_explicit(&conn->heard_ms, memory_order_relaxed),
    };
    fsz_conn_output_lock(conn);
    ret_figures->messages_out = output->messages_out;
    ret_figures->bytes_out = output->bytes_out;
    ret_figures->queued_messages = output->count;
    ret_figures->queued_bytes = output->bytes;
    memcpy(ret_figures->dropped, output->dropped, sizeof(output->dropped));
    fsz_conn_output_unlock(conn);
}

void *fsz_conn_owner(const struct fsz_conn *conn)
{
    return conn->owner;
}

void fsz_conn_set_data(struct fsz_conn *conn, void *data)
{
    conn->data = data;
}

void *fsz_conn_data(const struct fsz_conn *conn)
{
    return conn->data;
}
