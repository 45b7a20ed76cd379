/* publisher.h - an engine with one stream, as the benchmarks start it. Failures end the program. */
#ifndef BENCH_PUBLISHER_H
#define BENCH_PUBLISHER_H

#include "engine/engine.h"

#include <stdint.h>

struct publisher_options {
    const char *bind;
    const char *framing;
    uint64_t    send_hwm; /* 0: no bound */
    const char *curve;    /* a folder with switch_secret and users.json, or NULL: no encryption */
};

struct fsz_engine *publisher_start(const struct publisher_options *options);
/* Waits until so many subscribers have subscribed, each to so many prefixes. False: not within that
 * time. */
bool publisher_wait(struct fsz_engine *engine, uint64_t subscribers, uint64_t subscriptions,
                    double seconds);
/* Sends all that is queued, however long that takes, and ends the engine. */
void publisher_stop(struct fsz_engine **engine);

/* CLOCK_MONOTONIC. */
int64_t bench_now_ns(void);
void    bench_sleep_until(int64_t ns);
/* Processor time, user and system, of all threads of this process, past ones too. */
int64_t bench_cpu_us(void);
/* The most memory that this process has had resident. */
long bench_memory_kb(void);

#endif
