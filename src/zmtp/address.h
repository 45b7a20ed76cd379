/* SPDX-License-Identifier: MPL-2.0 */
/* address.h - converts endpoints as libzmq writes them (zmq_tcp(7), zmq_ipc(7)) to socket addresses
 * and back. No function here waits; those that may wait for a name server are in resolver.h. Any
 * thread. */
#ifndef FSZ_ZMTP_ADDRESS_H
#define FSZ_ZMTP_ADDRESS_H

#include "zmtp/zmtp.h"

#include <sys/socket.h>
#include <sys/un.h>

enum {
    FSZ_ADDRESS_TEXT_BYTES = 256, /* of an endpoint's text */
    FSZ_ADDRESS_HOST_BYTES = 256,
    FSZ_ADDRESS_WHY_BYTES = 160
};

struct fsz_address {
    socklen_t size;
    union {
        struct sockaddr         any;
        struct sockaddr_storage storage;
        struct sockaddr_un      local;
    };
};

/* A parsed endpoint, not resolved yet. */
struct fsz_endpoint_parts {
    bool is_ipc;
    char path[sizeof(((struct sockaddr_un *)0)->sun_path) +
              1];                        /* ipc; `@name`: an abstract socket */
    char host[FSZ_ADDRESS_HOST_BYTES];   /* tcp: `*`, a number, an interface or a name */
    char source[FSZ_ADDRESS_HOST_BYTES]; /* tcp, connect only: from `tcp://source:port;host:port`;
                                            or empty */
    uint16_t port, source_port; /* 0 (`*` or 0): the system chooses; a peer's port is never 0 */
};

/* Does this folder serve it: is it `tcp://` or `ipc://`? */
bool fsz_address_is_ours(const char *endpoint);
/* FSZ_EINVALID: `ret_why` is the reason, in words for a user. `connect`: the endpoint is a peer's.
 */
FSZ_NODISCARD fsz_err fsz_address_parse(const char *endpoint, bool connect,
                                        struct fsz_endpoint_parts *ret_parts,
                                        char                       ret_why[FSZ_ADDRESS_WHY_BYTES]);
/* The address to listen at: a number, `*`, the name of an interface (getifaddrs(3)) or a path. Asks
 * no name server. `ipv6`: IPv6 numbers are allowed, and `*` is IPv6 that accepts IPv4 too.
 * FSZ_EINVALID: `ret_why` is the reason. */
FSZ_NODISCARD fsz_err fsz_address_of_listener(const struct fsz_endpoint_parts *parts, bool ipv6,
                                              struct fsz_address *ret_address,
                                              char                ret_why[FSZ_ADDRESS_WHY_BYTES]);
/* The address of a peer or of `source`, given as a number. FSZ_ENOTFOUND: `host` is a name, which a
 * resolver has to look up. */
FSZ_NODISCARD fsz_err fsz_address_of_number(const char *host, uint16_t port, bool ipv6,
                                            struct fsz_address *ret_address);
FSZ_NODISCARD fsz_err fsz_address_of_path(const char *path, struct fsz_address *ret_address,
                                          char ret_why[FSZ_ADDRESS_WHY_BYTES]);
/* Writes `tcp://127.0.0.1:5556`, `tcp://[::1]:5556`, `ipc:///run/x` or `ipc://@x`, as libzmq's
 * ZMQ_LAST_ENDPOINT does. */
void fsz_address_write(const struct fsz_address *address, char ret_text[FSZ_ADDRESS_TEXT_BYTES]);
/* Writes the number without a port. An IPv4 address mapped to IPv6 is written as IPv4; ipc gives an
 * empty text. */
void fsz_address_write_host(const struct fsz_address *address,
                            char                      ret_text[FSZ_ADDRESS_HOST_BYTES]);

#endif
