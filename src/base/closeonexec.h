/* SPDX-License-Identifier: MPL-2.0 */
/* closeonexec.h - sets the close-on-exec flag of descriptors that a library opened.
 *
 * OpenPGM opens its descriptors without O_CLOEXEC in a libzmq thread, all at once. Every datagram
 * or raw socket, eventfd, epoll, timerfd or pipe that appears in this process between begin and end
 * gets the flag. One that another thread opens at that moment gets it too. That is harmless: to
 * pass such a descriptor to a program, one uses dup2(), which clears the flag. Stream thread only.
 */
#ifndef FSZ_CLOSEONEXEC_H
#define FSZ_CLOSEONEXEC_H

#include <stdint.h>

enum { FSZ_CLOSEONEXEC_FDS = 65536 }; /* descriptors from this on are ignored */

struct fsz_closeonexec {
    uint64_t present[FSZ_CLOSEONEXEC_FDS / 64]; /* a bit for each descriptor open at begin */
};

void fsz_closeonexec_begin(struct fsz_closeonexec *before);
typedef void (*fsz_descriptor_fn)(int fd, void *argument);

/* Waits until new descriptors have appeared and no more follow, at most `settle_ms`. Returns how
 * many it marked. `found` (may be NULL) is called repeatedly with each new descriptor, because the
 * library still configures it meanwhile. */
int fsz_closeonexec_end(const struct fsz_closeonexec *before, int settle_ms,
                        fsz_descriptor_fn found, void *argument);

#endif
