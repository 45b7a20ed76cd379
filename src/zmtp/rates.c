/* SPDX-License-Identifier: MPL-2.0 */
#include "zmtp/rates_private.h"

#include <stdlib.h>

enum {
    RATES_SECOND_US = 1000000,
    RATES_SWEEP = 2 /* full buckets freed for each use; more than one use can add */
};

/* The time in which a bucket gets one token. */
static int64_t rate_token_us(const struct fsz_rate *rate)
{
    return RATES_SECOND_US / (int64_t)rate->per_second;
}

static void rates_forget(struct fsz_rates *rates, struct fsz_rates_bucket *bucket)
{
    HASH_DELETE(hh, rates->buckets, bucket);
    free(bucket);
}

static void rates_sweep(struct fsz_rates *rates, int64_t now_us)
{
    for (int i = 0; i < RATES_SWEEP; i++) {
        struct fsz_rates_bucket *oldest = rates->buckets;
        if (oldest == NULL || oldest->full_us > now_us) {
            return;
        }
        rates_forget(rates, oldest);
    }
}

/* Moves a bucket to the end of the order. False: out of memory, and the bucket is freed. */
static bool rates_enter(struct fsz_rates *rates, struct fsz_rates_bucket *bucket, unsigned hash)
{
    HASH_ADD_BYHASHVALUE(hh, rates->buckets, origin, sizeof(bucket->origin), hash, bucket);
    if (bucket->hh.tbl == NULL) {
        free(bucket);
        return false;
    }
    return true;
}

/* A full bucket that is in no table. */
static struct fsz_rates_bucket *rates_new(struct fsz_rates *rates, const struct fsz_origin *origin)
{
    if (HASH_COUNT(rates->buckets) >= FSZ_RATES_ADDRESSES_MAX) {
        rates_forget(rates, rates->buckets);
        rates->forgotten++;
    }
    struct fsz_rates_bucket *bucket = calloc(1, sizeof(*bucket));
    if (bucket != NULL) {
        bucket->origin = *origin;
    }
    return bucket;
}

fsz_err fsz_rates_take(struct fsz_rates *rates, const struct fsz_origin *origin, unsigned hash,
                       const struct fsz_rate *rate, int64_t now_ms)
{
    int64_t now_us = now_ms * 1000, token_us = rate_token_us(rate);
    int64_t empty_us =
        now_us + (int64_t)rate->burst * token_us; /* when an empty bucket is full again */
    struct fsz_rates_bucket *bucket;
    rates_sweep(rates, now_us);
    HASH_FIND_BYHASHVALUE(hh, rates->buckets, origin, sizeof(*origin), hash, bucket);
    if (bucket != NULL && bucket->full_us > empty_us) {
        bucket->full_us = empty_us; /* the rate has changed since the bucket was last used */
    }
    int64_t full_us = bucket != NULL && bucket->full_us > now_us ? bucket->full_us : now_us;
    if (full_us + token_us > empty_us) {
        return FSZ_EFULL;
    }
    if (bucket != NULL) {
        HASH_DELETE(hh, rates->buckets, bucket);
    } else if ((bucket = rates_new(rates, origin)) == NULL) {
        return FSZ_ENOMEM;
    }
    bucket->full_us = full_us + token_us;
    return rates_enter(rates, bucket, hash) ? FSZ_OK : FSZ_ENOMEM;
}

void fsz_rates_fini(struct fsz_rates *rates)
{
    while (rates->buckets != NULL) {
        rates_forget(rates, rates->buckets);
    }
}
