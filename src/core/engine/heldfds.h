/* heldfds.h - numbers of ended connections, not to be used again before the stream thread is ready.
 *
 * A subscription is told with the descriptor of its connection. libzmq up to 4.3.4 (its pull
 * request 4137) lets a subscription be given to a connection that has ended since, whose memory is
 * free by then: whoever is admitted could end the process, or get what another may see. A
 * connection's memory is freed after its descriptor is closed, so it is enough to look at the
 * descriptor - if the number can't be another connection's meanwhile. So in place of closing a
 * connection its descriptor is made one of an eventfd's, and closed once the stream thread has read
 * all that the connection had sent.
 *
 * Any thread but where said. Counted for the process; called by acceptguard.h. */
#ifndef FSZ_HELDFDS_H
#define FSZ_HELDFDS_H

#include <stdbool.h>
#include <stdint.h>

enum {
    FSZ_HELDFDS_MAX = 1024,     /* at once; then who closes waits for the stream thread, */
    FSZ_HELDFDS_WAIT_MS = 1000, /* so long at most, and closes in the usual way after that */
    FSZ_HELDFDS_NUMBERS = 1 << 20,
};

/* That descriptor is a new connection's. */
void fsz_heldfds_note(int fd);
/* Ends a connection and keeps its number. False: it is none, or nobody watches: to be closed. */
bool fsz_heldfds_hold(int fd);

/* The stream thread begins, and ends: it releases. */
void fsz_heldfds_watch(void);
void fsz_heldfds_unwatch(void);
/* Readable while numbers are held, to be polled by who watches; -1: none can be. */
int fsz_heldfds_ready(void);
/* All that are held now are below that mark. */
uint64_t fsz_heldfds_mark(void);
/* Closes those below it. */
void fsz_heldfds_release(uint64_t mark);

#endif
