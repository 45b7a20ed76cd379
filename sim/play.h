/* play.h - starts calls, plays their events when they are due, ends them. All with the lock held.
 */
#ifndef FSZ_PLAY_H
#define FSZ_PLAY_H

#include "sim/state.h"

enum {
    FSZ_PLAY_BATCH = 256,    /* events in one go, so that commands get in between */
    FSZ_PLAY_LATE_MS = 250,  /* later than this, new calls are left out */
    FSZ_PLAY_TELL_MS = 5000, /* between two warnings */
};

/* Starts a call, with its first event due now. FSZ_ELIMIT: calls_max are up (counted). */
fsz_err fsz_play_start(struct fsz_sim *sim, struct fsz_flow *flow, uint64_t now_ns,
                       struct fsz_call **ret_call);
/* Emits what is due, of calls that are up and of new ones; returns when more is due. */
uint64_t fsz_play_due(struct fsz_sim *sim, uint64_t now_ns);
/* Plays what of a new call is due at once, so that it is there when its command is answered. */
void fsz_play_begin(struct fsz_sim *sim, struct fsz_call *call);
/* A header's value in the leg's latest event, or, where that has none, in the last that carried
 * variables; "" if there is none. Lives until the next look-up or event. */
const char *fsz_play_header(struct fsz_sim *sim, const struct fsz_leg *leg, const char *name);
/* Of the leg's latest event only; `otherwise` if that has none. */
const char *fsz_play_latest(struct fsz_sim *sim, const struct fsz_leg *leg, const char *name,
                            const char *otherwise);
/* The event's headers (filled in by fsz_render_event()), with the leg's own variables in place of
 * the captured ones or behind them. The caller frees the list, but not what it points at. NULL: out
 * of memory. */
struct fsz_header *fsz_play_headers(const struct fsz_leg          *leg,
                                    const struct fsz_script_event *event);
/* A call that waits for it is answered; nothing happens to another. */
void fsz_play_answer(struct fsz_sim *sim, struct fsz_call *call);
/* A hangup that was asked for is told now, not when the switch's thread comes to it. */
void fsz_play_hangup_due(struct fsz_sim *sim, struct fsz_call *call);
/* Its own thread has let go of it: plays on. */
void fsz_play_resume(struct fsz_sim *sim, struct fsz_call *call);
/* Hangs up. false: it is hanging up already. */
bool fsz_play_hangup(struct fsz_sim *sim, struct fsz_call *call, const struct fsz_cause *cause);
/* A call that has not begun: `sim_ring_ms` says when it is answered by itself, `sim_hangup_ms` how
 * long after that the other side hangs up. */
void fsz_play_set_times(struct fsz_sim *sim, struct fsz_call *call);
/* A call that has not begun does not come to be. */
void fsz_play_drop(struct fsz_sim *sim, struct fsz_call *call);
/* Ends everything without events. */
void fsz_play_clear(struct fsz_sim *sim);

#endif
