#include "api/method.h"
#include "api/outcome.h"
#include "keys/users.h"
#include "net/connections.h"

#include <string.h>

const struct fsz_param        fsz_params_none[] = {FSZ_PARAM_END};
static const struct fsz_param methods_timeout[] = {FSZ_PARAM_TIMEOUT, FSZ_PARAM_END};
static const struct fsz_param methods_clients[] = {
    {.name = "after", .type = FSZ_PARAM_NUMBER, .min = 0, .max = INT64_MAX},
    {.name = "limit", .type = FSZ_PARAM_NUMBER, .min = 1, .max = FSZ_CONNECTIONS_MAX},
    {.name = "owner", .type = FSZ_PARAM_WORD, .min = 1, .max = FSZ_CONNECTION_OWNER_BYTES - 1},
    {.name = "user", .type = FSZ_PARAM_TEXT, .min = 0, .max = FSZ_USER_NAME_MAX},
    {.name = "address", .type = FSZ_PARAM_WORD, .min = 1, .max = FSZ_ADDRESS_HOST_BYTES - 1},
    FSZ_PARAM_TIMEOUT,
    FSZ_PARAM_END};
static const struct fsz_param methods_kick[] = {
    {.name = "id", .type = FSZ_PARAM_NUMBER, .required = true, .min = 1, .max = INT64_MAX},
    FSZ_PARAM_TIMEOUT,
    FSZ_PARAM_END};
static const struct fsz_param methods_register[] = {
    {.name = "service", .type = FSZ_PARAM_WORD, .required = true, .min = 1, .max = 64},
    {.name = "capacity", .type = FSZ_PARAM_NUMBER, .min = 1, .max = FSZ_CAPACITY_MAX},
    FSZ_PARAM_END};
static const struct fsz_param methods_unregister[] = {
    {.name = "service", .type = FSZ_PARAM_WORD, .required = true, .min = 1, .max = 64},
    FSZ_PARAM_END};

const struct fsz_method fsz_methods[] = {
    {.name = "server.hello", .params = fsz_params_none, .check = fsz_method_hello},
    {.name = "server.ping", .params = fsz_params_none, .check = fsz_method_ping},
    {.name = "server.stats",
     .params = methods_timeout,
     .place = FSZ_METHOD_WORKER,
     .run = fsz_method_stats},
    {.name = "server.clients",
     .params = methods_clients,
     .place = FSZ_METHOD_WORKER,
     .run = fsz_method_clients},
    {.name = "client.kick",
     .params = methods_kick,
     .place = FSZ_METHOD_WORKER,
     .audited = true,
     .check = fsz_check_kick,
     .run = fsz_method_kick},
    {.name = "api",
     .params = fsz_params_api,
     .needs = FSZ_CAN_COMMAND,
     .place = FSZ_METHOD_WORKER,
     .audited = true,
     .check = fsz_check_api,
     .run = fsz_method_api},
    {.name = "bgapi",
     .params = fsz_params_bgapi,
     .needs = FSZ_CAN_COMMAND,
     .place = FSZ_METHOD_BACKGROUND,
     .audited = true,
     .check = fsz_check_bgapi,
     .run = fsz_method_bgapi},
    {.name = "job.result", .params = fsz_params_job, .check = fsz_method_job},
    {.name = "json_api",
     .params = fsz_params_json_api,
     .needs = FSZ_CAN_JSON_API,
     .place = FSZ_METHOD_WORKER,
     .audited = true,
     .check = fsz_check_json_api,
     .run = fsz_method_json_api},
    {.name = "event.send",
     .params = fsz_params_send,
     .needs = FSZ_CAN_SEND,
     .place = FSZ_METHOD_WORKER,
     .audited = true,
     .check = fsz_check_send,
     .run = fsz_method_send},
    {.name = "call.execute",
     .params = fsz_params_execute,
     .needs = FSZ_CAN_CALLS,
     .place = FSZ_METHOD_WORKER,
     .audited = true,
     .on_call = true,
     .commands = true,
     .check = fsz_check_execute,
     .run = fsz_method_execute},
    {.name = "call.originate",
     .params = fsz_params_originate,
     .needs = FSZ_CAN_CALLS,
     .place = FSZ_METHOD_BACKGROUND,
     .audited = true,
     .check = fsz_check_originate,
     .run = fsz_method_originate},
    {.name = "call.hangup",
     .params = fsz_params_hangup,
     .needs = FSZ_CAN_CALLS,
     .place = FSZ_METHOD_WORKER,
     .audited = true,
     .on_call = true,
     .commands = true,
     .check = fsz_check_hangup,
     .run = fsz_method_hangup},
    {.name = "call.get",
     .params = fsz_params_get,
     .needs = FSZ_CAN_CALLS,
     .place = FSZ_METHOD_WORKER,
     .audited = true,
     .on_call = true,
     .check = fsz_check_get,
     .run = fsz_method_get},
    {.name = "call.set",
     .params = fsz_params_set,
     .needs = FSZ_CAN_CALLS,
     .place = FSZ_METHOD_WORKER,
     .audited = true,
     .on_call = true,
     .commands = true,
     .check = fsz_check_set,
     .run = fsz_method_set},
    {.name = "call.transfer",
     .params = fsz_params_transfer,
     .needs = FSZ_CAN_CALLS,
     .place = FSZ_METHOD_WORKER,
     .audited = true,
     .on_call = true,
     .commands = true,
     .check = fsz_check_transfer,
     .run = fsz_method_transfer},
    {.name = "call.break",
     .params = fsz_params_stop,
     .needs = FSZ_CAN_CONTROL,
     .place = FSZ_METHOD_WORKER,
     .audited = true,
     .on_call = true,
     .commands = true,
     .run = fsz_method_stop},
    {.name = "call.bridge",
     .params = fsz_params_bridge,
     .needs = FSZ_CAN_CONTROL,
     .place = FSZ_METHOD_WORKER,
     .audited = true,
     .on_call = true,
     .commands = true,
     .check = fsz_check_bridge,
     .run = fsz_method_bridge},
    {.name = "call.subscribe",
     .params = fsz_params_subscribe,
     .needs = FSZ_CAN_CONTROL,
     .on_call = true,
     .check = fsz_method_subscribe},
    {.name = "call.release",
     .params = fsz_params_release,
     .needs = FSZ_CAN_CONTROL,
     .place = FSZ_METHOD_WORKER,
     .audited = true,
     .on_call = true,
     .check = fsz_check_release,
     .run = fsz_method_give_back,
     .after = fsz_after_release},
    {.name = "call.hand-over",
     .params = fsz_params_hand_over,
     .needs = FSZ_CAN_CONTROL,
     .place = FSZ_METHOD_WORKER,
     .audited = true,
     .on_call = true,
     .check = fsz_check_hand_over,
     .run = fsz_method_give_back,
     .after = fsz_after_hand_over},
    {.name = "service.register",
     .params = methods_register,
     .audited = true,
     .check = fsz_method_register},
    {.name = "service.unregister",
     .params = methods_unregister,
     .audited = true,
     .check = fsz_method_unregister},
    {.name = NULL},
};

const struct fsz_method *fsz_method_find(const char *name)
{
    const struct fsz_method *method = fsz_methods;
    while (method->name != NULL && strcmp(method->name, name) != 0) {
        method++;
    }
    return method->name != NULL ? method : NULL;
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
