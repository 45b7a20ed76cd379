/* Words as switch_separate_string() divides them, where it is plain how it does. */
#include "guard_private.h"

#include <stdlib.h>
#include <string.h>

static bool words_are_plain(const char *text)
{
    bool quoted = false;
    for (const char *c = text; *c != '\0'; c++) {
        quoted ^= *c == '\'';
    }
    return !quoted && strpbrk(text, "\\\t\r\n\v\f") == NULL && strncmp(text, "^^", 2) != 0;
}

/* Takes the quotes out, and the blanks at both ends that were not in any. */
static char *word_clean(char *word)
{
    word += strspn(word, " ");
    char *to = word, *end = word;
    bool  quoted = false;
    for (const char *from = word; *from != '\0'; from++) {
        if (*from == '\'') {
            quoted = !quoted;
        } else {
            *to++ = *from;
            end = *from != ' ' || quoted ? to : end;
        }
    }
    *end = '\0';
    return word;
}

/* The end of the word at `at`: a delimiter outside of quotes, or NULL. */
static char *word_end(char *at, char delimiter)
{
    bool quoted = false;
    for (; *at != '\0'; at++) {
        if (*at == '\'') {
            quoted = !quoted;
        } else if (*at == delimiter && !quoted) {
            return at;
        }
    }
    return NULL;
}

size_t guard_words_first(const char *text)
{
    bool   quoted = false;
    size_t i = 0;
    for (; text[i] != '\0' && (quoted || text[i] != ' '); i++) {
        quoted ^= text[i] == '\'';
    }
    return i;
}

fsz_err guard_words_split(struct guard *g, const char *text, char delimiter, size_t max,
                          struct guard_words *ret_words)
{
    struct guard_words words = {.copy = NULL};
    if (!words_are_plain(text)) {
        return guard_deny(g, "an argument with a backslash, a tab, a line's end, a single ' or ^^ "
                             "can't be looked into");
    }
    if (guard_has_unknown(text)) {
        return guard_deny(g, "what \"${…}\" makes of an argument is not known before it is run");
    }
    words.copy = strdup(text);
    if (words.copy == NULL) {
        return guard_deny(g, "%s", fsz_err_text(FSZ_ENOMEM));
    }
    char *at = words.copy;
    while (at != NULL && *(at += delimiter == ' ' ? strspn(at, " ") : 0) != '\0') {
        char *end = words.count + 1 < max ? word_end(at, delimiter) : NULL;
        if (end != NULL) {
            *end++ = '\0';
        }
        words.at[words.count++] = word_clean(at);
        at = end;
    }
    *ret_words = words;
    return FSZ_OK;
}

void guard_words_free(struct guard_words *words)
{
    free(words->copy);
    *words = (struct guard_words){.copy = NULL};
}

const char *guard_word(const struct guard_words *words, size_t index)
{
    return index < words->count ? words->at[index] : "";
}
