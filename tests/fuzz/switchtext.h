/* SPDX-License-Identifier: MPL-2.0 */
/* switchtext.h - divides texts like FreeSWITCH: quotes, escapes, `^^` and lists of variables. A new
 * implementation of switch_utils.c and switch_event.c of 1.11.2. The functions change the text in
 * place. Any thread. */
#ifndef FSZ_SWITCHTEXT_H
#define FSZ_SWITCHTEXT_H

#include <stdbool.h>

/* Divides `text`; returns the number of pieces. The last piece has the rest of the text. */
unsigned switchtext_separate(char *text, char delimiter, char **pieces, unsigned size);
/* Returns the `close` that matches the `open` at the beginning of `text`, or NULL. */
char *switchtext_end(char *text, char open, char close);
/* Reads a list of variables at the beginning of `text`. Returns the text after it; NULL: the list
 * has no end. */
typedef void (*switchtext_variable_fn)(const char *name, const char *value);
char *switchtext_brackets(char *text, const char brackets[2], char delimiter,
                          switchtext_variable_fn each);

#endif
