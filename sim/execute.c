/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/execute.h"

#include "event/ending.h"
#include "sim/calls.h"
#include "sim/emit.h"
#include "sim/sim_session.h"
#include "sim/variables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

/* An application that ends sooner than this is not repeated, even with loops left. */
static const uint64_t LOOP_NS = 500000000u;

static void execution_free(struct fsz_execution *execution)
{
    free(execution->arg);
    free(execution->id);
    free(execution);
}

static struct fsz_execution *execution_new(struct fsz_leg *leg, const struct fsz_execute *execute,
                                           bool direct, const struct fsz_application *app)
{
    struct fsz_execution *execution = calloc(1, sizeof *execution);
    if (execution == NULL) {
        return NULL;
    }
    execution->leg = leg;
    execution->app = app;
    execution->arg = strdup(execute->arg == NULL ? "" : execute->arg);
    execution->id = strdup(execute->id);
    execution->loops = execute->loops == 0 ? 1 : execute->loops;
    execution->lock = execute->lock;
    execution->direct = direct;
    if (execution->arg == NULL || execution->id == NULL) {
        execution_free(execution);
        return NULL;
    }
    return execution;
}

/* CHANNEL_EXECUTE, or, with a response, CHANNEL_EXECUTE_COMPLETE. */
static void execution_emit(struct fsz_sim *sim, const struct fsz_execution *execution,
                           const char *response)
{
    const struct fsz_event event = {.name = response == NULL ? "CHANNEL_EXECUTE"
                                                             : "CHANNEL_EXECUTE_COMPLETE"};
    struct fsz_header      own[5] = {
             {.name = "Application", .value = execution->app->name},
             {.name = "Application-UUID", .value = execution->id},
    };
    size_t count = 2;
    if (execution->arg[0] != '\0') {
        own[count++] = (struct fsz_header){.name = "Application-Data", .value = execution->arg};
    }
    if (response != NULL) {
        own[count] = (struct fsz_header){.name = "Application-Response", .value = response};
    }
    fsz_emit_leg(sim, execution->leg, &event, own);
}

/* PRIVATE_COMMAND: the application has run for the last time; `dropped`: it never ran. */
static void execution_emit_last(struct fsz_sim *sim, const struct fsz_execution *execution,
                                bool dropped)
{
    const struct fsz_event event = {
        .name = "PRIVATE_COMMAND",
        .body = execution->arg[0] == '\0' ? NULL : execution->arg,
    };
    const struct fsz_header own[] = {{.name = "call-command", .value = "execute"},
                                     {.name = "execute-app-name", .value = execution->app->name},
                                     {.name = "Event-UUID", .value = execution->id},
                                     {.name = dropped ? FSZ_ENDING_DROPPED : NULL, .value = "true"},
                                     {0}};
    fsz_emit_leg(sim, execution->leg, &event, own);
}

static void execution_note(struct fsz_leg *leg, const char *name, const char *value)
{
    fsz_err err = fsz_variable_set(leg, name, value);
    (void)err; /* without room the variable is missing; the events are complete */
}

static void execution_last(struct fsz_execution *execution, uint64_t now_ns, uint64_t ms)
{
    bool ends = ms < (UINT64_MAX - now_ns) / 1000000;
    execution->due_ns = ends ? now_ns + ms * 1000000 : UINT64_MAX;
}

static void execution_begin(struct fsz_sim *sim, struct fsz_execution *execution, uint64_t now_ns)
{
    struct fsz_leg *leg = execution->leg;
    execution_note(leg, "current_application", execution->app->name);
    execution_note(leg, "current_application_data", execution->arg);
    execution_note(leg, "current_application_response", NULL);
    execution_emit(sim, execution, NULL);
    execution->begun_ns = now_ns;
    execution_last(execution, now_ns, execution->app->run(sim, execution));
}

/* A run of the top is over; with loops left it begins again. */
static void execute_end(struct fsz_sim *sim, struct fsz_leg *leg, const char *response,
                        uint64_t now_ns)
{
    struct fsz_execution *execution = leg->running;
    bool                  hung_up = response == NULL;
    bool                  again = !hung_up && !execution->stopped && execution->loops != 1;
    if (execution->app->ended != NULL) {
        execution->app->ended(sim, execution);
    }
    if (!hung_up) {
        execution_note(leg, "current_application_response", response);
    }
    execution_emit(sim, execution, hung_up || *response == '\0' ? "_none_" : response);
    if (again && now_ns - execution->begun_ns >= LOOP_NS) {
        execution->loops -= execution->loops > 0;
        execution_begin(sim, execution, now_ns);
        return;
    }
    if (!execution->direct) {
        execution_emit_last(sim, execution, false);
        fsz_sim_session_ran(leg, execution->app->name, execution->arg);
    }
    fsz_heap_remove(&sim->ends, &execution->timer);
    LL_DELETE(leg->running, execution);
    leg->execution_depth--;
    leg->execution_count--;
    execution_free(execution);
    fsz_sim_session_poke(leg);
}

/* The time of the top is over: true when it has ended, too. */
static bool execute_is_done(struct fsz_sim *sim, struct fsz_execution *top, uint64_t now_ns)
{
    uint64_t more_ms = top->app->next == NULL || top->stopped ? 0 : top->app->next(sim, top);
    if (more_ms > 0) {
        execution_last(top, now_ns, more_ms);
    }
    return more_ms == 0;
}

static bool execute_may_begin(const struct fsz_leg *leg)
{
    const struct fsz_execution *execution = NULL;
    LL_FOREACH(leg->running, execution)
    {
        if (execution->lock) {
            return false;
        }
    }
    return leg->waiting != NULL && leg->execution_depth < FSZ_EXECUTE_DEPTH_MAX &&
           (leg->waiting->direct || fsz_sim_session_lets_run(leg));
}

static void execute_begin_next(struct fsz_sim *sim, struct fsz_leg *leg, uint64_t now_ns)
{
    struct fsz_execution *next = leg->waiting;
    if (leg->running != NULL) {
        fsz_heap_remove(&sim->ends, &leg->running->timer);
    }
    LL_DELETE(leg->waiting, next);
    LL_PREPEND(leg->running, next);
    leg->execution_depth++;
    execution_begin(sim, next, now_ns);
}

bool fsz_execute_step(struct fsz_sim *sim, struct fsz_leg *leg, uint64_t now_ns)
{
    struct fsz_execution *top = leg->running;
    if (top != NULL && top->due_ns <= now_ns) {
        if (execute_is_done(sim, top, now_ns)) {
            execute_end(sim, leg, top->app->response == NULL ? "" : top->app->response, now_ns);
        }
        return true;
    }
    if (execute_may_begin(leg)) {
        execute_begin_next(sim, leg, now_ns);
        return true;
    }
    if (top != NULL) {
        /* Without memory it lasts until the call ends. */
        (void)fsz_heap_set(&sim->ends, &top->timer, top->due_ns);
    }
    return false;
}

fsz_err fsz_execute(struct fsz_sim *sim, struct fsz_leg *leg, const struct fsz_application *app,
                    const struct fsz_execute *execute, bool direct, struct fsz_buffer *words)
{
    if (leg->call->at > leg->call->flow->hangup || leg->call->cut) {
        fsz_buffer_text(words, "the call is hanging up");
        return FSZ_EREFUSED;
    }
    if (leg->execution_count == FSZ_EXECUTE_MAX) {
        fsz_buffer_text(words, "the call's queue of commands is full");
        return FSZ_EREFUSED;
    }
    struct fsz_execution *execution = execution_new(leg, execute, direct, app);
    if (execution == NULL) {
        return FSZ_ENOMEM;
    }
    if (execute->urgent) {
        LL_PREPEND(leg->waiting, execution);
    } else {
        LL_APPEND(leg->waiting, execution);
    }
    leg->execution_count++;
    fsz_calls_move(sim, leg);
    return FSZ_OK;
}

uint64_t fsz_execute_due_ns(const struct fsz_sim *sim)
{
    const struct fsz_timer *first = fsz_heap_first(&sim->ends);
    return first == NULL ? UINT64_MAX : first->due_ns;
}

void fsz_execute_due(struct fsz_sim *sim)
{
    const struct fsz_execution *first = (struct fsz_execution *)fsz_heap_first(&sim->ends);
    fsz_calls_move(sim, first->leg);
}

bool fsz_execute_has(const struct fsz_leg *leg, const char *id)
{
    const struct fsz_execution *execution = NULL;
    LL_FOREACH(leg->running, execution)
    {
        if (strcmp(execution->id, id) == 0) {
            return true;
        }
    }
    LL_FOREACH(leg->waiting, execution)
    {
        if (strcmp(execution->id, id) == 0) {
            return true;
        }
    }
    return false;
}

void fsz_execute_finish(struct fsz_sim *sim, struct fsz_execution *execution)
{
    execution->stopped = true;
    execution->due_ns = 0;
    fsz_calls_move(sim, execution->leg);
}

void fsz_execute_stop(struct fsz_sim *sim, struct fsz_leg *leg)
{
    if (leg->running != NULL) {
        fsz_execute_finish(sim, leg->running);
    }
}

static void execute_drop(struct fsz_sim *sim, struct fsz_execution **list)
{
    struct fsz_execution *execution = NULL, *next = NULL;
    LL_FOREACH_SAFE(*list, execution, next)
    {
        fsz_heap_remove(&sim->ends, &execution->timer);
        if (execution->state != NULL && execution->app->ended != NULL) {
            execution->app->ended(sim, execution);
        }
        execution_free(execution);
    }
    *list = NULL;
}

void fsz_execute_drop(struct fsz_sim *sim, struct fsz_leg *leg)
{
    const struct fsz_execution *execution = NULL;
    LL_FOREACH(leg->waiting, execution)
    {
        leg->execution_count--;
        if (!execution->direct) {
            execution_emit_last(sim, execution, true);
        }
    }
    execute_drop(sim, &leg->waiting);
}

void fsz_execute_cancel(struct fsz_sim *sim, struct fsz_leg *leg)
{
    while (leg->running != NULL) {
        execute_end(sim, leg, NULL, 0);
    }
    fsz_execute_drop(sim, leg);
}

void fsz_execute_clear(struct fsz_sim *sim, struct fsz_leg *leg)
{
    execute_drop(sim, &leg->running);
    execute_drop(sim, &leg->waiting);
    leg->execution_depth = leg->execution_count = 0;
}
