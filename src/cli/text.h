/* SPDX-License-Identifier: MPL-2.0 */
/* text.h - writes text of a peer with escapes, so that it cannot control the terminal. */
#ifndef FSZ_TEXT_H
#define FSZ_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Writes bytes as text. Control characters (C0, DEL, C1), characters that reorder or hide others
 * (bidirectional overrides, zero width) and bytes that are not UTF-8 are written as escapes such as
 * \n, \x1b or \u202e. */
void fsz_text_put(FILE *out, const char *bytes, size_t size);
void fsz_text_puts(FILE *out, const char *text);

/* Writes a valid JSON text on one line, unchanged except for line breaks between tokens. For a
 * terminal, the characters named above become \u escapes, which mean the same in JSON. */
void fsz_text_put_json(FILE *out, const char *bytes, size_t size, bool terminal);

#endif
