/* SPDX-License-Identifier: MPL-2.0 */
/* slow_states.so - for LD_PRELOAD: between two states of a call, the switch waits 50 ms before it
 * runs the commands queued for the call. */
#include <dlfcn.h>
#include <switch.h>

unsigned int switch_ivr_parse_all_events(switch_core_session_t *session)
{
    unsigned int (*real)(switch_core_session_t *) =
        (unsigned int (*)(switch_core_session_t *))dlsym(RTLD_NEXT, "switch_ivr_parse_all_events");
    if (switch_channel_state_change_pending(switch_core_session_get_channel(session))) {
        switch_yield(50000);
    }
    return real(session);
}
