/* heap.h - what is due next: a binary heap of timers that their owners embed.
 *
 * One holder, no lock. A timer knows its place, so it can be moved and taken out. */
#ifndef FSZ_HEAP_H
#define FSZ_HEAP_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct fsz_timer {
    uint64_t due_ns;
    size_t   place; /* 1 + index in the heap; 0: not in it */
};

struct fsz_heap {
    struct fsz_timer **timers;
    size_t             count, capacity;
};

void fsz_heap_fini(struct fsz_heap *heap); /* the timers stay their owners' */
/* Puts a timer in, or moves one that is in. FSZ_ENOMEM only when it was not in. */
fsz_err fsz_heap_set(struct fsz_heap *heap, struct fsz_timer *timer, uint64_t due_ns);
void    fsz_heap_remove(struct fsz_heap *heap, struct fsz_timer *timer);
/* The one that is due first, or NULL. */
struct fsz_timer *fsz_heap_first(const struct fsz_heap *heap);

#endif
