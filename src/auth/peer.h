/* SPDX-License-Identifier: MPL-2.0 */
/* peer.h - the peer of a connection, as identified by access control (access.h). */
#ifndef FSZ_PEER_H
#define FSZ_PEER_H

#include "keys/users.h"

#include <stdint.h>

struct fsz_conn;

enum { FSZ_PEER_ADDRESS_BYTES = 128 };

struct fsz_peer {
    char     user[FSZ_USER_NAME_MAX + 1];     /* empty: no name */
    uint64_t serial;                          /* id of the connection; 0: none */
    uint64_t proof;                           /* of its credentials; 0: none */
    char     address[FSZ_PEER_ADDRESS_BYTES]; /* numeric, without a port; empty: ipc, inproc */
};

/* The peer of a connection that is ready. Any thread. */
void fsz_peer_of_conn(const struct fsz_conn *conn, struct fsz_peer *ret_peer);
/* A hash of a key or of a password's hash, as written in the users file. Never 0; differs between
 * processes. Any thread. */
uint64_t fsz_peer_proof(const char *credential);

#endif
