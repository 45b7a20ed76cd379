/* SPDX-License-Identifier: MPL-2.0 */
#include "service/breaker.h"

bool fsz_breaker_open(struct fsz_breaker *breaker, int64_t now_ms)
{
    if (breaker->open) {
        return false;
    }
    breaker->open = true;
    breaker->probe_at_ms = now_ms;
    return true;
}

bool fsz_breaker_missed(struct fsz_breaker *breaker, int64_t failures_max, int64_t now_ms)
{
    breaker->misses++;
    return breaker->misses >= failures_max && fsz_breaker_open(breaker, now_ms);
}

bool fsz_breaker_answered(struct fsz_breaker *breaker)
{
    bool was_open = breaker->open;
    *breaker = (struct fsz_breaker){0};
    return was_open;
}

void fsz_breaker_stirred(struct fsz_breaker *breaker, int64_t now_ms)
{
    breaker->probe_at_ms = breaker->probe_at_ms < now_ms ? breaker->probe_at_ms : now_ms;
}

bool fsz_breaker_probes(struct fsz_breaker *breaker, int64_t now_ms, int64_t probe_ms)
{
    if (!breaker->open || now_ms < breaker->probe_at_ms) {
        return false;
    }
    breaker->probe_at_ms = now_ms + probe_ms;
    return true;
}
