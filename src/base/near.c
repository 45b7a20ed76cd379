/* SPDX-License-Identifier: MPL-2.0 */
#include "base/near.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

static size_t near_least(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

/* One row of the matrix at a time. */
size_t fsz_near_distance(const char *word, size_t length, const char *candidate)
{
    size_t row[FSZ_NEAR_BYTES_MAX + 1], width = strlen(candidate);
    if (length > FSZ_NEAR_BYTES_MAX || width > FSZ_NEAR_BYTES_MAX) {
        return SIZE_MAX;
    }
    for (size_t j = 0; j <= width; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= length; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= width; j++) {
            size_t above = row[j];
            int    same =
                toupper((unsigned char)word[i - 1]) == toupper((unsigned char)candidate[j - 1]);
            row[j] = near_least(above + 1, row[j - 1] + 1, diagonal + (same ? 0 : 1));
            diagonal = above;
        }
    }
    return row[width] <= FSZ_NEAR_MAX && row[width] * 3 <= length ? row[width] : SIZE_MAX;
}
