/* leaving.h - the addresses that a change of configuration lets go of, of all sockets together.
 *
 * Collected before anything is opened: whatever clashes with one of them can be had only once the
 * change is made, and is then opened by the next retry (fsz_endpoints_defer()). What stays cannot
 * clash with what is new, since a configuration is checked in itself. One thread at a time. */
#ifndef FSZ_LEAVING_H
#define FSZ_LEAVING_H

#include "config/config.h"
#include "net/endpoints.h"

struct fsz_leaving {
    struct fsz_leaving_address *list;
    size_t                      count, room;
};

void fsz_leaving_init(struct fsz_leaving *leaving);
void fsz_leaving_fini(struct fsz_leaving *leaving);
/* Those of a socket's endpoints, open or deferred, that its next configuration does not have; NULL:
 * the socket is closed. `ipv6` as the socket has it now. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_leaving_add(struct fsz_leaving         *leaving,
                                      const struct fsz_endpoints *endpoints, bool ipv6,
                                      const struct fsz_socket_config *next);
/* Can the endpoint be bound only when one of them is free? `leaving` may be NULL: none. */
bool fsz_leaving_blocks(const struct fsz_leaving *leaving, const struct fsz_endpoint *wanted,
                        bool ipv6);

#endif
