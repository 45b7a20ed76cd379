#include "glob.h"

/* In ASCII whatever the locale, as the switch compares names. */
static char glob_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool glob_equal(char pattern, char text, bool folded)
{
    return folded ? glob_lower(pattern) == glob_lower(text) : pattern == text;
}

/* On a mismatch only the last `*` has to give way. */
bool fsz_glob(const char *pattern, const char *text, size_t length, size_t folded)
{
    const char *star = NULL;
    size_t      retry = 0;
    size_t      i = 0;
    while (i < length) {
        if (*pattern == '*') {
            star = ++pattern;
            retry = i;
        } else if (*pattern != '\0' && glob_equal(*pattern, text[i], i < folded)) {
            pattern++;
            i++;
        } else if (star != NULL) {
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
