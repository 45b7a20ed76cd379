/* SPDX-License-Identifier: MPL-2.0 */
#include "rpc/rpc_limits.h"

#include <string.h>

/* The class of a byte outside strings. */
enum byte_class { BYTE_SCALAR, BYTE_SPACE, BYTE_OPENS, BYTE_CLOSES, BYTE_QUOTE };

static const unsigned char byte_classes[256] = {
    [' '] = BYTE_SPACE,  ['\t'] = BYTE_SPACE, ['\n'] = BYTE_SPACE, ['\r'] = BYTE_SPACE,
    [','] = BYTE_SPACE,  [':'] = BYTE_SPACE,  ['{'] = BYTE_OPENS,  ['['] = BYTE_OPENS,
    ['}'] = BYTE_CLOSES, [']'] = BYTE_CLOSES, ['"'] = BYTE_QUOTE,
};

/* The end of the string that begins at `at`: the position after its closing quote. */
static size_t string_end(const unsigned char *text, size_t size, size_t at)
{
    for (at++; at < size; at++) {
        if (text[at] == '"') {
            return at + 1;
        }
        at += text[at] == '\\';
    }
    return size;
}

static size_t scalar_end(const unsigned char *text, size_t size, size_t at)
{
    while (at < size && byte_classes[text[at]] == BYTE_SCALAR) {
        at++;
    }
    return at;
}

struct rpc_excess fsz_rpc_excess(const void *bytes, size_t size,
                                 const struct fsz_rpc_limits *limits)
{
    const unsigned char *text = bytes;
    size_t               depth = 0, values = 0, next = 0;
    if (size > limits->bytes) {
        return (struct rpc_excess){RPC_TOO_LARGE, limits->bytes};
    }
    for (size_t at = 0; at < size; at = next) {
        enum byte_class class = byte_classes[text[at]];
        next = at + 1;
        if (class == BYTE_QUOTE) {
            next = string_end(text, size, at);
        } else if (class == BYTE_SCALAR) {
            next = scalar_end(text, size, at);
        } else if (class == BYTE_OPENS) {
            depth++;
        } else if (class == BYTE_CLOSES) {
            depth -= depth > 0;
        }
        values += class != BYTE_SPACE && class != BYTE_CLOSES;
        if (depth > limits->depth) {
            return (struct rpc_excess){RPC_TOO_DEEP, at};
        }
        if (values > FSZ_RPC_VALUES_MAX) {
            return (struct rpc_excess){RPC_TOO_MANY, at};
        }
    }
    return (struct rpc_excess){RPC_WITHIN, 0};
}
