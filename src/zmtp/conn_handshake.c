/* SPDX-License-Identifier: MPL-2.0 */
#include "zmtp/conn_private.h"

#include <stdio.h>
#include <string.h>

/* The buffer may contain a password, so the old memory is wiped when it grows. */
static fsz_err handshake_append(struct fsz_buffer *to, const void *bytes, size_t size)
{
    if (size <= to->capacity - to->size) {
        return fsz_buffer_append(to, bytes, size);
    }
    struct fsz_buffer moved;
    fsz_buffer_init(&moved, to->limit);
    fsz_err err = fsz_buffer_reserve(&moved, to->size + size);
    if (err == FSZ_OK) {
        if (to->size > 0) {
            fsz_buffer_append(&moved, to->data, to->size);
        }
        fsz_buffer_append(&moved, bytes, size);
        fsz_conn_output_wipe(to);
        *to = moved;
    }
    return err;
}

/* Queues bytes in front of all messages without writing them. False: the connection has ended. */
static bool handshake_put(struct fsz_conn *conn, const void *bytes, size_t size)
{
    struct conn_output *output = &conn->output;
    fsz_conn_output_lock(conn);
    fsz_err err = output->broken ? FSZ_OK : handshake_append(&output->control, bytes, size);
    fsz_conn_output_unlock(conn);
    if (err != FSZ_OK) {
        fsz_conn_end(conn, FSZ_ZMTP_END_MEMORY);
    }
    return err == FSZ_OK;
}

void fsz_conn_handshake_begin(struct fsz_conn *conn)
{
    int64_t most_ms = conn->shared->times.handshake_ms;
    uint8_t opening[FSZ_GREETING_OPENING_BYTES];
    conn->stage = CONN_GREETING;
    conn->handshake_due_ms = most_ms > 0 ? fsz_loop_now_ms(conn->shared->loop) + most_ms : 0;
    fsz_greeting_open(opening);
    if (handshake_put(conn, opening, sizeof(opening))) {
        fsz_conn_flush(conn);
        fsz_conn_schedule(conn);
    }
}

/* The handshake is complete: messages may go both ways. */
static void handshake_done(struct fsz_conn *conn)
{
    const struct fsz_conn_handler *handler = conn->shared->handler;
    struct conn_output            *output = &conn->output;
    bool encrypts = conn->mechanism != NULL && fsz_mechanism_encrypts(conn->mechanism);
    conn->stage = CONN_TRAFFIC;
    conn->handshake_due_ms = 0;
    fsz_conn_input_relist(conn);
    fsz_conn_output_lock(conn);
    output->sealer = encrypts ? conn->mechanism : NULL;
    output->open = true;
    fsz_conn_output_unlock(conn);
    if (!encrypts) {
        fsz_mechanism_free(&conn->mechanism);
    }
    atomic_store(&conn->ready, true);
    atomic_fetch_add(&conn->shared->ready, 1);
    fsz_conn_heartbeat_begin(conn);
    if (!fsz_conn_is_over(conn) && handler->ready != NULL) {
        handler->ready(conn->shared->self, conn);
    }
    if (!fsz_conn_is_over(conn)) {
        fsz_conn_flush(conn);
    }
}

/* The mechanism is ready: takes over the peer's metadata. */
static void handshake_ready(struct fsz_conn *conn)
{
    const struct fsz_metadata *peer = fsz_mechanism_peer(conn->mechanism);
    struct fsz_conn_facts     *facts = &conn->facts;
    facts->type = peer->has_type ? peer->type : FSZ_ZMTP_TYPES;
    facts->routing_id_size = peer->routing_id_size;
    memcpy(facts->routing_id, peer->routing_id, peer->routing_id_size);
    handshake_done(conn);
}

static void handshake_ask(struct fsz_conn *conn)
{
    const struct fsz_conn_handler *handler = conn->shared->handler;
    if (handler->asks == NULL) {
        fsz_conn_judge(conn, "200");
        return;
    }
    /* The handshake timeout is stopped until the decision comes. */
    if (conn->handshake_due_ms > 0) {
        int64_t left_ms = conn->handshake_due_ms - fsz_loop_now_ms(conn->shared->loop);
        conn->handshake_due_ms = left_ms > 0 ? left_ms : 1;
    }
    conn->input.asking = true;
    fsz_conn_watch_input(conn);
    handler->asks(conn->shared->self, conn, fsz_mechanism_credentials(conn->mechanism));
}

/* Queues the commands that the mechanism produces; returns their number. */
static size_t handshake_send_commands(struct fsz_conn *conn)
{
    struct fsz_buffer command;
    size_t            sent = 0;
    fsz_buffer_init(&command, FSZ_MECHANISM_COMMAND_MAX);
    /* Reserved in full: growing would leave a copy of a password behind. */
    fsz_err err = fsz_buffer_reserve(&command, FSZ_MECHANISM_COMMAND_MAX);
    (void)err; /* also recorded in `failed` */
    while (!fsz_conn_is_over(conn) && fsz_mechanism_next(conn->mechanism, &command)) {
        uint8_t head[FSZ_FRAME_HEAD_MAX];
        size_t  head_size = fsz_frame_write(head, FSZ_FRAME_COMMAND, command.size);
        if (command.failed != FSZ_OK) {
            fsz_conn_end(conn, FSZ_ZMTP_END_MEMORY);
        } else if (handshake_put(conn, head, head_size) &&
                   handshake_put(conn, command.data, command.size)) {
            sent++;
        }
        command.size = 0;
    }
    fsz_conn_output_wipe(&command);
    fsz_conn_flush(conn);
    return sent;
}

/* If an ERROR was sent, waits until the peer has received it. */
static void handshake_failed(struct fsz_conn *conn, bool sent_error)
{
    enum fsz_zmtp_ending ending = fsz_mechanism_ending(conn->mechanism);
    if (sent_error) {
        fsz_conn_close(conn, ending, conn->handshake_due_ms);
    } else {
        fsz_conn_end(conn, ending);
    }
}

/* Continues after a step of the mechanism. */
static void handshake_continue(struct fsz_conn *conn)
{
    size_t sent = handshake_send_commands(conn);
    if (fsz_conn_is_over(conn)) {
        return;
    }
    switch (fsz_mechanism_state(conn->mechanism)) {
    case FSZ_MECHANISM_WORKING:
        break;
    case FSZ_MECHANISM_ASKING:
        handshake_ask(conn);
        break;
    case FSZ_MECHANISM_READY:
        handshake_ready(conn);
        break;
    case FSZ_MECHANISM_FAILED:
        handshake_failed(conn, sent > 0);
        break;
    }
}

void fsz_conn_handshake_take(struct fsz_conn *conn, const uint8_t *command, size_t size)
{
    fsz_loop_spend(conn->shared->loop, CONN_WORK_HANDSHAKE);
    if (conn->refusal[0] != '\0') {
        fsz_mechanism_refuse(conn->mechanism, conn->refusal);
        handshake_continue(conn);
        return;
    }
    fsz_err err = fsz_mechanism_take(conn->mechanism, command, size);
    (void)err; /* the state of the mechanism shows the error */
    handshake_continue(conn);
}

/* Resumes the handshake timeout. */
static void handshake_asked(struct fsz_conn *conn)
{
    if (conn->input.asking) {
        conn->input.asking = false;
        if (conn->handshake_due_ms > 0) {
            conn->handshake_due_ms += fsz_loop_now_ms(conn->shared->loop);
        }
        fsz_conn_watch_input(conn);
        fsz_conn_attend(conn);
        fsz_conn_schedule(conn);
    }
}

void fsz_conn_judge(struct fsz_conn *conn, const char *status)
{
    if (conn->stage != CONN_HANDSHAKE ||
        fsz_mechanism_state(conn->mechanism) != FSZ_MECHANISM_ASKING) {
        return;
    }
    if (strcmp(status, "300") == 0) {
        fsz_conn_end(conn, FSZ_ZMTP_END_REFUSED);
        return;
    }
    fsz_conn_ref(conn);
    handshake_asked(conn);
    if (!fsz_conn_is_over(conn)) {
        fsz_mechanism_judge(conn->mechanism, status);
        handshake_continue(conn);
    }
    fsz_conn_unref(&conn);
}

/* Writes the rest of our greeting first, so that the peer can see the reason. */
static void handshake_end(struct fsz_conn *conn, enum fsz_zmtp_ending ending)
{
    fsz_conn_flush(conn);
    fsz_conn_end(conn, ending);
}

/* A peer of 3.x must use our mechanism. A client of PLAIN or CURVE accepts an ERROR only as the
 * reply to its first command, so a refusal waits for that; a peer with NULL may be waiting for us.
 */
static void handshake_greeted(struct fsz_conn *conn, const struct fsz_greeting *greeting)
{
    conn->stage = CONN_HANDSHAKE;
    if (conn->refusal[0] != '\0' && greeting->mechanism == FSZ_ZMTP_NULL) {
        fsz_mechanism_refuse(conn->mechanism, conn->refusal);
    } else if (conn->refusal[0] == '\0' && greeting->mechanism != conn->own_mechanism) {
        handshake_end(conn, FSZ_ZMTP_END_MECHANISM);
        return;
    }
    handshake_continue(conn);
}

/* A peer of 2.0, which has no mechanisms and no commands. */
static void handshake_greeted_2_0(struct fsz_conn *conn, const struct fsz_greeting *greeting)
{
    struct fsz_conn_facts *facts = &conn->facts;
    facts->type = greeting->type;
    facts->routing_id_size = greeting->routing_id_size;
    memcpy(facts->routing_id, greeting->routing_id, greeting->routing_id_size);
    fsz_mechanism_free(&conn->mechanism);
    if (conn->refusal[0] != '\0') {
        handshake_end(conn, FSZ_ZMTP_END_REFUSED);
    } else if (conn->own_mechanism != FSZ_ZMTP_NULL) {
        handshake_end(conn, FSZ_ZMTP_END_MECHANISM);
    } else if (!fsz_zmtp_types_match(conn->own_type, greeting->type)) {
        handshake_end(conn, FSZ_ZMTP_END_TYPE);
    } else {
        handshake_done(conn);
    }
}

/* Queues the rest of our greeting once the peer's version is known. False: it is not known yet, or
 * the connection has ended. */
static bool handshake_answer(struct fsz_conn *conn, const uint8_t *bytes, size_t size)
{
    enum fsz_zmtp_version version = FSZ_ZMTP_UNKNOWN;
    uint8_t               rest[FSZ_GREETING_BYTES];
    fsz_err               err = fsz_greeting_version(bytes, size, &version);
    if (err == FSZ_EBUSY) {
        return false;
    }
    if (err != FSZ_OK) {
        fsz_conn_end(conn, FSZ_ZMTP_END_PROTOCOL);
        return false;
    }
    conn->version_known = true;
    bool   as_server = conn->own_mechanism != FSZ_ZMTP_NULL && !conn->facts.dialed;
    size_t rest_size =
        fsz_greeting_continue(version, conn->own_type, conn->own_mechanism, as_server, rest);
    conn->input.answers = true; /* written together with other replies to these bytes */
    return handshake_put(conn, rest, rest_size);
}

size_t fsz_conn_handshake_greeting(struct fsz_conn *conn, const uint8_t *bytes, size_t size)
{
    struct fsz_conn_facts *facts = &conn->facts;
    struct fsz_greeting    greeting;
    enum fsz_zmtp_ending   ending = FSZ_ZMTP_END_PROTOCOL;
    size_t                 used = 0;
    if (!conn->version_known && !handshake_answer(conn, bytes, size)) {
        return 0;
    }
    fsz_err err = fsz_greeting_read(bytes, size, &greeting, &used, &ending);
    if (err == FSZ_EBUSY) {
        return 0;
    }
    if (err != FSZ_OK) {
        handshake_end(conn, ending);
        return 0;
    }
    facts->version = greeting.version;
    facts->mechanism = greeting.mechanism;
    snprintf(facts->mechanism_text, sizeof(facts->mechanism_text), "%s", greeting.mechanism_text);
    if (greeting.version == FSZ_ZMTP_2_0) {
        handshake_greeted_2_0(conn, &greeting);
    } else {
        handshake_greeted(conn, &greeting);
    }
    return used;
}
