/* SPDX-License-Identifier: MPL-2.0 */
/* rpc.h - JSON-RPC 2.0 (https://www.jsonrpc.org/specification): reads messages, writes replies.
 *
 * Pure. One thread at a time may use a message, because of jansson's reference counts. Input is
 * JSON (RFC 8259) within limits. A message over a limit, with duplicate members or with invalid
 * UTF-8 gets an error, and so does a request with \u0000 in a string or a name. The `data` of such
 * an error is
 * {"reason": text, "byte": bytes of the message read so far}, without `byte` where it has no
 * meaning.
 *
 * Integers have 64 bits. An id with a fraction is written in as few digits as give the same number.
 */
#ifndef FSZ_RPC_H
#define FSZ_RPC_H

#include "base/buffer.h"
#include "base/err.h"

#include <jansson.h>
#include <stdbool.h>

/* The error codes of docs/protocol/requests.md; the first five are JSON-RPC's own. */
enum fsz_rpc_code {
    FSZ_RPC_PARSE = -32700,
    FSZ_RPC_INVALID_REQUEST = -32600,
    FSZ_RPC_NO_METHOD = -32601,
    FSZ_RPC_INVALID_PARAMS = -32602,
    FSZ_RPC_INTERNAL = -32603,
    FSZ_RPC_UNAUTHORIZED = -32001,
    FSZ_RPC_OVERLOADED = -32002,
    FSZ_RPC_DEADLINE = -32003,
    FSZ_RPC_NOT_FOUND = -32004, /* no such call, job or service */
    FSZ_RPC_REFUSED = -32005,   /* by the switch; its reason is in `data` */
};

struct fsz_rpc_limits {
    size_t bytes, depth, batch; /* of one message; members of a batch */
};

/* Values and member names in one message. Each is one or two allocations: without this limit, a
 * message full of `{}` takes eighty times its size. */
enum { FSZ_RPC_VALUES_MAX = 65536 };

/* One request of a message. */
struct fsz_rpc_request {
    json_t *id;         /* NULL: a notification, or `error` is set and the id cannot be read. A JSON
                         * null is an id, and the request gets a reply */
    const char *method; /* NULL: `error` is set */
    json_t     *params; /* object or array, or NULL */
    json_t     *error;  /* the error object to reply with, or NULL: a valid request */
    /* With an error: the object, if it is not a request but a reply to one; or NULL. */
    json_t *response;
};

struct fsz_rpc_message {
    json_t                 *root; /* owns what the requests point to */
    bool                    batch;
    size_t                  count;
    struct fsz_rpc_request *requests;
};

/* FSZ_OK also for a message that cannot be read: it has one request with `error`, and is not a
 * batch. A request with `error` gets a reply even without an id. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_rpc_read(const void *bytes, size_t size,
                                   const struct fsz_rpc_limits *limits,
                                   struct fsz_rpc_message      *ret_message);
void                  fsz_rpc_message_fini(struct fsz_rpc_message *message);

/* Any bytes as a JSON string: invalid UTF-8 and NUL become U+FFFD (escape.h). NULL: out of memory.
 */
json_t *fsz_rpc_text(const void *bytes, size_t size);
/* An error object. `message` may be NULL: the code's text. Takes over `data`, which may be NULL.
 * NULL: out of memory. */
json_t *fsz_rpc_error(enum fsz_rpc_code code, const char *message, json_t *data);
/* Appends a value as compact JSON. Fails like fsz_rpc_write_answer(). */
fsz_err fsz_rpc_write_json(struct fsz_buffer *out, const json_t *json);
/* Appends a reply with `result` or, if that is NULL, `error`; a NULL id is written as null. On
 * failure `out` has the same content as before, but its `failed` may be set. FSZ_ENOMEM,
 * FSZ_ELIMIT; FSZ_EINVALID: a string is not UTF-8, so it was not made with fsz_rpc_text(). */
fsz_err fsz_rpc_write_answer(struct fsz_buffer *out, const json_t *id, const json_t *result,
                             const json_t *error);
/* `params` may be NULL. Fails like fsz_rpc_write_answer(). */
fsz_err fsz_rpc_write_notification(struct fsz_buffer *out, const char *method,
                                   const json_t *params);

#endif
