/* SPDX-License-Identifier: MPL-2.0 */
/* words.h - the arguments of an API command, split at white space. */
#ifndef FSZ_WORDS_H
#define FSZ_WORDS_H

#include <stddef.h>

enum { FSZ_WORDS_MAX = 10, FSZ_WORDS_BYTES = 4096 };

struct fsz_words {
    char        bytes[FSZ_WORDS_BYTES];
    size_t      count;                   /* word number `max` is the rest of the line */
    const char *word[FSZ_WORDS_MAX + 1]; /* NULL after the last */
};

/* `text` may be NULL; it is cut at FSZ_WORDS_BYTES. `max` is at most FSZ_WORDS_MAX. */
void fsz_words_split(struct fsz_words *words, const char *text, size_t max);

/* Splits arguments as FreeSWITCH does: at blanks outside single quotes; quotes and backslashes are
 * removed. At most FSZ_WORDS_MAX words; if there are more, `count` is one higher. */
void fsz_words_separate(struct fsz_words *words, const char *text);

#endif
