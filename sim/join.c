/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/join.h"

#include "base/clock.h"
#include "sim/calls.h"
#include "sim/dial.h"
#include "sim/emit.h"
#include "sim/execute.h"
#include "sim/variables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <utlist.h>

enum { JOIN_LOOK_MS = 10 }; /* interval at which the called side is checked for its answer */

/* NULL: not joined. Captured bridges are within one call and do not count. */
static struct fsz_leg *join_other(const struct fsz_leg *leg)
{
    struct fsz_leg *other = leg->callee != NULL ? leg->callee : leg->caller;
    return other == NULL || other->call == leg->call ? NULL : other;
}

static void join_emit(struct fsz_sim *sim, const char *event, const struct fsz_leg *of,
                      const struct fsz_leg *a, const struct fsz_leg *b)
{
    const struct fsz_header own[] = {
        {.name = "Bridge-A-Unique-ID", .value = a->uuid},
        {.name = "Bridge-B-Unique-ID", .value = b->uuid},
        {.name = "Other-Leg-Unique-ID", .value = of == a ? b->uuid : a->uuid},
        {0}};
    fsz_emit_leg(sim, of, &(struct fsz_event){.name = event}, own);
}

void fsz_join(struct fsz_sim *sim, struct fsz_leg *a, struct fsz_leg *b)
{
    a->callee = b;
    b->caller = a;
    fsz_variable_set_or_log(sim, a, "bridge_uuid", b->uuid);
    fsz_variable_set_or_log(sim, b, "bridge_uuid", a->uuid);
    join_emit(sim, "CHANNEL_BRIDGE", a, a, b);
    join_emit(sim, "CHANNEL_BRIDGE", b, a, b);
}

static void join_part(struct fsz_sim *sim, struct fsz_leg *leg, struct fsz_leg *other)
{
    struct fsz_leg *a = leg->callee == other ? leg : other, *b = a == leg ? other : leg;
    a->callee = NULL;
    b->caller = NULL;
    join_emit(sim, "CHANNEL_UNBRIDGE", a, a, b);
    join_emit(sim, "CHANNEL_UNBRIDGE", b, a, b);
}

static struct fsz_execution *join_execution(const struct fsz_leg *leg)
{
    struct fsz_execution *execution = NULL;
    LL_FOREACH(leg->running, execution)
    {
        if (execution->app->run == fsz_join_run) {
            return execution;
        }
    }
    return NULL;
}

bool fsz_join_runs(const struct fsz_leg *leg)
{
    return join_execution(leg) != NULL;
}

static bool join_is_true(struct fsz_sim *sim, const struct fsz_leg *leg, const char *name)
{
    const char *value = fsz_variable_get(sim, leg, name);
    return value != NULL && (strcasecmp(value, "true") == 0 || strcmp(value, "1") == 0 ||
                             strcasecmp(value, "yes") == 0 || strcasecmp(value, "on") == 0);
}

void fsz_join_hung_up(struct fsz_sim *sim, struct fsz_leg *leg)
{
    struct fsz_leg *other = join_other(leg);
    if (other == NULL) {
        return;
    }
    struct fsz_execution *bridge = join_execution(other);
    join_part(sim, leg, other);
    if (bridge == NULL || (join_is_true(sim, other, "hangup_after_bridge") &&
                           !join_is_true(sim, other, "park_after_bridge"))) {
        (void)fsz_calls_hangup(sim, other->call,
                               leg->call->cause); /* it may be hanging up already */
    }
    if (bridge != NULL) {
        fsz_execute_finish(sim, bridge);
    }
}

/* The call that this bridge has made, while it rings; NULL: it has ended. */
static struct fsz_leg *join_called(struct fsz_sim *sim, const struct fsz_execution *execution)
{
    struct fsz_leg *called = NULL;
    HASH_FIND(hh, sim->channels, execution->state, FSZ_UUID_BYTES - 1, called);
    return called == NULL || !fsz_call_is_controlled(called->call) ? NULL : called;
}

static void join_forget(struct fsz_execution *execution)
{
    free(execution->state);
    execution->state = NULL;
}

void fsz_join_ended(struct fsz_sim *sim, struct fsz_execution *execution)
{
    struct fsz_leg *leg = execution->leg, *other = join_other(leg);
    struct fsz_leg *called = execution->state == NULL ? NULL : join_called(sim, execution);
    if (called != NULL) {
        (void)fsz_calls_hangup(sim, called->call, fsz_cause_find("ORIGINATOR_CANCEL"));
    }
    join_forget(execution);
    if (other != NULL) {
        join_part(sim, leg, other);
        (void)fsz_calls_hangup(sim, other->call, NULL);
    }
}

/* Starts the called call. NULL: *ret_cause says why not. */
static struct fsz_call *join_call(struct fsz_sim *sim, const char *text, const char **ret_cause)
{
    struct fsz_dial  dial;
    struct fsz_call *call = NULL;
    if (!fsz_dial_parse(&dial, text)) {
        *ret_cause = "INVALID_NUMBER_FORMAT";
        return NULL;
    }
    struct fsz_flow *flow =
        fsz_script_flow(sim->script, fsz_dial_rings(&dial) ? "service" : "park");
    *ret_cause = fsz_dial_refusal(&dial);
    if (*ret_cause == NULL && (flow == NULL || flow->leg_count == 0)) {
        *ret_cause = "SERVICE_NOT_IMPLEMENTED";
    }
    if (*ret_cause == NULL &&
        fsz_calls_start(sim, flow, fsz_clock_monotonic_ns(), &call) != FSZ_OK) {
        *ret_cause = "SWITCH_CONGESTION";
    }
    if (*ret_cause != NULL) {
        return NULL;
    }
    call->control = true;
    snprintf(call->app, sizeof call->app, "park");
    snprintf(call->number, sizeof call->number, "%s", dial.extension);
    fsz_err err = fsz_dial_set_variables(&dial, &call->legs[0]);
    (void)err; /* then it has no variables */
    fsz_calls_set_times(sim, call);
    fsz_calls_begin(sim, call);
    return call;
}

static uint64_t join_fail(struct fsz_sim *sim, struct fsz_leg *leg, const char *cause)
{
    fsz_variable_set_or_log(sim, leg, "originate_disposition", cause);
    if (!join_is_true(sim, leg, "continue_on_fail")) {
        (void)fsz_calls_hangup(sim, leg->call, fsz_cause_find(cause));
    }
    return 0;
}

static uint64_t join_answered(struct fsz_sim *sim, struct fsz_leg *leg, struct fsz_leg *called)
{
    fsz_variable_set_or_log(sim, leg, "originate_disposition", "SUCCESS");
    fsz_calls_answer(sim, leg->call);
    fsz_calls_join(sim, leg, called);
    return FSZ_APPLICATION_LASTS;
}

uint64_t fsz_join_run(struct fsz_sim *sim, struct fsz_execution *execution)
{
    const char      *cause = NULL;
    struct fsz_call *called = join_call(sim, execution->arg, &cause);
    if (called == NULL) {
        return join_fail(sim, execution->leg, cause);
    }
    if (called->answer_ns == UINT64_MAX) {
        return join_answered(sim, execution->leg, &called->legs[0]);
    }
    execution->state = strdup(called->legs[0].uuid);
    return execution->state == NULL ? 0 : JOIN_LOOK_MS;
}

uint64_t fsz_join_next(struct fsz_sim *sim, struct fsz_execution *execution)
{
    struct fsz_leg *called = execution->state == NULL ? NULL : join_called(sim, execution);
    if (execution->state == NULL) {
        return 0;
    }
    if (called != NULL && fsz_call_rings(called->call)) {
        return JOIN_LOOK_MS;
    }
    join_forget(execution);
    return called == NULL ? join_fail(sim, execution->leg, "CALL_REJECTED")
                          : join_answered(sim, execution->leg, called);
}
