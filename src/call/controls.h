/* SPDX-License-Identifier: MPL-2.0 */
/* controls.h - which worker controls which call: part of the API thread, which calls everything
 * here.
 *
 * Wire: docs/protocol/calls.md. A controller has a lease: the id of the offer that it accepted. */
#ifndef FSZ_CONTROLS_H
#define FSZ_CONTROLS_H

#include "call/control_private.h"
#include "call/waits.h"
#include "call/watch.h"
#include "service/service.h"

enum {
    FSZ_CONTROL_SWEEP_MS = 100, /* between two sweeps of all calls */
    /* How long a call's last event may take after its thread has left: the switch first runs its
     * hangup hooks, such as a call detail record that is posted to a web server. */
    FSZ_CONTROL_GRACE_MS = 120000,
    /* After which a call that was taken away, but still runs an application, is nudged again. */
    FSZ_CONTROL_NUDGE_MS = 500,
};

struct fsz_calls_counters {
#define FSZ_COUNTERS_CALLS(member, unit, meaning) uint64_t member;
#include "counters/counters.def"
};

struct fsz_controls {
    const struct fsz_host *host;
    struct fsz_watch      *watch;
    struct fsz_waits      *waits;
    struct fsz_control    *list;   /* by call */
    size_t                 left;   /* calls whose hangup is not reported yet */
    size_t                 losing; /* calls that were taken away, and whose threads have not left */
    int64_t                next_sweep_ms;
    bool                   closed;
    struct fsz_calls_counters counters;
};

/* The operations through which services reach the calls. */
struct fsz_call_owner fsz_controls_owner(struct fsz_controls *controls);
/* The call's thread has left. Takes ownership of the reference in `leave`. */
void fsz_controls_leave(struct fsz_controls *controls, struct fsz_control_leave *leave);
/* An event of a controlled call, for its controller. `last`: the call has ended. */
void fsz_controls_event(struct fsz_controls *controls, struct fsz_control *control,
                        const char *type, const struct fsz_buffer *text, bool last);
/* Reports the hangup of calls whose last event is overdue, and nudges those that were taken away.
 */
void fsz_controls_sweep(struct fsz_controls *controls, int64_t now_ms);
/* Ends control of every call. */
void fsz_controls_close(struct fsz_controls *controls);

/* NULL: the call is not listed. */
struct fsz_control *fsz_controls_find(const struct fsz_controls *controls, const char *call);
/* May this client command that call? `lease` 0: not given. */
bool fsz_controls_admit(struct fsz_controls *controls, const char *call,
                        const struct fsz_client *client, uint64_t lease);
/* The service whose worker controls the call, or did until a moment ago, unless that worker is this
 * client; else NULL. Valid until the next operation. */
const char *fsz_controls_controller(const struct fsz_controls *controls, const char *call,
                                    const struct fsz_client *client);
/* The control of that call, if that client has it; else NULL. */
struct fsz_control *fsz_controls_of(const struct fsz_controls *controls, const char *call,
                                    const struct fsz_client *client);

/* For the status: a new object. */
json_t *fsz_controls_status(const struct fsz_controls *controls);

#endif
