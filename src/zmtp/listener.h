/* listener.h - one bound endpoint: accepts connections and hands their descriptors over.
 *
 * A descriptor is kept in reserve, so that when none is left a new peer is accepted and closed at
 * once instead of waiting in the backlog; peers that are connected are not affected. Loop thread
 * only. */
#ifndef FSZ_ZMTP_LISTENER_H
#define FSZ_ZMTP_LISTENER_H

#include "zmtp/address.h"
#include "zmtp/loop.h"

struct fsz_listener;

enum { FSZ_LISTENER_ACCEPTS = 32 }; /* in one turn of the loop */

struct fsz_listener_options {
    bool ipv6;
    int  backlog;
    int  send_buffer_bytes; /* 0: the system's; set before accept(2), so that it counts for TCP */
    unsigned ipc_mode;      /* permissions of the file; 0: as umask(2) leaves them */
};

/* A connection of that peer; `fd` is non-blocking, close-on-exec, and the callee's. */
typedef void (*fsz_listener_fn)(void *argument, int fd, const struct fsz_address *peer);

/* Binds and listens. FSZ_EINVALID, FSZ_ENOMEM, FSZ_ESYSTEM (*ret_errno): `ret_why` says what is
 * wrong.
 * EADDRINUSE for ipc: another process listens at that path; a file without a listener is replaced;
 * a file that is no socket is left alone (ENOTSOCK). */
FSZ_NODISCARD fsz_err fsz_listener_new(struct fsz_loop *loop, const char *endpoint,
                                       const struct fsz_listener_options *options,
                                       fsz_listener_fn accepted, void *argument,
                                       struct fsz_listener **ret_listener, int *ret_errno,
                                       char ret_why[FSZ_ADDRESS_WHY_BYTES]);
/* Closes it, and deletes the file of ipc if that is still its own. */
void fsz_listener_free(struct fsz_listener **listener);
/* As bound, wildcards resolved; valid as long as it lives. */
const char *fsz_listener_endpoint(const struct fsz_listener *listener);
/* Was the file of ipc deleted or replaced, so that nobody can connect any more? */
bool fsz_listener_is_lost(const struct fsz_listener *listener);
/* Connections accepted; those closed at once because no descriptor was left. */
struct fsz_listener_figures {
    uint64_t accepted, turned_away;
};
struct fsz_listener_figures fsz_listener_figures(const struct fsz_listener *listener);

#endif
