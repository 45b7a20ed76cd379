/* SPDX-License-Identifier: MPL-2.0 */
/* released.h - the addresses that a change of configuration releases, of all sockets together.
 *
 * They are collected before anything is opened. A new endpoint that clashes with one of them can be
 * opened only once the change is made; the next retry does that (fsz_endpoints_defer()). Endpoints
 * that stay cannot clash with new ones, because a configuration is checked for clashes. One thread
 * at a time. */
#ifndef FSZ_RELEASED_H
#define FSZ_RELEASED_H

#include "config/config.h"
#include "net/endpoints.h"

struct fsz_released {
    struct fsz_released_address *list;
    size_t                       count, room;
};

void fsz_released_init(struct fsz_released *released);
void fsz_released_fini(struct fsz_released *released);
/* Adds the endpoints of a socket, open or deferred, that its next configuration does not have.
 * `next` is NULL if the socket is closed. `ipv6` is its present setting. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_released_add(struct fsz_released        *released,
                                       const struct fsz_endpoints *endpoints, bool ipv6,
                                       const struct fsz_socket_config *next);
/* Whether the endpoint can be bound only after one of them is free. `released` may be NULL: none.
 */
bool fsz_released_blocks(const struct fsz_released *released, const struct fsz_endpoint *wanted,
                         bool ipv6);

#endif
