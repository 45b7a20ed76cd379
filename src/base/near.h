/* near.h - how unlike two words are, for "did you mean …?". Pure; any thread. */
#ifndef FSZ_NEAR_H
#define FSZ_NEAR_H

#include <stddef.h>

enum {
    FSZ_NEAR_MAX = 3,        /* words further apart than this are not worth a hint */
    FSZ_NEAR_BYTES_MAX = 40, /* of a word; longer ones are not looked at */
};

/* Levenshtein's distance of the first `length` bytes of `word` from a candidate, letter case
 * ignored. SIZE_MAX: more than FSZ_NEAR_MAX, or than a third of the word, or one is too long. */
size_t fsz_near_distance(const char *word, size_t length, const char *candidate);

#endif
