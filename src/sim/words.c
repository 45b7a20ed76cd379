#include "words.h"

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
