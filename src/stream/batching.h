/* SPDX-License-Identifier: MPL-2.0 */
/* batching.h - decides whether the next events are frequent enough to wait for.
 *
 * Waking a thread costs more than sending an event. If enough events are expected within a wait,
 * they are queued, and the stream thread sleeps and sends them together. If not, each is sent at
 * once. Any thread; never blocks. */
#ifndef FSZ_BATCHING_H
#define FSZ_BATCHING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    FSZ_BATCHING_WORTH = 4, /* a wait is worth while if so many events are expected in it */
};

/* Zero-initialized. */
struct fsz_batching {
    /* When the next event would be due if events came just often enough for a wait. It runs ahead
     * of the time while they come more often. */
    _Atomic int64_t due_us;
};

/* Notes an event at `now_us` (microseconds of any clock). Returns what fsz_batching_is_thick()
 * would return, this event included. */
bool fsz_batching_note(struct fsz_batching *batching, int64_t batch_us, int64_t now_us);
/* Whether events come so often that a wait of `batch_us` is worth while. */
bool fsz_batching_is_thick(const struct fsz_batching *batching, int64_t batch_us, int64_t now_us);

#endif
