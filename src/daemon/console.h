/* SPDX-License-Identifier: MPL-2.0 */
/* console.h - runs API commands from standard input and prints their replies.
 *
 * Each line is a command; an empty line ends its output. It has its own thread, which ends with its
 * input or with fsz_console_stop(). */
#ifndef FSZ_CONSOLE_H
#define FSZ_CONSOLE_H

#include "daemon/daemon.h"

enum { FSZ_CONSOLE_OUTPUT_BYTES = 64 << 20 };

struct fsz_console {
    struct fsz_daemon *daemon;
    pthread_t          thread;
    int                stop_fd; /* an eventfd; readable: the thread must end */
    bool               running;
};

FSZ_NODISCARD fsz_err fsz_console_start(struct fsz_console *console, struct fsz_daemon *daemon);
/* Waits until the running command has ended. */
void fsz_console_stop(struct fsz_console *console);

#endif
