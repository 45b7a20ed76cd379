/* SPDX-License-Identifier: MPL-2.0 */
/* dialer.h - connects to one endpoint: repeats attempts with growing pauses until one succeeds,
 * then hands over the descriptor. Starts again when its owner reports that the connection ended.
 * One attempt tries all addresses of a name. Loop thread only. */
#ifndef FSZ_ZMTP_DIALER_H
#define FSZ_ZMTP_DIALER_H

#include "zmtp/address.h"
#include "zmtp/loop.h"

struct fsz_dialer;

struct fsz_dialer_options {
    bool    ipv6;
    int     send_buffer_bytes;  /* 0: the system's default */
    int64_t connect_timeout_ms; /* for one address; 0: the system's */
    /* The pause before the next attempt doubles from reconnect_ms to reconnect_max_ms, with a
     * jitter of up to a quarter. fsz_dialer_stands() resets it. */
    int64_t reconnect_ms, reconnect_max_ms;
};

/* A connection is established. `fd` is non-blocking and close-on-exec; the callee owns it, and may
 * free the dialer. Never called before fsz_dialer_new() returns. */
typedef void (*fsz_dialer_fn)(void *argument, int fd, const struct fsz_address *peer);

/* Starts to connect. FSZ_EINVALID: the endpoint is not valid, `ret_why` is the reason. FSZ_ENOMEM.
 */
FSZ_NODISCARD fsz_err fsz_dialer_new(struct fsz_loop *loop, const char *endpoint,
                                     const struct fsz_dialer_options *options,
                                     fsz_dialer_fn connected, void *argument,
                                     struct fsz_dialer **ret_dialer,
                                     char                ret_why[FSZ_ADDRESS_WHY_BYTES]);
void                  fsz_dialer_free(struct fsz_dialer **dialer);
/* The connection has ended: makes the next attempt after the pause. */
void fsz_dialer_again(struct fsz_dialer *dialer);
/* The handshake is complete: resets the pause. */
void        fsz_dialer_stands(struct fsz_dialer *dialer);
const char *fsz_dialer_endpoint(const struct fsz_dialer *dialer); /* as given */

#endif
