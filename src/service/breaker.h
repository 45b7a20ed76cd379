/* SPDX-License-Identifier: MPL-2.0 */
/* breaker.h - a circuit breaker for a provider: opens after several missed requests in a row, and
 * closes when the provider replies in time again.
 *
 * Pure; times are the caller's, in ms. */
#ifndef FSZ_BREAKER_H
#define FSZ_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

struct fsz_breaker {
    int64_t misses;      /* in a row */
    bool    open;        /* the provider is ejected */
    int64_t probe_at_ms; /* when open: the earliest time */
};

/* Opens it for another reason than missed requests. True: it was closed. */
bool fsz_breaker_open(struct fsz_breaker *breaker, int64_t now_ms);
/* A request got no reply in time. True: this has opened it. */
bool fsz_breaker_missed(struct fsz_breaker *breaker, int64_t failures_max, int64_t now_ms);
/* A request or probe got its reply in time. True: this has closed it. */
bool fsz_breaker_answered(struct fsz_breaker *breaker);
/* A reply arrived too late: the next probe is due now. */
void fsz_breaker_stirred(struct fsz_breaker *breaker, int64_t now_ms);
/* Is a probe due? If so, the next one is due in `probe_ms`. */
bool fsz_breaker_probes(struct fsz_breaker *breaker, int64_t now_ms, int64_t probe_ms);

#endif
