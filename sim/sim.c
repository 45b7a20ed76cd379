/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/sim.h"

#include "base/clock.h"
#include "base/thread.h"
#include "sim/calls.h"
#include "sim/live.h"
#include "sim/play.h"
#include "sim/sim_session.h"

#include <stdlib.h>
#include <string.h>

enum { COMMANDS_NS = 50000 }; /* for commands between two batches */

/* Starts the switch's own flows. */
static fsz_err sim_begin(struct fsz_sim *sim)
{
    fsz_err err = FSZ_OK;
    for (size_t i = 0; err == FSZ_OK && i < sim->script->flow_count; i++) {
        struct fsz_call *call = NULL;
        if (sim->script->flows[i].every_s != 0) {
            err = fsz_calls_start(sim, &sim->script->flows[i], sim->start_ns, &call);
        }
    }
    return err;
}

static fsz_err sim_init(struct fsz_sim *sim, struct fsz_problems *problems)
{
    fsz_err err = fsz_script_load(sim->options.flows_path, &sim->script, problems);
    if (err == FSZ_OK) {
        err = fsz_render_init(&sim->render, sim->script);
    }
    if (err != FSZ_OK) {
        return err;
    }
    fsz_random_init(&sim->random, sim->options.seed);
    /* A different sequence from the same seed: with the same one, a call would get the Core-UUID.
     */
    fsz_random_init(&sim->random_own, sim->options.seed == 0 ? 0 : ~sim->options.seed);
    fsz_random_uuid(&sim->random_own, sim->core_uuid);
    sim->start_ns = fsz_clock_monotonic_ns();
    sim->arrival_ns = sim->options.calls_per_second > 0 ? sim->start_ns : UINT64_MAX;
    fsz_live_init(sim);
    return sim_begin(sim);
}

static fsz_err sim_init_locks(struct fsz_sim *sim)
{
    pthread_mutex_init(&sim->lock, NULL);
    pthread_mutex_init(&sim->sessions_lock, NULL);
    fsz_err err = fsz_thread_init_cond(&sim->wake);
    return err != FSZ_OK ? err : fsz_thread_init_cond(&sim->sessions_changed);
}

fsz_err fsz_sim_new(struct fsz_sim **ret_sim, const struct fsz_sim_options *options,
                    struct fsz_problems *problems)
{
    struct fsz_sim *sim = calloc(1, sizeof *sim);
    if (sim == NULL) {
        return FSZ_ENOMEM;
    }
    sim->options = *options;
    sim->session_operations = &FSZ_SIM_SESSION_OPERATIONS;
    if (sim->options.calls_max == 0) {
        sim->options.calls_max = FSZ_SIM_CALLS_DEFAULT;
    }
    fsz_err err = sim_init_locks(sim);
    if (err != FSZ_OK) {
        free(sim);
        return err;
    }
    err = sim_init(sim, problems);
    if (err != FSZ_OK) {
        fsz_sim_free(&sim);
        return err;
    }
    *ret_sim = sim;
    return FSZ_OK;
}

void fsz_sim_free(struct fsz_sim **sim)
{
    struct fsz_sim *s = *sim;
    if (s == NULL) {
        return;
    }
    fsz_sim_stop(s);
    fsz_play_clear(s);
    fsz_heap_fini(&s->heap);
    fsz_heap_fini(&s->ends);
    fsz_render_fini(&s->render);
    fsz_script_free(&s->script);
    pthread_cond_destroy(&s->sessions_changed);
    pthread_cond_destroy(&s->wake);
    pthread_mutex_destroy(&s->sessions_lock);
    pthread_mutex_destroy(&s->lock);
    free(s);
    *sim = NULL;
}

static void sim_wait_locked(struct fsz_sim *sim, uint64_t until_ns)
{
    fsz_thread_wait_ns(&sim->wake, &sim->lock,
                       until_ns == UINT64_MAX ? INT64_MAX : (int64_t)until_ns);
}

static void *sim_thread(void *self)
{
    struct fsz_sim *sim = self;
    pthread_setname_np(pthread_self(), "fsz-sim");
    pthread_mutex_lock(&sim->lock);
    while (!sim->stopping) {
        uint64_t due_ns = fsz_play_due(sim, fsz_clock_monotonic_ns());
        uint64_t now_ns = fsz_clock_monotonic_ns();
        /* Waits even if more is due, since a mutex alone would hardly ever let a command in. */
        sim_wait_locked(sim, due_ns > now_ns ? due_ns : now_ns + COMMANDS_NS);
    }
    pthread_mutex_unlock(&sim->lock);
    return NULL;
}

fsz_err fsz_sim_start(struct fsz_sim *sim)
{
    sim->stopping = false;
    if (pthread_create(&sim->thread, NULL, sim_thread, sim) != 0) {
        return FSZ_ESYSTEM;
    }
    sim->running = true;
    return FSZ_OK;
}

void fsz_sim_stop(struct fsz_sim *sim)
{
    pthread_mutex_lock(&sim->lock);
    sim->stopping = true;
    pthread_cond_signal(&sim->wake);
    fsz_play_take_back_all(sim);
    pthread_mutex_unlock(&sim->lock);
    if (sim->running) {
        pthread_join(sim->thread, NULL);
        sim->running = false;
    }
}

uint64_t fsz_sim_run(struct fsz_sim *sim, uint64_t now_ns)
{
    pthread_mutex_lock(&sim->lock);
    uint64_t due_ns = fsz_play_due(sim, now_ns);
    pthread_mutex_unlock(&sim->lock);
    return due_ns;
}

void fsz_sim_stats(struct fsz_sim *sim, struct fsz_sim_stats *ret_stats)
{
    pthread_mutex_lock(&sim->lock);
    *ret_stats = sim->stats;
    ret_stats->channels = sim->channel_count;
    pthread_mutex_unlock(&sim->lock);
}
