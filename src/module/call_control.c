/* SPDX-License-Identifier: MPL-2.0 */
#include "module/call_control.h"

#include "event/ending.h"
#include "module/numbers.h"

/* The channel's private entry with the control; only the call's own thread reads it. */
static const char CONTROL_KEY[] = "mod_event_zmq_control";

enum { LOOK_MS = 20, BREAK_ALL = 2 /* ends a list of files, not only the present one */ };

/* Hook: an application begins or has ended, also one inside another. The switch clears a break when
 * an application begins, so one that begins after the end of control needs a new break. */
static switch_status_t control_message(switch_core_session_t         *session,
                                       switch_core_session_message_t *message)
{
    bool begins = message->message_id == SWITCH_MESSAGE_INDICATE_APPLICATION_EXEC;
    bool ends = message->message_id == SWITCH_MESSAGE_INDICATE_APPLICATION_EXEC_COMPLETE;
    if (!(begins || ends) || !switch_core_session_in_thread(session)) {
        return SWITCH_STATUS_SUCCESS;
    }
    switch_channel_t   *channel = switch_core_session_get_channel(session);
    struct fsz_control *control = switch_channel_get_private(channel, CONTROL_KEY);
    if (control != NULL && ends) {
        fsz_control_ran(control, message->string_array_arg[0], message->string_array_arg[1]);
    } else if (control != NULL && fsz_control_over(control, false)) {
        switch_channel_set_flag_value(channel, CF_BREAK, BREAK_ALL);
    }
    return SWITCH_STATUS_SUCCESS;
}

/* Runs one queued command to its end; false: none is queued. */
static bool control_run_next(switch_core_session_t *session)
{
    switch_ivr_parse_all_messages(session);
    if (switch_core_session_private_event_count(session) == 0) {
        return false;
    }
    switch_ivr_parse_next_event(session);
    return true;
}

/* Waits for a frame or a wake-up; without media, for the control. */
static void control_listen(switch_core_session_t *session, struct fsz_control *control)
{
    switch_frame_t   *frame = NULL;
    switch_channel_t *channel = switch_core_session_get_channel(session);
    if (switch_channel_media_ready(channel) && !switch_channel_test_flag(channel, CF_SERVICE)) {
        switch_status_t status =
            switch_core_session_read_frame(session, &frame, SWITCH_IO_FLAG_NONE, 0);
        if (SWITCH_READ_ACCEPTABLE(status)) {
            return;
        }
    }
    fsz_control_wait(control, LOOK_MS);
}

/* Fires DTMF events and events queued for the call: the switch does so only when they are taken
 * from the call. */
static void control_fire_queued(switch_core_session_t *session)
{
    switch_event_t   *event = NULL;
    switch_channel_t *channel = switch_core_session_get_channel(session);
    if (switch_channel_has_dtmf(channel)) {
        char digit[2]; /* as text: a release may add members to switch_dtmf_t */
        switch_channel_dequeue_dtmf_string(channel, digit, sizeof digit);
    }
    if (switch_core_session_dequeue_event(session, &event, SWITCH_FALSE) == SWITCH_STATUS_SUCCESS) {
        switch_channel_event_set_data(channel, event);
        switch_event_fire(&event);
    }
}

/* Drops the queued applications. PRIVATE_COMMAND reports each, as the switch reports one that has
 * run. */
static void control_drop(switch_core_session_t *session)
{
    switch_event_t *event = NULL;
    while (switch_core_session_dequeue_private_event(session, &event) == SWITCH_STATUS_SUCCESS) {
        event->event_id = fsz_numbers.event_private_command;
        switch_event_prep_for_delivery(event);
        switch_event_add_header_string(event, SWITCH_STACK_BOTTOM, FSZ_ENDING_DROPPED, "true");
        switch_channel_event_set_data(switch_core_session_get_channel(session), event);
        switch_event_fire(&event);
    }
}

/* Has park_after_bridge sent the call to the switch's park? It can stay here instead. */
static bool control_asks_to_park(switch_channel_t *channel)
{
    static const char *const names[] = {"park_after_bridge", "park_after_early_bridge"};
    bool                     asks = false;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        asks |= switch_true(switch_channel_get_variable_dup(channel, names[i], SWITCH_FALSE, -1));
    }
    return asks && switch_channel_up_nosig(channel) && switch_channel_get_state(channel) == CS_PARK;
}

/* False: the call has hung up or goes elsewhere. */
static bool control_stays(switch_channel_t *channel)
{
    if (!switch_channel_ready(channel) && control_asks_to_park(channel)) {
        switch_channel_clear_flag(channel, CF_TRANSFER);
        switch_channel_set_state(channel, switch_channel_get_running_state(channel));
    }
    return switch_channel_ready(channel);
}

static void control_run(switch_core_session_t *session, struct fsz_control *control)
{
    switch_channel_t *channel = switch_core_session_get_channel(session);
    while (control_stays(channel)) {
        bool idle = switch_core_session_private_event_count(session) == 0;
        if (fsz_control_over(control, idle)) {
            break;
        }
        if (!control_run_next(session)) {
            control_listen(session, control);
            control_fire_queued(session);
        }
    }
    if (fsz_control_drops(control) || !switch_channel_ready(channel)) {
        control_drop(session);
    }
}

/* If `zmq` itself came as a locked command, the controller's commands would wait for its end.
 * Returns how often it was locked. */
static int control_unlock(switch_channel_t *channel, switch_channel_flag_t flag)
{
    int depth = 0;
    for (; switch_channel_test_flag(channel, flag); depth++) {
        switch_channel_clear_flag_recursive(channel, flag);
    }
    return depth;
}

static void control_lock(switch_channel_t *channel, switch_channel_flag_t flag, int depth)
{
    for (; depth > 0; depth--) {
        switch_channel_set_flag_recursive(channel, flag);
    }
}

void fsz_call_control(switch_core_session_t *session, struct fsz_control *control)
{
    switch_channel_t *channel = switch_core_session_get_channel(session);
    int               locks = control_unlock(channel, CF_EVENT_LOCK);
    int               urgent_locks = control_unlock(channel, CF_EVENT_LOCK_PRI);
    /* CF_CONTROLLED keeps the switch from parking, which would not notice the end of control. */
    bool controlled = switch_channel_test_flag(channel, CF_CONTROLLED) != 0;
    switch_channel_set_flag(channel, CF_CONTROLLED);
    switch_channel_set_private(channel, CONTROL_KEY, control);
    switch_core_event_hook_add_receive_message(session, control_message);
    switch_channel_audio_sync(channel); /* discards media from before */

    control_run(session, control);

    switch_core_event_hook_remove_receive_message(session, control_message);
    switch_channel_set_private(channel, CONTROL_KEY, NULL);
    if (!controlled) {
        switch_channel_clear_flag(channel, CF_CONTROLLED);
    }
    control_lock(channel, CF_EVENT_LOCK_PRI, urgent_locks);
    control_lock(channel, CF_EVENT_LOCK, locks);
}
