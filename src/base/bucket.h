/* bucket.h - a token bucket: how many of something may pass, and how many were held back since.
 *
 * `rate` tokens a second come in, at least 1, and the bucket holds `burst` of them. `now_ms` is
 * fsz_clock_monotonic_ms(). A value; whoever owns it locks it. */
#ifndef FSZ_BUCKET_H
#define FSZ_BUCKET_H

#include "base/clock.h"

#include <stdbool.h>
#include <stdint.h>

struct fsz_bucket {
    int64_t  milli_tokens;
    int64_t  last_ms;    /* 0: never used, and so full */
    uint64_t suppressed; /* since it was last reported */
};

/* Takes a token for one of them. True: it passes, and *ret_suppressed is how many were held back
 * before it, which it has to report. False: it is held back, and counted. */
bool fsz_bucket_take(struct fsz_bucket *bucket, int64_t rate, int64_t burst, int64_t now_ms,
                     uint64_t *ret_suppressed);
/* Takes a token to report those that were held back where none follows that could. False: none was
 * held back, or there is no token yet. */
bool fsz_bucket_owes(struct fsz_bucket *bucket, int64_t rate, int64_t burst, int64_t now_ms,
                     uint64_t *ret_suppressed);

#endif
