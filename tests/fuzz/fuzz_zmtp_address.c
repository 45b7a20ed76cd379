/* SPDX-License-Identifier: MPL-2.0 */
/* Endpoints: parsed values stay within their limits, and a written address parses to the same
 * address. The first byte says whether it is the endpoint of a peer, and whether IPv6 is on. */

#include "zmtp/address.h"

#include <stdlib.h>
#include <string.h>

static void demand(bool controls)
{
    if (!controls) {
        abort();
    }
}

/* In abstract names and paths, all but printable ASCII is written as "?". */
static bool is_written_as_it_is(const struct fsz_endpoint_parts *parts)
{
    for (const char *at = parts->path; *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20 || (unsigned char)*at >= 0x7F) {
            return false;
        }
    }
    return true;
}

static fsz_err resolve(const struct fsz_endpoint_parts *parts, bool ipv6,
                       struct fsz_address *ret_address)
{
    char why[FSZ_ADDRESS_WHY_BYTES];
    return parts->is_ipc ? fsz_address_of_path(parts->path, ret_address, why)
                         : fsz_address_of_number(parts->host, parts->port, ipv6, ret_address);
}

static void check_round_trip(const struct fsz_address *address)
{
    char                      text[FSZ_ADDRESS_TEXT_BYTES], host[FSZ_ADDRESS_HOST_BYTES];
    char                      why[FSZ_ADDRESS_WHY_BYTES];
    struct fsz_endpoint_parts parts;
    struct fsz_address        again;
    fsz_address_write(address, text);
    fsz_address_write_host(address, host);
    demand(strlen(text) < sizeof(text) && strlen(host) < sizeof(host));
    demand(fsz_address_parse(text, false, &parts, why) == FSZ_OK);
    demand(resolve(&parts, true, &again) == FSZ_OK);
    demand(again.size == address->size);
    demand(memcmp(&again.storage, &address->storage, address->size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char                      why[FSZ_ADDRESS_WHY_BYTES] = "";
    struct fsz_endpoint_parts parts;
    struct fsz_address        address;
    char                     *text = size > 0 ? strndup((const char *)data + 1, size - 1) : NULL;
    if (text == NULL) {
        return 0;
    }
    bool connect = (data[0] & 1) != 0, ipv6 = (data[0] & 2) != 0;
    if (fsz_address_parse(text, connect, &parts, why) != FSZ_OK) {
        demand(why[0] != '\0');
    } else {
        demand(fsz_address_is_ours(text));
        demand(!connect || parts.is_ipc || parts.port != 0);
        if (resolve(&parts, ipv6, &address) == FSZ_OK && is_written_as_it_is(&parts)) {
            check_round_trip(&address);
        }
    }
    free(text);
    return 0;
}
