/* SPDX-License-Identifier: MPL-2.0 */
/* waits.h - waits for the end of an application on a call.
 *
 * A wait has an id, which the switch repeats in each CHANNEL_EXECUTE_COMPLETE (Application-UUID)
 * and in PRIVATE_COMMAND (Event-UUID), after which no more follow (host.h). The wait ends with the
 * last of them, or with its call. Any thread; the lock is held for a look-up. */
#ifndef FSZ_WAITS_H
#define FSZ_WAITS_H

#include "base/mailbox.h"
#include "base/uuid.h"
#include "event/event.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct fsz_waits;

/* Embedded by its owner; valid until it is removed or its mail is opened. */
struct fsz_wait {
    struct fsz_mail     mail; /* posted when it ends; the owner sets `open` */
    struct fsz_mailbox *mailbox;
    char                id[FSZ_UUID_BYTES];
    const char         *call;
    const json_t       *names; /* variables to report with the end: an array, or NULL */
    int64_t             loops; /* runs still to end */
    /* Once posted: {"response", "variables"?} of the last run; NULL: it was cut short or did not
     * run. */
    json_t *result;
    /* Once posted: how that run was cut short, or why it did not run (ending.h); or NULL. */
    const char *ended;

    /* Private, under the lock. */
    bool             begun; /* it runs */
    unsigned         above; /* applications that run on top of it */
    const char      *mark;  /* `how` of fsz_waits_mark() */
    struct fsz_wait *next, *previous;
};

/* `watched` is the caller's: the number of waits. At 0 an event costs one atomic read. */
FSZ_NODISCARD fsz_err fsz_waits_new(_Atomic uint32_t *watched, struct fsz_waits **ret_waits);
/* No wait may be left. Accepts NULL in *waits. */
void fsz_waits_free(struct fsz_waits **waits);

void fsz_waits_add(struct fsz_waits *waits, struct fsz_wait *wait);
/* False: it has ended already, and its mail is posted. */
bool fsz_waits_remove(struct fsz_waits *waits, struct fsz_wait *wait);
/* Every application on the call is ended and the queue is dropped (`all`), or the uppermost
 * application is ended. Their waits end with `how`, static storage, unless the switch gives another
 * reason. */
void fsz_waits_mark(struct fsz_waits *waits, const char *call, const char *how, bool all);
/* An event of the switch, before clients get it: they may stop what has begun. */
void fsz_waits_see_begin(struct fsz_waits *waits, const struct fsz_event *event);
/* The same event, after clients got it: ends waits. Never blocks for long. */
void fsz_waits_see(struct fsz_waits *waits, const struct fsz_event *event);

#endif
