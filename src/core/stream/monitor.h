/* monitor.h - what libzmq tells of a socket's connections (zmq_socket_monitor(3)). Belongs to the
 * thread of the socket. */
#ifndef FSZ_MONITOR_H
#define FSZ_MONITOR_H

#include "inflow.h"

#include <stdbool.h>
#include <stdint.h>

struct fsz_connections {
    uint64_t open;        /* now, over tcp and ipc, handshake done or not */
    uint64_t subscribers; /* of them, those past the handshake */
    uint64_t accepted, handshakes_failed, disconnected;
    uint64_t mismatched; /* of handshakes_failed: another security mechanism than ours was shown */
    uint64_t broken_off; /* and: the other side ended the connection in the middle of it */
    /* Of a socket with one endpoint that it connects to: the connection has ended, and libzmq does
     * not try again. It does not after a peer that broke the protocol, or sent too large a message.
     */
    bool given_up;
};

/* The PAIR that gets the events of `socket`, or NULL. */
void *fsz_monitor_new(void *context, void *socket, const char *name);
/* Stops them; accepts a NULL in *monitor. */
void fsz_monitor_free(void **monitor, void *socket);
/* Reads what there is into the counts; new connections are watched by `inflow`. */
void fsz_monitor_read(void *monitor, struct fsz_connections *connections,
                      struct fsz_inflow *inflow);

#endif
