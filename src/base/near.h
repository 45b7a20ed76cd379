/* SPDX-License-Identifier: MPL-2.0 */
/* near.h - the distance between two words, for "did you mean …?". Pure; any thread. */
#ifndef FSZ_NEAR_H
#define FSZ_NEAR_H

#include <stddef.h>

enum {
    FSZ_NEAR_MAX = 3,        /* words further apart are not worth a hint */
    FSZ_NEAR_BYTES_MAX = 40, /* of a word; longer ones are never near */
};

/* Levenshtein distance between the first `length` bytes of `word` and a candidate, letter case
 * ignored. SIZE_MAX: above FSZ_NEAR_MAX or a third of the word, or one of them is too long. */
size_t fsz_near_distance(const char *word, size_t length, const char *candidate);

#endif
