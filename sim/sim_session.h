/* SPDX-License-Identifier: MPL-2.0 */
/* sim_session.h - a call whose dialplan runs `zmq`, as seen by its own thread.
 *
 * With the simulated switch's lock held, except where noted. */
#ifndef FSZ_SIM_SESSION_H
#define FSZ_SIM_SESSION_H

#include "host/session.h"
#include "sim/state.h"

/* An application that has run; the call's thread reports it. */
struct fsz_ran {
    char           *app, *arg;
    struct fsz_ran *next;
};

void fsz_ran_free(struct fsz_ran *ran);

struct fsz_sim_session {
    struct fsz_session session;
    struct fsz_sim    *sim;
    struct fsz_leg    *leg; /* stays valid while the thread is here */
    char              *line;
    bool               controls; /* applications queued for the call may run */
    bool               left;     /* transferred, or bridged with another call: */
    bool               joined;
    struct fsz_ran    *ran; /* oldest first */
    char              *got; /* own thread: value of the variable asked for last */
    char               uuid[FSZ_UUID_BYTES];
    pthread_cond_t     changed; /* from here on under sessions_lock */
    uint64_t           changes;
    bool               stop; /* the running application must end */
    UT_hash_handle     hh;
};

/* A session for the first leg of the call; takes over call->line. NULL: out of memory. */
struct fsz_sim_session *fsz_sim_session_new(struct fsz_sim *sim, struct fsz_call *call);
void                    fsz_sim_session_free(struct fsz_sim_session *session);

/* Wakes the thread of the leg's call, if it has one. */
void fsz_sim_session_poke(const struct fsz_leg *leg);
/* An application has run on the leg. */
void fsz_sim_session_ran(const struct fsz_leg *leg, const char *app, const char *arg);
/* May applications queued for the leg run? Not while its thread runs one itself. */
bool fsz_sim_session_lets_run(const struct fsz_leg *leg);

/* The operations of session.h (session_ops.c); `self` and `call` are set for each session. */
extern const struct fsz_session FSZ_SIM_SESSION_OPERATIONS;

#endif
