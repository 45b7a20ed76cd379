/* SPDX-License-Identifier: MPL-2.0 */
/* api, bgapi, job.result, json_api, event.send. */
#include "api/api_private.h"
#include "api/method.h"
#include "api/outcome.h"
#include "auth/authorize.h"
#include "auth/readonly.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COMMAND_NAME_MAX = 255, COMMAND_WORDS_BYTES = 4096 };

#define COMMAND_PARAM                                                                              \
    {                                                                                              \
        .name = "command", .type = FSZ_PARAM_WORD, .required = true, .min = 1,                     \
        .max = COMMAND_NAME_MAX                                                                    \
    }
#define COMMAND_ARG                                                                                \
    {                                                                                              \
        .name = "arg", .type = FSZ_PARAM_TEXT, .min = 0, .max = FSZ_TEXT_MAX                       \
    }

static const struct fsz_param api_params[] = {
    COMMAND_PARAM, COMMAND_ARG, FSZ_PARAM_TIMEOUT, {.name = NULL}};
static const struct fsz_param bgapi_params[] = {
    COMMAND_PARAM,
    COMMAND_ARG,
    {.name = "job", .type = FSZ_PARAM_WORD, .min = 1, .max = FSZ_JOB_BYTES - 1},
    {.name = NULL}};
static const struct fsz_param job_params[] = {
    {.name = "job", .type = FSZ_PARAM_WORD, .required = true, .min = 1, .max = FSZ_JOB_BYTES - 1},
    {.name = NULL}};
static const struct fsz_param json_api_params[] = {
    COMMAND_PARAM, {.name = "data", .type = FSZ_PARAM_ANY}, FSZ_PARAM_TIMEOUT, {.name = NULL}};
static const struct fsz_param send_params[] = {
    {.name = "event", .type = FSZ_PARAM_OBJECT, .required = true},
    FSZ_PARAM_TIMEOUT,
    {.name = NULL}};
enum { PARAM_COMMAND, PARAM_ARG, PARAM_JOB, PARAM_DATA = PARAM_ARG };

/* ---- api, bgapi ------------------------------------------------------------------------------ */

static void api_check(struct fsz_api *api, struct fsz_request *request,
                      const struct fsz_principal *who)
{
    fsz_why     why = "";
    const char *command = fsz_request_text(request, PARAM_COMMAND);
    const char *arg = fsz_request_text(request, PARAM_ARG);
    (void)api;
    snprintf(request->what, sizeof(request->what), "%s%s%s", command, arg ? " " : "",
             arg ? arg : "");
    request->routine = fsz_readonly_api(command, arg);
    if (fsz_authorize_api(who, command, arg, why) != FSZ_OK) {
        fsz_method_deny(request, why);
    }
}

static void bgapi_check(struct fsz_api *api, struct fsz_request *request,
                        const struct fsz_principal *who)
{
    api_check(api, request, who);
    fsz_method_name_job(request, fsz_request_text(request, PARAM_JOB));
}

static void api_run(struct fsz_request *request)
{
    struct fsz_buffer output;
    fsz_buffer_init(&output, request->reply_bytes_max);
    fsz_err err =
        request->host->command(request->host->self, fsz_request_text(request, PARAM_COMMAND),
                               fsz_request_text(request, PARAM_ARG), &output);
    if (err == FSZ_ENOMEM || err == FSZ_ECLOSED) {
        fsz_request_fail(request, FSZ_RPC_INTERNAL, NULL, "%s", fsz_err_text(err));
    } else {
        if (err == FSZ_ENOTFOUND && output.size == 0) {
            fsz_buffer_printf(&output, "-ERR there is no command \"%s\"\n",
                              fsz_request_text(request, PARAM_COMMAND));
        }
        fsz_request_succeed(request, fsz_outcome_of_command(&output));
    }
    fsz_buffer_fini(&output);
}

/* Fires BACKGROUND_JOB as FreeSWITCH's own bgapi does. An argument that cannot be a header is left
 * out.
 */
static void bgapi_fire(const struct fsz_request *request)
{
    const struct fsz_host  *host = request->host;
    const struct fsz_header headers[] = {
        {.name = "Job-UUID", .value = request->job},
        {.name = "Job-Command", .value = fsz_request_text(request, PARAM_COMMAND)},
        {.name = "Job-Command-Arg", .value = fsz_request_text(request, PARAM_ARG)},
        {.name = NULL}};
    struct fsz_header      without_arg[] = {headers[0], headers[1], {.name = NULL}};
    const json_t          *output = json_object_get(request->result, "output");
    const struct fsz_event event = {.name = "BACKGROUND_JOB",
                                    .body = json_string_value(output),
                                    .headers = headers[2].value != NULL ? headers : without_arg,
                                    .read = fsz_headers_of_array};
    struct fsz_buffer      words;
    fsz_buffer_init(&words, COMMAND_WORDS_BYTES);
    if ((host->capabilities & FSZ_CAN_SEND) != 0 &&
        host->send_event(host->self, &event, &words) != FSZ_OK) {
        struct fsz_event plain = event;
        plain.headers = without_arg;
        (void)!host->send_event(host->self, &plain, &words);
    }
    fsz_buffer_fini(&words);
}

/* A job's result has the same form when the command failed. */
static void bgapi_run(struct fsz_request *request)
{
    api_run(request);
    if (request->result == NULL) {
        request->result = json_pack("{ss ss sO*}", "output", "", "status", "error", "reason",
                                    json_object_get(request->error, "message"));
    }
    if (request->result != NULL) {
        json_object_set_new(request->result, "job", json_string(request->job));
        bgapi_fire(request);
    }
}

/* Checks the size before reading the result: a batch of large results that cannot be sent would
 * block the API thread. */
static void job_result(struct fsz_api *api, struct fsz_request *request,
                       const struct fsz_principal *who)
{
    char        owner[FSZ_TASK_NAME_BYTES];
    const char *job = fsz_request_text(request, 0);
    json_t     *result = NULL;
    (void)who;
    fsz_request_owner(request, owner);
    size_t bytes = fsz_jobs_result_bytes(api->jobs, job, owner);
    if (!fsz_request_has_room(request, bytes)) {
        fsz_request_fail(request, FSZ_RPC_OVERLOADED, NULL,
                         "the result of %zu bytes is not sent: read your earlier replies first "
                         "(client-bytes)",
                         bytes);
        return;
    }
    fsz_err err = fsz_jobs_result(api->jobs, job, owner, &result);
    if (err == FSZ_OK) {
        fsz_request_succeed(request, result);
    } else if (err == FSZ_EBUSY) {
        fsz_request_succeed(request, json_pack("{ss ss}", "job", job, "status", "running"));
    } else {
        fsz_request_fail(request, FSZ_RPC_NOT_FOUND, NULL,
                         "you have no job \"%s\", or its result was dropped", job);
    }
}

/* ---- json_api -------------------------------------------------------------------------------- */

static void json_api_check(struct fsz_api *api, struct fsz_request *request,
                           const struct fsz_principal *who)
{
    fsz_why       why = "";
    const char   *command = fsz_request_text(request, PARAM_COMMAND);
    const json_t *data = request->values[PARAM_DATA];
    char         *text = data ? json_dumps(data, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    (void)api;
    snprintf(request->what, sizeof(request->what), "%s%s%s", command, text ? " " : "",
             text ? text : "");
    request->routine = fsz_readonly_json_api(command);
    if (data != NULL && text == NULL) {
        fsz_request_fail(request, FSZ_RPC_INTERNAL, NULL, "out of memory");
    } else if (fsz_authorize_json_api(who, command, text, why) != FSZ_OK) {
        fsz_method_deny(request, why);
    }
    free(text);
}

static void json_api_reply(struct fsz_request *request, fsz_err err, const struct fsz_buffer *reply)
{
    json_t *value = reply->size > 0
                        ? json_loadb((const char *)reply->data, reply->size, JSON_DECODE_ANY, NULL)
                        : NULL;
    if (err == FSZ_ENOTFOUND) {
        json_decref(value);
        fsz_request_fail(request, FSZ_RPC_REFUSED, NULL, "the switch has no JSON command \"%s\"",
                         fsz_request_text(request, PARAM_COMMAND));
    } else if (err == FSZ_EREFUSED) {
        fsz_request_fail(request, FSZ_RPC_REFUSED, value, "the switch refused");
    } else if (err == FSZ_ELIMIT || reply->failed == FSZ_ELIMIT) {
        json_decref(value);
        fsz_request_fail(request, FSZ_RPC_INTERNAL, NULL,
                         "the command has run, but its reply is larger than reply-bytes");
    } else if (err != FSZ_OK || value == NULL) {
        json_decref(value);
        fsz_request_fail(request, FSZ_RPC_INTERNAL, NULL, "%s",
                         err != FSZ_OK ? fsz_err_text(err) : "the switch's reply is not JSON");
    } else {
        fsz_request_succeed(request, value);
    }
}

static void json_api_run(struct fsz_request *request)
{
    struct fsz_buffer reply;
    json_t *command = json_pack("{sO sO*}", "command", request->values[PARAM_COMMAND], "data",
                                request->values[PARAM_DATA]);
    char   *text = command ? json_dumps(command, JSON_COMPACT) : NULL;
    fsz_buffer_init(&reply, request->reply_bytes_max);
    fsz_err err = text ? request->host->json_api(request->host->self, text, &reply) : FSZ_ENOMEM;
    json_api_reply(request, err, &reply);
    fsz_buffer_fini(&reply);
    free(text);
    json_decref(command);
}

/* ---- event.send ------------------------------------------------------------------------------ */

static void send_check(struct fsz_api *api, struct fsz_request *request,
                       const struct fsz_principal *who)
{
    fsz_why why = "";
    char    invalid[FSZ_SENTEVENT_WHY_BYTES] = "";
    fsz_err err = fsz_sentevent_init(&request->event, request->values[0], invalid);
    (void)api;
    if (err == FSZ_EINVALID) {
        fsz_request_fail(request, FSZ_RPC_INVALID_PARAMS, json_pack("{ss}", "param", "event"), "%s",
                         invalid);
    } else if (err != FSZ_OK) {
        fsz_request_fail(request, FSZ_RPC_INTERNAL, NULL, "%s", fsz_err_text(err));
    } else {
        const struct fsz_event *event = &request->event.view;
        snprintf(request->what, sizeof(request->what), "%.100s %.100s", event->name,
                 event->subclass ? event->subclass : "");
        request->routine = event->subclass != NULL;
        if (fsz_authorize_send_event(who, event, why) != FSZ_OK) {
            fsz_method_deny(request, why);
        }
    }
}

static void send_run(struct fsz_request *request)
{
    struct fsz_buffer words;
    fsz_buffer_init(&words, request->reply_bytes_max);
    fsz_err err = request->host->send_event(request->host->self, &request->event.view, &words);
    fsz_method_done(request, err, &words);
}

const struct fsz_method fsz_methods_command[] = {
    {.name = "api",
     .params = api_params,
     .needs = FSZ_CAN_COMMAND,
     .place = FSZ_METHOD_WORKER,
     .audited = true,
     .check = api_check,
     .run = api_run},
    {.name = "bgapi",
     .params = bgapi_params,
     .needs = FSZ_CAN_COMMAND,
     .place = FSZ_METHOD_BACKGROUND,
     .audited = true,
     .check = bgapi_check,
     .run = bgapi_run},
    {.name = "job.result", .params = job_params, .check = job_result},
    {.name = "json_api",
     .params = json_api_params,
     .needs = FSZ_CAN_JSON_API,
     .place = FSZ_METHOD_WORKER,
     .audited = true,
     .check = json_api_check,
     .run = json_api_run},
    {.name = "event.send",
     .params = send_params,
     .needs = FSZ_CAN_SEND,
     .place = FSZ_METHOD_WORKER,
     .audited = true,
     .check = send_check,
     .run = send_run},
    {.name = NULL},
};
