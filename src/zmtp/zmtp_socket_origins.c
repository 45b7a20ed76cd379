/* How many connections there may be, and of one address. */

#include "zmtp/zmtp_socket_private.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

static size_t origins_bound(const struct fsz_zmtp_limits *limits)
{
    if (limits->address_connections > 0) {
        return limits->address_connections;
    }
    return limits->connections - limits->connections / 4;
}

static void key_of_ipv6(const struct in6_addr *address, struct fsz_zmtp_origin_key *key)
{
    if (IN6_IS_ADDR_V4MAPPED(address)) {
        key->family = AF_INET;
        memcpy(key->bytes, &address->s6_addr[12], 4);
        return;
    }
    key->family = AF_INET6;
    memcpy(key->bytes, address->s6_addr, 8);
}

static struct fsz_zmtp_origin_key origin_key(int fd, const struct fsz_address *peer)
{
    struct fsz_zmtp_origin_key key;
    memset(&key, 0, sizeof(key));
    if (peer->any.sa_family == AF_INET6) {
        key_of_ipv6(&((const struct sockaddr_in6 *)&peer->storage)->sin6_addr, &key);
    } else if (peer->any.sa_family == AF_INET) {
        key.family = AF_INET;
        memcpy(key.bytes, &((const struct sockaddr_in *)&peer->storage)->sin_addr, 4);
    } else {
        struct ucred who = {.uid = (uid_t)-1};
        socklen_t    size = sizeof(who);
        (void)getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size);
        key.family = AF_UNIX;
        memcpy(key.bytes, &who.uid, sizeof(who.uid));
    }
    return key;
}

static unsigned origin_hash(const struct fsz_zmtp_socket     *socket,
                            const struct fsz_zmtp_origin_key *key)
{
    unsigned char digest[crypto_shorthash_BYTES];
    unsigned      hash;
    crypto_shorthash(digest, (const unsigned char *)key, sizeof(*key), socket->origins_key);
    memcpy(&hash, digest, sizeof(hash));
    return hash;
}

static struct fsz_zmtp_origin *origin_add(struct fsz_zmtp_socket           *socket,
                                          const struct fsz_zmtp_origin_key *key, unsigned hash)
{
    struct fsz_zmtp_origin *origin = calloc(1, sizeof(*origin));
    if (origin == NULL) {
        return NULL;
    }
    origin->key = *key;
    HASH_ADD_BYHASHVALUE(hh, socket->origins, key, sizeof(origin->key), hash, origin);
    if (origin->hh.tbl == NULL) { /* out of memory */
        free(origin);
        return NULL;
    }
    return origin;
}

bool fsz_zmtp_socket_count(struct fsz_zmtp_socket *socket, int fd, const struct fsz_address *peer,
                           struct fsz_zmtp_origin **ret_origin, enum fsz_zmtp_ending *ret_ending)
{
    const struct fsz_zmtp_limits *limits = &socket->limits;
    if (limits->connections > 0 && socket->accepted_now >= limits->connections) {
        *ret_ending = FSZ_ZMTP_END_CONNECTIONS;
        return false;
    }
    struct fsz_zmtp_origin_key key = origin_key(fd, peer);
    unsigned                   hash = origin_hash(socket, &key);
    struct fsz_zmtp_origin    *origin;
    HASH_FIND_BYHASHVALUE(hh, socket->origins, &key, sizeof(key), hash, origin);
    size_t bound = origins_bound(limits);
    if (origin != NULL && bound > 0 && origin->connections >= bound) {
        *ret_ending = FSZ_ZMTP_END_ADDRESS_CONNECTIONS;
        return false;
    }
    if (origin == NULL && (origin = origin_add(socket, &key, hash)) == NULL) {
        *ret_ending = FSZ_ZMTP_END_MEMORY;
        return false;
    }
    origin->connections++;
    socket->accepted_now++;
    *ret_origin = origin;
    return true;
}

void fsz_zmtp_socket_uncount(struct fsz_zmtp_socket *socket, struct fsz_zmtp_origin **origin)
{
    if (*origin == NULL) {
        return;
    }
    socket->accepted_now--;
    if (--(*origin)->connections == 0) {
        HASH_DEL(socket->origins, *origin);
        free(*origin);
    }
    *origin = NULL;
}
