/* origin.h - which peers count together where a bound holds for one address: those of an IPv4
 * address, of an IPv6 /64, which is what one host is given, or over ipc those of one user. */
#ifndef FSZ_ZMTP_ORIGIN_H
#define FSZ_ZMTP_ORIGIN_H

#include "zmtp/address.h"

/* Bytes that are not in use are zero, so that the whole may be hashed and compared. */
struct fsz_origin {
    uint8_t family; /* AF_INET, AF_INET6 or AF_UNIX */
    uint8_t bytes[8];
};

/* `fd` is connected to the peer: the user of one over ipc is asked of it (SO_PEERCRED in unix(7)).
 * Any thread. */
void fsz_origin_of(int fd, const struct fsz_address *peer, struct fsz_origin *ret_origin);

#endif
