/* SPDX-License-Identifier: MPL-2.0 */
#include "switchtext.h"

#include <stddef.h>
#include <string.h>

enum { VARIABLES_MAX = 1024 };

/* The character that `\` and this one stand for between delimiters; NUL: the backslash is text. */
static char escaped(char c, char delimiter)
{
    static const char names[] = "nrts", meant[] = "\n\r\t ";
    const char       *name = c != '\0' ? strchr(names, c) : NULL;
    if (name != NULL) {
        return meant[name - names];
    }
    return c == '\'' || c == '"' || c == '\\' || (delimiter != '\0' && c == delimiter) ? c : '\0';
}

static bool quote_toggles(const char *at, bool quoted)
{
    return *at == '\'' && (quoted || strchr(at + 1, '\'') != NULL);
}

/* Removes quotes, escapes and outer blanks. */
static char *clean(char *piece, char delimiter)
{
    bool quoted = false;
    piece += strspn(piece, " ");
    char *to = piece, *end = NULL;
    for (char *at = piece; *at != '\0'; at++) {
        char meant = *at == '\\' ? escaped(at[1], delimiter) : '\0';
        if (meant != '\0') {
            *to++ = meant;
            end = to;
            at++;
        } else if (quote_toggles(at, quoted)) {
            quoted = !quoted;
            end = quoted ? to : end;
        } else {
            *to++ = *at;
            end = *at != ' ' || quoted ? to : end;
        }
    }
    if (end != NULL) {
        *end = '\0';
    }
    return piece;
}

/* The delimiter after a piece, or the end. If the delimiter is a blank, each quote counts;
 * otherwise only quotes in pairs. */
static char *piece_end(char *at, char delimiter)
{
    bool quoted = false;
    for (; *at != '\0' && (*at != delimiter || quoted); at++) {
        if (*at == '\\') {
            at++;
            if (*at == '\0') {
                break;
            }
        } else if (*at == '\'' && (delimiter == ' ' || quote_toggles(at, quoted))) {
            quoted = !quoted;
        }
    }
    return at;
}

unsigned switchtext_separate(char *text, char delimiter, char **pieces, unsigned size)
{
    unsigned count = 0;
    if (strncmp(text, "^^", 2) == 0 && text[2] != '\0' && text[3] != '\0') {
        delimiter = text[2];
        text += 3;
    }
    while (*text != '\0' && count < size) {
        pieces[count++] = text;
        if (count == size) {
            break;
        }
        text = piece_end(delimiter == ' ' ? text + strspn(text, " ") : text, delimiter);
        if (*text != '\0') {
            *text++ = '\0';
            text += delimiter == ' ' ? strspn(text, " ") : 0;
        }
    }
    for (unsigned i = 0; i < count; i++) {
        pieces[i] = clean(pieces[i], delimiter == ' ' ? '\0' : delimiter);
    }
    return count;
}

char *switchtext_end(char *text, char open, char close)
{
    int depth = 0;
    text += strspn(text, " ");
    if (*text != open) {
        return NULL;
    }
    for (; *text != '\0'; text++) {
        depth += *text == open;
        depth -= *text == close;
        if (depth == 0) {
            return text;
        }
    }
    return NULL;
}

static void list_each(char *list, char *delimiter, switchtext_variable_fn each)
{
    char *variables[VARIABLES_MAX];
    if (strncmp(list, "^^", 2) == 0) {
        *delimiter = list[2];
        list += 2 + (list[2] != '\0');
    }
    unsigned count = switchtext_separate(list, *delimiter, variables, VARIABLES_MAX);
    for (unsigned i = 0; i < count; i++) {
        char *pair[2] = {NULL, NULL};
        if (switchtext_separate(variables[i], '=', pair, 2) == 2) {
            each(pair[0], pair[1]);
        }
    }
}

/* If a list follows after blanks only and begins with a second bracket, FreeSWITCH reads variables
 * from the end of that list onwards. */
char *switchtext_brackets(char *text, const char brackets[2], char delimiter,
                          switchtext_variable_fn each)
{
    char *end = switchtext_end(text, brackets[0], brackets[1]);
    if (end == NULL) {
        return NULL;
    }
    *end++ = '\0';
    char *next = end + strspn(end, " ");
    char *more = *next == brackets[0] ? switchtext_end(next + 1, brackets[0], brackets[1]) : NULL;
    list_each(text + 1, &delimiter, each);
    if (more != NULL) {
        list_each(more, &delimiter, each);
    }
    return end;
}
