/* SPDX-License-Identifier: MPL-2.0 */
/* rpc_limits.h - private to rpc.c: checks the limits of a message.
 *
 * The check runs before the JSON parser, in one pass without recursion or allocation, so that a
 * message built to exhaust stack or memory costs no more than its length. The parser decides
 * whether the message is JSON. */
#ifndef FSZ_RPC_LIMITS_H
#define FSZ_RPC_LIMITS_H

#include "rpc/rpc.h"

struct rpc_excess {
    enum { RPC_WITHIN, RPC_TOO_LARGE, RPC_TOO_DEEP, RPC_TOO_MANY } type;
    size_t byte; /* the first byte over the limit */
};

struct rpc_excess fsz_rpc_excess(const void *bytes, size_t size,
                                 const struct fsz_rpc_limits *limits);

#endif
