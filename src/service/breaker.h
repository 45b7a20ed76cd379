/* breaker.h - is a provider worth asking? A circuit breaker: open after so many misses in a row,
 * closed again by an answer to a probe.
 *
 * Pure; times are the caller's, in ms. */
#ifndef FSZ_BREAKER_H
#define FSZ_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

struct fsz_breaker {
    int64_t misses;      /* in a row */
    bool    open;        /* the provider is aside */
    int64_t probe_at_ms; /* when open: not before */
};

/* Something else says that it does not answer. True: that has opened it. */
bool fsz_breaker_open(struct fsz_breaker *breaker, int64_t now_ms);
/* A question was not answered in time. True: that has opened it. */
bool fsz_breaker_missed(struct fsz_breaker *breaker, int64_t failures_max, int64_t now_ms);
/* An answer came in time, to a question or to a probe. True: that has closed it. */
bool fsz_breaker_answered(struct fsz_breaker *breaker);
/* A sign of life, though too late: a probe is worth a try now. */
void fsz_breaker_stirred(struct fsz_breaker *breaker, int64_t now_ms);
/* Is it time for a probe? If so the next one is `probe_ms` away. */
bool fsz_breaker_probes(struct fsz_breaker *breaker, int64_t now_ms, int64_t probe_ms);

#endif
