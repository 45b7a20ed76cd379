/* SPDX-License-Identifier: MPL-2.0 */
/* api_rig.h - an API with a fake switch, and clients with real sockets.
 *
 * The switch knows the commands of rig_commands below. The group `default` has all rights. One rig
 * at a time. */
#ifndef API_RIG_H
#define API_RIG_H

#include "api/api.h"
#include "config/confnode.h"

#include <jansson.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#include <cmocka.h>

enum { RIG_PATIENCE_MS = 20000 };

/* ---- the switch ------------------------------------------------------------------------------ */

struct rig_switch {
    pthread_mutex_t lock;
    pthread_cond_t  changed;
    bool            released;       /* `block` returns; guarded by lock, like the members below */
    unsigned        blocked;        /* in `block` now */
    char            order[4096];    /* names of variables set, in order */
    char            executed[4096]; /* APP=ID for each, separated by spaces */
    char            sent[512];      /* the last event: NAME SUBCLASS body */
    char            last_log[512];
    char            logged[32768];  /* every line, with `W ` or `N ` before a warning or notice */
    unsigned        woken, stopped; /* threads of calls, and those whose application was stopped */
    char            news[4096];     /* STATE of each event about a provider, in order */
};

static struct rig_switch rig_switch;

static void rig_block(void)
{
    pthread_mutex_lock(&rig_switch.lock);
    rig_switch.blocked++;
    pthread_cond_broadcast(&rig_switch.changed);
    while (!rig_switch.released) {
        pthread_cond_wait(&rig_switch.changed, &rig_switch.lock);
    }
    rig_switch.blocked--;
    pthread_cond_broadcast(&rig_switch.changed);
    pthread_mutex_unlock(&rig_switch.lock);
}

static void rig_release(void)
{
    pthread_mutex_lock(&rig_switch.lock);
    rig_switch.released = true;
    pthread_cond_broadcast(&rig_switch.changed);
    pthread_mutex_unlock(&rig_switch.lock);
}

__attribute__((unused)) static void rig_wait_blocked(unsigned count)
{
    pthread_mutex_lock(&rig_switch.lock);
    while (rig_switch.blocked != count) {
        pthread_cond_wait(&rig_switch.changed, &rig_switch.lock);
    }
    pthread_mutex_unlock(&rig_switch.lock);
}

static void rig_log(void *self, enum fsz_log_level level, const char *text)
{
    static const char *const marks[] = {[FSZ_LOG_ERROR] = "E ",
                                        [FSZ_LOG_WARNING] = "W ",
                                        [FSZ_LOG_NOTICE] = "N ",
                                        [FSZ_LOG_INFO] = "I ",
                                        [FSZ_LOG_DEBUG] = "D "};
    (void)self;
    pthread_mutex_lock(&rig_switch.lock);
    size_t used = strlen(rig_switch.logged);
    snprintf(rig_switch.last_log, sizeof(rig_switch.last_log), "%s", text);
    snprintf(rig_switch.logged + used, sizeof(rig_switch.logged) - used, "%s%s\n", marks[level],
             text);
    pthread_mutex_unlock(&rig_switch.lock);
}

__attribute__((unused)) static bool rig_has_logged(const char *text)
{
    pthread_mutex_lock(&rig_switch.lock);
    bool has = strstr(rig_switch.logged, text) != NULL;
    pthread_mutex_unlock(&rig_switch.lock);
    return has;
}

__attribute__((unused)) static void rig_wait_logged(const char *text)
{
    for (int waited_ms = 0; !rig_has_logged(text); waited_ms += 10) {
        if (waited_ms > RIG_PATIENCE_MS) {
            fail_msg("no \"%s\" in the log:\n%s", text, rig_switch.logged);
        }
        usleep(10000);
    }
}

static bool rig_admits(void *self, const char *acl, const char *address)
{
    (void)self;
    (void)acl;
    (void)address;
    return true;
}

static fsz_err rig_command(void *self, const char *command, const char *arg,
                           struct fsz_buffer *output)
{
    (void)self;
    if (strcmp(command, "echo") == 0) {
        fsz_buffer_text(output, arg ? arg : "");
    } else if (strcmp(command, "fail") == 0) {
        fsz_buffer_text(output, "-ERR it is broken\n");
    } else if (strcmp(command, "block") == 0) {
        rig_block();
        fsz_buffer_text(output, "+OK released\n");
    } else if (strcmp(command, "nap") == 0) {
        usleep(1000);
        fsz_buffer_text(output, "rested");
    } else if (strcmp(command, "lines") == 0) {
        for (long i = strtol(arg, NULL, 10); i > 0; i--) {
            fsz_buffer_text(output, "a line of thirty-two bytes ....\n");
        }
    } else {
        return FSZ_ENOTFOUND;
    }
    return output->failed;
}

static void rig_identify(void *self, struct fsz_host_identity *ret_identity)
{
    (void)self;
    *ret_identity =
        (struct fsz_host_identity){.core_uuid = "core", .hostname = "host", .switchname = "switch"};
}

static fsz_err rig_json_api(void *self, const char *request, struct fsz_buffer *answer)
{
    (void)self;
    if (strstr(request, "\"refused\"") != NULL) {
        fsz_buffer_text(answer, "{\"why\":\"no\"}");
        return FSZ_EREFUSED;
    }
    fsz_buffer_printf(answer, "{\"asked\":%s}", request);
    return strstr(request, "\"none\"") != NULL ? FSZ_ENOTFOUND : FSZ_OK;
}

static fsz_err rig_send_event(void *self, const struct fsz_event *event, struct fsz_buffer *words)
{
    (void)self;
    if (strcmp(event->name, "SHUTDOWN") == 0) {
        fsz_buffer_text(words, "not this one");
        return FSZ_EREFUSED;
    }
    pthread_mutex_lock(&rig_switch.lock);
    snprintf(rig_switch.sent, sizeof(rig_switch.sent), "%s %s %s", event->name,
             event->subclass ? event->subclass : "-", event->body ? event->body : "-");
    pthread_mutex_unlock(&rig_switch.lock);
    return FSZ_OK;
}

static fsz_err rig_execute(void *self, const struct fsz_execute *execute, struct fsz_buffer *words)
{
    (void)self;
    if (strcmp(execute->call, "none") == 0) {
        return FSZ_ENOTFOUND;
    }
    if (strcmp(execute->app, "unknown") == 0) {
        fsz_buffer_text(words, "-ERR Invalid Application unknown\n");
        return FSZ_EREFUSED;
    }
    pthread_mutex_lock(&rig_switch.lock);
    size_t used = strlen(rig_switch.executed);
    snprintf(rig_switch.executed + used, sizeof(rig_switch.executed) - used, "%s=%s ", execute->app,
             execute->id);
    pthread_cond_broadcast(&rig_switch.changed);
    pthread_mutex_unlock(&rig_switch.lock);
    return FSZ_OK;
}

/* Waits until an application has run, and returns its id. */
__attribute__((unused)) static void rig_wait_executed(const char *app, char ret_id[64])
{
    char *at = NULL, name[64];
    snprintf(name, sizeof(name), "%s=", app);
    pthread_mutex_lock(&rig_switch.lock);
    while ((at = strstr(rig_switch.executed, name)) == NULL) {
        pthread_cond_wait(&rig_switch.changed, &rig_switch.lock);
    }
    snprintf(ret_id, 64, "%.36s", at + strlen(name));
    pthread_mutex_unlock(&rig_switch.lock);
}

/* Does not answer a call to "busy/…"; records any other. */
static fsz_err rig_originate(void *self, const struct fsz_originate *o,
                             char ret_call[FSZ_ORIGINATED_BYTES], struct fsz_buffer *words)
{
    (void)self;
    if (strncmp(o->endpoint, "busy/", 5) == 0) {
        fsz_buffer_text(words, "USER_BUSY");
        return FSZ_EREFUSED;
    }
    snprintf(ret_call, FSZ_ORIGINATED_BYTES, "%s %s=%s %u %s(%s) %s/%s/%s", o->endpoint,
             o->count > 0 ? o->names[0] : "-", o->count > 0 ? o->values[0] : "-", o->ring_s,
             o->app ? o->app : "-", o->arg ? o->arg : "-", o->extension ? o->extension : "-",
             o->dialplan ? o->dialplan : "-", o->context ? o->context : "-");
    return FSZ_OK;
}

static fsz_err rig_hangup(void *self, const char *call, const char *cause, struct fsz_buffer *words)
{
    (void)self;
    (void)words;
    (void)cause;
    return strcmp(call, "none") == 0 ? FSZ_ENOTFOUND : FSZ_OK;
}

static fsz_err rig_get(void *self, const char *call, const char *const *names, size_t count,
                       fsz_variable_fn take, void *argument)
{
    (void)self;
    for (size_t i = 0; i < count; i++) {
        take(argument, names[i], strcmp(names[i], "absent") == 0 ? NULL : call);
    }
    return strcmp(call, "none") == 0 ? FSZ_ENOTFOUND : FSZ_OK;
}

static fsz_err rig_set(void *self, const char *call, const char *const *names,
                       const char *const *values, size_t count)
{
    (void)self;
    (void)values;
    if (strcmp(call, "blocked") == 0) {
        rig_block();
    }
    pthread_mutex_lock(&rig_switch.lock);
    for (size_t i = 0; i < count; i++) {
        strncat(rig_switch.order, names[i], 16);
        strncat(rig_switch.order, " ", 2);
    }
    pthread_mutex_unlock(&rig_switch.lock);
    return FSZ_OK;
}

static fsz_err rig_transfer(void *self, const char *call, const char *leg, const char *extension,
                            const char *dialplan, const char *context, struct fsz_buffer *words)
{
    (void)self;
    (void)call;
    fsz_buffer_printf(words, "-ERR %s %s %s %s\n", leg ? leg : "-", extension,
                      dialplan ? dialplan : "-", context ? context : "-");
    return FSZ_EREFUSED;
}

static fsz_err rig_stop_app(void *self, const char *call, struct fsz_buffer *words)
{
    (void)self;
    (void)words;
    return strcmp(call, "none") == 0 ? FSZ_ENOTFOUND : FSZ_OK;
}

static fsz_err rig_bridge(void *self, const char *call, const char *other, struct fsz_buffer *words)
{
    (void)self;
    (void)call;
    fsz_buffer_printf(words, "no such call: %s", other);
    return strcmp(other, "none") == 0 ? FSZ_EREFUSED : FSZ_OK;
}

static void rig_wake(void *self, const char *call, bool stop)
{
    (void)self;
    (void)call;
    pthread_mutex_lock(&rig_switch.lock);
    rig_switch.woken++;
    rig_switch.stopped += stop;
    pthread_mutex_unlock(&rig_switch.lock);
}

static const struct fsz_host rig_host = {
    .name = "rig",
    .capabilities =
        FSZ_CAN_COMMAND | FSZ_CAN_JSON_API | FSZ_CAN_SEND | FSZ_CAN_CALLS | FSZ_CAN_CONTROL,
    .stop = rig_stop_app,
    .bridge = rig_bridge,
    .wake = rig_wake,
    .log = rig_log,
    .admits = rig_admits,
    .command = rig_command,
    .identify = rig_identify,
    .json_api = rig_json_api,
    .send_event = rig_send_event,
    .execute = rig_execute,
    .originate = rig_originate,
    .hangup = rig_hangup,
    .get = rig_get,
    .set = rig_set,
    .transfer = rig_transfer,
};

/* ---- the API --------------------------------------------------------------------------------- */

struct rig {
    void            *context;
    struct fsz_api  *api;
    _Atomic uint32_t watched;
    char             endpoint[256]; /* of the first API socket, as bound */
    void            *clients[8];    /* closed with the rig, if still open */
};

static void rig_param(struct fsz_confnode *parent, const char *name, const char *value)
{
    struct fsz_confnode *param = fsz_confnode_new(parent, "param", 0);
    assert_int_equal(fsz_confnode_set(param, "name", name), FSZ_OK);
    assert_int_equal(fsz_confnode_set(param, "value", value), FSZ_OK);
}

static struct fsz_confnode *rig_named(struct fsz_confnode *parent, const char *tag,
                                      const char *name)
{
    struct fsz_confnode *node = fsz_confnode_new(parent, tag, 0);
    assert_int_equal(fsz_confnode_set(node, "name", name), FSZ_OK);
    return node;
}

/* "key=value" parameters, ended by NULL: of the settings, after "-" of the API socket, after
 * "api-socket NAME" of another one, after "service NAME" of that service. Every client is admitted
 * and has all rights. */
static struct fsz_config *rig_config(const char *const *params)
{
    static const char *const rights[] = {
        "methods",  "api",    "json-api",         "applications", "send-events", "variables",
        "services", "events", "controlled-calls", "endpoints",    "files",       "contexts"};
    struct fsz_confnode *root = fsz_confnode_new(NULL, "configuration", 0);
    struct fsz_confnode *settings = fsz_confnode_new(root, "settings", 0);
    struct fsz_confnode *api_sockets = fsz_confnode_new(root, "api-sockets", 0);
    struct fsz_confnode *api_socket = rig_named(api_sockets, "api-socket", "default");
    struct fsz_confnode *group = rig_named(fsz_confnode_new(root, "groups", 0), "group", "default");
    struct fsz_confnode *services = fsz_confnode_new(root, "services", 0);
    for (size_t i = 0; i < sizeof(rights) / sizeof(rights[0]); i++) {
        rig_param(group, rights[i], "*");
    }
    rig_param(group, "sections", "directory");
    for (struct fsz_confnode *at = settings; *params != NULL; params++) {
        char  text[256];
        char *equals = NULL;
        snprintf(text, sizeof(text), "%s", *params);
        if (strcmp(text, "-") == 0) {
            at = api_socket;
        } else if (strncmp(text, "api-socket ", 11) == 0) {
            at = rig_named(api_sockets, "api-socket", text + 11);
        } else if (strncmp(text, "service ", 8) == 0) {
            at = rig_named(services, "service", text + 8);
        } else if ((equals = strchr(text, '=')) != NULL) {
            *equals = '\0';
            rig_param(at, text, equals + 1);
        }
    }
    struct fsz_problems problems;
    struct fsz_config  *config = NULL;
    fsz_problems_init(&problems);
    if (fsz_config_load(root, &config, &problems) != FSZ_OK ||
        fsz_config_load_files(config, &problems) != FSZ_OK) {
        fail_msg("%s", problems.lines[0]);
    }
    fsz_confnode_free(&root);
    return config;
}

static struct fsz_policy *rig_policy(struct fsz_config *config)
{
    struct fsz_problems problems;
    struct fsz_policy  *policy = NULL;
    fsz_problems_init(&problems);
    if (fsz_policy_load(config, &policy, &problems) != FSZ_OK) {
        fail_msg("%s", problems.lines[0]);
    }
    return policy;
}

static json_t *rig_stats(void *self)
{
    return json_pack("{sb}", "asked", self != NULL);
}

/* Called on the API thread with each event about a provider; or NULL. */
static void (*_Atomic rig_on_news)(void);

static fsz_err rig_offer(void *self, const struct fsz_event *event)
{
    void (*on_news)(void) = rig_on_news;
    struct fsz_header state = {.name = NULL};
    (void)self;
    assert_true(fsz_event_find(event, "State", &state));
    pthread_mutex_lock(&rig_switch.lock);
    strncat(rig_switch.news, state.value, 16);
    strncat(rig_switch.news, " ", 2);
    pthread_mutex_unlock(&rig_switch.lock);
    if (on_news != NULL) {
        on_news();
    }
    return FSZ_OK;
}

static json_t *rig_status(struct rig *rig)
{
    json_t *status = fsz_api_status(rig->api);
    assert_non_null(status);
    json_object_set_new(status, "calls", fsz_api_calls_status(rig->api));
    json_object_set_new(status, "services", fsz_api_services_status(rig->api));
    return status;
}

/* A number of the status, by a path such as "requests.ok" or "sockets.0.answers". */
static json_int_t rig_number(struct rig *rig, const char *path)
{
    char          text[128], *rest = text, *name = NULL;
    json_t       *status = rig_status(rig);
    const json_t *at = status;
    snprintf(text, sizeof(text), "%s", path);
    while ((name = strsep(&rest, ".")) != NULL) {
        at = json_is_array(at) ? json_array_get(at, strtoul(name, NULL, 10))
                               : json_object_get(at, name);
    }
    if (!json_is_integer(at)) {
        fail_msg("no number %s in the status", path);
    }
    json_int_t number = json_integer_value(at);
    json_decref(status);
    return number;
}

/* Waits until a number of the status has that value. */
__attribute__((unused)) static void rig_wait_number(struct rig *rig, const char *path,
                                                    json_int_t expected)
{
    for (int waited_ms = 0; rig_number(rig, path) != expected; waited_ms += 10) {
        if (waited_ms > RIG_PATIENCE_MS) {
            fail_msg("%s is %lld, not %lld", path, (long long)rig_number(rig, path),
                     (long long)expected);
        }
        usleep(10000);
    }
}

static void rig_find_endpoint(struct rig *rig)
{
    json_t     *status = rig_status(rig);
    const char *bound = NULL;
    assert_int_equal(json_unpack(status, "{s[{s[{ss}]}]}", "sockets", "endpoints", "bound", &bound),
                     0);
    snprintf(rig->endpoint, sizeof(rig->endpoint), "%s", bound);
    json_decref(status);
}

static void rig_start(struct rig *rig, const char *const *params)
{
    memset(&rig_switch, 0, sizeof(rig_switch));
    pthread_mutex_init(&rig_switch.lock, NULL);
    pthread_cond_init(&rig_switch.changed, NULL);
    *rig = (struct rig){.context = zmq_ctx_new()};
    const struct fsz_api_base base = {.context = rig->context,
                                      .host = &rig_host,
                                      .watched = &rig->watched,
                                      .offer = rig_offer,
                                      .server = {.stats = rig_stats, .self = rig}};
    struct fsz_config        *config = rig_config(params);
    struct fsz_policy        *policy = rig_policy(config);
    struct fsz_change         change;
    fsz_change_init(&change, &rig_host, config, policy, NULL);
    assert_int_equal(fsz_api_new(&base, &change, &rig->api), FSZ_OK);
    fsz_change_fini(&change);
    fsz_policy_unref(&policy);
    fsz_config_free(&config);
    rig_find_endpoint(rig);
}

#define RIG_BIND "bind=tcp://127.0.0.1:*", "apply-inbound-acl=any"
#define RIG_START(rig, ...) rig_start((rig), (const char *const[]){__VA_ARGS__, NULL})

static void client_close(struct rig *rig, void *socket)
{
    for (size_t i = 0; i < sizeof(rig->clients) / sizeof(rig->clients[0]); i++) {
        if (socket != NULL && rig->clients[i] == socket) {
            rig->clients[i] = NULL;
            zmq_close(socket);
        }
    }
}

/* Returns the result of fsz_api_free(). */
static bool rig_end(struct rig *rig)
{
    bool idle = fsz_api_free(&rig->api);
    for (size_t i = 0; i < sizeof(rig->clients) / sizeof(rig->clients[0]); i++) {
        client_close(rig, rig->clients[i]);
    }
    zmq_ctx_term(rig->context);
    return idle;
}

static void rig_stop(struct rig *rig)
{
    rig_release();
    assert_true(rig_end(rig));
}

/* ---- clients --------------------------------------------------------------------------------- */

/* Not connected yet. */
static void *client_new(struct rig *rig, int type, const char *id)
{
    int   patience_ms = RIG_PATIENCE_MS, linger = 0;
    void *socket = zmq_socket(rig->context, type);
    assert_non_null(socket);
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &patience_ms, sizeof(patience_ms));
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof(linger));
    if (id != NULL) {
        zmq_setsockopt(socket, ZMQ_ROUTING_ID, id, strlen(id));
    }
    size_t place = 0;
    while (rig->clients[place] != NULL) {
        place++;
    }
    assert_true(place < sizeof(rig->clients) / sizeof(rig->clients[0]));
    rig->clients[place] = socket;
    return socket;
}

__attribute__((unused)) static void *client_open(struct rig *rig, int type, const char *id)
{
    void *socket = client_new(rig, type, id);
    assert_int_equal(zmq_connect(socket, rig->endpoint), 0);
    return socket;
}

static void client_send(void *socket, const char *text)
{
    assert_int_equal(zmq_send(socket, text, strlen(text), 0), strlen(text));
}

static json_t *client_receive(void *socket)
{
    zmq_msg_t message;
    zmq_msg_init(&message);
    if (zmq_msg_recv(&message, socket, 0) < 0) {
        fail_msg("no answer: %s", zmq_strerror(zmq_errno()));
    }
    json_t *answer =
        json_loadb(zmq_msg_data(&message), zmq_msg_size(&message), JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(answer);
    zmq_msg_close(&message);
    return answer;
}

static json_t *client_ask(void *socket, const char *text)
{
    client_send(socket, text);
    return client_receive(socket);
}

/* Sends a request, and compares the reply with a JSON text. */
__attribute__((unused)) static void client_expect(void *socket, const char *text,
                                                  const char *expected)
{
    json_t *answer = client_ask(socket, text), *wanted = json_loads(expected, 0, NULL);
    assert_non_null(wanted);
    if (!json_equal(answer, wanted)) {
        fail_msg("%s\nwas answered by\n%s\nand not by\n%s", text, json_dumps(answer, 0), expected);
    }
    json_decref(answer);
    json_decref(wanted);
}

static json_int_t answer_code(const json_t *answer)
{
    return json_integer_value(json_object_get(json_object_get(answer, "error"), "code"));
}

static const char *answer_message(const json_t *answer)
{
    const char *message =
        json_string_value(json_object_get(json_object_get(answer, "error"), "message"));
    return message ? message : "";
}

/* Sends a request that must fail with that code and a message that contains this text. */
__attribute__((unused)) static void client_refused(void *socket, const char *text, json_int_t code,
                                                   const char *message)
{
    json_t *answer = client_ask(socket, text);
    if (answer_code(answer) != code || strstr(answer_message(answer), message) == NULL) {
        fail_msg("%s\nwas answered by\n%s", text, json_dumps(answer, 0));
    }
    json_decref(answer);
}

#define CALL(id, method, params)                                                                   \
    "{\"jsonrpc\":\"2.0\",\"id\":" #id ",\"method\":\"" method "\",\"params\":" params "}"
#define RESULT(id, result) "{\"jsonrpc\":\"2.0\",\"id\":" #id ",\"result\":" result "}"

#endif
