/* rpc.h - JSON-RPC 2.0 (https://www.jsonrpc.org/specification): messages in, answers out.
 *
 * Pure; a message belongs to whoever holds it, one thread at a time: jansson's reference counts are
 * not for two. Input is JSON (RFC 8259) within limits; what is over them, duplicate members and bad
 * UTF-8 are answered, never obeyed, and so is a request with \u0000 in a string or a name. The
 * `data` of such an answer is {"reason": what is wrong, "byte": bytes of the message read so far};
 * `byte` is missing where it makes no sense.
 *
 * Integers have 64 bits; an id with a fraction is written in as few digits as name the same number.
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
    FSZ_RPC_REFUSED = -32005,   /* by the switch, its words in `data` */
};

struct fsz_rpc_limits {
    size_t bytes, depth, batch; /* of one message; members of a batch */
};

/* Values and names of members in one message. Each of them is an allocation or two: without this
 * limit, a message of nothing but `{}` takes eighty times its own size. */
enum { FSZ_RPC_VALUES_MAX = 65536 };

/* One request of a message. */
struct fsz_rpc_request {
    json_t *id;         /* NULL: a notification, or `error` is set and the id was not readable;
                         * an id of null is a JSON null, and to be answered */
    const char *method; /* NULL: `error` is set */
    json_t     *params; /* object or array, or NULL */
    json_t     *error;  /* what is wrong with it: the error object to answer with; or NULL */
    /* With an error: it is no request, but the answer to one; this object. */
    json_t *response;
};

struct fsz_rpc_message {
    json_t                 *root; /* holds what the requests point at */
    bool                    batch;
    size_t                  count;
    struct fsz_rpc_request *requests;
};

/* Always leaves a message to answer: one that can't be read has one request with `error`, and is no
 * batch. A request whose `error` is set is answered even if it has no id. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_rpc_read(const void *bytes, size_t size,
                                   const struct fsz_rpc_limits *limits,
                                   struct fsz_rpc_message      *ret_message);
void                  fsz_rpc_message_fini(struct fsz_rpc_message *message);

/* Any bytes as a JSON string: those that are no UTF-8, and NUL, become U+FFFD (escape.h). NULL: out
 * of memory. */
json_t *fsz_rpc_text(const void *bytes, size_t size);
/* An error object. `message` may be NULL: the code's own. `data` is taken over and may be NULL.
 * NULL: out of memory. */
json_t *fsz_rpc_error(enum fsz_rpc_code code, const char *message, json_t *data);
/* Appends any value as compact JSON. Fails as below. */
fsz_err fsz_rpc_write_json(struct fsz_buffer *out, const json_t *json);
/* Appends one answer: `result` or `error`, whichever is not NULL; an id of NULL is null. What
 * cannot be written leaves no trace in `out` but, if it failed, `failed`. FSZ_ENOMEM, FSZ_ELIMIT,
 * and FSZ_EINVALID: text that is no UTF-8 came past fsz_rpc_text(). */
fsz_err fsz_rpc_write_answer(struct fsz_buffer *out, const json_t *id, const json_t *result,
                             const json_t *error);
/* `params` may be NULL. Fails as above. */
fsz_err fsz_rpc_write_notification(struct fsz_buffer *out, const char *method,
                                   const json_t *params);

#endif
