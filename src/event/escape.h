/* escape.h - text of any bytes to the inside of a JSON string.
 *
 * `"`, `\` and control characters are escaped; bytes that are no UTF-8 become U+FFFD, one for each
 * maximal subpart (Unicode, chapter 3.9); all else stays as it is. What comes out is never shorter
 * than what went in. Nothing here reads beyond text[length - 1], allocates or keeps state; any
 * thread. */
#ifndef FSZ_ESCAPE_H
#define FSZ_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

enum { FSZ_ESCAPE_UNIT_MAX = 6 }; /* bytes: a control character becomes \u00XX */

/* Bytes that fsz_escape_write() will write. *ret_bad (may be NULL): some were no UTF-8. */
size_t fsz_escape_size(const char *text, size_t length, bool *ret_bad);
/* Writes the escaped text, without quotes, and returns its end. `at` has room for
 * fsz_escape_size(). */
unsigned char *fsz_escape_write(unsigned char *at, const char *text, size_t length);
/* Writes what stands for the character (or the bad bytes) at *text, at most FSZ_ESCAPE_UNIT_MAX
 * bytes, moves *text behind it, and returns the end. The text ends with a NUL, which *text is not
 * at. */
unsigned char *fsz_escape_next(unsigned char *at, const char **text);
/* The longest beginning of text, ending between two characters, that takes at most max_bytes
 * escaped. */
size_t fsz_escape_fit(const char *text, size_t length, size_t max_bytes);
/* Writes text with its bad bytes replaced and nothing escaped, and returns its end. `at` has room
 * for fsz_escape_size() bytes. */
unsigned char *fsz_escape_repair(unsigned char *at, const char *text, size_t length);

#endif
