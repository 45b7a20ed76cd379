/* controls.h - who holds which call: part of the API thread, which calls everything here.
 *
 * Wire: docs/protocol/calls.md. A hold has a lease, which is the id of the offer that was accepted.
 */
#ifndef FSZ_CONTROLS_H
#define FSZ_CONTROLS_H

#include "auth/policy.h"
#include "call/control_private.h"
#include "call/waits.h"
#include "call/watch.h"
#include "service/service.h"

enum {
    FSZ_CONTROL_SWEEP_MS = 100, /* between two looks at all calls */
    /* That a call's last event may take after its thread has left: the switch first runs what it
     * has to run for a hangup, such as a call detail record that is posted to a web server. */
    FSZ_CONTROL_GRACE_MS = 120000,
    /* After which a call that was taken away, and runs something still, is told again to end that.
     */
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
    size_t                 left;   /* that wait for their hangup */
    size_t                 losing; /* that were taken away, and whose threads have not left yet */
    int64_t                next_sweep_ms;
    bool                   closed;
    struct fsz_calls_counters counters;
};

/* The table through which services know the calls. */
struct fsz_call_owner fsz_controls_owner(struct fsz_controls *controls);
/* The call's thread has left; takes the reference. */
void fsz_controls_leave(struct fsz_controls *controls, struct fsz_control_leave *leave);
/* An event of a held call, for its holder. `last`: the call has ended. */
void fsz_controls_event(struct fsz_controls *controls, struct fsz_control *control,
                        const char *kind, const struct fsz_buffer *text, bool last);
/* Tells the hangup of those whose last event does not come, and those that were taken away to end
 * what they run. */
void fsz_controls_sweep(struct fsz_controls *controls, int64_t now_ms);
/* Every call is given back. */
void fsz_controls_close(struct fsz_controls *controls);

/* NULL: nobody holds it. */
struct fsz_control *fsz_controls_find(const struct fsz_controls *controls, const char *call);
/* May this client command that call? `lease` 0: it did not say. */
bool fsz_controls_admit(struct fsz_controls *controls, const char *call,
                        const struct fsz_client *client, uint64_t lease);
/* The service whose worker controls the call, or until a moment ago did, if that is another than
 * this client; else NULL. Valid until the next operation. */
const char *fsz_controls_controller(const struct fsz_controls *controls, const char *call,
                                    const struct fsz_client *client);
/* The hold, if that client has it. */
struct fsz_control *fsz_controls_of(const struct fsz_controls *controls, const char *call,
                                    const struct fsz_client *client);

/* For the status: a new object. */
json_t *fsz_controls_status(const struct fsz_controls *controls);

#endif
