/* socket_options.h - what is configured alike for every socket, as options (zmq_setsockopt(3)).
 *
 * Set once, on a new socket: libzmq takes most of them over when it binds or connects, and to set a
 * high-water mark while a connection ends is a use of freed memory in libzmq up to 4.3.5 (its issue
 * 4524). A configuration that differs needs another socket. Only on the thread of the socket. */
#ifndef FSZ_SOCKET_OPTIONS_H
#define FSZ_SOCKET_OPTIONS_H

#include "config.h"

/* Do two configurations need two sockets? */
bool fsz_socket_options_differ(const struct fsz_socket_config *a,
                               const struct fsz_socket_config *b);

/* On a socket with no endpoint yet. What libzmq refuses is left at its default: the configuration's
 * ranges are libzmq's. */
void fsz_socket_options_apply(void *socket, const struct fsz_socket_config *config);

#endif
