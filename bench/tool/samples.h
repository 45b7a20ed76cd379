/* SPDX-License-Identifier: MPL-2.0 */
/* samples.h - latencies: all of them up to a number of samples, evenly thinned out beyond it.
 *
 * One thread adds. Merge and read after it has ended. */
#ifndef FSZ_BENCH_SAMPLES_H
#define FSZ_BENCH_SAMPLES_H

#include <stddef.h>
#include <stdint.h>

struct fsz_bench_samples {
    uint64_t *values;
    size_t    count;
    size_t    capacity;
    uint64_t  stride; /* every stride-th value is kept */
    uint64_t  added;
    uint64_t  max; /* of all values, including those not kept */
};

/* Returns 0, or -1 when out of memory. */
int  fsz_bench_samples_init(struct fsz_bench_samples *samples, size_t capacity);
void fsz_bench_samples_fini(struct fsz_bench_samples *samples);
void fsz_bench_samples_add(struct fsz_bench_samples *samples, uint64_t value);
/* Adds the samples that `other` has kept. */
void fsz_bench_samples_merge(struct fsz_bench_samples       *samples,
                             const struct fsz_bench_samples *other);
void fsz_bench_samples_sort(struct fsz_bench_samples *samples);
/* The value that `percent` % of the sorted samples do not exceed; 0 without samples. */
uint64_t fsz_bench_samples_percentile(const struct fsz_bench_samples *samples, double percent);

#endif
