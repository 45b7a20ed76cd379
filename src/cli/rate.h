/* rate.h - how much goes by: a line a second, and a sum at the end. One thread. */
#ifndef FSZ_RATE_H
#define FSZ_RATE_H

#include "base/clock.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct fsz_rate {
    bool     rewrite; /* on a terminal: each line takes the place of the last */
    bool     shown;   /* a line to be rewritten stands there */
    uint64_t events;  /* since the start */
    uint64_t bytes;
    uint64_t lost;
    uint64_t line_events; /* what events and bytes were at the last line */
    uint64_t line_bytes;
    int64_t  line_ns; /* when that was; CLOCK_MONOTONIC */
};

void fsz_rate_start(struct fsz_rate *rate, bool rewrite);
/* Milliseconds until the next line is due. */
int fsz_rate_wait_ms(const struct fsz_rate *rate);
/* Writes the line if it is due. */
void fsz_rate_tick(struct fsz_rate *rate, FILE *out);
/* Makes room for another line, where a rate line stands. */
void fsz_rate_clear(struct fsz_rate *rate, FILE *out);

#endif
