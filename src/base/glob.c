/* SPDX-License-Identifier: MPL-2.0 */
#include "base/glob.h"

#include <string.h>

/* ASCII in any locale, as the switch compares names. */
static char glob_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool glob_equal(char pattern, char text, bool folded)
{
    return folded ? glob_lower(pattern) == glob_lower(text) : pattern == text;
}

static bool glob_stops(const char *stops, char c)
{
    return c != '\0' && strchr(stops, c) != NULL;
}

/* After a mismatch, only the last `*` needs to match more. Each `*` before it has matched as little
 * as possible, and a stop character in the text must match one in the pattern in any case. */
bool fsz_glob_within(const char *pattern, const char *text, size_t length, size_t folded,
                     const char *stops, bool tail)
{
    const char *star = NULL;
    size_t      retry = 0;
    size_t      i = 0;
    while (i < length) {
        if (*pattern == '*') {
            star = ++pattern;
            retry = i;
            if (tail && *pattern == '\0') {
                return true;
            }
        } else if (*pattern != '\0' && glob_equal(*pattern, text[i], i < folded)) {
            pattern++;
            i++;
        } else if (star != NULL && !glob_stops(stops, text[retry])) {
            pattern = star;
            i = ++retry;
        } else {
            return false;
        }
    }
    while (*pattern == '*') {
        pattern++;
    }
    return *pattern == '\0';
}

bool fsz_glob(const char *pattern, const char *text, size_t length, size_t folded)
{
    return fsz_glob_within(pattern, text, length, folded, "", true);
}
