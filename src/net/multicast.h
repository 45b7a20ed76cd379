/* SPDX-License-Identifier: MPL-2.0 */
/* multicast.h - opens pgm and epgm endpoints so that they cannot end the process.
 *
 * libzmq opens these in an I/O thread and ends the process (errno_assert) when that fails: no right
 * to raw sockets, no such interface, a port in use, no free descriptor. OpenPGM ends it for a
 * window that it cannot allocate or a rate below one packet a second. Both leave their descriptors
 * open across exec. So the options are checked and the same system calls are tried first;
 * afterwards, new descriptors are marked close-on-exec. IPv4 only. Source: libzmq 4.3.4
 * session_base.cpp, pgm_socket.cpp; OpenPGM 5.3 rate_control.c, txw.c; zmq_pgm(7); RFC 3208. */
#ifndef FSZ_MULTICAST_H
#define FSZ_MULTICAST_H

#include <stddef.h>

/* Opens a sender with the socket's ZMQ_RATE, ZMQ_RECOVERY_IVL and ZMQ_MULTICAST_MAXTPDU. Returns 0,
 * or an errno with the reason in `why`. After that, ZMQ_LAST_ENDPOINT is what zmq_disconnect()
 * takes. Stream thread; takes up to FSZ_MULTICAST_SETTLE_MS. */
int fsz_multicast_open(void *socket, const char *address, char *why, size_t why_bytes);

enum {
    FSZ_MULTICAST_SETTLE_MS = 500,      /* for an I/O thread to open its descriptors */
    FSZ_MULTICAST_DESCRIPTORS = 16,     /* how many must be free */
    FSZ_MULTICAST_RATE_MAX = 2147483,   /* kbit/s; above it libzmq's arithmetic overflows an int */
    FSZ_MULTICAST_WINDOW_MAX = 1 << 30, /* bytes: rate x recovery; OpenPGM aborts without memory */
};

#endif
