/* readonly.h - which commands only read, so that the audit has no line of the log for them.
 *
 * A short list of what is known to change nothing; any other command counts as a change. Pure; any
 * thread. No right depends on it: see guard.h. */
#ifndef FSZ_READONLY_H
#define FSZ_READONLY_H

#include <stdbool.h>

/* An API command with its argument (may be NULL), and a command of the JSON API. */
bool fsz_readonly_api(const char *command, const char *arg);
bool fsz_readonly_json_api(const char *command);

#endif
