/* zpl.h - properties out of a text in ZeroMQ's property language (ZPL, RFC 4), line by line.
 *
 * Pure; any thread. A section's name stands at the start of its line, its properties are indented,
 * by tabs or blanks; however deep, they are properties of that section: certificates have one
 * level. */
#ifndef FSZ_ZPL_H
#define FSZ_ZPL_H

#include "base/err.h"

#include <stddef.h>

enum { FSZ_ZPL_NAME_BYTES = 64, FSZ_ZPL_VALUE_BYTES = 256 };

struct fsz_zpl_property {
    char section[FSZ_ZPL_NAME_BYTES]; /* empty: of the file */
    char name[FSZ_ZPL_NAME_BYTES];
    char value[FSZ_ZPL_VALUE_BYTES]; /* without its quotes and comment; empty: none, or too long */
};

/* Where reading is: start with {.next = text, .line = 0}. */
struct fsz_zpl {
    const char *next;
    size_t      line; /* of the property just read, from 1 */
    char        section[FSZ_ZPL_NAME_BYTES];
};

/* Reads on to the next property. FSZ_ENOTFOUND: the text is over. FSZ_EINVALID: line `line` is no
 * ZPL, *ret_why (static text) says why. */
FSZ_NODISCARD fsz_err fsz_zpl_next(struct fsz_zpl *zpl, struct fsz_zpl_property *ret_property,
                                   const char **ret_why);

#endif
