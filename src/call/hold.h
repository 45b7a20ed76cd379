/* hold.h - a call that is offered or held: shared by its own thread (serve.h) and the API thread,
 * which has the holder (holds.h).
 *
 * Counted. What the call's thread needs is under the hold's own lock. */
#ifndef FSZ_HOLD_H
#define FSZ_HOLD_H

#include "base/err.h"

#include <stdbool.h>

struct fsz_hold;

/* For fsz_guest.hold, on the call's thread. Is it to give the call back? `idle`: nothing is queued
 * for the call. */
bool fsz_hold_over(struct fsz_hold *hold, bool idle);
/* Is what is queued to be dropped, now that it is over? */
bool fsz_hold_drops(struct fsz_hold *hold);
/* Waits until something has changed for this call (an execute was queued, it is over), at most so
 * long: where there is no media to pace the loop. */
void fsz_hold_wait(struct fsz_hold *hold, int timeout_ms);
/* An application has run, for `executed` of the next offer. */
void fsz_hold_ran(struct fsz_hold *hold, const char *app, const char *arg);

#endif
