/* text.h - what a peer sent, written so that a terminal cannot be driven by it. */
#ifndef FSZ_TEXT_H
#define FSZ_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Writes bytes as text: control characters (C0, DEL, C1), marks that reorder or hide what is shown
 * (bidirectional overrides, zero width), and bytes that are not UTF-8 come out as \n, \x1b or
 * \u202e. */
void fsz_text_put(FILE *out, const char *bytes, size_t size);
void fsz_text_puts(FILE *out, const char *text);

/* Writes a valid JSON text on one line, byte for byte but for white space between tokens that would
 * break the line. For a terminal the characters named above become \u escapes, which JSON reads as
 * the same. */
void fsz_text_put_json(FILE *out, const char *bytes, size_t size, bool terminal);

#endif
