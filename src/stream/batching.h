/* batching.h - how thick events come, and whether the next ones are worth a wait.
 *
 * Waking a thread costs more than sending an event does. Where enough events are to be expected
 * within a wait, they are queued, and the stream thread sleeps and sends them together; where not,
 * each goes out at once. Any thread; nobody waits. */
#ifndef FSZ_BATCHING_H
#define FSZ_BATCHING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    FSZ_BATCHING_WORTH = 4, /* events to be expected that make a wait worth while */
};

/* All zero at first. */
struct fsz_batching {
    /* When the next event would come if events came just so thick that a wait is worth while. It
     * runs ahead of the time while they come thicker. */
    _Atomic int64_t due_us;
};

/* An event comes at `now_us` (microseconds of any clock). Returns what fsz_batching_is_thick()
 * would, this event included. */
bool fsz_batching_note(struct fsz_batching *batching, int64_t batch_us, int64_t now_us);
/* Have so many events come that more of them are to be expected within `batch_us` than make a
 * wait worth while? */
bool fsz_batching_is_thick(const struct fsz_batching *batching, int64_t batch_us, int64_t now_us);

#endif
