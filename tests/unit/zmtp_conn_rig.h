/* SPDX-License-Identifier: MPL-2.0 */
/* zmtp_conn_rig.h - a connection on a real loop. The test reads and writes the peer's end of the
 * socket byte by byte, and turns the loop. */
#ifndef FSZ_ZMTP_CONN_RIG_H
#define FSZ_ZMTP_CONN_RIG_H

#include "zmtp/conn.h"

#include <setjmp.h> /* before cmocka.h */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    RIG_WAIT_MS = 20000, /* for anything that must happen; machines may be busy */
    RIG_TURN_NS = 2000000,
    RIG_TEXT_BYTES = 1 << 16
};

struct rig {
    struct fsz_loop                 *loop;
    struct fsz_conn_shared           shared;
    struct fsz_mechanism_config      mechanism;
    struct fsz_conn                 *conn;
    int                              peer;
    char                             got[RIG_TEXT_BYTES]; /* "a|b\n": frames, messages */
    size_t                           got_size, messages, message_bytes;
    char                             subscriptions[RIG_TEXT_BYTES]; /* "+a-b" */
    unsigned                         ready, drained, asked, freed;
    bool                             ended;
    enum fsz_zmtp_ending             ending;
    struct fsz_mechanism_credentials credentials;
    /* What a test does in a callback. */
    void (*on_message)(struct rig *rig, struct fsz_conn *conn, const struct fsz_frames *frames);
    void (*on_asks)(struct rig *rig, struct fsz_conn *conn);
    void (*on_ready)(struct rig *rig, struct fsz_conn *conn);
};

static inline int64_t rig_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static inline void rig_text(char *text, size_t *size, const void *bytes, size_t count)
{
    if (*size + count < RIG_TEXT_BYTES) {
        memcpy(text + *size, bytes, count);
        *size += count;
        text[*size] = '\0';
    }
}

static inline void rig_message(void *self, struct fsz_conn *conn, const struct fsz_frames *frames)
{
    struct rig *rig = self;
    rig->messages++;
    for (size_t i = 0; i < frames->count; i++) {
        rig_text(rig->got, &rig->got_size, frames->frames[i].data, frames->frames[i].size);
        rig_text(rig->got, &rig->got_size, i + 1 < frames->count ? "|" : "\n", 1);
        rig->message_bytes += frames->frames[i].size;
    }
    if (rig->on_message != NULL) {
        rig->on_message(rig, conn, frames);
    }
}

static inline void rig_subscription(void *self, struct fsz_conn *conn, bool subscribe,
                                    const uint8_t *prefix, size_t size)
{
    struct rig *rig = self;
    size_t      used = strlen(rig->subscriptions);
    (void)conn;
    rig_text(rig->subscriptions, &used, subscribe ? "+" : "-", 1);
    rig_text(rig->subscriptions, &used, prefix, size);
}

static inline void rig_asks(void *self, struct fsz_conn *conn,
                            const struct fsz_mechanism_credentials *credentials)
{
    struct rig *rig = self;
    rig->asked++;
    rig->credentials = *credentials;
    if (rig->on_asks != NULL) {
        rig->on_asks(rig, conn);
    }
}

static inline void rig_ready(void *self, struct fsz_conn *conn)
{
    struct rig *rig = self;
    rig->ready++;
    if (rig->on_ready != NULL) {
        rig->on_ready(rig, conn);
    }
}

static inline void rig_drained(void *self, struct fsz_conn *conn)
{
    (void)conn;
    ((struct rig *)self)->drained++;
}

static inline void rig_ended(void *self, struct fsz_conn *conn, enum fsz_zmtp_ending ending)
{
    struct rig *rig = self;
    if (conn == rig->conn) {
        assert_false(rig->ended);
        rig->ended = true;
        rig->ending = ending;
    }
}

static inline void rig_freed(void *owner)
{
    ((struct rig *)owner)->freed++;
}

static const struct fsz_conn_handler rig_handler = {
    .asks = rig_asks,
    .ready = rig_ready,
    .message = rig_message,
    .subscription = rig_subscription,
    .drained = rig_drained,
    .ended = rig_ended,
    .freed = rig_freed,
};

static inline void rig_init(struct rig *rig, enum fsz_zmtp_type type)
{
    memset(rig, 0, sizeof(*rig));
    assert_int_equal(fsz_loop_new(&rig->loop), FSZ_OK);
    rig->peer = -1;
    rig->mechanism.type = type;
    rig->shared = (struct fsz_conn_shared){
        .loop = rig->loop,
        .handler = &rig_handler,
        .self = rig,
        .limits = {.message_bytes = 1 << 20,
                   .message_frames = 64,
                   .output_messages = 1000,
                   .output_bytes = 1 << 24},
        .times = {.handshake_ms = RIG_WAIT_MS},
    };
}

static inline void rig_nonblocking(int fd)
{
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
}

/* A connection on a descriptor; the first one is the rig's `conn`. */
static inline struct fsz_conn *rig_conn(struct rig *rig, int fd, bool dialed)
{
    struct fsz_conn_origin origin = {
        .fd = fd,
        .dialed = dialed,
        .owner = rig,
        .peer = {.size = sizeof(sa_family_t), .any = {.sa_family = AF_UNIX}},
        .endpoint = "ipc:///rig",
    };
    struct fsz_conn *conn = NULL;
    rig_nonblocking(fd);
    assert_int_equal(fsz_conn_new(&rig->shared, &rig->mechanism, &origin, &conn), FSZ_OK);
    return conn;
}

/* A connection on a socketpair, not begun; `peer` is the other end. */
static inline void rig_pair(struct rig *rig)
{
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    rig_nonblocking(ends[1]);
    rig->peer = ends[1];
    rig->conn = rig_conn(rig, ends[0], false);
}

static inline void rig_fini(struct rig *rig)
{
    if (rig->conn != NULL) {
        fsz_conn_end(rig->conn, FSZ_ZMTP_END_STOPPED);
    }
    fsz_conn_unref(&rig->conn);
    if (rig->peer >= 0) {
        close(rig->peer);
    }
    fsz_loop_free(&rig->loop);
    assert_int_equal(rig->shared.inputs.used, 0);
    assert_null(rig->shared.inputs.oldest);
    assert_null(rig->shared.inputs.newest);
    assert_int_equal(rig->shared.output.used, 0);
}

/* Turns the loop until a condition holds; fails the test if that takes too long. */
#define RIG_UNTIL(rig, condition)                                                                  \
    do {                                                                                           \
        int64_t rig_due = rig_now_ms() + RIG_WAIT_MS;                                              \
        while (!(condition)) {                                                                     \
            assert_true(rig_now_ms() < rig_due);                                                   \
            fsz_loop_turn((rig)->loop, RIG_TURN_NS);                                               \
        }                                                                                          \
    } while (0)

/* Turns until nothing is left to do. */
static inline void rig_settle(struct rig *rig)
{
    while (fsz_loop_turn(rig->loop, 0) > 0) {
    }
}

static inline void rig_send(struct rig *rig, const void *bytes, size_t size)
{
    const char *at = bytes;
    int64_t     due = rig_now_ms() + RIG_WAIT_MS;
    while (size > 0 && !rig->ended) {
        ssize_t n = send(rig->peer, at, size, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0) {
            at += n;
            size -= (size_t)n;
        } else {
            assert_true(errno == EAGAIN || errno == EPIPE || errno == ECONNRESET);
        }
        fsz_loop_turn(rig->loop, n > 0 ? 0 : RIG_TURN_NS);
        assert_true(rig_now_ms() < due);
    }
}

/* Reads exactly that many bytes as the peer. */
static inline void rig_read(struct rig *rig, void *bytes, size_t size)
{
    char   *at = bytes;
    int64_t due = rig_now_ms() + RIG_WAIT_MS;
    while (size > 0) {
        ssize_t n = recv(rig->peer, at, size, MSG_DONTWAIT);
        if (n > 0) {
            at += n;
            size -= (size_t)n;
            continue;
        }
        assert_true(n < 0 && errno == EAGAIN);
        assert_true(rig_now_ms() < due);
        fsz_loop_turn(rig->loop, RIG_TURN_NS);
    }
}

static inline void rig_expect(struct rig *rig, const void *bytes, size_t size)
{
    char got[1024];
    assert_true(size <= sizeof(got));
    rig_read(rig, got, size);
    assert_memory_equal(got, bytes, size);
}

/* Has the peer read the end of the stream? */
static inline bool rig_peer_closed(struct rig *rig)
{
    char    byte;
    ssize_t n = recv(rig->peer, &byte, 1, MSG_DONTWAIT | MSG_PEEK);
    return n == 0 || (n < 0 && errno == ECONNRESET);
}

#define RIG_SEND(rig, literal) rig_send((rig), (literal), sizeof(literal) - 1)
#define RIG_EXPECT(rig, literal) rig_expect((rig), (literal), sizeof(literal) - 1)

/* A greeting of 3.x with minor version `minor`. */
static inline void rig_greeting(uint8_t greeting[64], uint8_t minor, const char *mechanism)
{
    memset(greeting, 0, 64);
    greeting[0] = 0xff;
    greeting[8] = 1;
    greeting[9] = 0x7f;
    greeting[10] = 3;
    greeting[11] = minor;
    memcpy(greeting + 12, mechanism, strlen(mechanism));
}

static inline void rig_send_greeting(struct rig *rig, uint8_t minor, const char *mechanism)
{
    uint8_t greeting[64];
    rig_greeting(greeting, minor, mechanism);
    rig_send(rig, greeting, sizeof(greeting));
}

#define RIG_READY_DEALER "\x04\x2b\5READY\xbSocket-Type\0\0\0\6DEALER\x8Identity\0\0\0\2id"
#define RIG_READY_SUB "\x04\x19\5READY\xbSocket-Type\0\0\0\3SUB"

/* Performs the handshake as a peer with mechanism NULL and the given READY; reads what we send. */
static inline void rig_shake(struct rig *rig, uint8_t minor, const char *ready, size_t size)
{
    uint8_t ours[64], command[2 + 255];
    fsz_conn_begin(rig->conn, NULL);
    rig_send_greeting(rig, minor, "NULL");
    rig_send(rig, ready, size);
    rig_read(rig, ours, sizeof(ours));
    rig_read(rig, command, 2);
    assert_int_equal(command[0], FSZ_FRAME_COMMAND);
    rig_read(rig, command + 2, command[1]);
    assert_memory_equal(command + 2, "\5READY", 6);
    RIG_UNTIL(rig, rig->ready == 1);
}

/* A ROUTER whose peer is a DEALER; or an XPUB whose peer is a SUB. */
static inline void rig_router(struct rig *rig)
{
    rig_init(rig, FSZ_ZMTP_ROUTER);
    rig_pair(rig);
}

static inline void rig_shake_dealer(struct rig *rig)
{
    rig_shake(rig, 1, RIG_READY_DEALER, sizeof(RIG_READY_DEALER) - 1);
}

/* A message of one frame. */
static inline struct fsz_zmtp_message *rig_new_message(const void *body, size_t size,
                                                       enum fsz_zmtp_priority priority)
{
    union {
        struct fsz_frames list;
        uint8_t           room[sizeof(struct fsz_frames) + sizeof(struct fsz_frame)];
    } frames = {.list = {.count = 1}};
    struct fsz_zmtp_message *message = NULL;
    frames.list.frames[0] = (struct fsz_frame){body, size};
    assert_int_equal(fsz_zmtp_message_new(frames.list.frames, 1, priority, &message), FSZ_OK);
    return message;
}

static inline fsz_err rig_post(struct fsz_conn *conn, const void *body, size_t size,
                               enum fsz_zmtp_priority priority)
{
    struct fsz_zmtp_message *message = rig_new_message(body, size, priority);
    fsz_err                  err = fsz_conn_send(conn, message);
    fsz_zmtp_message_unref(message);
    return err;
}

/* Sends a message of one frame with an eight-byte length and a body of zeros; `send`: how much of
 * it. */
static inline void rig_send_long(struct rig *rig, size_t size, size_t send)
{
    uint8_t head[9] = {FSZ_FRAME_LONG};
    char   *body = calloc(1, send + 1);
    for (size_t i = 0; i < 8; i++) {
        head[1 + i] = (uint8_t)((uint64_t)size >> (56 - 8 * i));
    }
    rig_send(rig, head, sizeof(head));
    rig_send(rig, body, send);
    free(body);
}

#endif
