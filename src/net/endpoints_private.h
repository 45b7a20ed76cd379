/* SPDX-License-Identifier: MPL-2.0 */
/* endpoints_private.h - shared by endpoints.c (the list of a socket's endpoints) and
 * endpoint_open.c (one endpoint). */
#ifndef FSZ_ENDPOINTS_PRIVATE_H
#define FSZ_ENDPOINTS_PRIVATE_H

#include "net/endpoints.h"

enum {
    ENDPOINT_RETRY_FIRST_MS = 10,
};

/* Opens it, or fills in `why` and when to try again. FSZ_ESYSTEM. */
fsz_err fsz_endpoint_try(struct fsz_endpoints *e, struct fsz_endpoint_state *state);
/* Closes it if it is open. */
void fsz_endpoint_close(struct fsz_endpoints *e, const struct fsz_endpoint_state *state);
void fsz_endpoints_set_linger(void *socket);

#endif
