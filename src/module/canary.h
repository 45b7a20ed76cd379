/* canary.h - says when the module runs and yet does not do its work.
 *
 * A thread of its own looks every few seconds: whether events come while the switch has calls, and
 * once after the load whether the switch has taken the command and the application. What it finds
 * is logged as an error, and again every 10 minutes while it lasts.
 *
 * Events: it needs evidence, not silence. The switch has created sessions, no event of any type has
 * reached the handler since, and a probe that was fired into the switch's queue has not come either
 * in CANARY_PATIENCE looks. A switch without calls, an overloaded queue (its events come late, but
 * they come), subscribers and our own queue play no part. */
#ifndef FSZ_MODULE_CANARY_H
#define FSZ_MODULE_CANARY_H

#include "problems.h"

/* After the events are bound. FSZ_ESYSTEM: no thread. */
FSZ_NODISCARD fsz_err fsz_canary_start(void);
/* Before they are unbound; returns once the thread has ended. Does nothing when it does not run. */
void fsz_canary_stop(void);

/* Adds what is wrong now: host.h's `troubles`. Any thread. */
void fsz_canary_troubles(void *self, struct fsz_problems *problems);

#endif
