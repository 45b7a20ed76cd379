/* SPDX-License-Identifier: MPL-2.0 */
/* readonly.h - knows which commands only read. The audit logs no line for these.
 *
 * A short list; any other command counts as a change. Pure; any thread. No right depends on it: see
 * authorize.h. */
#ifndef FSZ_READONLY_H
#define FSZ_READONLY_H

#include <stdbool.h>

/* An API command with its argument (may be NULL), and a command of the JSON API. */
bool fsz_readonly_api(const char *command, const char *arg);
bool fsz_readonly_json_api(const char *command);

#endif
