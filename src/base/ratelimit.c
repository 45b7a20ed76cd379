/* SPDX-License-Identifier: MPL-2.0 */
#include "base/ratelimit.h"

#include "base/clock.h"

bool fsz_ratelimit_passes(struct fsz_ratelimit *limit, uint64_t *ret_suppressed)
{
    int64_t now = fsz_clock_monotonic_ms();
    if (now < limit->next_ms) {
        limit->suppressed++;
        return false;
    }
    limit->next_ms = now + FSZ_LOG_INTERVAL_MS;
    *ret_suppressed = limit->suppressed;
    limit->suppressed = 0;
    return true;
}

int64_t fsz_ratelimit_due_ms(const struct fsz_ratelimit *limit)
{
    return limit->suppressed > 0 ? limit->next_ms : INT64_MAX;
}

bool fsz_ratelimit_owes(struct fsz_ratelimit *limit, int64_t now_ms, uint64_t *ret_suppressed)
{
    if (limit->suppressed == 0 || now_ms < limit->next_ms) {
        return false;
    }
    limit->next_ms = fsz_clock_monotonic_ms() + FSZ_LOG_INTERVAL_MS;
    *ret_suppressed = limit->suppressed;
    limit->suppressed = 0;
    return true;
}
