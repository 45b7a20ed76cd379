/* SPDX-License-Identifier: MPL-2.0 */
#include "cli/probe.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { PROBE_HOST_BYTES = 256, PROBE_PORT_BYTES = 16 };

/* Returns 0 with *ret_fd connected, or an errno. */
static int probe_address(const struct sockaddr *address, socklen_t size, int family, int timeout_ms,
                         int *ret_fd)
{
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return errno;
    }
    int error = connect(fd, address, size) == 0 ? 0 : errno;
    if (error == EINPROGRESS) {
        struct pollfd wait = {.fd = fd, .events = POLLOUT};
        socklen_t     length = sizeof error;
        if (poll(&wait, 1, timeout_ms) != 1) {
            error = ETIMEDOUT;
        } else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0) {
            error = errno;
        }
    }
    if (error != 0) {
        close(fd);
    } else {
        *ret_fd = fd;
    }
    return error;
}

/* Splits HOST:PORT or [HOST]:PORT, with or without a leading "SOURCE;". */
static bool probe_split(const char *address, char *ret_host, char *ret_port)
{
    const char *behind_source = strchr(address, ';');
    const char *host = behind_source == NULL ? address : behind_source + 1;
    const char *colon = strrchr(host, ':');
    if (colon == NULL) {
        return false;
    }
    size_t size = (size_t)(colon - host);
    if (size >= 2 && host[0] == '[' && host[size - 1] == ']') {
        host++;
        size -= 2;
    }
    if (size >= PROBE_HOST_BYTES) {
        return false;
    }
    memcpy(ret_host, host, size);
    ret_host[size] = '\0';
    snprintf(ret_port, PROBE_PORT_BYTES, "%s", colon + 1);
    return true;
}

static int probe_tcp(const char *address, int timeout_ms, int *ret_fd, const char **ret_why)
{
    char             host[PROBE_HOST_BYTES];
    char             port[PROBE_PORT_BYTES];
    struct addrinfo  wanted = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    if (!probe_split(address, host, port)) {
        return EINVAL;
    }
    int error = getaddrinfo(host, port, &wanted, &found);
    if (error != 0) {
        *ret_why = gai_strerror(error);
        return -1;
    }
    int result = EADDRNOTAVAIL;
    for (const struct addrinfo *at = found; at != NULL && result != 0; at = at->ai_next) {
        result = probe_address(at->ai_addr, at->ai_addrlen, at->ai_family, timeout_ms, ret_fd);
    }
    freeaddrinfo(found);
    return result;
}

static int probe_ipc(const char *path, int timeout_ms, int *ret_fd)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        return ENAMETOOLONG;
    }
    memcpy(address.sun_path, path, strlen(path));
    socklen_t size = sizeof address;
    if (path[0] == '@') { /* libzmq's notation for an abstract name */
        address.sun_path[0] = '\0';
        size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
    }
    return probe_address((const struct sockaddr *)&address, size, AF_UNIX, timeout_ms, ret_fd);
}

static int probe_open(const char *endpoint, int timeout_ms, int *ret_fd, const char **ret_why)
{
    int result = EPROTONOSUPPORT;
    *ret_why = NULL;
    if (strncmp(endpoint, "tcp://", 6) == 0) {
        result = probe_tcp(endpoint + 6, timeout_ms, ret_fd, ret_why);
    } else if (strncmp(endpoint, "ipc://", 6) == 0) {
        result = probe_ipc(endpoint + 6, timeout_ms, ret_fd);
    }
    if (*ret_why == NULL) {
        *ret_why = strerrordesc_np(result);
    }
    return result;
}

int fsz_probe(const char *endpoint, int timeout_ms, const char **ret_why)
{
    int fd = -1;
    int result = probe_open(endpoint, timeout_ms, &fd, ret_why);
    if (result == 0) {
        close(fd);
    }
    return result;
}

/* ---- what is listening ----------------------------------------------------------------------- */

/* RFC 23: signature, version, mechanism, as-server, filler. */
enum {
    PROBE_GREETING_BYTES = 64,
    PROBE_SIGNATURE_END = 9,
    PROBE_VERSION = 10,
    PROBE_MECHANISM = 12,
};

/* Reads until the buffer is full, the connection ends (*ret_ended) or the time is over. Returns the
 * number of bytes. */
static size_t probe_read(int fd, unsigned char *bytes, size_t size, int timeout_ms, bool *ret_ended)
{
    size_t        count = 0;
    ssize_t       got = 1;
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    while (count < size && got > 0 && poll(&wait, 1, timeout_ms) == 1) {
        got = recv(fd, bytes + count, size - count, 0);
        count += got > 0 ? (size_t)got : 0;
    }
    *ret_ended = got <= 0;
    return count;
}

/* Sends only signature and version, to which libzmq replies with its mechanism. If it received a
 * whole greeting with another mechanism, it would close the connection without a reply. */
static enum fsz_probe_answer probe_greet(int fd, int timeout_ms,
                                         char ret_mechanism[FSZ_PROBE_MECHANISM_BYTES])
{
    static const unsigned char ours[PROBE_MECHANISM] = {
        [0] = 0xff, [PROBE_SIGNATURE_END] = 0x7f, [PROBE_VERSION] = 3};
    unsigned char theirs[PROBE_GREETING_BYTES];
    bool          ended = false;
    (void)send(fd, ours, sizeof ours, MSG_NOSIGNAL); /* a failure shows in the reply */
    size_t size = probe_read(fd, theirs, sizeof theirs, timeout_ms, &ended);
    if (size == 0 && ended) {
        return FSZ_PROBE_CLOSED;
    }
    if (size < sizeof theirs || theirs[0] != 0xff || theirs[PROBE_SIGNATURE_END] != 0x7f ||
        theirs[PROBE_VERSION] < 3) {
        return FSZ_PROBE_FOREIGN;
    }
    memcpy(ret_mechanism, theirs + PROBE_MECHANISM, FSZ_PROBE_MECHANISM_BYTES - 1);
    ret_mechanism[FSZ_PROBE_MECHANISM_BYTES - 1] = '\0';
    return FSZ_PROBE_GREETED;
}

enum fsz_probe_answer fsz_probe_greet(const char *endpoint, int timeout_ms,
                                      char ret_mechanism[FSZ_PROBE_MECHANISM_BYTES])
{
    const char *why = NULL;
    int         fd = -1;
    if (probe_open(endpoint, timeout_ms, &fd, &why) != 0) {
        return FSZ_PROBE_CLOSED;
    }
    enum fsz_probe_answer answer = probe_greet(fd, timeout_ms, ret_mechanism);
    close(fd);
    return answer;
}
