/* Of a call that is held: call.break, call.bridge, call.subscribe, call.release, call.hand-over. */
#include "api/api_private.h"
#include "api/method.h"
#include "base/eventname.h"
#include "call/control_private.h"
#include "call/controls.h"
#include "event/ending.h"

#include <stdio.h>
#include <string.h>

enum { CONTROL_WORDS_BYTES = 4096, CONTROL_KINDS_BYTES = 16384 };

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

/* A call that another controls is commanded only by whoever is granted that. */
static void control_check_control(const struct fsz_api *api, struct fsz_request *request,
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
                         "the call is held by another, or not at all");
        return;
    }
    if (request->method->commands) {
        control_check_control(api, request, who, call);
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
        fsz_request_fail(request, FSZ_RPC_NOT_FOUND, NULL, "you do not hold this call");
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

/* Who may not command the second call may not take it along either. */
static void bridge_check(struct fsz_api *api, struct fsz_request *request,
                         const struct fsz_principal *who)
{
    const char *other = fsz_request_text(request, CONTROL_SECOND);
    if (!fsz_controls_admit(&api->controls, other, request->client, 0)) {
        fsz_request_fail(request, FSZ_RPC_NOT_FOUND, NULL,
                         "the other call is held by another, or not at all");
        return;
    }
    control_check_control(api, request, who, other);
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

/* On a worker, like the applications that were asked for before, so that it does not overtake them;
 * the call is given back behind the answer, so that the holder hears call.end last. */
static void release_run(struct fsz_request *request)
{
    if (fsz_control_is_of(request->control, request->lease)) {
        fsz_request_succeed(request, json_object());
    } else {
        fsz_request_fail(request, FSZ_RPC_NOT_FOUND, NULL, "you do not hold this call any more");
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

/* Patterns as of a stream's selection. NULL: none, or a mistake, which fails the request. */
static struct fsz_selection *subscribe_selection(struct fsz_request *request)
{
    struct fsz_selection *kinds = NULL;
    struct fsz_buffer     list;
    char                  why[FSZ_EVENTNAME_WHY_BYTES];
    size_t                i = 0;
    json_t               *kind = NULL;
    fsz_buffer_init(&list, CONTROL_KINDS_BYTES);
    json_array_foreach(request->values[CONTROL_SECOND], i, kind)
    {
        const char *text = json_string_value(kind);
        size_t      mark = text[0] == '!';
        if (!fsz_eventname_is_valid(text + mark, strlen(text + mark), why)) {
            fsz_request_fail(request, FSZ_RPC_INVALID_PARAMS, json_pack("{s:s}", "param", "events"),
                             "events: %s", why);
        }
        fsz_buffer_printf(&list, "%s ", text);
    }
    if (request->error == NULL && list.size > 0 &&
        fsz_selection_new(fsz_buffer_string(&list), &kinds, NULL) != FSZ_OK) {
        fsz_request_fail(request, FSZ_RPC_INVALID_PARAMS, json_pack("{s:s}", "param", "events"),
                         "events: a subclass can't have blanks or commas");
    }
    fsz_buffer_fini(&list);
    return kinds;
}

/* The result: with those kinds, if any, that FreeSWITCH has no event for. */
static json_t *subscribe_result(const struct fsz_request *request)
{
    char    why[FSZ_EVENTNAME_WHY_BYTES];
    json_t *result = json_object(), *unknown = json_array(), *kind = NULL;
    size_t  i = 0;
    json_array_foreach(request->values[CONTROL_SECOND], i, kind)
    {
        const char *text = json_string_value(kind);
        size_t      mark = text[0] == '!';
        if (!fsz_eventname_is_known(text + mark, strlen(text + mark), why)) {
            json_array_append(unknown, kind);
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
    struct fsz_selection *kinds = subscribe_selection(request);
    if (request->error == NULL) {
        fsz_watch_subscribe(api->controls.watch, request->control, &kinds);
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
