/* cli.h - what every subcommand of fszmq shares: its shape and its exit codes. */
#ifndef FSZ_CLI_H
#define FSZ_CLI_H

#include <stdbool.h>

/* Exit codes, as fszmq(1) lists them. */
enum fsz_exit {
    FSZ_EXIT_OK = 0,
    FSZ_EXIT_FAILED = 1,    /* something went wrong while running, or output was lost */
    FSZ_EXIT_USAGE = 2,     /* the command line is not understood */
    FSZ_EXIT_NO_ANSWER = 3, /* what was waited for did not come in time */
};

struct fsz_command {
    const char *name;
    const char *summary;
    /* argv[0] is the subcommand's own name. Returns an exit code. */
    int (*run)(int argc, char **argv);
};

/* Runs the command of `commands` (ends with a NULL name) that argv[1] names; `--help`, `help` and
 * an unknown name print the list, headed by `program` and `summary`. */
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
int fsz_bench_command(int argc, char **argv);
int fsz_bench_raw_command(int argc, char **argv);
int fsz_bench_subscriber_command(int argc, char **argv);

/* Set by SIGINT, SIGTERM and SIGHUP once fsz_signals_catch() was called. */
void fsz_signals_catch(void);
int  fsz_signals_stopped(void);

/* output.c: hands on what standard output still buffers. False: it takes no more, and there is no
 * use in going on; main() says why. */
bool fsz_output_flush(void);
/* What was printed has arrived, or the exit code says that it has not, and a message why; none
 * where the reader has gone. Returns the exit code of the program. */
int fsz_output_close(int exit_code);

#endif
