/* SPDX-License-Identifier: MPL-2.0 */
/* streamset.h - a set of streams by slot: one bit each, FSZ_STREAMS_MAX in all.
 *
 * The plain set belongs to its owner. The shared one is written by the stream thread and read by
 * switch threads, one word at a time. A reader may see a change of several words half done. This
 * costs it an event more or less at the moment of a subscription, but never gives a wrong slot. */
#ifndef FSZ_STREAMSET_H
#define FSZ_STREAMSET_H

#include "config/config.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { FSZ_STREAMSET_WORDS = FSZ_STREAMS_MAX / 64 };

struct fsz_streamset {
    uint64_t words[FSZ_STREAMSET_WORDS];
};

struct fsz_streamset_shared {
    _Atomic uint64_t words[FSZ_STREAMSET_WORDS];
};

static inline void fsz_streamset_put(struct fsz_streamset *set, unsigned slot, bool in)
{
    uint64_t bit = UINT64_C(1) << (slot % 64);
    set->words[slot / 64] = in ? set->words[slot / 64] | bit : set->words[slot / 64] & ~bit;
}

static inline bool fsz_streamset_has(const struct fsz_streamset *set, unsigned slot)
{
    return set->words[slot / 64] >> (slot % 64) & 1;
}

static inline bool fsz_streamset_empty(const struct fsz_streamset *set)
{
    uint64_t any = 0;
    for (unsigned i = 0; i < FSZ_STREAMSET_WORDS; i++) {
        any |= set->words[i];
    }
    return any == 0;
}

static inline struct fsz_streamset fsz_streamset_and(const struct fsz_streamset *a,
                                                     const struct fsz_streamset *b)
{
    struct fsz_streamset both;
    for (unsigned i = 0; i < FSZ_STREAMSET_WORDS; i++) {
        both.words[i] = a->words[i] & b->words[i];
    }
    return both;
}

/* Takes the lowest slot out of the set; -1: it is empty. */
static inline int fsz_streamset_take(struct fsz_streamset *set)
{
    for (unsigned i = 0; i < FSZ_STREAMSET_WORDS; i++) {
        if (set->words[i] != 0) {
            int bit = __builtin_ctzll(set->words[i]);
            set->words[i] &= set->words[i] - 1;
            return (int)i * 64 + bit;
        }
    }
    return -1;
}

static inline void fsz_streamset_share(struct fsz_streamset_shared *set, unsigned slot, bool in)
{
    uint64_t bit = UINT64_C(1) << (slot % 64);
    if (in) {
        atomic_fetch_or(&set->words[slot / 64], bit);
    } else {
        atomic_fetch_and(&set->words[slot / 64], ~bit);
    }
}

/* Removes the streams that are not in `kept`. */
static inline void fsz_streamset_keep(struct fsz_streamset_shared *set,
                                      const struct fsz_streamset  *kept)
{
    for (unsigned i = 0; i < FSZ_STREAMSET_WORDS; i++) {
        atomic_fetch_and(&set->words[i], kept->words[i]);
    }
}

static inline struct fsz_streamset fsz_streamset_read(const struct fsz_streamset_shared *set)
{
    struct fsz_streamset now;
    for (unsigned i = 0; i < FSZ_STREAMSET_WORDS; i++) {
        now.words[i] = atomic_load_explicit(&set->words[i], memory_order_acquire);
    }
    return now;
}

#endif
