/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/serve.h"

#include "base/clock.h"
#include "sim/calls.h"
#include "sim/emit.h"
#include "sim/execute.h"
#include "sim/sim_session.h"
#include "sim/variables.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { STACK_BYTES = 512 * 1024 }; /* small, since there may be thousands of threads */

bool fsz_serve_takes(struct fsz_sim *sim)
{
    if (sim->options.service == NULL || sim->options.serve == NULL) {
        return false;
    }
    return sim->options.service_percent >= 100 ||
           fsz_random_next(&sim->random) < sim->options.service_percent / 100 * (double)UINT32_MAX;
}

fsz_err fsz_serve_start(struct fsz_sim *sim, const char *line, uint64_t now_ns,
                        struct fsz_call **ret_call)
{
    /* The built-in flows have it; a user's file may not. */
    struct fsz_flow *flow = fsz_script_flow(sim->script, "service");
    if (sim->options.serve == NULL || flow == NULL || flow->leg_count == 0 ||
        flow->control_after == 0 || flow->hangup == flow->event_count) {
        return FSZ_ENOTFOUND;
    }
    char            *copy = strdup(line);
    struct fsz_call *call = NULL;
    fsz_err          err = copy == NULL ? FSZ_ENOMEM : fsz_calls_start(sim, flow, now_ns, &call);
    if (err != FSZ_OK) {
        free(copy);
        return err;
    }
    call->control = true;
    call->line = copy;
    *ret_call = call;
    return FSZ_OK;
}

/* CHANNEL_EXECUTE or CHANNEL_EXECUTE_COMPLETE of `zmq` itself. */
static void serve_emit(struct fsz_sim_session *session, const char *event)
{
    bool                    done = strcmp(event, "CHANNEL_EXECUTE_COMPLETE") == 0;
    const struct fsz_header own[] = {
        {.name = "Application", .value = "zmq"},
        {.name = "Application-Data", .value = session->line},
        {.name = done ? "Application-Response" : NULL, .value = "_none_"},
        {0}};
    fsz_emit_leg(session->sim, session->leg, &(struct fsz_event){.name = event}, own);
}

/* The dialplan continues after `zmq`: it parks if the variable sim_then says so, or else hangs up.
 */
static void serve_dialplan(struct fsz_sim *sim, struct fsz_call *call)
{
    const char *then = fsz_variable_get(sim, &call->legs[0], "sim_then");
    if (then == NULL || strcasecmp(then, "park") != 0) {
        (void)fsz_calls_hangup(sim, call, fsz_cause_find("NORMAL_CLEARING"));
    }
}

void fsz_serve_take_back(struct fsz_sim *sim, struct fsz_call *call)
{
    struct fsz_sim_session *session = call->session;
    bool                    left = session->left;
    pthread_mutex_lock(&sim->sessions_lock);
    HASH_DEL(sim->sessions, session);
    pthread_mutex_unlock(&sim->sessions_lock);
    serve_emit(session, "CHANNEL_EXECUTE_COMPLETE");
    call->session = NULL;
    fsz_sim_session_free(session);
    if (fsz_call_is_controlled(call) && call->line != NULL) {
        fsz_serve_begin(sim, call);
    } else if (fsz_call_is_controlled(call) && !left && !sim->stopping) {
        serve_dialplan(sim, call);
    }
    sim->session_count--;
    pthread_cond_broadcast(&sim->sessions_changed);
}

static void *serve_thread(void *self)
{
    struct fsz_sim_session *session = self;
    struct fsz_sim         *sim = session->sim;
    pthread_setname_np(pthread_self(), "fsz-sim-call");
    sim->options.serve(sim->options.serve_self, &session->session, session->line);
    pthread_mutex_lock(&sim->lock);
    fsz_calls_give_back(sim, session->leg->call);
    pthread_cond_signal(&sim->wake);
    pthread_cond_broadcast(&sim->sessions_changed);
    pthread_mutex_unlock(&sim->lock);
    return NULL;
}

static bool serve_run_thread(struct fsz_sim_session *session)
{
    pthread_t      thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    int error = pthread_create(&thread, &attributes, serve_thread, session);
    pthread_attr_destroy(&attributes);
    return error == 0;
}

/* Sets when the caller hangs up, unless an earlier `zmq` of this call has done so. */
static void serve_limit(struct fsz_sim *sim, struct fsz_call *call)
{
    const char *text = fsz_variable_get(sim, &call->legs[0], "sim_hangup_ms");
    uint64_t    ms = text == NULL ? sim->options.hangup_ms : strtoull(text, NULL, 10);
    if (call->quit_ns == UINT64_MAX && ms > 0 && ms < UINT32_MAX) {
        call->quit_ns = fsz_clock_monotonic_ns() + ms * 1000000u;
    }
}

void fsz_serve_begin(struct fsz_sim *sim, struct fsz_call *call)
{
    if (call->line == NULL || call->session != NULL || sim->stopping) {
        return;
    }
    struct fsz_sim_session *session = fsz_sim_session_new(sim, call);
    if (session == NULL) {
        (void)fsz_calls_hangup(sim, call, fsz_cause_find("SWITCH_CONGESTION"));
        return;
    }
    call->session = session;
    serve_limit(sim, call);
    serve_emit(session, "CHANNEL_EXECUTE");
    pthread_mutex_lock(&sim->sessions_lock);
    HASH_ADD_KEYPTR(hh, sim->sessions, session->uuid, FSZ_UUID_BYTES - 1, session);
    pthread_mutex_unlock(&sim->sessions_lock);
    sim->session_count++;
    if (!serve_run_thread(session)) {
        (void)fsz_calls_hangup(sim, call, fsz_cause_find("SWITCH_CONGESTION"));
        fsz_calls_give_back(sim, call);
    }
}

void fsz_serve_leave(struct fsz_sim *sim, struct fsz_call *call, const char *line,
                     const char *state)
{
    struct fsz_sim_session *session = call->session;
    free(call->line);
    call->line = line == NULL ? NULL : strdup(line);
    call->legs[0].heads_for = state;
    fsz_execute_cancel(sim, &call->legs[0]);
    call->legs[0].heads_for = NULL;
    if (session == NULL) {
        fsz_serve_begin(sim, call);
    } else {
        session->left = true;
        session->joined = strcmp(state, FSZ_SERVE_HIBERNATE) == 0;
        fsz_sim_session_poke(session->leg);
    }
}

void fsz_serve_wake_all(struct fsz_sim *sim)
{
    for (struct fsz_call *call = sim->calls; call != NULL; call = call->next) {
        if (call->session != NULL) {
            fsz_sim_session_poke(call->session->leg);
        }
    }
}
