/* SPDX-License-Identifier: MPL-2.0 */
#include "cli/cli_options.h"

#include "cli/cli.h"
#include "cli/wrap.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    OPTIONS_MAX = 32,
    OPTIONS_FIRST_VALUE = 1000,
    OPTIONS_HELP = 999,
    OPTIONS_WORD = 1,
    OPTIONS_HELP_COLUMN = 33,
};

int fsz_usage_error(const struct fsz_usage *usage, const char *format, ...)
{
    va_list arguments;
    fprintf(stderr, "%s: ", usage->program);
    va_start(arguments, format);
    /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): see va_start above */
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "; try '%s --help'\n", usage->program);
    return FSZ_EXIT_USAGE;
}

static void usage_print(const struct fsz_usage *usage)
{
    int columns = fsz_wrap_columns(stdout);
    printf("Usage: %s ", usage->program);
    fsz_wrap_put_lines(stdout, columns, (int)strlen("Usage:  ") + (int)strlen(usage->program),
                       usage->arguments);
    fsz_wrap_put(stdout, columns, 0, 0, usage->summary);
    puts("\nOptions:");
    for (const struct fsz_option *option = usage->options; option->name != NULL; option++) {
        char name[64];
        char letter[8] = "    ";
        if (option->letter != 0) {
            snprintf(letter, sizeof letter, "-%c, ", option->letter);
        }
        snprintf(name, sizeof name, "%s--%s%s%s", letter, option->name, option->argument ? "=" : "",
                 option->argument ? option->argument : "");
        fsz_wrap_put_row(stdout, columns, OPTIONS_HELP_COLUMN, name, option->help);
    }
    fsz_wrap_put_row(stdout, columns, OPTIONS_HELP_COLUMN, "-h, --help", "show this help");
}

static bool option_number(const char *text, uint64_t *ret_number)
{
    char *end = NULL;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || strchr(text, '-') != NULL) {
        return false;
    }
    *ret_number = number;
    return true;
}

static bool option_seconds(const char *text, double *ret_seconds)
{
    char  *end = NULL;
    double seconds = strtod(text, &end);
    if (end == text || *end != '\0' || !isfinite(seconds) || seconds < 0) {
        return false;
    }
    *ret_seconds = seconds;
    return true;
}

static bool option_list_add(struct fsz_option_list *list, const char *text)
{
    if (list->count == FSZ_OPTION_LIST_MAX) {
        return false;
    }
    list->items[list->count++] = text;
    return true;
}

static bool option_store(const struct fsz_option *option, void *values, const char *text)
{
    void *place = (char *)values + option->offset;
    switch (option->type) {
    case FSZ_OPTION_FLAG:
        *(bool *)place = true;
        return true;
    case FSZ_OPTION_NUMBER:
        return option_number(text, place);
    case FSZ_OPTION_SECONDS:
        return option_seconds(text, place);
    case FSZ_OPTION_TEXT:
        *(const char **)place = text;
        return true;
    case FSZ_OPTION_LIST:
        return option_list_add(place, text);
    }
    return false;
}

/* Converts the table for getopt. An option's value is OPTIONS_FIRST_VALUE plus its index. The
 * leading dash makes getopt return words in their order, as OPTIONS_WORD. */
static void options_for_getopt(const struct fsz_option *options, struct option *ret_long,
                               char *ret_short)
{
    size_t n = 0;
    *ret_short++ = '-';
    for (; options[n].name != NULL && n < OPTIONS_MAX; n++) {
        bool takes = options[n].type != FSZ_OPTION_FLAG;
        ret_long[n] = (struct option){.name = options[n].name,
                                      .has_arg = takes ? required_argument : no_argument,
                                      .val = OPTIONS_FIRST_VALUE + (int)n};
        if (options[n].letter != 0) {
            *ret_short++ = options[n].letter;
            if (takes) {
                *ret_short++ = ':';
            }
        }
    }
    ret_long[n++] = (struct option){.name = "help", .has_arg = no_argument, .val = OPTIONS_HELP};
    ret_long[n] = (struct option){0};
    *ret_short++ = 'h';
    *ret_short = '\0';
}

static const struct fsz_option *option_of_value(const struct fsz_option *options, int value)
{
    if (value >= OPTIONS_FIRST_VALUE) {
        return &options[value - OPTIONS_FIRST_VALUE];
    }
    for (; options->name != NULL; options++) {
        if (options->letter == value) {
            return options;
        }
    }
    return NULL;
}

/* Handles one option that getopt found. False: the program must end with *ret_exit. */
static bool options_take(const struct fsz_usage *usage, int value, const char *as_written,
                         void *values, int *ret_exit)
{
    if (value == 'h' || value == OPTIONS_HELP) {
        usage_print(usage);
        *ret_exit = FSZ_EXIT_OK;
        return false;
    }
    const struct fsz_option *option = value == '?' ? NULL : option_of_value(usage->options, value);
    if (option == NULL) {
        *ret_exit = fsz_usage_error(usage, "option '%s' is unknown or needs a value", as_written);
        return false;
    }
    if (!option_store(option, values, optarg)) {
        *ret_exit = fsz_usage_error(usage, "--%s: '%s' is not a valid %s", option->name, optarg,
                                    option->argument);
        return false;
    }
    return true;
}

/* Whether all following arguments belong to the command, not to us. */
static bool options_end(const struct fsz_usage *usage, int words, char *const *word)
{
    return usage->words > 0 && words >= usage->words &&
           (usage->verb == NULL || strcmp(word[0], usage->verb) == 0);
}

/* Whether the word after our own words is `--`. argv ends with NULL. */
static bool options_is_end_mark(const char *word)
{
    return word != NULL && strcmp(word, "--") == 0;
}

int fsz_options_read(const struct fsz_usage *usage, int argc, char **argv, void *values,
                     int *ret_exit)
{
    struct option longs[OPTIONS_MAX + 2];
    char          shorts[2 * OPTIONS_MAX + 3];
    int           words = 0; /* so far; stored at argv[1] and up, over what has been read */
    options_for_getopt(usage->options, longs, shorts);
    optind = 0;
    opterr = 0;
    while (!options_end(usage, words, argv + 1)) {
        int value = getopt_long(argc, argv, shorts, longs, NULL);
        if (value == -1) {
            break;
        }
        if (value == OPTIONS_WORD) {
            argv[++words] = optarg;
            optind += options_end(usage, words, argv + 1) && options_is_end_mark(argv[optind]);
        } else if (!options_take(usage, value, argv[optind - 1], values, ret_exit)) {
            return -1;
        }
    }
    int first = optind - words;
    memmove(argv + first, argv + 1, (size_t)words * sizeof *argv);
    return first;
}
