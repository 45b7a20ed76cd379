/* SPDX-License-Identifier: MPL-2.0 */
#include "tool/samples.h"

#include <math.h>
#include <stdlib.h>

int fsz_bench_samples_init(struct fsz_bench_samples *samples, size_t capacity)
{
    *samples = (struct fsz_bench_samples){.capacity = capacity, .stride = 1};
    samples->values = calloc(capacity, sizeof *samples->values);
    return samples->values == NULL ? -1 : 0;
}

void fsz_bench_samples_fini(struct fsz_bench_samples *samples)
{
    free(samples->values);
    *samples = (struct fsz_bench_samples){0};
}

/* When full, drops every second sample, and keeps half as many from then on. */
static void samples_thin(struct fsz_bench_samples *samples)
{
    size_t kept = 0;
    for (size_t i = 0; i < samples->count; i += 2) {
        samples->values[kept++] = samples->values[i];
    }
    samples->count = kept;
    samples->stride *= 2;
}

void fsz_bench_samples_add(struct fsz_bench_samples *samples, uint64_t value)
{
    if (value > samples->max) {
        samples->max = value;
    }
    if (samples->added++ % samples->stride != 0) {
        return;
    }
    if (samples->count == samples->capacity) {
        samples_thin(samples);
        if ((samples->added - 1) % samples->stride != 0) {
            return;
        }
    }
    samples->values[samples->count++] = value;
}

void fsz_bench_samples_merge(struct fsz_bench_samples       *samples,
                             const struct fsz_bench_samples *other)
{
    for (size_t i = 0; i < other->count; i++) {
        fsz_bench_samples_add(samples, other->values[i]);
    }
    if (other->max > samples->max) {
        samples->max = other->max;
    }
}

static int samples_compare(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left;
    uint64_t b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

void fsz_bench_samples_sort(struct fsz_bench_samples *samples)
{
    if (samples->count > 0) {
        qsort(samples->values, samples->count, sizeof *samples->values, samples_compare);
    }
}

uint64_t fsz_bench_samples_percentile(const struct fsz_bench_samples *samples, double percent)
{
    if (samples->count == 0) {
        return 0;
    }
    double rank = ceil(percent / 100 * (double)samples->count);
    size_t index = rank < 1 ? 0 : (size_t)rank - 1;
    return samples->values[index < samples->count ? index : samples->count - 1];
}
