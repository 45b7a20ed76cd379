/* SPDX-License-Identifier: MPL-2.0 */
/* ask.h - helpers for commands that send requests to the switch: parameters and output. */
#ifndef FSZ_ASK_H
#define FSZ_ASK_H

#include "cli/cli_client.h"

/* Prints output of the switch and ends it with a line feed. On a terminal, control characters are
 * escaped. */
void fsz_ask_print(const char *text);
/* The same for a name and its value on one line. */
void fsz_ask_print_pair(const char *name, const char *value);
/* Prints a value as JSON, indented on a terminal. */
void fsz_ask_print_json(const json_t *value);
/* Joins words with spaces. The caller frees the result. NULL: out of memory. */
char *fsz_ask_join(char **words, int count);
/* Makes {"command", "arg"?} from a line as typed at the switch's console: the command ends at the
 * first space, the rest is its argument. NULL: out of memory. The line must be UTF-8. */
json_t *fsz_ask_command(const char *line);
json_t *fsz_ask_command_words(char **words, int count);
/* Makes an object from words of the form NAME=VALUE; modifies the words. NULL: out of memory, or
 * *ret_bad is the first word that does not have that form. */
json_t *fsz_ask_pairs(char **words, int count, const char **ret_bad);
/* Checks that the words are UTF-8, as requests require. False: one is not, which was reported. */
bool fsz_ask_is_text(const struct fsz_usage *usage, char **words, int count);
/* Adds the time that the switch may take. */
void fsz_ask_set_timeout(json_t *params, double timeout_s);
/* Prints the result of `api` or of a job, as JSON or as plain text. Returns FSZ_EXIT_OK if the
 * command succeeded, else FSZ_EXIT_FAILED. */
int fsz_ask_show_output(const json_t *result, bool as_json);
/* Opens a client, calls one method, prints its result and closes. With `print` NULL, only errors
 * are printed. Takes ownership of `params`; NULL: out of memory. Returns an exit code. */
int fsz_ask_once(const char *program, const struct fsz_client_options *options, const char *method,
                 json_t *params, void (*print)(const json_t *result));

#endif
