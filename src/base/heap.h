/* SPDX-License-Identifier: MPL-2.0 */
/* heap.h - a binary heap of timers, which their owners embed.
 *
 * One thread, no lock. A timer knows its place, so it can be moved and removed. */
#ifndef FSZ_HEAP_H
#define FSZ_HEAP_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct fsz_timer {
    uint64_t due_ns;
    size_t   place; /* index in the heap + 1; 0: not in a heap */
};

struct fsz_heap {
    struct fsz_timer **timers;
    size_t             count, capacity;
};

void fsz_heap_fini(struct fsz_heap *heap); /* does not free the timers */
/* Inserts a timer, or moves one that is in the heap. FSZ_ENOMEM only for one that was not. */
fsz_err fsz_heap_set(struct fsz_heap *heap, struct fsz_timer *timer, uint64_t due_ns);
void    fsz_heap_remove(struct fsz_heap *heap, struct fsz_timer *timer);
/* The timer that is due first, or NULL. */
struct fsz_timer *fsz_heap_first(const struct fsz_heap *heap);

#endif
