/* peerlink.h - a connection of libzmq's, known by its descriptor, to be looked at and cut off.
 *
 * libzmq closes descriptors on threads of its own, and the number may then be another file's. So
 * which socket it is, is remembered too. Any thread. */
#ifndef FSZ_PEERLINK_H
#define FSZ_PEERLINK_H

#include "peer.h"

#include <stdbool.h>
#include <sys/types.h>

struct fsz_link {
    int   fd;
    dev_t device;
    ino_t inode;
};

/* The connection that has the peer's descriptor now. False: the descriptor is no socket, or its
 * other end is not at the peer's address: the peer's connection has ended. */
bool fsz_link_find(const struct fsz_peer *peer, struct fsz_link *ret_link);
/* Whatever connection has this descriptor now. False: it is no socket. */
bool fsz_link_of(int fd, struct fsz_link *ret_link);
/* Is that connection still open on our side? */
bool fsz_link_is_open(const struct fsz_link *link);
/* Ends the connection in both directions; libzmq then drops it. False: it was gone. */
bool fsz_link_cut(const struct fsz_link *link);

#endif
