/* SPDX-License-Identifier: MPL-2.0 */
#include "base/latency.h"

/* Each value below FSZ_LATENCY_STEPS has its own bucket. The bucket of a larger value is given by
 * its highest bit and the three bits after it. */
static unsigned latency_bucket(uint64_t us)
{
    if (us < FSZ_LATENCY_STEPS) {
        return (unsigned)us;
    }
    unsigned doubling = 63 - (unsigned)__builtin_clzll(us) - 2;
    unsigned step = (unsigned)(us >> (doubling - 1)) % FSZ_LATENCY_STEPS;
    unsigned bucket = doubling * FSZ_LATENCY_STEPS + step;
    return bucket < FSZ_LATENCY_BUCKETS ? bucket : FSZ_LATENCY_BUCKETS - 1;
}

/* The largest value of a bucket. */
static int64_t latency_end(unsigned bucket)
{
    unsigned doubling = bucket / FSZ_LATENCY_STEPS, step = bucket % FSZ_LATENCY_STEPS;
    if (doubling == 0) {
        return step;
    }
    return ((int64_t)(FSZ_LATENCY_STEPS + step + 1) << (doubling - 1)) - 1;
}

void fsz_latency_add(struct fsz_latency *latency, int64_t us)
{
    us = us > 0 ? us : 0;
    latency->count++;
    latency->max_us = us > latency->max_us ? us : latency->max_us;
    latency->buckets[latency_bucket((uint64_t)us)]++;
}

int64_t fsz_latency_quantile(const struct fsz_latency *latency, unsigned permille)
{
    uint64_t wanted = (latency->count * permille + 999) / 1000, seen = 0;
    for (unsigned bucket = 0; bucket < FSZ_LATENCY_BUCKETS && latency->count > 0; bucket++) {
        seen += latency->buckets[bucket];
        if (seen >= wanted && seen > 0) {
            int64_t end = latency_end(bucket);
            return end < latency->max_us ? end : latency->max_us;
        }
    }
    return 0;
}
