/* SPDX-License-Identifier: MPL-2.0 */
/* Writes replies, errors and notifications. */
#include "event/encode.h"
#include "event/escape.h"
#include "rpc/rpc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A double keeps 15 digits of any number; 17 digits always identify it. */
enum { REAL_DIGITS_FEW = 15, REAL_DIGITS_ALL = 17 };

static const char REPLACEMENT[] = "\xef\xbf\xbd"; /* U+FFFD */

static const char *code_text(enum fsz_rpc_code code)
{
    switch (code) {
    case FSZ_RPC_PARSE:
        return "Parse error";
    case FSZ_RPC_INVALID_REQUEST:
        return "Invalid Request";
    case FSZ_RPC_NO_METHOD:
        return "Method not found";
    case FSZ_RPC_INVALID_PARAMS:
        return "Invalid params";
    case FSZ_RPC_UNAUTHORIZED:
        return "Unauthorized";
    case FSZ_RPC_OVERLOADED:
        return "Overloaded";
    case FSZ_RPC_DEADLINE:
        return "Deadline passed";
    case FSZ_RPC_NOT_FOUND:
        return "Not found";
    case FSZ_RPC_REFUSED:
        return "Refused by the switch";
    case FSZ_RPC_INTERNAL:
        break;
    }
    return "Internal error";
}

/* Writes the text with NULs and invalid bytes replaced; returns the end of it. */
static unsigned char *text_repair(unsigned char *at, const char *text, size_t size)
{
    for (;;) {
        const char *nul = memchr(text, '\0', size);
        size_t      part = nul != NULL ? (size_t)(nul - text) : size;
        at = fsz_escape_repair(at, text, part);
        if (nul == NULL) {
            return at;
        }
        memcpy(at, REPLACEMENT, sizeof(REPLACEMENT) - 1);
        at += sizeof(REPLACEMENT) - 1;
        text += part + 1;
        size -= part + 1;
    }
}

json_t *fsz_rpc_text(const void *bytes, size_t size)
{
    bool   bad = false;
    size_t room = fsz_escape_size(bytes, size, &bad);
    if (size == 0 || (!bad && memchr(bytes, '\0', size) == NULL)) {
        return json_stringn_nocheck(size > 0 ? bytes : "", size);
    }
    unsigned char *text = malloc(room);
    if (text == NULL) {
        return NULL;
    }
    unsigned char *end = text_repair(text, bytes, size);
    json_t        *string = json_stringn_nocheck((const char *)text, (size_t)(end - text));
    free(text);
    return string;
}

json_t *fsz_rpc_error(enum fsz_rpc_code code, const char *message, json_t *data)
{
    const char *text = message != NULL ? message : code_text(code);
    json_t     *error = json_object();
    if (json_object_set_new(error, "code", json_integer(code)) != 0 ||
        json_object_set_new(error, "message", fsz_rpc_text(text, strlen(text))) != 0 ||
        (data != NULL && json_object_set(error, "data", data) != 0)) {
        json_decref(error);
        error = NULL;
    }
    json_decref(data);
    return error;
}

static int write_part(const char *bytes, size_t size, void *out)
{
    return fsz_buffer_append(out, bytes, size) == FSZ_OK ? 0 : -1;
}

static fsz_err write_flagged(struct fsz_buffer *out, const json_t *json, size_t flags)
{
    if (json_dump_callback(json, write_part, out, flags | JSON_COMPACT | JSON_ENCODE_ANY) != 0) {
        return out->failed != FSZ_OK ? out->failed : FSZ_EINVALID;
    }
    return out->failed;
}

fsz_err fsz_rpc_write_json(struct fsz_buffer *out, const json_t *json)
{
    size_t  start = out->size;
    fsz_err err = write_flagged(out, json, 0);
    if (err != FSZ_OK) {
        out->size = start;
    }
    return err;
}

/* The fewest digits that give the same number, so that 0.1 is written as 0.1. */
static size_t real_digits(double value)
{
    char     text[64];
    unsigned digits = REAL_DIGITS_FEW;
    for (; digits < REAL_DIGITS_ALL; digits++) {
        snprintf(text, sizeof(text), "%.*g", (int)digits, value);
        if (strtod(text, NULL) == value) {
            break;
        }
    }
    return JSON_REAL_PRECISION(digits);
}

static fsz_err write_id(struct fsz_buffer *out, const json_t *id)
{
    if (id == NULL) {
        return fsz_buffer_text(out, "null");
    }
    return write_flagged(out, id, json_is_real(id) ? real_digits(json_real_value(id)) : 0);
}

/* Closes the object that begins at `start`, or removes it after a failure. */
static fsz_err write_end(struct fsz_buffer *out, size_t start, fsz_err err)
{
    err = err == FSZ_OK ? fsz_buffer_text(out, "}") : err;
    if (err != FSZ_OK) {
        out->size = start;
    }
    return err;
}

fsz_err fsz_rpc_write_answer(struct fsz_buffer *out, const json_t *id, const json_t *result,
                             const json_t *error)
{
    size_t  start = out->size;
    fsz_err err = fsz_buffer_text(out, "{\"jsonrpc\":\"2.0\",\"id\":");
    if (err == FSZ_OK) {
        err = write_id(out, id);
    }
    if (err == FSZ_OK) {
        err = fsz_buffer_text(out, result != NULL ? ",\"result\":" : ",\"error\":");
    }
    if (err == FSZ_OK) {
        err = fsz_rpc_write_json(out, result != NULL ? result : error);
    }
    return write_end(out, start, err);
}

fsz_err fsz_rpc_write_notification(struct fsz_buffer *out, const char *method, const json_t *params)
{
    size_t  start = out->size;
    fsz_err err = fsz_buffer_text(out, "{\"jsonrpc\":\"2.0\",\"method\":");
    if (err == FSZ_OK) {
        err = fsz_encode_string(out, method);
    }
    if (err == FSZ_OK && params != NULL) {
        err = fsz_buffer_text(out, ",\"params\":");
    }
    if (err == FSZ_OK && params != NULL) {
        err = fsz_rpc_write_json(out, params);
    }
    return write_end(out, start, err);
}
