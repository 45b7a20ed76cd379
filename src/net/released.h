/* released.h - the addresses that a change of configuration lets go of, of all sockets together.
 *
 * Collected before anything is opened: whatever clashes with one of them can be had only once the
 * change is made, and is then opened by the next retry (fsz_endpoints_defer()). What stays cannot
 * clash with what is new, since a configuration is checked in itself. One thread at a time. */
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
/* Those of a socket's endpoints, open or deferred, that its next configuration does not have; NULL:
 * the socket is closed. `ipv6` as the socket has it now. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_released_add(struct fsz_released        *released,
                                       const struct fsz_endpoints *endpoints, bool ipv6,
                                       const struct fsz_socket_config *next);
/* Can the endpoint be bound only when one of them is free? `leaving` may be NULL: none. */
bool fsz_released_blocks(const struct fsz_released *released, const struct fsz_endpoint *wanted,
                         bool ipv6);

#endif
