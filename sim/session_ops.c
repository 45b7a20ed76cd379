/* SPDX-License-Identifier: MPL-2.0 */
/* session_ops.c - the operations of session.h, for a call whose thread runs `zmq`. */
#include "base/clock.h"
#include "call/control.h"
#include "sim/application.h"
#include "sim/calls.h"
#include "sim/emit.h"
#include "sim/join.h"
#include "sim/play.h"
#include "sim/sim_session.h"
#include "sim/variables.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

/* Returns the count of changes; *ret_stop: the running application must end. */
static uint64_t session_look(struct fsz_sim_session *session, bool *ret_stop)
{
    pthread_mutex_lock(&session->sim->sessions_lock);
    uint64_t changes = session->changes;
    *ret_stop = session->stop;
    session->stop = false;
    pthread_mutex_unlock(&session->sim->sessions_lock);
    return changes;
}

/* Waits for a change after `changes`. */
static void session_wait(struct fsz_sim_session *session, uint64_t changes)
{
    pthread_mutex_lock(&session->sim->sessions_lock);
    while (session->changes == changes) {
        pthread_cond_wait(&session->changed, &session->sim->sessions_lock);
    }
    pthread_mutex_unlock(&session->sim->sessions_lock);
}

static void session_lock(struct fsz_sim_session *session)
{
    pthread_mutex_lock(&session->sim->lock);
}

static void session_unlock(struct fsz_sim_session *session)
{
    fsz_play_unlock(session->sim);
}

static bool session_is_up_locked(const struct fsz_sim_session *session)
{
    return !session->left && !session->sim->stopping && fsz_call_is_controlled(session->leg->call);
}

static bool session_is_up(void *self)
{
    struct fsz_sim_session *session = self;
    session_lock(session);
    bool up = session_is_up_locked(session);
    session_unlock(session);
    return up;
}

static bool session_has_hung_up(void *self, const char **ret_cause)
{
    struct fsz_sim_session *session = self;
    session_lock(session);
    const struct fsz_call *call = session->leg->call;
    bool                   hung_up = !session->left && !fsz_call_is_controlled(call);
    if (hung_up) {
        *ret_cause = call->cause == NULL ? "NORMAL_CLEARING" : call->cause->name;
    }
    session_unlock(session);
    return hung_up;
}

static bool session_is_joined(void *self)
{
    struct fsz_sim_session *session = self;
    session_lock(session);
    bool joined = session->left && session->joined;
    session_unlock(session);
    return joined;
}

static fsz_err session_describe(void *self,
                                void (*take)(void *argument, const struct fsz_event *channel),
                                void *argument)
{
    struct fsz_sim_session *session = self;
    session_lock(session);
    struct fsz_header *headers = fsz_emit_headers(session->sim, session->leg);
    if (headers != NULL) {
        take(argument, &(struct fsz_event){.name = "CHANNEL_DATA",
                                           .headers = headers,
                                           .read = fsz_headers_of_array});
        free(headers);
    }
    session_unlock(session);
    return headers == NULL ? FSZ_ENOMEM : FSZ_OK;
}

static const char *session_get(void *self, const char *name)
{
    struct fsz_sim_session *session = self;
    free(session->got);
    session_lock(session);
    const char *value = fsz_variable_get(session->sim, session->leg, name);
    session->got = value == NULL ? NULL : strdup(value);
    session_unlock(session);
    return session->got;
}

static void session_set(void *self, const char *name, const char *value)
{
    struct fsz_sim_session *session = self;
    session_lock(session);
    fsz_variable_set_or_log(session->sim, session->leg, name, value);
    session_unlock(session);
}

/* Stops the running application, but never a bridge, which lasts until one side hangs up. */
static void session_stop_locked(struct fsz_sim_session *session)
{
    if (!fsz_join_runs(session->leg)) {
        fsz_execute_stop(session->sim, session->leg);
    }
}

static fsz_err session_begin(struct fsz_sim_session *session, const char *app, const char *arg,
                             char ret_id[FSZ_UUID_BYTES], struct fsz_buffer *words)
{
    session_lock(session);
    fsz_random_uuid(&session->sim->random_own, ret_id);
    const struct fsz_execute execute = {
        .call = session->uuid, .app = app, .arg = arg, .id = ret_id, .lock = true, .urgent = true};
    fsz_err err = session_is_up_locked(session)
                      ? fsz_application_execute(session->sim, session->leg, &execute, true, words)
                      : FSZ_ENOTFOUND;
    session_unlock(session);
    return err;
}

static fsz_err session_run(void *self, const char *app, const char *arg, struct fsz_buffer *words)
{
    struct fsz_sim_session *session = self;
    char                    id[FSZ_UUID_BYTES];
    fsz_err                 err = session_begin(session, app, arg, id, words);
    bool                    runs = err == FSZ_OK;
    while (runs) {
        bool     stop = false;
        uint64_t changes = session_look(session, &stop);
        session_lock(session);
        if (stop) {
            session_stop_locked(session);
        }
        runs = fsz_execute_has(session->leg, id) && !session->sim->stopping;
        session_unlock(session);
        if (runs) {
            session_wait(session, changes);
        }
    }
    return err;
}

static void session_hangup(void *self, const char *cause)
{
    struct fsz_sim_session *session = self;
    session_lock(session);
    const struct fsz_cause *found = fsz_cause_find(cause == NULL ? "NORMAL_CLEARING" : cause);
    (void)fsz_calls_hangup(session->sim, session->leg->call,
                           found == NULL ? fsz_cause_find("NORMAL_CLEARING") : found);
    session_unlock(session);
}

static void session_report_ran(struct fsz_control *control, struct fsz_ran *list)
{
    struct fsz_ran *ran = NULL, *next = NULL;
    LL_FOREACH_SAFE(list, ran, next)
    {
        if (ran->app != NULL && ran->arg != NULL) {
            fsz_control_ran(control, ran->app, ran->arg);
        }
        fsz_ran_free(ran);
    }
}

/* Control is over: drops applications if it says so. True: the call can be given back. */
static bool session_let_go(struct fsz_sim_session *session, bool drops)
{
    session_lock(session);
    if (drops) {
        fsz_execute_drop(session->sim, session->leg);
    }
    bool bridged = fsz_join_runs(session->leg);
    while (!bridged && drops && session->leg->running != NULL && session_is_up_locked(session)) {
        fsz_execute_stop(session->sim, session->leg);
        fsz_play_advance(session->sim, fsz_clock_monotonic_ns());
    }
    session_unlock(session);
    return !bridged;
}

/* Checks the call once. True: it must be given back. */
static bool session_control_step(struct fsz_sim_session *session, struct fsz_control *control,
                                 bool stop)
{
    session_lock(session);
    bool            up = session_is_up_locked(session), idle = session->leg->execution_count == 0;
    struct fsz_ran *ran = session->ran;
    session->ran = NULL;
    session_unlock(session);
    session_report_ran(control, ran);
    if (!up) {
        return true;
    }
    if (fsz_control_over(control, idle)) { /* before stopping, which would begin the next one */
        return session_let_go(session, fsz_control_drops(control));
    }
    if (stop) {
        session_lock(session);
        session_stop_locked(session);
        session_unlock(session);
    }
    return false;
}

static void session_control(void *self, struct fsz_control *control)
{
    struct fsz_sim_session *session = self;
    bool                    stop = false;
    uint64_t                changes = session_look(session, &stop);
    session_lock(session);
    session->controls = true;
    fsz_calls_move(session->sim, session->leg);
    session_unlock(session);
    while (!session_control_step(session, control, stop)) {
        session_wait(session, changes);
        changes = session_look(session, &stop);
    }
    session_lock(session);
    struct fsz_ran *ran = session->ran;
    session->ran = NULL;
    session_unlock(session);
    session_report_ran(control, ran);
}

const struct fsz_session FSZ_SIM_SESSION_OPERATIONS = {
    .is_up = session_is_up,
    .has_hung_up = session_has_hung_up,
    .is_joined = session_is_joined,
    .describe = session_describe,
    .get = session_get,
    .set = session_set,
    .run = session_run,
    .hangup = session_hangup,
    .control = session_control,
};
