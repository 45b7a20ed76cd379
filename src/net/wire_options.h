/* wire_options.h - a socket's configuration as the options and limits of our own wire. Pure
 * functions; any thread. */
#ifndef FSZ_WIRE_OPTIONS_H
#define FSZ_WIRE_OPTIONS_H

#include "config/config.h"
#include "zmtp/zmtp_socket.h"

/* What a message of a peer may take, which the kind of socket decides. */
struct fsz_wire_bounds {
    size_t message_bytes; /* of the frames' bodies together */
    size_t message_frames;
    size_t input_bytes; /* unfinished messages of all peers; 0: no bound */
};

/* A server's side: the mechanism that `config` demands of peers, with the key that it holds. The
 * keys in *ret_options are secret; the caller wipes them. */
void fsz_wire_options(const struct fsz_socket_config *config, enum fsz_zmtp_type type,
                      struct fsz_zmtp_options *ret_options);
/* A client's side, of a service's endpoints: CURVE where the service has a server key. */
void fsz_wire_options_of_service(const struct fsz_service_config *config,
                                 struct fsz_zmtp_options         *ret_options);
void fsz_wire_limits(const struct fsz_config *config, const struct fsz_socket_config *socket,
                     const struct fsz_wire_bounds *bounds, struct fsz_zmtp_limits *ret_limits);

/* Do peers have to show something else than before, or does this side? */
bool fsz_wire_security_differs(const struct fsz_socket_config *a,
                               const struct fsz_socket_config *b);

#endif
