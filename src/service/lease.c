/* SPDX-License-Identifier: MPL-2.0 */
#include "service/lease.h"

#include <stdbool.h>

static bool lease_is_asked(const struct fsz_lease *lease, int64_t heard_ms)
{
    return lease->asked_ms > heard_ms;
}

void fsz_lease_pinged(struct fsz_lease *lease, int64_t heard_ms, int64_t now_ms)
{
    if (!lease_is_asked(lease, heard_ms)) {
        lease->asked_ms = now_ms;
    }
    lease->pinged_ms = now_ms;
}

void fsz_lease_stalled(struct fsz_lease *lease, int64_t heard_ms)
{
    if (lease->stall_heard_ms != heard_ms) {
        lease->stall_heard_ms = heard_ms;
        lease->stalls = 0;
    }
    if (lease->stalls < FSZ_LEASE_STALLS_MAX) {
        lease->stalls++;
        lease->asked_ms = 0;
    }
}

enum fsz_lease_state fsz_lease_look(const struct fsz_lease *lease, int64_t heard_ms,
                                    int64_t lease_ms, int64_t now_ms)
{
    int64_t last_ms = lease->pinged_ms > heard_ms ? lease->pinged_ms : heard_ms;
    bool has_had_time = lease_is_asked(lease, heard_ms) && now_ms - lease->asked_ms > lease_ms / 2;
    if (now_ms - heard_ms > lease_ms && has_had_time) {
        return FSZ_LEASE_IS_OVER;
    }
    return now_ms - last_ms > lease_ms / 3 ? FSZ_LEASE_NEEDS_PING : FSZ_LEASE_HOLDS;
}
