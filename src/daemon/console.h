/* console.h - API commands on standard input, answers on standard output.
 *
 * A line is a command; its output is followed by an empty line. A thread of its own, which ends
 * with its input or with fsz_console_stop(). */
#ifndef FSZ_CONSOLE_H
#define FSZ_CONSOLE_H

#include "daemon/daemon.h"

enum { FSZ_CONSOLE_OUTPUT_BYTES = 64 << 20 };

struct fsz_console {
    struct fsz_daemon *daemon;
    pthread_t          thread;
    int                stop_fd; /* an eventfd; readable: stop */
    bool               running;
};

FSZ_NODISCARD fsz_err fsz_console_start(struct fsz_console *console, struct fsz_daemon *daemon);
/* Waits for the command that runs. */
void fsz_console_stop(struct fsz_console *console);

#endif
