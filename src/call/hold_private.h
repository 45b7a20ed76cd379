/* hold_private.h - a hold from the inside: hold.c (both threads), serve.c (the call's thread) and
 * holds.c (the API thread). */
#ifndef FSZ_HOLD_PRIVATE_H
#define FSZ_HOLD_PRIVATE_H

#include "base/mailbox.h"
#include "call/hold.h"
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

enum { FSZ_CALL_BYTES = 128, FSZ_HOLD_FORMER_MAX = 16, FSZ_HOLD_CAUSE_BYTES = 64 };

enum fsz_hold_state {
    FSZ_HOLD_ON,          /* offered or held */
    FSZ_HOLD_RELEASED,    /* what is queued is run before the call goes on */
    FSZ_HOLD_HANDED_OVER, /* the same; then to another service */
    FSZ_HOLD_LOST,        /* at once; what was queued is dropped */
    FSZ_HOLD_CLOSED,      /* likewise */
};

/* What its thread tells when a hold has ended. */
struct fsz_hold_leave {
    struct fsz_mail  mail;
    struct fsz_hold *hold; /* a reference, while it is on its way */
    char             reason[16], cause[FSZ_HOLD_CAUSE_BYTES];
    bool             again; /* it is offered once more: who was offered it stays fenced */
};

struct fsz_hold {
    struct fsz_offered_call offered; /* the call, for services */
    _Atomic unsigned        references;
    char                    call[FSZ_CALL_BYTES];
    const struct fsz_host  *host;

    /* Under the lock, which is held for a few instructions. */
    pthread_mutex_t     lock;
    pthread_cond_t      changed;
    bool                poked; /* somebody may be waiting for nothing */
    enum fsz_hold_state state;
    bool                leaves;  /* its thread is done with the call: nobody can take it any more */
    uint64_t            current; /* lease of who holds it; 0: nobody */
    enum fsz_on_lost    on_lost; /* of the service that held it last */
    char                next_service[FSZ_CONFIG_NAME_MAX + 1]; /* of a hand-over */
    json_t             *data;                                  /* and what goes with it; or NULL */

    json_t *executed; /* the call's thread */

    /* The call's thread, before it posts one; the API thread after that. Two, for the last may be
     * posted before the API thread has come to the one before; that, of an accepted offer, is read
     * before the next offer can be accepted. */
    struct fsz_hold_leave leave_again, leave_last;

    /* The API thread's (holds.c). */
    struct fsz_provider *holder;      /* NULL: nobody */
    struct fsz_hold     *next, *prev; /* of the holder's */
    uint64_t             lease;
    char           service[FSZ_CONFIG_NAME_MAX + 1]; /* whose worker controls it, or did last */
    uint64_t       former[FSZ_HOLD_FORMER_MAX];      /* clients that have been offered it */
    size_t         former_count;
    bool           ended;   /* its last event has come */
    bool           losing;  /* it was taken away, and its thread has not left yet */
    int64_t        told_ms; /* when it was last told to */
    bool           lost;    /* somebody has lost it, and may not command it any more */
    bool           fenced;  /* it is listed only for that */
    char           cause[FSZ_HOLD_CAUSE_BYTES]; /* of the hangup */
    char           heir[FSZ_CALL_BYTES];        /* its last event has named who goes on for it */
    bool           left;                        /* its thread has; the hangup is still to be told */
    int64_t        left_ms;                     /* when */
    UT_hash_handle hh;                          /* by call; a reference */
    bool           is_listed;
};

/* With one reference. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_hold_new(const struct fsz_host *host, const char *call,
                                   struct fsz_hold **ret_hold);
struct fsz_hold      *fsz_hold_ref(struct fsz_hold *hold);
/* Accepts NULL in *hold. */
void fsz_hold_unref(struct fsz_hold **hold);

/* It is offered, once more perhaps. The call's thread. */
void fsz_hold_begin(struct fsz_hold *hold);
/* Sets the state, unless it is over already or held by another lease, and wakes the call's thread.
 * False: it is. Any thread. */
bool fsz_hold_end(struct fsz_hold *hold, uint64_t lease, enum fsz_hold_state state);
/* The same, to another service with that data, which may be NULL. */
bool fsz_hold_hand_over(struct fsz_hold *hold, uint64_t lease, const char *service,
                        const json_t *data);
/* Its thread has not left yet: it is woken again, and told to end what it runs. Any thread. */
void fsz_hold_nudge(const struct fsz_hold *hold);
/* Is it held under that lease, and not given back yet? Any thread. */
bool fsz_hold_is_of(struct fsz_hold *hold, uint64_t lease);
/* May what was asked for under that lease still be done? Not once it was taken away. Any thread. */
bool fsz_hold_obeys(struct fsz_hold *hold, uint64_t lease);
/* Something was queued for it. Any thread. */
void                fsz_hold_poke(struct fsz_hold *hold);
enum fsz_hold_state fsz_hold_state(struct fsz_hold *hold);

#endif
