/* control.h - a call that is offered or held: shared by its own thread (serve.h) and the API
 * thread, which has the holder (controls.h).
 *
 * Counted. What the call's thread needs is under the hold's own lock. */
#ifndef FSZ_CONTROL_H
#define FSZ_CONTROL_H

#include "base/err.h"

#include <stdbool.h>

struct fsz_control;

/* For fsz_session.hold, on the call's thread. Is it to give the call back? `idle`: nothing is
 * queued for the call. */
bool fsz_control_over(struct fsz_control *control, bool idle);
/* Is what is queued to be dropped, now that it is over? */
bool fsz_control_drops(struct fsz_control *control);
/* Waits until something has changed for this call (an execute was queued, it is over), at most so
 * long: where there is no media to pace the loop. */
void fsz_control_wait(struct fsz_control *control, int timeout_ms);
/* An application has run, for `executed` of the next offer. */
void fsz_control_ran(struct fsz_control *control, const char *app, const char *arg);

#endif
