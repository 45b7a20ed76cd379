/* SPDX-License-Identifier: MPL-2.0 */
#include "event/names.h"

#include <stdlib.h>

fsz_err fsz_names_init(struct fsz_names *names, size_t count)
{
    size_t words = 32;
    while (words < count * FSZ_NAMES_BITS_EACH / 64 && words < UINT32_MAX / 128) {
        words *= 2;
    }
    names->mask = (uint32_t)(words * 64 - 1);
    names->words = names->inline_words;
    if (words <= FSZ_NAMES_INLINE_WORDS) {
        memset(names->words, 0, words * sizeof(*names->words));
        return FSZ_OK;
    }
    names->words = calloc(words, sizeof(*names->words));
    return names->words != NULL ? FSZ_OK : FSZ_ENOMEM;
}

void fsz_names_fini(struct fsz_names *names)
{
    if (names->words != names->inline_words) {
        free(names->words);
    }
}
