/* ratelimit.h - one line of log an interval, and how many were held back since.
 *
 * Belongs to one thread. */
#ifndef FSZ_RATELIMIT_H
#define FSZ_RATELIMIT_H

#include <stdbool.h>
#include <stdint.h>

enum { FSZ_LOG_INTERVAL_MS = 5000 }; /* what peers can cause is logged at most this often */

struct fsz_ratelimit {
    int64_t  next_ms; /* 0: now */
    uint64_t held_back;
};

/* Milliseconds of the monotonic clock. */
int64_t fsz_now_ms(void);
/* May a line go out? With true, *ret_held_back is how many did not since the last one. */
bool fsz_ratelimit_passes(struct fsz_ratelimit *limit, uint64_t *ret_held_back);

#endif
