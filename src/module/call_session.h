/* SPDX-License-Identifier: MPL-2.0 */
/* call_session.h - a call of FreeSWITCH whose dialplan runs `zmq`, as the core's session
 * (src/host/session.h). */
#ifndef FSZ_CALL_SESSION_H
#define FSZ_CALL_SESSION_H

#include "engine/engine.h"

#include <switch.h>

/* The application `zmq` with that line, on the call's own thread; returns when the dialplan may
 * continue. On another thread (execute_on_… of a call that another thread answers) it queues `zmq`
 * for the call's thread and returns at once. Has no effect on a call that runs `zmq` already. */
void fsz_call_serve(struct fsz_engine *engine, switch_core_session_t *session, const char *line);

/* A break has been sent to the application that runs on a call in `zmq`. At the second and each
 * later break, marks the channel as not ready, which almost every application that loops or waits
 * checks. Not for a bridge, which would hang up. Any thread; does not wait. */
void fsz_call_end_app(switch_channel_t *channel);
/* Hangs up every call in `zmq`. Any thread; does not wait until they have left. */
void fsz_calls_hangup(switch_call_cause_t cause);

#endif
