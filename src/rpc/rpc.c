/* SPDX-License-Identifier: MPL-2.0 */
/* Reads messages: checks the limits, parses the JSON, then finds the requests. */
#include "rpc/rpc.h"

#include "rpc/rpc_limits.h"
#include "rpc/rpc_nul.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* FSZ_OK: *ret_error is the error to reply with. `reason` is any text. FSZ_ENOMEM. */
static fsz_err rpc_refuse(enum fsz_rpc_code code, const char *reason, const size_t *byte,
                          json_t **ret_error)
{
    json_t *data = json_object();
    bool    full =
        data == NULL ||
        json_object_set_new(data, "reason", fsz_rpc_text(reason, strlen(reason))) != 0 ||
        (byte != NULL && json_object_set_new(data, "byte", json_integer((json_int_t)*byte)) != 0);
    if (full) {
        json_decref(data);
        return FSZ_ENOMEM;
    }
    json_t *error = fsz_rpc_error(code, NULL, data);
    if (error == NULL) {
        return FSZ_ENOMEM;
    }
    *ret_error = error;
    return FSZ_OK;
}

static fsz_err rpc_refuse_excess(const struct rpc_excess     *excess,
                                 const struct fsz_rpc_limits *limits, json_t **ret_error)
{
    char reason[80];
    if (excess->type == RPC_TOO_LARGE) {
        snprintf(reason, sizeof(reason), "larger than %zu bytes", limits->bytes);
    } else if (excess->type == RPC_TOO_DEEP) {
        snprintf(reason, sizeof(reason), "nested deeper than %zu levels", limits->depth);
    } else {
        snprintf(reason, sizeof(reason), "more than %d values and names", FSZ_RPC_VALUES_MAX);
    }
    return rpc_refuse(FSZ_RPC_PARSE, reason, &excess->byte, ret_error);
}

/* Turns the parser's error into an error to reply with. */
static fsz_err rpc_refuse_syntax(const json_error_t *found, json_t **ret_error)
{
    size_t      byte = found->position > 0 ? (size_t)found->position : 0;
    const char *reason = found->text;
    if (reason[0] == '\0') {
        return FSZ_ENOMEM; /* the parser always gives a reason when it refuses the text */
    }
    switch (json_error_code(found)) {
    case json_error_out_of_memory:
        return FSZ_ENOMEM;
    case json_error_invalid_utf8:
        reason = "not UTF-8";
        break;
    default:
        break;
    }
    return rpc_refuse(FSZ_RPC_PARSE, reason, &byte, ret_error);
}

static json_t *rpc_parse(const void *bytes, size_t size, json_error_t *ret_found)
{
    return json_loadb(bytes, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, ret_found);
}

static bool rpc_is_nul(const json_error_t *found)
{
    enum json_error_code code = json_error_code(found);
    return code == json_error_null_character || code == json_error_null_byte_in_key;
}

/* Sets *ret_root or *ret_error. *ret_nul: strings with \u0000 are marked (rpc_nul.h). */
static fsz_err rpc_load(const void *bytes, size_t size, const struct fsz_rpc_limits *limits,
                        json_t **ret_root, bool *ret_nul, json_t **ret_error)
{
    struct rpc_excess excess = fsz_rpc_excess(bytes, size, limits);
    if (excess.type != RPC_WITHIN) {
        return rpc_refuse_excess(&excess, limits, ret_error);
    }
    json_error_t found;
    json_t      *root = rpc_parse(bytes, size, &found);
    if (root == NULL && rpc_is_nul(&found)) {
        char *marked = fsz_rpc_nul_mark(bytes, size, ret_nul);
        if (marked == NULL) {
            return FSZ_ENOMEM;
        }
        root = rpc_parse(marked, size, &found);
        free(marked);
    }
    if (root == NULL) {
        return rpc_refuse_syntax(&found, ret_error);
    }
    *ret_root = root;
    return FSZ_OK;
}

static bool id_is_valid(const json_t *id)
{
    return json_is_string(id) || json_is_number(id) || json_is_null(id);
}

/* Why it is not a valid request; NULL: it is one. */
static const char *request_fault(const json_t *member)
{
    const char   *version = json_string_value(json_object_get(member, "jsonrpc"));
    const json_t *id = json_object_get(member, "id");
    const json_t *params = json_object_get(member, "params");
    if (!json_is_object(member)) {
        return "a request must be an object";
    }
    if (version == NULL || strcmp(version, "2.0") != 0) {
        return "`jsonrpc` must be \"2.0\"";
    }
    if (id != NULL && !id_is_valid(id)) {
        return "`id` must be a string, a number or null";
    }
    if (!json_is_string(json_object_get(member, "method"))) {
        return "`method` must be a string";
    }
    if (params != NULL && !json_is_object(params) && !json_is_array(params)) {
        return "`params` must be an object or an array";
    }
    return NULL;
}

/* A reply of the client to one of our requests. */
static bool request_is_response(const json_t *member)
{
    const char *version = json_string_value(json_object_get(member, "jsonrpc"));
    bool        answers =
        (json_object_get(member, "result") != NULL) != (json_object_get(member, "error") != NULL);
    return version != NULL && strcmp(version, "2.0") == 0 && answers &&
           id_is_valid(json_object_get(member, "id")) && json_object_get(member, "method") == NULL;
}

/* `nul`: a request that contains the mark of rpc_nul.h is refused. */
static fsz_err request_read(json_t *member, bool nul, struct fsz_rpc_request *ret_request)
{
    json_t     *id = json_object_get(member, "id");
    bool        marked = nul && fsz_rpc_nul_is_marked(member);
    const char *fault = marked ? "\\u0000 in a string" : request_fault(member);
    ret_request->id = id_is_valid(id) && !(marked && fsz_rpc_nul_is_marked(id)) ? id : NULL;
    ret_request->response = !marked && request_is_response(member) ? member : NULL;
    if (fault != NULL) {
        return rpc_refuse(FSZ_RPC_INVALID_REQUEST, fault, NULL, &ret_request->error);
    }
    ret_request->method = json_string_value(json_object_get(member, "method"));
    ret_request->params = json_object_get(member, "params");
    return FSZ_OK;
}

/* A batch that is refused as a whole gets one reply, like a single request. */
static fsz_err batch_refuse(size_t count, const struct fsz_rpc_limits *limits, json_t **ret_error)
{
    char reason[80] = "an empty batch";
    if (count > 0) {
        snprintf(reason, sizeof(reason), "a batch of %zu requests, more than %zu", count,
                 limits->batch);
    }
    return rpc_refuse(FSZ_RPC_INVALID_REQUEST, reason, NULL, ret_error);
}

static fsz_err message_allocate(struct fsz_rpc_message *message, size_t count)
{
    message->requests = calloc(count, sizeof(*message->requests));
    message->count = message->requests != NULL ? count : 0;
    return message->requests != NULL ? FSZ_OK : FSZ_ENOMEM;
}

static fsz_err message_read_requests(struct fsz_rpc_message *message, bool nul)
{
    fsz_err err = FSZ_OK;
    for (size_t i = 0; i < message->count && err == FSZ_OK; i++) {
        json_t *member = message->batch ? json_array_get(message->root, i) : message->root;
        err = request_read(member, nul, &message->requests[i]);
    }
    return err;
}

static fsz_err message_read(const void *bytes, size_t size, const struct fsz_rpc_limits *limits,
                            struct fsz_rpc_message *message)
{
    json_t *error = NULL;
    bool    nul = false;
    fsz_err err = rpc_load(bytes, size, limits, &message->root, &nul, &error);
    size_t  members = json_array_size(message->root);
    if (json_is_array(message->root)) {
        message->batch = members > 0 && members <= limits->batch;
        err = message->batch ? FSZ_OK : batch_refuse(members, limits, &error);
    }
    if (err == FSZ_OK) {
        err = message_allocate(message, message->batch ? members : 1);
    }
    if (err == FSZ_OK && error != NULL) {
        message->requests[0].error = error;
        return FSZ_OK;
    }
    json_decref(error);
    return err == FSZ_OK ? message_read_requests(message, nul) : err;
}

fsz_err fsz_rpc_read(const void *bytes, size_t size, const struct fsz_rpc_limits *limits,
                     struct fsz_rpc_message *ret_message)
{
    struct fsz_rpc_message message = {0};
    fsz_err                err = message_read(bytes, size, limits, &message);
    if (err != FSZ_OK) {
        fsz_rpc_message_fini(&message);
        return err;
    }
    *ret_message = message;
    return FSZ_OK;
}

void fsz_rpc_message_fini(struct fsz_rpc_message *message)
{
    for (size_t i = 0; i < message->count; i++) {
        json_decref(message->requests[i].error);
    }
    free(message->requests);
    json_decref(message->root);
    *message = (struct fsz_rpc_message){0};
}
