/* SPDX-License-Identifier: MPL-2.0 */
#include "auth/peer.h"

#include "zmtp/zmtp_socket.h"

#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

static unsigned char  peer_key[crypto_shorthash_KEYBYTES];
static pthread_once_t peer_key_once = PTHREAD_ONCE_INIT;

static void peer_make_key(void)
{
    (void)!sodium_init(); /* its random source works even if this fails */
    randombytes_buf(peer_key, sizeof(peer_key));
}

void fsz_peer_of_conn(const struct fsz_conn *conn, struct fsz_peer *ret_peer)
{
    const struct fsz_conn_facts *facts = fsz_conn_facts(conn);
    struct fsz_zmtp_identity     identity = fsz_zmtp_socket_identity(conn);
    *ret_peer = (struct fsz_peer){.serial = facts->id, .proof = identity.tag};
    snprintf(ret_peer->user, sizeof(ret_peer->user), "%.*s", FSZ_USER_NAME_MAX, identity.user);
    snprintf(ret_peer->address, sizeof(ret_peer->address), "%.*s", FSZ_PEER_ADDRESS_BYTES - 1,
             facts->address);
}

uint64_t fsz_peer_proof(const char *credential)
{
    uint64_t proof = 0;
    _Static_assert(sizeof(proof) == crypto_shorthash_BYTES, "SipHash-2-4");
    pthread_once(&peer_key_once, peer_make_key);
    crypto_shorthash((unsigned char *)&proof, (const unsigned char *)credential, strlen(credential),
                     peer_key);
    return proof != 0 ? proof : 1;
}
