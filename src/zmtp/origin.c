/* SPDX-License-Identifier: MPL-2.0 */
#include "zmtp/origin.h"

#include <netinet/in.h>
#include <string.h>

static void origin_of_ipv6(const struct in6_addr *address, struct fsz_origin *origin)
{
    if (IN6_IS_ADDR_V4MAPPED(address)) {
        origin->family = AF_INET;
        memcpy(origin->bytes, &address->s6_addr[12], 4);
        return;
    }
    origin->family = AF_INET6;
    memcpy(origin->bytes, address->s6_addr, 8);
}

void fsz_origin_of(int fd, const struct fsz_address *peer, struct fsz_origin *ret_origin)
{
    memset(ret_origin, 0, sizeof(*ret_origin));
    if (peer->any.sa_family == AF_INET6) {
        origin_of_ipv6(&((const struct sockaddr_in6 *)&peer->storage)->sin6_addr, ret_origin);
    } else if (peer->any.sa_family == AF_INET) {
        ret_origin->family = AF_INET;
        memcpy(ret_origin->bytes, &((const struct sockaddr_in *)&peer->storage)->sin_addr, 4);
    } else {
        struct ucred who = {.uid = (uid_t)-1};
        socklen_t    size = sizeof(who);
        (void)getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size);
        ret_origin->family = AF_UNIX;
        memcpy(ret_origin->bytes, &who.uid, sizeof(who.uid));
    }
}
