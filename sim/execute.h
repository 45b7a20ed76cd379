/* execute.h - applications on a channel: what runs, what waits, and the events that tell of it.
 *
 * As in FreeSWITCH, an application that is asked for while another runs interrupts it, and the
 * other goes on when it is done: a pile, of which the uppermost is next to end. After one with
 * `lock` the next waits instead. All with the lock held. */
#ifndef FSZ_SIM_EXECUTE_H
#define FSZ_SIM_EXECUTE_H

#include "host/host.h"
#include "sim/application.h"
#include "sim/state.h"

enum {
    FSZ_EXECUTE_MAX = 256,      /* of one channel, waiting and running, as FreeSWITCH queues */
    FSZ_EXECUTE_DEPTH_MAX = 16, /* piled up; more wait */
};

struct fsz_execution {
    struct fsz_timer              timer; /* first member: the timers of sim->ends are executions */
    struct fsz_leg               *leg;
    const struct fsz_application *app;
    char                         *arg, *id;
    int                           loops; /* still to be run; below 0: until the call ends */
    bool                          lock;
    bool                          direct; /* run by the call's own thread, not by a command */
    bool                          stopped;
    void                         *state;            /* the application's */
    uint64_t                      begun_ns, due_ns; /* due_ns UINT64_MAX: when the call ends */
    struct fsz_execution         *next;             /* below it, or behind it in the queue */
};

/* `direct`: by the call's own thread (session.h), not by a command. FSZ_EREFUSED, with words: no
 * such application, too many, or the call is hanging up. */
fsz_err fsz_execute(struct fsz_sim *sim, struct fsz_leg *leg, const struct fsz_execute *execute,
                    bool direct, struct fsz_buffer *words);
/* Begins what waits and may begin. */
void fsz_execute_move(struct fsz_sim *sim, struct fsz_leg *leg);
/* Is the one of that id still to be run, or running? */
bool fsz_execute_has(const struct fsz_leg *leg, const char *id);
/* Ends the uppermost that runs, if any. */
void fsz_execute_stop(struct fsz_sim *sim, struct fsz_leg *leg);
/* Ends that one as soon as it is the uppermost. */
void fsz_execute_finish(struct fsz_sim *sim, struct fsz_execution *execution);
/* Those that wait are dropped, which PRIVATE_COMMAND tells. */
void fsz_execute_drop(struct fsz_sim *sim, struct fsz_leg *leg);
/* When the next one ends; UINT64_MAX: none does by itself. */
uint64_t fsz_execute_due_ns(const struct fsz_sim *sim);
/* Ends that one, and begins what has waited for it. */
void fsz_execute_due(struct fsz_sim *sim);
/* The channel has hung up, or goes elsewhere: what runs ends, and is told; what waits is dropped.
 */
void fsz_execute_cancel(struct fsz_sim *sim, struct fsz_leg *leg);
/* All are dropped, without events. */
void fsz_execute_clear(struct fsz_sim *sim, struct fsz_leg *leg);

#endif
