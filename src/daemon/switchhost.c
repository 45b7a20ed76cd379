/* SPDX-License-Identifier: MPL-2.0 */
#include "daemon/switchhost.h"

#include "base/cidr.h"
#include "daemon/daemon_log.h"

static bool host_admits(void *self, const char *acl, const char *address)
{
    (void)self;
    return fsz_cidr_contains(acl, address);
}

/* *self is NULL before the simulated switch is created and after its end. It is not used then. */
static struct fsz_sim *host_sim(void *self)
{
    return *(struct fsz_sim **)self;
}

static fsz_err host_command(void *self, const char *command, const char *arg,
                            struct fsz_buffer *output)
{
    return host_sim(self) == NULL ? FSZ_ECLOSED
                                  : fsz_sim_command(host_sim(self), command, arg, output);
}

static void host_identify(void *self, struct fsz_host_identity *ret_identity)
{
    fsz_sim_identify(host_sim(self), ret_identity);
}

static fsz_err host_json_api(void *self, const char *request, struct fsz_buffer *answer)
{
    return fsz_sim_json_api(host_sim(self), request, answer);
}

static fsz_err host_send(void *self, const struct fsz_event *event, struct fsz_buffer *words)
{
    return fsz_sim_send(host_sim(self), event, words);
}

static fsz_err host_execute(void *self, const struct fsz_execute *execute, struct fsz_buffer *words)
{
    return fsz_sim_execute(host_sim(self), execute, words);
}

static fsz_err host_originate(void *self, const struct fsz_originate *originate,
                              char ret_call[FSZ_ORIGINATED_BYTES], struct fsz_buffer *words)
{
    return fsz_sim_originate(host_sim(self), originate, ret_call, words);
}

static fsz_err host_hangup(void *self, const char *call, const char *cause,
                           struct fsz_buffer *words)
{
    return fsz_sim_hangup(host_sim(self), call, cause, words);
}

static fsz_err host_get(void *self, const char *call, const char *const *names, size_t count,
                        fsz_variable_fn take, void *argument)
{
    return fsz_sim_get(host_sim(self), call, names, count, take, argument);
}

static fsz_err host_set(void *self, const char *call, const char *const *names,
                        const char *const *values, size_t count)
{
    return fsz_sim_set(host_sim(self), call, names, values, count);
}

static fsz_err host_transfer(void *self, const char *call, const char *leg, const char *extension,
                             const char *dialplan, const char *context, struct fsz_buffer *words)
{
    return fsz_sim_transfer(host_sim(self), call, leg, extension, dialplan, context, words);
}

static fsz_err host_stop(void *self, const char *call, struct fsz_buffer *words)
{
    return fsz_sim_break(host_sim(self), call, words);
}

static fsz_err host_bridge(void *self, const char *call, const char *other,
                           struct fsz_buffer *words)
{
    return fsz_sim_bridge(host_sim(self), call, other, words);
}

static void host_wake(void *self, const char *call, bool stop)
{
    if (host_sim(self) != NULL) {
        fsz_sim_wake(host_sim(self), call, stop);
    }
}

void fsz_switchhost_init(struct fsz_host *ret_host, struct fsz_sim **sim)
{
    *ret_host = (struct fsz_host){
        .self = sim,
        .name = "sim",
        .capabilities =
            FSZ_CAN_COMMAND | FSZ_CAN_JSON_API | FSZ_CAN_SEND | FSZ_CAN_CALLS | FSZ_CAN_CONTROL,
        .log = fsz_log_host,
        .admits = host_admits,
        .identify = host_identify,
        .command = host_command,
        .json_api = host_json_api,
        .send_event = host_send,
        .execute = host_execute,
        .originate = host_originate,
        .hangup = host_hangup,
        .get = host_get,
        .set = host_set,
        .transfer = host_transfer,
        .stop = host_stop,
        .bridge = host_bridge,
        .wake = host_wake,
    };
}
