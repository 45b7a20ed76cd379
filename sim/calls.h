/* SPDX-License-Identifier: MPL-2.0 */
/* calls.h - all calls of the simulated switch, and the queue of work for them.
 *
 * Only play.c advances a call. All other files queue the work, and play.c does it one step at a
 * time, never from inside another step. All with the lock held. */
#ifndef FSZ_CALLS_H
#define FSZ_CALLS_H

#include "sim/state.h"

/* Starts a call, with its first event due now. FSZ_ELIMIT: calls_max are up (counted). */
fsz_err fsz_calls_start(struct fsz_sim *sim, struct fsz_flow *flow, uint64_t now_ns,
                        struct fsz_call **ret_call);
/* For a call that has not begun: `sim_ring_ms` is when it is answered by itself, `sim_hangup_ms`
 * how long after that the other side hangs up. */
void fsz_calls_set_times(struct fsz_sim *sim, struct fsz_call *call);

/* Hangs up; its events are due now. false: it is hanging up already. */
bool fsz_calls_hangup(struct fsz_sim *sim, struct fsz_call *call, const struct fsz_cause *cause);

/* These queue work. The events of a new call that are due now: */
void fsz_calls_begin(struct fsz_sim *sim, struct fsz_call *call);
/* The answer, if the call rings. */
void fsz_calls_answer(struct fsz_sim *sim, struct fsz_call *call);
/* A bridge of legs of two calls, after their answers. */
void fsz_calls_join(struct fsz_sim *sim, struct fsz_leg *a, struct fsz_leg *b);
/* The leg's applications: ends those that are due, begins those that may. */
void fsz_calls_move(struct fsz_sim *sim, struct fsz_leg *leg);
/* The call's own thread has returned. */
void fsz_calls_give_back(struct fsz_sim *sim, struct fsz_call *call);

/* The call that has waited longest for its next step; NULL: none. It leaves the queue. */
struct fsz_call *fsz_calls_next(struct fsz_sim *sim);
/* Puts it back in the queue if it has more work. */
void fsz_calls_requeue(struct fsz_sim *sim, struct fsz_call *call);
/* Takes it from the list and the queue, and frees it. */
void fsz_calls_free(struct fsz_sim *sim, struct fsz_call *call);

#endif
