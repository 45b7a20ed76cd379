/* SPDX-License-Identifier: MPL-2.0 */
/* cli.h - shared by all subcommands of fszmq: their form and their exit codes. */
#ifndef FSZ_CLI_H
#define FSZ_CLI_H

#include <stdbool.h>

/* Exit codes, as fszmq(1) lists them. */
enum fsz_exit {
    FSZ_EXIT_OK = 0,
    FSZ_EXIT_FAILED = 1,    /* a run-time error, or output was lost */
    FSZ_EXIT_USAGE = 2,     /* the command line is wrong */
    FSZ_EXIT_NO_ANSWER = 3, /* no reply, event or end of a job in time */
};

struct fsz_command {
    const char *name;
    const char *summary;
    /* argv[0] is the subcommand's own name. Returns an exit code. */
    int (*run)(int argc, char **argv);
};

/* Runs the command that argv[1] names. `commands` ends with a NULL name. `--help`, `help` and
 * a missing name print the list of commands, with `program` and `summary` at the top. */
int fsz_command_dispatch(const struct fsz_command *commands, const char *program,
                         const char *summary, int argc, char **argv);

int fsz_tail_command(int argc, char **argv);
int fsz_api_command(int argc, char **argv);
int fsz_call_command(int argc, char **argv);
int fsz_job_command(int argc, char **argv);
int fsz_shell_command(int argc, char **argv);
int fsz_keygen_command(int argc, char **argv);
int fsz_user_command(int argc, char **argv);
int fsz_send_command(int argc, char **argv);
int fsz_stats_command(int argc, char **argv);
int fsz_clients_command(int argc, char **argv);
int fsz_kick_command(int argc, char **argv);

/* After fsz_signals_catch(), fsz_signals_stopped() reports SIGINT, SIGTERM and SIGHUP. */
void fsz_signals_catch(void);
int  fsz_signals_stopped(void);

/* output.c: flushes standard output. False: it accepts no more output, so the command should end;
 * main() reports why. */
bool fsz_output_flush(void);
/* Flushes and closes standard output. If output was lost, reports it (unless the reader has closed
 * the pipe) and returns a failure. Returns the exit code of the program. */
int fsz_output_close(int exit_code);

#endif
