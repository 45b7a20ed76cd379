/* SPDX-License-Identifier: MPL-2.0 */
/* bucket.h - a token bucket that also counts what it suppressed.
 *
 * It gains `rate` tokens a second (at least 1) and holds at most `burst`. `now_ms` is
 * fsz_clock_monotonic_ms(). A plain value; its owner locks it. */
#ifndef FSZ_BUCKET_H
#define FSZ_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

struct fsz_bucket {
    int64_t  milli_tokens;
    int64_t  last_ms;    /* 0: never used, so it is full */
    uint64_t suppressed; /* since the last report */
};

/* Takes a token for one item. True: the item passes, and must report *ret_suppressed, the number
 * suppressed before it. False: the item is suppressed and counted. */
bool fsz_bucket_take(struct fsz_bucket *bucket, int64_t rate, int64_t burst, int64_t now_ms,
                     uint64_t *ret_suppressed);
/* Takes a token to report suppressed items if no later item can. False: nothing was suppressed, or
 * there is no token yet. */
bool fsz_bucket_owes(struct fsz_bucket *bucket, int64_t rate, int64_t burst, int64_t now_ms,
                     uint64_t *ret_suppressed);

#endif
