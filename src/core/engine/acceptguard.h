/* acceptguard.h - keeps libzmq from ending the process when there is no descriptor for a peer, and
 * from using a descriptor's number again too soon (heldfds.h).
 *
 * libzmq gets over few of the errors that accept4() gives on an ipc endpoint and ends the process
 * (errno_assert) over all others; the process's own limit of descriptors, EMFILE, is among those
 * (ipc_listener.cpp, 4.3.4 and later). So while it is taken, libzmq's own reference to accept4()
 * leads here, and errors come out as those that it gets over. A peer for which there is no
 * descriptor is cut off rather than left waiting, with a descriptor kept in reserve: otherwise its
 * listener stays readable and an I/O thread spins. Decision 6 says why this way.
 *
 * Any thread; counted, for the whole process, other users of libzmq in it included. */
#ifndef FSZ_ACCEPTGUARD_H
#define FSZ_ACCEPTGUARD_H

#include <stdbool.h>
#include <stdint.h>

/* To be called before the first endpoint is bound. */
void fsz_acceptguard_take(void);
/* The last one puts things back; then none of our code is in use by libzmq any more, which takes
 * FSZ_ACCEPTGUARD_SETTLE_MS. To be called when our own I/O threads have ended. */
void fsz_acceptguard_give(void);
/* False: not taken, or libzmq's reference was not found (an unknown build of it). */
bool fsz_acceptguard_is_on(void);
/* Peers refused for want of a descriptor since the process started. */
uint64_t fsz_acceptguard_refused(void);

enum {
    FSZ_ACCEPTGUARD_SETTLE_MS = 20,  /* for a thread that has just read the old reference */
    FSZ_ACCEPTGUARD_LEAVE_MS = 1000, /* at most, for one that is inside: accept4() does not block */
};

#endif
