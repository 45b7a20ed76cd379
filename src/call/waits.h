/* waits.h - who waits for the end of an application on a call.
 *
 * A wait has an id that the switch gives back with each CHANNEL_EXECUTE_COMPLETE (Application-UUID)
 * and with PRIVATE_COMMAND (Event-UUID), behind which no more come: host.h. It ends with the last
 * one, or with its call. Any thread; the lock is held for a look-up. */
#ifndef FSZ_WAITS_H
#define FSZ_WAITS_H

#include "base/mailbox.h"
#include "base/uuid.h"
#include "event/event.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct fsz_waits;

/* Embedded in what waits, and valid until it is removed or its mail was opened. */
struct fsz_wait {
    struct fsz_mail     mail; /* posted when it ended; `open` is set by the owner */
    struct fsz_mailbox *mailbox;
    char                id[FSZ_UUID_BYTES];
    const char         *call;
    const json_t       *names; /* variables that are wanted with the end: an array, or NULL */
    int64_t             loops; /* ends that are still to come */
    /* Once posted: {"response", "variables"?} of the last run, or NULL: it did not run to an end.
     */
    json_t *result;
    /* Once posted: how that run was cut short, or why there was none (ending.h); or NULL. */
    const char      *ended;
    bool             begun;           /* the waits' own, under their lock: it runs */
    unsigned         above;           /* likewise: applications that run on top of it */
    const char      *mark;            /* likewise: what fsz_waits_mark() said */
    struct fsz_wait *next, *previous; /* the waits' own, under their lock */
};

/* `watched` is the caller's: how many wait, so that with none an event costs one atomic read. */
FSZ_NODISCARD fsz_err fsz_waits_new(_Atomic uint32_t *watched, struct fsz_waits **ret_waits);
/* None may be left. Accepts NULL in *waits. */
void fsz_waits_free(struct fsz_waits **waits);

void fsz_waits_add(struct fsz_waits *waits, struct fsz_wait *wait);
/* False: it has ended, and its mail is posted. */
bool fsz_waits_remove(struct fsz_waits *waits, struct fsz_wait *wait);
/* Everything on the call is ended and what is queued is dropped (`all`), or the uppermost
 * application is ended. If the switch gives no other reason, a wait for it ends with `how`. Static
 * storage. */
void fsz_waits_mark(struct fsz_waits *waits, const char *call, const char *how, bool all);
/* An event of the switch, before anybody hears of it: whoever does may stop what has begun. */
void fsz_waits_see_begin(struct fsz_waits *waits, const struct fsz_event *event);
/* The same event, when others have heard of it: ends waits. Never blocks for long. */
void fsz_waits_see(struct fsz_waits *waits, const struct fsz_event *event);

#endif
