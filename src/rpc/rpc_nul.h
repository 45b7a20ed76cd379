/* SPDX-License-Identifier: MPL-2.0 */
/* rpc_nul.h - private to rpc.c: \u0000 in a message.
 *
 * It is valid JSON, but our strings cannot contain a NUL, and the parser refuses the whole message.
 * To reply to each request under its id, the message is parsed again with a mark in place of each
 * \u0000: U+FFFE, which is not a character. A request that contains the mark is refused. */
#ifndef FSZ_RPC_NUL_H
#define FSZ_RPC_NUL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* A copy with the mark in place of each \u0000, which the caller frees. NULL: there was none
 * (*ret_found is false), or out of memory. */
char *fsz_rpc_nul_mark(const void *bytes, size_t size, bool *ret_found);
/* Does a name or a string in the value contain the mark? Recurses as deep as the value. */
bool fsz_rpc_nul_is_marked(const json_t *value);

#endif
