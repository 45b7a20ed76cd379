/* SPDX-License-Identifier: MPL-2.0 */
/* call.originate: has the switch make a call. */
#include "api/method.h"
#include "auth/authorize.h"
#include "event/event_check.h"

#include <stdio.h>
#include <string.h>

enum {
    ORIGINATE_TEXT_MAX = 64 << 10, /* bytes of a dial string, an argument, a name or a value */
    ORIGINATE_RING_S = 60,
    ORIGINATE_RING_MAX_S = 3600,
    ORIGINATE_WORDS_BYTES = 4096,
};

static const struct fsz_param originate_params[] = {
    {.name = "endpoint",
     .type = FSZ_PARAM_TEXT,
     .required = true,
     .min = 1,
     .max = ORIGINATE_TEXT_MAX},
    {.name = "then", .type = FSZ_PARAM_OBJECT, .required = true},
    {.name = "variables", .type = FSZ_PARAM_OBJECT},
    {.name = "ring_s", .type = FSZ_PARAM_NUMBER, .min = 1, .max = ORIGINATE_RING_MAX_S},
    {.name = "wait", .type = FSZ_PARAM_BOOL},
    {.name = "job", .type = FSZ_PARAM_WORD, .min = 1, .max = FSZ_JOB_BYTES - 1},
    FSZ_PARAM_TIMEOUT,
    {.name = NULL}};
enum { PARAM_ENDPOINT, PARAM_THEN, PARAM_VARIABLES, PARAM_RING, PARAM_WAIT, PARAM_JOB };

static void originate_invalid(struct fsz_request *request, const char *param, const char *text)
{
    fsz_request_fail(request, FSZ_RPC_INVALID_PARAMS, json_pack("{ss}", "param", param), "%s: %s",
                     param, text);
}

/* A string member of `then`, or NULL. */
static const char *originate_then(const struct fsz_request *request, const char *member)
{
    return json_string_value(json_object_get(request->values[PARAM_THEN], member));
}

/* Either an application with its argument, or an extension with its dialplan and context. */
static bool originate_then_is_valid(const json_t *then)
{
    static const char *const application[] = {"app", "arg"};
    static const char *const place[] = {"extension", "dialplan", "context"};
    bool                     runs = json_object_get(then, "app") != NULL;
    const char *const       *names = runs ? application : place;
    size_t                   count = runs ? 2 : 3;
    size_t                   known = 0;
    for (size_t i = 0; i < count; i++) {
        const json_t *value = json_object_get(then, names[i]);
        bool fits = json_is_string(value) && json_string_length(value) <= ORIGINATE_TEXT_MAX;
        if (value != NULL && (!fits || (i == 0 && json_string_length(value) == 0))) {
            return false;
        }
        known += value != NULL;
    }
    return json_object_get(then, names[0]) != NULL && json_object_size(then) == known;
}

static fsz_err originate_authorize_then(const struct fsz_request   *request,
                                        const struct fsz_principal *who, fsz_why why)
{
    const char *app = originate_then(request, "app");
    if (app != NULL) {
        return fsz_authorize_application(who, app, originate_then(request, "arg"), why);
    }
    const char *context = originate_then(request, "context");
    return fsz_authorize_transfer(who, originate_then(request, "extension"),
                                  originate_then(request, "dialplan"),
                                  context ? context : "default", why);
}

static fsz_err originate_authorize_variables(struct fsz_request         *request,
                                             const struct fsz_principal *who, fsz_why why)
{
    const char *name = NULL;
    json_t     *value = NULL;
    fsz_err     err = FSZ_OK;
    json_object_foreach((json_t *)request->values[PARAM_VARIABLES], name, value)
    {
        const char *text = json_string_value(value);
        bool        fits = text != NULL && json_string_length(value) <= ORIGINATE_TEXT_MAX &&
                    fsz_header_name_is_plain(name);
        if (err == FSZ_OK && !fits) {
            originate_invalid(request, "variables", "each must be a string with a plain name");
            return FSZ_OK;
        }
        err = err == FSZ_OK ? fsz_authorize_variable(who, name, text, why) : err;
    }
    return err;
}

static void originate_check(struct fsz_api *api, struct fsz_request *request,
                            const struct fsz_principal *who)
{
    fsz_why     why = "";
    const char *endpoint = fsz_request_text(request, PARAM_ENDPOINT);
    const char *app = originate_then(request, "app");
    (void)api;
    snprintf(request->what, sizeof(request->what), "%.200s %.200s", endpoint,
             app ? app : originate_then(request, "extension"));
    fsz_method_name_job(request, fsz_request_text(request, PARAM_JOB));
    if (!originate_then_is_valid(request->values[PARAM_THEN])) {
        originate_invalid(request, "then",
                          "must have app and optionally arg, or extension and optionally dialplan "
                          "and context, each a string");
    } else if (json_object_size(request->values[PARAM_VARIABLES]) > FSZ_NAMES_MAX) {
        originate_invalid(request, "variables", "too many members");
    } else if (fsz_authorize_endpoint(who, endpoint, why) != FSZ_OK ||
               originate_authorize_then(request, who, why) != FSZ_OK ||
               originate_authorize_variables(request, who, why) != FSZ_OK) {
        fsz_method_deny(request, why);
    }
}

static void originate_succeed(struct fsz_request *request, const char *call)
{
    json_t *result = json_pack("{ss ss}", "call", call, "status", "ok");
    if (result != NULL && request->is_job) {
        json_object_set_new(result, "job", json_string(request->job));
    }
    fsz_request_succeed(request, result);
}

/* A job that failed has a result too. */
static void originate_refused(struct fsz_request *request, fsz_err err,
                              const struct fsz_buffer *words)
{
    fsz_method_refused(request, err, words);
    if (request->is_job) {
        const json_t *data = json_object_get(request->error, "data");
        const json_t *reason = json_object_get(data, "reason");
        request->result = json_pack("{ss ss sO}", "job", request->job, "status", "error", "reason",
                                    reason ? reason : json_object_get(request->error, "message"));
    }
}

static void originate_run(struct fsz_request *request)
{
    const char       *names[FSZ_NAMES_MAX], *values[FSZ_NAMES_MAX], *name = NULL;
    char              call[FSZ_ORIGINATED_BYTES] = "";
    json_t           *value = NULL;
    size_t            count = 0;
    struct fsz_buffer words;
    json_object_foreach((json_t *)request->values[PARAM_VARIABLES], name, value)
    {
        names[count] = name;
        values[count++] = json_string_value(value);
    }
    const struct fsz_originate originate = {
        .endpoint = fsz_request_text(request, PARAM_ENDPOINT),
        .names = names,
        .values = values,
        .count = count,
        .ring_s = (unsigned)fsz_request_number(request, PARAM_RING, ORIGINATE_RING_S),
        .app = originate_then(request, "app"),
        .arg = originate_then(request, "arg"),
        .extension = originate_then(request, "extension"),
        .dialplan = originate_then(request, "dialplan"),
        .context = originate_then(request, "context"),
    };
    fsz_buffer_init(&words, ORIGINATE_WORDS_BYTES);
    fsz_err err = request->host->originate(request->host->self, &originate, call, &words);
    if (err == FSZ_OK) {
        originate_succeed(request, call);
    } else {
        originate_refused(request, err, &words);
    }
    fsz_buffer_fini(&words);
}

const struct fsz_method fsz_methods_originate[] = {
    {.name = "call.originate",
     .params = originate_params,
     .needs = FSZ_CAN_CALLS,
     .place = FSZ_METHOD_BACKGROUND,
     .audited = true,
     .check = originate_check,
     .run = originate_run},
    {.name = NULL},
};
