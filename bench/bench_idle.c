/* bench_idle [CONNECTIONS]: the memory of connections that are ready and idle, 10,000 by default.
 *
 * The peers are sockets of another process, so that what is measured is our side alone: a socket
 * of type XPUB on its loop. Bytes for each connection are the growth of this process, divided; the
 * system's own memory for a socket is not in it. */
#include "zmtp/zmtp_socket.h"

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

enum { CONNECTIONS = 10000, SPARE_DESCRIPTORS = 64, PATIENCE_S = 60 };

/* ZMTP 3.0: a whole greeting with NULL, and READY of a SUB. */
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

/* The other process: connects them all, and stays until its input ends. */
static void be_the_peers(unsigned port, size_t count, int until)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    char               byte;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (size_t i = 0; i < count; i++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
            send(fd, hello, sizeof(hello) - 1, MSG_NOSIGNAL) != (ssize_t)sizeof(hello) - 1) {
            die("a peer");
        }
    }
    (void)!read(until, &byte, 1);
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

/* Turns the loop until so many are ready. */
static void serve(struct fsz_loop *loop, struct fsz_zmtp_socket *socket, size_t count)
{
    struct fsz_zmtp_figures figures = {0};
    double                  until = seconds(CLOCK_MONOTONIC) + PATIENCE_S;
    for (size_t turns = 0; figures.ready_now < count; turns++) {
        (void)fsz_loop_turn(loop, 1000000);
        if (turns % 256 == 0 || seconds(CLOCK_MONOTONIC) > until) {
            fsz_zmtp_socket_figures(socket, &figures);
        }
        if (seconds(CLOCK_MONOTONIC) > until) {
            fprintf(stderr, "bench_idle: only %lu are ready\n", (unsigned long)figures.ready_now);
            exit(1);
        }
    }
}

static struct fsz_zmtp_socket *open_socket(struct fsz_loop *loop, unsigned *ret_port)
{
    const struct fsz_zmtp_options options = {
        .mechanism = {.name = FSZ_ZMTP_NULL, .as_server = true, .type = FSZ_ZMTP_XPUB},
        .backlog = 4096,
    };
    const struct fsz_zmtp_limits limits = {
        .conn = {.message_bytes = 1 << 20, .message_frames = 16},
    };
    static const struct fsz_zmtp_handler handler;
    struct fsz_zmtp_socket              *socket;
    const char                          *endpoint;
    char                                 why[FSZ_ADDRESS_WHY_BYTES] = "";
    int                                  error;
    if (fsz_zmtp_socket_new(loop, &options, &limits, &handler, NULL, NULL, &socket) != FSZ_OK ||
        fsz_zmtp_socket_bind(socket, "tcp://127.0.0.1:*", &endpoint, &error, why) != FSZ_OK) {
        fprintf(stderr, "bench_idle: %s\n", why);
        exit(1);
    }
    *ret_port = (unsigned)strtoul(strrchr(endpoint, ':') + 1, NULL, 10);
    return socket;
}

int main(int argc, char **argv)
{
    size_t           count = argc > 1 ? strtoul(argv[1], NULL, 10) : CONNECTIONS;
    struct fsz_loop *loop;
    unsigned         port = 0;
    int              until[2];
    allow_descriptors(count);
    if (count == 0 || fsz_loop_new(&loop) != FSZ_OK || pipe(until) != 0) {
        die("a loop");
    }
    struct fsz_zmtp_socket *socket = open_socket(loop, &port);
    pid_t                   peers = fork();
    if (peers == 0) {
        close(until[1]);
        be_the_peers(port, count, until[0]);
    }
    size_t resident = resident_bytes();
    size_t heap = mallinfo2().uordblks;
    double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    serve(loop, socket, count);
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    printf("connections %zu\n", count);
    printf("resident_bytes_each %zu\n", (resident_bytes() - resident) / count);
    printf("heap_bytes_each %zu\n", (mallinfo2().uordblks - heap) / count);
    printf("cpu_us_each %.1f\n", cpu * 1e6 / (double)count);
    close(until[1]);
    waitpid(peers, NULL, 0);
    fsz_zmtp_socket_close(&socket, 0, NULL, NULL);
    fsz_loop_free(&loop);
    return 0;
}
