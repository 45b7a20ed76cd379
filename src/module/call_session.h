/* call_session.h - a call of FreeSWITCH that the dialplan gave to `zmq`, as the core's call_session
 * (src/host/call_session.h). */
#ifndef FSZ_CALL_GUEST_H
#define FSZ_CALL_GUEST_H

#include "engine/engine.h"

#include <switch.h>

/* The dialplan's `zmq` with that line, on the call's own thread; returns when the dialplan goes on.
 * On another thread (execute_on_… of a call that somebody else answers) it is queued for the call's
 * own and returns at once. A call that is here already stays as it is. */
void fsz_call_serve(struct fsz_engine *engine, switch_core_session_t *session, const char *line);

/* The application that runs on a call that is here was told to end by a break. Told once more, it
 * is ended by another way, if it looks whether the channel is ready: almost all that loops or waits
 * does. A bridge would hang up: not for one. Any thread; does not wait. */
void fsz_call_end_app(switch_channel_t *channel);
/* Hangs up every call that is here. Any thread; does not wait for them to leave. */
void fsz_calls_hangup(switch_call_cause_t cause);

#endif
