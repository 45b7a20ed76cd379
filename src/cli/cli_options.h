/* options.h - command lines from tables: one entry per option makes its parsing and its help.
 *
 * getopt_long() does the work, so the usual forms are understood (--name=value, --name value,
 * -nvalue, `--`). Values are written into the command's own struct at `offset`. */
#ifndef FSZ_OPTIONS_H
#define FSZ_OPTIONS_H

#include <stddef.h>

enum { FSZ_OPTION_LIST_MAX = 256 }; /* times an option can be repeated */

enum fsz_option_type {
    FSZ_OPTION_FLAG,    /* bool: becomes true */
    FSZ_OPTION_NUMBER,  /* uint64_t */
    FSZ_OPTION_SECONDS, /* double, not negative, fractions allowed */
    FSZ_OPTION_TEXT,    /* const char * into argv */
    FSZ_OPTION_LIST,    /* struct fsz_option_list: one more each time */
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
    int words;        /* what follows so many is no option of ours, and one `--` right behind
                         them is left out; 0: options stand anywhere */
    const char *verb; /* `words` is about this first word only; NULL: about any */
};

/* Reads argv into *values and moves the words, the arguments that are no options, to its end.
 * Returns the index of the first of them, or -1 when there is nothing left to run: *ret_exit then
 * has the code (0 after --help, 2 after a mistake, which was told). */
int fsz_options_read(const struct fsz_usage *usage, int argc, char **argv, void *values,
                     int *ret_exit);

/* Tells a mistake that only the command itself can see, prefixed with its name. Returns
 * FSZ_EXIT_USAGE. */
int fsz_usage_error(const struct fsz_usage *usage, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
