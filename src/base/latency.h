/* SPDX-License-Identifier: MPL-2.0 */
/* latency.h - a histogram of durations with eight buckets for each doubling, so that a quantile is
 * exact to an eighth of its value.
 *
 * Fixed size, allocates nothing. Its owner locks it. */
#ifndef FSZ_LATENCY_H
#define FSZ_LATENCY_H

#include <stdint.h>

enum {
    FSZ_LATENCY_STEPS = 8,      /* buckets for each doubling */
    FSZ_LATENCY_DOUBLINGS = 32, /* more than an hour in µs; longer times go to the last bucket */
    FSZ_LATENCY_BUCKETS = FSZ_LATENCY_STEPS * FSZ_LATENCY_DOUBLINGS,
};

struct fsz_latency {
    uint64_t count;
    int64_t  max_us;
    uint32_t buckets[FSZ_LATENCY_BUCKETS];
};

/* A negative duration counts as 0. */
void fsz_latency_add(struct fsz_latency *latency, int64_t us);
/* The duration that `permille` of a thousand did not exceed, rounded up to the end of its bucket,
 * but at most max_us. 0: nothing was added. */
int64_t fsz_latency_quantile(const struct fsz_latency *latency, unsigned permille);

#endif
