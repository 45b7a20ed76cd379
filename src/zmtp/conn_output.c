/* SPDX-License-Identifier: MPL-2.0 */
#include "base/thread.h"
#include "zmtp/conn_private.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static_assert((CONN_FEW_MESSAGES & (CONN_FEW_MESSAGES - 1)) == 0, "rings are doubled");

enum { OUTPUT_KEPT_ROOM = 64 /* messages; an empty ring of this size is kept */ };

/* The part of the bounds, in percent, from which messages of a priority are dropped. */
static const unsigned output_shares[FSZ_ZMTP_PRIORITIES] = {
    [FSZ_ZMTP_LOW] = 50,
    [FSZ_ZMTP_NORMAL] = 80,
    [FSZ_ZMTP_HIGH] = 100,
};

fsz_err fsz_conn_output_init(struct fsz_conn *conn)
{
    struct conn_output *output = &conn->output;
    output->ring = output->few;
    output->room = CONN_FEW_MESSAGES;
    fsz_buffer_init(&output->control, SIZE_MAX);
    fsz_buffer_init(&output->sealed, SIZE_MAX);
    return fsz_thread_init_lock(&output->lock);
}

void fsz_conn_output_lock(struct fsz_conn *conn)
{
    fsz_thread_lock(&conn->output.lock);
    /* Other threads see that it is busy without waiting for the lock. */
    atomic_store_explicit(&conn->idle, false, memory_order_relaxed);
}

void fsz_conn_output_unlock(struct fsz_conn *conn)
{
    struct conn_output *output = &conn->output;
    bool idle = output->open && !output->closed && !output->broken && !output->blocked &&
                output->count == 0;
    bool drained = output->drained;
    atomic_store_explicit(&conn->idle, idle, memory_order_relaxed);
    if (drained) {
        fsz_conn_attend(conn);
    }
    pthread_mutex_unlock(&output->lock);
}

/* Messages of a connection that never became ready are not written. */
bool fsz_conn_output_is_empty(const struct conn_output *output)
{
    return (output->count == 0 || !output->open) && output->control.size == 0 &&
           output->sealed.size == 0;
}

static size_t output_ring_bytes(size_t room)
{
    return room > OUTPUT_KEPT_ROOM ? room * sizeof(struct fsz_zmtp_message *) : 0;
}

static void output_free_ring(struct fsz_conn *conn)
{
    struct conn_output *output = &conn->output;
    if (output->ring != output->few) {
        free((void *)output->ring);
        fsz_zmtp_budget_give(&conn->shared->output, output_ring_bytes(output->room));
        output->ring = output->few;
        output->room = CONN_FEW_MESSAGES;
    }
    output->first = 0;
}

/* Removes the last or the first message. */
static void output_remove(struct fsz_conn *conn, bool last)
{
    struct conn_output      *output = &conn->output;
    struct fsz_zmtp_message *message = fsz_conn_output_at(output, last ? output->count - 1 : 0);
    if (!last) {
        output->first = fsz_conn_output_slot(output, 1);
    }
    output->count--;
    output->bytes -= fsz_zmtp_message_size(message);
    output->held -= message->held_bytes;
    if (output->uncharged > output->count) {
        output->uncharged = output->count;
    }
    if (output->count == 0 && output->room > OUTPUT_KEPT_ROOM) {
        output_free_ring(conn);
    }
    fsz_zmtp_message_unref(message);
}

void fsz_conn_output_pop(struct fsz_conn *conn)
{
    conn->output.messages_out++;
    output_remove(conn, false);
}

void fsz_conn_output_wipe(struct fsz_buffer *buffer)
{
    if (buffer->data != NULL) {
        sodium_memzero(buffer->data, buffer->capacity); /* including bytes written earlier */
    }
    fsz_buffer_fini(buffer);
}

void fsz_conn_output_clear(struct fsz_conn *conn)
{
    struct conn_output *output = &conn->output;
    while (output->count > 0) {
        output_remove(conn, true);
    }
    output_free_ring(conn);
    fsz_conn_output_wipe(&output->control);
    fsz_buffer_fini(&output->sealed);
    output->control_written = output->sealed_written = 0;
    output->written = output->sealed_at = output->sealed_messages = 0;
    output->pong_due = output->ping_due = false;
}

void fsz_conn_output_fini(struct fsz_conn *conn)
{
    fsz_conn_output_clear(conn);
    pthread_mutex_destroy(&conn->output.lock);
}

static size_t output_share(size_t bound, unsigned percent)
{
    return bound / 100 * percent + bound % 100 * percent / 100;
}

/* Does one more message stay within the bounds? */
static bool output_has_room(const struct fsz_conn *conn, const struct fsz_zmtp_message *message)
{
    const struct conn_output     *output = &conn->output;
    const struct fsz_conn_limits *limits = &conn->shared->limits;
    unsigned                      percent = output_shares[message->priority];
    uint64_t most = __atomic_load_n(&limits->output_messages, __ATOMIC_RELAXED);
    size_t   bytes = __atomic_load_n(&limits->output_bytes, __ATOMIC_RELAXED);
    if (output->count == 0) {
        return true;
    }
    if (most > 0 && output->count >= output_share(most, percent)) {
        return false;
    }
    return bytes == 0 || (output->bytes < output_share(bytes, percent) &&
                          fsz_zmtp_message_size(message) <= bytes - output->bytes);
}

static fsz_err output_grow(struct fsz_conn *conn)
{
    struct conn_output       *output = &conn->output;
    size_t                    room = output->room * 2, bytes = output_ring_bytes(room);
    struct fsz_zmtp_budget   *budget = &conn->shared->output;
    struct fsz_zmtp_message **ring = NULL;
    if (room <= output->room ||
        !fsz_zmtp_budget_take(budget, bytes, fsz_conn_budget_is_entitled(conn, bytes))) {
        return FSZ_EFULL;
    }
    ring = (struct fsz_zmtp_message **)calloc(room, sizeof(struct fsz_zmtp_message *));
    if (ring == NULL) {
        fsz_zmtp_budget_give(budget, bytes);
        return FSZ_ENOMEM;
    }
    for (size_t i = 0; i < output->count; i++) {
        ring[i] = fsz_conn_output_at(output, i);
    }
    output_free_ring(conn);
    output->ring = ring;
    output->room = room;
    return FSZ_OK;
}

static void output_count_drop(struct conn_output *output, const struct fsz_zmtp_message *message)
{
    output->dropped[message->priority]++;
    atomic_fetch_add_explicit(&output->drops, 1, memory_order_relaxed);
    output->lost = true;
}

/* Nothing blocks the output, so the next write passes messages to the socket at once. */
static bool output_flows(const struct conn_output *output)
{
    return output->open && !output->blocked;
}

/* Makes room in the ring for one message, within the bounds. */
static fsz_err output_make_place(struct fsz_conn *conn, const struct fsz_zmtp_message *message)
{
    if (!output_has_room(conn, message)) {
        return FSZ_EFULL;
    }
    return conn->output.count < conn->output.room ? FSZ_OK : output_grow(conn);
}

void fsz_conn_output_drop_last(struct fsz_conn *conn)
{
    struct conn_output *output = &conn->output;
    output_count_drop(output, fsz_conn_output_at(output, output->count - 1));
    output_remove(conn, true);
}

static void output_put(struct conn_output *output, struct fsz_zmtp_message *message)
{
    fsz_zmtp_message_ref(message);
    output->ring[fsz_conn_output_slot(output, output->count)] = message;
    output->count++;
    output->bytes += fsz_zmtp_message_size(message);
    output->held += message->held_bytes;
}

static fsz_err output_push(struct fsz_conn *conn, struct fsz_zmtp_message *message)
{
    struct conn_output *output = &conn->output;
    fsz_err             err = output_make_place(conn, message);
    if (err != FSZ_OK && output_flows(output)) {
        fsz_conn_write(conn);
        err = output_make_place(conn, message);
    }
    if (output->closed || output->broken || output->finishing) {
        return FSZ_ECLOSED;
    }
    if (err != FSZ_OK) {
        output_count_drop(output, message);
        return err;
    }
    output_put(output, message);
    if (output_flows(output)) {
        output->uncharged++;
    } else if (!fsz_conn_budget_charge(conn, message)) {
        fsz_conn_output_drop_last(conn);
        return FSZ_EFULL;
    }
    return FSZ_OK;
}

fsz_err fsz_conn_queue(struct fsz_conn *conn, struct fsz_zmtp_message *message)
{
    fsz_conn_output_lock(conn);
    fsz_err err = output_push(conn, message);
    fsz_conn_output_unlock(conn);
    return err;
}

/* A write drops the newest messages when the budget has no room, so the drops are those of the last
 * messages of this call. */
static void output_note_dropped(fsz_err *errs, size_t count, uint64_t dropped)
{
    for (; count > 0 && dropped > 0; count--) {
        if (errs[count - 1] == FSZ_OK) {
            errs[count - 1] = FSZ_EFULL;
            dropped--;
        }
    }
}

void fsz_conn_send_all(struct fsz_conn *conn, struct fsz_zmtp_message *const *messages,
                       size_t count, fsz_err *ret_errs)
{
    struct conn_output *output = &conn->output;
    fsz_conn_output_lock(conn);
    uint64_t drops = output->drops; /* plus those reported by output_push() */
    for (size_t i = 0; i < count; i++) {
        ret_errs[i] = output_push(conn, messages[i]);
        drops += ret_errs[i] == FSZ_EFULL || ret_errs[i] == FSZ_ENOMEM;
    }
    fsz_conn_write(conn);
    output_note_dropped(ret_errs, count, output->drops - drops);
    fsz_conn_output_unlock(conn);
}

fsz_err fsz_conn_send(struct fsz_conn *conn, struct fsz_zmtp_message *message)
{
    fsz_err err = FSZ_OK;
    fsz_conn_send_all(conn, &message, 1, &err);
    return err;
}

void fsz_conn_flush(struct fsz_conn *conn)
{
    fsz_conn_output_lock(conn);
    fsz_conn_write(conn);
    fsz_conn_output_unlock(conn);
}

/* Repeats as long as the socket accepts a whole batch. */
void fsz_conn_flush_blocked(struct fsz_conn *conn)
{
    struct conn_output *output = &conn->output;
    uint64_t            before = 0;
    fsz_conn_output_lock(conn);
    do {
        before = output->bytes_out;
        if (output->blocked) {
            fsz_conn_write_again(conn);
        }
    } while (output->bytes_out - before >= FSZ_CONN_WRITE_BYTES);
    fsz_conn_output_unlock(conn);
}

uint64_t fsz_conn_drops(const struct fsz_conn *conn)
{
    return atomic_load_explicit(&conn->output.drops, memory_order_relaxed);
}
