/* SPDX-License-Identifier: MPL-2.0 */
/* The outcome of a request, and access to its parameters. */
#include "api/request_private.h"

#include <stdarg.h>
#include <stdio.h>

const char *const fsz_outcome_names[FSZ_OUTCOMES] = {
    [FSZ_OUTCOME_OK] = "ok",
    [FSZ_OUTCOME_FAILED] = "failed",
    [FSZ_OUTCOME_INVALID] = "invalid",
    [FSZ_OUTCOME_REFUSED] = "refused",
    [FSZ_OUTCOME_OVERLOADED] = "overloaded",
    [FSZ_OUTCOME_DEADLINE] = "deadline",
};

enum fsz_outcome fsz_request_outcome(enum fsz_rpc_code code)
{
    switch (code) {
    case FSZ_RPC_PARSE:
    case FSZ_RPC_INVALID_REQUEST:
    case FSZ_RPC_NO_METHOD:
    case FSZ_RPC_INVALID_PARAMS:
        return FSZ_OUTCOME_INVALID;
    case FSZ_RPC_UNAUTHORIZED:
        return FSZ_OUTCOME_REFUSED;
    case FSZ_RPC_OVERLOADED:
        return FSZ_OUTCOME_OVERLOADED;
    case FSZ_RPC_DEADLINE:
        return FSZ_OUTCOME_DEADLINE;
    default:
        return FSZ_OUTCOME_FAILED;
    }
}

bool fsz_request_is_decided(const struct fsz_request *request)
{
    return request->result != NULL || request->error != NULL;
}

void fsz_request_fail(struct fsz_request *request, enum fsz_rpc_code code, json_t *data,
                      const char *format, ...)
{
    char    message[512];
    va_list arguments;
    if (fsz_request_is_decided(request)) {
        json_decref(data);
        return;
    }
    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    request->error = fsz_rpc_error(code, message, data);
    request->outcome = fsz_request_outcome(code);
}

void fsz_request_succeed(struct fsz_request *request, json_t *result)
{
    if (result == NULL) {
        fsz_request_fail(request, FSZ_RPC_INTERNAL, NULL, "out of memory");
    } else if (fsz_request_is_decided(request)) {
        json_decref(result);
    } else {
        request->result = result;
        request->outcome = FSZ_OUTCOME_OK;
    }
}

bool fsz_request_has_room(const struct fsz_request *request, size_t bytes)
{
    const struct fsz_rpc_socket *api_socket = request->client->api_socket;
    size_t                       used = fsz_account_bytes(request->client->account);
    return api_socket == NULL || bytes <= REQUEST_SMALL_BYTES || used <= request->exchange->bytes ||
           !fsz_rpc_socket_is_over(api_socket, used + bytes);
}

const char *fsz_request_text(const struct fsz_request *request, size_t index)
{
    return json_string_value(request->values[index]);
}

int64_t fsz_request_number(const struct fsz_request *request, size_t index, int64_t otherwise)
{
    return request->values[index] ? json_integer_value(request->values[index]) : otherwise;
}

bool fsz_request_flag(const struct fsz_request *request, size_t index)
{
    return json_is_true(request->values[index]);
}
