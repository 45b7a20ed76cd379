/* SPDX-License-Identifier: MPL-2.0 */
/* zmtp_rig.h - one of our sockets on a loop that the test turns, and libzmq peers. */
#ifndef ZMTP_RIG_H
#define ZMTP_RIG_H

#include "quiet_port.h"
#include "zmtp/zmtp_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#include <cmocka.h>

#define RIG_UNUSED __attribute__((unused))

/* ZMTP 3.0: a whole greeting with NULL, and READY of a socket type with six letters. */
#define RIG_GREETING                                                                               \
    "\xff\0\0\0\0\0\0\0\1\x7f\3\0NULL\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"                             \
    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define RIG_READY(type) "\4\x1c\5READY\x0bSocket-Type\0\0\0\6" type

enum { RIG_PATIENCE_MS = 60000 /* for anything that must happen */ };

/* A gate that keeps requests until the test decides. */
struct rig_gate {
    struct fsz_gate       gate;
    struct fsz_admission *asked[64];
    size_t                count, total;
};

struct rig {
    struct fsz_loop        *loop;
    struct fsz_zmtp_socket *socket;
    struct fsz_zmtp_options options;
    struct fsz_zmtp_limits  limits;
    struct rig_gate         gate;
    bool                    gated;
    void                   *zmq;
    char                    endpoint[FSZ_ADDRESS_TEXT_BYTES];
    size_t                  ready, messages, subscriptions, ended, closed, turned_away;
    size_t                  endings[FSZ_ZMTP_ENDING_COUNT];
    uint64_t                last_id; /* of the last connection that became ready */
    char                    last_user[64];
    uint64_t                last_tag;
    struct fsz_zmtp_handler handler;
    void (*on_message)(struct rig *rig, struct fsz_conn *conn); /* after the echo */
    void (*on_ended)(struct rig *rig, struct fsz_conn *conn);
    bool mute; /* no echo */
};

static int64_t rig_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void rig_ready(void *self, struct fsz_conn *conn)
{
    struct rig              *rig = self;
    struct fsz_zmtp_identity who = fsz_zmtp_socket_identity(conn);
    rig->ready++;
    rig->last_id = fsz_conn_facts(conn)->id;
    rig->last_tag = who.tag;
    snprintf(rig->last_user, sizeof(rig->last_user), "%s", who.user);
}

static void rig_echo(struct fsz_conn *conn, const struct fsz_frames *frames)
{
    struct fsz_zmtp_message *message;
    assert_int_equal(fsz_zmtp_message_new(frames->frames, frames->count, FSZ_ZMTP_HIGH, &message),
                     FSZ_OK);
    fsz_err err = fsz_conn_send(conn, message);
    assert_true(err == FSZ_OK || err == FSZ_ECLOSED);
    fsz_zmtp_message_unref(message);
}

static void rig_message(void *self, struct fsz_conn *conn, const struct fsz_frames *frames)
{
    struct rig *rig = self;
    rig->messages++;
    if (!rig->mute) {
        rig_echo(conn, frames);
    }
    if (rig->on_message != NULL) {
        rig->on_message(rig, conn);
    }
}

static void rig_subscription(void *self, struct fsz_conn *conn, bool subscribe,
                             const uint8_t *prefix, size_t size)
{
    struct rig *rig = self;
    (void)conn;
    assert_true(subscribe);
    assert_int_equal(size, 3);
    assert_memory_equal(prefix, "abc", 3);
    rig->subscriptions++;
}

static void rig_ended(void *self, struct fsz_conn *conn, enum fsz_zmtp_ending ending)
{
    struct rig *rig = self;
    rig->ended++;
    rig->endings[ending]++;
    if (rig->on_ended != NULL) {
        rig->on_ended(rig, conn);
    }
}

static void rig_turned_away(void *self, const struct fsz_address *peer, enum fsz_zmtp_ending ending)
{
    struct rig *rig = self;
    assert_true(peer->any.sa_family == AF_INET || peer->any.sa_family == AF_UNIX);
    assert_true(ending == FSZ_ZMTP_END_CONNECTIONS || ending == FSZ_ZMTP_END_ADDRESS_CONNECTIONS ||
                ending == FSZ_ZMTP_END_ADDRESS_RATE || ending == FSZ_ZMTP_END_MEMORY);
    rig->turned_away++;
}

static void rig_closed(void *argument)
{
    struct rig *rig = argument;
    rig->closed++;
}

static void rig_keep(void *self, struct fsz_admission *admission)
{
    struct rig_gate *gate = self;
    assert_true(gate->count < sizeof(gate->asked) / sizeof(gate->asked[0]));
    gate->asked[gate->count++] = admission;
    gate->total++;
}

/* A socket that is not open yet. */
static struct rig rig_make(enum fsz_zmtp_type type)
{
    struct rig rig = {
        .options =
            {
                .mechanism = {.name = FSZ_ZMTP_NULL, .as_server = true, .type = type},
                .times = {.handshake_ms = 30000},
                .backlog = 1000,
                .reconnect_ms = 10,
                .reconnect_max_ms = 50,
                .connect_timeout_ms = 5000,
            },
        .limits =
            {
                .conn =
                    {
                        .message_bytes = 1 << 20,
                        .message_frames = 64,
                        .output_messages = 1000,
                        .output_bytes = 16 << 20,
                    },
                .input_bytes = 64 << 20,
                .output_bytes = 64 << 20,
                .connections = 1000,
                .address_connections = 1000,
            },
        .gate = {.gate = {.ask = rig_keep}},
        .handler =
            {
                .turned_away = rig_turned_away,
                .ready = rig_ready,
                .message = rig_message,
                .subscription = rig_subscription,
                .ended = rig_ended,
            },
    };
    return rig;
}

static void rig_bind(struct rig *rig, const char *endpoint)
{
    char        why[FSZ_ADDRESS_WHY_BYTES] = "";
    const char *bound = NULL;
    int         error = 0;
    if (fsz_zmtp_socket_bind(rig->socket, endpoint, &bound, &error, why) != FSZ_OK) {
        fail_msg("%s: %s (%s)", endpoint, why, strerror(error));
    }
    snprintf(rig->endpoint, sizeof(rig->endpoint), "%s", bound);
}

/* Opens it, and binds to `endpoint` unless that is NULL. */
RIG_UNUSED static void rig_open(struct rig *rig, const char *endpoint)
{
    rig->gate.gate.self = &rig->gate;
    rig->zmq = zmq_ctx_new();
    assert_non_null(rig->zmq);
    assert_int_equal(fsz_loop_new(&rig->loop), FSZ_OK);
    assert_int_equal(fsz_zmtp_socket_new(rig->loop, &rig->options, &rig->limits, &rig->handler, rig,
                                         rig->gated ? &rig->gate.gate : NULL, &rig->socket),
                     FSZ_OK);
    if (endpoint != NULL) {
        rig_bind(rig, endpoint);
    }
}

static void rig_turn(struct rig *rig)
{
    (void)fsz_loop_turn(rig->loop, 2000000);
}

/* Turns the loop until a condition holds. */
#define RIG_UNTIL(rig, condition)                                                                  \
    do {                                                                                           \
        int64_t rig_until_ms = rig_now_ms() + RIG_PATIENCE_MS;                                     \
        while (!(condition)) {                                                                     \
            if (rig_now_ms() > rig_until_ms) {                                                     \
                fail_msg("never: %s", #condition);                                                 \
            }                                                                                      \
            rig_turn(rig);                                                                         \
        }                                                                                          \
    } while (0)

RIG_UNUSED static void rig_close(struct rig *rig)
{
    fsz_zmtp_socket_close(&rig->socket, 0, rig_closed, rig);
    assert_int_equal(rig->closed, 1);
}

/* The test must close the peers' sockets before. */
RIG_UNUSED static void rig_end(struct rig *rig)
{
    if (rig->socket != NULL) {
        rig_close(rig);
    }
    fsz_loop_free(&rig->loop);
    zmq_ctx_term(rig->zmq);
}

RIG_UNUSED static struct fsz_zmtp_figures rig_figures(struct rig *rig)
{
    struct fsz_zmtp_figures figures;
    fsz_zmtp_socket_figures(rig->socket, &figures);
    return figures;
}

/* Answers a request. Any thread. */
RIG_UNUSED static void admission_answer(struct fsz_admission *asked, const char *status,
                                        const char *user)
{
    struct fsz_admission_answer answer = {.tag = 77};
    memcpy(answer.status, status, strlen(status) + 1);
    snprintf(answer.user, sizeof(answer.user), "%s", user);
    fsz_admission_answer(&asked, &answer);
    assert_null(asked);
}

/* The oldest request. */
RIG_UNUSED static struct fsz_admission *rig_take(struct rig *rig)
{
    struct rig_gate      *gate = &rig->gate;
    struct fsz_admission *asked = gate->asked[0];
    assert_true(gate->count > 0);
    gate->count--;
    memmove(gate->asked, gate->asked + 1, gate->count * sizeof(gate->asked[0]));
    return asked;
}

RIG_UNUSED static void rig_answer(struct rig *rig, const char *status, const char *user)
{
    admission_answer(rig_take(rig), status, user);
}

/* A plain TCP connection, from an address of loopback. */
RIG_UNUSED static int raw_connect(const struct rig *rig, const char *source)
{
    const char        *port = strrchr(rig->endpoint, ':') + 1;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(port))};
    struct sockaddr_in from = {.sin_family = AF_INET};
    int                fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(inet_pton(AF_INET, source, &from.sin_addr), 1);
    assert_int_equal(bind(fd, (struct sockaddr *)&from, sizeof(from)), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    return fd;
}

RIG_UNUSED static void raw_say(int fd, const void *bytes, size_t size)
{
    assert_int_equal(send(fd, bytes, size, MSG_NOSIGNAL), size);
}

/* A libzmq peer that is not connected. */
static void *peer_make(struct rig *rig, int type)
{
    int   none = 0;
    int   fast = 10;
    void *peer = zmq_socket(rig->zmq, type);
    assert_non_null(peer);
    zmq_setsockopt(peer, ZMQ_LINGER, &none, sizeof(none));
    zmq_setsockopt(peer, ZMQ_RECONNECT_IVL, &fast, sizeof(fast));
    return peer;
}

RIG_UNUSED static void *peer_connect(struct rig *rig, int type)
{
    void *peer = peer_make(rig, type);
    assert_int_equal(zmq_connect(peer, rig->endpoint), 0);
    return peer;
}

/* Receives one frame while the loop turns. */
RIG_UNUSED static void peer_expect(struct rig *rig, void *peer, const char *text)
{
    char bytes[256];
    int  size = -1;
    RIG_UNTIL(rig, (size = zmq_recv(peer, bytes, sizeof(bytes), ZMQ_DONTWAIT)) >= 0);
    assert_int_equal(size, strlen(text));
    assert_memory_equal(bytes, text, strlen(text));
}

RIG_UNUSED static void peer_say(void *peer, const char *text)
{
    assert_int_equal(zmq_send(peer, text, strlen(text), 0), strlen(text));
}

/* Expects that the peer is served. */
RIG_UNUSED static void peer_ask(struct rig *rig, void *peer, const char *text)
{
    peer_say(peer, text);
    peer_expect(rig, peer, text);
}

/* An endpoint that nothing serves yet, and that can be served repeatedly. */
RIG_UNUSED static void server_choose(char ret_endpoint[FSZ_ADDRESS_TEXT_BYTES])
{
    snprintf(ret_endpoint, FSZ_ADDRESS_TEXT_BYTES, "tcp://127.0.0.1:%u", quiet_port());
}

/* A libzmq ROUTER at that endpoint. */
RIG_UNUSED static void *server_start(struct rig *rig, const char *endpoint)
{
    void *server = peer_make(rig, ZMQ_ROUTER);
    RIG_UNTIL(rig, zmq_bind(server, endpoint) == 0);
    return server;
}

static bool server_listens(const char *endpoint)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    int                one = 1;
    int                fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address.sin_port = htons((uint16_t)atoi(strrchr(endpoint, ':') + 1));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    bool listens = bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0;
    close(fd);
    return listens;
}

/* Stops listening before it closes its connections, so that no peer connects again. */
RIG_UNUSED static void server_stop(struct rig *rig, void *server, const char *endpoint)
{
    assert_int_equal(zmq_unbind(server, endpoint), 0);
    RIG_UNTIL(rig, !server_listens(endpoint));
    zmq_close(server);
}

#endif
