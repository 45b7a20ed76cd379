/* SPDX-License-Identifier: MPL-2.0 */
/* call.execute, call.hangup, call.get, call.set, call.transfer. */
#include "api/method.h"
#include "auth/authorize.h"
#include "call/control_private.h"
#include "event/ending.h"

#include <stdio.h>
#include <string.h>

enum {
    CALL_NAME_MAX = 255,
    CALL_LOOPS_MAX = 1000000,
    CALL_WORDS_BYTES = 4096, /* of the switch's reason */
};

#define CALL_NAME(param_name, is_required)                                                         \
    {                                                                                              \
        .name = (param_name), .type = FSZ_PARAM_WORD, .required = (is_required), .min = 1,         \
        .max = CALL_NAME_MAX                                                                       \
    }
#define CALL_NAMES                                                                                 \
    {                                                                                              \
        .name = "names", .type = FSZ_PARAM_NAMES, .min = 1, .max = FSZ_NAMES_MAX                   \
    }

static const struct fsz_param execute_params[] = {
    FSZ_PARAM_CALL,
    CALL_NAME("app", true),
    {.name = "arg", .type = FSZ_PARAM_TEXT, .min = 0, .max = FSZ_TEXT_MAX},
    {.name = "loops", .type = FSZ_PARAM_NUMBER, .min = -1, .max = CALL_LOOPS_MAX},
    {.name = "lock", .type = FSZ_PARAM_BOOL},
    {.name = "wait", .type = FSZ_PARAM_BOOL},
    CALL_NAMES,
    FSZ_PARAM_TIMEOUT,
    FSZ_PARAM_LEASE,
    {.name = "urgent", .type = FSZ_PARAM_BOOL},
    {.name = NULL}};
enum {
    EXECUTE_CALL,
    EXECUTE_APP,
    EXECUTE_ARG,
    EXECUTE_LOOPS,
    EXECUTE_LOCK,
    EXECUTE_WAIT,
    EXECUTE_NAMES,
    EXECUTE_TIMEOUT,
    EXECUTE_LEASE,
    EXECUTE_URGENT
};

static const struct fsz_param hangup_params[] = {
    FSZ_PARAM_CALL, CALL_NAME("cause", false), FSZ_PARAM_TIMEOUT, FSZ_PARAM_LEASE, {.name = NULL}};
static const struct fsz_param get_params[] = {
    FSZ_PARAM_CALL, CALL_NAMES, FSZ_PARAM_TIMEOUT, FSZ_PARAM_LEASE, {.name = NULL}};
static const struct fsz_param set_params[] = {
    FSZ_PARAM_CALL,
    {.name = "variables", .type = FSZ_PARAM_OBJECT, .required = true},
    FSZ_PARAM_TIMEOUT,
    FSZ_PARAM_LEASE,
    {.name = NULL}};

static const char *const      transfer_legs[] = {"aleg", "bleg", "both", NULL};
static const struct fsz_param transfer_params[] = {
    FSZ_PARAM_CALL,
    {.name = "extension", .type = FSZ_PARAM_TEXT, .required = true, .min = 1, .max = FSZ_TEXT_MAX},
    CALL_NAME("dialplan", false),
    CALL_NAME("context", false),
    {.name = "leg", .type = FSZ_PARAM_WORD, .min = 4, .max = 4, .words = transfer_legs},
    FSZ_PARAM_TIMEOUT,
    FSZ_PARAM_LEASE,
    {.name = NULL}};
enum { TRANSFER_CALL, TRANSFER_EXTENSION, TRANSFER_DIALPLAN, TRANSFER_CONTEXT, TRANSFER_LEG };

/* ---- call.execute ---------------------------------------------------------------------------- */

static void execute_check(struct fsz_api *api, struct fsz_request *request,
                          const struct fsz_principal *who)
{
    fsz_why     why = "";
    const char *app = fsz_request_text(request, EXECUTE_APP);
    const char *arg = fsz_request_text(request, EXECUTE_ARG);
    int64_t     loops = fsz_request_number(request, EXECUTE_LOOPS, 1);
    (void)api;
    snprintf(request->what, sizeof(request->what), "%.127s %.100s%s%s",
             fsz_request_text(request, EXECUTE_CALL), app, arg ? " " : "", arg ? arg : "");
    fsz_uuid_new(request->wait.id);
    if (fsz_authorize_application(who, app, arg, why) != FSZ_OK) {
        fsz_method_deny(request, why);
    } else if (fsz_request_flag(request, EXECUTE_WAIT) && loops < 0) {
        fsz_request_fail(request, FSZ_RPC_INVALID_PARAMS, json_pack("{ss}", "param", "loops"),
                         "loops: must be at least 1 with wait");
    } else if (fsz_request_flag(request, EXECUTE_WAIT)) {
        request->wait.mailbox = request->mailbox;
        request->wait.call = fsz_request_text(request, EXECUTE_CALL);
        request->wait.names = request->values[EXECUTE_NAMES];
        request->wait.loops = loops > 0 ? loops : 1;
    }
}

static void execute_run(struct fsz_request *request)
{
    struct fsz_buffer        words;
    const struct fsz_execute execute = {
        .call = fsz_request_text(request, EXECUTE_CALL),
        .app = fsz_request_text(request, EXECUTE_APP),
        .arg = fsz_request_text(request, EXECUTE_ARG),
        .id = request->wait.id,
        .loops = (int)fsz_request_number(request, EXECUTE_LOOPS, 1),
        .lock = fsz_request_flag(request, EXECUTE_LOCK),
        .urgent = fsz_request_flag(request, EXECUTE_URGENT),
    };
    fsz_buffer_init(&words, CALL_WORDS_BYTES);
    fsz_err err = request->host->execute(request->host->self, &execute, &words);
    if (err != FSZ_OK) {
        fsz_method_refused(request, err, &words);
    } else if (request->wait.mailbox == NULL) {
        fsz_request_succeed(request, json_pack("{ss}", "id", request->wait.id));
    }
    if (err == FSZ_OK && request->control != NULL) {
        fsz_control_poke(request->control);
    }
    fsz_buffer_fini(&words);
}

/* Fails a request whose application did not run to its end. */
static void execute_never_ran(struct fsz_request *request, const char *ended)
{
    static const struct {
        const char *ended, *why;
    } whys[] = {{FSZ_ENDING_HANGUP, "the call has hung up"},
                {FSZ_ENDING_REPLACED, "the leg has left the conversation"},
                {FSZ_ENDING_TRANSFERRED, "the call was transferred"},
                {FSZ_ENDING_BRIDGED, "the call was bridged with another one"},
                {FSZ_ENDING_LOST, "the call was taken from its worker"}};
    if (ended == NULL) {
        fsz_request_fail(request, FSZ_RPC_REFUSED, NULL,
                         "the switch did not run the application; its log says why");
        return;
    }
    size_t i = 0;
    while (strcmp(whys[i].ended, ended) != 0) {
        i++;
    }
    fsz_request_fail(request, FSZ_RPC_NOT_FOUND, json_pack("{ss}", "ended", ended),
                     "the application did not run to its end: %s", whys[i].why);
}

static void execute_ended(struct fsz_request *request)
{
    json_t *result = request->wait.result;
    request->wait.result = NULL;
    if (result == NULL) {
        execute_never_ran(request, request->wait.ended);
        return;
    }
    json_object_set_new(result, "app", json_string(fsz_request_text(request, EXECUTE_APP)));
    json_object_set_new(result, "id", json_string(request->wait.id));
    if (request->wait.ended != NULL) {
        json_object_set_new(result, "ended", json_string(request->wait.ended));
    }
    fsz_request_succeed(request, result);
}

/* ---- call.hangup, call.transfer -------------------------------------------------------------- */

static void hangup_check(struct fsz_api *api, struct fsz_request *request,
                         const struct fsz_principal *who)
{
    const char *cause = fsz_request_text(request, 1);
    (void)api;
    (void)who;
    snprintf(request->what, sizeof(request->what), "%s%s%.100s", fsz_request_text(request, 0),
             cause ? " " : "", cause ? cause : "");
}

static void hangup_run(struct fsz_request *request)
{
    struct fsz_buffer words;
    fsz_buffer_init(&words, CALL_WORDS_BYTES);
    fsz_err err = request->host->hangup(request->host->self, fsz_request_text(request, 0),
                                        fsz_request_text(request, 1), &words);
    fsz_method_done(request, err, &words);
}

static void transfer_check(struct fsz_api *api, struct fsz_request *request,
                           const struct fsz_principal *who)
{
    fsz_why     why = "";
    const char *extension = fsz_request_text(request, TRANSFER_EXTENSION);
    const char *dialplan = fsz_request_text(request, TRANSFER_DIALPLAN);
    const char *context = fsz_request_text(request, TRANSFER_CONTEXT);
    (void)api;
    snprintf(request->what, sizeof(request->what), "%s %.80s %.20s %.20s",
             fsz_request_text(request, TRANSFER_CALL), extension, dialplan ? dialplan : "",
             context ? context : "");
    if (fsz_authorize_transfer(who, extension, dialplan, context, why) != FSZ_OK) {
        fsz_method_deny(request, why);
    }
}

static void transfer_run(struct fsz_request *request)
{
    struct fsz_buffer words;
    fsz_buffer_init(&words, CALL_WORDS_BYTES);
    fsz_err err = request->host->transfer(
        request->host->self, fsz_request_text(request, TRANSFER_CALL),
        fsz_request_text(request, TRANSFER_LEG), fsz_request_text(request, TRANSFER_EXTENSION),
        fsz_request_text(request, TRANSFER_DIALPLAN), fsz_request_text(request, TRANSFER_CONTEXT),
        &words);
    fsz_method_done(request, err, &words);
}

/* ---- call.get, call.set ---------------------------------------------------------------------- */

static void get_check(struct fsz_api *api, struct fsz_request *request,
                      const struct fsz_principal *who)
{
    (void)api;
    (void)who;
    request->routine = true;
    snprintf(request->what, sizeof(request->what), "%s", fsz_request_text(request, 0));
}

/* An fsz_variable_fn. */
static void get_take(void *variables, const char *name, const char *value)
{
    json_object_set_new(variables, name, value ? fsz_rpc_text(value, strlen(value)) : json_null());
}

static void get_run(struct fsz_request *request)
{
    const json_t *list = request->values[1];
    const char   *names[FSZ_NAMES_MAX];
    size_t        count = json_array_size(list);
    json_t       *variables = json_object();
    for (size_t i = 0; i < count; i++) {
        names[i] = json_string_value(json_array_get(list, i));
    }
    fsz_err err = request->host->get(request->host->self, fsz_request_text(request, 0), names,
                                     count, get_take, variables);
    if (err == FSZ_OK) {
        fsz_request_succeed(request, json_pack("{so}", "variables", variables));
        return;
    }
    json_decref(variables);
    fsz_method_refused(request, err, NULL);
}

static void set_check_variable(struct fsz_request *request, const struct fsz_principal *who,
                               const char *name, const json_t *value)
{
    fsz_why     why = "";
    const char *text = json_string_value(value);
    if (text == NULL && !json_is_null(value)) {
        fsz_request_fail(request, FSZ_RPC_INVALID_PARAMS, json_pack("{ss}", "param", "variables"),
                         "variables.%.64s: must be a string, or null to remove it", name);
    } else if (fsz_authorize_variable(who, name, text, why) != FSZ_OK) {
        fsz_method_deny(request, why);
    }
}

static void set_check(struct fsz_api *api, struct fsz_request *request,
                      const struct fsz_principal *who)
{
    const json_t *variables = request->values[1];
    const char   *name = NULL;
    json_t       *value = NULL;
    int used = snprintf(request->what, sizeof(request->what), "%s", fsz_request_text(request, 0));
    (void)api;
    if (json_object_size(variables) == 0 || json_object_size(variables) > FSZ_NAMES_MAX) {
        fsz_request_fail(request, FSZ_RPC_INVALID_PARAMS, json_pack("{ss}", "param", "variables"),
                         "variables: must have 1 to %d members", FSZ_NAMES_MAX);
        return;
    }
    json_object_foreach((json_t *)variables, name, value)
    {
        size_t room = sizeof(request->what) - (size_t)used;
        int    more = snprintf(request->what + used, room, " %s=%s", name,
                            json_is_string(value) ? json_string_value(value) : "");
        used += (size_t)more < room ? more : 0;
        set_check_variable(request, who, name, value);
    }
}

static void set_run(struct fsz_request *request)
{
    const char *names[FSZ_NAMES_MAX], *values[FSZ_NAMES_MAX], *name = NULL;
    json_t     *value = NULL;
    size_t      count = 0;
    json_object_foreach((json_t *)request->values[1], name, value)
    {
        names[count] = name;
        values[count++] = json_string_value(value);
    }
    fsz_err err =
        request->host->set(request->host->self, fsz_request_text(request, 0), names, values, count);
    fsz_method_done(request, err, NULL);
}

const struct fsz_method fsz_methods_call[] = {
    {.name = "call.execute",
     .params = execute_params,
     .needs = FSZ_CAN_CALLS,
     .place = FSZ_METHOD_WORKER,
     .audited = true,
     .on_call = true,
     .commands = true,
     .check = execute_check,
     .run = execute_run,
     .ended = execute_ended},
    {.name = "call.hangup",
     .params = hangup_params,
     .needs = FSZ_CAN_CALLS,
     .place = FSZ_METHOD_WORKER,
     .audited = true,
     .on_call = true,
     .commands = true,
     .check = hangup_check,
     .run = hangup_run},
    {.name = "call.get",
     .params = get_params,
     .needs = FSZ_CAN_CALLS,
     .place = FSZ_METHOD_WORKER,
     .audited = true,
     .on_call = true,
     .check = get_check,
     .run = get_run},
    {.name = "call.set",
     .params = set_params,
     .needs = FSZ_CAN_CALLS,
     .place = FSZ_METHOD_WORKER,
     .audited = true,
     .on_call = true,
     .commands = true,
     .check = set_check,
     .run = set_run},
    {.name = "call.transfer",
     .params = transfer_params,
     .needs = FSZ_CAN_CALLS,
     .place = FSZ_METHOD_WORKER,
     .audited = true,
     .on_call = true,
     .commands = true,
     .check = transfer_check,
     .run = transfer_run},
    {.name = NULL},
};
