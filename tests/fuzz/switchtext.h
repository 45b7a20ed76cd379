/* switchtext.h - how FreeSWITCH itself divides texts: quotes, escapes, `^^` and lists of variables
 * (switch_utils.c and switch_event.c of 1.11.2, written anew). All change the text in place. Any
 * thread. */
#ifndef FSZ_SWITCHTEXT_H
#define FSZ_SWITCHTEXT_H

#include <stdbool.h>

/* Divides `text`; returns how many pieces. The last piece takes what is left. */
unsigned switchtext_separate(char *text, char delimiter, char **pieces, unsigned size);
/* The `close` that belongs to the `open` at the beginning of `text`; NULL: there is none. */
char *switchtext_end(char *text, char open, char close);
/* A list of variables at the beginning of `text`. Returns what is behind it; NULL: it has no end.
 */
typedef void (*switchtext_variable_fn)(const char *name, const char *value);
char *switchtext_brackets(char *text, const char brackets[2], char delimiter,
                          switchtext_variable_fn each);

#endif
