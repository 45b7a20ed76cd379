/* serve.h - calls whose dialplan runs `zmq`: each has a thread of its own, which is where
 * fsz_sim_options.serve is called.
 *
 * A call that has hung up plays no further than CHANNEL_HANGUP until that thread has come back, as
 * in FreeSWITCH. With the simulated switch's lock held, but where it says otherwise. */
#ifndef FSZ_SIM_SERVE_H
#define FSZ_SIM_SERVE_H

#include "host/session.h"
#include "sim/state.h"

#define FSZ_SERVE_EXTENSION "zmq-" /* transfers to zmq-NAME go to that service */

/* An application that has run, for the call's thread to tell. */
struct fsz_ran {
    char           *app, *arg;
    struct fsz_ran *next;
};

void fsz_ran_free(struct fsz_ran *ran);

struct fsz_sim_session {
    struct fsz_session session;
    struct fsz_sim    *sim;
    struct fsz_leg    *leg; /* stays while the thread is here */
    char              *line;
    bool               controls; /* what is queued for the call runs */
    bool               left;     /* transferred, or bridged with another call: */
    bool               joined;
    struct fsz_ran    *ran; /* first to last */
    char              *got; /* own thread: the variable that was asked for last */
    char               uuid[FSZ_UUID_BYTES];
    pthread_cond_t     changed; /* these under sessions_lock */
    uint64_t           changes;
    bool               stop; /* what runs is to be ended */
    UT_hash_handle     hh;
};

/* Is the next new call one for the service that the options name? */
bool fsz_serve_takes(struct fsz_sim *sim);
/* Starts a call that comes in and is given to `zmq` with that line. FSZ_ELIMIT: calls_max are up
 * (counted). FSZ_ENOTFOUND: nobody serves, or the flows have none for it. */
fsz_err fsz_serve_start(struct fsz_sim *sim, const char *line, uint64_t now_ns,
                        struct fsz_call **ret_call);
/* The call waits to be told what to do: if it is one for `zmq`, its thread begins. */
void fsz_serve_begin(struct fsz_sim *sim, struct fsz_call *call);
/* States that a call which leaves is sent to, by FreeSWITCH's numbers. */
#define FSZ_SERVE_ROUTING "2"
#define FSZ_SERVE_HIBERNATE "8"

/* The call leaves where it is: for `line`, or (NULL) to where it is only up. */
void fsz_serve_leave(struct fsz_sim *sim, struct fsz_call *call, const char *line,
                     const char *state);
/* Something has changed for the call of that leg. */
void fsz_serve_poke(struct fsz_sim *sim, const struct fsz_leg *leg);
/* An application has run on the leg. */
void fsz_serve_ran(struct fsz_sim *sim, const struct fsz_leg *leg, const char *app,
                   const char *arg);
/* May what is queued for the leg run? Not while its thread runs something itself. */
bool fsz_serve_lets_run(const struct fsz_leg *leg);
/* All threads are told that the switch stops, and waited for; gives the lock away meanwhile. */
void fsz_serve_end(struct fsz_sim *sim);

/* The operations of session.h, for `session->session`. */
void fsz_sim_session_init(struct fsz_sim_session *session);

#endif
