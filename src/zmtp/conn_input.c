/* SPDX-License-Identifier: MPL-2.0 */
#include "zmtp/conn_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
    INPUT_FIRST_BYTES = 256,
    INPUT_READ_BYTES = 8192 /* in one read, unless the frame needs more; input beyond the share has
                               to be buffered */
};

void fsz_conn_input_init(struct fsz_conn *conn)
{
    struct conn_input *input = &conn->input;
    input->frames = (struct fsz_frames *)input->few;
    input->frames_room = CONN_FEW_FRAMES;
    input->missing = 1;
}

void fsz_conn_input_fini(struct fsz_conn *conn)
{
    struct conn_input *input = &conn->input;
    free(input->bytes);
    input->bytes = NULL;
    input->size = input->capacity = input->begin = input->at = 0;
    fsz_conn_message_forget(conn);
    fsz_conn_input_unlist(conn);
}

/* Grows the buffer to at least `needed` bytes. */
static bool input_grow(struct fsz_conn *conn, size_t needed)
{
    struct conn_input *input = &conn->input;
    size_t             capacity = input->capacity > 0 ? input->capacity * 2 : INPUT_FIRST_BYTES;
    if (capacity < needed) {
        capacity = needed;
    }
    if (!fsz_conn_input_count(conn, capacity - input->capacity)) {
        return false;
    }
    uint8_t *bytes = malloc(capacity);
    if (bytes == NULL) {
        fsz_conn_end(conn, FSZ_ZMTP_END_MEMORY);
        return false;
    }
    if (input->size > 0) {
        memcpy(bytes, input->bytes, input->size);
        fsz_conn_message_move(conn, input->bytes, bytes);
    }
    free(input->bytes);
    input->bytes = bytes;
    input->capacity = capacity;
    return true;
}

/* Moves undelivered bytes to the front. */
static void input_compact(struct fsz_conn *conn)
{
    struct conn_input *input = &conn->input;
    if (input->begin > 0) {
        input->size -= input->begin;
        memmove(input->bytes, input->bytes + input->begin, input->size);
        fsz_conn_message_move(conn, input->bytes + input->begin, input->bytes);
        input->at -= input->begin;
        input->begin = 0;
    }
}

/* Appends bytes to the buffer. False: the connection has ended. */
static bool input_keep(struct fsz_conn *conn, const uint8_t *bytes, size_t size)
{
    struct conn_input *input = &conn->input;
    if (size > input->capacity - input->size) {
        input_compact(conn);
    }
    if (size > input->capacity - input->size && !input_grow(conn, input->size + size)) {
        return false;
    }
    memcpy(input->bytes + input->size, bytes, size);
    input->size += size;
    return true;
}

/* Is a frame of that size within the bounds? If not, ends the connection. */
static bool input_allows(struct fsz_conn *conn, const struct fsz_frame_head *head)
{
    const struct conn_input      *input = &conn->input;
    const struct fsz_conn_limits *limits = &conn->shared->limits;
    if (conn->stage == CONN_HANDSHAKE) {
        if (head->body_size <= FSZ_MECHANISM_COMMAND_MAX && (head->flags & FSZ_FRAME_COMMAND)) {
            return true;
        }
        fsz_conn_end(conn, FSZ_ZMTP_END_PROTOCOL);
        return false;
    }
    size_t   box = conn->output.sealer != NULL ? fsz_mechanism_overhead(conn->mechanism) : 0;
    uint64_t body = head->body_size > box ? head->body_size - box : 0;
    size_t   used = input->message_bytes + FSZ_CONN_FRAME_OVERHEAD;
    if (used > limits->message_bytes || body > limits->message_bytes - used) {
        fsz_conn_end(conn, FSZ_ZMTP_END_MESSAGE_BYTES);
        return false;
    }
    return true;
}

/* Processes one frame of bytes[at, size). False: it is incomplete, or the connection has ended. */
static bool input_frame(struct fsz_conn *conn, uint8_t *bytes, size_t size)
{
    struct conn_input    *input = &conn->input;
    struct fsz_frame_head head;
    size_t                left = size - input->at;
    fsz_err               err = fsz_frame_read(bytes + input->at, left, &head);
    if (err == FSZ_EBUSY) {
        input->missing = 1;
        return false;
    }
    if (err != FSZ_OK) {
        fsz_conn_end(conn, FSZ_ZMTP_END_PROTOCOL);
        return false;
    }
    if (!input_allows(conn, &head)) {
        return false;
    }
    size_t whole = head.head_size + (size_t)head.body_size;
    if (left < whole) {
        input->missing = whole - left;
        return false;
    }
    uint8_t *body = bytes + input->at + head.head_size;
    input->at += whole;
    if (conn->stage == CONN_HANDSHAKE) {
        input->begin = input->at;
        fsz_conn_handshake_take(conn, body, (size_t)head.body_size);
    } else {
        fsz_conn_message_take(conn, &head, body);
    }
    return true;
}

static bool input_greeting(struct fsz_conn *conn, const uint8_t *bytes, size_t size)
{
    struct conn_input *input = &conn->input;
    size_t             have = size - input->at;
    size_t             used = fsz_conn_handshake_greeting(conn, bytes + input->at, have);
    /* A greeting of 2.0 is shorter; what follows it is decoded from the same bytes. */
    input->missing = have < FSZ_GREETING_BYTES ? FSZ_GREETING_BYTES - have : 1;
    if (!fsz_conn_is_over(conn)) {
        input->begin = input->at += used;
    }
    return used > 0;
}

static bool input_has_share(struct fsz_conn *conn)
{
    return fsz_loop_has_share(conn->shared->loop, &conn->input.share);
}

static bool input_may_decode(struct fsz_conn *conn)
{
    return !fsz_conn_is_over(conn) && conn->stage != CONN_CLOSING && !conn->input.asking &&
           input_has_share(conn);
}

/* Processes all complete frames of bytes[at, size). */
static void input_decode(struct fsz_conn *conn, uint8_t *bytes, size_t size)
{
    struct conn_input *input = &conn->input;
    bool               more = true;
    while (more && input_may_decode(conn) && input->at < size) {
        more = conn->stage == CONN_GREETING ? input_greeting(conn, bytes, size)
                                            : input_frame(conn, bytes, size);
    }
}

static void input_decode_kept(struct fsz_conn *conn)
{
    struct conn_input *input = &conn->input;
    size_t             begin = input->begin;
    input_decode(conn, input->bytes, input->size);
    if (fsz_conn_is_over(conn) || conn->stage == CONN_CLOSING || input->begin == input->size) {
        fsz_conn_input_fini(conn);
    } else if (input->begin != begin) {
        fsz_conn_input_relist(conn);
    }
}

/* Decodes scratch memory in place; returns how many bytes are finished. */
static size_t input_decode_scratch(struct fsz_conn *conn, uint8_t *bytes, size_t size)
{
    struct conn_input *input = &conn->input;
    input->at = input->begin = 0;
    input_decode(conn, bytes, size);
    if (fsz_conn_is_over(conn) || conn->stage == CONN_CLOSING) {
        return size;
    }
    size_t used = input->begin;
    input->at -= used;
    input->begin = 0;
    return used;
}

/* Buffers the rest of scratch memory and moves the frames in it, unless bytes were already
 * buffered. */
static void input_keep_rest(struct fsz_conn *conn, const uint8_t *bytes, size_t size)
{
    bool first = conn->input.size == 0;
    if (input_keep(conn, bytes, size) && first) {
        fsz_conn_message_move(conn, bytes, conn->input.bytes);
    }
}

/* A peer that has shown its credentials must wait for our reply (RFC 24, RFC 26). */
static void input_rest(struct fsz_conn *conn, const uint8_t *bytes, size_t size)
{
    if (conn->input.asking) {
        fsz_conn_end(conn, FSZ_ZMTP_END_PROTOCOL);
    } else {
        input_keep_rest(conn, bytes, size);
    }
}

static void input_feed(struct fsz_conn *conn, uint8_t *bytes, size_t size)
{
    struct conn_input *input = &conn->input;
    while (size > 0 && input->size > 0 && input_may_decode(conn)) {
        size_t part = size < input->missing ? size : input->missing;
        if (!input_keep(conn, bytes, part)) {
            return;
        }
        bytes += part;
        size -= part;
        input_decode_kept(conn);
    }
    if (size > 0 && input_may_decode(conn)) {
        size_t used = input_decode_scratch(conn, bytes, size);
        bytes += used;
        size -= used;
    }
    if (size > 0 && !fsz_conn_is_over(conn) && conn->stage != CONN_CLOSING) {
        input_rest(conn, bytes, size);
    }
    if (input->size == 0) {
        fsz_conn_input_fini(conn);
    }
}

/* The rest of our greeting is written together with the first command if possible. One PONG replies
 * to all PINGs that arrived together, so that a flood of them costs the peer more than us. */
static void input_answer(struct fsz_conn *conn)
{
    if (conn->input.answers) {
        conn->input.answers = false;
        fsz_conn_flush(conn);
    }
}

static void input_failed(struct fsz_conn *conn, int error)
{
    if (conn->stage == CONN_CLOSING) {
        fsz_conn_end(conn, conn->ending);
    } else if (error == ECONNRESET || error == EPIPE) {
        fsz_conn_end(conn, FSZ_ZMTP_END_PEER);
    } else {
        fsz_conn_end(conn, FSZ_ZMTP_END_SYSTEM);
    }
}

static void input_closed(struct fsz_conn *conn)
{
    if (conn->stage == CONN_CLOSING) {
        conn->peer_closed = true;
        fsz_conn_watch_input(conn);
    } else {
        fsz_conn_end(conn, FSZ_ZMTP_END_PEER);
    }
}

/* When the share of this turn is used up, complete messages may be left for the next turn. */
static void input_continue(struct fsz_conn *conn)
{
    bool may_continue = !fsz_conn_is_over(conn) && conn->stage != CONN_CLOSING;
    if (may_continue && conn->input.size > 0 && !input_has_share(conn)) {
        fsz_conn_attend(conn);
    }
}

void fsz_conn_input_resume(struct fsz_conn *conn)
{
    if (conn->input.size > 0 && input_may_decode(conn)) {
        input_decode_kept(conn);
        input_answer(conn);
    }
    input_continue(conn);
}

static size_t input_read_bytes(const struct conn_input *input)
{
    size_t least = input->missing > INPUT_READ_BYTES ? input->missing : INPUT_READ_BYTES;
    return least < FSZ_CONN_READ_BYTES ? least : FSZ_CONN_READ_BYTES;
}

bool fsz_conn_input_read(struct fsz_conn *conn)
{
    fsz_conn_input_resume(
        conn); /* buffered bytes come before those to be read, and before the end */
    if (fsz_conn_is_over(conn) || conn->input.asking || !input_has_share(conn)) {
        return true;
    }
    uint8_t *scratch = fsz_loop_scratch(conn->shared->loop);
    ssize_t  n = recv(conn->watch.fd, scratch, input_read_bytes(&conn->input), MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return errno == EINTR;
    }
    if (n < 0) {
        input_failed(conn, errno);
    } else if (n == 0) {
        input_closed(conn);
    } else {
        atomic_fetch_add_explicit(&conn->bytes_in, (uint64_t)n, memory_order_relaxed);
        fsz_conn_heartbeat_heard(conn);
        if (conn->stage != CONN_CLOSING) {
            input_feed(conn, scratch, (size_t)n);
        }
        input_answer(conn);
        input_continue(conn);
    }
    return true;
}
