/* SPDX-License-Identifier: MPL-2.0 */
/* Arbitrary bytes as a message. Each request that is read gets a reply, as from a server; together
 * they must be one JSON-RPC reply, a batch of replies, or nothing. Within the limits, the reader
 * must accept what jansson accepts. */
#include "rpc/rpc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { REPLY_BYTES_MAX = 64 << 20 };

static const struct fsz_rpc_limits limits = {.bytes = 100000, .depth = 16, .batch = 8};

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void request_check(const struct fsz_rpc_request *request)
{
    if (request->error != NULL) {
        require(request->method == NULL && request->params == NULL);
        return;
    }
    require(request->method != NULL);
    require(request->params == NULL || json_is_object(request->params) ||
            json_is_array(request->params));
}

/* Replies with the params of the request, or its method. */
static void request_reply(const struct fsz_rpc_request *request, struct fsz_buffer *out)
{
    if (request->error == NULL && request->id == NULL) {
        return;
    }
    json_t *result = NULL;
    if (request->error == NULL) {
        result = request->params != NULL ? json_incref(request->params)
                                         : fsz_rpc_text(request->method, strlen(request->method));
    }
    fsz_buffer_text(out, out->size > 1 ? "," : "");
    require(fsz_rpc_write_answer(out, request->id, result, request->error) == FSZ_OK);
    json_decref(result);
}

static void reply_check(const json_t *reply)
{
    const json_t *id = json_object_get(reply, "id");
    const json_t *error = json_object_get(reply, "error");
    const char   *version = json_string_value(json_object_get(reply, "jsonrpc"));
    require(json_object_size(reply) == 3 && version != NULL && strcmp(version, "2.0") == 0);
    require(json_is_string(id) || json_is_number(id) || json_is_null(id));
    require((error != NULL) != (json_object_get(reply, "result") != NULL));
    if (error != NULL) {
        require(json_is_integer(json_object_get(error, "code")));
        require(json_is_string(json_object_get(error, "message")));
        require(json_is_string(json_object_get(json_object_get(error, "data"), "reason")));
    }
}

static void replies_check(const struct fsz_buffer *out, bool batch)
{
    json_t *reply = json_loadb((const char *)out->data, out->size, JSON_REJECT_DUPLICATES, NULL);
    require(reply != NULL && json_is_array(reply) == batch);
    if (!batch) {
        reply_check(reply);
    }
    for (size_t i = 0; i < json_array_size(reply); i++) {
        reply_check(json_array_get(reply, i));
    }
    json_decref(reply);
}

/* The limits refuse only messages that exceed them. */
static void message_check(const struct fsz_rpc_message *message, const uint8_t *data, size_t size)
{
    require(message->count > 0 && message->count <= limits.batch);
    require(message->batch || message->count == 1);
    if (message->root == NULL) {
        require(message->requests[0].error != NULL && !message->batch);
    } else {
        json_t *again =
            json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
        /* The parser refuses \u0000; the message is still read, to get its id. */
        require(again != NULL ? json_equal(again, message->root)
                              : memmem(data, size, "\\u0000", strlen("\\u0000")) != NULL);
        json_decref(again);
    }
}

static void text_check(const uint8_t *data, size_t size)
{
    json_t *text = fsz_rpc_text(data, size);
    require(text != NULL);
    json_t *checked = json_stringn(json_string_value(text), json_string_length(text));
    require(checked != NULL && strlen(json_string_value(text)) == json_string_length(text));
    json_decref(checked);
    json_decref(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fsz_rpc_message message;
    struct fsz_buffer      out;
    require(fsz_rpc_read(data, size, &limits, &message) == FSZ_OK);
    message_check(&message, data, size);
    fsz_buffer_init(&out, REPLY_BYTES_MAX);
    fsz_buffer_text(&out, message.batch ? "[" : "");
    size_t head = out.size;
    for (size_t i = 0; i < message.count; i++) {
        request_check(&message.requests[i]);
        request_reply(&message.requests[i], &out);
    }
    if (out.size > head) {
        fsz_buffer_text(&out, message.batch ? "]" : "");
        replies_check(&out, message.batch);
    }
    fsz_rpc_message_fini(&message);
    fsz_buffer_fini(&out);
    text_check(data, size);
    return 0;
}
