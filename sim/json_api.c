/* SPDX-License-Identifier: MPL-2.0 */
/* json_api.c - the JSON API: {"command": …, "data": …}, with replies as in FreeSWITCH. */
#include "base/clock.h"
#include "sim/live.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { OUTPUT_BYTES = 16 << 20 };

/* Without processor and stack, which a simulated switch lacks. */
static json_t *json_api_status(struct fsz_sim *sim, const json_t *data, fsz_err *ret_err)
{
    (void)data;
    pthread_mutex_lock(&sim->lock);
    uint64_t now_ns = fsz_clock_monotonic_ns();
    uint64_t ms = (now_ns - sim->start_ns) / 1000000;
    fsz_live_second(sim, now_ns);
    json_t *status = json_pack(
        "{s:s, s:{s:I, s:I, s:I, s:I, s:I, s:I}, s:s, s:{s:{s:I, s:I, s:I, s:I, s:I}, s:{s:I, s:I, "
        "s:I}}}",
        "systemStatus", "ready", "uptime", "years", (json_int_t)(ms / 31536000000), "days",
        (json_int_t)(ms / 86400000 % 365), "hours", (json_int_t)(ms / 3600000 % 24), "minutes",
        (json_int_t)(ms / 60000 % 60), "seconds", (json_int_t)(ms / 1000 % 60), "milliseconds",
        (json_int_t)(ms % 1000), "version", FSZ_SIM_VERSION, "sessions", "count", "total",
        (json_int_t)sim->session_total, "active", (json_int_t)sim->channel_count, "peak",
        (json_int_t)sim->channel_peak, "peak5Min", (json_int_t)sim->channel_peak, "limit",
        (json_int_t)sim->options.calls_max, "rate", "current", (json_int_t)sim->last_calls, "peak",
        (json_int_t)sim->most_calls, "peak5Min", (json_int_t)sim->most_calls);
    pthread_mutex_unlock(&sim->lock);
    *ret_err = status == NULL ? FSZ_ENOMEM : FSZ_OK;
    return status;
}

/* Any API command: {"cmd": …, "arg": …}. */
static json_t *json_api_fsapi(struct fsz_sim *sim, const json_t *data, fsz_err *ret_err)
{
    const char *command = json_string_value(json_object_get(data, "cmd"));
    const char *arg = json_string_value(json_object_get(data, "arg"));
    fsz_err     err = FSZ_OK;
    json_t     *text = NULL;
    if (command != NULL) {
        struct fsz_buffer output;
        fsz_buffer_init(&output, OUTPUT_BYTES);
        err = fsz_sim_command(sim, command, arg, &output);
        text = err == FSZ_OK ? json_string(fsz_buffer_string(&output)) : NULL;
        fsz_buffer_fini(&output);
    }
    *ret_err = err == FSZ_ENOTFOUND ? FSZ_EREFUSED : err;
    return json_pack("{s:o}", "message", text == NULL ? json_string("INVALID CALL") : text);
}

static const struct {
    const char *name;
    json_t *(*run)(struct fsz_sim *sim, const json_t *data, fsz_err *ret_err);
} JSON_COMMANDS[] = {{"status", json_api_status}, {"fsapi", json_api_fsapi}};

static fsz_err json_api_run(struct fsz_sim *sim, const json_t *request, struct fsz_buffer *answer)
{
    const char *name = json_string_value(json_object_get(request, "command"));
    fsz_err     err = FSZ_ENOTFOUND;
    for (size_t i = 0; name != NULL && i < sizeof JSON_COMMANDS / sizeof *JSON_COMMANDS; i++) {
        if (strcmp(JSON_COMMANDS[i].name, name) == 0) {
            json_t *reply = JSON_COMMANDS[i].run(sim, json_object_get(request, "data"), &err);
            char   *text = json_dumps(reply, JSON_COMPACT);
            fsz_buffer_text(answer, text == NULL ? "null" : text);
            free(text);
            json_decref(reply);
            return err == FSZ_OK ? answer->failed : err;
        }
    }
    return err;
}

fsz_err fsz_sim_json_api(struct fsz_sim *sim, const char *request, struct fsz_buffer *answer)
{
    json_t *json = json_loads(request, 0, NULL);
    if (json == NULL) {
        return FSZ_EINVALID;
    }
    fsz_err err = json_api_run(sim, json, answer);
    json_decref(json);
    return err;
}
