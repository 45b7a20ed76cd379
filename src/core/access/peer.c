#include "peer.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

enum { PEER_MARK_BYTES = 8 };

static char           peer_mark[2 * PEER_MARK_BYTES + 1]; /* hexadecimal */
static unsigned char  peer_key[crypto_shorthash_KEYBYTES];
static pthread_once_t peer_mark_once = PTHREAD_ONCE_INIT;

static void peer_make_mark(void)
{
    unsigned char bytes[PEER_MARK_BYTES];
    (void)!sodium_init(); /* its random source works without too */
    randombytes_buf(bytes, sizeof(bytes));
    randombytes_buf(peer_key, sizeof(peer_key));
    sodium_bin2hex(peer_mark, sizeof(peer_mark), bytes, sizeof(bytes));
}

static const char *peer_get_mark(void)
{
    pthread_once(&peer_mark_once, peer_make_mark);
    return peer_mark;
}

void fsz_peer_write_id(const struct fsz_peer *peer, char ret_id[FSZ_PEER_ID_BYTES])
{
    snprintf(ret_id, FSZ_PEER_ID_BYTES, "%.*s#%" PRIu64 "#%" PRIx64 "#%s", FSZ_USER_NAME_MAX,
             peer->user, peer->serial, peer->proof, peer_get_mark());
}

uint64_t fsz_peer_proof(const char *credential)
{
    uint64_t proof = 0;
    _Static_assert(sizeof(proof) == crypto_shorthash_BYTES, "SipHash-2-4");
    pthread_once(&peer_mark_once, peer_make_mark);
    crypto_shorthash((unsigned char *)&proof, (const unsigned char *)credential, strlen(credential),
                     peer_key);
    return proof != 0 ? proof : 1;
}

/* One that is not of our making gives the peer no name and no number. */
static void peer_read_id(const char *id, struct fsz_peer *peer)
{
    const char *mark = peer_get_mark();
    size_t      name_size = strcspn(id, "#");
    char       *end = NULL, *proof_end = NULL;
    if (name_size > FSZ_USER_NAME_MAX || id[name_size] != '#' ||
        !isdigit((unsigned char)id[name_size + 1])) {
        return;
    }
    errno = 0;
    unsigned long long serial = strtoull(id + name_size + 1, &end, 10);
    if (errno != 0 || *end != '#' || !isxdigit((unsigned char)end[1])) {
        return;
    }
    unsigned long long proof = strtoull(end + 1, &proof_end, 16);
    if (errno != 0 || *proof_end != '#' || strlen(proof_end + 1) != strlen(mark) ||
        sodium_memcmp(proof_end + 1, mark, strlen(mark)) != 0) {
        return;
    }
    memcpy(peer->user, id, name_size);
    peer->user[name_size] = '\0';
    peer->serial = serial;
    peer->proof = proof;
}

/* libzmq has ipc peers as `localhost:uid:gid:pid`, `:uid:gid:pid` or nothing; no IP address looks
 * so. */
static bool peer_is_local(const char *address)
{
    return strncmp(address, "localhost:", 10) == 0 || (address[0] == ':' && address[1] != ':');
}

const char *fsz_peer_plain_address(const char *address)
{
    static const char mapped[] = "::ffff:";
    if (peer_is_local(address)) {
        return address + strlen(address);
    }
    bool is_mapped = strncmp(address, mapped, sizeof(mapped) - 1) == 0 && strchr(address, '.');
    return is_mapped ? address + sizeof(mapped) - 1 : address;
}

void fsz_peer_of_message(void *message, struct fsz_peer *ret_peer)
{
    const char *id = zmq_msg_gets(message, "User-Id");
    const char *address = zmq_msg_gets(message, "Peer-Address");
    memset(ret_peer, 0, sizeof(*ret_peer));
    if (id != NULL) {
        peer_read_id(id, ret_peer);
    }
    if (address != NULL) {
        snprintf(ret_peer->address, sizeof(ret_peer->address), "%s",
                 fsz_peer_plain_address(address));
    }
    ret_peer->fd = zmq_msg_get(message, ZMQ_SRCFD);
}
