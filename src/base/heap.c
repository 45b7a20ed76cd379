/* SPDX-License-Identifier: MPL-2.0 */
#include "base/heap.h"

#include <stdlib.h>

void fsz_heap_fini(struct fsz_heap *heap)
{
    free(heap->timers);
    *heap = (struct fsz_heap){0};
}

static void heap_put(struct fsz_heap *heap, size_t index, struct fsz_timer *timer)
{
    heap->timers[index] = timer;
    timer->place = index + 1;
}

static void heap_up(struct fsz_heap *heap, size_t index)
{
    struct fsz_timer *timer = heap->timers[index];
    while (index > 0 && heap->timers[(index - 1) / 2]->due_ns > timer->due_ns) {
        heap_put(heap, index, heap->timers[(index - 1) / 2]);
        index = (index - 1) / 2;
    }
    heap_put(heap, index, timer);
}

static void heap_down(struct fsz_heap *heap, size_t index)
{
    struct fsz_timer *timer = heap->timers[index];
    for (;;) {
        size_t child = 2 * index + 1;
        if (child + 1 < heap->count &&
            heap->timers[child + 1]->due_ns < heap->timers[child]->due_ns) {
            child++;
        }
        if (child >= heap->count || heap->timers[child]->due_ns >= timer->due_ns) {
            break;
        }
        heap_put(heap, index, heap->timers[child]);
        index = child;
    }
    heap_put(heap, index, timer);
}

static fsz_err heap_grow(struct fsz_heap *heap)
{
    size_t capacity = heap->capacity == 0 ? 64 : heap->capacity * 2;
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): it is an array of pointers */
    void *timers = reallocarray(heap->timers, capacity, sizeof *heap->timers);
    if (timers == NULL) {
        return FSZ_ENOMEM;
    }
    heap->timers = timers;
    heap->capacity = capacity;
    return FSZ_OK;
}

fsz_err fsz_heap_set(struct fsz_heap *heap, struct fsz_timer *timer, uint64_t due_ns)
{
    if (timer->place == 0) {
        if (heap->count == heap->capacity && heap_grow(heap) != FSZ_OK) {
            return FSZ_ENOMEM;
        }
        heap_put(heap, heap->count++, timer);
    }
    timer->due_ns = due_ns;
    heap_up(heap, timer->place - 1);
    heap_down(heap, timer->place - 1);
    return FSZ_OK;
}

void fsz_heap_remove(struct fsz_heap *heap, struct fsz_timer *timer)
{
    size_t index = timer->place - 1;
    if (timer->place == 0) {
        return;
    }
    struct fsz_timer *last = heap->timers[--heap->count];
    timer->place = 0;
    if (last != timer) {
        heap_put(heap, index, last);
        heap_up(heap, index);
        heap_down(heap, last->place - 1);
    }
}

struct fsz_timer *fsz_heap_first(const struct fsz_heap *heap)
{
    return heap->count > 0 ? heap->timers[0] : NULL;
}
