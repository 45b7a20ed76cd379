/* SPDX-License-Identifier: MPL-2.0 */
/* asker_socket.c - commands to mod_event_socket (`api …`); replies come in order. */
#include "bench/asker.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int socket_connect(const char *address)
{
    char             host[256] = "";
    const char      *colon = strrchr(address, ':');
    struct addrinfo  hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    static const int yes = 1;
    if (colon == NULL || (size_t)(colon - address) >= sizeof(host)) {
        errno = EINVAL;
        asker_fail(address);
    }
    memcpy(host, address, (size_t)(colon - address));
    if (getaddrinfo(host, colon + 1, &hints, &found) != 0) {
        errno = 0;
        asker_fail(address);
    }
    int fd = socket(found->ai_family, found->ai_socktype | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, found->ai_addr, found->ai_addrlen) != 0) {
        asker_fail(address);
    }
    freeaddrinfo(found);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    return fd;
}

/* Writes the buffered commands. Replies are small, so the other side never waits for us to read. */
static void socket_flush(struct asker *asker)
{
    for (size_t at = 0; at < asker->out_size;) {
        ssize_t sent = send(asker->fd, asker->out + at, asker->out_size - at, MSG_NOSIGNAL);
        if (sent < 0) {
            asker_fail("send");
        }
        at += (size_t)sent;
    }
    asker->out_size = 0;
}

static void socket_add(struct asker *asker, const char *format, const char *first,
                       const char *second)
{
    char text[512];
    int  size = snprintf(text, sizeof(text), format, first, second);
    if (asker->out_size + (size_t)size > sizeof(asker->out)) {
        socket_flush(asker);
    }
    memcpy(asker->out + asker->out_size, text, (size_t)size);
    asker->out_size += (size_t)size;
}

static void socket_ask(struct asker *asker, const char *command, const char *arg)
{
    socket_add(asker, "api %s %s\n\n", command, arg);
}

/* The size of the first message, with its body; 0: it is incomplete. */
static size_t socket_message(struct asker *asker, size_t at)
{
    static const char length[] = "Content-Length: ";
    const char       *text = asker->in + at;
    size_t            size = asker->in_size - at;
    const char       *end = memmem(text, size, "\n\n", 2);
    if (end == NULL) {
        return 0;
    }
    size_t      head = (size_t)(end + 2 - text);
    const char *found = memmem(text, head, length, sizeof(length) - 1);
    size_t      whole = head + (found ? strtoul(found + sizeof(length) - 1, NULL, 10) : 0);
    return whole <= size ? whole : 0;
}

/* Reads once; false: no data, and not to wait. */
static bool socket_read(struct asker *asker, int flags)
{
    ssize_t got =
        recv(asker->fd, asker->in + asker->in_size, sizeof(asker->in) - asker->in_size, flags);
    if (got < 0 && errno == EAGAIN) {
        return false;
    }
    if (got <= 0) {
        asker_fail("the switch closed the connection");
    }
    asker->in_size += (size_t)got;
    return true;
}

static void socket_drop(struct asker *asker, size_t size)
{
    asker->in_size -= size;
    memmove(asker->in, asker->in + size, asker->in_size);
}

static void socket_take(struct asker *asker, asker_answer_fn answer, void *self)
{
    size_t at = 0, size = 0;
    if (!socket_read(asker, MSG_DONTWAIT)) {
        return;
    }
    while ((size = socket_message(asker, at)) > 0) {
        at += size;
        asker->answered++;
        answer(self, asker, asker->answered);
    }
    socket_drop(asker, at);
}

static void socket_wait_message(struct asker *asker, const char *wanted)
{
    size_t size = 0;
    while ((size = socket_message(asker, 0)) == 0) {
        socket_read(asker, 0);
    }
    if (memmem(asker->in, size, wanted, strlen(wanted)) == NULL) {
        errno = 0;
        asker_fail("the switch refused the password");
    }
    socket_drop(asker, size);
}

static void socket_open(struct asker *asker, const struct asker_options *options, void *context)
{
    (void)context;
    asker->fd = socket_connect(options->address);
    socket_wait_message(asker, "auth/request");
    socket_add(asker, "auth %s\n\n%s", options->password ? options->password : "", "");
    socket_flush(asker);
    socket_wait_message(asker, "+OK");
}

static void socket_close(struct asker *asker)
{
    close(asker->fd);
}

const struct asker_type asker_socket = {.name = "socket",
                                        .open = socket_open,
                                        .close = socket_close,
                                        .ask = socket_ask,
                                        .flush = socket_flush,
                                        .take = socket_take};
