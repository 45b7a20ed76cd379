/* SPDX-License-Identifier: MPL-2.0 */
/* call_control.h - a call of FreeSWITCH under control of a worker: runs the applications queued for
 * the call and reads its media in between, until control is over.
 *
 * On the call's own thread. It replaces the switch's park, whose end is a flag that park itself
 * sets when it begins: an end that comes before is lost. */
#ifndef FSZ_CALL_CONTROL_H
#define FSZ_CALL_CONTROL_H

#include "call/control.h"

#include <switch.h>

/* Returns when control is over, or the call has left or hung up. */
void fsz_call_control(switch_core_session_t *session, struct fsz_control *control);

#endif
