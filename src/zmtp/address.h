/* address.h - endpoints as libzmq writes them (zmq_tcp(7), zmq_ipc(7)): texts to socket addresses
 * and back. Functions that may wait for a name server are in resolver.h; these do not. Any thread.
 */
#ifndef FSZ_ZMTP_ADDRESS_H
#define FSZ_ZMTP_ADDRESS_H

#include "zmtp/zmtp.h"

#include <sys/socket.h>
#include <sys/un.h>

enum {
    FSZ_ADDRESS_TEXT_BYTES = 256, /* of an endpoint */
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

/* An endpoint taken apart, not resolved. */
struct fsz_endpoint_parts {
    bool is_ipc;
    char path[sizeof(((struct sockaddr_un *)0)->sun_path) + 1]; /* ipc; `@name` is abstract */
    char host[FSZ_ADDRESS_HOST_BYTES];   /* tcp; `*`, a number, an interface, or a name */
    char source[FSZ_ADDRESS_HOST_BYTES]; /* tcp, connect: `tcp://source:port;host:port`; or empty */
    uint16_t port, source_port;          /* 0: the system chooses (`*` or 0; never for a peer's) */
};

/* Is it `tcp://` or `ipc://`, which this folder serves? */
bool fsz_address_is_ours(const char *endpoint);
/* FSZ_EINVALID: `ret_why` says what is wrong, in words for a user. `connect`: it is a peer's. */
FSZ_NODISCARD fsz_err fsz_address_parse(const char *endpoint, bool connect,
                                        struct fsz_endpoint_parts *ret_parts,
                                        char                       ret_why[FSZ_ADDRESS_WHY_BYTES]);
/* Where to listen: numbers, `*`, names of interfaces (getifaddrs(3)), paths; no name server is
 * asked. `ipv6`: `*` is IPv6 that takes IPv4 too, and IPv6 numbers are allowed. */
FSZ_NODISCARD fsz_err fsz_address_of_listener(const struct fsz_endpoint_parts *parts, bool ipv6,
                                              struct fsz_address *ret_address,
                                              char                ret_why[FSZ_ADDRESS_WHY_BYTES]);
/* The same for a peer whose host is a number or a path, and for `source`. FSZ_ENOTFOUND: it is a
 * name, which a resolver has to look up. */
FSZ_NODISCARD fsz_err fsz_address_of_number(const char *host, uint16_t port, bool ipv6,
                                            struct fsz_address *ret_address);
FSZ_NODISCARD fsz_err fsz_address_of_path(const char *path, struct fsz_address *ret_address,
                                          char ret_why[FSZ_ADDRESS_WHY_BYTES]);
/* `tcp://127.0.0.1:5556`, `tcp://[::1]:5556`, `ipc:///run/x`, `ipc://@x`: as libzmq's
 * ZMQ_LAST_ENDPOINT has it. */
void fsz_address_write(const struct fsz_address *address, char ret_text[FSZ_ADDRESS_TEXT_BYTES]);
/* The number alone, without a port: an IPv4 address that came over IPv6 as IPv4; empty for ipc. */
void fsz_address_write_host(const struct fsz_address *address,
                            char                      ret_text[FSZ_ADDRESS_HOST_BYTES]);

#endif
