/* SPDX-License-Identifier: MPL-2.0 */
/* announce.h - log lines after a start or a reload: where sockets are and whom they admit. */
#ifndef FSZ_ANNOUNCE_H
#define FSZ_ANNOUNCE_H

#include "host/host.h"
#include "net/endpoints.h"

/* Logs the open endpoints of one socket, on its thread. */
void fsz_announce_endpoints(const struct fsz_host *host, const struct fsz_socket_config *config,
                            const struct fsz_endpoints *endpoints);

/* Logs one line about an endpoint that fsz_endpoints_retry() returned. */
void fsz_announce_retried(const struct fsz_host *host, const char *owner,
                          const struct fsz_endpoint_state *endpoint);

#endif
