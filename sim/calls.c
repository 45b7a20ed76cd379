/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/calls.h"

#include "base/clock.h"
#include "sim/live.h"
#include "sim/sim_session.h"
#include "sim/variables.h"

#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

static void calls_count_arrival(struct fsz_sim *sim, uint64_t now_ns)
{
    fsz_live_second(sim, now_ns);
    sim->second_calls++;
    if (sim->second_calls > sim->most_calls) {
        sim->most_calls = sim->second_calls;
    }
}

fsz_err fsz_calls_start(struct fsz_sim *sim, struct fsz_flow *flow, uint64_t now_ns,
                        struct fsz_call **ret_call)
{
    if (flow->every_s == 0 && sim->stats.calls >= sim->options.calls_max) {
        sim->stats.calls_refused++;
        return FSZ_ELIMIT;
    }
    int64_t            start_us = fsz_clock_wall_us();
    struct fsz_random *random = flow->every_s != 0 ? &sim->random_own : &sim->random;
    if (flow->every_s != 0) { /* may begin in the future */
        start_us += (int64_t)(now_ns - fsz_clock_monotonic_ns()) / 1000;
    }
    struct fsz_call *call = fsz_call_new(flow, random, now_ns, start_us, &sim->calendar);
    if (call == NULL || fsz_heap_set(&sim->heap, &call->timer, now_ns) != FSZ_OK) {
        fsz_call_free(&call);
        return FSZ_ENOMEM;
    }
    for (size_t i = 0; i < flow->leg_count; i++) {
        snprintf(call->legs[i].session, sizeof call->legs[i].session, "%llu",
                 (unsigned long long)++sim->session_total);
    }
    DL_APPEND(sim->calls, call);
    if (flow->every_s == 0) {
        sim->stats.calls++;
        sim->stats.calls_started++;
        calls_count_arrival(sim, now_ns);
    }
    *ret_call = call;
    return FSZ_OK;
}

/* Milliseconds in a variable of the first leg, added to `from_ns`; UINT64_MAX: not set. */
static uint64_t calls_after_ns(struct fsz_sim *sim, const struct fsz_call *call, const char *name,
                               uint64_t from_ns)
{
    const char *text = fsz_variable_get(sim, &call->legs[0], name);
    uint64_t    ms = text == NULL ? 0 : strtoull(text, NULL, 10);
    return ms > 0 && ms < UINT32_MAX ? from_ns + ms * 1000000u : UINT64_MAX;
}

void fsz_calls_set_times(struct fsz_sim *sim, struct fsz_call *call)
{
    uint64_t now_ns = fsz_clock_monotonic_ns();
    call->answer_ns = calls_after_ns(sim, call, "sim_ring_ms", now_ns);
    uint64_t talks_ns = call->answer_ns == UINT64_MAX ? now_ns : call->answer_ns;
    call->quit_ns = calls_after_ns(sim, call, "sim_hangup_ms", talks_ns);
}

bool fsz_calls_hangup(struct fsz_sim *sim, struct fsz_call *call, const struct fsz_cause *cause)
{
    if (!fsz_call_cut(call, cause, fsz_clock_wall_us(), &sim->calendar)) {
        return false;
    }
    /* Cannot fail: the timer is in the heap. */
    (void)fsz_heap_set(&sim->heap, &call->timer, fsz_clock_monotonic_ns());
    for (size_t i = 0; i < call->flow->leg_count; i++) {
        fsz_sim_session_poke(&call->legs[i]);
    }
    return true;
}

static void calls_queue(struct fsz_sim *sim, struct fsz_call *call)
{
    if (!call->queued) {
        call->queued = true;
        DL_APPEND2(sim->queue, call, queue_prev, queue_next);
    }
}

void fsz_calls_begin(struct fsz_sim *sim, struct fsz_call *call)
{
    call->begins = true;
    calls_queue(sim, call);
}

void fsz_calls_answer(struct fsz_sim *sim, struct fsz_call *call)
{
    call->answers = true;
    calls_queue(sim, call);
}

void fsz_calls_join(struct fsz_sim *sim, struct fsz_leg *a, struct fsz_leg *b)
{
    a->joins = b;
    calls_queue(sim, a->call);
}

void fsz_calls_move(struct fsz_sim *sim, struct fsz_leg *leg)
{
    leg->moves = true;
    calls_queue(sim, leg->call);
}

void fsz_calls_give_back(struct fsz_sim *sim, struct fsz_call *call)
{
    call->returned = true;
    calls_queue(sim, call);
}

static void calls_unqueue(struct fsz_sim *sim, struct fsz_call *call)
{
    call->queued = false;
    DL_DELETE2(sim->queue, call, queue_prev, queue_next);
}

struct fsz_call *fsz_calls_next(struct fsz_sim *sim)
{
    struct fsz_call *call = sim->queue;
    if (call != NULL) {
        calls_unqueue(sim, call);
    }
    return call;
}

void fsz_calls_requeue(struct fsz_sim *sim, struct fsz_call *call)
{
    bool more = call->begins || call->answers || call->returned;
    for (size_t i = 0; i < call->flow->leg_count; i++) {
        more |= call->legs[i].moves || call->legs[i].joins != NULL;
    }
    if (more) {
        calls_queue(sim, call);
    }
}

/* No queued bridge may name a leg of this call. */
static void calls_forget_joins(struct fsz_sim *sim, const struct fsz_call *call)
{
    struct fsz_call *other = NULL;
    DL_FOREACH2(sim->queue, other, queue_next)
    {
        for (size_t i = 0; i < other->flow->leg_count; i++) {
            if (other->legs[i].joins != NULL && other->legs[i].joins->call == call) {
                other->legs[i].joins = NULL;
            }
        }
    }
}

void fsz_calls_free(struct fsz_sim *sim, struct fsz_call *call)
{
    if (call->flow->every_s == 0) {
        sim->stats.calls--;
    }
    if (call->queued) {
        calls_unqueue(sim, call);
    }
    calls_forget_joins(sim, call);
    fsz_heap_remove(&sim->heap, &call->timer);
    DL_DELETE(sim->calls, call);
    fsz_call_free(&call);
}
