/* SPDX-License-Identifier: MPL-2.0 */
#include "module/switch_host.h"

#include "module/canary.h"
#include "module/fit.h"
#include "module/interfaces.h"
#include "module/switch_call.h"
#include "module/switch_control.h"
#include "module/switch_originate.h"
#include "module/switch_send.h"

#include <pthread.h>
#include <signal.h>
#include <switch.h>

enum { HOST_STREAM_BYTES = 512 };

static void host_log(void *self, enum fsz_log_level level, const char *text)
{
    static const switch_log_level_t levels[] = {
        [FSZ_LOG_ERROR] = SWITCH_LOG_ERROR,   [FSZ_LOG_WARNING] = SWITCH_LOG_WARNING,
        [FSZ_LOG_NOTICE] = SWITCH_LOG_NOTICE, [FSZ_LOG_INFO] = SWITCH_LOG_INFO,
        [FSZ_LOG_DEBUG] = SWITCH_LOG_DEBUG,
    };
    (void)self;
    switch_log_printf(SWITCH_CHANNEL_LOG, levels[level], "%s\n", text);
}

static bool host_admits(void *self, const char *acl, const char *address)
{
    (void)self;
    return switch_check_network_list_ip(address, acl) == SWITCH_TRUE;
}

static void host_identify(void *self, struct fsz_host_identity *ret_identity)
{
    (void)self;
    switch_snprintf(ret_identity->core_uuid, sizeof ret_identity->core_uuid, "%s",
                    switch_core_get_uuid());
    switch_snprintf(ret_identity->hostname, sizeof ret_identity->hostname, "%s",
                    switch_core_get_hostname());
    switch_snprintf(ret_identity->switchname, sizeof ret_identity->switchname, "%s",
                    switch_core_get_switchname());
    fsz_fit_running(ret_identity->version, sizeof ret_identity->version);
    switch_snprintf(ret_identity->built_against, sizeof ret_identity->built_against, "%s",
                    FSZ_FIT_BUILT_AGAINST);
}

static void host_troubles(void *self, struct fsz_problems *problems)
{
    (void)self;
    fsz_canary_troubles(problems);
    fsz_interfaces_troubles(problems);
}

/* Our threads block all signals; a program that a command starts must not inherit that. */
static sigset_t host_unblock_signals(void)
{
    sigset_t none, before;
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, &before);
    return before;
}

/* With room for members that a later release may add at the end. */
union host_stream {
    switch_stream_handle_t handle;
    char                   room[HOST_STREAM_BYTES];
};

/* Writes straight into the caller's buffer, which has a limit, unlike the switch's own stream. */
FSZ_PRINTF(2, 3)
static switch_status_t host_write(switch_stream_handle_t *stream, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fsz_err err = fsz_buffer_vprintf(stream->data, format, arguments);
    va_end(arguments);
    return err == FSZ_OK ? SWITCH_STATUS_SUCCESS : SWITCH_STATUS_FALSE;
}

static switch_status_t host_write_raw(switch_stream_handle_t *stream, uint8_t *bytes,
                                      switch_size_t size)
{
    fsz_err err = fsz_buffer_append(stream->data, bytes, size);
    return err == FSZ_OK ? SWITCH_STATUS_SUCCESS : SWITCH_STATUS_FALSE;
}

/* Tells an unknown command from a failed one: the switch returns the same status for both. */
static bool host_has_command(const char *command)
{
    switch_api_interface_t *interface = switch_loadable_module_get_api_interface(command);
    bool                    found = interface != NULL;
    UNPROTECT_INTERFACE(interface);
    return found;
}

static fsz_err host_command(void *self, const char *command, const char *arg,
                            struct fsz_buffer *output)
{
    union host_stream stream;
    (void)self;
    memset(&stream, 0, sizeof stream);
    stream.handle.data = output;
    stream.handle.write_function = host_write;
    stream.handle.raw_write_function = host_write_raw;
    size_t          size = output->size;
    sigset_t        before = host_unblock_signals();
    switch_status_t status = switch_api_execute(command, arg, NULL, &stream.handle);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (status != SWITCH_STATUS_SUCCESS && !host_has_command(command)) {
        output->size = size; /* replaces the switch's text, which lacks -ERR */
        fsz_buffer_printf(output, "-ERR %s Command not found!\n", command);
        return FSZ_ENOTFOUND;
    }
    return output->failed;
}

static bool host_has_json_api(const char *command)
{
    switch_json_api_interface_t *interface =
        command == NULL ? NULL : switch_loadable_module_get_json_api_interface(command);
    bool found = interface != NULL;
    UNPROTECT_INTERFACE(interface);
    return found;
}

static fsz_err host_run_json(cJSON *request, struct fsz_buffer *answer)
{
    cJSON *reply = NULL;
    if (!host_has_json_api(cJSON_GetObjectCstr(request, "command"))) {
        return FSZ_ENOTFOUND;
    }
    sigset_t        before = host_unblock_signals();
    switch_status_t status = switch_json_api_execute(request, NULL, &reply);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    char *text = reply == NULL ? NULL : cJSON_PrintUnformatted(reply);
    fsz_buffer_text(answer, text == NULL ? "null" : text);
    switch_safe_free(text);
    cJSON_Delete(reply);
    return status == SWITCH_STATUS_SUCCESS ? answer->failed : FSZ_EREFUSED;
}

static fsz_err host_json_api(void *self, const char *request, struct fsz_buffer *answer)
{
    (void)self;
    cJSON *json = cJSON_Parse(request);
    if (json == NULL) {
        return FSZ_EINVALID;
    }
    fsz_err err = host_run_json(json, answer);
    cJSON_Delete(json);
    return err;
}

const struct fsz_host fsz_module_host = {
    .name = "FreeSWITCH",
    .capabilities =
        FSZ_CAN_COMMAND | FSZ_CAN_JSON_API | FSZ_CAN_SEND | FSZ_CAN_CALLS | FSZ_CAN_CONTROL,
    .log = host_log,
    .admits = host_admits,
    .identify = host_identify,
    .troubles = host_troubles,
    .command = host_command,
    .json_api = host_json_api,
    .send_event = fsz_switch_send,
    .execute = fsz_switch_execute,
    .originate = fsz_switch_originate,
    .hangup = fsz_switch_hangup,
    .get = fsz_switch_get,
    .set = fsz_switch_set,
    .transfer = fsz_switch_transfer,
    .stop = fsz_switch_stop,
    .bridge = fsz_switch_bridge,
    .wake = fsz_switch_wake,
};
