/* SPDX-License-Identifier: MPL-2.0 */
/* utf8_reference.h - what the encoder must make of any bytes, worked out another way than it does.
 *
 * Straight from the definition: a maximal subpart is the longest beginning of any well-formed
 * sequence. It tries code points, where the encoder has a table of second bytes. Slow, and for
 * tests only. */
#ifndef FSZ_UTF8_REFERENCE_H
#define FSZ_UTF8_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline bool reference_range_allowed(uint32_t low, uint32_t high, unsigned length)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    low = low < least[length] ? least[length] : low;
    high = high > 0x10ffff ? 0x10ffff : high;
    bool only_surrogates = low >= 0xd800 && high <= 0xdfff;
    return low <= high && !only_surrogates;
}

/* Can `have` bytes begin a well-formed sequence of `length` bytes? */
static inline bool reference_begins(const unsigned char *text, unsigned have, unsigned length)
{
    static const unsigned char marks[] = {0, 0, 0xc0, 0xe0, 0xf0};
    unsigned                   payload = 7 - length;
    if (text[0] >> payload != marks[length] >> payload) {
        return false;
    }
    uint32_t low = text[0] & ((1U << payload) - 1);
    for (unsigned i = 1; i < have; i++) {
        if ((text[i] & 0xc0) != 0x80) {
            return false;
        }
        low = low << 6 | (text[i] & 0x3f);
    }
    unsigned missing = 6 * (length - have);
    return reference_range_allowed(low << missing, (low << missing) + (1U << missing) - 1, length);
}

/* Bytes of the character or the maximal subpart at `text`; *ret_good: whether it is a character. */
static inline size_t reference_step(const unsigned char *text, size_t left, bool *ret_good)
{
    size_t longest = 1;
    *ret_good = text[0] < 0x80;
    for (unsigned length = 2; length <= 4 && !*ret_good; length++) {
        for (unsigned have = 1; have <= length && have <= left; have++) {
            if (reference_begins(text, have, length)) {
                longest = have > longest ? have : longest;
                *ret_good = have == length;
            }
        }
    }
    return longest;
}

/* Writes `text` with its bad bytes replaced and a NUL behind; `ret_text` has room for 3 * length
 * + 1. */
static inline size_t reference_repair(const char *text, size_t length, char *ret_text)
{
    size_t size = 0;
    for (size_t i = 0; i < length;) {
        bool   good = false;
        size_t step = reference_step((const unsigned char *)text + i, length - i, &good);
        memcpy(ret_text + size, good ? text + i : "\xef\xbf\xbd", good ? step : 3);
        size += good ? step : 3;
        i += step;
    }
    ret_text[size] = '\0';
    return size;
}

#endif
