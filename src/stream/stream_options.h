/* SPDX-License-Identifier: MPL-2.0 */
/* stream_options.h - the configuration of a stream as options of its libzmq socket
 * (zmq_setsockopt(3)).
 *
 * Set once, on a new socket: in libzmq up to 4.3.5, setting a high-water mark while a connection
 * ends uses freed memory (its issue 4524). So a configuration with other options needs a new
 * socket. Only on the thread of the socket. */
#ifndef FSZ_STREAM_OPTIONS_H
#define FSZ_STREAM_OPTIONS_H

#include "config/config.h"

#include <stdbool.h>

/* Whether the second configuration needs a new socket. */
bool fsz_stream_options_differ(const struct fsz_stream_config *a,
                               const struct fsz_stream_config *b);

/* For a socket with no endpoint yet. An option that libzmq refuses keeps its default; the ranges of
 * the configuration are those of libzmq. */
void fsz_stream_options_apply(void *socket, const struct fsz_stream_config *config);

#endif
