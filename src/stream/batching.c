/* SPDX-License-Identifier: MPL-2.0 */
#include "stream/batching.h"

enum { BATCHING_AHEAD = 2 /* waits; with more, a pause would be noticed too late */ };

/* The limit keeps a clock that was set back from counting for long. */
static int64_t batching_ahead_us(int64_t due_us, int64_t batch_us, int64_t now_us)
{
    int64_t most_us = BATCHING_AHEAD * batch_us;
    int64_t ahead_us = due_us > now_us ? due_us - now_us : 0;
    return ahead_us < most_us ? ahead_us : most_us;
}

bool fsz_batching_note(struct fsz_batching *batching, int64_t batch_us, int64_t now_us)
{
    int64_t due_us = atomic_load_explicit(&batching->due_us, memory_order_relaxed);
    int64_t next_us = 0;
    do {
        next_us =
            now_us + batching_ahead_us(due_us, batch_us, now_us) + batch_us / FSZ_BATCHING_WORTH;
    } while (!atomic_compare_exchange_weak_explicit(&batching->due_us, &due_us, next_us,
                                                    memory_order_relaxed, memory_order_relaxed));
    return next_us - now_us > batch_us;
}

bool fsz_batching_is_thick(const struct fsz_batching *batching, int64_t batch_us, int64_t now_us)
{
    int64_t due_us = atomic_load_explicit(&batching->due_us, memory_order_relaxed);
    return batching_ahead_us(due_us, batch_us, now_us) > batch_us;
}
