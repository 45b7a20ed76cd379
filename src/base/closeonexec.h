/* closeonexec.h - marks descriptors that a library opened behind our back.
 *
 * OpenPGM opens its own without O_CLOEXEC, in a thread of libzmq's: all at once, none later.
 * Between begin and end, whatever datagram or raw socket, eventfd, epoll, timerfd or pipe appears
 * in this process without the flag gets it. One that another thread opened in that moment gets it
 * too: nobody hands such a descriptor to a program without dup2(), which clears it. Stream thread
 * only. */
#ifndef FSZ_CLOSEONEXEC_H
#define FSZ_CLOSEONEXEC_H

#include <stdint.h>

enum { FSZ_CLOSEONEXEC_FDS = 65536 }; /* descriptors above it are not looked at */

struct fsz_closeonexec {
    uint64_t present[FSZ_CLOSEONEXEC_FDS / 64]; /* a bit for each open before */
};

void fsz_closeonexec_begin(struct fsz_closeonexec *before);
typedef void (*fsz_descriptor_fn)(int fd, void *argument);

/* Waits until new ones have appeared and no more come, at most `settle_ms`; returns how many it
 * marked. `found` (may be NULL) is called with each that is new, again and again: the library goes
 * on setting it up meanwhile. */
int fsz_closeonexec_end(const struct fsz_closeonexec *before, int settle_ms,
                        fsz_descriptor_fn found, void *argument);

#endif
