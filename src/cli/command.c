/* SPDX-License-Identifier: MPL-2.0 */
#include "cli/cli.h"
#include "cli/wrap.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

enum { COMMAND_HELP_COLUMN = 15 };

static volatile sig_atomic_t signals_stop;

static void signals_handle(int number)
{
    (void)number;
    signals_stop = 1;
}

void fsz_signals_catch(void)
{
    struct sigaction stop = {.sa_handler = signals_handle};
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGHUP, &stop, NULL);
}

int fsz_signals_stopped(void)
{
    return signals_stop;
}

static void command_list(FILE *out, const struct fsz_command *commands, const char *program,
                         const char *summary)
{
    int columns = fsz_wrap_columns(out);
    fprintf(out, "Usage: %s COMMAND [OPTION...]\n", program);
    fsz_wrap_put(out, columns, 0, 0, summary);
    fputs("\nCommands:\n", out);
    for (const struct fsz_command *command = commands; command->name != NULL; command++) {
        fsz_wrap_put_row(out, columns, COMMAND_HELP_COLUMN, command->name, command->summary);
    }
    fprintf(out, "\nFor the options: %s COMMAND --help\n", program);
}

int fsz_command_dispatch(const struct fsz_command *commands, const char *program,
                         const char *summary, int argc, char **argv)
{
    if (argc < 2) {
        command_list(stderr, commands, program, summary);
        return FSZ_EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        command_list(stdout, commands, program, summary);
        return FSZ_EXIT_OK;
    }
    for (const struct fsz_command *command = commands; command->name != NULL; command++) {
        if (strcmp(argv[1], command->name) == 0) {
            return command->run(argc - 1, argv + 1);
        }
    }
    fprintf(stderr, "%s: no command '%s'; try '%s --help'\n", program, argv[1], program);
    return FSZ_EXIT_USAGE;
}
