/* SPDX-License-Identifier: MPL-2.0 */
/* ref.h - a reference count. Any thread.
 *
 * A thread that takes a reference already has one, so taking needs no memory order. The last drop
 * happens after all uses by other threads. */
#ifndef FSZ_REF_H
#define FSZ_REF_H

#include <stdatomic.h>
#include <stdbool.h>

struct fsz_ref {
    _Atomic unsigned count;
};

static inline void fsz_ref_init(struct fsz_ref *ref, unsigned count)
{
    atomic_init(&ref->count, count);
}

static inline void fsz_ref_take(struct fsz_ref *ref)
{
    atomic_fetch_add_explicit(&ref->count, 1, memory_order_relaxed);
}

/* True: that was the last reference, and the caller frees the object. */
static inline bool fsz_ref_drop(struct fsz_ref *ref)
{
    return atomic_fetch_sub_explicit(&ref->count, 1, memory_order_acq_rel) == 1;
}

/* May be outdated as soon as it is read, unless it is 1 and the caller has that reference. */
static inline unsigned fsz_ref_count(const struct fsz_ref *ref)
{
    return atomic_load_explicit(&ref->count, memory_order_acquire);
}

#endif
