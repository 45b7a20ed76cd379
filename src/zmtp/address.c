/* SPDX-License-Identifier: MPL-2.0 */
#include "zmtp/address.h"

#include "zmtp/address_private.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct sockaddr_in *address_v4(struct fsz_address *address)
{
    return (struct sockaddr_in *)&address->storage;
}

static struct sockaddr_in6 *address_v6(struct fsz_address *address)
{
    return (struct sockaddr_in6 *)&address->storage;
}

fsz_err fsz_address_strip(const char *host, char *ret_bare, size_t size)
{
    size_t length = strlen(host);
    bool   opens = length > 0 && host[0] == '[';
    bool   closes = length > 1 && host[length - 1] == ']';
    if (opens != closes || length >= size) {
        return FSZ_EINVALID;
    }
    memcpy(ret_bare, host + opens, length - 2 * (size_t)opens);
    ret_bare[length - 2 * (size_t)opens] = '\0';
    return FSZ_OK;
}

static void address_set_port(struct fsz_address *address, uint16_t port)
{
    if (address->any.sa_family == AF_INET6) {
        address_v6(address)->sin6_port = htons(port);
    } else {
        address_v4(address)->sin_port = htons(port);
    }
}

void fsz_address_of_any(sa_family_t family, uint16_t port, struct fsz_address *ret_address)
{
    struct fsz_address address = {.size = family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                                             : sizeof(struct sockaddr_in)};
    address.any.sa_family = family;
    address_set_port(&address, port);
    *ret_address = address;
}

/* A zone is the name or the number of an interface. */
static bool address_zone(const char *zone, uint32_t *ret_scope)
{
    char         *end = NULL;
    unsigned long number = strtoul(zone, &end, 10);
    *ret_scope = if_nametoindex(zone);
    if (*ret_scope == 0 && zone[0] >= '0' && zone[0] <= '9' && *end == '\0' &&
        number <= INT32_MAX) {
        *ret_scope = (uint32_t)number;
    }
    return *ret_scope != 0;
}

/* `text`: without brackets. */
static bool address_read_v6(const char *text, struct sockaddr_in6 *ret_address)
{
    char   number[INET6_ADDRSTRLEN];
    size_t size = strcspn(text, "%");
    if (size >= sizeof(number)) {
        return false;
    }
    memcpy(number, text, size);
    number[size] = '\0';
    return inet_pton(AF_INET6, number, &ret_address->sin6_addr) == 1 &&
           (text[size] == '\0' || address_zone(text + size + 1, &ret_address->sin6_scope_id));
}

fsz_err fsz_address_of_number(const char *host, uint16_t port, bool ipv6,
                              struct fsz_address *ret_address)
{
    char               bare[FSZ_ADDRESS_HOST_BYTES];
    struct fsz_address address;
    if (fsz_address_strip(host, bare, sizeof(bare)) != FSZ_OK) {
        return FSZ_ENOTFOUND;
    }
    fsz_address_of_any(AF_INET, port, &address);
    if (inet_pton(AF_INET, bare, &address_v4(&address)->sin_addr) == 1) {
        *ret_address = address;
        return FSZ_OK;
    }
    fsz_address_of_any(AF_INET6, port, &address);
    if (ipv6 && address_read_v6(bare, address_v6(&address))) {
        *ret_address = address;
        return FSZ_OK;
    }
    return FSZ_ENOTFOUND;
}

/* The interface's first address of that family, or NULL. */
static const struct sockaddr *address_in(const struct ifaddrs *list, const char *name,
                                         sa_family_t family)
{
    for (const struct ifaddrs *entry = list; entry != NULL; entry = entry->ifa_next) {
        if (entry->ifa_addr != NULL && entry->ifa_addr->sa_family == family &&
            strcmp(entry->ifa_name, name) == 0) {
            return entry->ifa_addr;
        }
    }
    return NULL;
}

/* The interface's first IPv6 address if `ipv6` is set and it has one, otherwise its first IPv4
 * address. FSZ_ENOTFOUND: no such interface, or it has no address. FSZ_ESYSTEM. */
static fsz_err address_of_interface(const char *name, uint16_t port, bool ipv6,
                                    struct fsz_address *ret_address)
{
    struct ifaddrs *list = NULL;
    if (getifaddrs(&list) != 0) {
        return FSZ_ESYSTEM;
    }
    const struct sockaddr *found = ipv6 ? address_in(list, name, AF_INET6) : NULL;
    found = found != NULL ? found : address_in(list, name, AF_INET);
    if (found != NULL) {
        fsz_address_of_any(found->sa_family, port, ret_address);
        memcpy(&ret_address->storage, found, ret_address->size);
        address_set_port(ret_address, port);
    }
    freeifaddrs(list);
    return found != NULL ? FSZ_OK : FSZ_ENOTFOUND;
}

fsz_err fsz_address_of_path(const char *path, struct fsz_address *ret_address,
                            char ret_why[FSZ_ADDRESS_WHY_BYTES])
{
    struct fsz_address address = {.size = 0};
    size_t             size = strlen(path);
    if (size < 2 || size >= sizeof(address.local.sun_path)) {
        (void)snprintf(ret_why, FSZ_ADDRESS_WHY_BYTES,
                       "the path has %zu bytes; 2 to %zu are allowed", size,
                       sizeof(address.local.sun_path) - 1);
        return FSZ_EINVALID;
    }
    bool is_abstract = path[0] == '@';
    address.local.sun_family = AF_UNIX;
    memcpy(address.local.sun_path, path, size);
    if (is_abstract) {
        address.local.sun_path[0] = '\0';
    }
    /* The NUL counts in a path; in an abstract name it would be part of the name. */
    address.size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size + !is_abstract);
    *ret_address = address;
    return FSZ_OK;
}

static fsz_err address_refuse(const char *host, fsz_err err, char ret_why[FSZ_ADDRESS_WHY_BYTES])
{
    if (err == FSZ_ESYSTEM) {
        (void)snprintf(ret_why, FSZ_ADDRESS_WHY_BYTES, "cannot list the interfaces: %m");
    } else if (strchr(host, ':') != NULL) {
        (void)snprintf(ret_why, FSZ_ADDRESS_WHY_BYTES,
                       "%.60s: not an IPv6 address, its zone is unknown, or ipv6 is off", host);
    } else {
        (void)snprintf(ret_why, FSZ_ADDRESS_WHY_BYTES,
                       "%.60s: neither an IP address nor an interface with an address", host);
    }
    return FSZ_EINVALID;
}

fsz_err fsz_address_of_listener(const struct fsz_endpoint_parts *parts, bool ipv6,
                                struct fsz_address *ret_address,
                                char                ret_why[FSZ_ADDRESS_WHY_BYTES])
{
    if (parts->is_ipc) {
        return fsz_address_of_path(parts->path, ret_address, ret_why);
    }
    if (strcmp(parts->host, "*") == 0) {
        fsz_address_of_any(ipv6 ? AF_INET6 : AF_INET, parts->port, ret_address);
        return FSZ_OK;
    }
    fsz_err err = fsz_address_of_number(parts->host, parts->port, ipv6, ret_address);
    if (err != FSZ_OK) {
        err = address_of_interface(parts->host, parts->port, ipv6, ret_address);
    }
    return err == FSZ_OK ? FSZ_OK : address_refuse(parts->host, err, ret_why);
}

/* A peer chooses the name of its own end, and the name is logged: anything but printable ASCII is
 * replaced. */
static void address_write_local(const struct fsz_address *address,
                                char                      ret_text[FSZ_ADDRESS_TEXT_BYTES])
{
    size_t start = offsetof(struct sockaddr_un, sun_path);
    size_t size = address->size > start ? address->size - start : 0;
    bool   is_abstract = size > 0 && address->local.sun_path[0] == '\0';
    char  *at = ret_text + snprintf(ret_text, FSZ_ADDRESS_TEXT_BYTES, "ipc://");
    if (size > sizeof(address->local.sun_path)) {
        size = sizeof(address->local.sun_path);
    }
    if (!is_abstract) {
        size = strnlen(address->local.sun_path, size);
    }
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)address->local.sun_path[i];
        *at++ = i == 0 && is_abstract ? '@' : byte < 0x20 || byte >= 0x7F ? '?' : (char)byte;
    }
    *at = '\0';
}

void fsz_address_write(const struct fsz_address *address, char ret_text[FSZ_ADDRESS_TEXT_BYTES])
{
    char host[NI_MAXHOST] = "";
    char port[NI_MAXSERV] = "";
    ret_text[0] = '\0';
    if (address->any.sa_family == AF_UNIX) {
        address_write_local(address, ret_text);
        return;
    }
    if (getnameinfo(&address->any, address->size, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV) == 0) {
        bool is_v6 = address->any.sa_family == AF_INET6;
        (void)snprintf(ret_text, FSZ_ADDRESS_TEXT_BYTES,
                       is_v6 ? "tcp://[%.200s]:%.8s" : "tcp://%.200s:%.8s", host, port);
    }
}

void fsz_address_write_host(const struct fsz_address *address,
                            char                      ret_text[FSZ_ADDRESS_HOST_BYTES])
{
    const struct sockaddr_in  *v4 = (const struct sockaddr_in *)&address->storage;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&address->storage;
    const void                *number = &v4->sin_addr;
    int                        family = address->any.sa_family;
    ret_text[0] = '\0';
    if (family == AF_INET6) {
        number = &v6->sin6_addr;
        if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
            number = &v6->sin6_addr.s6_addr[12];
            family = AF_INET;
        }
    }
    if (family == AF_INET || family == AF_INET6) {
        (void)inet_ntop(family, number, ret_text, FSZ_ADDRESS_HOST_BYTES);
    }
}
