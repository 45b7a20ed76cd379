/* SPDX-License-Identifier: MPL-2.0 */
#include "module/switch_control.h"

#include "module/call_session.h"

#include <switch.h>

enum { BREAK_ALL = 2 /* ends a list of files, not only the present one */ };

/* As in uuid_break. The switch clears an unused break when the next application begins. */
static void control_break(switch_core_session_t *session)
{
    switch_channel_t *channel = switch_core_session_get_channel(session);
    if (switch_channel_test_flag(channel,
                                 CF_BROADCAST)) { /* a queued command: ends all its loops */
        switch_channel_set_flag(channel, CF_STOP_BROADCAST);
    }
    switch_channel_set_flag_value(channel, CF_BREAK, BREAK_ALL);
}

/* Ends a wait for media. */
static void control_rouse(switch_core_session_t *session)
{
    switch_core_session_kill_channel(session, SWITCH_SIG_BREAK);
}

fsz_err fsz_switch_stop(void *self, const char *call, struct fsz_buffer *words)
{
    (void)self;
    (void)words;
    switch_core_session_t *session = switch_core_session_locate(call);
    if (session == NULL) {
        return FSZ_ENOTFOUND;
    }
    control_break(session);
    control_rouse(session);
    switch_core_session_rwunlock(session);
    return FSZ_OK;
}

/* Refuses calls that the switch would not bridge. */
static fsz_err control_check(const char *call, const char *other, struct fsz_buffer *words)
{
    bool        has_media = false;
    const char *calls[] = {call, other};
    for (size_t i = 0; i < 2; i++) {
        switch_core_session_t *session = switch_core_session_locate(calls[i]);
        if (session == NULL) {
            return FSZ_ENOTFOUND;
        }
        switch_channel_t *channel = switch_core_session_get_channel(session);
        bool              down = switch_channel_down_nosig(channel) != 0;
        has_media |= switch_channel_media_up(channel);
        switch_core_session_rwunlock(session);
        if (down) {
            fsz_buffer_text(words, "the call is hanging up");
            return FSZ_EREFUSED;
        }
    }
    if (!has_media) {
        fsz_buffer_text(words, "neither call has been answered");
    }
    return has_media ? FSZ_OK : FSZ_EREFUSED;
}

fsz_err fsz_switch_bridge(void *self, const char *call, const char *other, struct fsz_buffer *words)
{
    (void)self;
    if (strcmp(call, other) == 0) {
        fsz_buffer_text(words, "a call cannot be bridged with itself");
        return FSZ_EREFUSED;
    }
    fsz_err err = control_check(call, other, words);
    if (err != FSZ_OK) {
        return err;
    }
    if (switch_ivr_uuid_bridge(call, other) == SWITCH_STATUS_SUCCESS) {
        return FSZ_OK;
    }
    fsz_buffer_text(words, "the switch did not bridge the calls: one has just ended");
    return FSZ_EREFUSED;
}

/* Is the call bridged, or calling its partner? Then it stays so. */
static bool control_is_bridge(switch_channel_t *channel)
{
    return switch_channel_test_flag(channel, CF_BRIDGED) ||
           switch_channel_test_flag(channel, CF_ORIGINATOR);
}

void fsz_switch_wake(void *self, const char *call, bool stop)
{
    (void)self;
    switch_core_session_t *session = switch_core_session_locate(call);
    if (session == NULL) {
        return;
    }
    switch_channel_t *channel = switch_core_session_get_channel(session);
    bool              stays = stop && control_is_bridge(channel);
    if (stop && !stays) {
        control_break(session);
        fsz_call_end_app(channel);
    }
    if (!stays) {
        control_rouse(session);
    }
    switch_core_session_rwunlock(session);
}
