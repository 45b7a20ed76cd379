/* call_control.h - a call of FreeSWITCH while a program holds it: runs what is queued for the call
 * and listens to the caller in between, until the hold is over.
 *
 * On the call's own thread. Not the switch's own park: that one ends by a flag which it sets
 * itself, so that an end which comes early is lost. */
#ifndef FSZ_CALL_HOLD_H
#define FSZ_CALL_HOLD_H

#include "call/control.h"

#include <switch.h>

/* Until the hold is over, or the call has left or hung up. */
void fsz_call_control(switch_core_session_t *session, struct fsz_control *control);

#endif
