/* SPDX-License-Identifier: MPL-2.0 */
/* state.h - the state of a simulated switch; private to sim. */
#ifndef FSZ_SIM_STATE_H
#define FSZ_SIM_STATE_H

#include "sim/call.h"
#include "sim/render.h"
#include "sim/sim.h"

#include <pthread.h>

struct fsz_sim_session;

struct fsz_sim {
    struct fsz_sim_options options;
    pthread_mutex_t        lock; /* guards the members below, except `thread` */
    pthread_cond_t         wake; /* something is due earlier than the thread knows, or stop */
    pthread_t              thread;
    bool                   running; /* used by start and stop only */
    bool                   stopping;
    struct fsz_script     *script;
    struct fsz_render      render;
    struct fsz_calendar    calendar; /* of calls' instants */
    struct fsz_random      random;   /* of calls */
    struct fsz_random random_own; /* of the switch, so that its own flows do not change the calls */
    struct fsz_heap   heap;
    struct fsz_heap   ends;     /* of applications (execute.h) */
    struct fsz_call  *calls;    /* all, newest last, with the switch's own flows */
    struct fsz_call  *queue;    /* calls that have work to do (calls.h), oldest first */
    struct fsz_leg   *channels; /* by UUID */
    uint32_t          channel_count, channel_peak;
    struct fsz_sim_session *sessions;      /* sim_session.h, by UUID; under sessions_lock */
    pthread_mutex_t         sessions_lock; /* the last lock in the order */
    uint32_t                session_count; /* sessions that serve.c has not taken back yet */
    pthread_cond_t sessions_changed;       /* with the lock: one has returned, or was taken back */
    const struct fsz_session *session_operations;
    struct fsz_sim_stats      stats;
    uint64_t                  start_ns;
    uint64_t                  arrival_ns; /* the next new call; UINT64_MAX: none */
    uint64_t                  sequence, session_total;
    uint64_t                  second; /* in which second_calls started */
    uint32_t                  second_calls, last_calls, most_calls;
    uint64_t                  reported_ns; /* last warning that calls are left out */
    uint64_t                  reported_lost;
    char                      core_uuid[FSZ_UUID_BYTES];
    char                      hostname[256];
    char                      live[FSZ_LIVE_COUNT][128];
};

#endif
