/* stream_options.h - what of a stream's configuration libzmq's socket has as options
 * (zmq_setsockopt(3)).
 *
 * Set once, on a new socket: to set a high-water mark while a connection ends is a use of freed
 * memory in libzmq up to 4.3.5 (its issue 4524). A configuration that differs needs another socket.
 * Only on the thread of the socket. */
#ifndef FSZ_STREAM_OPTIONS_H
#define FSZ_STREAM_OPTIONS_H

#include "config/config.h"

#include <stdbool.h>

/* Do two configurations need two sockets? */
bool fsz_stream_options_differ(const struct fsz_stream_config *a,
                               const struct fsz_stream_config *b);

/* On a socket with no endpoint yet. What libzmq refuses is left at its default: the configuration's
 * ranges are libzmq's. */
void fsz_stream_options_apply(void *socket, const struct fsz_stream_config *config);

#endif
