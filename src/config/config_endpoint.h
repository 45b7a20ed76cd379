/* SPDX-License-Identifier: MPL-2.0 */
/* config_endpoint.h - checks the form of endpoint addresses, and whether two of them clash.
 *
 * Reads only the text; whether an address is available shows when it is bound. Any thread. */
#ifndef FSZ_CONFIG_ENDPOINT_H
#define FSZ_CONFIG_ENDPOINT_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct fsz_endpoint;

enum {
    FSZ_ADDRESS_MAX = 255,   /* bytes of an address */
    FSZ_IPC_PATH_MAX = 107,  /* sun_path without the NUL */
    FSZ_INTERFACE_MAX = 15,  /* IFNAMSIZ without the NUL */
    FSZ_HOST_NAME_MAX = 253, /* DNS */
};

/* FSZ_EINVALID: the address cannot be bound or connected; ret_why says which form is allowed. */
FSZ_NODISCARD fsz_err fsz_endpoint_check(const struct fsz_endpoint *endpoint, char *ret_why,
                                         size_t why_bytes);
/* pgm:// or epgm://. */
bool fsz_endpoint_is_multicast(const char *address);
/* True if both cannot be open at once: the same address, both bound or both connected; or the same
 * tcp port, where the host of one is a wildcard that covers the other. Both must be valid. `a_ipv6`
 * and `b_ipv6` are the settings of their sockets. */
bool fsz_endpoint_clashes(const struct fsz_endpoint *a, bool a_ipv6, const struct fsz_endpoint *b,
                          bool b_ipv6);

#endif
