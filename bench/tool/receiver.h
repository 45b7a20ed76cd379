/* SPDX-License-Identifier: MPL-2.0 */
/* receiver.h - part of the subscribers of a measurement: one thread, many SUB sockets. */
#ifndef FSZ_BENCH_RECEIVER_H
#define FSZ_BENCH_RECEIVER_H

#include "cli/cli_account.h"
#include "cli/cli_options.h"
#include "tool/samples.h"

#include <stdbool.h>
#include <stdint.h>

/* Shared by all receivers of a measurement; not changed while they run. */
struct fsz_bench_plan {
    void                         *context;
    const struct fsz_account     *account;
    const struct fsz_option_list *endpoints;
    const struct fsz_option_list *prefixes; /* none: everything */
    uint64_t subscriptions; /* per subscriber; those beyond the prefixes match nothing */
    uint64_t count;         /* events that each subscriber waits for; 0: no limit */
    int64_t  deadline_ns;   /* CLOCK_MONOTONIC; 0: none */
    int64_t  idle_ns;       /* ends after this much silence once the first event has arrived */
    int      hwm;
    bool     latency;
};

struct fsz_bench_subscriber {
    void    *socket;
    uint64_t received;
    uint64_t first_number; /* of the events received; 0: they have no numbers */
    uint64_t last_number;
};

struct fsz_bench_receiver {
    const struct fsz_bench_plan *plan;
    struct fsz_bench_subscriber *subscribers;
    size_t                       subscriber_count;
    struct fsz_bench_samples     samples; /* latencies in nanoseconds */
    uint64_t                     received;
    uint64_t                     bytes;
    int64_t                      first_ns; /* arrival of the first and the last event */
    int64_t                      last_ns;
    int64_t                      cpu_start_us; /* of the process, when the first event arrived */
    int                          error;        /* errno that ended it, or 0 */
};

/* Returns 0, or -1 when out of memory. `plan` stays the caller's. */
int  fsz_bench_receiver_init(struct fsz_bench_receiver *receiver, const struct fsz_bench_plan *plan,
                             size_t subscribers, size_t samples);
void fsz_bench_receiver_fini(struct fsz_bench_receiver *receiver);
/* The main function of a thread: opens the sockets, receives until the plan is fulfilled, and
 * closes them. Takes the receiver, returns NULL. */
void *fsz_bench_receiver_main(void *argument);
/* Events that the subscribers should have received but did not. */
uint64_t fsz_bench_receiver_lost(const struct fsz_bench_receiver *receiver);

#endif
