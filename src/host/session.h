/* SPDX-License-Identifier: MPL-2.0 */
/* session.h - the operations of an adapter for one call, while the dialplan application `zmq` runs.
 *
 * The core calls them on the call's own thread, only during fsz_engine_run_dialplan_app(). */
#ifndef FSZ_SESSION_H
#define FSZ_SESSION_H

#include "base/buffer.h"
#include "event/event.h"

#include <stdbool.h>

struct fsz_control;

struct fsz_session {
    void       *self;
    const char *call; /* UUID */

    /* Is the call still here: neither hung up nor sent elsewhere? */
    bool (*is_up)(void *self);
    /* If not: true: it hung up (*ret_cause is a name); false: it is elsewhere in the switch. */
    bool (*has_hung_up)(void *self, const char **ret_cause);
    /* Was it sent elsewhere to be bridged with another call? */
    bool (*is_joined)(void *self);
    /* Calls `take` with the channel's headers and variables, valid during that call. FSZ_ENOMEM. */
    fsz_err (*describe)(void *self, void (*take)(void *argument, const struct fsz_event *channel),
                        void *argument);
    /* A variable, or NULL: not set. Valid until the next operation. */
    const char *(*get)(void *self, const char *name);
    /* A NULL value removes the variable. */
    void (*set)(void *self, const char *name, const char *value);
    /* Runs an application to its end. FSZ_EREFUSED: no such application; `words` says so. */
    fsz_err (*run)(void *self, const char *app, const char *arg, struct fsz_buffer *words);
    void (*hangup)(void *self, const char *cause); /* NULL: NORMAL_CLEARING */
    /* Runs the applications that are queued for the call (host.h, execute) until the call is no
     * longer up or fsz_control_over() is true. Check this after each application, and whenever
     * fsz_control_wait() or the host's `wake` ends a wait. */
    void (*control)(void *self, struct fsz_control *control);
};

#endif
