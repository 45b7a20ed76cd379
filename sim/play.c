/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/play.h"

#include "base/clock.h"
#include "sim/calls.h"
#include "sim/emit.h"
#include "sim/execute.h"
#include "sim/join.h"
#include "sim/leg_headers.h"
#include "sim/live.h"
#include "sim/serve.h"
#include "sim/sim_session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint64_t SECOND_NS = 1000000000u;

static void play_unlist(struct fsz_sim *sim, struct fsz_leg *leg)
{
    if (leg->callee != NULL) {
        leg->callee->caller = NULL;
    }
    if (leg->caller != NULL) {
        leg->caller->callee = NULL;
    }
    leg->callee = leg->caller = NULL;
    if (leg->listed) {
        /* In the macro: NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
        HASH_DEL(sim->channels, leg);
        leg->listed = false;
        sim->channel_count--;
    }
}

static void play_list(struct fsz_sim *sim, struct fsz_leg *leg)
{
    if (leg->listed) {
        return;
    }
    HASH_ADD_KEYPTR(hh, sim->channels, leg->uuid, FSZ_UUID_BYTES - 1, leg);
    leg->listed = true;
    sim->channel_count++;
    if (sim->channel_count > sim->channel_peak) {
        sim->channel_peak = sim->channel_count;
    }
}

static void play_end(struct fsz_sim *sim, struct fsz_call *call)
{
    for (size_t i = 0; i < call->flow->leg_count; i++) {
        fsz_execute_clear(sim, &call->legs[i]);
        play_unlist(sim, &call->legs[i]);
    }
    fsz_calls_free(sim, call);
}

static void play_emit(struct fsz_sim *sim, const struct fsz_call *call,
                      struct fsz_script_event *event)
{
    const struct fsz_leg *leg = event->leg < 0 ? NULL : &call->legs[event->leg];
    struct fsz_header    *own = NULL;
    char                  status[FSZ_LIVE_STATUS_BYTES];
    fsz_render_begin(&sim->render, fsz_clock_wall_us(), ++sim->sequence);
    fsz_render_event(&sim->render, call, event);
    if (leg != NULL && leg->variables != NULL && event->has_variables) {
        own = fsz_leg_headers(leg, event);
    }
    struct fsz_event view = {.name = event->name,
                             .subclass = event->subclass,
                             .body = event->body,
                             .headers = own == NULL ? event->headers : own,
                             .read = fsz_headers_of_array};
    if (event->body_is_status) {
        fsz_live_status(sim, status, sizeof status);
        view.body = status;
    }
    fsz_emit(sim, &view);
    free(own);
}

static struct fsz_leg *play_leg(struct fsz_sim *sim, const struct fsz_leg *of, const char *header)
{
    const char     *uuid = fsz_leg_header(sim, of, header);
    struct fsz_leg *leg = NULL;
    HASH_FIND(hh, sim->channels, uuid, strlen(uuid), leg);
    return leg;
}

static void play_bridge(struct fsz_sim *sim, struct fsz_leg *by, bool bridged)
{
    struct fsz_leg *a = play_leg(sim, by, "Bridge-A-Unique-ID");
    struct fsz_leg *b = play_leg(sim, by, "Bridge-B-Unique-ID");
    if (a != NULL && b != NULL) {
        a->callee = bridged ? b : NULL;
        b->caller = bridged ? a : NULL;
    }
}

/* Updates the state of the leg that commands show. */
static void play_note(struct fsz_sim *sim, struct fsz_call *call,
                      const struct fsz_script_event *event)
{
    if (event->leg < 0) {
        return;
    }
    struct fsz_leg *leg = &call->legs[event->leg];
    leg->latest = event;
    if (event->has_variables) {
        leg->carrier = event;
    }
    if (strcmp(event->name, "CHANNEL_CREATE") == 0) {
        play_list(sim, leg);
    } else if (strcmp(event->name, "CHANNEL_DESTROY") == 0) {
        play_unlist(sim, leg);
    } else if (strcmp(event->name, "CHANNEL_BRIDGE") == 0) {
        play_bridge(sim, leg, true);
    } else if (strcmp(event->name, "CHANNEL_UNBRIDGE") == 0) {
        play_bridge(sim, leg, false);
    }
}

static void play_step(struct fsz_sim *sim, struct fsz_call *call)
{
    struct fsz_script_event *event = &call->flow->events[call->at++];
    if (!fsz_call_omits(call, event)) {
        play_note(sim, call, event);
        play_emit(sim, call, event);
        if (event->leg >= 0 && strcmp(event->name, "CHANNEL_HANGUP") == 0) {
            fsz_execute_cancel(sim, &call->legs[event->leg]);
            fsz_join_hung_up(sim, &call->legs[event->leg]);
            fsz_sim_session_poke(&call->legs[event->leg]);
        }
    }
}

/* When the call's next step is due: of a controlled call, the answer or the caller's hangup; of one
 * that has hung up, not before its own thread has returned. */
static uint64_t play_due_ns(const struct fsz_call *call)
{
    if (fsz_call_is_controlled(call)) {
        bool rings = fsz_call_rings(call) && call->answer_ns < call->quit_ns;
        return rings ? call->answer_ns : call->quit_ns;
    }
    bool waits = call->session != NULL && call->at > call->flow->hangup;
    return waits ? UINT64_MAX : fsz_call_due_ns(call);
}

/* After a step: a flow of the switch starts over, a finished call ends, a controlled one waits. */
static void play_next(struct fsz_sim *sim, struct fsz_call *call)
{
    if (call->at < call->flow->event_count) {
        if (fsz_call_is_controlled(call)) {
            fsz_serve_begin(sim, call);
        }
        (void)fsz_heap_set(&sim->heap, &call->timer,
                           play_due_ns(call)); /* cannot fail: it is in the heap */
        return;
    }
    if (call->flow->every_s == 0) {
        play_end(sim, call);
        return;
    }
    uint64_t         again_ns = call->start_ns + call->flow->every_s * SECOND_NS;
    struct fsz_call *next = NULL;
    if (fsz_calls_start(sim, call->flow, again_ns, &next) == FSZ_OK) {
        play_end(sim, call);
    } else { /* out of memory: again one period later */
        call->at = 0;
        (void)fsz_heap_set(&sim->heap, &call->timer, again_ns);
    }
}

static void play_warn(struct fsz_sim *sim, uint64_t now_ns)
{
    char     text[160];
    uint64_t lost = sim->stats.calls_skipped + sim->stats.calls_refused;
    if (lost == sim->reported_lost || sim->options.log == NULL ||
        (sim->reported_ns != 0 && now_ns - sim->reported_ns < FSZ_PLAY_WARN_MS * 1000000ull)) {
        return;
    }
    snprintf(text, sizeof text,
             "calls left out: %llu because the machine could not keep up, %llu because %u were up",
             (unsigned long long)sim->stats.calls_skipped,
             (unsigned long long)sim->stats.calls_refused, sim->options.calls_max);
    sim->options.log(sim->options.log_self, FSZ_LOG_WARNING, text);
    sim->reported_ns = now_ns;
    sim->reported_lost = lost;
}

/* New calls have absolute deadlines, which keeps the rate. Calls that are too late are left out,
 * with a warning. */
static void play_arrive(struct fsz_sim *sim, uint64_t now_ns)
{
    uint64_t         interval_ns = (uint64_t)(1e9 / sim->options.calls_per_second);
    uint64_t         late_ns = now_ns - sim->arrival_ns;
    struct fsz_call *call = NULL;
    if (late_ns > FSZ_PLAY_LATE_MS * 1000000ull) {
        uint64_t skipped = late_ns / interval_ns;
        sim->stats.calls_skipped += skipped;
        sim->arrival_ns += skipped * interval_ns;
    }
    if (fsz_serve_takes(sim)) {
        (void)fsz_serve_start(sim, sim->options.service, sim->arrival_ns,
                              &call); /* a refusal is counted */
    } else {
        (void)fsz_calls_start(sim, fsz_script_pick(sim->script, fsz_random_next(&sim->random)),
                              sim->arrival_ns, &call); /* a refusal is counted */
    }
    sim->arrival_ns += interval_ns;
    play_warn(sim, now_ns);
}

static uint64_t play_first_ns(const struct fsz_sim *sim)
{
    const struct fsz_timer *first = fsz_heap_first(&sim->heap);
    uint64_t                due_ns = first == NULL ? UINT64_MAX : first->due_ns;
    uint64_t                end_ns = fsz_execute_due_ns(sim);
    due_ns = end_ns < due_ns ? end_ns : due_ns;
    return due_ns < sim->arrival_ns ? due_ns : sim->arrival_ns;
}

static void play_answer(struct fsz_sim *sim, struct fsz_call *call)
{
    if (!fsz_call_rings(call)) {
        return;
    }
    fsz_call_answer(call, fsz_clock_wall_us(), &sim->calendar);
    while (call->at < call->flow->hangup) {
        play_step(sim, call);
    }
}

/* Plays the events of a new call that are due now, so that it exists when its command replies. */
static void play_begin(struct fsz_sim *sim, struct fsz_call *call)
{
    uint64_t now_ns = fsz_clock_monotonic_ns();
    while (call->at < call->flow->hangup && fsz_call_due_ns(call) <= now_ns &&
           !fsz_call_is_controlled(call)) {
        play_step(sim, call);
    }
}

/* Sets the timer of a call after a step outside its schedule. */
static void play_resume(struct fsz_sim *sim, struct fsz_call *call)
{
    /* Cannot fail: the timer is in the heap. */
    (void)fsz_heap_set(&sim->heap, &call->timer, play_due_ns(call));
}

/* A pending hangup is played before CHANNEL_EXECUTE_COMPLETE of `zmq`. */
static void play_take_back(struct fsz_sim *sim, struct fsz_call *call)
{
    while (call->cut && call->at <= call->flow->hangup) {
        play_step(sim, call);
    }
    fsz_serve_take_back(sim, call);
    play_resume(sim, call);
}

static void play_work_of_legs(struct fsz_sim *sim, struct fsz_call *call, uint64_t now_ns)
{
    for (size_t i = 0; i < call->flow->leg_count; i++) {
        struct fsz_leg *leg = &call->legs[i], *other = leg->joins;
        if (other != NULL) {
            leg->joins = NULL;
            fsz_join(sim, leg, other);
            return;
        }
        if (leg->moves) {
            leg->moves = false; /* first: the step may queue more */
            leg->moves |= fsz_execute_step(sim, leg, now_ns);
            return;
        }
    }
}

/* Does one step of the queued work. Work that the step queues for other calls is done before the
 * next step of this one. */
static void play_work(struct fsz_sim *sim, struct fsz_call *call, uint64_t now_ns)
{
    if (call->begins) {
        call->begins = false;
        play_begin(sim, call);
        fsz_calls_requeue(sim, call);
        play_next(sim, call); /* may end it */
        return;
    }
    if (call->answers) {
        call->answers = false;
        play_answer(sim, call);
    } else if (call->returned) {
        call->returned = false;
        play_take_back(sim, call);
    } else {
        play_work_of_legs(sim, call, now_ns);
    }
    fsz_calls_requeue(sim, call);
}

void fsz_play_advance(struct fsz_sim *sim, uint64_t now_ns)
{
    struct fsz_call *call = NULL;
    while ((call = fsz_calls_next(sim)) != NULL) {
        play_work(sim, call, now_ns);
    }
}

void fsz_play_unlock(struct fsz_sim *sim)
{
    if (sim->queue != NULL) {
        fsz_play_advance(sim, fsz_clock_monotonic_ns());
    }
    pthread_cond_signal(&sim->wake);
    pthread_mutex_unlock(&sim->lock);
}

void fsz_play_take_back_all(struct fsz_sim *sim)
{
    fsz_serve_wake_all(sim);
    fsz_play_advance(sim, fsz_clock_monotonic_ns());
    while (sim->session_count > 0) {
        pthread_cond_wait(&sim->sessions_changed, &sim->lock);
        fsz_play_advance(sim, fsz_clock_monotonic_ns());
    }
}

/* Does what is due: the call's next event, its answer, or the caller's hangup. */
static void play_call(struct fsz_sim *sim, struct fsz_call *call)
{
    if (fsz_call_rings(call) && call->answer_ns < call->quit_ns) {
        play_answer(sim, call);
        play_resume(sim, call);
    } else if (fsz_call_is_controlled(call)) {
        (void)fsz_calls_hangup(sim, call, fsz_cause_find("NORMAL_CLEARING"));
    } else {
        play_step(sim, call);
        play_next(sim, call);
    }
}

uint64_t fsz_play_due(struct fsz_sim *sim, uint64_t now_ns)
{
    fsz_play_advance(sim, now_ns);
    uint64_t due_ns = play_first_ns(sim);
    for (int i = 0; i < FSZ_PLAY_BATCH && due_ns <= now_ns; i++) {
        if (due_ns == sim->arrival_ns) {
            play_arrive(sim, now_ns);
        } else if (due_ns == fsz_execute_due_ns(sim)) {
            fsz_execute_due(sim);
        } else {
            struct fsz_call *call = (struct fsz_call *)fsz_heap_first(&sim->heap);
            if (call->flow->every_s != 0) {
                fsz_live_update(sim, now_ns);
            }
            play_call(sim, call);
        }
        fsz_play_advance(sim, due_ns);
        due_ns = play_first_ns(sim);
    }
    return due_ns;
}

void fsz_play_drop(struct fsz_sim *sim, struct fsz_call *call)
{
    play_end(sim, call);
}

void fsz_play_clear(struct fsz_sim *sim)
{
    while (sim->calls != NULL) {
        play_end(sim, sim->calls);
    }
}
