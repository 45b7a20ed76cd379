/* net_status.h - the part of a status that every socket has: endpoints, connections, limits.
 * Members: docs/operations.md. */
#ifndef FSZ_NET_STATUS_H
#define FSZ_NET_STATUS_H

#include "net/endpoints.h"
#include "zmtp/zmtp_socket.h"

#include <jansson.h>

/* The endpoints of one socket, on its thread: a new array. */
json_t *fsz_status_endpoints(const struct fsz_endpoints *endpoints);

/* Adds the counters of a socket of our own wire to its object. Members that are there stay. On the
 * socket's thread. */
void fsz_status_wire(json_t *status, struct fsz_zmtp_socket *wire);

#endif
