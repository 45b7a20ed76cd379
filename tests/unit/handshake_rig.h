/* SPDX-License-Identifier: MPL-2.0 */
/* handshake_rig.h - a libzmq socket, and a plain blocking socket with our greeting, frames and
 * mechanism. */
#ifndef FSZ_TEST_HANDSHAKE_RIG_H
#define FSZ_TEST_HANDSHAKE_RIG_H

#include "zmtp/greeting.h"
#include "zmtp/mechanism.h"

#include "zmtp/frame.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>
#include <zmq.h>

enum { PATIENCE_S = 30, ENDPOINT_BYTES = 64 };

/* libzmq on one side, our descriptor on the other. */
struct link {
    void                 *context, *socket, *monitor;
    int                   listener, fd;
    struct fsz_mechanism *mechanism;
};

static inline void link_new(struct link *link, int type)
{
    int no_linger = 0;
    int patience_ms = PATIENCE_S * 1000;
    *link = (struct link){.context = zmq_ctx_new(), .listener = -1, .fd = -1};
    link->socket = zmq_socket(link->context, type);
    zmq_setsockopt(link->socket, ZMQ_LINGER, &no_linger, sizeof(no_linger));
    zmq_setsockopt(link->socket, ZMQ_RCVTIMEO, &patience_ms, sizeof(patience_ms));
}

static inline struct sockaddr_in loopback(unsigned long port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static inline void link_be_patient(struct link *link)
{
    struct timeval patience = {.tv_sec = PATIENCE_S};
    assert_true(link->fd >= 0);
    setsockopt(link->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
}

/* libzmq listens, and we connect. */
static inline void link_connect(struct link *link)
{
    char          endpoint[ENDPOINT_BYTES];
    size_t        size = sizeof(endpoint);
    unsigned long port = 0;
    assert_int_equal(zmq_bind(link->socket, "tcp://127.0.0.1:*"), 0);
    assert_int_equal(zmq_getsockopt(link->socket, ZMQ_LAST_ENDPOINT, endpoint, &size), 0);
    port = strtoul(strrchr(endpoint, ':') + 1, NULL, 10);
    struct sockaddr_in address = loopback(port);
    link->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    link_be_patient(link);
    assert_int_equal(connect(link->fd, (struct sockaddr *)&address, sizeof(address)), 0);
}

/* We listen, and libzmq connects. */
static inline void link_accept(struct link *link)
{
    struct sockaddr_in address = loopback(0);
    socklen_t          size = sizeof(address);
    char               endpoint[ENDPOINT_BYTES];
    struct timeval     patience = {.tv_sec = PATIENCE_S};
    link->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(link->listener, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    assert_int_equal(bind(link->listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(link->listener, 4), 0);
    assert_int_equal(getsockname(link->listener, (struct sockaddr *)&address, &size), 0);
    snprintf(endpoint, sizeof(endpoint), "tcp://127.0.0.1:%u", (unsigned)ntohs(address.sin_port));
    assert_int_equal(zmq_connect(link->socket, endpoint), 0);
    link->fd = accept4(link->listener, NULL, NULL, SOCK_CLOEXEC);
    link_be_patient(link);
}

static inline void link_end(struct link *link)
{
    fsz_mechanism_free(&link->mechanism);
    close(link->fd);
    if (link->listener >= 0) {
        close(link->listener);
    }
    if (link->monitor != NULL) {
        zmq_close(link->monitor);
    }
    zmq_close(link->socket);
    zmq_ctx_term(link->context);
}

static inline void link_send(struct link *link, const void *bytes, size_t size)
{
    assert_int_equal(send(link->fd, bytes, size, MSG_NOSIGNAL), (int)size);
}

static inline void link_read(struct link *link, uint8_t *bytes, size_t size)
{
    assert_int_equal(size ? recv(link->fd, bytes, size, MSG_WAITALL) : 0, (int)size);
}

/* Asserts that libzmq closes the connection. */
static inline void link_is_closed(struct link *link)
{
    uint8_t byte;
    ssize_t got = recv(link->fd, &byte, 1, 0);
    assert_true(got == 0 || (got < 0 && errno == ECONNRESET));
}

static inline void link_greet(struct link *link, const struct fsz_mechanism_config *config)
{
    uint8_t              ours[FSZ_GREETING_BYTES], theirs[FSZ_GREETING_BYTES];
    struct fsz_greeting  greeting;
    enum fsz_zmtp_ending ending;
    size_t               used = 0;
    fsz_greeting_open(ours);
    link_send(link, ours, FSZ_GREETING_OPENING_BYTES);
    link_send(
        link, ours,
        fsz_greeting_continue(FSZ_ZMTP_3_0, config->type, config->name, config->as_server, ours));
    link_read(link, theirs, sizeof(theirs));
    assert_int_equal(fsz_greeting_read(theirs, sizeof(theirs), &greeting, &used, &ending), FSZ_OK);
    assert_int_equal(greeting.mechanism, config->name);
    assert_int_equal(fsz_mechanism_new(config, &link->mechanism), FSZ_OK);
}

static inline void frame_send(struct link *link, uint8_t flags, const void *body, size_t size)
{
    uint8_t head[FSZ_FRAME_HEAD_MAX];
    link_send(link, head, fsz_frame_write(head, flags, size));
    if (size > 0) {
        link_send(link, body, size);
    }
}

/* Returns the body's size. */
static inline size_t frame_read(struct link *link, uint8_t *ret_flags, uint8_t *body, size_t room)
{
    uint8_t               bytes[FSZ_FRAME_HEAD_MAX];
    struct fsz_frame_head head;
    size_t                size = 0;
    fsz_err               err;
    while ((err = fsz_frame_read(bytes, size, &head)) == FSZ_EBUSY) {
        link_read(link, bytes + size++, 1);
    }
    assert_int_equal(err, FSZ_OK);
    assert_true(head.body_size <= room);
    link_read(link, body, head.body_size);
    *ret_flags = head.flags;
    return head.body_size;
}

static inline void commands_send(struct link *link)
{
    struct fsz_buffer out;
    fsz_buffer_init(&out, FSZ_MECHANISM_COMMAND_MAX);
    while (fsz_mechanism_next(link->mechanism, &out)) {
        frame_send(link, FSZ_FRAME_COMMAND, out.data, out.size);
        out.size = 0;
    }
    fsz_buffer_fini(&out);
}

/* Runs until READY or FAILED. A server answers credentials with `status`. */
static inline void handshake(struct link *link, const char *status)
{
    uint8_t command[FSZ_MECHANISM_COMMAND_MAX];
    uint8_t flags = 0;
    commands_send(link);
    while (fsz_mechanism_state(link->mechanism) == FSZ_MECHANISM_WORKING) {
        size_t size = frame_read(link, &flags, command, sizeof(command));
        assert_int_equal(flags, FSZ_FRAME_COMMAND);
        fsz_err err = fsz_mechanism_take(link->mechanism, command, size);
        assert_true(err == FSZ_OK || err == FSZ_EINVALID);
        if (fsz_mechanism_state(link->mechanism) == FSZ_MECHANISM_ASKING) {
            fsz_mechanism_judge(link->mechanism, status);
        }
        commands_send(link);
    }
}

/* Sends a message each way; libzmq is a DEALER, or a ROUTER that has heard from us. */
static inline void messages_get_across(struct link *link)
{
    uint8_t body[600];
    uint8_t flags = 0;
    char    text[8] = "";
    memset(body, 'b', sizeof(body));
    frame_send(link, FSZ_FRAME_MORE, "to", 2);
    frame_send(link, 0, body, sizeof(body));
    assert_int_equal(zmq_recv(link->socket, text, sizeof(text), 0), 2);
    assert_memory_equal(text, "to", 2);
    uint8_t got[sizeof(body)];
    assert_int_equal(zmq_recv(link->socket, got, sizeof(got), 0), sizeof(body));
    assert_memory_equal(got, body, sizeof(body));
    assert_int_equal(zmq_send(link->socket, "fro", 3, ZMQ_SNDMORE), 3);
    assert_int_equal(zmq_send(link->socket, body, sizeof(body), 0), sizeof(body));
    assert_int_equal(frame_read(link, &flags, got, sizeof(got)), 3);
    assert_int_equal(flags, FSZ_FRAME_MORE);
    assert_memory_equal(got, "fro", 3);
    assert_int_equal(frame_read(link, &flags, got, sizeof(got)), sizeof(body));
    assert_int_equal(flags, 0);
    assert_memory_equal(got, body, sizeof(body));
}

static inline void is_ready_with(struct link *link, enum fsz_zmtp_type type)
{
    assert_int_equal(fsz_mechanism_state(link->mechanism), FSZ_MECHANISM_READY);
    assert_int_equal(fsz_mechanism_peer(link->mechanism)->type, type);
}

/* Makes libzmq's monitor report these events. */
static inline void libzmq_watch(struct link *link, int events)
{
    int patience_ms = PATIENCE_S * 1000;
    assert_int_equal(zmq_socket_monitor(link->socket, "inproc://monitor", events), 0);
    link->monitor = zmq_socket(link->context, ZMQ_PAIR);
    zmq_setsockopt(link->monitor, ZMQ_RCVTIMEO, &patience_ms, sizeof(patience_ms));
    assert_int_equal(zmq_connect(link->monitor, "inproc://monitor"), 0);
}

#endif
