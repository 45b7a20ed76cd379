/* SPDX-License-Identifier: MPL-2.0 */
/* call.h - a call that is being replayed: its own values, its position in the flow, its legs.
 *
 * All with the simulated switch's lock held. */
#ifndef FSZ_CALL_H
#define FSZ_CALL_H

#include "base/heap.h"
#include "sim/calendar.h"
#include "sim/cause.h"
#include "sim/random.h"
#include "sim/script.h"

#include <stdbool.h>
#include <uthash.h>

enum {
    FSZ_CALL_TEXT_BYTES = 64,
    FSZ_LEG_VARIABLES_MAX = 256,
    FSZ_LEG_KEYS_MAX = 100, /* keys in the queue, as in FreeSWITCH */
    FSZ_TAG_LENGTH = 13,
};

struct fsz_call;
struct fsz_execution;
struct fsz_sim_session;

struct fsz_variable {
    char                *name, *value; /* name begins with variable_ */
    struct fsz_variable *next;
};

struct fsz_leg {
    struct fsz_call               *call;
    const char                    *uuid;      /* the key */
    const struct fsz_script_event *latest;    /* its latest event; NULL: none yet */
    const struct fsz_script_event *carrier;   /* its latest event with variables, or NULL */
    struct fsz_variable           *variables; /* set by command; newest first */
    size_t                         variable_count;
    struct fsz_leg                *callee, *caller; /* the leg that it is bridged with, or NULL */
    bool                           listed;          /* in the table of channels */
    const char                    *heads_for; /* the state that it is sent to; NULL: it stays */
    struct fsz_execution          *running, *waiting; /* execute.h: top first; in order */
    uint32_t                       execution_depth, execution_count; /* running; both */
    char                           keys[FSZ_LEG_KEYS_MAX];           /* digits.h, oldest first */
    size_t                         key_count;
    size_t                         script_at; /* position in the keys that the caller presses */
    bool                           moves;     /* queued (calls.h): its applications, */
    struct fsz_leg                *joins;     /* a bridge with that leg */
    char                           session[21];
    UT_hash_handle                 hh;
};

/* A point in time of the call, in the forms that its events use. */
struct fsz_instant {
    char usec[21], second[21], stamp[FSZ_STAMP_BYTES];
};

struct fsz_call {
    struct fsz_timer timer; /* of the next event; first member: the heap's timers are calls */
    struct fsz_flow *flow;
    struct fsz_call *prev, *next; /* of all calls */
    struct fsz_call *queue_prev, *queue_next;
    bool             queued;                    /* work is queued (calls.h): in general, */
    bool             begins, answers, returned; /* and what */
    size_t           at;                        /* index of the next event */
    uint64_t         start_ns;
    int64_t          start_us;
    int64_t          late_us; /* by how much the hangup is later than captured; may be negative */
    bool             control; /* stays up at the flow's control_after */
    bool             cut;     /* hung up by command: legs that never began have no events */
    uint64_t         quit_ns; /* when the caller of a controlled call hangs up; UINT64_MAX: never */
    uint64_t         answer_ns;   /* when a ringing call is answered by itself; UINT64_MAX: never */
    int64_t          answered_us; /* of a call that is answered on request; 0: not yet */
    char            *line;        /* for `zmq`, once the call is up; or NULL */
    struct fsz_sim_session *session; /* while its own thread runs `zmq` (serve.h) */
    const struct fsz_cause *cause;   /* NULL: as captured */
    char number[FSZ_CALL_TEXT_BYTES], app[FSZ_CALL_TEXT_BYTES]; /* "": as captured */
    char (*fresh)[FSZ_UUID_BYTES];
    struct fsz_instant *instants;
    struct fsz_leg     *legs;
};

/* A call of this flow, starting now. NULL: out of memory. */
struct fsz_call *fsz_call_new(struct fsz_flow *flow, struct fsz_random *random, uint64_t now_ns,
                              int64_t now_us, struct fsz_calendar *calendar);
void             fsz_call_free(struct fsz_call **call);

/* When the event at `at` is due. */
uint64_t fsz_call_due_ns(const struct fsz_call *call);
/* Skips to the hangup, which is now; false: it is there or past it already. `cause` may be NULL. */
bool fsz_call_cut(struct fsz_call *call, const struct fsz_cause *cause, int64_t now_us,
                  struct fsz_calendar *calendar);
/* Is it up, without further captured events until a command or the hangup? */
bool fsz_call_is_controlled(const struct fsz_call *call);
/* Does it wait unanswered, with a captured answer before its hangup? */
bool fsz_call_rings(const struct fsz_call *call);
/* Sets the time of the answer to now. */
void fsz_call_answer(struct fsz_call *call, int64_t now_us, struct fsz_calendar *calendar);
/* Is this event left out in this call? */
bool fsz_call_omits(const struct fsz_call *call, const struct fsz_script_event *event);

/* NULL: not set by command. `name` begins with variable_; letter case is ignored. */
const char *fsz_leg_variable(const struct fsz_leg *leg, const char *name);
/* An empty or NULL value hides the variable, also one of the flow. FSZ_ENOMEM, FSZ_ELIMIT. */
FSZ_NODISCARD fsz_err fsz_leg_set(struct fsz_leg *leg, const char *name, const char *value);

#endif
