/* SPDX-License-Identifier: MPL-2.0 */
#include "zmtp/dialer_private.h"

#include "zmtp/address_private.h"
#include "zmtp/descriptor.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void dialer_next(struct fsz_dialer *dialer);

FSZ_PRINTF(2, 3)
static void dialer_note(struct fsz_dialer *dialer, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    (void)vsnprintf(dialer->why, sizeof(dialer->why), format, values);
    va_end(values);
}

/* If a timer could not be set for lack of memory, the attempts would end. So it is always set, if
 * only far in the future, and only moved. */
static void dialer_set_timer(struct fsz_dialer *dialer, int64_t due_ms)
{
    (void)fsz_loop_set_timer(dialer->loop, &dialer->timer, due_ms);
}

static int64_t dialer_first_pause(const struct fsz_dialer *dialer)
{
    return dialer->options.reconnect_ms > 0 ? dialer->options.reconnect_ms : 1;
}

/* The jitter spreads the attempts of several dialers. */
static void dialer_pause(struct fsz_dialer *dialer)
{
    int64_t pause_ms = dialer->pause_ms;
    int64_t most_ms = dialer->options.reconnect_max_ms;
    int64_t jitter_ms = pause_ms / 4 < INT32_MAX ? pause_ms / 4 : INT32_MAX;
    dialer->pause_ms = pause_ms < most_ms / 2 ? pause_ms * 2 : most_ms;
    if (dialer->pause_ms < dialer_first_pause(dialer)) {
        dialer->pause_ms = dialer_first_pause(dialer);
    }
    jitter_ms = randombytes_uniform((uint32_t)jitter_ms + 1);
    int64_t now_ms = fsz_loop_now_ms(dialer->loop) + jitter_ms;
    dialer_set_timer(dialer, pause_ms < INT64_MAX - now_ms ? now_ms + pause_ms : INT64_MAX);
}

static void dialer_hang_up(struct fsz_dialer *dialer)
{
    if (dialer->watch.fd >= 0) {
        fsz_loop_remove(dialer->loop, &dialer->watch);
        close(dialer->watch.fd);
        dialer->watch.fd = -1;
    }
}

/* The address failed: tries the next one, or pauses. */
static void dialer_failed(struct fsz_dialer *dialer, const char *what)
{
    char address[FSZ_ADDRESS_TEXT_BYTES];
    fsz_address_write(&dialer->addresses[dialer->next], address);
    dialer_note(dialer, "%.100s: %s", address, what);
    dialer_hang_up(dialer);
    dialer->next++;
    dialer_next(dialer);
}

/* When no process listens at a local port, the system may choose that very port for our end. TCP
 * then connects the socket to itself. */
static bool dialer_is_itself(int fd)
{
    struct fsz_address own = {.size = sizeof(own.storage)};
    struct fsz_address peer = {.size = sizeof(peer.storage)};
    return getsockname(fd, &own.any, &own.size) == 0 && own.any.sa_family != AF_UNIX &&
           getpeername(fd, &peer.any, &peer.size) == 0 && own.size == peer.size &&
           memcmp(&own.storage, &peer.storage, own.size) == 0;
}

/* Hands over the descriptor. The callee may free the dialer. */
static void dialer_hand_over(struct fsz_dialer *dialer, int fd)
{
    struct fsz_address peer = dialer->addresses[dialer->next];
    dialer->why[0] = '\0';
    dialer->connected(dialer->argument, fd, &peer);
}

static void dialer_ready(void *argument, uint32_t events)
{
    struct fsz_dialer *dialer = argument;
    int                fd = dialer->watch.fd;
    int                error = 0;
    socklen_t          size = sizeof(error);
    (void)events;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) {
        error = errno;
    }
    if (error == 0 && dialer_is_itself(fd)) {
        error = ECONNREFUSED;
    }
    if (error != 0) {
        dialer_failed(dialer, fsz_descriptor_error(error));
        return;
    }
    dialer_set_timer(dialer, INT64_MAX);
    fsz_loop_remove(dialer->loop, &dialer->watch);
    dialer->watch.fd = -1;
    dialer_hand_over(dialer, fd);
}

/* Returns an errno. */
static int dialer_bind_source(struct fsz_dialer *dialer, int fd, int family)
{
    struct fsz_endpoint_parts source = {.port = dialer->parts.source_port};
    struct fsz_address        address;
    char                      why[FSZ_ADDRESS_WHY_BYTES];
    if (dialer->parts.source[0] == '\0') {
        return 0;
    }
    (void)snprintf(source.host, sizeof(source.host), "%s", dialer->parts.source);
    if (fsz_address_of_listener(&source, family == AF_INET6, &address, why) != FSZ_OK) {
        return EADDRNOTAVAIL;
    }
    fsz_descriptor_set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    return bind(fd, &address.any, address.size) == 0 ? 0 : errno;
}

static int dialer_socket(const struct fsz_dialer *dialer, int family)
{
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && family != AF_UNIX) {
        fsz_descriptor_set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    }
    if (fd >= 0 && dialer->options.send_buffer_bytes > 0) {
        fsz_descriptor_set(fd, SOL_SOCKET, SO_SNDBUF, dialer->options.send_buffer_bytes);
    }
    return fd;
}

/* Returns 0 if the loop will report the result, otherwise an errno. A connect(2) that succeeds at
 * once is reported by the loop too, so that there is only one path. */
static int dialer_connect(struct fsz_dialer *dialer, const struct fsz_address *address)
{
    int fd = dialer_socket(dialer, address->any.sa_family);
    int error = fd < 0 ? errno : dialer_bind_source(dialer, fd, address->any.sa_family);
    if (error == 0 && connect(fd, &address->any, address->size) != 0) {
        error = errno == EINPROGRESS || errno == EINTR ? 0 : errno;
    }
    dialer->watch.fd = fd;
    if (error == 0 && fsz_loop_add(dialer->loop, &dialer->watch, EPOLLOUT) != FSZ_OK) {
        error = errno;
    }
    return error;
}

static void dialer_next(struct fsz_dialer *dialer)
{
    int64_t timeout_ms = dialer->options.connect_timeout_ms;
    if (dialer->next == dialer->count) {
        dialer_pause(dialer);
        return;
    }
    dialer_set_timer(dialer,
                     timeout_ms > 0 ? fsz_loop_now_ms(dialer->loop) + timeout_ms : INT64_MAX);
    int error = dialer_connect(dialer, &dialer->addresses[dialer->next]);
    if (error != 0) {
        dialer_failed(dialer, fsz_descriptor_error(error));
    }
}

static void dialer_resolved(void *argument, fsz_err err, const struct fsz_address *addresses,
                            size_t count, const char *why)
{
    struct fsz_dialer *dialer = argument;
    dialer->resolution = NULL;
    if (err != FSZ_OK) {
        dialer_note(dialer, "%.60s: %s", dialer->parts.host, why);
        dialer_pause(dialer);
        return;
    }
    memcpy(dialer->addresses, addresses, count * sizeof(*addresses));
    dialer->count = count;
    dialer_next(dialer);
}

static void dialer_look_up(struct fsz_dialer *dialer)
{
    fsz_err err =
        fsz_resolver_start(dialer->loop, dialer->parts.host, dialer->parts.port,
                           dialer->options.ipv6, dialer_resolved, dialer, &dialer->resolution);
    dialer_set_timer(dialer, INT64_MAX);
    if (err != FSZ_OK) {
        dialer_note(dialer, "%.60s: cannot start the lookup: %s", dialer->parts.host,
                    fsz_err_text(err));
        dialer_pause(dialer);
    }
}

static void dialer_attempt(struct fsz_dialer *dialer)
{
    const struct fsz_endpoint_parts *parts = &dialer->parts;
    dialer->attempts++;
    dialer->count = dialer->next = 0;
    fsz_err err = parts->is_ipc
                      ? fsz_address_of_path(parts->path, &dialer->addresses[0], dialer->why)
                      : fsz_address_of_number(parts->host, parts->port, dialer->options.ipv6,
                                              &dialer->addresses[0]);
    if (err != FSZ_OK && strchr(parts->host, ':') != NULL) {
        dialer_note(dialer, "%.60s: ipv6 is off, or the zone is unknown", parts->host);
        dialer_pause(dialer);
        return;
    }
    if (err != FSZ_OK) {
        dialer_look_up(dialer);
        return;
    }
    dialer->count = 1;
    dialer_next(dialer);
}

/* The loop removes a timer before it fires. Setting it again at once needs no memory. */
static void dialer_fired(void *argument)
{
    struct fsz_dialer *dialer = argument;
    dialer_set_timer(dialer, INT64_MAX);
    if (dialer->watch.fd >= 0) {
        dialer_failed(dialer, fsz_descriptor_error(ETIMEDOUT));
    } else {
        dialer_attempt(dialer);
    }
}

static fsz_err dialer_begin(struct fsz_dialer *dialer, const char *endpoint)
{
    dialer->endpoint = strdup(endpoint);
    if (dialer->endpoint == NULL) {
        return FSZ_ENOMEM;
    }
    return fsz_loop_set_timer(dialer->loop, &dialer->timer, fsz_loop_now_ms(dialer->loop));
}

fsz_err fsz_dialer_new(struct fsz_loop *loop, const char *endpoint,
                       const struct fsz_dialer_options *options, fsz_dialer_fn connected,
                       void *argument, struct fsz_dialer **ret_dialer,
                       char ret_why[FSZ_ADDRESS_WHY_BYTES])
{
    struct fsz_endpoint_parts parts;
    if (fsz_address_parse(endpoint, true, &parts, ret_why) != FSZ_OK) {
        return FSZ_EINVALID;
    }
    struct fsz_dialer *dialer = calloc(1, sizeof(*dialer));
    if (dialer != NULL) {
        dialer->loop = loop;
        dialer->watch = (struct fsz_loop_watch){-1, dialer_ready, dialer};
        dialer->timer = (struct fsz_loop_timer){.fire = dialer_fired, .argument = dialer};
        dialer->options = *options;
        dialer->connected = connected;
        dialer->argument = argument;
        dialer->parts = parts;
        dialer->pause_ms = dialer_first_pause(dialer);
    }
    if (dialer == NULL || dialer_begin(dialer, endpoint) != FSZ_OK) {
        (void)snprintf(ret_why, FSZ_ADDRESS_WHY_BYTES, "%s", fsz_err_text(FSZ_ENOMEM));
        fsz_dialer_free(&dialer);
        return FSZ_ENOMEM;
    }
    *ret_dialer = dialer;
    return FSZ_OK;
}

void fsz_dialer_free(struct fsz_dialer **dialer)
{
    struct fsz_dialer *d = *dialer;
    *dialer = NULL;
    if (d == NULL) {
        return;
    }
    fsz_resolver_cancel(&d->resolution);
    fsz_loop_cancel_timer(d->loop, &d->timer);
    dialer_hang_up(d);
    free(d->endpoint);
    free(d);
}

void fsz_dialer_again(struct fsz_dialer *dialer)
{
    dialer_pause(dialer);
}

void fsz_dialer_stands(struct fsz_dialer *dialer)
{
    dialer->pause_ms = dialer_first_pause(dialer);
}

const char *fsz_dialer_endpoint(const struct fsz_dialer *dialer)
{
    return dialer->endpoint;
}
