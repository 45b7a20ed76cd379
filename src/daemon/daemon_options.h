/* SPDX-License-Identifier: MPL-2.0 */
/* daemon_options.h - the command line of fszmqd. */
#ifndef FSZ_DAEMON_OPTIONS_H
#define FSZ_DAEMON_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

/* Exit statuses of fszmqd, as documented in docs/man/fszmqd.8.scd. */
enum fsz_exit {
    FSZ_EXIT_OK = 0,
    FSZ_EXIT_FAILED = 1, /* could not start; the log says why */
    FSZ_EXIT_USAGE = 2,
    FSZ_EXIT_CONFIG = 3,
};

struct fsz_options {
    const char *config; /* NULL: the default configuration */
    const char *flows;  /* NULL: the built-in flows */
    double      calls_per_second;
    uint32_t    calls_max;
    uint64_t    seed;
    const char *service;         /* service that new calls are given to; NULL: none */
    double      service_percent; /* percentage of calls that are given to it */
    uint32_t    hangup_ms;       /* callers of these calls hang up after this time; 0: never */
    const char *digits;          /* keys that these callers press; NULL: none */
    uint32_t    seconds;         /* end after this time; 0: run until a signal */
    bool        syslog, console, check, verbose;
};

/* Pointers in *ret_options point into argv. Returns false if the program must end with status
 * *ret_exit, after printing help or an error. */
bool fsz_options_parse(int argc, char **argv, struct fsz_options *ret_options,
                       enum fsz_exit *ret_exit);

#endif
