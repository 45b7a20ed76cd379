/* SPDX-License-Identifier: MPL-2.0 */
/* control.h - control of one call: shared by the call's thread (dialplan_app.h) and the API thread,
 * which knows the controller (controls.h).
 *
 * Reference-counted. What both threads use is under its own lock. */
#ifndef FSZ_CONTROL_H
#define FSZ_CONTROL_H

#include "base/err.h"

#include <stdbool.h>

struct fsz_control;

/* For fsz_session.control, on the call's thread. */

/* Must the call leave? `idle`: nothing is queued for it. */
bool fsz_control_over(struct fsz_control *control, bool idle);
/* Must queued applications be dropped, now that control has ended? */
bool fsz_control_drops(struct fsz_control *control);
/* Waits until an application was queued or control has ended, at most `timeout_ms`: for loops that
 * no media paces. */
void fsz_control_wait(struct fsz_control *control, int timeout_ms);
/* An application has run: `executed` of the next offer lists it. */
void fsz_control_ran(struct fsz_control *control, const char *app, const char *arg);

#endif
