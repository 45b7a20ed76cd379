/* SPDX-License-Identifier: MPL-2.0 */
/* names.h - private to the encoder: has this event had the name before, letter case ignored?
 *
 * A filter with a bit for each name's hash, on the encoder's stack unless the event has very many
 * headers. A clear bit means that the name is new. A set bit means that the earlier names must be
 * searched, which hardly ever happens unless a name repeats. One thread. */
#ifndef FSZ_NAMES_H
#define FSZ_NAMES_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { FSZ_NAMES_INLINE_WORDS = 512, FSZ_NAMES_BITS_EACH = 64, FSZ_NAMES_USUAL = 128 };

struct fsz_names {
    uint64_t *words;
    uint32_t  mask; /* makes a bit number of a hash */
    uint64_t  inline_words[FSZ_NAMES_INLINE_WORDS];
};

/* Begins empty, for about `count` names; more names only give more false alarms. FSZ_ENOMEM; never
 * for at most FSZ_NAMES_USUAL names. */
FSZ_NODISCARD fsz_err fsz_names_init(struct fsz_names *names, size_t count);
void                  fsz_names_fini(struct fsz_names *names);

static inline uint64_t name_word(const char *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof(word));
    return word;
}

static inline uint64_t name_half(const char *bytes)
{
    uint32_t half;
    memcpy(&half, bytes, sizeof(half));
    return half;
}

static inline uint64_t name_few(const char *name, size_t length)
{
    uint64_t word = 0;
    for (size_t i = 0; i < length; i++) {
        word = word << 8 | (unsigned char)name[i];
    }
    return word;
}

/* Hashes the length, both ends and the middle, which distinguish a switch's header names. Forcing a
 * bit to 1 makes upper and lower case equal, and also a few other characters, which then collide.
 */
static inline uint64_t name_hash(const char *name, size_t length)
{
    const uint64_t lower = UINT64_C(0x2020202020202020);
    uint64_t       first;
    uint64_t       last;
    if (length >= 8) {
        first = (name_word(name) | lower) + (name_word(name + length / 2 - 4) | lower);
        last = name_word(name + length - 8) | lower;
    } else if (length >= 4) {
        first = name_half(name) | lower;
        last = name_half(name + length - 4) | lower;
    } else {
        first = name_few(name, length) | lower;
        last = 0;
    }
    uint64_t hash = (first ^ (last << 29 | last >> 35) ^ length) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 32;
}

/* False: the name is certainly new. Enters it in either case. */
static inline bool fsz_names_maybe(struct fsz_names *names, const char *name, size_t length)
{
    uint32_t bit = (uint32_t)name_hash(name, length) & names->mask;
    uint64_t one = UINT64_C(1) << (bit % 64);
    uint64_t word = names->words[bit / 64];
    names->words[bit / 64] = word | one;
    return (word & one) != 0;
}

#endif
