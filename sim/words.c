/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/words.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const char BLANKS[] = " \t\r\n";

static void words_trim(char *text)
{
    size_t length = strlen(text);
    while (length > 0 && strchr(BLANKS, text[length - 1]) != NULL) {
        text[--length] = '\0';
    }
}

void fsz_words_split(struct fsz_words *words, const char *text, size_t max)
{
    *words = (struct fsz_words){0};
    snprintf(words->bytes, sizeof words->bytes, "%s", text == NULL ? "" : text);
    words_trim(words->bytes);
    char *at = words->bytes + strspn(words->bytes, BLANKS);
    while (*at != '\0' && words->count < max) {
        words->word[words->count++] = at;
        if (words->count == max) {
            return;
        }
        at += strcspn(at, BLANKS);
        if (*at != '\0') {
            *at++ = '\0';
            at += strspn(at, BLANKS);
        }
    }
}

/* The character for a backslash followed by `c`; `c` itself: the backslash stays. */
static char words_unescape(char escaped)
{
    switch (escaped) {
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case 's':
        return ' ';
    default:
        return escaped;
    }
}

static bool words_is_escape(const char *at)
{
    return at[0] == '\\' && at[1] != '\0' &&
           (strchr("'\"\\", at[1]) != NULL || words_unescape(at[1]) != at[1]);
}

/* Reads one word in place, without its quotes, which count only in pairs; returns the rest. */
static char *words_take(char *at)
{
    bool  quoted = false;
    char *to = at;
    while (*at != '\0' && (quoted || *at != ' ')) {
        if (words_is_escape(at)) {
            *to++ = words_unescape(at[1]);
            at += 2;
        } else if (*at == '\'') {
            bool paired = quoted || strchr(at + 1, '\'') != NULL;
            quoted = !quoted;
            if (!paired) { /* the quote stays, and blanks after it belong to the word */
                *to++ = *at;
            }
            at++;
        } else {
            *to++ = *at++;
        }
    }
    char *next = *at == '\0' ? at : at + 1;
    *to = '\0';
    return next;
}

void fsz_words_separate(struct fsz_words *words, const char *text)
{
    *words = (struct fsz_words){0};
    snprintf(words->bytes, sizeof words->bytes, "%s", text == NULL ? "" : text);
    char *at = words->bytes + strspn(words->bytes, " ");
    while (*at != '\0' && words->count < FSZ_WORDS_MAX) {
        words->word[words->count++] = at;
        at = words_take(at);
        at += strspn(at, " ");
    }
    words->count += *at != '\0';
}
