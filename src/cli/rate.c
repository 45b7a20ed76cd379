/* SPDX-License-Identifier: MPL-2.0 */
#include "cli/rate.h"

#include "base/clock.h"

#include <inttypes.h>

#define RATE_SECOND_NS INT64_C(1000000000)

void fsz_rate_start(struct fsz_rate *rate, bool rewrite)
{
    *rate = (struct fsz_rate){.rewrite = rewrite, .line_ns = fsz_clock_monotonic_ns()};
}

int fsz_rate_wait_ms(const struct fsz_rate *rate)
{
    int64_t left_ns = rate->line_ns + RATE_SECOND_NS - fsz_clock_monotonic_ns();
    return left_ns <= 0 ? 0 : (int)(left_ns / 1000000) + 1;
}

void fsz_rate_tick(struct fsz_rate *rate, FILE *out)
{
    int64_t now = fsz_clock_monotonic_ns();
    double  seconds = (double)(now - rate->line_ns) / RATE_SECOND_NS;
    if (seconds < 1) {
        return;
    }
    fprintf(out, "%s%.0f events/s, %.2f MB/s; %" PRIu64 " events, %" PRIu64 " lost%s",
            rate->rewrite ? "\r\x1b[K" : "", (double)(rate->events - rate->line_events) / seconds,
            (double)(rate->bytes - rate->line_bytes) / seconds / 1e6, rate->events, rate->lost,
            rate->rewrite ? "" : "\n");
    fflush(out);
    rate->shown = rate->rewrite;
    rate->line_events = rate->events;
    rate->line_bytes = rate->bytes;
    rate->line_ns = now;
}

void fsz_rate_clear(struct fsz_rate *rate, FILE *out)
{
    if (rate->shown) {
        fputs("\r\x1b[K", out);
        rate->shown = false;
    }
}
