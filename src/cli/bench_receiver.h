/* bench_receiver.h - some of the subscribers of a measurement: one thread, many SUB sockets. */
#ifndef FSZ_BENCH_RECEIVER_H
#define FSZ_BENCH_RECEIVER_H

#include "cli/bench_samples.h"
#include "cli/cli_account.h"
#include "cli/cli_options.h"

#include <stdbool.h>
#include <stdint.h>

/* What all receivers of a measurement share; read only while they run. */
struct fsz_bench_plan {
    void                         *context;
    const struct fsz_account     *account;
    const struct fsz_option_list *endpoints;
    const struct fsz_option_list *prefixes; /* none: everything */
    uint64_t subscriptions; /* of each subscriber; those beyond the prefixes match nothing */
    uint64_t count;         /* events each subscriber waits for; 0: no end */
    int64_t  deadline_ns;   /* CLOCK_MONOTONIC; 0: none */
    int64_t  idle_ns;       /* ends after that much silence, once events have come */
    int      hwm;
    bool     latency;
};

struct fsz_bench_subscriber {
    void    *socket;
    uint64_t received;
    uint64_t first_number; /* of the events received, 0: they have none */
    uint64_t last_number;
};

struct fsz_bench_receiver {
    const struct fsz_bench_plan *plan;
    struct fsz_bench_subscriber *subscribers;
    size_t                       subscriber_count;
    struct fsz_bench_samples     samples; /* latencies in nanoseconds */
    uint64_t                     received;
    uint64_t                     bytes;
    int64_t                      first_ns; /* when the first and the last event came */
    int64_t                      last_ns;
    int64_t                      cpu_start_us; /* of the process, when the first event came */
    int                          error;        /* errno that ended it, or 0 */
};

/* Returns 0, or -1 when out of memory. `plan` stays the caller's. */
int  fsz_bench_receiver_init(struct fsz_bench_receiver *receiver, const struct fsz_bench_plan *plan,
                             size_t subscribers, size_t samples);
void fsz_bench_receiver_fini(struct fsz_bench_receiver *receiver);
/* Opens the sockets, receives until the plan says it is over, closes them. A thread's main
 * function: takes the receiver, returns NULL. */
void *fsz_bench_receiver_main(void *argument);
/* Events that the subscribers should have had and did not. */
uint64_t fsz_bench_receiver_lost(const struct fsz_bench_receiver *receiver);

#endif
