/* SPDX-License-Identifier: MPL-2.0 */
/* ratelimit.h - at most one log line in an interval, and a count of those suppressed.
 *
 * Repeated complaints only need fsz_ratelimit_passes(). If lines report a state, the last one must
 * be logged too: the owner wakes at fsz_ratelimit_due_ms() and calls fsz_ratelimit_owes(). Belongs
 * to one thread. */
#ifndef FSZ_RATELIMIT_H
#define FSZ_RATELIMIT_H

#include <stdbool.h>
#include <stdint.h>

enum { FSZ_LOG_INTERVAL_MS = 5000 }; /* for log lines that peers can cause */

struct fsz_ratelimit {
    int64_t  next_ms; /* when the next line may be logged; 0: now */
    uint64_t suppressed;
};

/* May a line be logged? True: *ret_suppressed is the number suppressed since the last line. */
bool fsz_ratelimit_passes(struct fsz_ratelimit *limit, uint64_t *ret_suppressed);
/* When a suppressed line may be logged, as fsz_clock_monotonic_ms(). INT64_MAX: none was
 * suppressed. */
int64_t fsz_ratelimit_due_ms(const struct fsz_ratelimit *limit);
/* True: a line was suppressed and may be logged now; *ret_suppressed (at least 1) includes it.
 * `now_ms` is fsz_clock_monotonic_ms(), or INT64_MAX if there is no later chance. */
bool fsz_ratelimit_owes(struct fsz_ratelimit *limit, int64_t now_ms, uint64_t *ret_suppressed);

#endif
