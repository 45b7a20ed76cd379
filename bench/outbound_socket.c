/* SPDX-License-Identifier: MPL-2.0 */
/* outbound_socket PORT [hold] - takes calls from mod_event_socket's `socket … async full`.
 *
 * One thread, any number of calls. For each: connect, the first application, answer, three times
 * set, hangup; with `hold` only connect, so that the call stays. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS_MAX = 64, BACKLOG = 1024, READ_BYTES = 1 << 16, TAIL_BYTES = 2 };

/* All commands of a call at once; `event-lock` keeps their order. */
#define EXECUTE(app, arg)                                                                          \
    "sendmsg\ncall-command: execute\nexecute-app-name: " app "\nexecute-app-arg: " arg             \
    "\nevent-lock: true\n\n"

static const char commands[] =
    EXECUTE("bench_first", "") EXECUTE("answer", "") EXECUTE("set", "bench_a=1")
        EXECUTE("set", "bench_b=2") EXECUTE("set", "bench_c=3") EXECUTE("hangup", "");

static volatile sig_atomic_t ending;

static void outbound_end(int number)
{
    (void)number;
    ending = 1;
}

static int outbound_listen(const char *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    int                fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, BACKLOG) != 0) {
        perror("outbound_socket");
        exit(EXIT_FAILURE);
    }
    return fd;
}

static void outbound_send(int fd, const char *text)
{
    if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0 && errno != EPIPE && errno != ECONNRESET) {
        perror("outbound_socket: send");
    }
}

static void outbound_watch(int epoll, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static void outbound_accept(int epoll, int listener, bool *begun)
{
    int fd = -1, one = 1;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        if (fd >= FD_SETSIZE * 16) {
            close(fd);
            continue;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        begun[fd] = false;
        outbound_watch(epoll, fd);
        outbound_send(fd, "connect\n\n");
    }
}

/* The reply to `connect` is the call's data, one block of headers; the rest is ignored. */
static void outbound_read(int fd, bool *begun, bool holds)
{
    static char text[READ_BYTES];
    ssize_t     size = recv(fd, text, sizeof text, 0);
    if (size <= 0) {
        close(fd);
        return;
    }
    bool whole = size >= TAIL_BYTES && memcmp(text + size - TAIL_BYTES, "\n\n", TAIL_BYTES) == 0;
    if (whole && !begun[fd] && !holds) {
        begun[fd] = true;
        outbound_send(fd, commands);
    }
}

static void outbound_run(int listener, bool holds)
{
    static bool        begun[FD_SETSIZE * 16]; /* by descriptor: the commands are sent */
    struct epoll_event events[EVENTS_MAX];
    int                epoll = epoll_create1(0);
    outbound_watch(epoll, listener);
    while (!ending) {
        int count = epoll_wait(epoll, events, EVENTS_MAX, -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.fd == listener) {
                outbound_accept(epoll, listener, begun);
            } else {
                outbound_read(events[i].data.fd, begun, holds);
            }
        }
    }
}

int main(int argc, char **argv)
{
    struct sigaction on_end = {.sa_handler = outbound_end};
    if (argc < 2) {
        fprintf(stderr, "usage: %s PORT [hold]\n", argv[0]);
        return EXIT_FAILURE;
    }
    sigaction(SIGINT, &on_end, NULL);
    sigaction(SIGTERM, &on_end, NULL);
    outbound_run(outbound_listen(argv[1]), argc > 2);
    return EXIT_SUCCESS;
}
