/* SPDX-License-Identifier: MPL-2.0 */
/* bench_idle [CONNECTIONS]: the cost of idle connections (10,000 by default): their memory, and the
 * time of a message to one subscriber beside them.
 *
 * The peers are other processes, so only our side is measured: a publisher on its loop. The bytes
 * per connection are the growth of this process, divided by their number, without the kernel's
 * memory for a socket. */
#include "zmtp/pub.h"

#include <arpa/inet.h>
#include <errno.h>
#include <malloc.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    CONNECTIONS = 10000,
    SPARE_DESCRIPTORS = 64,
    PATIENCE_S = 60,
    MESSAGES = 100000,
    MESSAGE_BYTES = 3000,
    BATCH = 64,
};

/* ZMTP 3.0: a greeting with NULL, and READY of a SUB. */
static const char hello[] = "\xff\0\0\0\0\0\0\0\1\x7f\3\0NULL\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                            "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                            "\4\x19\5READY\x0bSocket-Type\0\0\0\3SUB";

static void die(const char *what)
{
    fprintf(stderr, "bench_idle: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void allow_descriptors(size_t count)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    if (limit.rlim_max < count + SPARE_DESCRIPTORS || setrlimit(RLIMIT_NOFILE, &limit) != 0) {
        fprintf(stderr, "bench_idle: ulimit -n allows only %lu descriptors\n",
                (unsigned long)limit.rlim_max);
        exit(1);
    }
}

static int connect_peer(unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int                fd = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        send(fd, hello, sizeof(hello) - 1, MSG_NOSIGNAL) != (ssize_t)sizeof(hello) - 1) {
        die("a peer");
    }
    return fd;
}

/* Another process: makes all idle connections, and keeps them until its input ends. */
static void be_the_peers(unsigned port, size_t count, int until)
{
    char byte;
    for (size_t i = 0; i < count; i++) {
        connect_peer(port);
    }
    (void)!read(until, &byte, 1);
    _exit(0);
}

/* Another process: subscribes to everything, and reads until the connection ends. */
static void be_the_reader(unsigned port)
{
    static char bytes[1 << 16];
    int         fd = connect_peer(port);
    if (send(fd, "\0\1\1", 3, MSG_NOSIGNAL) != 3) {
        die("the reader");
    }
    while (read(fd, bytes, sizeof(bytes)) > 0) {
    }
    _exit(0);
}

static size_t resident_bytes(void)
{
    unsigned long total = 0, resident = 0;
    FILE         *statm = fopen("/proc/self/statm", "r");
    if (statm == NULL || fscanf(statm, "%lu %lu", &total, &resident) != 2) {
        die("/proc/self/statm");
    }
    fclose(statm);
    return resident * (size_t)sysconf(_SC_PAGESIZE);
}

static double seconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Runs the loop until `count` connections are ready and one has subscribed. */
static void serve(struct fsz_loop *loop, struct fsz_pub *pub, size_t count)
{
    struct fsz_zmtp_figures figures = {0};
    double                  until = seconds(CLOCK_MONOTONIC) + PATIENCE_S;
    for (size_t turns = 0; figures.ready_now < count || fsz_pub_figures(pub).subscriptions == 0;
         turns++) {
        (void)fsz_loop_turn(loop, 1000000);
        if (turns % 256 == 0 || seconds(CLOCK_MONOTONIC) > until) {
            fsz_zmtp_socket_figures(fsz_pub_socket(pub), &figures);
        }
        if (seconds(CLOCK_MONOTONIC) > until) {
            fprintf(stderr, "bench_idle: only %lu are ready\n", (unsigned long)figures.ready_now);
            exit(1);
        }
    }
}

/* The first connection is the reader. */
static void note_reader(void *self, struct fsz_subscriber *subscriber)
{
    struct fsz_conn **reader = self;
    if (*reader == NULL) {
        *reader = subscriber->conn;
    }
}

static struct fsz_pub *open_pub(struct fsz_loop *loop, struct fsz_conn **reader, unsigned *ret_port)
{
    const struct fsz_zmtp_options options = {
        .mechanism = {.name = FSZ_ZMTP_NULL, .as_server = true},
        .backlog = 4096,
    };
    const struct fsz_zmtp_limits limits = {
        .conn = {.message_bytes = 1 << 20, .message_frames = 16},
    };
    const struct fsz_pub_limits pub_limits = {
        .subscriptions = 1,
        .subscription_bytes = 1,
        .all_subscriptions = 2,
        .all_subscription_bytes = 2,
        .prefix_bytes = 1,
    };
    static const struct fsz_pub_handler handler = {.joined = note_reader};
    struct fsz_pub                     *pub;
    const char                         *endpoint;
    char                                why[FSZ_ADDRESS_WHY_BYTES] = "";
    int                                 error;
    if (fsz_pub_new(loop, &options, &limits, &pub_limits, &handler, reader, NULL, &pub) != FSZ_OK ||
        fsz_zmtp_socket_bind(fsz_pub_socket(pub), "tcp://127.0.0.1:*", &endpoint, &error, why) !=
            FSZ_OK) {
        fprintf(stderr, "bench_idle: %s\n", why);
        exit(1);
    }
    *ret_port = (unsigned)strtoul(strrchr(endpoint, ':') + 1, NULL, 10);
    return pub;
}

/* Processor time per message, in microseconds. Waits after each batch until the reader has taken
 * it, so that nothing piles up. */
static double publish(struct fsz_loop *loop, struct fsz_pub *pub, const struct fsz_conn *reader,
                      struct fsz_zmtp_message *message)
{
    double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    for (int i = 0; i < MESSAGES / BATCH; i++) {
        fsz_pub_lock(pub);
        for (int n = 0; n < BATCH; n++) {
            fsz_pub_queue(pub, "event", 5, message);
        }
        fsz_pub_flush(pub);
        fsz_pub_unlock(pub);
        while (!fsz_conn_is_idle(reader)) {
            (void)fsz_loop_turn(loop, 1000000);
        }
    }
    return (seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu) * 1e6 / MESSAGES;
}

static struct fsz_zmtp_message *make_message(void)
{
    static const uint8_t     body[MESSAGE_BYTES];
    const struct fsz_frame   frame = {body, sizeof(body)};
    struct fsz_zmtp_message *message = NULL;
    if (fsz_zmtp_message_new(&frame, 1, FSZ_ZMTP_NORMAL, &message) != FSZ_OK) {
        die("a message");
    }
    return message;
}

/* Lets the peers connect, and prints their cost. */
static void measure(struct fsz_loop *loop, struct fsz_pub *pub, size_t count)
{
    size_t resident = resident_bytes();
    size_t heap = mallinfo2().uordblks;
    double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    serve(loop, pub, count + 1);
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    printf("connections %zu\n", count);
    printf("resident_bytes_each %zu\n", (resident_bytes() - resident) / count);
    printf("heap_bytes_each %zu\n", (mallinfo2().uordblks - heap) / count);
    printf("cpu_us_each %.1f\n", cpu * 1e6 / (double)count);
}

int main(int argc, char **argv)
{
    size_t                   count = argc > 1 ? strtoul(argv[1], NULL, 10) : CONNECTIONS;
    struct fsz_zmtp_message *message = make_message();
    struct fsz_loop         *loop = NULL;
    struct fsz_conn         *reading = NULL;
    unsigned                 port = 0;
    int                      until[2];
    allow_descriptors(count);
    if (count == 0 || fsz_loop_new(&loop) != FSZ_OK || pipe(until) != 0) {
        die("a loop");
    }
    struct fsz_pub *pub = open_pub(loop, &reading, &port);
    pid_t           reader = fork();
    if (reader == 0) {
        close(until[1]);
        be_the_reader(port);
    }
    serve(loop, pub, 1);
    (void)publish(loop, pub, reading, message); /* warms up: the first messages grow the buffers */
    double alone = publish(loop, pub, reading, message);
    pid_t  peers = fork();
    if (peers == 0) {
        close(until[1]);
        be_the_peers(port, count, until[0]);
    }
    measure(loop, pub, count);
    printf("message_us_alone %.2f\n", alone);
    printf("message_us_beside %.2f\n", publish(loop, pub, reading, message));
    fsz_zmtp_message_unref(message);
    close(until[1]);
    waitpid(peers, NULL, 0);
    fsz_pub_close(&pub, 0, NULL, NULL);
    fsz_loop_free(&loop);
    waitpid(reader, NULL, 0);
    return 0;
}
