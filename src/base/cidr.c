/* SPDX-License-Identifier: MPL-2.0 */
#include "base/cidr.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Both families as 16 bytes, IPv4 in its mapped form: one comparison for both. */
struct block {
    uint8_t  bytes[16];
    unsigned bits; /* how many must be equal */
};

static const uint8_t MAPPED[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
enum { MAPPED_BITS = 96, ALL_BITS = 128 };

static bool block_parse_address(const char *text, struct block *ret_block, bool *ret_is_v4)
{
    char   plain[INET6_ADDRSTRLEN];
    size_t length = strcspn(text, "%");
    if (length >= sizeof plain) {
        return false;
    }
    memcpy(plain, text, length);
    plain[length] = '\0';
    *ret_is_v4 = inet_pton(AF_INET, plain, ret_block->bytes + sizeof MAPPED) == 1;
    if (*ret_is_v4) {
        memcpy(ret_block->bytes, MAPPED, sizeof MAPPED);
    }
    ret_block->bits = ALL_BITS;
    return *ret_is_v4 || inet_pton(AF_INET6, plain, ret_block->bytes) == 1;
}

static bool block_parse(const char *text, struct block *ret_block)
{
    char        address[INET6_ADDRSTRLEN];
    bool        is_v4 = false;
    const char *slash = strchr(text, '/');
    size_t      length = slash == NULL ? strlen(text) : (size_t)(slash - text);
    if (length >= sizeof address || memchr(text, '%', length) != NULL) {
        return false;
    }
    memcpy(address, text, length);
    address[length] = '\0';
    if (!block_parse_address(address, ret_block, &is_v4)) {
        return false;
    }
    if (slash == NULL) {
        return true;
    }
    size_t   digits = strspn(slash + 1, "0123456789");
    unsigned limit = is_v4 ? 32 : ALL_BITS;
    unsigned bits = (unsigned)strtoul(slash + 1, NULL, 10);
    ret_block->bits = is_v4 ? MAPPED_BITS + bits : bits;
    return digits > 0 && digits < 4 && slash[1 + digits] == '\0' && bits <= limit;
}

static bool block_contains(const struct block *block, const uint8_t bytes[16])
{
    size_t   whole = block->bits / 8;
    unsigned rest = block->bits % 8;
    if (memcmp(block->bytes, bytes, whole) != 0) {
        return false;
    }
    return rest == 0 || (block->bytes[whole] ^ bytes[whole]) >> (8 - rest) == 0;
}

static bool cidr_contains(const char *cidr, const char *address)
{
    struct block block, one;
    bool         is_v4 = false;
    return block_parse(cidr, &block) && block_parse_address(address, &one, &is_v4) &&
           block_contains(&block, one.bytes);
}

bool fsz_cidr_is_valid(const char *list)
{
    struct block block;
    return strcmp(list, "any") == 0 || strcmp(list, "loopback.auto") == 0 ||
           block_parse(list, &block);
}

bool fsz_cidr_contains(const char *list, const char *address)
{
    if (strcmp(list, "any") == 0) {
        return true;
    }
    if (strcmp(list, "loopback.auto") == 0) {
        return cidr_contains("127.0.0.0/8", address) || cidr_contains("::1/128", address);
    }
    return cidr_contains(list, address);
}
