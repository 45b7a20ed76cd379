/* SPDX-License-Identifier: MPL-2.0 */
/* Methods for controlled calls: call.break, call.bridge, call.subscribe, call.release,
 * call.hand-over. */
#include "api/api_private.h"
#include "api/method.h"
#include "base/eventname.h"
#include "call/control_private.h"
#include "call/controls.h"
#include "event/ending.h"

#include <stdio.h>
#include <string.h>

enum { CONTROL_WORDS_BYTES = 4096, CONTROL_EVENTS_BYTES = 16384 };

static const struct fsz_param break_params[] = {
    FSZ_PARAM_CALL, FSZ_PARAM_TIMEOUT, FSZ_PARAM_LEASE, {.name = NULL}};
static const struct fsz_param release_params[] = {
    FSZ_PARAM_CALL, FSZ_PARAM_TIMEOUT, FSZ_PARAM_LEASE, {.name = NULL}};
static const struct fsz_param bridge_params[] = {FSZ_PARAM_CALL,
                                                 {.name = "other",
                                                  .type = FSZ_PARAM_WORD,
                                                  .required = true,
                                                  .min = 1,
                                                  .max = FSZ_TASK_NAME_BYTES - 1},
                                                 FSZ_PARAM_TIMEOUT,
                                                 FSZ_PARAM_LEASE,
                                                 {.name = NULL}};
static const struct fsz_param hand_over_params[] = {FSZ_PARAM_CALL,
                                                    {.name = "service",
                                                     .type = FSZ_PARAM_WORD,
                                                     .required = true,
                                                     .min = 1,
                                                     .max = FSZ_CONFIG_NAME_MAX},
                                                    {.name = "data", .type = FSZ_PARAM_ANY},
                                                    FSZ_PARAM_TIMEOUT,
                                                    FSZ_PARAM_LEASE,
                                                    {.name = NULL}};
static const struct fsz_param subscribe_params[] = {
    FSZ_PARAM_CALL,
    {.name = "events", .type = FSZ_PARAM_NAMES, .required = true, .min = 0, .max = FSZ_NAMES_MAX},
    FSZ_PARAM_LEASE,
    {.name = NULL}};
enum { CONTROL_CALL, CONTROL_SECOND, CONTROL_THIRD };

/* 0: not given, or not a parameter of the method. */
static uint64_t control_lease(const struct fsz_request *request)
{
    const struct fsz_param *params = request->method->params;
    for (size_t i = 0; params[i].name != NULL; i++) {
        if (strcmp(params[i].name, "lease") == 0) {
            return (uint64_t)fsz_request_number(request, i, 0);
        }
    }
    return 0;
}

/* Commanding a call that another worker controls needs a grant. */
static void control_check_grant(const struct fsz_api *api, struct fsz_request *request,
                                const struct fsz_principal *who, const char *call)
{
    const char *service = fsz_controls_controller(&api->controls, call, request->client);
    if (service != NULL && !fsz_principal_may(who, FSZ_RIGHT_CONTROLLED_CALLS, service)) {
        fsz_request_fail(request, FSZ_RPC_UNAUTHORIZED, NULL,
                         "not allowed: call %.64s is controlled by a worker of service \"%s\", and "
                         "controlled-calls \"%s\" is not granted",
                         call, service, service);
    }
}

void fsz_method_check_call(struct fsz_api *api, struct fsz_request *request,
                           const struct fsz_principal *who)
{
    const char        *call = fsz_request_text(request, CONTROL_CALL);
    struct fsz_client *client = request->client;
    if (!fsz_controls_admit(&api->controls, call, client, control_lease(request))) {
        fsz_request_fail(request, FSZ_RPC_NOT_FOUND, NULL,
                         "another worker controls the call, or none does");
        return;
    }
    if (request->method->commands) {
        control_check_grant(api, request, who, call);
    }
    struct fsz_control *control = fsz_controls_of(&api->controls, call, client);
    if (control != NULL) {
        request->control = fsz_control_ref(control);
        request->lease = control->lease;
    }
}

static void control_need(struct fsz_request *request)
{
    if (request->control == NULL) {
        fsz_request_fail(request, FSZ_RPC_NOT_FOUND, NULL, "you do not control this call");
    }
}

static void break_run(struct fsz_request *request)
{
    struct fsz_buffer words;
    fsz_buffer_init(&words, CONTROL_WORDS_BYTES);
    const char *call = fsz_request_text(request, CONTROL_CALL);
    fsz_waits_mark(request->waits, call, FSZ_ENDING_STOPPED, false);
    fsz_err err = request->host->stop(request->host->self, call, &words);
    fsz_method_done(request, err, &words);
}

/* A bridge moves the second call too, so the client must be allowed to command it. */
static void bridge_check(struct fsz_api *api, struct fsz_request *request,
                         const struct fsz_principal *who)
{
    const char *other = fsz_request_text(request, CONTROL_SECOND);
    if (!fsz_controls_admit(&api->controls, other, request->client, 0)) {
        fsz_request_fail(request, FSZ_RPC_NOT_FOUND, NULL,
                         "another worker controls the other call, or none does");
        return;
    }
    control_check_grant(api, request, who, other);
}

static void bridge_run(struct fsz_request *request)
{
    struct fsz_buffer words;
    fsz_buffer_init(&words, CONTROL_WORDS_BYTES);
    fsz_err err =
        request->host->bridge(request->host->self, fsz_request_text(request, CONTROL_CALL),
                              fsz_request_text(request, CONTROL_SECOND), &words);
    fsz_method_done(request, err, &words);
}

static void release_check(struct fsz_api *api, struct fsz_request *request,
                          const struct fsz_principal *who)
{
    (void)api;
    (void)who;
    control_need(request);
}

static void hand_over_check(struct fsz_api *api, struct fsz_request *request,
                            const struct fsz_principal *who)
{
    const char *service = fsz_request_text(request, CONTROL_SECOND);
    snprintf(request->what, sizeof(request->what), "%.127s %s",
             fsz_request_text(request, CONTROL_CALL), service);
    control_need(request);
    if (!fsz_principal_may(who, FSZ_RIGHT_SERVICES, service)) {
        fsz_request_fail(request, FSZ_RPC_UNAUTHORIZED, NULL,
                         "not allowed: services \"%s\" is not granted", service);
    } else if (fsz_services_find(api->services, service) == NULL) {
        fsz_request_fail(request, FSZ_RPC_NOT_FOUND, NULL, "there is no service \"%s\"", service);
    }
}

/* On a worker, like the commands before it, so that it does not overtake them. The call is given
 * back after the reply, so that call.end is the last message that the controller gets. */
static void release_run(struct fsz_request *request)
{
    if (fsz_control_is_of(request->control, request->lease)) {
        fsz_request_succeed(request, json_object());
    } else {
        fsz_request_fail(request, FSZ_RPC_NOT_FOUND, NULL, "you no longer control this call");
    }
}

static void release_after(struct fsz_request *request)
{
    (void)fsz_control_end(request->control, request->lease, FSZ_CONTROL_RELEASED);
}

static void hand_over_after(struct fsz_request *request)
{
    (void)fsz_control_hand_over(request->control, request->lease,
                                fsz_request_text(request, CONTROL_SECOND),
                                request->values[CONTROL_THIRD]);
}

/* Reads patterns as in a stream's selection. NULL: no pattern, or an invalid one, which fails the
 * request. */
static struct fsz_selection *subscribe_selection(struct fsz_request *request)
{
    struct fsz_selection *events = NULL;
    struct fsz_buffer     list;
    char                  why[FSZ_EVENTNAME_WHY_BYTES];
    size_t                i = 0;
    json_t               *pattern = NULL;
    fsz_buffer_init(&list, CONTROL_EVENTS_BYTES);
    json_array_foreach(request->values[CONTROL_SECOND], i, pattern)
    {
        const char *text = json_string_value(pattern);
        size_t      skip = text[0] == '!';
        if (!fsz_eventname_is_valid(text + skip, strlen(text + skip), why)) {
            fsz_request_fail(request, FSZ_RPC_INVALID_PARAMS, json_pack("{s:s}", "param", "events"),
                             "events: %s", why);
        }
        fsz_buffer_printf(&list, "%s ", text);
    }
    if (request->error == NULL && list.size > 0 &&
        fsz_selection_new(fsz_buffer_string(&list), &events, NULL) != FSZ_OK) {
        fsz_request_fail(request, FSZ_RPC_INVALID_PARAMS, json_pack("{s:s}", "param", "events"),
                         "events: a subclass cannot contain spaces or commas");
    }
    fsz_buffer_fini(&list);
    return events;
}

/* The result, with the patterns that match no event of FreeSWITCH as `unknown`. */
static json_t *subscribe_result(const struct fsz_request *request)
{
    char    why[FSZ_EVENTNAME_WHY_BYTES];
    json_t *result = json_object(), *unknown = json_array(), *pattern = NULL;
    size_t  i = 0;
    json_array_foreach(request->values[CONTROL_SECOND], i, pattern)
    {
        const char *text = json_string_value(pattern);
        size_t      skip = text[0] == '!';
        if (!fsz_eventname_is_known(text + skip, strlen(text + skip), why)) {
            json_array_append(unknown, pattern);
        }
    }
    if (json_array_size(unknown) > 0) {
        json_object_set(result, "unknown", unknown);
    }
    json_decref(unknown);
    return result;
}

static void subscribe(struct fsz_api *api, struct fsz_request *request,
                      const struct fsz_principal *who)
{
    (void)who;
    control_need(request);
    if (request->control == NULL) {
        return;
    }
    struct fsz_selection *events = subscribe_selection(request);
    if (request->error == NULL) {
        fsz_watch_subscribe(api->controls.watch, request->control, &events);
        fsz_request_succeed(request, subscribe_result(request));
    }
}

const struct fsz_method fsz_methods_control[] = {
    {.name = "call.break",
     .params = break_params,
     .needs = FSZ_CAN_CONTROL,
     .place = FSZ_METHOD_WORKER,
     .audited = true,
     .on_call = true,
     .commands = true,
     .run = break_run},
    {.name = "call.bridge",
     .params = bridge_params,
     .needs = FSZ_CAN_CONTROL,
     .place = FSZ_METHOD_WORKER,
     .audited = true,
     .on_call = true,
     .commands = true,
     .check = bridge_check,
     .run = bridge_run},
    {.name = "call.subscribe",
     .params = subscribe_params,
     .needs = FSZ_CAN_CONTROL,
     .on_call = true,
     .check = subscribe},
    {.name = "call.release",
     .params = release_params,
     .needs = FSZ_CAN_CONTROL,
     .place = FSZ_METHOD_WORKER,
     .audited = true,
     .on_call = true,
     .check = release_check,
     .run = release_run,
     .after = release_after},
    {.name = "call.hand-over",
     .params = hand_over_params,
     .needs = FSZ_CAN_CONTROL,
     .place = FSZ_METHOD_WORKER,
     .audited = true,
     .on_call = true,
     .check = hand_over_check,
     .run = release_run,
     .after = hand_over_after},
    {.name = NULL},
};
