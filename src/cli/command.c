#include "cli.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static volatile sig_atomic_t signals_stop;

static void signals_handle(int number)
{
    (void)number;
    signals_stop = 1;
}

void fsz_signals_catch(void)
{
    struct sigaction stop = {.sa_handler = signals_handle};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGHUP, &stop, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
}

int fsz_signals_stopped(void)
{
    return signals_stop;
}

static void command_list(FILE *out, const struct fsz_command *commands, const char *program,
                         const char *summary)
{
    fprintf(out, "Usage: %s COMMAND [OPTION...]\n%s\n\nCommands:\n", program, summary);
    for (const struct fsz_command *command = commands; command->name != NULL; command++) {
        fprintf(out, "  %-12s %s\n", command->name, command->summary);
    }
    fprintf(out, "\n'%s COMMAND --help' tells a command's options.\n", program);
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
