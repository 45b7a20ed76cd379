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
/* Both cannot be opened at once: the same address in the same way, or the same tcp port with one of
 * the hosts a wildcard that covers the other. Both are well formed. `ipv6` as the stream of each
 * has it. */
bool fsz_endpoint_clashes(const struct fsz_endpoint *a, bool a_ipv6, const struct fsz_endpoint *b,
                          bool b_ipv6);

#endif
