/* SPDX-License-Identifier: MPL-2.0 */
/* serve.h - calls whose dialplan runs `zmq`: each has its own thread, which calls
 * fsz_sim_options.serve.
 *
 * A call that has hung up plays no further than CHANNEL_HANGUP until that thread has returned, as
 * in FreeSWITCH. With the simulated switch's lock held. */
#ifndef FSZ_SIM_SERVE_H
#define FSZ_SIM_SERVE_H

#include "sim/state.h"

#define FSZ_SERVE_EXTENSION "zmq-" /* a transfer to zmq-NAME goes to that service */

/* Does the next new call go to the service that the options name? */
bool fsz_serve_takes(struct fsz_sim *sim);
/* Starts an incoming call that runs `zmq` with that line. FSZ_ELIMIT: calls_max are up (counted).
 * FSZ_ENOTFOUND: the options have no `serve`, or the flows lack one for it. */
fsz_err fsz_serve_start(struct fsz_sim *sim, const char *line, uint64_t now_ns,
                        struct fsz_call **ret_call);
/* The call is under control: if it is one for `zmq`, its thread begins. */
void fsz_serve_begin(struct fsz_sim *sim, struct fsz_call *call);
/* For play.c: the thread of the call has returned. Its session ends; the call runs `zmq` again, or
 * its dialplan continues. */
void fsz_serve_take_back(struct fsz_sim *sim, struct fsz_call *call);

/* States that a call which leaves is sent to, by FreeSWITCH's numbers. */
#define FSZ_SERVE_ROUTING "2"
#define FSZ_SERVE_HIBERNATE "8"

/* The call leaves its applications: for `zmq` with `line`, or (NULL) just to stay up. */
void fsz_serve_leave(struct fsz_sim *sim, struct fsz_call *call, const char *line,
                     const char *state);
/* Wakes all threads: the switch stops. */
void fsz_serve_wake_all(struct fsz_sim *sim);

#endif
