/* rpc_nul.h - private to rpc.c: \u0000 in a message.
 *
 * It is JSON, but no text of ours holds a NUL, and the parser refuses it together with the whole
 * message. So that each request can be answered under its id, the message is parsed once more with
 * a mark in its place: U+FFFE, which is no character. A request that holds the mark is refused. */
#ifndef FSZ_RPC_NUL_H
#define FSZ_RPC_NUL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Writes the mark over each \u0000 in a copy, which the caller frees. *ret_found: there was one;
 * else, or without memory, NULL. */
char *fsz_rpc_nul_mark(const void *bytes, size_t size, bool *ret_found);
/* Whether a name or a string within holds the mark. Goes as deep as the value does. */
bool fsz_rpc_nul_is_marked(const json_t *value);

#endif
