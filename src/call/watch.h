/* SPDX-License-Identifier: MPL-2.0 */
/* watch.h - events of controlled calls, for their controllers.
 *
 * Switch threads look up each event in a table of calls. Events that the controller has subscribed
 * to, and the last event of each call, go to the API thread as JSON. */
#ifndef FSZ_WATCH_H
#define FSZ_WATCH_H

#include "base/buffer.h"
#include "call/control_private.h"
#include "event/event.h"
#include "event/selection.h"

struct fsz_watch;

/* Bytes of events in the mailbox of the API thread. Above that events are dropped, except a call's
 * last one. */
enum { FSZ_WATCH_BYTES_MAX = 64 << 20 };

/* The API thread's handler of an event; frees nothing. `control` is the table's. */
typedef void (*fsz_watch_fn)(void *reader, struct fsz_control *control, const char *type,
                             const struct fsz_buffer *text, bool last);

/* `watched`: the caller's count of entries that look at events. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_watch_new(struct fsz_mailbox *mailbox, _Atomic uint32_t *watched,
                                    fsz_watch_fn take, struct fsz_watch **ret_watch);
/* No thread may be in fsz_watch_see(). Accepts NULL in *watch. */
void fsz_watch_free(struct fsz_watch **watch);

/* Watches the call; takes a reference. FSZ_ENOMEM. API thread, as the next two. */
FSZ_NODISCARD fsz_err fsz_watch_add(struct fsz_watch *watch, struct fsz_control *control);
void                  fsz_watch_remove(struct fsz_watch *watch, struct fsz_control *control);
/* Takes ownership of *types; NULL: no event types. */
void fsz_watch_subscribe(struct fsz_watch *watch, struct fsz_control *control,
                         struct fsz_selection **types);

/* How many events were dropped. Any thread. */
uint64_t fsz_watch_dropped(const struct fsz_watch *watch);

/* An event of the switch. Any thread; the lock is held for a look-up. */
void fsz_watch_see(struct fsz_watch *watch, const struct fsz_event *event);

#endif
