/* SPDX-License-Identifier: MPL-2.0 */
/* zpl.h - reads properties from a text in ZeroMQ's property language (ZPL, RFC 4), line by line.
 *
 * Pure; any thread. A section's name starts at the beginning of a line. Its properties are
 * indented with tabs or blanks. Deeper levels belong to the same section, because certificates have
 * only one level. */
#ifndef FSZ_ZPL_H
#define FSZ_ZPL_H

#include "base/err.h"

#include <stddef.h>

enum { FSZ_ZPL_NAME_BYTES = 64, FSZ_ZPL_VALUE_BYTES = 256 };

struct fsz_zpl_property {
    char section[FSZ_ZPL_NAME_BYTES]; /* empty: outside any section */
    char name[FSZ_ZPL_NAME_BYTES];
    char value[FSZ_ZPL_VALUE_BYTES]; /* without quotes and comment; empty: none, or too long */
};

/* The reading position. Initially {.next = text, .line = 0}. */
struct fsz_zpl {
    const char *next;
    size_t      line; /* of the last property, counted from 1 */
    char        section[FSZ_ZPL_NAME_BYTES];
};

/* Reads the next property. FSZ_ENOTFOUND: end of the text. FSZ_EINVALID: line `line` is not ZPL;
 * *ret_why (static text) is the reason. */
FSZ_NODISCARD fsz_err fsz_zpl_next(struct fsz_zpl *zpl, struct fsz_zpl_property *ret_property,
                                   const char **ret_why);

#endif
