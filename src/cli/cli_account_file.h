/* SPDX-License-Identifier: MPL-2.0 */
/* cli_account_file.h - the tool's configuration file: lines `name = value`; `#` starts a comment.
 */
#ifndef FSZ_CLI_ACCOUNT_FILE_H
#define FSZ_CLI_ACCOUNT_FILE_H

#include <stdbool.h>
#include <stddef.h>

enum { FSZ_ACCOUNT_VALUE_BYTES = 1024 };

/* One setting: its name in the file, its environment variable, and its value once it is known. */
struct fsz_setting {
    const char *name, *variable;
    char        value[FSZ_ACCOUNT_VALUE_BYTES]; /* empty: not given */
};

/* Fills the values that are still empty, from the environment and then from the file, if it exists.
 * `settings` ends with a NULL name. False: a mistake, reported on stderr. */
bool fsz_settings_read(struct fsz_setting *settings, const char *program);
/* The path of the file. */
void fsz_settings_path(char *ret_path, size_t bytes);

#endif
