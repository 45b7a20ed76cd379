/* SPDX-License-Identifier: MPL-2.0 */
/* play.h - advances the calls: plays their events when they are due, and does what is queued for
 * them (calls.h). Nothing else advances a call. All with the lock held. */
#ifndef FSZ_PLAY_H
#define FSZ_PLAY_H

#include "sim/state.h"

enum {
    FSZ_PLAY_BATCH = 256,    /* events at once, so that commands get a turn */
    FSZ_PLAY_LATE_MS = 250,  /* new calls that are later than this are left out */
    FSZ_PLAY_WARN_MS = 5000, /* between two warnings */
};

/* Does all that is due or queued, for calls that are up and for new ones, at most FSZ_PLAY_BATCH
 * events; returns when more is due. */
uint64_t fsz_play_due(struct fsz_sim *sim, uint64_t now_ns);
/* Does all that is queued. */
void fsz_play_advance(struct fsz_sim *sim, uint64_t now_ns);
/* Does all that is queued, and releases the lock. Wakes the switch's thread, since something may be
 * due earlier than it knows. */
void fsz_play_unlock(struct fsz_sim *sim);
/* Waits until the thread of each call has returned, and takes the calls back; releases the lock
 * meanwhile. The switch is stopping. */
void fsz_play_take_back_all(struct fsz_sim *sim);
/* Removes a call that has not begun. */
void fsz_play_drop(struct fsz_sim *sim, struct fsz_call *call);
/* Ends everything without events. */
void fsz_play_clear(struct fsz_sim *sim);

#endif
