/* SPDX-License-Identifier: MPL-2.0 */
#include "config/config_value.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* strtoll() alone would accept blanks, signs and 0x. */
static bool value_digits(const char *text, int base, int64_t *ret_number, const char **ret_rest)
{
    if (*text < '0' || *text > '9') {
        return false;
    }
    char *end = NULL;
    errno = 0;
    long long number = strtoll(text, &end, base);
    if (errno != 0 || end == text) {
        return false;
    }
    *ret_number = number;
    *ret_rest = end;
    return true;
}

bool fsz_value_number(const char *text, int base, int64_t *ret_number)
{
    const char *rest = NULL;
    int64_t     number = 0;
    if (!value_digits(text, base, &number, &rest) || *rest != '\0') {
        return false;
    }
    *ret_number = number;
    return true;
}

bool fsz_value_size(const char *text, int64_t *ret_bytes)
{
    static const char units[] = "KMG";
    const char       *rest = NULL;
    int64_t           number = 0;
    if (!value_digits(text, 10, &number, &rest)) {
        return false;
    }
    int shift = 0;
    if (*rest != '\0') {
        const char *unit = strchr(units, *rest & ~0x20);
        if (unit == NULL || *unit == '\0' || rest[1] != '\0') {
            return false;
        }
        shift = 10 * (int)(unit - units + 1);
    }
    if (number > INT64_MAX >> shift) {
        return false;
    }
    *ret_bytes = number << shift;
    return true;
}

static bool value_among(const char *text, const char *const *words)
{
    for (size_t i = 0; words[i] != NULL; i++) {
        if (strcasecmp(text, words[i]) == 0) {
            return true;
        }
    }
    return false;
}

bool fsz_value_bool(const char *text, bool *ret_truth)
{
    static const char *const yes[] = {"true", "yes", "on", "t", "enabled", "active", "allow", NULL};
    static const char *const no[] = {"false",    "no",       "off",      "f",
                                     "disabled", "inactive", "disallow", NULL};
    int64_t                  number = 0;
    if (fsz_value_number(text, 10, &number)) {
        *ret_truth = number != 0;
        return true;
    }
    bool truth = value_among(text, yes);
    if (!truth && !value_among(text, no)) {
        return false;
    }
    *ret_truth = truth;
    return true;
}
