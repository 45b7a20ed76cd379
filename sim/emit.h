/* emit.h - passes events to the sink, and lines to the log. All with the lock held. */
#ifndef FSZ_EMIT_H
#define FSZ_EMIT_H

#include "sim/state.h"

/* An event that is complete. */
void fsz_emit(struct fsz_sim *sim, const struct fsz_event *event);
/* One that is no call's; the headers that every event has are put before those of `own`, which ends
 * with a NULL name. Left out when memory is. */
void fsz_emit_own(struct fsz_sim *sim, const struct fsz_event *event, const struct fsz_header *own);
/* One of a channel: its headers as they are now, then those of `own`. Likewise. */
void fsz_emit_leg(struct fsz_sim *sim, const struct fsz_leg *leg, const struct fsz_event *event,
                  const struct fsz_header *own);
/* The headers of an event of the leg that is emitted now: what a look at the channel gives. The
 * caller frees the list, but not what it points at. NULL: out of memory, or the leg has none yet.
 */
struct fsz_header *fsz_emit_headers(struct fsz_sim *sim, const struct fsz_leg *leg);

/* A line in the switch's log about a channel. */
void fsz_emit_log(struct fsz_sim *sim, const struct fsz_leg *leg, const char *text);

#endif
