/* SPDX-License-Identifier: MPL-2.0 */
/* bench_sim: how many events per second the simulated switch produces on one core, with an empty
 * sink. */
#include "sim/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { EVENTS = 2000000 };

static fsz_err sink(void *self, const struct fsz_event *event)
{
    (void)event;
    ++*(unsigned long long *)self;
    return FSZ_OK;
}

static double cpu_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(void)
{
    struct fsz_problems problems;
    struct fsz_sim     *sim = NULL;
    unsigned long long  events = 0;
    struct timespec     start;
    fsz_problems_init(&problems);
    struct fsz_sim_options options = {
        .calls_per_second = 1000, .seed = 1, .sink = sink, .sink_self = &events};
    if (fsz_sim_new(&sim, &options, &problems) != FSZ_OK) {
        fprintf(stderr, "%s\n", problems.count > 0 ? problems.lines[0] : "no memory");
        return EXIT_FAILURE;
    }
    clock_gettime(CLOCK_MONOTONIC, &start);
    uint64_t now_ns = (uint64_t)start.tv_sec * 1000000000u + (uint64_t)start.tv_nsec;
    double   begin_s = cpu_s();
    while (events < EVENTS) {
        uint64_t due_ns = fsz_sim_run(sim, now_ns);
        now_ns = due_ns > now_ns ? due_ns : now_ns;
    }
    double               used_s = cpu_s() - begin_s;
    struct fsz_sim_stats stats;
    fsz_sim_stats(sim, &stats);
    printf("simulated switch: %llu events of %llu calls in %.2f s of CPU: %.0f events/s, %.2f us "
           "per event\n",
           events, (unsigned long long)stats.calls_started, used_s, (double)events / used_s,
           used_s * 1e6 / (double)events);
    fsz_sim_free(&sim);
    return EXIT_SUCCESS;
}
