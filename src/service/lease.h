/* lease.h - has a provider that holds calls shown that it lives?
 *
 * Whoever holds calls is heard at least once in every `lease-ms`: any message counts, and a
 * provider that has nothing to say is pinged. API thread. All times are monotonic milliseconds. */
#ifndef FSZ_LEASE_H
#define FSZ_LEASE_H

#include <stdint.h>

struct fsz_lease {
    int64_t pinged_ms;        /* the last ping */
    int64_t asked_ms;         /* the first ping since the provider was heard, or since a hold-up */
    int64_t held_up_heard_ms; /* when it was last heard before `held_ups` */
    int     held_ups;         /* since then */
};

enum { FSZ_LEASE_CONTROL_UPS = 8 };

enum fsz_lease_state {
    FSZ_LEASE_HOLDS,
    FSZ_LEASE_NEEDS_PING,
    FSZ_LEASE_IS_OVER /* silent for `lease_ms`, of which it was asked for at least half */
};

/* A ping has been sent. `heard_ms`: when its last message came. */
void fsz_lease_pinged(struct fsz_lease *lease, int64_t heard_ms, int64_t now_ms);
/* The switch itself was held up: the provider has its time again from the next ping. Only
 * FSZ_LEASE_HOLD_UPS times in one silence, so that a dead one loses its calls even if the switch is
 * held up again and again. */
void fsz_lease_held_up(struct fsz_lease *lease, int64_t heard_ms);

enum fsz_lease_state fsz_lease_look(const struct fsz_lease *lease, int64_t heard_ms,
                                    int64_t lease_ms, int64_t now_ms);

#endif
