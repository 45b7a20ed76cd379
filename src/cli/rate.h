/* SPDX-License-Identifier: MPL-2.0 */
/* rate.h - measures the throughput and prints it once a second. One thread. */
#ifndef FSZ_RATE_H
#define FSZ_RATE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct fsz_rate {
    bool     rewrite; /* on a terminal: each line replaces the previous one */
    bool     shown;   /* the terminal shows a line that must be replaced */
    uint64_t events;  /* since the start */
    uint64_t bytes;
    uint64_t lost;
    uint64_t line_events; /* `events` and `bytes` at the last line */
    uint64_t line_bytes;
    int64_t  line_ns; /* time of the last line; CLOCK_MONOTONIC */
};

void fsz_rate_start(struct fsz_rate *rate, bool rewrite);
/* Milliseconds until the next line is due. */
int fsz_rate_wait_ms(const struct fsz_rate *rate);
/* Writes the line if it is due. */
void fsz_rate_tick(struct fsz_rate *rate, FILE *out);
/* Removes the rate line, if one is shown, to make room for other output. */
void fsz_rate_clear(struct fsz_rate *rate, FILE *out);

#endif
