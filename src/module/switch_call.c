/* SPDX-License-Identifier: MPL-2.0 */
#include "module/switch_call.h"

#include "event/event_check.h"
#include "module/numbers.h"

#include <switch.h>

enum { STATE_WAIT_US = 2000, STATE_WAITS_MAX = 500 }; /* a second in all */

fsz_err fsz_switch_check_app(const char *app, struct fsz_buffer *words)
{
    switch_application_interface_t *interface =
        switch_loadable_module_get_application_interface(app);
    bool runs = interface != NULL && interface->application_function != NULL;
    UNPROTECT_INTERFACE(interface);
    if (!runs) {
        fsz_buffer_printf(words, "Invalid Application %s", app);
    }
    return runs ? FSZ_OK : FSZ_EREFUSED;
}

/* A command for the call's own thread. The argument is in the body, because some header values have
 * a special meaning (event_check.h). NULL: out of memory. */
static switch_event_t *call_command(const struct fsz_execute *execute)
{
    switch_event_t *command = NULL;
    if (switch_event_create(&command, fsz_numbers.event_command) != SWITCH_STATUS_SUCCESS) {
        return NULL;
    }
    switch_event_add_header(command, SWITCH_STACK_BOTTOM, "loops", "%d",
                            execute->loops == 0 ? 1 : execute->loops);
    switch_event_add_header_string(command, SWITCH_STACK_BOTTOM, "call-command", "execute");
    switch_event_add_header_string(command, SWITCH_STACK_BOTTOM, "execute-app-name", execute->app);
    switch_event_add_header_string(command, SWITCH_STACK_BOTTOM, "Event-UUID", execute->id);
    if (execute->lock) {
        switch_event_add_header_string(command, SWITCH_STACK_BOTTOM, "event-lock", "true");
    }
    if (execute->lock && execute->urgent) { /* urgent commands have their own lock */
        switch_event_add_header_string(command, SWITCH_STACK_BOTTOM, "event-lock-pri", "true");
    }
    if (execute->arg != NULL) {
        switch_event_add_header_string(command, SWITCH_STACK_BOTTOM, "content-type", "text/plain");
        switch_event_set_body(command, execute->arg);
    }
    return command;
}

/* Between two states of a call, FreeSWITCH runs queued commands, but an application finds the call
 * not ready and ends at once. So a call that was just originated could lose its first application.
 * The wait has a bound, because a running application may take long to notice the change. */
static void call_await_state(switch_channel_t *channel)
{
    for (int waits = 0; waits < STATE_WAITS_MAX; waits++) {
        if (switch_channel_down_nosig(channel) ||
            switch_channel_get_state(channel) == switch_channel_get_running_state(channel)) {
            return;
        }
        switch_yield(STATE_WAIT_US);
    }
}

static fsz_err call_queue(switch_core_session_t *session, const struct fsz_execute *execute,
                          struct fsz_buffer *words)
{
    switch_channel_t *channel = switch_core_session_get_channel(session);
    call_await_state(channel);
    if (switch_channel_down_nosig(channel)) {
        fsz_buffer_text(words, "the call is hanging up");
        return FSZ_EREFUSED;
    }
    switch_event_t *command = call_command(execute);
    if (command == NULL) {
        return FSZ_ENOMEM;
    }
    if (switch_core_session_queue_private_event(session, &command,
                                                execute->urgent ? SWITCH_TRUE : SWITCH_FALSE) ==
        SWITCH_STATUS_SUCCESS) {
        return FSZ_OK;
    }
    switch_event_destroy(&command); /* a full queue leaves it to us */
    fsz_buffer_text(words, "the call's queue of commands is full");
    return FSZ_EREFUSED;
}

fsz_err fsz_switch_execute(void *self, const struct fsz_execute *execute, struct fsz_buffer *words)
{
    (void)self;
    switch_core_session_t *session = switch_core_session_locate(execute->call);
    if (session == NULL) {
        return FSZ_ENOTFOUND;
    }
    fsz_err err = fsz_switch_check_app(execute->app, words);
    if (err == FSZ_OK) {
        err = call_queue(session, execute, words);
    }
    switch_core_session_rwunlock(session);
    return err;
}

fsz_err fsz_switch_hangup(void *self, const char *call, const char *cause, struct fsz_buffer *words)
{
    (void)self;
    switch_call_cause_t code = fsz_numbers.cause_normal_clearing;
    if (cause != NULL) {
        code = switch_channel_str2cause(cause); /* normal clearing if unknown */
        if (strcasecmp(switch_channel_cause2str(code), cause) != 0) {
            fsz_buffer_printf(words, "no such hangup cause: %s", cause);
            return FSZ_EREFUSED;
        }
    }
    switch_core_session_t *session = switch_core_session_locate(call);
    if (session == NULL) {
        return FSZ_ENOTFOUND;
    }
    switch_channel_hangup(switch_core_session_get_channel(session), code);
    switch_core_session_rwunlock(session);
    return FSZ_OK;
}

/* As in uuid_getvar: also fields of the caller profile, global variables, and `name[index]`. */
static void call_take(switch_channel_t *channel, const char *name, fsz_variable_fn take,
                      void *argument)
{
    const char *value = NULL;
    const char *bracket = strchr(name, '[');
    char       *array = bracket == NULL ? NULL : strndup(name, (size_t)(bracket - name));
    if (array != NULL && strchr(bracket, ']') != NULL) {
        value = switch_channel_get_variable_dup(channel, array, SWITCH_FALSE,
                                                (int)strtol(bracket + 1, NULL, 10));
    }
    if (value == NULL) {
        value = switch_channel_get_variable_dup(channel, name, SWITCH_FALSE, -1);
    }
    take(argument, name, value);
    free(array);
}

fsz_err fsz_switch_get(void *self, const char *call, const char *const *names, size_t count,
                       fsz_variable_fn take, void *argument)
{
    (void)self;
    switch_core_session_t *session = switch_core_session_locate(call);
    if (session == NULL) {
        return FSZ_ENOTFOUND;
    }
    switch_channel_t *channel = switch_core_session_get_channel(session);
    /* Locks the variables, so that they can be read in place: a copy would stay in the session's
     * memory until it ends. Every channel has variables. */
    switch_event_header_t *header = switch_channel_variable_first(channel);
    for (size_t i = 0; i < count; i++) {
        call_take(channel, names[i], take, argument);
    }
    for (; count == 0 && header != NULL; header = header->next) {
        take(argument, header->name, header->value);
    }
    switch_channel_variable_last(channel);
    switch_core_session_rwunlock(session);
    return FSZ_OK;
}

fsz_err fsz_switch_set(void *self, const char *call, const char *const *names,
                       const char *const *values, size_t count)
{
    (void)self;
    for (size_t i = 0; i < count; i++) {
        if (!fsz_header_name_is_plain(names[i])) {
            return FSZ_EINVALID;
        }
    }
    switch_core_session_t *session = switch_core_session_locate(call);
    if (session == NULL) {
        return FSZ_ENOTFOUND;
    }
    switch_channel_t *channel = switch_core_session_get_channel(session);
    for (size_t i = 0; i < count; i++) {
        switch_channel_set_variable_var_check(channel, names[i], values[i], SWITCH_FALSE);
    }
    switch_core_session_rwunlock(session);
    return FSZ_OK;
}

static fsz_err call_route(switch_core_session_t *session, const char *extension,
                          const char *dialplan, const char *context, struct fsz_buffer *words)
{
    if (switch_channel_down_nosig(switch_core_session_get_channel(session))) {
        fsz_buffer_text(words, "the call is hanging up");
        return FSZ_EREFUSED;
    }
    if (switch_ivr_session_transfer(session, extension, dialplan, context) ==
        SWITCH_STATUS_SUCCESS) {
        return FSZ_OK;
    }
    fsz_buffer_text(words, "the switch did not transfer the call: it has no caller profile, or was "
                           "forwarded too often");
    return FSZ_EREFUSED;
}

/* The session that this one is bridged with, located; NULL: none. */
static switch_core_session_t *call_partner(switch_core_session_t *session)
{
    const char *uuid = switch_channel_get_variable(switch_core_session_get_channel(session),
                                                   SWITCH_BRIDGE_VARIABLE);
    return uuid == NULL ? NULL : switch_core_session_locate(uuid);
}

/* Marks each leg as redirected, so that neither hangs up when the bridge ends. */
static fsz_err call_route_both(switch_core_session_t *session, switch_core_session_t *partner,
                               const char *extension, const char *dialplan, const char *context,
                               struct fsz_buffer *words)
{
    switch_channel_set_flag(switch_core_session_get_channel(partner), CF_REDIRECT);
    switch_channel_set_flag(switch_core_session_get_channel(session), CF_REDIRECT);
    fsz_err err = call_route(partner, extension, dialplan, context, words);
    fsz_err other = call_route(session, extension, dialplan, context, words);
    return err != FSZ_OK ? err : other;
}

/* Recordings follow the transferred leg if the call's variable says so. */
static void call_move_recordings(switch_core_session_t *session, switch_core_session_t *partner)
{
    switch_channel_t *channel = switch_core_session_get_channel(session);
    if (switch_true(switch_channel_get_variable(channel, "recording_follow_transfer"))) {
        switch_ivr_transfer_recordings(session, partner);
    }
}

fsz_err fsz_switch_transfer(void *self, const char *call, const char *leg, const char *extension,
                            const char *dialplan, const char *context, struct fsz_buffer *words)
{
    (void)self;
    bool                   only_b = leg != NULL && strcasecmp(leg, "bleg") == 0;
    bool                   both = leg != NULL && strcasecmp(leg, "both") == 0;
    switch_core_session_t *session = switch_core_session_locate(call);
    if (session == NULL) {
        return FSZ_ENOTFOUND;
    }
    fsz_err                err = FSZ_EREFUSED;
    switch_core_session_t *partner = only_b || both ? call_partner(session) : NULL;
    if (zstr(extension)) {
        fsz_buffer_text(words, "no extension to transfer to");
    } else if (partner == NULL && (only_b || both)) {
        fsz_buffer_text(words, "the call is not bridged: it has no b leg");
    } else if (both) {
        err = call_route_both(session, partner, extension, dialplan, context, words);
    } else if (only_b) {
        call_move_recordings(session, partner);
        err = call_route(partner, extension, dialplan, context, words);
    } else {
        err = call_route(session, extension, dialplan, context, words);
    }
    if (partner != NULL) {
        switch_core_session_rwunlock(partner);
    }
    switch_core_session_rwunlock(session);
    return err;
}
