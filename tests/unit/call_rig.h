/* SPDX-License-Identifier: MPL-2.0 */
/* call_rig.h - service_rig.h, with calls from the test's own dialplan. */
#ifndef CALL_RIG_H
#define CALL_RIG_H

#include "call/control.h"
#include "call/dialplan_app.h"
#include "service_rig.h"

/* A call on its thread. */
struct caller {
    pthread_t                  thread;
    struct rig                *rig;
    const char                *line;
    struct fsz_session         session;
    struct fsz_service_client *service_client;
    _Atomic bool               hungup, sent_elsewhere, joined, in_control;
    char                       uuid[64], on_lost[32];
    pthread_mutex_t            lock; /* guards the next line, which the thread writes */
    char                       variables[1024], ran[1024], cause[64];
};

static bool caller_is_up(void *self)
{
    const struct caller *caller = self;
    return !caller->hungup && !caller->sent_elsewhere;
}

static bool caller_has_hung_up(void *self, const char **ret_cause)
{
    *ret_cause = "NORMAL_CLEARING";
    return ((const struct caller *)self)->hungup;
}

static bool caller_is_joined(void *self)
{
    return ((const struct caller *)self)->joined;
}

static fsz_err caller_describe(void *self, void (*take)(void *, const struct fsz_event *),
                               void *argument)
{
    (void)self;
    const struct fsz_header headers[] = {{.name = "Caller-Caller-ID-Number", .value = "1000"},
                                         {.name = NULL}};
    const struct fsz_event  event = {
         .name = "CHANNEL_DATA", .headers = headers, .read = fsz_headers_of_array};
    take(argument, &event);
    return FSZ_OK;
}

static const char *caller_get(void *self, const char *name)
{
    struct caller *caller = self;
    return strcmp(name, "zmq_on_lost") == 0 && caller->on_lost[0] ? caller->on_lost : NULL;
}

static void caller_note(struct caller *caller, char text[1024], const char *name, const char *value)
{
    pthread_mutex_lock(&caller->lock);
    size_t used = strlen(text);
    snprintf(text + used, 1024 - used, "%s=%s ", name, value ? value : "");
    pthread_mutex_unlock(&caller->lock);
}

static void caller_set(void *self, const char *name, const char *value)
{
    struct caller *caller = self;
    if (strcmp(name, "zmq_peer") != 0) {
        caller_note(caller, caller->variables, name, value);
    }
}

static fsz_err caller_run(void *self, const char *app, const char *arg, struct fsz_buffer *words)
{
    struct caller *caller = self;
    caller_note(caller, caller->ran, app, arg);
    fsz_buffer_text(words, "no such application");
    return strcmp(app, "unknown") == 0 ? FSZ_EREFUSED : FSZ_OK;
}

static void caller_hangup(void *self, const char *cause)
{
    struct caller *caller = self;
    snprintf(caller->cause, sizeof(caller->cause), "%s", cause ? cause : "NORMAL_CLEARING");
    caller->hungup = true;
}

static void caller_control(void *self, struct fsz_control *control)
{
    struct caller *caller = self;
    caller->in_control = true;
    while (caller_is_up(self) && !fsz_control_over(control, true)) {
        fsz_control_wait(control, 5);
    }
    caller->in_control = false;
}

static void *caller_main(void *argument)
{
    struct caller *caller = argument;
    fsz_dialplan_app(caller->service_client, &rig_host, &caller->session, caller->line);
    return NULL;
}

static void caller_init(struct rig *rig, struct caller *caller, const char *uuid, const char *line)
{
    memset(caller, 0, sizeof(*caller));
    pthread_mutex_init(&caller->lock, NULL);
    snprintf(caller->uuid, sizeof(caller->uuid), "%s", uuid);
    caller->rig = rig;
    caller->line = line;
    caller->service_client = fsz_api_service_client(rig->api);
    caller->session = (struct fsz_session){.self = caller,
                                           .call = caller->uuid,
                                           .is_up = caller_is_up,
                                           .has_hung_up = caller_has_hung_up,
                                           .is_joined = caller_is_joined,
                                           .describe = caller_describe,
                                           .get = caller_get,
                                           .set = caller_set,
                                           .run = caller_run,
                                           .hangup = caller_hangup,
                                           .control = caller_control};
}

static void caller_go(struct caller *caller)
{
    assert_int_equal(pthread_create(&caller->thread, NULL, caller_main, caller), 0);
}

/* The dialplan runs `zmq` with that line. */
__attribute__((unused)) static void caller_start(struct rig *rig, struct caller *caller,
                                                 const char *uuid, const char *line)
{
    caller_init(rig, caller, uuid, line);
    caller_go(caller);
}

/* Waits until the application has returned to the dialplan. */
static void caller_join(struct caller *caller)
{
    pthread_join(caller->thread, NULL);
    fsz_service_client_unref(&caller->service_client);
    pthread_mutex_destroy(&caller->lock);
}

/* The same, and compares what `zmq` did to the call. */
__attribute__((unused)) static void caller_end(struct caller *caller, const char *variables,
                                               const char *ran)
{
    caller_join(caller);
    assert_string_equal(caller->variables, variables);
    assert_string_equal(caller->ran, ran);
}

__attribute__((unused)) static void caller_wait_controlled(struct caller *caller)
{
    for (int waited_ms = 0; !caller->in_control; waited_ms += 5) {
        assert_true(waited_ms < RIG_PATIENCE_MS);
        usleep(5000);
    }
}

/* ---- events ---------------------------------------------------------------------------------- */

__attribute__((unused)) static void call_event(struct rig *rig, const char *name, const char *uuid)
{
    const struct fsz_header headers[] = {{.name = "Unique-ID", .value = uuid}, {.name = NULL}};
    const struct fsz_event event = {.name = name, .headers = headers, .read = fsz_headers_of_array};
    if (rig->watched != 0) {
        fsz_api_see(rig->api, &event);
    }
}

/* ---- workers --------------------------------------------------------------------------------- */

#define CONTROL "{\"accept\":true}"

/* The next message must have this method. Returns its params, a new reference; *ret_id (may be
 * NULL): its id. */
__attribute__((unused)) static json_t *worker_take(void *worker, const char *method,
                                                   json_int_t *ret_id)
{
    json_t     *message = client_receive(worker);
    const char *name = json_string_value(json_object_get(message, "method"));
    if (name == NULL || strcmp(name, method) != 0) {
        fail_msg("%s came, not %s", json_dumps(message, 0), method);
    }
    json_t *params = json_incref(json_object_get(message, "params"));
    if (ret_id != NULL) {
        *ret_id = json_integer_value(json_object_get(message, "id"));
    }
    json_decref(message);
    return params;
}

/* The id of the next offer. */
__attribute__((unused)) static json_int_t worker_offer(void *worker, const char *uuid, bool resumed)
{
    json_int_t id = 0;
    json_t    *params = worker_take(worker, "call.offer", &id);
    assert_string_equal(json_string_value(json_object_get(params, "call")), uuid);
    assert_int_equal(json_is_true(json_object_get(params, "resumed")), resumed);
    json_decref(params);
    return id;
}

__attribute__((unused)) static void worker_reply(void *worker, json_int_t id, const char *result)
{
    char text[1024];
    snprintf(text, sizeof(text), "{\"jsonrpc\":\"2.0\",\"id\":%lld,\"result\":%s}", (long long)id,
             result);
    client_send(worker, text);
}

/* Starts a call that this worker accepts and controls. Returns the lease. */
__attribute__((unused)) static json_int_t worker_control(struct rig *rig, void *worker,
                                                         struct caller *caller, const char *uuid)
{
    caller_start(rig, caller, uuid, "s");
    json_int_t lease = worker_offer(worker, uuid, false);
    worker_reply(worker, lease, CONTROL);
    caller_wait_controlled(caller);
    return lease;
}

/* The controller's last message about the call. */
__attribute__((unused)) static void worker_expect_end(void *worker, json_int_t lease,
                                                      const char *reason)
{
    json_t *params = worker_take(worker, "call.end", NULL);
    assert_int_equal(json_integer_value(json_object_get(params, "lease")), lease);
    assert_string_equal(json_string_value(json_object_get(params, "reason")), reason);
    json_decref(params);
}

#endif
