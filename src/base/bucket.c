/* SPDX-License-Identifier: MPL-2.0 */
#include "base/bucket.h"

enum { BUCKET_MILLI = 1000 };

static void bucket_fill(struct fsz_bucket *bucket, int64_t rate, int64_t burst, int64_t now_ms)
{
    int64_t passed_ms = now_ms - bucket->last_ms;
    int64_t full = burst * BUCKET_MILLI;
    if (bucket->last_ms == 0 || passed_ms > full / rate) {
        bucket->milli_tokens = full;
    } else {
        bucket->milli_tokens += passed_ms * rate;
    }
    bucket->last_ms = now_ms;
    if (bucket->milli_tokens > full) {
        bucket->milli_tokens = full;
    }
}

static void bucket_spend(struct fsz_bucket *bucket, uint64_t *ret_suppressed)
{
    bucket->milli_tokens -= BUCKET_MILLI;
    *ret_suppressed = bucket->suppressed;
    bucket->suppressed = 0;
}

bool fsz_bucket_take(struct fsz_bucket *bucket, int64_t rate, int64_t burst, int64_t now_ms,
                     uint64_t *ret_suppressed)
{
    bucket_fill(bucket, rate, burst, now_ms);
    if (bucket->milli_tokens < BUCKET_MILLI) {
        bucket->suppressed++;
        return false;
    }
    bucket_spend(bucket, ret_suppressed);
    return true;
}

bool fsz_bucket_owes(struct fsz_bucket *bucket, int64_t rate, int64_t burst, int64_t now_ms,
                     uint64_t *ret_suppressed)
{
    if (bucket->suppressed == 0) {
        return false;
    }
    bucket_fill(bucket, rate, burst, now_ms);
    if (bucket->milli_tokens < BUCKET_MILLI) {
        return false;
    }
    bucket_spend(bucket, ret_suppressed);
    return true;
}
