/* SPDX-License-Identifier: MPL-2.0 */
/* control_private.h - control of one call, as this folder sees it: control.c (both threads),
 * dialplan_app.c (the call's thread) and controls*.c (the API thread). */
#ifndef FSZ_CONTROL_PRIVATE_H
#define FSZ_CONTROL_PRIVATE_H

#include "base/mailbox.h"
#include "base/ref.h"
#include "call/control.h"
#include "call/control_reason.h"
#include "config/config.h"
#include "host/host.h"
#include "service/offered_call.h"

#include <jansson.h>
#include <pthread.h>
#include <stdint.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct fsz_provider;
struct fsz_selection;

enum { FSZ_CALL_BYTES = 128, FSZ_CONTROL_FORMER_MAX = 16, FSZ_CONTROL_CAUSE_BYTES = 64 };

enum fsz_control_state {
    FSZ_CONTROL_ON,          /* offered or controlled */
    FSZ_CONTROL_RELEASED,    /* queued applications run before the call leaves */
    FSZ_CONTROL_HANDED_OVER, /* queued applications run, then another service is offered the call */
    FSZ_CONTROL_LOST,        /* ends at once; queued applications are dropped */
    FSZ_CONTROL_CLOSED,      /* the API stops: ends at once; queued applications are dropped */
};

/* The call's thread posts this when control has ended. */
struct fsz_control_leave {
    struct fsz_mail         mail;
    struct fsz_control     *control; /* a reference, until the mail is opened */
    enum fsz_control_reason reason;
    char                    cause[FSZ_CONTROL_CAUSE_BYTES];
    bool                    again; /* the call is offered again: former controllers stay fenced */
};

struct fsz_control {
    struct fsz_offered_call offered; /* the call, for services */
    struct fsz_ref          references;
    char                    call[FSZ_CALL_BYTES];
    const struct fsz_host  *host;

    /* Under the lock, which is held for a few instructions. Only control.c takes it. */
    pthread_mutex_t        lock;
    pthread_cond_t         changed;
    bool                   poked; /* fsz_control_wait() returns */
    enum fsz_control_state state;
    bool                   leaves;  /* the call's thread is done: nobody can take the call */
    uint64_t               current; /* the controller's lease; 0: no controller */
    enum fsz_on_lost       on_lost; /* of the service that controlled it last */
    char                   next_service[FSZ_CONFIG_NAME_MAX + 1]; /* of a hand-over */
    json_t                *data;                                  /* of a hand-over; or NULL */

    json_t *executed; /* the call's thread */

    /* The call's thread until it posts one, then the API thread. There are two because the last may
     * be posted before the API thread has opened the one before. The one before is free again when
     * the next offer is accepted: the API thread opens it first. */
    struct fsz_control_leave leave_again, leave_last;

    /* The API thread's (controls*.c). */
    struct fsz_provider *controller;  /* or NULL */
    struct fsz_control  *next, *prev; /* of the controller's calls */
    uint64_t             lease;
    char           service[FSZ_CONFIG_NAME_MAX + 1]; /* whose worker controls it, or did last */
    uint64_t       former[FSZ_CONTROL_FORMER_MAX];   /* clients that were offered the call */
    size_t         former_count;
    bool           ended;       /* the call's last event has arrived */
    bool           losing;      /* it was taken away, and its thread has not left yet */
    int64_t        reported_ms; /* when its thread was last asked to leave */
    bool           lost;        /* a client has lost it, and may not command it any more */
    bool           fenced;      /* listed only to fence that client */
    char           cause[FSZ_CONTROL_CAUSE_BYTES]; /* of the hangup */
    char           replacement[FSZ_CALL_BYTES]; /* the call that replaces it, by its last event */
    bool           left;    /* its thread has left; the hangup is not reported yet */
    int64_t        left_ms; /* when it left */
    UT_hash_handle hh;      /* by call; a reference */
    bool           is_listed;
};

/* With one reference. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_control_new(const struct fsz_host *host, const char *call,
                                      struct fsz_control **ret_control);
struct fsz_control   *fsz_control_ref(struct fsz_control *control);
/* Accepts NULL in *control. */
void fsz_control_unref(struct fsz_control **control);

/* ---- the call's thread ---- */

/* The call is about to be offered, perhaps again. */
void fsz_control_begin(struct fsz_control *control);
/* What happens if the controller is lost, as its service is configured. */
enum fsz_on_lost fsz_control_on_lost(struct fsz_control *control);
/* The service and the data of a hand-over. *data is replaced, and freed before. */
void fsz_control_take_hand_over(struct fsz_control *control, char service[FSZ_CONFIG_NAME_MAX + 1],
                                json_t **data);
/* The thread is done with the call: nobody can take it from now on. */
void fsz_control_set_leaves(struct fsz_control *control);

/* ---- the API thread ---- */

bool fsz_control_leaves(struct fsz_control *control);
/* Makes that lease the current one. False: the call's thread is done with the call. */
bool fsz_control_take(struct fsz_control *control, uint64_t lease, enum fsz_on_lost on_lost);

/* ---- any thread ---- */

/* Ends control under that lease and wakes the call's thread. False: it has ended already, or
 * another lease is current. */
bool fsz_control_end(struct fsz_control *control, uint64_t lease, enum fsz_control_state state);
/* Ends control so that another service is offered the call. `data` may be NULL. Returns as
 * fsz_control_end(). */
bool fsz_control_hand_over(struct fsz_control *control, uint64_t lease, const char *service,
                           const json_t *data);
/* Wakes the call's thread again, and stops the application that it runs. */
void fsz_control_nudge(const struct fsz_control *control);
/* Is the call controlled under that lease? */
bool fsz_control_is_of(struct fsz_control *control, uint64_t lease);
/* May commands that were sent under that lease still run? Not once the call was taken away. */
bool fsz_control_obeys(struct fsz_control *control, uint64_t lease);
/* Something was queued for the call. */
void                   fsz_control_poke(struct fsz_control *control);
enum fsz_control_state fsz_control_state(struct fsz_control *control);

#endif
