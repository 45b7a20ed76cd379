/* SPDX-License-Identifier: MPL-2.0 */
#include "zmtp/conn_private.h"

#include <stdlib.h>
#include <string.h>

void fsz_conn_message_move(struct fsz_conn *conn, const uint8_t *from, const uint8_t *to)
{
    struct fsz_frames *frames = conn->input.frames;
    for (size_t i = 0; i < frames->count; i++) {
        frames->frames[i].data = to + (frames->frames[i].data - from);
    }
}

/* Memory for `count` frames. */
static size_t message_room(size_t count)
{
    return sizeof(struct fsz_frames) + count * sizeof(struct fsz_frame);
}

void fsz_conn_message_forget(struct fsz_conn *conn)
{
    struct conn_input *input = &conn->input;
    if (input->frames != (struct fsz_frames *)input->few) {
        fsz_conn_input_uncount(conn, message_room(input->frames_room));
        free(input->frames);
        input->frames = (struct fsz_frames *)input->few;
        input->frames_room = CONN_FEW_FRAMES;
    }
    input->frames->count = 0;
    input->message_bytes = 0;
}

static bool message_grow(struct fsz_conn *conn)
{
    struct conn_input *input = &conn->input;
    size_t             room = input->frames_room * 2;
    if (!fsz_conn_input_count(conn, message_room(room))) {
        return false;
    }
    struct fsz_frames *frames = malloc(message_room(room));
    if (frames == NULL) {
        fsz_conn_end(conn, FSZ_ZMTP_END_MEMORY);
        return false;
    }
    memcpy(frames, input->frames, message_room(input->frames_room));
    if (input->frames != (struct fsz_frames *)input->few) {
        fsz_conn_input_uncount(conn, message_room(input->frames_room));
        free(input->frames);
    }
    input->frames = frames;
    input->frames_room = room;
    return true;
}

/* After a callback that used the bytes: frees them if it ended the connection. */
static void message_returned(struct fsz_conn *conn)
{
    conn->input.lent = false;
    if (fsz_conn_is_over(conn) || conn->stage == CONN_CLOSING) {
        fsz_conn_input_fini(conn);
    }
}

static void message_deliver(struct fsz_conn *conn)
{
    const struct fsz_conn_handler *handler = conn->shared->handler;
    struct conn_input             *input = &conn->input;
    atomic_fetch_add_explicit(&conn->messages_in, 1, memory_order_relaxed);
    if (handler->message != NULL) {
        input->lent = true;
        handler->message(conn->shared->self, conn, input->frames);
        message_returned(conn);
    }
    fsz_conn_message_forget(conn);
    input->begin = input->at;
}

static void message_add(struct fsz_conn *conn, uint8_t flags, const uint8_t *body, size_t size)
{
    struct conn_input *input = &conn->input;
    if (input->frames->count >= conn->shared->limits.message_frames) {
        fsz_conn_end(conn, FSZ_ZMTP_END_MESSAGE_FRAMES);
        return;
    }
    if (input->frames->count == input->frames_room && !message_grow(conn)) {
        return;
    }
    input->frames->frames[input->frames->count++] = (struct fsz_frame){body, size};
    if (!(flags & FSZ_FRAME_MORE)) {
        message_deliver(conn);
    }
}

static void message_subscription(struct fsz_conn *conn, bool subscribe,
                                 const struct fsz_frame_command *command)
{
    const struct fsz_conn_handler *handler = conn->shared->handler;
    if (handler->subscription != NULL) {
        conn->input.lent = true;
        handler->subscription(conn->shared->self, conn, subscribe, command->data,
                              command->data_size);
        message_returned(conn);
    }
}

/* The peer's ERROR: a length and a text. Other than printable characters are replaced. */
static void message_error(struct fsz_conn *conn, const struct fsz_frame_command *command)
{
    size_t size = command->data_size > 0 ? command->data[0] : 0;
    if (command->data_size == 0 || size > command->data_size - 1) {
        fsz_conn_end(conn, FSZ_ZMTP_END_PROTOCOL);
        return;
    }
    size = size < CONN_REASON_BYTES - 1 ? size : CONN_REASON_BYTES - 1;
    for (size_t i = 0; i < size; i++) {
        uint8_t c = command->data[1 + i];
        conn->reason[i] = c >= ' ' && c <= '~' ? (char)c : '?';
    }
    conn->reason[size] = '\0';
    fsz_conn_end(conn, FSZ_ZMTP_END_DENIED);
}

/* Unknown commands are ignored (RFC 37). */
static void message_command(struct fsz_conn *conn, const uint8_t *body, size_t size)
{
    struct fsz_frame_command command;
    if (conn->facts.version == FSZ_ZMTP_2_0 || fsz_frame_command(body, size, &command) != FSZ_OK) {
        fsz_conn_end(conn, FSZ_ZMTP_END_PROTOCOL);
    } else if (fsz_frame_command_is(&command, "PING")) {
        if (fsz_conn_heartbeat_ping(conn, command.data, command.data_size) != FSZ_OK) {
            fsz_conn_end(conn, FSZ_ZMTP_END_PROTOCOL);
        }
    } else if (fsz_frame_command_is(&command, "PONG")) {
        fsz_conn_heartbeat_pong(conn);
    } else if (fsz_frame_command_is(&command, "SUBSCRIBE")) {
        message_subscription(conn, true, &command);
    } else if (fsz_frame_command_is(&command, "CANCEL")) {
        message_subscription(conn, false, &command);
    } else if (fsz_frame_command_is(&command, "ERROR")) {
        message_error(conn, &command);
    }
}

void fsz_conn_message_take(struct fsz_conn *conn, const struct fsz_frame_head *head, uint8_t *body)
{
    struct conn_input *input = &conn->input;
    uint8_t            flags = head->flags;
    size_t             size = (size_t)head->body_size;
    fsz_loop_spend(conn->shared->loop, 1 + size / CONN_WORK_BYTES);
    if (conn->output.sealer != NULL &&
        fsz_mechanism_open(conn->mechanism, body, size, &flags, &body, &size) != FSZ_OK) {
        fsz_conn_end(conn, FSZ_ZMTP_END_CRYPTO);
        return;
    }
    /* libzmq sends commands between the frames of a message. They count like frames: their bytes
     * stay until the message is complete. */
    input->message_bytes += size + FSZ_CONN_FRAME_OVERHEAD;
    if (!(flags & FSZ_FRAME_COMMAND)) {
        message_add(conn, flags, body, size);
        return;
    }
    message_command(conn, body, size);
    if (input->frames->count == 0) {
        input->message_bytes = 0;
        input->begin = input->at;
    }
}
