/* peer.h - the peer of a connection, as access control (access.h) named it. */
#ifndef FSZ_PEER_H
#define FSZ_PEER_H

#include "keys/users.h"

#include <stdint.h>

struct fsz_conn;

enum { FSZ_PEER_ADDRESS_BYTES = 128 };

struct fsz_peer {
    char     user[FSZ_USER_NAME_MAX + 1];     /* empty: no name */
    uint64_t serial;                          /* the connection's id; 0: it has no connection */
    uint64_t proof;                           /* of what it showed; 0: nothing */
    char     address[FSZ_PEER_ADDRESS_BYTES]; /* numeric, without a port; empty: ipc, inproc */
};

/* The peer of a connection that is ready. Any thread. */
void fsz_peer_of_conn(const struct fsz_conn *conn, struct fsz_peer *ret_peer);
/* Stands for a key, or for a password's hash, as the users file has it; never 0, and another in
 * each process. Any thread. */
uint64_t fsz_peer_proof(const char *credential);

#endif
