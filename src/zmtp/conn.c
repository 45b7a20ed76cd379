/* SPDX-License-Identifier: MPL-2.0 */
#include "base/container_of.h"
#include "base/ref.h"
#include "zmtp/conn_private.h"
#include "zmtp/descriptor.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void conn_ready(void *argument, uint32_t events);
static void conn_attention(struct fsz_loop_task *task);

/* Small messages must not wait: conn_write.c already combines several of them in one write. */
static void conn_set_nodelay(const struct fsz_conn *conn)
{
    if (!conn->local) {
        fsz_descriptor_set(conn->watch.fd, IPPROTO_TCP, TCP_NODELAY, 1);
    }
}

static fsz_err conn_init(struct fsz_conn *conn, struct fsz_conn_shared *shared,
                         const struct fsz_mechanism_config *mechanism,
                         const struct fsz_conn_origin      *origin)
{
    fsz_err err = fsz_mechanism_new(mechanism, &conn->mechanism);
    if (err != FSZ_OK) {
        return err;
    }
    err = fsz_conn_output_init(conn);
    if (err != FSZ_OK) {
        fsz_mechanism_free(&conn->mechanism);
        return err;
    }
    fsz_ref_init(&conn->refs, 1);
    conn->shared = shared;
    conn->owner = origin->owner;
    conn->own_type = mechanism->type;
    conn->own_mechanism = mechanism->name;
    conn->watch = (struct fsz_loop_watch){origin->fd, conn_ready, conn};
    conn->timer = (struct fsz_loop_timer){.fire = fsz_conn_fire, .argument = conn};
    conn->attention.run = conn_attention;
    fsz_conn_input_init(conn);
    fsz_conn_facts_init(conn, origin);
    conn_set_nodelay(conn);
    return FSZ_OK;
}

fsz_err fsz_conn_new(struct fsz_conn_shared *shared, const struct fsz_mechanism_config *mechanism,
                     const struct fsz_conn_origin *origin, struct fsz_conn **ret_conn)
{
    struct fsz_conn *conn = calloc(1, sizeof(*conn));
    fsz_err          err = conn != NULL ? conn_init(conn, shared, mechanism, origin) : FSZ_ENOMEM;
    if (err != FSZ_OK) {
        free(conn);
        close(origin->fd);
        return err;
    }
    *ret_conn = conn;
    return FSZ_OK;
}

struct fsz_conn *fsz_conn_ref(struct fsz_conn *conn)
{
    fsz_ref_take(&conn->refs);
    return conn;
}

/* The input has been freed when the connection ended, or was never there. */
static void conn_free(struct fsz_conn *conn)
{
    const struct fsz_conn_handler *handler = conn->shared->handler;
    void                          *owner = conn->owner;
    if (!conn->begun && !fsz_conn_is_over(conn)) {
        close(conn->watch.fd);
    }
    fsz_conn_output_fini(conn);
    fsz_mechanism_free(&conn->mechanism);
    free(conn);
    if (handler->freed != NULL) {
        handler->freed(owner);
    }
}

void fsz_conn_unref(struct fsz_conn **conn)
{
    struct fsz_conn *old = *conn;
    *conn = NULL;
    if (old != NULL && fsz_ref_drop(&old->refs)) {
        conn_free(old);
    }
}

void fsz_conn_begin(struct fsz_conn *conn, const char *status)
{
    struct conn_output *output = &conn->output;
    conn->begun = true;
    fsz_conn_ref(conn); /* until the connection ends */
    fsz_conn_ref(conn); /* until this returns */
    if (status != NULL) {
        strncpy(conn->refusal, status, sizeof(conn->refusal) - 1);
    }
    fsz_loop_spend(conn->shared->loop, CONN_WORK_BEGIN);
    fsz_conn_output_lock(conn);
    output->reading = true;
    output->events = EPOLLIN;
    fsz_err err = fsz_loop_add(conn->shared->loop, &conn->watch, output->events);
    output->watched = err == FSZ_OK;
    fsz_conn_output_unlock(conn);
    if (err == FSZ_OK) {
        fsz_conn_handshake_begin(conn);
    } else {
        fsz_conn_end(conn, err == FSZ_ENOMEM ? FSZ_ZMTP_END_MEMORY : FSZ_ZMTP_END_SYSTEM);
    }
    fsz_conn_unref(&conn);
}

/* No other thread touches the descriptor after this. */
static void conn_close_descriptor(struct fsz_conn *conn)
{
    fsz_conn_output_lock(conn);
    fsz_loop_spend(conn->shared->loop, CONN_WORK_BEGIN + conn->output.count / CONN_WORK_DROPPED);
    if (conn->output.watched) {
        fsz_loop_remove(conn->shared->loop, &conn->watch);
        conn->output.watched = false;
    }
    conn->output.closed = true;
    fsz_conn_output_clear(conn);
    close(conn->watch.fd);
    fsz_conn_output_unlock(conn);
}

void fsz_conn_end(struct fsz_conn *conn, enum fsz_zmtp_ending ending)
{
    if (fsz_conn_is_over(conn)) {
        return;
    }
    struct fsz_conn               *self = fsz_conn_ref(conn);
    const struct fsz_conn_handler *handler = conn->shared->handler;
    conn->stage = CONN_ENDED;
    atomic_store(&conn->ended, true);
    fsz_loop_cancel_timer(conn->shared->loop, &conn->timer);
    conn_close_descriptor(conn);
    if (atomic_load(&conn->ready)) {
        atomic_fetch_sub(&conn->shared->ready, 1);
    }
    fsz_conn_input_unlist(conn);
    if (!conn->input.lent) {
        fsz_conn_input_fini(conn);
    }
    if (handler->ended != NULL) {
        handler->ended(conn->shared->self, conn, ending);
    }
    if (conn->begun) {
        struct fsz_conn *own = conn;
        fsz_conn_unref(&own);
    }
    fsz_conn_unref(&self);
}

void fsz_conn_watch(struct fsz_conn *conn)
{
    struct conn_output *output = &conn->output;
    uint32_t events = (output->reading ? EPOLLIN : 0U) | (output->hangups ? EPOLLRDHUP : 0U) |
                      (output->blocked && !output->broken ? EPOLLOUT : 0U);
    if (output->watched && events != output->events) {
        output->events = events;
        fsz_loop_modify(conn->shared->loop, &conn->watch, events);
    }
}

void fsz_conn_watch_input(struct fsz_conn *conn)
{
    struct conn_output *output = &conn->output;
    fsz_conn_output_lock(conn);
    output->reading = !conn->input.asking && !conn->peer_closed;
    output->hangups = conn->input.asking;
    fsz_conn_watch(conn);
    fsz_conn_output_unlock(conn);
}

void fsz_conn_attend(struct fsz_conn *conn)
{
    if (!atomic_load(&conn->ended) && !atomic_exchange(&conn->posted, true)) {
        fsz_conn_ref(conn);
        fsz_loop_post(conn->shared->loop, &conn->attention);
    }
}

void fsz_conn_kick(struct fsz_conn *conn)
{
    atomic_store(&conn->kicked, true);
    fsz_conn_output_lock(conn);
    fsz_conn_attend(conn);
    fsz_conn_output_unlock(conn);
}

static void conn_report_drained(struct fsz_conn *conn)
{
    const struct fsz_conn_handler *handler = conn->shared->handler;
    fsz_conn_output_lock(conn);
    bool drained = conn->output.drained;
    conn->output.drained = false;
    fsz_conn_output_unlock(conn);
    if (drained && conn->stage == CONN_TRAFFIC && handler->drained != NULL) {
        handler->drained(conn->shared->self, conn);
    }
}

/* Reads more after a failure to write. False: nothing is left, or more than a socket buffer can
 * hold. */
static bool conn_read_last(struct fsz_conn *conn)
{
    uint64_t bytes = atomic_load_explicit(&conn->bytes_in, memory_order_relaxed) + 1;
    if (conn->last_from == 0) {
        conn->last_from = bytes;
    }
    return bytes - conn->last_from <= CONN_LAST_BYTES && fsz_conn_input_read(conn);
}

/* After a failure on the peer's side, reads what the peer sent before, then ends the connection. */
static void conn_check_failure(struct fsz_conn *conn)
{
    fsz_conn_output_lock(conn);
    bool                 broken = conn->output.broken;
    enum fsz_zmtp_ending failure = conn->output.failure;
    fsz_conn_output_unlock(conn);
    bool ours = failure == FSZ_ZMTP_END_MEMORY || failure == FSZ_ZMTP_END_CRYPTO ||
                failure == FSZ_ZMTP_END_OUTPUT_BYTES;
    if (!broken) {
        return;
    }
    if (conn->stage == CONN_CLOSING) {
        fsz_conn_close_check(conn);
    } else if (ours || conn->input.asking || !conn_read_last(conn)) {
        fsz_conn_end(conn, failure);
    } else if (!fsz_conn_is_over(conn)) {
        fsz_conn_attend(conn);
    }
}

static void conn_look_after(struct fsz_conn *conn)
{
    if (atomic_load(&conn->kicked)) {
        fsz_conn_end(conn, FSZ_ZMTP_END_KICKED);
        return;
    }
    conn_report_drained(conn);
    fsz_conn_input_resume(conn);
    if (!fsz_conn_is_over(conn)) {
        conn_check_failure(conn);
    }
}

static void conn_attention(struct fsz_loop_task *task)
{
    struct fsz_conn *conn = FSZ_CONTAINER_OF(task, struct fsz_conn, attention);
    atomic_store(&conn->posted, false);
    if (!fsz_conn_is_over(conn)) {
        conn_look_after(conn);
    }
    fsz_conn_unref(&conn);
}

static void conn_readable(struct fsz_conn *conn, uint32_t events)
{
    bool gone = events & (EPOLLHUP | EPOLLERR | EPOLLRDHUP);
    if (conn->input.asking) {
        if (gone) {
            fsz_conn_end(conn, FSZ_ZMTP_END_PEER);
        }
    } else if (conn->peer_closed) {
        if (gone) {
            fsz_conn_end(conn, conn->ending);
        }
    } else if (gone || (events & EPOLLIN)) {
        (void)fsz_conn_input_read(conn);
    }
}

static void conn_writable(struct fsz_conn *conn)
{
    struct conn_output *output = &conn->output;
    fsz_conn_output_lock(conn);
    uint64_t before = output->bytes_out;
    size_t   unit = output->sealer != NULL ? CONN_WORK_WRITTEN / 4 : CONN_WORK_WRITTEN;
    fsz_conn_write_again(conn);
    fsz_loop_spend(conn->shared->loop, (size_t)(output->bytes_out - before) / unit);
    fsz_conn_output_unlock(conn);
}

static void conn_ready(void *argument, uint32_t events)
{
    struct fsz_conn *conn = fsz_conn_ref(argument);
    if (events & EPOLLOUT) {
        conn_writable(conn);
    }
    if (!fsz_conn_is_over(conn)) {
        conn_readable(conn, events);
    }
    if (conn->stage == CONN_CLOSING) {
        fsz_conn_close_check(conn);
    }
    fsz_conn_unref(&conn);
}

void fsz_conn_configure(struct fsz_conn_shared *shared, const struct fsz_conn_limits *limits,
                        const struct fsz_conn_times *times)
{
    struct fsz_conn_limits *own = &shared->limits;
    own->message_bytes = limits->message_bytes;
    own->message_frames = limits->message_frames;
    __atomic_store_n(&own->output_messages, limits->output_messages, __ATOMIC_RELAXED);
    __atomic_store_n(&own->output_bytes, limits->output_bytes, __ATOMIC_RELAXED);
    shared->times = *times;
}
