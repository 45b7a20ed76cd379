/* pace.h - how thick events come, and whether the next ones are worth a wait.
 *
 * Waking a thread costs more than sending an event does. Where enough events are to be expected
 * while the stream thread sleeps, it sleeps and sends them together; where not, each goes out at
 * once. Belongs to one thread. */
#ifndef FSZ_PACE_H
#define FSZ_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FSZ_PACE_WINDOW_MS = 10, /* over which events are counted; longer ones hold a pause */
    FSZ_PACE_WORTH = 4,      /* events to be expected that make a wait worth while */
};

/* All zero at first. */
struct fsz_pace {
    int64_t since_ms; /* when the window began */
    int64_t count;    /* events in it */
    int64_t per_s;    /* events a second in the window before */
};

/* `taken` events came since the last call. `now_ms`: fsz_now_ms(). */
void fsz_pace_note(struct fsz_pace *pace, size_t taken, int64_t now_ms);
/* Are so many events to be expected within `gather_us` that they are worth the wait? */
bool fsz_pace_is_thick(const struct fsz_pace *pace, int64_t gather_us);

#endif
