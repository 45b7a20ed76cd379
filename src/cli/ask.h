/* ask.h - what the commands that ask the switch have in common: make parameters, print answers. */
#ifndef FSZ_ASK_H
#define FSZ_ASK_H

#include "cli/cli_client.h"

/* Prints what the switch said, and ends it with a line feed. On a terminal nothing in it can drive
 * the terminal. */
void fsz_ask_print(const char *text);
/* The same for a name and its value on one line. */
void fsz_ask_print_pair(const char *name, const char *value);
/* Prints a value as JSON, indented on a terminal. */
void fsz_ask_print_json(const json_t *value);
/* Words joined by blanks; the caller frees it. NULL: out of memory. */
char *fsz_ask_join(char **words, int count);
/* {"command", "arg"?} of a line as the switch's console takes it: the command up to the first
 * blank, the rest its argument. NULL: out of memory. The line is UTF-8, as below. */
json_t *fsz_ask_command(const char *line);
json_t *fsz_ask_command_words(char **words, int count);
/* An object of words of the form NAME=VALUE, which it cuts. NULL: out of memory, or *ret_bad is the
 * first word that is not of that form. */
json_t *fsz_ask_pairs(char **words, int count, const char **ret_bad);
/* Requests carry UTF-8 only. False: one of the words is none, which was told. */
bool fsz_ask_is_text(const struct fsz_usage *usage, char **words, int count);
/* Adds how long the switch may take. */
void fsz_ask_set_timeout(json_t *params, double timeout_s);
/* Prints the result of `api` or of a job, as JSON or as the switch's own words. Returns
 * FSZ_EXIT_OK where the switch did what it was asked to, else FSZ_EXIT_FAILED. */
int fsz_ask_show_output(const json_t *result, bool as_json);
/* Opens a client, calls one method, prints its result (`print` may be NULL: nothing but mistakes),
 * closes. Takes `params` over; NULL: out of memory. Returns an exit code. */
int fsz_ask_once(const char *program, const struct fsz_client_options *options, const char *method,
                 json_t *params, void (*print)(const json_t *result));

#endif
