/* stream_options.h - a stream's configuration as socket options: socket_options.h and what only
 * streams have. */
#ifndef FSZ_STREAM_OPTIONS_H
#define FSZ_STREAM_OPTIONS_H

#include "config.h"

/* As fsz_socket_options_differ(), with the options of multicast. */
bool fsz_stream_options_differ(const struct fsz_stream_config *a,
                               const struct fsz_stream_config *b);

/* Stream thread. What libzmq refuses is left at its default: the configuration's ranges are
 * libzmq's. */
void fsz_stream_options_apply(void *socket, const struct fsz_stream_config *config);

#endif
