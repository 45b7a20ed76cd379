/* SPDX-License-Identifier: MPL-2.0 */
#include "zmtp/conn_private.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum {
    WRITE_PIECES = 256,          /* for one sendmsg(2) */
    WRITE_SEALED_BYTES = 1 << 16 /* sealed ahead, plus one frame */
};

struct write_batch {
    struct iovec pieces[WRITE_PIECES];
    size_t       count, bytes;
};

/* False: the batch is full. */
static bool batch_add(struct write_batch *batch, const uint8_t *bytes, size_t size)
{
    if (size == 0) {
        return true;
    }
    if (batch->count == WRITE_PIECES || batch->bytes >= FSZ_CONN_WRITE_BYTES) {
        return false;
    }
    batch->pieces[batch->count++] = (struct iovec){(void *)bytes, size};
    batch->bytes += size;
    return true;
}

/* Adds a message, starting at byte `from`. */
static bool batch_add_message(struct write_batch *batch, const struct fsz_zmtp_message *message,
                              size_t from)
{
    if (from < message->head_size) {
        return batch_add(batch, message->head + from, message->head_size - from) &&
               batch_add(batch, message->body, message->body_size);
    }
    from -= message->head_size;
    return batch_add(batch, message->body + from, message->body_size - from);
}

static void write_fail(struct fsz_conn *conn, enum fsz_zmtp_ending failure)
{
    struct conn_output *output = &conn->output;
    output->broken = true;
    output->failure = failure;
    fsz_conn_output_clear(conn);
    fsz_conn_watch(conn);
    fsz_conn_attend(conn);
}

/* Encrypts one frame and appends it to `sealed`. */
static bool write_seal(struct fsz_conn *conn, uint8_t flags, const uint8_t *body, size_t size)
{
    struct conn_output *output = &conn->output;
    struct fsz_buffer  *sealed = &output->sealed;
    uint8_t             head[FSZ_FRAME_HEAD_MAX];
    size_t              box = size + fsz_mechanism_overhead(output->sealer);
    size_t              head_size = fsz_frame_write(head, 0, box);
    if (fsz_buffer_reserve(sealed, head_size + box) != FSZ_OK) {
        write_fail(conn, FSZ_ZMTP_END_MEMORY);
        return false;
    }
    memcpy(sealed->data + sealed->size, head, head_size);
    if (fsz_mechanism_seal(output->sealer, flags, body, size,
                           sealed->data + sealed->size + head_size) != FSZ_OK) {
        write_fail(conn, FSZ_ZMTP_END_CRYPTO);
        return false;
    }
    sealed->size += head_size + box;
    return true;
}

/* Queues a command after the handshake. False: writing has failed. */
static bool write_command(struct fsz_conn *conn, const uint8_t *body, size_t size)
{
    struct conn_output *output = &conn->output;
    uint8_t             head[FSZ_FRAME_HEAD_MAX];
    if (output->sealer != NULL) {
        return write_seal(conn, FSZ_FRAME_COMMAND, body, size);
    }
    fsz_buffer_append(&output->control, head, fsz_frame_write(head, FSZ_FRAME_COMMAND, size));
    if (fsz_buffer_append(&output->control, body, size) != FSZ_OK) {
        write_fail(conn, FSZ_ZMTP_END_MEMORY);
        return false;
    }
    return true;
}

/* PING and PONG are built only when they can be written, so that at most one of each is queued. */
static bool write_heartbeats(struct fsz_conn *conn)
{
    struct conn_output *output = &conn->output;
    uint8_t             pong[5 + CONN_PONG_BYTES] = "\4PONG";
    uint8_t             ping[7] = "\4PING";
    if (output->pong_due) {
        output->pong_due = false;
        memcpy(pong + 5, output->pong, output->pong_size);
        if (!write_command(conn, pong, 5 + output->pong_size)) {
            return false;
        }
    }
    if (output->ping_due) {
        output->ping_due = false;
        ping[5] = (uint8_t)(output->ping_ttl >> 8);
        ping[6] = (uint8_t)output->ping_ttl;
        return write_command(conn, ping, sizeof(ping));
    }
    return true;
}

/* Seals frames of a message until the message is complete or enough is sealed. False: it is
 * incomplete, or writing has failed. */
static bool write_seal_message(struct fsz_conn *conn, const struct fsz_zmtp_message *message)
{
    struct conn_output   *output = &conn->output;
    struct fsz_frame_head head;
    const uint8_t        *body = NULL;
    while (output->sealed_at < message->head_size) {
        if (output->sealed.size >= WRITE_SEALED_BYTES ||
            !fsz_zmtp_message_next(message, &output->sealed_at, &head, &body) ||
            !write_seal(conn, head.flags, body, (size_t)head.body_size)) {
            return false;
        }
    }
    output->sealed_at = 0;
    output->sealed_messages++;
    return true;
}

/* Boxes must be sealed in the order of writing, and only as many as are written next. */
static void write_seal_next(struct fsz_conn *conn)
{
    struct conn_output *output = &conn->output;
    if (output->sealed.size > 0 || (output->sealed_at == 0 && !write_heartbeats(conn))) {
        return;
    }
    while (output->sealed_messages < output->count &&
           write_seal_message(conn, fsz_conn_output_at(output, output->sealed_messages))) {
    }
}

static bool batch_add_buffer(struct write_batch *batch, const struct fsz_buffer *buffer,
                             size_t written)
{
    return buffer->size == 0 || batch_add(batch, buffer->data + written, buffer->size - written);
}

static bool batch_add_messages(struct write_batch *batch, const struct conn_output *output,
                               size_t from)
{
    bool room = true;
    for (size_t i = from; room && i < output->count; i++) {
        room = batch_add_message(batch, fsz_conn_output_at(output, i), 0);
    }
    return room;
}

/* Collects what is written next: the rest of a message, then control frames, then messages. */
static void write_collect(struct fsz_conn *conn, struct write_batch *batch)
{
    struct conn_output *output = &conn->output;
    bool                sealing = output->open && output->sealer != NULL;
    bool                begun = output->written > 0;
    if (sealing) {
        write_seal_next(conn);
    } else if (output->open && !write_heartbeats(conn)) {
        return;
    }
    if (output->broken) {
        return;
    }
    if (begun && !batch_add_message(batch, fsz_conn_output_at(output, 0), output->written)) {
        return;
    }
    if (!batch_add_buffer(batch, &output->control, output->control_written)) {
        return;
    }
    if (sealing) {
        batch_add_buffer(batch, &output->sealed, output->sealed_written);
    } else if (output->open) {
        batch_add_messages(batch, output, begun ? 1 : 0);
    }
}

/* Marks up to `n` bytes of a buffer as written; returns the remainder of `n`. */
static size_t write_took(struct fsz_buffer *buffer, size_t *written, size_t n, bool wipe)
{
    size_t left = buffer->size - *written;
    size_t took = n < left ? n : left;
    *written += took;
    if (*written == buffer->size && buffer->size > 0) {
        (wipe ? fsz_conn_output_wipe : fsz_buffer_fini)(buffer);
        *written = 0;
    }
    return n - took;
}

static size_t write_took_message(struct fsz_conn *conn, size_t n)
{
    struct conn_output *output = &conn->output;
    size_t left = fsz_zmtp_message_size(fsz_conn_output_at(output, 0)) - output->written;
    if (n < left) {
        output->written += n;
        return 0;
    }
    output->written = 0;
    fsz_conn_output_pop(conn);
    return n - left;
}

/* Marks the first `n` bytes of the batch as written. */
static void write_advance(struct fsz_conn *conn, size_t n)
{
    struct conn_output *output = &conn->output;
    output->bytes_out += n;
    if (output->written > 0) {
        n = write_took_message(conn, n);
    }
    n = write_took(&output->control, &output->control_written, n, !output->open);
    if (output->sealer != NULL) {
        write_took(&output->sealed, &output->sealed_written, n, false);
        for (; output->sealed.size == 0 && output->sealed_messages > 0; output->sealed_messages--) {
            fsz_conn_output_pop(conn);
        }
        return;
    }
    while (n > 0) {
        n = write_took_message(conn, n);
    }
}

/* Passes one batch to the system. False: it accepts no more, or nothing is left. */
static bool write_once(struct fsz_conn *conn, size_t *written)
{
    struct conn_output *output = &conn->output;
    struct write_batch  batch;
    batch.count = batch.bytes = 0;
    write_collect(conn, &batch);
    if (batch.count == 0) {
        return false;
    }
    struct msghdr parts = {.msg_iov = batch.pieces, .msg_iovlen = batch.count};
    ssize_t       n = sendmsg(conn->watch.fd, &parts, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) {
        return true;
    }
    if (n < 0 && errno != EAGAIN) {
        bool closed = errno == EPIPE || errno == ECONNRESET;
        write_fail(conn, closed ? FSZ_ZMTP_END_PEER : FSZ_ZMTP_END_SYSTEM);
        return false;
    }
    size_t taken = n < 0 ? 0 : (size_t)n;
    write_advance(conn, taken);
    *written += taken;
    output->blocked = taken < batch.bytes;
    return !output->blocked;
}

/* Writes up to FSZ_CONN_WRITE_BYTES. Continues beyond that only if the budget has no room for the
 * rest, so that nothing is dropped that the socket would accept. */
static void write_most(struct fsz_conn *conn)
{
    struct conn_output *output = &conn->output;
    size_t              written = 0;
    do {
        written = 0;
        while (written < FSZ_CONN_WRITE_BYTES && write_once(conn, &written)) {
        }
    } while (written >= FSZ_CONN_WRITE_BYTES && !output->blocked && !output->broken &&
             !fsz_conn_budget_charge_all(conn));
    /* The loop continues, after other connections. */
    output->blocked = output->blocked || written >= FSZ_CONN_WRITE_BYTES;
}

void fsz_conn_write(struct fsz_conn *conn)
{
    const struct conn_output *output = &conn->output;
    if (output->blocked || output->broken || output->closed) {
        return;
    }
    write_most(conn);
    fsz_conn_watch(conn);
    if (!fsz_conn_budget_settle(conn)) {
        write_fail(conn, FSZ_ZMTP_END_OUTPUT_BYTES);
    }
}

void fsz_conn_write_again(struct fsz_conn *conn)
{
    conn->output.blocked = false;
    fsz_conn_write(conn);
}
