/* SPDX-License-Identifier: MPL-2.0 */
/* listener.h - one bound endpoint: accepts connections and hands over their descriptors.
 *
 * A descriptor is kept in reserve. When no other is left, a new peer is accepted and closed at once
 * instead of waiting in the backlog; connected peers are not affected. Loop thread only. */
#ifndef FSZ_ZMTP_LISTENER_H
#define FSZ_ZMTP_LISTENER_H

#include "zmtp/address.h"
#include "zmtp/loop.h"

struct fsz_listener;

enum { FSZ_LISTENER_ACCEPTS = 32 }; /* in one turn of the loop */

struct fsz_listener_options {
    bool     ipv6;
    int      backlog;
    int      send_buffer_bytes; /* 0: the system's default; set before accept(2), as TCP requires */
    unsigned ipc_mode;          /* permissions of the file; 0: set by umask(2) */
};

/* A new connection from `peer`. `fd` is non-blocking and close-on-exec; the callee owns it. */
typedef void (*fsz_listener_fn)(void *argument, int fd, const struct fsz_address *peer);

/* Binds and listens. FSZ_EINVALID, FSZ_ENOMEM, FSZ_ESYSTEM (*ret_errno): `ret_why` is the reason.
 * For ipc: a stale socket file is replaced; EADDRINUSE: another process listens at that path;
 * ENOTSOCK: the file is not a socket, and stays. */
FSZ_NODISCARD fsz_err fsz_listener_new(struct fsz_loop *loop, const char *endpoint,
                                       const struct fsz_listener_options *options,
                                       fsz_listener_fn accepted, void *argument,
                                       struct fsz_listener **ret_listener, int *ret_errno,
                                       char ret_why[FSZ_ADDRESS_WHY_BYTES]);
/* Closes it, and deletes the ipc file if it is still the listener's own. */
void fsz_listener_free(struct fsz_listener **listener);
/* The bound endpoint with wildcards resolved; valid as long as the listener. */
const char *fsz_listener_endpoint(const struct fsz_listener *listener);
/* Was the ipc file deleted or replaced, so that no peer can connect any more? */
bool fsz_listener_is_lost(const struct fsz_listener *listener);
/* Connections accepted, and those closed at once because no descriptor was left. */
struct fsz_listener_figures {
    uint64_t accepted, turned_away;
};
struct fsz_listener_figures fsz_listener_figures(const struct fsz_listener *listener);

#endif
