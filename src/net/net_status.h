/* SPDX-License-Identifier: MPL-2.0 */
/* net_status.h - the status members that every socket has: endpoints, connections, limits.
 * docs/operations.md lists them. */
#ifndef FSZ_NET_STATUS_H
#define FSZ_NET_STATUS_H

#include "net/endpoints.h"
#include "zmtp/zmtp_socket.h"

#include <jansson.h>

/* Returns a new array of the endpoints of one socket. On its thread. */
json_t *fsz_status_endpoints(const struct fsz_endpoints *endpoints);

/* Adds the counters of a socket of our own wire to its object. Existing members stay. On the thread
 * of the socket. */
void fsz_status_wire(json_t *status, struct fsz_zmtp_socket *wire);

#endif
