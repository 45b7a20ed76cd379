/* SPDX-License-Identifier: MPL-2.0 */
#include "module/switch_originate.h"

#include "event/event_check.h"
#include "module/events.h"
#include "module/numbers.h"
#include "module/switch_call.h"

#include <switch.h>

/* The variables are separate from the dial string, so no character in them needs escaping. NULL:
 * out of memory. */
static switch_event_t *originate_variables(const struct fsz_originate *originate)
{
    switch_event_t *variables = NULL;
    if (fsz_events_create_plain(&variables, fsz_numbers.event_channel_data) != FSZ_OK) {
        return NULL;
    }
    for (size_t i = 0; i < originate->count; i++) {
        switch_event_add_header_string(variables, SWITCH_STACK_BOTTOM, originate->names[i],
                                       originate->values[i]);
    }
    return variables;
}

/* As the command `originate` does after the answer. */
static void originate_run(switch_core_session_t *session, const char *app, const char *arg)
{
    switch_channel_t          *channel = switch_core_session_get_channel(session);
    switch_caller_extension_t *extension = switch_caller_extension_new(session, app, arg);
    if (extension == NULL) {
        switch_channel_hangup(channel, fsz_numbers.cause_out_of_order);
        return;
    }
    switch_caller_extension_add_application(session, extension, app, arg);
    switch_channel_set_caller_extension(channel, extension);
    switch_channel_set_state(channel, CS_EXECUTE);
}

static void originate_continue(switch_core_session_t      *session,
                               const struct fsz_originate *originate)
{
    if (originate->app != NULL) {
        originate_run(session, originate->app, originate->arg);
    } else {
        switch_ivr_session_transfer(session, originate->extension,
                                    originate->dialplan ? originate->dialplan : "XML",
                                    originate->context ? originate->context : "default");
    }
}

static bool originate_names_are_plain(const struct fsz_originate *originate)
{
    for (size_t i = 0; i < originate->count; i++) {
        if (!fsz_header_name_is_plain(originate->names[i])) {
            return false;
        }
    }
    return true;
}

fsz_err fsz_switch_originate(void *self, const struct fsz_originate *originate,
                             char ret_call[FSZ_ORIGINATED_BYTES], struct fsz_buffer *words)
{
    (void)self;
    fsz_err err = originate->app != NULL ? fsz_switch_check_app(originate->app, words) : FSZ_OK;
    if (err != FSZ_OK || !originate_names_are_plain(originate)) {
        return err != FSZ_OK ? err : FSZ_EINVALID;
    }
    switch_event_t *variables = originate_variables(originate);
    if (variables == NULL) {
        return FSZ_ENOMEM;
    }
    switch_core_session_t *session = NULL;
    switch_call_cause_t    cause = fsz_numbers.cause_none;
    switch_status_t        status =
        switch_ivr_originate(NULL, &session, &cause, originate->endpoint, originate->ring_s, NULL,
                             NULL, NULL, NULL, variables, SOF_NONE, NULL, NULL);
    switch_event_destroy(&variables);
    if (status != SWITCH_STATUS_SUCCESS || session == NULL) {
        fsz_buffer_text(words, switch_channel_cause2str(cause));
        return FSZ_EREFUSED;
    }
    switch_snprintf(ret_call, FSZ_ORIGINATED_BYTES, "%s", switch_core_session_get_uuid(session));
    originate_continue(session, originate);
    switch_core_session_rwunlock(session);
    return FSZ_OK;
}
