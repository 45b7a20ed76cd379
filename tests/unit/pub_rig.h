/* SPDX-License-Identifier: MPL-2.0 */
/* pub_rig.h - a publisher whose loop has its own thread, a handler that records its calls, and
 * clients: libzmq's, and bare ones that send raw bytes. */
#ifndef PUB_RIG_H
#define PUB_RIG_H

#include "zmtp/pub.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#include <cmocka.h>

enum { RIG_PATIENCE_MS = 30000, RIG_TURN_NS = 20000000 };

/* A prefix with which bare clients find out how far the publisher has got. */
#define RIG_MARK "\x1f"

/* What the handler recorded. */
struct rig_notes {
    unsigned             joined, left, wanted, unwanted, marks, denied, lost, lost_high, drained;
    char                 bound[64], changes[512];
    enum fsz_zmtp_ending ending;
};

struct pub_rig {
    struct fsz_loop        *loop;
    struct fsz_pub         *pub;
    pthread_t               thread;
    _Atomic bool            stop, closed;
    const char             *endpoint;
    void                   *context; /* libzmq's */
    struct fsz_pub_handler  handler;
    struct fsz_zmtp_options options;
    struct fsz_zmtp_limits  limits;
    struct fsz_pub_limits   pub_limits;
    struct rig_notes        notes; /* guarded by the publisher's lock: rig_notes() */
    void                   *test;  /* for the test */
};

/* ---- the handler ----------------------------------------------------------------------------- */

static inline void rig_joined(void *self, struct fsz_subscriber *subscriber)
{
    struct pub_rig *rig = self;
    rig->notes.joined++;
    subscriber->data = strdup("data");
}

static inline void rig_left(void *self, struct fsz_subscriber *subscriber,
                            enum fsz_zmtp_ending ending)
{
    struct pub_rig *rig = self;
    rig->notes.left++;
    rig->notes.ending = ending;
    free(subscriber->data);
}

static inline void rig_changed(void *self, bool wanted, const void *prefix, size_t size)
{
    struct pub_rig *rig = self;
    size_t          used = strlen(rig->notes.changes);
    *(wanted ? &rig->notes.wanted : &rig->notes.unwanted) += 1;
    if (size == 1 && *(const char *)prefix == RIG_MARK[0]) {
        rig->notes.marks++;
        return;
    }
    snprintf(rig->notes.changes + used, sizeof(rig->notes.changes) - used, "%c%.*s ",
             wanted ? '+' : '-', (int)size, size > 0 ? (const char *)prefix : "");
}

static inline void rig_refused(void *self, struct fsz_subscriber *subscriber, const char *bound,
                               const void *prefix, size_t size)
{
    struct pub_rig *rig = self;
    (void)subscriber;
    (void)prefix;
    (void)size;
    rig->notes.denied += bound == NULL;
    snprintf(rig->notes.bound, sizeof(rig->notes.bound), "%s", bound != NULL ? bound : "");
}

static inline void rig_lost(void *self, struct fsz_subscriber *subscriber,
                            const struct fsz_zmtp_message *message)
{
    struct pub_rig *rig = self;
    (void)subscriber;
    rig->notes.lost++;
    rig->notes.lost_high += message->priority == FSZ_ZMTP_HIGH;
}

static inline void rig_drained(void *self, struct fsz_subscriber *subscriber)
{
    struct pub_rig *rig = self;
    (void)subscriber;
    rig->notes.drained++;
}

/* ---- its thread ------------------------------------------------------------------------------ */

static inline void *rig_main(void *argument)
{
    struct pub_rig *rig = argument;
    while (!rig->stop) {
        fsz_loop_turn(rig->loop, RIG_TURN_NS);
    }
    return NULL;
}

struct rig_call {
    struct fsz_loop_task task;
    void (*run)(struct pub_rig *rig);
    struct pub_rig *rig;
    sem_t           done;
};

static inline void rig_called(struct fsz_loop_task *task)
{
    struct rig_call *call = (struct rig_call *)task;
    call->run(call->rig);
    sem_post(&call->done);
}

/* Calls `run` on the loop's thread and waits until it has returned. */
static inline void rig_run(struct pub_rig *rig, void (*run)(struct pub_rig *rig))
{
    struct rig_call call = {.task = {.run = rig_called}, .run = run, .rig = rig};
    sem_init(&call.done, 0, 0);
    fsz_loop_post(rig->loop, &call.task);
    while (sem_wait(&call.done) != 0) {
    }
    sem_destroy(&call.done);
}

static inline void rig_bind(struct pub_rig *rig)
{
    char why[FSZ_ADDRESS_WHY_BYTES] = "";
    int  error = 0;
    if (fsz_zmtp_socket_bind(fsz_pub_socket(rig->pub), "tcp://127.0.0.1:*", &rig->endpoint, &error,
                             why) != FSZ_OK) {
        fprintf(stderr, "bind: %s %s\n", why, strerror(error));
    }
}

static inline void rig_was_closed(void *argument)
{
    ((struct pub_rig *)argument)->closed = true;
}

static inline void rig_close(struct pub_rig *rig)
{
    fsz_pub_close(&rig->pub, 0, rig_was_closed, rig);
}

static inline void rig_configure(struct pub_rig *rig)
{
    fsz_pub_configure(rig->pub, &rig->options, &rig->limits, &rig->pub_limits);
}

static inline void rig_review(struct pub_rig *rig)
{
    fsz_pub_review(rig->pub);
}

/* Sets defaults that tests may change before rig_start(). */
static inline void rig_init(struct pub_rig *rig)
{
    *rig = (struct pub_rig){
        .options = {.mechanism = {.name = FSZ_ZMTP_NULL, .as_server = true},
                    .times = {.handshake_ms = RIG_PATIENCE_MS},
                    .backlog = 512},
        .limits = {.conn = {.message_bytes = 1 << 20,
                            .message_frames = 16,
                            .output_messages = 100000,
                            .output_bytes = 64 << 20},
                   .connections = 4096,
                   .address_connections = 4096},
        .pub_limits = {.subscriptions = 10000,
                       .subscription_bytes = 1 << 20,
                       .all_subscriptions = 1000000,
                       .all_subscription_bytes = 64 << 20,
                       .prefix_bytes = 1 << 16},
        .handler = {.joined = rig_joined,
                    .left = rig_left,
                    .changed = rig_changed,
                    .refused = rig_refused,
                    .lost = rig_lost,
                    .drained = rig_drained},
    };
}

static inline void rig_start(struct pub_rig *rig)
{
    assert_int_equal(fsz_loop_new(&rig->loop), FSZ_OK);
    assert_int_equal(fsz_pub_new(rig->loop, &rig->options, &rig->limits, &rig->pub_limits,
                                 &rig->handler, rig, NULL, &rig->pub),
                     FSZ_OK);
    assert_int_equal(pthread_create(&rig->thread, NULL, rig_main, rig), 0);
    rig_run(rig, rig_bind);
    assert_non_null(rig->endpoint);
    rig->context = zmq_ctx_new();
    zmq_ctx_set(rig->context, ZMQ_MAX_SOCKETS, 4096);
}

/* ---- time ------------------------------------------------------------------------------------ */

static inline int64_t rig_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static inline void rig_pause(void)
{
    nanosleep(&(struct timespec){0, 1000000}, NULL);
}

static inline struct fsz_pub_figures rig_figures(struct pub_rig *rig)
{
    fsz_pub_lock(rig->pub);
    struct fsz_pub_figures figures = fsz_pub_figures(rig->pub);
    fsz_pub_unlock(rig->pub);
    return figures;
}

/* The notes of a publisher that is still open. */
static inline struct rig_notes rig_notes(struct pub_rig *rig)
{
    fsz_pub_lock(rig->pub);
    struct rig_notes notes = rig->notes;
    fsz_pub_unlock(rig->pub);
    return notes;
}

static inline void rig_forget_changes(struct pub_rig *rig)
{
    fsz_pub_lock(rig->pub);
    rig->notes.changes[0] = '\0';
    fsz_pub_unlock(rig->pub);
}

/* Waits until `value` in the publisher's notes is `wanted`; reads it under the publisher's lock. */
static inline void rig_wait_for(struct pub_rig *rig, const unsigned *value, unsigned wanted)
{
    int64_t  end_ms = rig_now_ms() + RIG_PATIENCE_MS;
    unsigned seen = wanted + 1;
    while (seen != wanted && rig_now_ms() < end_ms) {
        fsz_pub_lock(rig->pub);
        seen = *value;
        fsz_pub_unlock(rig->pub);
        if (seen != wanted) {
            rig_pause();
        }
    }
    assert_int_equal(seen, wanted);
}

static inline void rig_wait_subscriptions(struct pub_rig *rig, uint64_t wanted)
{
    int64_t end_ms = rig_now_ms() + RIG_PATIENCE_MS;
    while (rig_figures(rig).subscriptions != wanted && rig_now_ms() < end_ms) {
        rig_pause();
    }
    assert_int_equal(rig_figures(rig).subscriptions, wanted);
}

static inline void rig_end(struct pub_rig *rig)
{
    rig->stop = true;
}

/* Closes everything; each subscriber must have left. */
static inline void rig_stop(struct pub_rig *rig)
{
    rig_run(rig, rig_close);
    int64_t end_ms = rig_now_ms() + RIG_PATIENCE_MS;
    while (!rig->closed && rig_now_ms() < end_ms) {
        rig_pause();
    }
    rig_run(rig, rig_end);
    pthread_join(rig->thread, NULL);
    fsz_loop_free(&rig->loop);
    zmq_ctx_term(rig->context);
    assert_true(rig->closed);
    assert_int_equal(rig->notes.left, rig->notes.joined);
    assert_int_equal(rig->notes.unwanted, rig->notes.wanted);
}

/* ---- messages -------------------------------------------------------------------------------- */

/* A topic and a body as two frames. */
static inline struct fsz_zmtp_message *rig_message(const char *topic, size_t body_size,
                                                   enum fsz_zmtp_priority priority)
{
    uint8_t               *body = calloc(1, body_size + 1);
    const struct fsz_frame frames[] = {{(const uint8_t *)topic, strlen(topic)}, {body, body_size}};
    struct fsz_zmtp_message *message = NULL;
    assert_non_null(body);
    assert_int_equal(fsz_zmtp_message_new(frames, 2, priority, &message), FSZ_OK);
    free(body);
    return message;
}

static inline size_t rig_send_as(struct pub_rig *rig, const char *topic, size_t body_size,
                                 enum fsz_zmtp_priority priority)
{
    struct fsz_zmtp_message *message = rig_message(topic, body_size, priority);
    fsz_pub_lock(rig->pub);
    size_t count = fsz_pub_queue(rig->pub, topic, strlen(topic), message);
    fsz_pub_flush(rig->pub);
    fsz_pub_unlock(rig->pub);
    fsz_zmtp_message_unref(message);
    return count;
}

static inline size_t rig_send(struct pub_rig *rig, const char *topic)
{
    return rig_send_as(rig, topic, 8, FSZ_ZMTP_NORMAL);
}

/* ---- libzmq's clients ------------------------------------------------------------------------ */

static inline void *rig_client(struct pub_rig *rig, int type)
{
    void *client = zmq_socket(rig->context, type);
    int   zero = 0;
    int   patience = RIG_PATIENCE_MS;
    assert_non_null(client);
    zmq_setsockopt(client, ZMQ_LINGER, &zero, sizeof(zero));
    zmq_setsockopt(client, ZMQ_RCVHWM, &zero, sizeof(zero));
    zmq_setsockopt(client, ZMQ_RCVTIMEO, &patience, sizeof(patience));
    return client;
}

/* A client that is connected and subscribed, as far as libzmq knows. */
static inline void *rig_subscriber(struct pub_rig *rig, const char *prefix)
{
    void *client = rig_client(rig, ZMQ_SUB);
    zmq_setsockopt(client, ZMQ_SUBSCRIBE, prefix, strlen(prefix));
    assert_int_equal(zmq_connect(client, rig->endpoint), 0);
    return client;
}

static inline void assert_topic(void *client, const char *topic)
{
    char got[256] = "";
    int  size = zmq_recv(client, got, sizeof(got) - 1, 0);
    assert_true(size >= 0);
    got[size] = '\0';
    assert_string_equal(got, topic);
    assert_true(zmq_recv(client, got, sizeof(got), 0) >= 0);
}

/* ---- bare clients ---------------------------------------------------------------------------- */

static inline int bare_open(const char *endpoint)
{
    unsigned short port = 0;
    assert_int_equal(sscanf(endpoint, "tcp://127.0.0.1:%hu", &port), 1);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct timeval     patience = {.tv_sec = RIG_PATIENCE_MS / 1000};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static inline void bare_write(int fd, const void *bytes, size_t size)
{
    const char *at = bytes;
    while (size > 0) {
        ssize_t n = send(fd, at, size, MSG_NOSIGNAL);
        assert_true(n > 0);
        at += n;
        size -= (size_t)n;
    }
}

static inline void bare_read(int fd, void *bytes, size_t size)
{
    assert_int_equal(recv(fd, bytes, size, MSG_WAITALL), (ssize_t)size);
}

/* A SUB of ZMTP 3.0 that has completed the handshake. */
static inline int bare_subscriber(const char *endpoint)
{
    static const uint8_t greeting[64] = {0xff, [9] = 0x7f, 3, 0, 'N', 'U', 'L', 'L'};
    static const uint8_t ready[] = "\4\x19\5READY\13Socket-Type\0\0\0\3SUB";
    uint8_t              got[256];
    int                  fd = bare_open(endpoint);
    bare_write(fd, greeting, sizeof(greeting));
    bare_write(fd, ready, sizeof(ready) - 1);
    bare_read(fd, got, 64);
    bare_read(fd, got, 2);
    assert_int_equal(got[0], 4);
    bare_read(fd, got + 2, got[1]);
    return fd;
}

/* A message of one short frame. */
static inline void bare_send(int fd, uint8_t first, const char *prefix)
{
    uint8_t frame[258] = {0, (uint8_t)(1 + strlen(prefix)), first};
    memcpy(frame + 3, prefix, strlen(prefix));
    bare_write(fd, frame, 3 + strlen(prefix));
}

/* Waits until the publisher has processed everything that this client sent; only one client at a
 * time. */
static inline void bare_settle(struct pub_rig *rig, int fd)
{
    fsz_pub_lock(rig->pub);
    unsigned before = rig->notes.marks;
    fsz_pub_unlock(rig->pub);
    bare_send(fd, 1, RIG_MARK);
    bare_send(fd, 0, RIG_MARK);
    rig_wait_for(rig, &rig->notes.marks, before + 2);
}

/* The topic of the next message of short frames. */
static inline void bare_receive(int fd, char ret_topic[256])
{
    uint8_t head[2] = {1, 0};
    bool    first = true;
    while (head[0] & 1) {
        char body[256];
        bare_read(fd, head, 2);
        bare_read(fd, body, head[1]);
        if (first) {
            memcpy(ret_topic, body, head[1]);
            ret_topic[head[1]] = '\0';
        }
        first = false;
    }
}

static inline bool bare_is_cut(int fd)
{
    char    byte;
    ssize_t n = recv(fd, &byte, 1, 0);
    return n == 0 || (n < 0 && errno == ECONNRESET);
}

#endif
