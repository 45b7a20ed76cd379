/* SPDX-License-Identifier: MPL-2.0 */
/* rates.h - bounds how fast each address may connect, with a token bucket for each.
 *
 * Full buckets are freed, oldest connect first; a full bucket behind one that is not full yet may
 * stay. Beyond FSZ_RATES_ADDRESSES_MAX the address that connected longest ago is forgotten, as if
 * its bucket were full. Belongs to one thread; the caller supplies the time. */
#ifndef FSZ_ZMTP_RATES_H
#define FSZ_ZMTP_RATES_H

#include "base/err.h"
#include "zmtp/origin.h"

enum { FSZ_RATES_ADDRESSES_MAX = 4096 };

/* `burst` connections in a row, then `per_second`. */
struct fsz_rate {
    uint32_t per_second; /* 0: no bound; at most 1000000 */
    uint32_t burst;      /* at least 1 */
};

struct fsz_rates_bucket;

/* Initially zero. */
struct fsz_rates {
    struct fsz_rates_bucket *buckets; /* ordered by the last connect */
    uint64_t                 forgotten;
};

/* Takes a token for `origin`. `hash`: of the whole `origin`, keyed so that peers cannot cause
 * collisions. FSZ_EFULL: no token is left. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_rates_take(struct fsz_rates *rates, const struct fsz_origin *origin,
                                     unsigned hash, const struct fsz_rate *rate, int64_t now_ms);
/* Frees all buckets. */
void fsz_rates_fini(struct fsz_rates *rates);

#endif
