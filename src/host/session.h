/* session.h - a call whose own thread is with us: what an adapter lends the core for as long as the
 * dialplan's `zmq` runs.
 *
 * Every operation is called on the call's thread, during fsz_engine_run_dialplan_app() only. */
#ifndef FSZ_SESSION_H
#define FSZ_SESSION_H

#include "base/buffer.h"
#include "event/event.h"

#include <stdbool.h>

struct fsz_control;

struct fsz_session {
    void       *self;
    const char *call; /* UUID */

    /* Is it here still, neither hung up nor sent elsewhere? */
    bool (*is_up)(void *self);
    /* Where it is if not: true: hung up (*ret_cause by name), false: elsewhere in the switch. */
    bool (*has_hung_up)(void *self, const char **ret_cause);
    /* Was it sent elsewhere to be joined with another call? */
    bool (*is_joined)(void *self);
    /* Calls `take` with the channel's headers and variables, valid during that call. FSZ_ENOMEM. */
    fsz_err (*describe)(void *self, void (*take)(void *argument, const struct fsz_event *channel),
                        void *argument);
    /* A variable, or NULL; valid until the next operation. */
    const char *(*get)(void *self, const char *name);
    /* A NULL value takes it away. */
    void (*set)(void *self, const char *name, const char *value);
    /* Runs an application to its end. FSZ_EREFUSED: there is none of that name; words say so. */
    fsz_err (*run)(void *self, const char *app, const char *arg, struct fsz_buffer *words);
    void (*hangup)(void *self, const char *cause); /* NULL: NORMAL_CLEARING */
    /* Stays with the call and runs what is queued for it (host.h, execute) until it is not up any
     * more, or fsz_control_over() says so: it is to be asked after each application, and whenever
     * fsz_control_wait() or the host's `wake` has ended a wait. */
    void (*control)(void *self, struct fsz_control *control);
};

#endif
