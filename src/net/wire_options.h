/* SPDX-License-Identifier: MPL-2.0 */
/* wire_options.h - turns the configuration of a socket into options and limits of our own wire.
 * Pure functions; any thread. */
#ifndef FSZ_WIRE_OPTIONS_H
#define FSZ_WIRE_OPTIONS_H

#include "config/config.h"
#include "zmtp/zmtp_socket.h"

/* Limits on the messages of a peer, which depend on the type of socket. */
struct fsz_wire_bounds {
    size_t message_bytes; /* the bodies of all frames together */
    size_t message_frames;
    size_t input_bytes; /* unfinished messages of all peers; 0: no limit */
};

/* Options of a server: the mechanism that `config` demands of peers, with its own key. The keys in
 * *ret_options are secret; the caller wipes them. */
void fsz_wire_options(const struct fsz_socket_config *config, enum fsz_zmtp_type type,
                      struct fsz_zmtp_options *ret_options);
/* Options of a client, for endpoints of a service: CURVE if the service has a server key. */
void fsz_wire_options_of_service(const struct fsz_service_config *config,
                                 struct fsz_zmtp_options         *ret_options);
void fsz_wire_limits(const struct fsz_config *config, const struct fsz_socket_config *socket,
                     const struct fsz_wire_bounds *bounds, struct fsz_zmtp_limits *ret_limits);

/* Whether the credentials that peers must show, or our own, differ. */
bool fsz_wire_security_differs(const struct fsz_socket_config *a,
                               const struct fsz_socket_config *b);

#endif
