/* options.h - fszmqd's command line. */
#ifndef FSZ_OPTIONS_H
#define FSZ_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

/* Exit statuses of fszmqd, as docs/man/fszmqd.8.scd has them. */
enum fsz_exit {
    FSZ_EXIT_OK = 0,
    FSZ_EXIT_FAILED = 1, /* could not start, for a reason that the log tells */
    FSZ_EXIT_USAGE = 2,
    FSZ_EXIT_CONFIG = 3,
};

struct fsz_options {
    const char *config; /* NULL: the default configuration */
    const char *flows;  /* NULL: those built in */
    double      calls_per_second;
    uint32_t    calls_max;
    uint64_t    seed;
    const char *service;         /* what new calls are given to; NULL: nothing */
    double      service_percent; /* of them */
    uint32_t    hangup_ms;       /* callers of those hang up after it; 0: never */
    const char *digits;          /* what they press; NULL: nothing */
    uint32_t    seconds;         /* 0: until a signal */
    bool        syslog, console, check, verbose;
};

/* Pointers in *ret_options are into argv. Returns true to go on; otherwise what there was to say is
 * said, and *ret_exit is the status to end with. */
bool fsz_options_parse(int argc, char **argv, struct fsz_options *ret_options,
                       enum fsz_exit *ret_exit);

#endif
