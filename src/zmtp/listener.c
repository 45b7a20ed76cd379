/* SPDX-License-Identifier: MPL-2.0 */
#include "zmtp/listener.h"

#include "zmtp/address_private.h"
#include "zmtp/descriptor.h"
#include "zmtp/ipc_file.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LISTENER_REST_MS = 50 }; /* pause in accepting when no descriptor is left */

struct fsz_listener {
    struct fsz_loop            *loop;
    struct fsz_loop_watch       watch;
    struct fsz_loop_timer       rest;
    struct fsz_listener_options options;
    fsz_listener_fn             accepted;
    void                       *argument;
    struct fsz_endpoint_parts   parts;
    struct fsz_ipc_file         file;
    char                        endpoint[FSZ_ADDRESS_TEXT_BYTES];
    int                         reserve; /* -1: another thread used the descriptor */
    struct fsz_listener_figures figures;
    bool *is_freed; /* set while `accepted` runs, which may free the listener */
};

static void listener_close(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
    }
    *fd = -1;
}

static void listener_keep_reserve(struct fsz_listener *listener)
{
    if (listener->reserve < 0) {
        listener->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
    }
}

static bool listener_has_file(const struct fsz_listener *listener)
{
    return listener->parts.is_ipc && listener->parts.path[0] == '/';
}

/* The timer is always set, so that a pause needs no memory. */
static fsz_err listener_keep_timer(struct fsz_listener *listener)
{
    return fsz_loop_set_timer(listener->loop, &listener->rest, INT64_MAX);
}

static void listener_rested(void *argument)
{
    struct fsz_listener *listener = argument;
    fsz_err              err = listener_keep_timer(listener);
    (void)err; /* cannot fail: its place has just become free */
    listener_keep_reserve(listener);
    fsz_loop_modify(listener->loop, &listener->watch, EPOLLIN);
}

/* A peer waits that cannot be accepted now, so the descriptor would be ready all the time. Stops
 * watching it for a while. */
static void listener_rest(struct fsz_listener *listener)
{
    int64_t due_ms = fsz_loop_now_ms(listener->loop) + LISTENER_REST_MS;
    if (fsz_loop_set_timer(listener->loop, &listener->rest, due_ms) == FSZ_OK) {
        fsz_loop_modify(listener->loop, &listener->watch, 0);
    }
}

/* Uses the reserve to accept and close one peer. False: no peer was turned away. */
static bool listener_turn_away(struct fsz_listener *listener)
{
    if (listener->reserve < 0) {
        return false;
    }
    listener_close(&listener->reserve);
    int fd = accept4(listener->watch.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) {
        close(fd);
        listener->figures.turned_away++;
    }
    listener_keep_reserve(listener);
    return fd >= 0;
}

/* After accept4() has failed: may another peer be accepted in this turn? Errors of the network
 * concern only one peer (accept(2)). */
static bool listener_failed(struct fsz_listener *listener, int error)
{
    switch (error) {
    case EAGAIN:
        return false;
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
    case EPERM:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
    case ETIMEDOUT:
        return true;
    default:
        break;
    }
    bool lacks_descriptor = error == EMFILE || error == ENFILE;
    if (lacks_descriptor && listener_turn_away(listener)) {
        return true;
    }
    listener_rest(listener);
    return false;
}

/* May another peer be accepted in this turn? */
static bool listener_accept(struct fsz_listener *listener)
{
    struct fsz_address peer = {.size = sizeof(peer.storage)};
    bool               is_freed = false;
    int fd = accept4(listener->watch.fd, &peer.any, &peer.size, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) {
        return listener_failed(listener, errno);
    }
    listener->figures.accepted++;
    listener->is_freed = &is_freed;
    listener->accepted(listener->argument, fd, &peer);
    if (!is_freed) {
        listener->is_freed = NULL;
    }
    return !is_freed;
}

static void listener_ready(void *argument, uint32_t events)
{
    struct fsz_listener *listener = argument;
    (void)events;
    for (int i = 0; i < FSZ_LISTENER_ACCEPTS && listener_accept(listener); i++) {
    }
}

/* Sets the options that accepted descriptors inherit. */
static int listener_socket(const struct fsz_listener *listener, const struct fsz_address *address)
{
    int family = address->any.sa_family;
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return -1;
    }
    if (family != AF_UNIX) {
        fsz_descriptor_set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
        fsz_descriptor_set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    }
    if (family == AF_INET6) {
        fsz_descriptor_set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    }
    if (listener->options.send_buffer_bytes > 0) {
        fsz_descriptor_set(fd, SOL_SOCKET, SO_SNDBUF, listener->options.send_buffer_bytes);
    }
    return fd;
}

/* Returns an errno. */
static int listener_bind(const struct fsz_listener *listener, const struct fsz_address *address)
{
    return bind(listener->watch.fd, &address->any, address->size) == 0 ? 0 : errno;
}

/* Returns an errno. */
static int listener_listen(const struct fsz_listener *listener)
{
    int backlog = listener->options.backlog > 0 ? listener->options.backlog : SOMAXCONN;
    return listen(listener->watch.fd, backlog) == 0 ? 0 : errno;
}

/* Sets the permissions before any peer can connect. Returns an errno. */
static int listener_bind_file(struct fsz_listener *listener, const struct fsz_address *address)
{
    const char *path = listener->parts.path;
    unsigned    mode = listener->options.ipc_mode;
    int         error = fsz_ipc_file_clear(path);
    if (error == 0) {
        error = listener_bind(listener, address);
    }
    if (error != 0) {
        return error;
    }
    fsz_ipc_file_note(path, &listener->file);
    if (mode != 0 && chmod(path, mode) != 0) {
        return errno;
    }
    return listener_listen(listener);
}

/* Returns an errno. */
static int listener_bind_locked(struct fsz_listener *listener, const struct fsz_address *address)
{
    int lock = -1;
    int error = fsz_ipc_file_lock(listener->parts.path, &lock);
    if (error == 0) {
        error = listener_bind_file(listener, address);
        fsz_ipc_file_unlock(listener->parts.path, lock);
    }
    return error;
}

/* Returns an errno. */
static int listener_open(struct fsz_listener *listener, struct fsz_address *address)
{
    listener->watch.fd = listener_socket(listener, address);
    if (listener->watch.fd < 0 && errno == EAFNOSUPPORT && strcmp(listener->parts.host, "*") == 0) {
        fsz_address_of_any(AF_INET, listener->parts.port, address);
        listener->watch.fd = listener_socket(listener, address);
    }
    if (listener->watch.fd < 0) {
        return errno;
    }
    if (listener_has_file(listener)) {
        return listener_bind_locked(listener, address);
    }
    int error = listener_bind(listener, address);
    return error != 0 ? error : listener_listen(listener);
}

/* Returns an errno. */
static int listener_start(struct fsz_listener *listener, struct fsz_address *address)
{
    int error = listener_open(listener, address);
    if (error != 0) {
        return error;
    }
    if (listener->parts.is_ipc) {
        (void)snprintf(listener->endpoint, sizeof(listener->endpoint), "ipc://%s",
                       listener->parts.path);
    } else {
        address->size = sizeof(address->storage);
        if (getsockname(listener->watch.fd, &address->any, &address->size) != 0) {
            return errno;
        }
        fsz_address_write(address, listener->endpoint);
    }
    listener_keep_reserve(listener);
    if (listener->reserve < 0) {
        return errno;
    }
    if (listener_keep_timer(listener) != FSZ_OK) {
        return ENOMEM;
    }
    return fsz_loop_add(listener->loop, &listener->watch, EPOLLIN) == FSZ_OK ? 0 : errno;
}

static void listener_explain(const struct fsz_endpoint_parts *parts, int error,
                             char ret_why[FSZ_ADDRESS_WHY_BYTES])
{
    const char *text = fsz_descriptor_error(error);
    if (error == EADDRINUSE) {
        text = parts->is_ipc ? "another process listens or is binding there"
                             : "the port is in use by another socket";
    } else if (error == ENOTSOCK) {
        text = "a file that is not a socket is there, and is not deleted";
    } else if (error == EACCES && parts->is_ipc) {
        text = "no permission to write to the folder or to connect to the existing file; delete "
               "the file if no process uses it";
    } else if (error == EADDRNOTAVAIL) {
        text = "this host does not have that address";
    }
    (void)snprintf(ret_why, FSZ_ADDRESS_WHY_BYTES, "%s", text);
}

static struct fsz_listener *listener_make(struct fsz_loop                   *loop,
                                          const struct fsz_endpoint_parts   *parts,
                                          const struct fsz_listener_options *options)
{
    struct fsz_listener *listener = calloc(1, sizeof(*listener));
    if (listener != NULL) {
        listener->loop = loop;
        listener->watch = (struct fsz_loop_watch){-1, listener_ready, listener};
        listener->rest = (struct fsz_loop_timer){.fire = listener_rested, .argument = listener};
        listener->options = *options;
        listener->parts = *parts;
        listener->reserve = -1;
    }
    return listener;
}

/* NOLINTNEXTLINE(readability-function-size): eight parameters; three of them are results */
fsz_err fsz_listener_new(struct fsz_loop *loop, const char *endpoint,
                         const struct fsz_listener_options *options, fsz_listener_fn accepted,
                         void *argument, struct fsz_listener **ret_listener, int *ret_errno,
                         char ret_why[FSZ_ADDRESS_WHY_BYTES])
{
    struct fsz_endpoint_parts parts;
    struct fsz_address        address;
    *ret_errno = EINVAL;
    if (fsz_address_parse(endpoint, false, &parts, ret_why) != FSZ_OK ||
        fsz_address_of_listener(&parts, options->ipv6, &address, ret_why) != FSZ_OK) {
        return FSZ_EINVALID;
    }
    struct fsz_listener *listener = listener_make(loop, &parts, options);
    *ret_errno = listener != NULL ? listener_start(listener, &address) : ENOMEM;
    if (*ret_errno != 0) {
        listener_explain(&parts, *ret_errno, ret_why);
        fsz_listener_free(&listener);
        return *ret_errno == ENOMEM ? FSZ_ENOMEM : FSZ_ESYSTEM;
    }
    listener->accepted = accepted;
    listener->argument = argument;
    *ret_listener = listener;
    return FSZ_OK;
}

void fsz_listener_free(struct fsz_listener **listener)
{
    struct fsz_listener *l = *listener;
    *listener = NULL;
    if (l == NULL) {
        return;
    }
    if (l->is_freed != NULL) {
        *l->is_freed = true;
    }
    fsz_loop_cancel_timer(l->loop, &l->rest);
    if (l->watch.fd >= 0) {
        fsz_loop_remove(l->loop, &l->watch);
    }
    if (fsz_ipc_file_is_at(l->parts.path, &l->file)) {
        (void)unlink(l->parts.path);
    }
    listener_close(&l->watch.fd);
    listener_close(&l->reserve);
    free(l);
}

const char *fsz_listener_endpoint(const struct fsz_listener *listener)
{
    return listener->endpoint;
}

bool fsz_listener_is_lost(const struct fsz_listener *listener)
{
    return listener_has_file(listener) &&
           !fsz_ipc_file_is_at(listener->parts.path, &listener->file);
}

struct fsz_listener_figures fsz_listener_figures(const struct fsz_listener *listener)
{
    return listener->figures;
}
