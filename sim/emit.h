/* SPDX-License-Identifier: MPL-2.0 */
/* emit.h - passes events to the sink, and lines to the log. All with the lock held. */
#ifndef FSZ_EMIT_H
#define FSZ_EMIT_H

#include "sim/state.h"

/* Passes on a complete event. */
void fsz_emit(struct fsz_sim *sim, const struct fsz_event *event);
/* An event of the switch: the headers that every event has, then those of `own`, which ends with a
 * NULL name. Dropped when out of memory. */
void fsz_emit_own(struct fsz_sim *sim, const struct fsz_event *event, const struct fsz_header *own);
/* An event of a channel: its current headers, then those of `own`. Dropped when out of memory. */
void fsz_emit_leg(struct fsz_sim *sim, const struct fsz_leg *leg, const struct fsz_event *event,
                  const struct fsz_header *own);
/* The headers that an event of the leg has now. The caller frees the list, but not the strings.
 * NULL: out of memory, or the leg has no event yet. */
struct fsz_header *fsz_emit_headers(struct fsz_sim *sim, const struct fsz_leg *leg);

/* A line in the switch's log about a channel. */
void fsz_emit_log(struct fsz_sim *sim, const struct fsz_leg *leg, const char *text);

#endif
