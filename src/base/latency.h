/* latency.h - how long things take: a histogram with eight buckets for each doubling, so that a
 * quantile is right to an eighth of itself.
 *
 * Of fixed size, no memory of its own. Belongs to whoever holds it. */
#ifndef FSZ_LATENCY_H
#define FSZ_LATENCY_H

#include <stdint.h>

enum {
    FSZ_LATENCY_STEPS = 8,      /* for each doubling */
    FSZ_LATENCY_DOUBLINGS = 32, /* more than an hour of µs; longer times count as that */
    FSZ_LATENCY_BUCKETS = FSZ_LATENCY_STEPS * FSZ_LATENCY_DOUBLINGS,
};

struct fsz_latency {
    uint64_t count;
    int64_t  max_us;
    uint32_t buckets[FSZ_LATENCY_BUCKETS];
};

/* A negative time counts as 0. */
void fsz_latency_add(struct fsz_latency *latency, int64_t us);
/* The time that so many of a thousand did not exceed, rounded up to its bucket's end but never over
 * the longest one; 0 when there are none. */
int64_t fsz_latency_quantile(const struct fsz_latency *latency, unsigned permille);

#endif
