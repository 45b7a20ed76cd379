/* SPDX-License-Identifier: MPL-2.0 */
/* lease.h - is a provider that controls calls still alive?
 *
 * A provider that controls calls must send something at least every `lease-ms`. Any message counts;
 * an idle provider is pinged. API thread. All times are monotonic milliseconds. */
#ifndef FSZ_LEASE_H
#define FSZ_LEASE_H

#include <stdint.h>

struct fsz_lease {
    int64_t pinged_ms;      /* the last ping */
    int64_t asked_ms;       /* the first ping since its last message, or since the last stall */
    int64_t stall_heard_ms; /* its last message before the `stalls` */
    int     stalls;         /* since then */
};

enum { FSZ_LEASE_STALLS_MAX = 8 };

enum fsz_lease_state {
    FSZ_LEASE_HOLDS,
    FSZ_LEASE_NEEDS_PING,
    FSZ_LEASE_IS_OVER /* silent for `lease_ms`, at least half of it after a ping */
};

/* A ping was sent. `heard_ms`: when the provider's last message arrived. */
void fsz_lease_pinged(struct fsz_lease *lease, int64_t heard_ms, int64_t now_ms);
/* The switch itself has stalled: the provider's time starts again with the next ping. Only
 * FSZ_LEASE_STALLS_MAX times in one silence, so that a dead provider loses its calls even if the
 * switch stalls again and again. */
void fsz_lease_stalled(struct fsz_lease *lease, int64_t heard_ms);

enum fsz_lease_state fsz_lease_look(const struct fsz_lease *lease, int64_t heard_ms,
                                    int64_t lease_ms, int64_t now_ms);

#endif
