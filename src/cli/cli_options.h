/* SPDX-License-Identifier: MPL-2.0 */
/* cli_options.h - parses command lines by a table, with one entry per option for parsing and help.
 *
 * It uses getopt_long(), so the usual forms work (--name=value, --name value, -nvalue, `--`).
 * Values are written into the command's struct at `offset`. */
#ifndef FSZ_CLI_OPTIONS_H
#define FSZ_CLI_OPTIONS_H

#include <stddef.h>

enum { FSZ_OPTION_LIST_MAX = 256 }; /* how often an option can be repeated */

enum fsz_option_type {
    FSZ_OPTION_FLAG,    /* bool: set to true */
    FSZ_OPTION_NUMBER,  /* uint64_t */
    FSZ_OPTION_SECONDS, /* double, not negative, fractions allowed */
    FSZ_OPTION_TEXT,    /* const char * into argv */
    FSZ_OPTION_LIST,    /* struct fsz_option_list: each use adds an item */
};

struct fsz_option {
    const char          *name;
    char                 letter; /* short form, or 0 */
    enum fsz_option_type type;
    size_t               offset;
    const char          *argument; /* its name in the help, NULL for a flag */
    const char          *help;
};

struct fsz_option_list {
    const char *items[FSZ_OPTION_LIST_MAX];
    size_t      count;
};

struct fsz_usage {
    const char              *program;   /* "fszmq tail" */
    const char              *arguments; /* "[OPTION...] [ENDPOINT...]" */
    const char              *summary;
    const struct fsz_option *options; /* ends with a NULL name */
    int words;        /* after this many words no options are parsed, and a `--` directly after
                         them is dropped; 0: options are allowed anywhere */
    const char *verb; /* `words` applies only if this is the first word; NULL: always */
};

/* Reads options into *values, and moves the words (arguments that are not options) to the end of
 * argv. Returns the index of the first word. Returns -1 if the program must end with *ret_exit: 0
 * after --help, 2 after reporting a mistake. */
int fsz_options_read(const struct fsz_usage *usage, int argc, char **argv, void *values,
                     int *ret_exit);

/* Reports a mistake in the command line, with the program's name. Returns FSZ_EXIT_USAGE. */
int fsz_usage_error(const struct fsz_usage *usage, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
