/* SPDX-License-Identifier: MPL-2.0 */
/* escape.h - escapes text of any bytes for a JSON string.
 *
 * `"`, `\` and control characters are escaped. Bytes that are not UTF-8 become U+FFFD, one for each
 * maximal subpart (Unicode, chapter 3.9). Other bytes are copied. The output is never shorter than
 * the input. Functions with a `length` read no byte after text[length - 1]. Nothing allocates or
 * keeps state. Any thread. */
#ifndef FSZ_ESCAPE_H
#define FSZ_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

enum { FSZ_ESCAPE_UNIT_MAX = 6 }; /* bytes: a control character becomes \u00XX */

/* Bytes that fsz_escape_write() will write. *ret_bad (may be NULL): some bytes are not UTF-8. */
size_t fsz_escape_size(const char *text, size_t length, bool *ret_bad);
/* Writes the escaped text, without quotes, and returns its end. `at` has room for
 * fsz_escape_size(). */
unsigned char *fsz_escape_write(unsigned char *at, const char *text, size_t length);
/* Writes the character (or the bad bytes) at *text in escaped form, at most FSZ_ESCAPE_UNIT_MAX
 * bytes. Moves *text past it and returns the end of what it wrote. The text must end with a NUL,
 * and *text must not be at it. */
unsigned char *fsz_escape_next(unsigned char *at, const char **text);
/* Length of the longest beginning of the text that ends between two characters and takes at most
 * max_bytes once escaped. */
size_t fsz_escape_fit(const char *text, size_t length, size_t max_bytes);
/* Replaces bad bytes but escapes nothing. Returns the end of what it wrote. `at` has room for
 * fsz_escape_size() bytes. */
unsigned char *fsz_escape_repair(unsigned char *at, const char *text, size_t length);

#endif
