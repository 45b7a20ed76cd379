/* SPDX-License-Identifier: MPL-2.0 */
/* execute.h - applications on a channel: those that run, those that wait, and their events.
 *
 * As in FreeSWITCH, a new application interrupts the running one, which resumes when the new one
 * has ended: a stack, whose top ends next. If an application in it has `lock`, the new one waits.
 * All with the lock held. */
#ifndef FSZ_SIM_EXECUTE_H
#define FSZ_SIM_EXECUTE_H

#include "host/host.h"
#include "sim/state.h"

enum {
    FSZ_EXECUTE_MAX = 256,      /* of one channel, waiting and running, as in FreeSWITCH */
    FSZ_EXECUTE_DEPTH_MAX = 16, /* running; others wait */
};

#define FSZ_APPLICATION_LASTS UINT64_MAX /* until the call ends */

struct fsz_execution;

/* None of these advances a call: they queue its next steps (calls.h). */
struct fsz_application {
    const char *name;
    const char *response; /* Application-Response when it ends by itself; NULL: none */
    /* Begins it; returns for how many milliseconds it lasts. */
    uint64_t (*run)(struct fsz_sim *sim, struct fsz_execution *execution);
    /* That time is over: returns how many more; 0: it has ended. NULL: it always has. */
    uint64_t (*next)(struct fsz_sim *sim, struct fsz_execution *execution);
    /* A run has ended, for whatever reason: frees its state. May be NULL. */
    void (*ended)(struct fsz_sim *sim, struct fsz_execution *execution);
};

struct fsz_execution {
    struct fsz_timer              timer; /* first member: the timers of sim->ends are executions */
    struct fsz_leg               *leg;
    const struct fsz_application *app;
    char                         *arg, *id;
    int                           loops; /* runs left; below 0: until the call ends */
    bool                          lock;
    bool                          direct; /* run by the call's own thread, not by a command */
    bool                          stopped;
    void                         *state;            /* the application's */
    uint64_t                      begun_ns, due_ns; /* due_ns UINT64_MAX: when the call ends */
    struct fsz_execution         *next;             /* below it, or behind it in the queue */
};

/* Queues an application. `direct`: for the call's own thread (session.h), not for a command.
 * FSZ_EREFUSED, with words: too many, or the call is hanging up. FSZ_ENOMEM. */
fsz_err fsz_execute(struct fsz_sim *sim, struct fsz_leg *leg, const struct fsz_application *app,
                    const struct fsz_execute *execute, bool direct, struct fsz_buffer *words);
/* For play.c: ends the top if it is due, or else begins the next one that may begin. false: there
 * was nothing to do, and the top has the timer. */
bool fsz_execute_step(struct fsz_sim *sim, struct fsz_leg *leg, uint64_t now_ns);
/* Is the execution with that id waiting or running? */
bool fsz_execute_has(const struct fsz_leg *leg, const char *id);
/* Ends the top, if any (queued). */
void fsz_execute_stop(struct fsz_sim *sim, struct fsz_leg *leg);
/* Ends that execution as soon as it is the top (queued). */
void fsz_execute_finish(struct fsz_sim *sim, struct fsz_execution *execution);
/* Drops those that wait; PRIVATE_COMMAND reports each. */
void fsz_execute_drop(struct fsz_sim *sim, struct fsz_leg *leg);
/* When the next one ends; UINT64_MAX: none ends by itself. */
uint64_t fsz_execute_due_ns(const struct fsz_sim *sim);
/* Queues the end of that one. */
void fsz_execute_due(struct fsz_sim *sim);
/* The channel has hung up or goes elsewhere: those that run end, with their events; those that wait
 * are dropped. */
void fsz_execute_cancel(struct fsz_sim *sim, struct fsz_leg *leg);
/* Frees all, without events. */
void fsz_execute_clear(struct fsz_sim *sim, struct fsz_leg *leg);

#endif
