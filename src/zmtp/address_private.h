/* address_private.h - socket addresses of interfaces and zones. Any thread. */
#ifndef FSZ_ZMTP_ADDRESS_PRIVATE_H
#define FSZ_ZMTP_ADDRESS_PRIVATE_H

#include "zmtp/address.h"

/* `host` without the brackets that an IPv6 number may have. FSZ_EINVALID: one is missing, or it
 * is longer than `size`. */
FSZ_NODISCARD fsz_err fsz_address_strip(const char *host, char *ret_bare, size_t size);
/* The first IPv6 address of an interface if `ipv6` and it has one, else its first IPv4 address.
 * FSZ_ENOTFOUND: there is no such interface, or it has none. FSZ_ESYSTEM. */
FSZ_NODISCARD fsz_err fsz_address_of_interface(const char *name, uint16_t port, bool ipv6,
                                               struct fsz_address *ret_address);
/* The wildcard address of a family. */
void fsz_address_of_any(sa_family_t family, uint16_t port, struct fsz_address *ret_address);
void fsz_address_set_port(struct fsz_address *address, uint16_t port);

#endif
