/* SPDX-License-Identifier: MPL-2.0 */
/* All methods, from the tables of the methods_*.c files; and functions that methods share. */
#include "api/method.h"
#include "api/outcome.h"
#include "base/uuid.h"

#include <stdio.h>
#include <string.h>

static const struct fsz_method *const methods_tables[] = {
    fsz_methods_server,    fsz_methods_command, fsz_methods_call,
    fsz_methods_originate, fsz_methods_control, fsz_methods_service,
};
enum { METHODS_TABLES = sizeof(methods_tables) / sizeof(methods_tables[0]) };

const struct fsz_method *fsz_method_at(size_t index)
{
    for (size_t i = 0; i < METHODS_TABLES; i++) {
        for (const struct fsz_method *method = methods_tables[i]; method->name != NULL; method++) {
            if (index-- == 0) {
                return method;
            }
        }
    }
    return NULL;
}

const struct fsz_method *fsz_method_find(const char *name)
{
    for (size_t i = 0; i < METHODS_TABLES; i++) {
        for (const struct fsz_method *method = methods_tables[i]; method->name != NULL; method++) {
            if (strcmp(method->name, name) == 0) {
                return method;
            }
        }
    }
    return NULL;
}

void fsz_method_refused(struct fsz_request *request, fsz_err err, const struct fsz_buffer *words)
{
    json_t     *reason = words ? fsz_outcome_reason(words) : NULL;
    json_t     *data = reason ? json_pack("{s:O}", "reason", reason) : NULL;
    const char *text =
        json_string_length(reason) > 0 ? json_string_value(reason) : fsz_err_text(err);
    switch (err) {
    case FSZ_ENOTFOUND:
        fsz_request_fail(request, FSZ_RPC_NOT_FOUND, NULL, "there is no such call");
        json_decref(data);
        break;
    case FSZ_EINVALID:
        fsz_request_fail(request, FSZ_RPC_INVALID_PARAMS, data, "%s", text);
        break;
    case FSZ_EREFUSED:
        fsz_request_fail(request, FSZ_RPC_REFUSED, data, "the switch refused: %s", text);
        break;
    default:
        fsz_request_fail(request, FSZ_RPC_INTERNAL, data, "%s", text);
        break;
    }
    json_decref(reason);
}

void fsz_method_done(struct fsz_request *request, fsz_err err, struct fsz_buffer *words)
{
    if (err == FSZ_OK) {
        fsz_request_succeed(request, json_object());
    } else {
        fsz_method_refused(request, err, words);
    }
    if (words != NULL) {
        fsz_buffer_fini(words);
    }
}

void fsz_method_deny(struct fsz_request *request, const char *why)
{
    fsz_request_fail(request, FSZ_RPC_UNAUTHORIZED, NULL, "not allowed: %s", why);
}

void fsz_method_name_job(struct fsz_request *request, const char *id)
{
    if (id != NULL) {
        snprintf(request->job, sizeof(request->job), "%s", id);
    } else {
        fsz_uuid_new(request->job);
    }
}
