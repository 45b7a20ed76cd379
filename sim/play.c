#include "sim/play.h"

#include "base/clock.h"
#include "sim/emit.h"
#include "sim/execute.h"
#include "sim/join.h"
#include "sim/live.h"
#include "sim/serve.h"
#include "sim/variables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <utlist.h>

static const uint64_t SECOND_NS = 1000000000u;

static void play_count_arrival(struct fsz_sim *sim, uint64_t now_ns)
{
    fsz_live_second(sim, now_ns);
    sim->second_calls++;
    if (sim->second_calls > sim->most_calls) {
        sim->most_calls = sim->second_calls;
    }
}

fsz_err fsz_play_start(struct fsz_sim *sim, struct fsz_flow *flow, uint64_t now_ns,
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
        play_count_arrival(sim, now_ns);
    }
    *ret_call = call;
    return FSZ_OK;
}

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
    if (call->flow->every_s == 0) {
        sim->stats.calls--;
    }
    fsz_heap_remove(&sim->heap, &call->timer);
    DL_DELETE(sim->calls, call);
    fsz_call_free(&call);
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
        own = fsz_play_headers(leg, event);
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
    const char     *uuid = fsz_play_header(sim, of, header);
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

/* Keeps what commands tell of the leg. */
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
            fsz_serve_poke(sim, &call->legs[event->leg]);
        }
    }
}

/* When it goes on: one on hold until the caller hangs up, one that hung up not before its own
 * thread has let go of it. */
static uint64_t play_due_ns(const struct fsz_call *call)
{
    if (fsz_call_is_controlled(call)) {
        bool rings = fsz_call_rings(call) && call->answer_ns < call->quit_ns;
        return rings ? call->answer_ns : call->quit_ns;
    }
    bool waits = call->session != NULL && call->at > call->flow->hangup;
    return waits ? UINT64_MAX : fsz_call_due_ns(call);
}

/* The switch's own events start over; a call that has played out ends; one on hold waits. */
static void play_next(struct fsz_sim *sim, struct fsz_call *call)
{
    if (call->at < call->flow->event_count) {
        if (fsz_call_is_controlled(call)) {
            fsz_serve_begin(sim, call);
        }
        (void)fsz_heap_set(&sim->heap, &call->timer, play_due_ns(call)); /* is in: can't fail */
        return;
    }
    if (call->flow->every_s == 0) {
        play_end(sim, call);
        return;
    }
    uint64_t         again_ns = call->start_ns + call->flow->every_s * SECOND_NS;
    struct fsz_call *next = NULL;
    if (fsz_play_start(sim, call->flow, again_ns, &next) == FSZ_OK) {
        play_end(sim, call);
    } else { /* no memory: tried again a period later */
        call->at = 0;
        (void)fsz_heap_set(&sim->heap, &call->timer, again_ns);
    }
}

static void play_tell(struct fsz_sim *sim, uint64_t now_ns)
{
    char     text[160];
    uint64_t lost = sim->stats.calls_skipped + sim->stats.calls_refused;
    if (lost == sim->reported_lost || sim->options.log == NULL ||
        (sim->reported_ns != 0 && now_ns - sim->reported_ns < FSZ_PLAY_TELL_MS * 1000000ull)) {
        return;
    }
    snprintf(text, sizeof text,
             "calls left out: %llu because the machine did not keep up, %llu because %u were up",
             (unsigned long long)sim->stats.calls_skipped,
             (unsigned long long)sim->stats.calls_refused, sim->options.calls_max);
    sim->options.log(sim->options.log_self, FSZ_LOG_WARNING, text);
    sim->reported_ns = now_ns;
    sim->reported_lost = lost;
}

/* New calls keep their rate by deadlines of their own; those that are long past are left out, and
 * told. */
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
        (void)fsz_serve_start(sim, sim->options.service, sim->arrival_ns, &call); /* likewise */
    } else {
        (void)fsz_play_start(sim, fsz_script_pick(sim->script, fsz_random_next(&sim->random)),
                             sim->arrival_ns, &call); /* a refusal is counted */
    }
    sim->arrival_ns += interval_ns;
    play_tell(sim, now_ns);
}

static uint64_t play_first_ns(const struct fsz_sim *sim)
{
    const struct fsz_timer *first = fsz_heap_first(&sim->heap);
    uint64_t                due_ns = first == NULL ? UINT64_MAX : first->due_ns;
    uint64_t                end_ns = fsz_execute_due_ns(sim);
    due_ns = end_ns < due_ns ? end_ns : due_ns;
    return due_ns < sim->arrival_ns ? due_ns : sim->arrival_ns;
}

/* What is due of the call: its next event, or that the caller has had enough. */
static void play_go_on(struct fsz_sim *sim, struct fsz_call *call)
{
    if (fsz_call_rings(call) && call->answer_ns < call->quit_ns) {
        fsz_play_answer(sim, call);
        fsz_play_resume(sim, call);
    } else if (fsz_call_is_controlled(call)) {
        (void)fsz_play_hangup(sim, call, fsz_cause_find("NORMAL_CLEARING"));
    } else {
        play_step(sim, call);
        play_next(sim, call);
    }
}

uint64_t fsz_play_due(struct fsz_sim *sim, uint64_t now_ns)
{
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
            play_go_on(sim, call);
        }
        due_ns = play_first_ns(sim);
    }
    return due_ns;
}

void fsz_play_begin(struct fsz_sim *sim, struct fsz_call *call)
{
    uint64_t now_ns = fsz_clock_monotonic_ns();
    while (call->at < call->flow->hangup && fsz_call_due_ns(call) <= now_ns &&
           !fsz_call_is_controlled(call)) {
        play_step(sim, call);
    }
    play_next(sim, call);
}

void fsz_play_answer(struct fsz_sim *sim, struct fsz_call *call)
{
    if (!fsz_call_rings(call)) {
        return;
    }
    fsz_call_answer(call, fsz_clock_wall_us(), &sim->calendar);
    while (call->at < call->flow->hangup) {
        play_step(sim, call);
    }
}

void fsz_play_hangup_due(struct fsz_sim *sim, struct fsz_call *call)
{
    while (call->cut && call->at <= call->flow->hangup) {
        play_step(sim, call);
    }
}

void fsz_play_resume(struct fsz_sim *sim, struct fsz_call *call)
{
    (void)fsz_heap_set(&sim->heap, &call->timer, play_due_ns(call)); /* is in */
}

bool fsz_play_hangup(struct fsz_sim *sim, struct fsz_call *call, const struct fsz_cause *cause)
{
    if (!fsz_call_cut(call, cause, fsz_clock_wall_us(), &sim->calendar)) {
        return false;
    }
    (void)fsz_heap_set(&sim->heap, &call->timer, fsz_clock_monotonic_ns()); /* is in */
    for (size_t i = 0; i < call->flow->leg_count; i++) {
        fsz_serve_poke(sim, &call->legs[i]);
    }
    return true;
}

/* Milliseconds from now that a variable names; UINT64_MAX: none. */
static uint64_t play_after_ns(struct fsz_sim *sim, const struct fsz_call *call, const char *name,
                              uint64_t from_ns)
{
    const char *text = fsz_variable_get(sim, &call->legs[0], name);
    uint64_t    ms = text == NULL ? 0 : strtoull(text, NULL, 10);
    return ms > 0 && ms < UINT32_MAX ? from_ns + ms * 1000000u : UINT64_MAX;
}

void fsz_play_set_times(struct fsz_sim *sim, struct fsz_call *call)
{
    uint64_t now_ns = fsz_clock_monotonic_ns();
    call->answer_ns = play_after_ns(sim, call, "sim_ring_ms", now_ns);
    uint64_t talks_ns = call->answer_ns == UINT64_MAX ? now_ns : call->answer_ns;
    call->quit_ns = play_after_ns(sim, call, "sim_hangup_ms", talks_ns);
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
