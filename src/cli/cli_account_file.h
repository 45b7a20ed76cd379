/* account_file.h - the tool's configuration file: lines `name = value`, `#` starts a comment. */
#ifndef FSZ_ACCOUNT_FILE_H
#define FSZ_ACCOUNT_FILE_H

#include <stdbool.h>
#include <stddef.h>

enum { FSZ_ACCOUNT_VALUE_BYTES = 1024 };

/* One setting: its name in the file, its environment variable, and its value once known. */
struct fsz_setting {
    const char *name, *variable;
    char        value[FSZ_ACCOUNT_VALUE_BYTES]; /* empty: not given */
};

/* Fills values that are empty from the environment, then from the file where there is one.
 * `settings` ends with a NULL name. False: a mistake, told on stderr with where it is. */
bool fsz_settings_read(struct fsz_setting *settings, const char *program);
/* Where the file is looked for. */
void fsz_settings_path(char *ret_path, size_t bytes);

#endif
