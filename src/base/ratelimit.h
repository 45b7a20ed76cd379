/* ratelimit.h - one line of log an interval, and how many were held back since.
 *
 * Repeated complaints need fsz_ratelimit_passes() only. Where lines tell of a state, the last one
 * must be logged too: its owner wakes at fsz_ratelimit_due_ms() and asks fsz_ratelimit_owes().
 * Belongs to one thread. */
#ifndef FSZ_RATELIMIT_H
#define FSZ_RATELIMIT_H

#include "base/clock.h"

#include <stdbool.h>
#include <stdint.h>

enum { FSZ_LOG_INTERVAL_MS = 5000 }; /* what peers can cause is logged at most this often */

struct fsz_ratelimit {
    int64_t  next_ms; /* 0: now */
    uint64_t suppressed;
};

/* May a line go out? With true, *ret_suppressed is how many did not since the last one. */
bool fsz_ratelimit_passes(struct fsz_ratelimit *limit, uint64_t *ret_suppressed);
/* When a line that was held back may go out, on the clock of fsz_clock_monotonic_ms(); INT64_MAX:
 * none was. */
int64_t fsz_ratelimit_due_ms(const struct fsz_ratelimit *limit);
/* True: a line was held back, and it is time for it; *ret_suppressed (at least 1) counts it too.
 * `now_ms` is fsz_clock_monotonic_ms(), or INT64_MAX where no later time will come. */
bool fsz_ratelimit_owes(struct fsz_ratelimit *limit, int64_t now_ms, uint64_t *ret_suppressed);

#endif
