/* dialer.h - one endpoint to connect to: tries until it has a connection, with growing pauses, and
 * hands the descriptor over; tries again when its owner says that the connection ended. One try
 * goes through all addresses that a name has. Loop thread only. */
#ifndef FSZ_ZMTP_DIALER_H
#define FSZ_ZMTP_DIALER_H

#include "zmtp/address.h"
#include "zmtp/loop.h"

struct fsz_dialer;

struct fsz_dialer_options {
    bool    ipv6;
    int     send_buffer_bytes;  /* 0: the system's */
    int64_t connect_timeout_ms; /* of one address; 0: the system's */
    /* The pause before the next try doubles from the first to the second, with jitter of up to a
     * quarter. It is reset by fsz_dialer_stands(). */
    int64_t reconnect_ms, reconnect_max_ms;
};

/* A connection stands; `fd` is non-blocking, close-on-exec, and the callee's, which may free the
 * dialer. Not called before fsz_dialer_new() has returned. */
typedef void (*fsz_dialer_fn)(void *argument, int fd, const struct fsz_address *peer);

/* Begins to connect. FSZ_EINVALID: the endpoint, `ret_why` says what is wrong. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_dialer_new(struct fsz_loop *loop, const char *endpoint,
                                     const struct fsz_dialer_options *options,
                                     fsz_dialer_fn connected, void *argument,
                                     struct fsz_dialer **ret_dialer,
                                     char                ret_why[FSZ_ADDRESS_WHY_BYTES]);
void                  fsz_dialer_free(struct fsz_dialer **dialer);
/* The connection that it handed over has ended: the next try comes after the pause. */
void fsz_dialer_again(struct fsz_dialer *dialer);
/* The handshake on that connection is done: the next pause is the first one again. */
void        fsz_dialer_stands(struct fsz_dialer *dialer);
const char *fsz_dialer_endpoint(const struct fsz_dialer *dialer); /* as given */

#endif
