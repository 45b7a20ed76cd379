/* peer.h - the peer that a message came from, as access control (access.h) named it.
 *
 * On our own wire the connection knows (fsz_peer_of_conn()). Access control answers libzmq with the
 * user id `NAME#SERIAL#PROOF#MARK` (RFC 27): the user's name, or nothing, a number that no other
 * connection of this process has had, what stands for the key or password that was shown, and a
 * random text of this process. libzmq puts it into each message of that connection; where nobody
 * was asked it puts in what the peer itself says (RFC 23, metadata), which never has the mark. */
#ifndef FSZ_PEER_H
#define FSZ_PEER_H

#include "users.h"

#include <stdint.h>

struct fsz_conn;

enum {
    FSZ_PEER_ADDRESS_BYTES = 128,
    FSZ_PEER_ID_BYTES = FSZ_USER_NAME_MAX + 60,
    FSZ_PEERS_MAX = 65536, /* remembered, unless fsz_peers_set_max() says otherwise */
};

struct fsz_peer {
    char     user[FSZ_USER_NAME_MAX + 1];     /* empty: no name */
    uint64_t serial;                          /* 0: the socket asks nobody who it is */
    uint64_t proof;                           /* of what it showed; 0: nothing */
    char     address[FSZ_PEER_ADDRESS_BYTES]; /* numeric, without a port; empty: ipc, inproc */
    int      fd;                              /* of the connection; -1: not known */
};

/* The peer of a connection that is ready: its serial is the connection's id, and it has no
 * descriptor. Any thread. */
void fsz_peer_of_conn(const struct fsz_conn *conn, struct fsz_peer *ret_peer);
/* Reads it from a message just received (a zmq_msg_t). Any thread. */
void fsz_peer_of_message(void *message, struct fsz_peer *ret_peer);
/* The user id to answer with, from user, serial and proof. Any thread. */
void fsz_peer_write_id(const struct fsz_peer *peer, char ret_id[FSZ_PEER_ID_BYTES]);
/* Stands for a key, or for a password's hash, as the users file has it; never 0, and another in
 * each process. Any thread. */
uint64_t fsz_peer_proof(const char *credential);
/* libzmq's text of an address as our lists know it: IPv4 that came through IPv6 is IPv4, a peer
 * through ipc or inproc has the empty one. Points into `address`. */
const char *fsz_peer_plain_address(const char *address);

/* The peers of one socket, so that one can be cut off. Belongs to that socket's thread. */
struct fsz_peers;

FSZ_NODISCARD fsz_err fsz_peers_new(struct fsz_peers **ret_peers);
void                  fsz_peers_free(struct fsz_peers **peers);
void                  fsz_peers_set_max(struct fsz_peers *peers, size_t max);
/* Remembers the peer, if it is new, and looks whether two others are gone, which it then forgets.
 * One without a connection of its own (inproc) is not remembered. FSZ_ELIMIT, FSZ_ENOMEM: it can't
 * be cut off; the next call tries again. */
FSZ_NODISCARD fsz_err fsz_peers_see(struct fsz_peers *peers, const struct fsz_peer *peer);
/* Ends the connection of each peer for which `stays` is false; returns how many. A descriptor that
 * now belongs to another connection is left alone. */
size_t fsz_peers_cut(struct fsz_peers *peers,
                     bool (*stays)(const struct fsz_peer *peer, void *argument), void *argument);
/* How many are remembered; some may be gone. */
size_t fsz_peers_count(const struct fsz_peers *peers);

#endif
