/* control_private.h - a hold from the inside: control.c (both threads), serve.c (the call's thread)
 * and controls.c (the API thread). */
#ifndef FSZ_CONTROL_PRIVATE_H
#define FSZ_CONTROL_PRIVATE_H

#include "base/mailbox.h"
#include "base/ref.h"
#include "call/control.h"
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
    FSZ_CONTROL_ON,          /* offered or held */
    FSZ_CONTROL_RELEASED,    /* what is queued is run before the call goes on */
    FSZ_CONTROL_HANDED_OVER, /* the same; then to another service */
    FSZ_CONTROL_LOST,        /* at once; what was queued is dropped */
    FSZ_CONTROL_CLOSED,      /* likewise */
};

/* What its thread tells when a hold has ended. */
struct fsz_control_leave {
    struct fsz_mail     mail;
    struct fsz_control *control; /* a reference, while it is on its way */
    char                reason[16], cause[FSZ_CONTROL_CAUSE_BYTES];
    bool                again; /* it is offered once more: who was offered it stays fenced */
};

struct fsz_control {
    struct fsz_offered_call offered; /* the call, for services */
    struct fsz_ref          references;
    char                    call[FSZ_CALL_BYTES];
    const struct fsz_host  *host;

    /* Under the lock, which is held for a few instructions. */
    pthread_mutex_t        lock;
    pthread_cond_t         changed;
    bool                   poked; /* somebody may be waiting for nothing */
    enum fsz_control_state state;
    bool             leaves;  /* its thread is done with the call: nobody can take it any more */
    uint64_t         current; /* lease of who holds it; 0: nobody */
    enum fsz_on_lost on_lost; /* of the service that held it last */
    char             next_service[FSZ_CONFIG_NAME_MAX + 1]; /* of a hand-over */
    json_t          *data;                                  /* and what goes with it; or NULL */

    json_t *executed; /* the call's thread */

    /* The call's thread, before it posts one; the API thread after that. Two, for the last may be
     * posted before the API thread has come to the one before; that, of an accepted offer, is read
     * before the next offer can be accepted. */
    struct fsz_control_leave leave_again, leave_last;

    /* The API thread's (controls.c). */
    struct fsz_provider *controller;  /* NULL: nobody */
    struct fsz_control  *next, *prev; /* of the holder's */
    uint64_t             lease;
    char           service[FSZ_CONFIG_NAME_MAX + 1]; /* whose worker controls it, or did last */
    uint64_t       former[FSZ_CONTROL_FORMER_MAX];   /* clients that have been offered it */
    size_t         former_count;
    bool           ended;       /* its last event has come */
    bool           losing;      /* it was taken away, and its thread has not left yet */
    int64_t        reported_ms; /* when it was last told to */
    bool           lost;        /* somebody has lost it, and may not command it any more */
    bool           fenced;      /* it is listed only for that */
    char           cause[FSZ_CONTROL_CAUSE_BYTES]; /* of the hangup */
    char           replacement[FSZ_CALL_BYTES];    /* its last event has named who goes on for it */
    bool           left;    /* its thread has; the hangup is still to be told */
    int64_t        left_ms; /* when */
    UT_hash_handle hh;      /* by call; a reference */
    bool           is_listed;
};

/* With one reference. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_control_new(const struct fsz_host *host, const char *call,
                                      struct fsz_control **ret_control);
struct fsz_control   *fsz_control_ref(struct fsz_control *control);
/* Accepts NULL in *hold. */
void fsz_control_unref(struct fsz_control **control);

/* It is offered, once more perhaps. The call's thread. */
void fsz_control_begin(struct fsz_control *control);
/* Sets the state, unless it is over already or held by another lease, and wakes the call's thread.
 * False: it is. Any thread. */
bool fsz_control_end(struct fsz_control *control, uint64_t lease, enum fsz_control_state state);
/* The same, to another service with that data, which may be NULL. */
bool fsz_control_hand_over(struct fsz_control *control, uint64_t lease, const char *service,
                           const json_t *data);
/* Its thread has not left yet: it is woken again, and told to end what it runs. Any thread. */
void fsz_control_nudge(const struct fsz_control *control);
/* Is it held under that lease, and not given back yet? Any thread. */
bool fsz_control_is_of(struct fsz_control *control, uint64_t lease);
/* May what was asked for under that lease still be done? Not once it was taken away. Any thread. */
bool fsz_control_obeys(struct fsz_control *control, uint64_t lease);
/* Something was queued for it. Any thread. */
void                   fsz_control_poke(struct fsz_control *control);
enum fsz_control_state fsz_control_state(struct fsz_control *control);

#endif
