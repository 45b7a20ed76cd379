/* SPDX-License-Identifier: MPL-2.0 */
/* canary.h - detects that the switch has calls but their events do not reach the module.
 *
 * Its own thread checks every five seconds. It reports an error only with evidence: the switch has
 * created sessions, no event of any type has reached the handler since, and neither has a probe
 * fired into the switch's queue within five checks. A switch without calls, an overloaded queue
 * (late events still come), subscribers and our own queue do not matter. The error is logged again
 * every ten minutes while it lasts. */
#ifndef FSZ_MODULE_CANARY_H
#define FSZ_MODULE_CANARY_H

#include "base/problems.h"

/* Call it after the events are bound. FSZ_ESYSTEM: no thread. */
FSZ_NODISCARD fsz_err fsz_canary_start(void);
/* Call it before they are unbound; returns when the thread has ended. No effect if it does not run.
 */
void fsz_canary_stop(void);

/* Adds a line while the error lasts. Any thread. */
void fsz_canary_troubles(struct fsz_problems *problems);

#endif
