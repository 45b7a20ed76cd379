/* SPDX-License-Identifier: MPL-2.0 */
/* raw_publisher.h - an engine with one stream, for the benchmarks. Failures end the program. */
#ifndef BENCH_RAW_PUBLISHER_H
#define BENCH_RAW_PUBLISHER_H

#include "engine/engine.h"

#include <stdint.h>

struct publisher_options {
    const char *bind;
    const char *framing;
    uint64_t    send_hwm; /* 0: no limit */
    const char *curve;    /* a folder with switch_secret and users.json, or NULL: no encryption */
};

struct fsz_engine *publisher_start(const struct publisher_options *options);
/* Waits until that many subscribers have that many subscriptions each. False: timeout. */
bool publisher_wait(struct fsz_engine *engine, uint64_t subscribers, uint64_t subscriptions,
                    double seconds);
/* Sends all queued events, without a time limit, and ends the engine. */
void publisher_stop(struct fsz_engine **engine);

/* CLOCK_MONOTONIC. */
int64_t bench_now_ns(void);
void    bench_sleep_until(int64_t ns);
/* Processor time (user and system) of this process, including ended threads. */
int64_t bench_cpu_us(void);
/* Peak resident memory of this process. */
long bench_memory_kb(void);

#endif
