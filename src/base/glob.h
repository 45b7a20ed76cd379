/* SPDX-License-Identifier: MPL-2.0 */
/* glob.h - patterns in which only `*` is special: it matches any bytes, including none.
 *
 * Any thread. Takes at most length(pattern) times `length` steps. */
#ifndef FSZ_GLOB_H
#define FSZ_GLOB_H

#include <stdbool.h>
#include <stddef.h>

/* Does the pattern match exactly the first `length` bytes of the text? ASCII letter case is ignored
 * in the first `folded` bytes. */
bool fsz_glob(const char *pattern, const char *text, size_t length, size_t folded);

/* The same, but `*` matches none of the characters in `stops`. With `tail`, a `*` at the end of the
 * pattern matches these too. */
bool fsz_glob_within(const char *pattern, const char *text, size_t length, size_t folded,
                     const char *stops, bool tail);

#endif
