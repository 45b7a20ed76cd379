#include "module/call_guest.h"

#include "module/call_hold.h"
#include "module/events.h"
#include "module/numbers.h"
#include "module/switch_call.h"

#include <pthread.h>
#include <utlist.h>

enum { TRANSFER_MS = 1000 /* at most, from CF_TRANSFER to the new state */ };

/* On the stack of the call's thread, for as long as `zmq` runs. */
struct guest {
    switch_core_session_t *session;
    switch_channel_t      *channel;
    struct guest          *prev, *next; /* these under guests_lock */
    bool                   runs;        /* an application may be told to end: fsz_call_end_app() */
    unsigned               told;        /* how often it was */
};

static const char GUEST_KEY[] = "mod_event_zmq_guest"; /* a private entry of the channel */

static pthread_mutex_t guests_lock = PTHREAD_MUTEX_INITIALIZER;
static struct guest   *guests;

static bool guest_is_up(void *self)
{
    const struct guest *guest = self;
    return switch_channel_ready(guest->channel) != 0;
}

static bool guest_has_hung_up(void *self, const char **ret_cause)
{
    const struct guest *guest = self;
    switch_call_cause_t cause = switch_channel_get_cause(guest->channel);
    *ret_cause = switch_channel_cause2str(cause);
    return cause != fsz_numbers.cause_none || switch_channel_down(guest->channel);
}

/* The switch marks a call as transferred, or bridged, some time before it sets the new state. If
 * `zmq` returned in between, the dialplan would go on with its next application. */
static void guest_await_state(switch_channel_t *channel)
{
    for (int ms = 0; ms < TRANSFER_MS && switch_channel_test_flag(channel, CF_TRANSFER) &&
                     switch_channel_get_state(channel) == switch_channel_get_running_state(channel);
         ms++) {
        switch_yield(1000);
    }
}

/* As uuid_bridge leaves a channel, and a bridge that media bypasses. */
static bool guest_is_joined(void *self)
{
    const struct guest *guest = self;
    guest_await_state(guest->channel);
    switch_channel_state_t state = switch_channel_get_state(guest->channel);
    return state == CS_HIBERNATE || state == CS_CONSUME_MEDIA;
}

static fsz_err guest_describe(void *self,
                              void (*take)(void *argument, const struct fsz_event *channel),
                              void *argument)
{
    const struct guest *guest = self;
    switch_event_t     *event = NULL;
    fsz_err             err = fsz_events_create_plain(&event, fsz_numbers.event_channel_data);
    if (err != FSZ_OK) {
        return err;
    }
    switch_channel_event_set_data(guest->channel, event);
    const struct fsz_event view = {
        .name = switch_event_name(event->event_id),
        .headers = event->headers,
        .read = fsz_events_headers,
    };
    take(argument, &view);
    switch_event_destroy(&event);
    return FSZ_OK;
}

static const char *guest_get(void *self, const char *name)
{
    const struct guest *guest = self;
    return switch_channel_get_variable(guest->channel, name);
}

static void guest_set(void *self, const char *name, const char *value)
{
    const struct guest *guest = self;
    switch_channel_set_variable_var_check(guest->channel, name, value, SWITCH_FALSE);
}

/* From now on what runs may be told to end, or not any more. */
static void guest_set_runs(struct guest *guest, bool runs)
{
    pthread_mutex_lock(&guests_lock);
    guest->runs = runs;
    guest->told = 0;
    if (!runs) {
        switch_channel_clear_flag(guest->channel, CF_NOT_READY);
    }
    pthread_mutex_unlock(&guests_lock);
}

/* `record` ends by a break, and hangs up a call that is not ready. */
static bool guest_may_unready(switch_channel_t *channel)
{
    const char *app = switch_channel_get_variable(channel, SWITCH_CURRENT_APPLICATION_VARIABLE);
    return app == NULL || strcasecmp(app, "record") != 0;
}

/* To an application that has not ended after the first break the channel looks as if it had hung
 * up: so it ends, however often it would ask for input again. */
void fsz_call_end_app(switch_channel_t *channel)
{
    bool          may_unready = guest_may_unready(channel);
    struct guest *guest = NULL;
    pthread_mutex_lock(&guests_lock);
    DL_FOREACH(guests, guest)
    {
        if (guest->channel == channel && guest->runs && guest->told++ > 0 && may_unready) {
            switch_channel_set_flag(channel, CF_NOT_READY);
        }
    }
    pthread_mutex_unlock(&guests_lock);
}

static fsz_err guest_run(void *self, const char *app, const char *arg, struct fsz_buffer *words)
{
    struct guest *guest = self;
    fsz_err       err = fsz_switch_check_app(app, words);
    if (err != FSZ_OK) {
        return err;
    }
    guest_set_runs(guest, true);
    switch_status_t status = switch_core_session_execute_application(guest->session, app, arg);
    guest_set_runs(guest, false);
    if (status == SWITCH_STATUS_FALSE) { /* no media, and it needs some: the next may need none */
        fsz_buffer_printf(words, "%s could not run on this call", app);
        return FSZ_EREFUSED;
    }
    return FSZ_OK;
}

static void guest_hangup(void *self, const char *cause)
{
    const struct guest *guest = self;
    switch_channel_hangup(guest->channel, cause == NULL ? fsz_numbers.cause_normal_clearing
                                                        : switch_channel_str2cause(cause));
}

static void guest_hold(void *self, struct fsz_hold *hold)
{
    struct guest *guest = self;
    guest_set_runs(guest, true);
    fsz_call_hold(guest->session, hold);
    guest_set_runs(guest, false);
}

static void guest_enter(struct guest *guest)
{
    switch_channel_set_private(guest->channel, GUEST_KEY, guest);
    pthread_mutex_lock(&guests_lock);
    DL_APPEND(guests, guest);
    pthread_mutex_unlock(&guests_lock);
}

static void guest_leave(struct guest *guest)
{
    pthread_mutex_lock(&guests_lock);
    DL_DELETE(guests, guest);
    pthread_mutex_unlock(&guests_lock);
    switch_channel_set_private(guest->channel, GUEST_KEY, NULL);
}

static void guest_serve(struct fsz_engine *engine, struct guest *guest, const char *line)
{
    const struct fsz_guest lent = {
        .self = guest,
        .call = switch_core_session_get_uuid(guest->session),
        .is_up = guest_is_up,
        .has_hung_up = guest_has_hung_up,
        .is_joined = guest_is_joined,
        .describe = guest_describe,
        .get = guest_get,
        .set = guest_set,
        .run = guest_run,
        .hangup = guest_hangup,
        .hold = guest_hold,
    };
    guest_enter(guest);
    fsz_engine_serve(engine, &lent, line);
    guest_leave(guest);
    guest_await_state(guest->channel);
}

void fsz_call_serve(struct fsz_engine *engine, switch_core_session_t *session, const char *line)
{
    struct guest guest = {.session = session, .channel = switch_core_session_get_channel(session)};
    if (!switch_core_session_in_thread(session)) {
        switch_core_session_execute_application_async(session, "zmq", line);
    } else if (switch_channel_get_private(guest.channel, GUEST_KEY) != NULL) {
        switch_log_printf(SWITCH_CHANNEL_SESSION_LOG(session), SWITCH_LOG_WARNING,
                          "zmq %s: the call is with a service already; use call.hand-over\n", line);
    } else {
        guest_serve(engine, &guest, line);
    }
}

void fsz_calls_hangup(switch_call_cause_t cause)
{
    const struct guest *guest = NULL;
    pthread_mutex_lock(&guests_lock);
    DL_FOREACH(guests, guest)
    {
        switch_channel_hangup(guest->channel, cause);
    }
    pthread_mutex_unlock(&guests_lock);
}
