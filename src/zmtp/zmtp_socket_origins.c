/* SPDX-License-Identifier: MPL-2.0 */
/* zmtp_socket_origins.c - bounds the number of connections, in total and for each address. */

#include "zmtp/zmtp_socket_private.h"

#include <stdlib.h>
#include <string.h>

static size_t origins_bound(const struct fsz_zmtp_limits *limits)
{
    if (limits->address_connections > 0) {
        return limits->address_connections;
    }
    return limits->connections - limits->connections / 4;
}

static unsigned origin_hash(const struct fsz_zmtp_socket *socket, const struct fsz_origin *key)
{
    unsigned char digest[crypto_shorthash_BYTES];
    unsigned      hash;
    crypto_shorthash(digest, (const unsigned char *)key, sizeof(*key), socket->origins_key);
    memcpy(&hash, digest, sizeof(hash));
    return hash;
}

static struct fsz_zmtp_origin *origin_add(struct fsz_zmtp_socket  *socket,
                                          const struct fsz_origin *key, unsigned hash)
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

/* False: the address connects too fast, or memory is short. */
static bool origin_may_come(struct fsz_zmtp_socket *socket, const struct fsz_origin *key,
                            unsigned hash, enum fsz_zmtp_ending *ret_ending)
{
    const struct fsz_rate *rate = &socket->limits.address_rate;
    int64_t                now_ms = fsz_loop_now_ms(socket->loop);
    fsz_err                err = FSZ_OK;
    if (rate->per_second > 0) {
        err = fsz_rates_take(&socket->rates, key, hash, rate, now_ms);
    }
    if (err != FSZ_OK) {
        *ret_ending = err == FSZ_EFULL ? FSZ_ZMTP_END_ADDRESS_RATE : FSZ_ZMTP_END_MEMORY;
    }
    return err == FSZ_OK;
}

bool fsz_zmtp_socket_count(struct fsz_zmtp_socket *socket, int fd, const struct fsz_address *peer,
                           struct fsz_zmtp_origin **ret_origin, enum fsz_zmtp_ending *ret_ending)
{
    const struct fsz_zmtp_limits *limits = &socket->limits;
    if (limits->connections > 0 && socket->accepted_now >= limits->connections) {
        *ret_ending = FSZ_ZMTP_END_CONNECTIONS;
        return false;
    }
    struct fsz_origin key;
    fsz_origin_of(fd, peer, &key);
    unsigned                hash = origin_hash(socket, &key);
    struct fsz_zmtp_origin *origin;
    HASH_FIND_BYHASHVALUE(hh, socket->origins, &key, sizeof(key), hash, origin);
    size_t bound = origins_bound(limits);
    if (origin != NULL && bound > 0 && origin->connections >= bound) {
        *ret_ending = FSZ_ZMTP_END_ADDRESS_CONNECTIONS;
        return false;
    }
    if (!origin_may_come(socket, &key, hash, ret_ending)) {
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
