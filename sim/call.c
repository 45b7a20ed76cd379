/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool call_allocate(struct fsz_call *call)
{
    const struct fsz_flow *flow = call->flow;
    call->fresh = calloc(flow->fresh_count + 1, sizeof *call->fresh);
    call->instants = calloc(flow->instant_count + 1, sizeof *call->instants);
    call->legs = calloc(flow->leg_count + 1, sizeof *call->legs);
    return call->fresh != NULL && call->instants != NULL && call->legs != NULL;
}

static void call_freshen(struct fsz_call *call, struct fsz_random *random)
{
    for (size_t i = 0; i < call->flow->fresh_count; i++) {
        if (strlen(call->flow->fresh[i]) == FSZ_UUID_BYTES - 1) {
            fsz_random_uuid(random, call->fresh[i]);
        } else {
            fsz_random_tag(random, call->fresh[i], FSZ_TAG_LENGTH);
        }
    }
    for (size_t i = 0; i < call->flow->leg_count; i++) {
        call->legs[i].call = call;
        call->legs[i].uuid = call->fresh[i];
    }
}

static void call_set_instant(struct fsz_call *call, size_t index, int64_t time_us,
                             struct fsz_calendar *calendar)
{
    struct fsz_instant *instant = &call->instants[index];
    fsz_calendar_set(calendar, time_us);
    snprintf(instant->usec, sizeof instant->usec, "%lld", (long long)time_us);
    snprintf(instant->second, sizeof instant->second, "%lld", (long long)(time_us / 1000000));
    memcpy(instant->stamp, calendar->stamp, sizeof instant->stamp);
}

struct fsz_call *fsz_call_new(struct fsz_flow *flow, struct fsz_random *random, uint64_t now_ns,
                              int64_t now_us, struct fsz_calendar *calendar)
{
    struct fsz_call *call = calloc(1, sizeof *call);
    if (call == NULL) {
        return NULL;
    }
    call->flow = flow;
    call->start_ns = now_ns;
    call->start_us = now_us;
    call->quit_ns = UINT64_MAX;
    call->answer_ns = UINT64_MAX;
    if (!call_allocate(call)) {
        fsz_call_free(&call);
        return NULL;
    }
    call_freshen(call, random);
    for (size_t i = 0; i < flow->instant_count; i++) {
        call_set_instant(call, i, now_us + flow->instants_us[i], calendar);
    }
    return call;
}

static void variable_free(struct fsz_variable *variable)
{
    free(variable->name);
    free(variable->value);
    free(variable);
}

static void leg_fini(struct fsz_leg *leg)
{
    while (leg->variables != NULL) {
        struct fsz_variable *variable = leg->variables;
        leg->variables = variable->next;
        variable_free(variable);
    }
}

void fsz_call_free(struct fsz_call **call)
{
    if (*call == NULL) {
        return;
    }
    for (size_t i = 0; (*call)->legs != NULL && i < (*call)->flow->leg_count; i++) {
        leg_fini(&(*call)->legs[i]);
    }
    free((*call)->line);
    free((*call)->legs);
    free((*call)->instants);
    free((*call)->fresh);
    free(*call);
    *call = NULL;
}

uint64_t fsz_call_due_ns(const struct fsz_call *call)
{
    int64_t offset_us = call->flow->events[call->at].offset_us;
    if (call->cut) {
        offset_us += call->late_us;
    }
    return offset_us < 0 ? call->start_ns : call->start_ns + (uint64_t)offset_us * 1000;
}

bool fsz_call_is_controlled(const struct fsz_call *call)
{
    return call->control && call->flow->control_after > 0 &&
           call->at >= call->flow->control_after && call->at <= call->flow->hangup;
}

/* In such a flow the captured answer moves to the time when it is requested. */
static bool call_has_answer(const struct fsz_call *call)
{
    return call->control && call->flow->control_after > 0 &&
           call->flow->control_after < call->flow->hangup;
}

bool fsz_call_rings(const struct fsz_call *call)
{
    return call_has_answer(call) && call->at == call->flow->control_after;
}

/* Is the instant between the point where the call waits and its hangup? */
static bool call_is_of_answer(const struct fsz_call *call, size_t index)
{
    const struct fsz_flow *flow = call->flow;
    return flow->instants_us[index] >= flow->events[flow->control_after].offset_us &&
           flow->instants_us[index] < flow->events[flow->hangup].offset_us;
}

void fsz_call_answer(struct fsz_call *call, int64_t now_us, struct fsz_calendar *calendar)
{
    call->answered_us = now_us;
    for (size_t i = 0; i < call->flow->instant_count; i++) {
        if (call_is_of_answer(call, i)) {
            call_set_instant(call, i, now_us, calendar);
        }
    }
}

static void call_never_answered(struct fsz_call *call)
{
    for (size_t i = 0; i < call->flow->instant_count; i++) {
        if (call_is_of_answer(call, i)) {
            call->instants[i] = (struct fsz_instant){.usec = "0", .second = "0"};
        }
    }
}

static void call_set_span(struct fsz_call *call, const char *what, int64_t span_us)
{
    static const struct {
        const char *unit;
        int64_t     us;
    } units[] = {{"sec", 1000000}, {"msec", 1000}, {"usec", 1}};
    char name[64], value[24];
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        snprintf(name, sizeof name, "variable_%s%s", what, units[i].unit);
        snprintf(value, sizeof value, "%lld", (long long)(span_us / units[i].us));
        fsz_err err = fsz_leg_set(&call->legs[0], name, value);
        (void)err; /* without room the captured value stays */
    }
}

/* The captured durations do not apply when the answer came on request, or never. */
static void call_charge(struct fsz_call *call, int64_t now_us)
{
    if (call->answered_us != 0) {
        call_set_span(call, "answer", call->answered_us - call->start_us);
        call_set_span(call, "bill", now_us - call->answered_us);
        return;
    }
    call_never_answered(call);
    call_set_span(call, "answer", 0);
    call_set_span(call, "bill", 0);
    call_set_span(call, "flow_bill", 0);
}

bool fsz_call_cut(struct fsz_call *call, const struct fsz_cause *cause, int64_t now_us,
                  struct fsz_calendar *calendar)
{
    const struct fsz_flow *flow = call->flow;
    if (call->cut || call->at > flow->hangup || flow->hangup == flow->event_count) {
        return false;
    }
    int64_t hangup_us = flow->events[flow->hangup].offset_us;
    int64_t since_us = now_us - call->start_us;
    call->late_us = since_us - hangup_us;
    bool answers = call_has_answer(call);
    call->at = flow->hangup;
    call->control = false;
    call->cut = true;
    call->cause = cause;
    for (size_t i = 0; i < flow->instant_count; i++) {
        int64_t at_us = flow->instants_us[i];
        if (at_us >= hangup_us) {
            call_set_instant(call, i, call->start_us + at_us + call->late_us, calendar);
        } else if (at_us > since_us) { /* skipped: no time is later than the end */
            call_set_instant(call, i, now_us, calendar);
        }
    }
    if (answers) {
        call_charge(call, now_us);
    }
    return true;
}

bool fsz_call_omits(const struct fsz_call *call, const struct fsz_script_event *event)
{
    bool parks = call->app[0] == '\0' || strcmp(call->app, "park") == 0;
    if (event->leg < 0) {
        return false;
    }
    if (!parks && event->leg == 0 &&
        (strcmp(event->name, "CHANNEL_PARK") == 0 || strcmp(event->name, "CHANNEL_UNPARK") == 0)) {
        return true;
    }
    return call->cut && call->legs[event->leg].latest == NULL;
}

const char *fsz_leg_variable(const struct fsz_leg *leg, const char *name)
{
    for (const struct fsz_variable *v = leg->variables; v != NULL; v = v->next) {
        if (strcasecmp(v->name, name) == 0) {
            return v->value;
        }
    }
    return NULL;
}

static void leg_unset(struct fsz_leg *leg, const char *name)
{
    for (struct fsz_variable **at = &leg->variables; *at != NULL; at = &(*at)->next) {
        if (strcasecmp((*at)->name, name) == 0) {
            struct fsz_variable *variable = *at;
            *at = variable->next;
            leg->variable_count--;
            variable_free(variable);
            return;
        }
    }
}

fsz_err fsz_leg_set(struct fsz_leg *leg, const char *name, const char *value)
{
    leg_unset(leg, name);
    if (leg->variable_count == FSZ_LEG_VARIABLES_MAX) {
        return FSZ_ELIMIT;
    }
    struct fsz_variable *variable = calloc(1, sizeof *variable);
    if (variable == NULL) {
        return FSZ_ENOMEM;
    }
    variable->name = strdup(name);
    variable->value = strdup(value == NULL ? "" : value);
    if (variable->name == NULL || variable->value == NULL) {
        variable_free(variable);
        return FSZ_ENOMEM;
    }
    variable->next = leg->variables;
    leg->variables = variable;
    leg->variable_count++;
    return FSZ_OK;
}
