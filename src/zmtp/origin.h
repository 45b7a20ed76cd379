/* SPDX-License-Identifier: MPL-2.0 */
/* origin.h - which peers count as one address for bounds per address: the same IPv4 address, the
 * same IPv6 /64 (what one host is usually given), or over ipc the same user. */
#ifndef FSZ_ZMTP_ORIGIN_H
#define FSZ_ZMTP_ORIGIN_H

#include "zmtp/address.h"

/* Unused bytes are zero, so that the whole struct can be hashed and compared. */
struct fsz_origin {
    uint8_t family; /* AF_INET, AF_INET6 or AF_UNIX */
    uint8_t bytes[8];
};

/* `fd` is connected to the peer; for ipc the user is read from it (SO_PEERCRED in unix(7)). Any
 * thread. */
void fsz_origin_of(int fd, const struct fsz_address *peer, struct fsz_origin *ret_origin);

#endif
