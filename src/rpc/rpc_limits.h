/* rpc_limits.h - private to rpc.c: does a message stay within its limits?
 *
 * Looked at before the JSON parser does, in one pass without recursion or memory, so that a message
 * meant to exhaust either costs no more than its length. Whether it is JSON at all is left to the
 * parser. */
#ifndef FSZ_RPC_LIMITS_H
#define FSZ_RPC_LIMITS_H

#include "rpc/rpc.h"

struct rpc_excess {
    enum { RPC_WITHIN, RPC_TOO_LARGE, RPC_TOO_DEEP, RPC_TOO_MANY } kind;
    size_t byte; /* the first one that is too much */
};

struct rpc_excess fsz_rpc_excess(const void *bytes, size_t size,
                                 const struct fsz_rpc_limits *limits);

#endif
