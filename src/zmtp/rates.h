/* rates.h - how fast each address may connect: a token bucket for each.
 *
 * Full buckets are freed, in the order in which their addresses connected last: one behind a bucket
 * that is not full yet may stay. Bounded: beyond FSZ_RATES_ADDRESSES_MAX the address that connected
 * longest ago is forgotten, as if its bucket were full. Belongs to one thread; time is the
 * caller's. */
#ifndef FSZ_ZMTP_RATES_H
#define FSZ_ZMTP_RATES_H

#include "base/err.h"
#include "zmtp/origin.h"

enum { FSZ_RATES_ADDRESSES_MAX = 4096 };

/* So many in a row, and so many a second after that. */
struct fsz_rate {
    uint32_t per_second; /* 0: no bound; at most 1000000 */
    uint32_t burst;      /* at least 1 */
};

struct fsz_rates_bucket;

/* Begins zeroed. */
struct fsz_rates {
    struct fsz_rates_bucket *buckets; /* in the order in which their addresses connected last */
    uint64_t                 forgotten;
};

/* Takes a token of that address. `hash`: of the whole `origin`; keyed, so that nobody can aim
 * collisions. FSZ_EFULL: there is none left now. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_rates_take(struct fsz_rates *rates, const struct fsz_origin *origin,
                                     unsigned hash, const struct fsz_rate *rate, int64_t now_ms);
/* Frees all buckets. */
void fsz_rates_fini(struct fsz_rates *rates);

#endif
