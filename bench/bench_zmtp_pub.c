/* SPDX-License-Identifier: MPL-2.0 */
/* bench_zmtp_pub [MESSAGES]: the cost of a message of 3,900 bytes for a publisher with 1, 8, 64 and
 * 256 subscribers on loopback, compared with libzmq's XPUB in the same run: at full rate, and at
 * 1,500 per second with few subscribers. The subscribers are another process that only reads.
 * Nothing is lost: at full rate both publishers wait for their subscribers.
 *
 * Prints one line of JSON per case: `thread_us` is the processor time of the sending thread,
 * `cpu_us` that of the whole process, both per message. */
#include "bench/raw_publisher.h"
#include "zmtp/pub.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

enum {
    BODY_BYTES = 3900,
    MESSAGES = 100000, /* at full rate, for all subscribers together */
    PACED_RATE = 1500,
    PACED_MESSAGES = 3000,
    SUBSCRIBERS_MAX = 256,
    HWM = 1000,
    BATCH = 64,
    TURN_NS = 100 * 1000 * 1000,
    WAIT_NS = 20 * 1000,
    LINGER_MS = 30000
};

struct bench {
    unsigned         subscribers, messages, rate; /* 0: as fast as possible */
    struct fsz_loop *loop;
    struct fsz_pub  *pub;
    pthread_t        thread;
    _Atomic bool     stop;
    void            *context, *xpub;
    pid_t            child;
    int64_t          start_ns, thread_ns, process_ns;
    char             body[BODY_BYTES];
};

static void require(bool held, const char *what)
{
    if (!held) {
        perror(what);
        exit(1);
    }
}

static int64_t cpu_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* ---- subscribers ----------------------------------------------------------------------------- */

/* A ZMTP 3.0 SUB after the handshake, subscribed to everything. */
static int reader_open(uint16_t port)
{
    static const uint8_t greeting[64] = {0xff, [9] = 0x7f, 3, 0, 'N', 'U', 'L', 'L'};
    static const uint8_t ready[] = "\4\x19\5READY\13Socket-Type\0\0\0\3SUB";
    static const uint8_t subscription[] = {0, 1, 1};
    struct sockaddr_in   address = {.sin_family = AF_INET, .sin_port = htons(port)};
    uint8_t              theirs[256];
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    require(fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0,
            "connect");
    require(write(fd, greeting, sizeof(greeting)) == sizeof(greeting) &&
                recv(fd, theirs, 64, MSG_WAITALL) == 64,
            "greeting");
    require(write(fd, ready, sizeof(ready) - 1) == sizeof(ready) - 1 &&
                recv(fd, theirs, 2, MSG_WAITALL) == 2 &&
                recv(fd, theirs + 2, theirs[1], MSG_WAITALL) == theirs[1],
            "handshake");
    require(write(fd, subscription, sizeof(subscription)) == sizeof(subscription), "subscription");
    return fd;
}

/* Reads until the publisher has closed all connections. */
static void readers_main(unsigned count, uint16_t port)
{
    static char buffer[1 << 18];
    int         epoll = epoll_create1(EPOLL_CLOEXEC);
    for (unsigned i = 0; i < count; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data = {.fd = reader_open(port)}};
        require(epoll_ctl(epoll, EPOLL_CTL_ADD, event.data.fd, &event) == 0, "epoll_ctl");
    }
    while (count > 0) {
        struct epoll_event event;
        if (epoll_wait(epoll, &event, 1, -1) == 1 &&
            recv(event.data.fd, buffer, sizeof(buffer), 0) <= 0) {
            close(event.data.fd);
            count--;
        }
    }
}

/* Forks before there are threads; the pipe passes the port. */
static int readers_fork(struct bench *bench)
{
    int      ends[2];
    uint16_t port = 0;
    require(pipe(ends) == 0, "pipe");
    bench->child = fork();
    require(bench->child >= 0, "fork");
    if (bench->child == 0) {
        close(ends[1]);
        if (read(ends[0], &port, sizeof(port)) == sizeof(port)) {
            readers_main(bench->subscribers, port);
        }
        _exit(0);
    }
    close(ends[0]);
    return ends[1];
}

static void readers_start(int tell, const char *endpoint)
{
    uint16_t port = (uint16_t)strtoul(strrchr(endpoint, ':') + 1, NULL, 10);
    require(write(tell, &port, sizeof(port)) == sizeof(port), "write");
    close(tell);
}

static void readers_wait(struct bench *bench)
{
    waitpid(bench->child, NULL, 0);
}

/* ---- measuring ------------------------------------------------------------------------------- */

typedef void (*send_fn)(struct bench *bench, unsigned index);

static void measure(struct bench *bench, send_fn send_one)
{
    bench->start_ns = bench_now_ns();
    bench->process_ns = cpu_ns(CLOCK_PROCESS_CPUTIME_ID);
    bench->thread_ns = cpu_ns(CLOCK_THREAD_CPUTIME_ID);
    for (unsigned i = 0; i < bench->messages; i++) {
        if (bench->rate > 0) {
            bench_sleep_until(bench->start_ns + (int64_t)i * 1000000000 / bench->rate);
        }
        send_one(bench, i);
    }
    bench->thread_ns = cpu_ns(CLOCK_THREAD_CPUTIME_ID) - bench->thread_ns;
}

/* Called when the system has all messages. */
static void report(const struct bench *bench, const char *name)
{
    double count = bench->messages * 1e3;
    double process_ns = (double)(cpu_ns(CLOCK_PROCESS_CPUTIME_ID) - bench->process_ns);
    double seconds = (double)(bench_now_ns() - bench->start_ns) / 1e9;
    printf("{\"publisher\":\"%s\",\"subscribers\":%u,\"rate\":%u,\"thread_us\":%.2f,"
           "\"cpu_us\":%.2f,\"per_s\":%.0f}\n",
           name, bench->subscribers, bench->rate, (double)bench->thread_ns / count,
           process_ns / count, bench->messages / seconds);
    fflush(stdout);
}

/* ---- ours ------------------------------------------------------------------------------------ */

static void *own_main(void *argument)
{
    struct bench *bench = argument;
    while (!bench->stop) {
        fsz_loop_turn(bench->loop, TURN_NS);
    }
    return NULL;
}

static bool own_is_idle(struct bench *bench)
{
    fsz_pub_lock(bench->pub);
    bool idle = fsz_pub_is_idle(bench->pub, SUBSCRIBERS_MAX);
    fsz_pub_unlock(bench->pub);
    return idle;
}

/* At full rate, messages are written in batches. */
static void own_send(struct bench *bench, unsigned index)
{
    const struct fsz_frame   frame = {(const uint8_t *)bench->body, BODY_BYTES};
    struct fsz_zmtp_message *message = NULL;
    require(fsz_zmtp_message_new(&frame, 1, FSZ_ZMTP_NORMAL, &message) == FSZ_OK, "message");
    while (index % BATCH == 0 && !own_is_idle(bench)) {
        bench_sleep_until(bench_now_ns() + WAIT_NS);
    }
    fsz_pub_lock(bench->pub);
    size_t count = fsz_pub_queue(bench->pub, bench->body, BODY_BYTES, message);
    if (bench->rate > 0 || index % BATCH == BATCH - 1 || index + 1 == bench->messages) {
        fsz_pub_flush(bench->pub);
    }
    fsz_pub_unlock(bench->pub);
    fsz_zmtp_message_unref(message);
    require(count == bench->subscribers, "subscribers");
}

static void own_closed(void *argument)
{
    struct bench *bench = argument;
    bench->stop = true;
}

struct close_call {
    struct fsz_loop_task task;
    struct bench        *bench;
};

static void own_close(struct fsz_loop_task *task)
{
    struct bench *bench = ((struct close_call *)task)->bench;
    fsz_pub_close(&bench->pub, LINGER_MS, own_closed, bench);
}

static uint64_t own_subscriptions(struct bench *bench)
{
    fsz_pub_lock(bench->pub);
    uint64_t subscriptions = fsz_pub_figures(bench->pub).subscriptions;
    fsz_pub_unlock(bench->pub);
    return subscriptions;
}

static const char *own_start(struct bench *bench)
{
    const struct fsz_zmtp_options options = {.mechanism = {.name = FSZ_ZMTP_NULL}, .backlog = 512};
    const struct fsz_zmtp_limits  limits = {
         .conn = {1 << 20, 16, HWM, 0}, .connections = 1000, .address_connections = 1000};
    const struct fsz_pub_limits pub_limits = {1000, 1 << 16, 100000, 1 << 24, 1 << 16};
    char                        why[FSZ_ADDRESS_WHY_BYTES] = "";
    const char                 *endpoint = NULL;
    int                         error = 0;
    require(fsz_loop_new(&bench->loop) == FSZ_OK, "loop");
    require(fsz_pub_new(bench->loop, &options, &limits, &pub_limits, NULL, NULL, NULL,
                        &bench->pub) == FSZ_OK,
            "pub");
    require(fsz_zmtp_socket_bind(fsz_pub_socket(bench->pub), "tcp://127.0.0.1:*", &endpoint, &error,
                                 why) == FSZ_OK,
            why);
    require(pthread_create(&bench->thread, NULL, own_main, bench) == 0, "thread");
    return endpoint;
}

static void own_run(struct bench *bench)
{
    struct close_call call = {{.run = own_close}, bench};
    int               tell = readers_fork(bench);
    readers_start(tell, own_start(bench));
    while (own_subscriptions(bench) < bench->subscribers) {
        bench_sleep_until(bench_now_ns() + 1000000);
    }
    measure(bench, own_send);
    fsz_loop_post(bench->loop, &call.task);
    pthread_join(bench->thread, NULL);
    report(bench, "own");
    fsz_loop_free(&bench->loop);
    readers_wait(bench);
}

/* ---- libzmq's -------------------------------------------------------------------------------- */

static void raw_send(struct bench *bench, unsigned index)
{
    (void)index;
    require(zmq_send(bench->xpub, bench->body, BODY_BYTES, 0) == BODY_BYTES, "zmq_send");
}

static void raw_run(struct bench *bench)
{
    int    tell = readers_fork(bench);
    int    one = 1, hwm = HWM;
    char   endpoint[64];
    size_t size = sizeof(endpoint);
    bench->context = zmq_ctx_new();
    bench->xpub = zmq_socket(bench->context, ZMQ_XPUB);
    zmq_setsockopt(bench->xpub, ZMQ_XPUB_VERBOSE, &one, sizeof(one));
    zmq_setsockopt(bench->xpub, ZMQ_XPUB_NODROP, &one, sizeof(one));
    zmq_setsockopt(bench->xpub, ZMQ_SNDHWM, &hwm, sizeof(hwm));
    require(zmq_bind(bench->xpub, "tcp://127.0.0.1:*") == 0, "zmq_bind");
    zmq_getsockopt(bench->xpub, ZMQ_LAST_ENDPOINT, endpoint, &size);
    readers_start(tell, endpoint);
    for (unsigned i = 0; i < bench->subscribers; i++) {
        char subscription[8];
        require(zmq_recv(bench->xpub, subscription, sizeof(subscription), 0) == 1, "zmq_recv");
    }
    measure(bench, raw_send);
    zmq_close(bench->xpub);
    zmq_ctx_term(bench->context);
    report(bench, "libzmq");
    readers_wait(bench);
}

static void run_both(unsigned subscribers, unsigned messages, unsigned rate)
{
    void (*const runs[])(struct bench *) = {own_run, raw_run};
    for (size_t i = 0; i < 2; i++) {
        static struct bench bench;
        bench = (struct bench){.subscribers = subscribers, .messages = messages, .rate = rate};
        memset(bench.body, 'x', sizeof(bench.body));
        runs[i](&bench);
    }
}

int main(int argc, char **argv)
{
    static const unsigned subscribers[] = {1, 8, 64, 256};
    unsigned              messages = MESSAGES;
    if (argc > 1) {
        messages = (unsigned)strtoul(argv[1], NULL, 10);
    }
    for (size_t i = 0; i < sizeof(subscribers) / sizeof(subscribers[0]); i++) {
        unsigned each = messages / subscribers[i];
        run_both(subscribers[i], each > 0 ? each : 1, 0);
    }
    for (size_t i = 0; i < 3; i++) {
        run_both(subscribers[i], PACED_MESSAGES, PACED_RATE);
    }
    return 0;
}
