/* SPDX-License-Identifier: MPL-2.0 */
#include "module/call_session.h"

#include "module/call_control.h"
#include "module/events.h"
#include "module/numbers.h"
#include "module/switch_call.h"

#include <pthread.h>
#include <utlist.h>

enum { TRANSFER_MS = 1000 /* longest time from CF_TRANSFER to the new state */ };

/* On the stack of the call's thread, for as long as `zmq` runs. */
struct call_session {
    switch_core_session_t *session;
    switch_channel_t      *channel;
    struct call_session   *prev, *next; /* from here on under call_sessions_lock */
    bool                   runs;        /* an application that fsz_call_end_app() may end */
    unsigned               breaks;      /* that it has got */
};

static const char SESSION_KEY[] = "mod_event_zmq_session"; /* a private entry of the channel */

static pthread_mutex_t      call_sessions_lock = PTHREAD_MUTEX_INITIALIZER;
static struct call_session *call_sessions;

static bool call_session_is_up(void *self)
{
    const struct call_session *call_session = self;
    return switch_channel_ready(call_session->channel) != 0;
}

static bool call_session_has_hung_up(void *self, const char **ret_cause)
{
    const struct call_session *call_session = self;
    switch_call_cause_t        cause = switch_channel_get_cause(call_session->channel);
    *ret_cause = switch_channel_cause2str(cause);
    return cause != fsz_numbers.cause_none || switch_channel_down(call_session->channel);
}

/* The switch marks a call as transferred or bridged before it sets the new state. If `zmq` returned
 * in between, the dialplan would continue with its next application. */
static void call_session_await_state(switch_channel_t *channel)
{
    for (int ms = 0; ms < TRANSFER_MS && switch_channel_test_flag(channel, CF_TRANSFER) &&
                     switch_channel_get_state(channel) == switch_channel_get_running_state(channel);
         ms++) {
        switch_yield(1000);
    }
}

/* The states after uuid_bridge, and after a bridge with bypassed media. */
static bool call_session_is_joined(void *self)
{
    const struct call_session *call_session = self;
    call_session_await_state(call_session->channel);
    switch_channel_state_t state = switch_channel_get_state(call_session->channel);
    return state == CS_HIBERNATE || state == CS_CONSUME_MEDIA;
}

static fsz_err call_session_describe(void *self,
                                     void (*take)(void *argument, const struct fsz_event *channel),
                                     void *argument)
{
    const struct call_session *call_session = self;
    switch_event_t            *event = NULL;
    fsz_err err = fsz_events_create_plain(&event, fsz_numbers.event_channel_data);
    if (err != FSZ_OK) {
        return err;
    }
    switch_channel_event_set_data(call_session->channel, event);
    const struct fsz_event view = {
        .name = switch_event_name(event->event_id),
        .headers = event->headers,
        .read = fsz_events_headers,
    };
    take(argument, &view);
    switch_event_destroy(&event);
    return FSZ_OK;
}

static const char *call_session_get(void *self, const char *name)
{
    const struct call_session *call_session = self;
    return switch_channel_get_variable(call_session->channel, name);
}

static void call_session_set(void *self, const char *name, const char *value)
{
    const struct call_session *call_session = self;
    switch_channel_set_variable_var_check(call_session->channel, name, value, SWITCH_FALSE);
}

/* Sets whether fsz_call_end_app() may end the running application. */
static void call_session_set_runs(struct call_session *call_session, bool runs)
{
    pthread_mutex_lock(&call_sessions_lock);
    call_session->runs = runs;
    call_session->breaks = 0;
    if (!runs) {
        switch_channel_clear_flag(call_session->channel, CF_NOT_READY);
    }
    pthread_mutex_unlock(&call_sessions_lock);
}

/* `record` ends at a break, but hangs up a call that is not ready. */
static bool call_session_may_unready(switch_channel_t *channel)
{
    const char *app = switch_channel_get_variable(channel, SWITCH_CURRENT_APPLICATION_VARIABLE);
    return app == NULL || strcasecmp(app, "record") != 0;
}

/* CF_NOT_READY looks like a hangup to the application, so it ends even if it would ask for input
 * again. */
void fsz_call_end_app(switch_channel_t *channel)
{
    bool                 may_unready = call_session_may_unready(channel);
    struct call_session *call_session = NULL;
    pthread_mutex_lock(&call_sessions_lock);
    DL_FOREACH(call_sessions, call_session)
    {
        if (call_session->channel == channel && call_session->runs && call_session->breaks++ > 0 &&
            may_unready) {
            switch_channel_set_flag(channel, CF_NOT_READY);
        }
    }
    pthread_mutex_unlock(&call_sessions_lock);
}

static fsz_err call_session_run(void *self, const char *app, const char *arg,
                                struct fsz_buffer *words)
{
    struct call_session *call_session = self;
    fsz_err              err = fsz_switch_check_app(app, words);
    if (err != FSZ_OK) {
        return err;
    }
    call_session_set_runs(call_session, true);
    switch_status_t status =
        switch_core_session_execute_application(call_session->session, app, arg);
    call_session_set_runs(call_session, false);
    if (status ==
        SWITCH_STATUS_FALSE) { /* it needs media, and there is none; the next one may not need it */
        fsz_buffer_printf(words, "%s could not run on this call", app);
        return FSZ_EREFUSED;
    }
    return FSZ_OK;
}

static void call_session_hangup(void *self, const char *cause)
{
    const struct call_session *call_session = self;
    switch_channel_hangup(call_session->channel, cause == NULL ? fsz_numbers.cause_normal_clearing
                                                               : switch_channel_str2cause(cause));
}

static void call_session_control(void *self, struct fsz_control *control)
{
    struct call_session *call_session = self;
    call_session_set_runs(call_session, true);
    fsz_call_control(call_session->session, control);
    call_session_set_runs(call_session, false);
}

static void call_session_enter(struct call_session *call_session)
{
    switch_channel_set_private(call_session->channel, SESSION_KEY, call_session);
    pthread_mutex_lock(&call_sessions_lock);
    DL_APPEND(call_sessions, call_session);
    pthread_mutex_unlock(&call_sessions_lock);
}

static void call_session_leave(struct call_session *call_session)
{
    pthread_mutex_lock(&call_sessions_lock);
    DL_DELETE(call_sessions, call_session);
    pthread_mutex_unlock(&call_sessions_lock);
    switch_channel_set_private(call_session->channel, SESSION_KEY, NULL);
}

static void call_session_serve(struct fsz_engine *engine, struct call_session *call_session,
                               const char *line)
{
    const struct fsz_session operations = {
        .self = call_session,
        .call = switch_core_session_get_uuid(call_session->session),
        .is_up = call_session_is_up,
        .has_hung_up = call_session_has_hung_up,
        .is_joined = call_session_is_joined,
        .describe = call_session_describe,
        .get = call_session_get,
        .set = call_session_set,
        .run = call_session_run,
        .hangup = call_session_hangup,
        .control = call_session_control,
    };
    call_session_enter(call_session);
    fsz_engine_run_dialplan_app(engine, &operations, line);
    call_session_leave(call_session);
    call_session_await_state(call_session->channel);
}

void fsz_call_serve(struct fsz_engine *engine, switch_core_session_t *session, const char *line)
{
    struct call_session call_session = {.session = session,
                                        .channel = switch_core_session_get_channel(session)};
    if (!switch_core_session_in_thread(session)) {
        switch_core_session_execute_application_async(session, "zmq", line);
    } else if (switch_channel_get_private(call_session.channel, SESSION_KEY) != NULL) {
        switch_log_printf(SWITCH_CHANNEL_SESSION_LOG(session), SWITCH_LOG_WARNING,
                          "zmq %s: the call is already with a service; use call.hand-over\n", line);
    } else {
        call_session_serve(engine, &call_session, line);
    }
}

void fsz_calls_hangup(switch_call_cause_t cause)
{
    const struct call_session *call_session = NULL;
    pthread_mutex_lock(&call_sessions_lock);
    DL_FOREACH(call_sessions, call_session)
    {
        switch_channel_hangup(call_session->channel, cause);
    }
    pthread_mutex_unlock(&call_sessions_lock);
}
