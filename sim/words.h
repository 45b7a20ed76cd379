/* words.h - the arguments of an API command, cut at white space. */
#ifndef FSZ_WORDS_H
#define FSZ_WORDS_H

#include <stddef.h>

enum { FSZ_WORDS_MAX = 10, FSZ_WORDS_BYTES = 4096 };

struct fsz_words {
    char        bytes[FSZ_WORDS_BYTES];
    size_t      count;                   /* the last word of `max` is the whole rest */
    const char *word[FSZ_WORDS_MAX + 1]; /* NULL behind the last */
};

/* `text` may be NULL; one longer than FSZ_WORDS_BYTES is cut. `max` at most FSZ_WORDS_MAX. */
void fsz_words_split(struct fsz_words *words, const char *text, size_t max);

/* As FreeSWITCH separates arguments: at blanks that are not between single quotes, with the quotes
 * and backslashes taken away. At most FSZ_WORDS_MAX; more are counted in `count` as one more. */
void fsz_words_separate(struct fsz_words *words, const char *text);

#endif
