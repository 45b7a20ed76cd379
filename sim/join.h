/* SPDX-License-Identifier: MPL-2.0 */
/* join.h - two calls that are bridged: by the application `bridge`, or by command.
 *
 * All with the lock held. */
#ifndef FSZ_JOIN_H
#define FSZ_JOIN_H

#include "sim/state.h"

struct fsz_execution;

/* The application: calls its argument, and lasts until one side hangs up. */
uint64_t fsz_join_run(struct fsz_sim *sim, struct fsz_execution *execution);
uint64_t fsz_join_next(struct fsz_sim *sim, struct fsz_execution *execution);
void     fsz_join_ended(struct fsz_sim *sim, struct fsz_execution *execution);
/* Does the application run on the leg? */
bool fsz_join_runs(const struct fsz_leg *leg);

/* For play.c: joins legs of two calls, with CHANNEL_BRIDGE of both. */
void fsz_join(struct fsz_sim *sim, struct fsz_leg *a, struct fsz_leg *b);
/* The leg has hung up: parts it from the leg that it is joined with, if any. If that leg runs
 * `bridge`, the application ends there; otherwise it hangs up too. */
void fsz_join_hung_up(struct fsz_sim *sim, struct fsz_leg *leg);

#endif
