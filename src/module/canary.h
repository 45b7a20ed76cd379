/* canary.h - says when the switch has calls and their events do not reach the module.
 *
 * A thread of its own looks every five seconds. It needs evidence, not silence: the switch has
 * created sessions, no event of any type has reached the handler since, and a probe that was fired
 * into the switch's queue has not come either in five looks. A switch without calls, an overloaded
 * queue (its events come late, but they come), subscribers and our own queue play no part. The
 * error is logged again every ten minutes while it lasts. */
#ifndef FSZ_MODULE_CANARY_H
#define FSZ_MODULE_CANARY_H

#include "base/problems.h"

/* After the events are bound. FSZ_ESYSTEM: no thread. */
FSZ_NODISCARD fsz_err fsz_canary_start(void);
/* Before they are unbound; returns once the thread has ended. Does nothing when it does not run. */
void fsz_canary_stop(void);

/* Adds the line about it while it lasts. Any thread. */
void fsz_canary_troubles(struct fsz_problems *problems);

#endif
