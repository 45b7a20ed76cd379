/* glob.h - patterns in which only `*` is special: it stands for any bytes, also none.
 *
 * Any thread. Takes at most length(pattern) times `length` steps. */
#ifndef FSZ_GLOB_H
#define FSZ_GLOB_H

#include <stdbool.h>
#include <stddef.h>

/* Does the pattern match the first `length` bytes of the text, all of them? In the first `folded`
 * of these the letter case of ASCII is ignored. */
bool fsz_glob(const char *pattern, const char *text, size_t length, size_t folded);

/* The same where a `*` matches none of the characters in `stops`. With `tail`, a `*` at the end of
 * the pattern matches them all the same. */
bool fsz_glob_within(const char *pattern, const char *text, size_t length, size_t folded,
                     const char *stops, bool tail);

#endif
