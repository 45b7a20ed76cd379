/* watch.h - events of calls that are held, for their holders.
 *
 * A table of calls that switch threads look into with each event; what a holder has subscribed to,
 * and the last event of each call, goes to the API thread as JSON. */
#ifndef FSZ_WATCH_H
#define FSZ_WATCH_H

#include "base/buffer.h"
#include "call/control_private.h"
#include "event/event.h"
#include "event/selection.h"

struct fsz_watch;

/* Of events on their way to the API thread. Once they are that many, more are dropped, but for a
 * call's last one. */
enum { FSZ_WATCH_BYTES_MAX = 64 << 20 };

/* What the API thread does with an event; frees nothing. `hold` is the table's. */
typedef void (*fsz_watch_fn)(void *reader, struct fsz_control *control, const char *kind,
                             const struct fsz_buffer *text, bool last);

/* `watched`: the caller's count of those who look at events. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_watch_new(struct fsz_mailbox *mailbox, _Atomic uint32_t *watched,
                                    fsz_watch_fn take, struct fsz_watch **ret_watch);
/* Nobody may be in fsz_watch_see() any more. Accepts NULL in *watch. */
void fsz_watch_free(struct fsz_watch **watch);

/* From now on; a reference is taken. FSZ_ENOMEM. API thread, like the next two. */
FSZ_NODISCARD fsz_err fsz_watch_add(struct fsz_watch *watch, struct fsz_control *control);
void                  fsz_watch_remove(struct fsz_watch *watch, struct fsz_control *control);
/* Takes *kinds over; NULL: none. */
void fsz_watch_subscribe(struct fsz_watch *watch, struct fsz_control *control,
                         struct fsz_selection **kinds);

/* Events that were dropped. Any thread. */
uint64_t fsz_watch_dropped(const struct fsz_watch *watch);

/* An event of the switch. Any thread; the lock is held for a look-up. */
void fsz_watch_see(struct fsz_watch *watch, const struct fsz_event *event);

#endif
