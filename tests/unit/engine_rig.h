/* SPDX-License-Identifier: MPL-2.0 */
/* engine_rig.h - an engine with the test's host and configuration, and sockets that subscribe to
 * it. */
#ifndef FSZ_TEST_ENGINE_RIG_H
#define FSZ_TEST_ENGINE_RIG_H

#include "config/confnode.h"
#include "engine/engine.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include <cmocka.h>

enum { DEADLINE_MS = 5000 };

/* ---- a host ---------------------------------------------------------------------------------- */

struct test_host {
    bool admit;
    int  errors;
    char last_error[512], last_warning[512];
};

static inline void host_log(void *self, enum fsz_log_level level, const char *text)
{
    struct test_host *host = self;
    if (level == FSZ_LOG_ERROR) {
        host->errors++;
        snprintf(host->last_error, sizeof(host->last_error), "%s", text);
    } else if (level == FSZ_LOG_WARNING) {
        snprintf(host->last_warning, sizeof(host->last_warning), "%s", text);
    }
}

static inline bool host_admits(void *self, const char *acl, const char *address)
{
    (void)acl;
    (void)address;
    return ((struct test_host *)self)->admit;
}

static struct test_host host_self = {.admit = true};
static struct fsz_host  host = {
     .self = &host_self, .name = "test", .log = host_log, .admits = host_admits};

/* ---- a configuration ------------------------------------------------------------------------- */

static inline struct fsz_confnode *conf_param(struct fsz_confnode *parent, const char *name,
                                              const char *value)
{
    struct fsz_confnode *param = fsz_confnode_new(parent, "param", 0);
    assert_int_equal(fsz_confnode_set(param, "name", name), FSZ_OK);
    assert_int_equal(fsz_confnode_set(param, "value", value), FSZ_OK);
    return param;
}

static const struct conf_type {
    const char *word, *list, *item;
} conf_types[] = {{"stream ", "streams", "stream"},
                  {"api-socket ", "api-sockets", "api-socket"},
                  {"service ", "services", "service"},
                  {"binding ", "bindings", "binding"}};
enum { CONF_TYPES = sizeof(conf_types) / sizeof(conf_types[0]) };

/* A new element, if the text names one. */
static inline struct fsz_confnode *conf_item(struct fsz_confnode *const lists[CONF_TYPES],
                                             const char                *text)
{
    for (size_t i = 0; i < CONF_TYPES; i++) {
        size_t length = strlen(conf_types[i].word);
        if (strncmp(text, conf_types[i].word, length) == 0) {
            struct fsz_confnode *item = fsz_confnode_new(lists[i], conf_types[i].item, 0);
            assert_int_equal(fsz_confnode_set(item, "name", text + length), FSZ_OK);
            return item;
        }
    }
    return NULL;
}

/* params: "key=value" of the settings, then after "stream NAME", "api-socket NAME", "service NAME"
 * or "binding NAME" of that one; ended by NULL. */
static inline struct fsz_config *config_of(const char *const *params)
{
    struct fsz_confnode *root = fsz_confnode_new(NULL, "configuration", 0);
    struct fsz_confnode *at = fsz_confnode_new(root, "settings", 0);
    struct fsz_confnode *lists[CONF_TYPES];
    for (size_t i = 0; i < CONF_TYPES; i++) {
        lists[i] = fsz_confnode_new(root, conf_types[i].list, 0);
    }
    conf_param(at, "audit-rate", "0"); /* audit events would mix with those of the test */
    for (; *params != NULL; params++) {
        char text[256];
        snprintf(text, sizeof(text), "%s", *params);
        struct fsz_confnode *item = conf_item(lists, text);
        if (item != NULL) {
            at = item;
            continue;
        }
        char *equals = strchr(text, '=');
        *equals = '\0';
        conf_param(at, text, equals + 1);
    }
    struct fsz_problems problems;
    struct fsz_config  *config = NULL;
    fsz_problems_init(&problems);
    if (fsz_config_load(root, &config, &problems) != FSZ_OK) {
        fail_msg("%s", problems.lines[0]);
    }
    fsz_confnode_free(&root);
    return config;
}

#define CONFIG(...) config_of((const char *const[]){__VA_ARGS__, NULL})

/* ---- an engine with subscribers ------------------------------------------------------------- */

struct rig {
    struct fsz_engine *engine;
    void              *context;
};

static inline int rig_setup(void **state)
{
    struct rig *rig = calloc(1, sizeof(*rig));
    host_self = (struct test_host){.admit = true};
    assert_int_equal(fsz_engine_new(&rig->engine, &host), FSZ_OK);
    rig->context = zmq_ctx_new();
    *state = rig;
    return 0;
}

static inline int rig_teardown(void **state)
{
    struct rig *rig = *state;
    fsz_engine_free(&rig->engine);
    zmq_ctx_term(rig->context);
    free(rig);
    return 0;
}

static inline json_t *rig_status(struct rig *rig)
{
    struct fsz_buffer out;
    fsz_buffer_init(&out, 1 << 20);
    assert_int_equal(fsz_engine_command(rig->engine, "status json", &out), FSZ_OK);
    json_t *status = json_loadb((char *)out.data, out.size, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(status);
    fsz_buffer_fini(&out);
    return status;
}

static inline const json_t *status_stream(const json_t *status, const char *name)
{
    size_t  index = 0;
    json_t *stream = NULL;
    json_array_foreach(json_object_get(status, "streams"), index, stream)
    {
        if (strcmp(json_string_value(json_object_get(stream, "name")), name) == 0) {
            return stream;
        }
    }
    return NULL;
}

static inline json_int_t number(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

/* The address to which a stream's endpoint is bound. */
static inline void rig_bound(struct rig *rig, const char *name, char *address, size_t size)
{
    json_t       *status = rig_status(rig);
    const json_t *endpoints = json_object_get(status_stream(status, name), "endpoints");
    const json_t *bound = json_object_get(json_array_get(endpoints, 0), "bound");
    assert_non_null(bound);
    snprintf(address, size, "%s", json_string_value(bound));
    json_decref(status);
}

/* Waits until a number of a stream's status is `wanted`. */
static inline void rig_await(struct rig *rig, const char *stream, const char *name,
                             json_int_t wanted)
{
    json_int_t now = -1;
    for (int i = 0; i < DEADLINE_MS / 5 && now != wanted; i++) {
        zmq_poll(NULL, 0, 5);
        json_t *status = rig_status(rig);
        now = number(status_stream(status, stream), name);
        json_decref(status);
    }
    assert_int_equal(now, wanted);
}

static inline void *rig_subscribe(struct rig *rig, const char *address, const char *prefix)
{
    int   deadline = DEADLINE_MS, linger = 0;
    void *socket = zmq_socket(rig->context, ZMQ_SUB);
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &deadline, sizeof(deadline));
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof(linger));
    zmq_setsockopt(socket, ZMQ_SUBSCRIBE, prefix, strlen(prefix));
    assert_int_equal(zmq_connect(socket, address), 0);
    return socket;
}

static inline void *rig_subscribe_to(struct rig *rig, const char *stream, const char *prefix,
                                     json_int_t nth)
{
    char address[256];
    rig_bound(rig, stream, address, sizeof(address));
    void *socket = rig_subscribe(rig, address, prefix);
    rig_await(rig, stream, "subscriptions", nth);
    return socket;
}

static inline void offer(struct rig *rig, const char *name, const char *subclass, const char *n)
{
    const struct fsz_header headers[] = {
        {.name = "Event-Name", .value = name}, {.name = "N", .value = n}, {.name = NULL}};
    const struct fsz_event event = {
        .name = name, .subclass = subclass, .headers = headers, .read = fsz_headers_of_array};
    assert_int_equal(fsz_engine_offer(rig->engine, &event), FSZ_OK);
}

static inline char *receive(void *socket)
{
    static char bytes[65536];
    int         size = zmq_recv(socket, bytes, sizeof(bytes) - 1, 0);
    assert_true(size >= 0);
    bytes[size] = '\0';
    return bytes;
}

static inline json_t *receive_json(void *socket)
{
    json_t *object = json_loads(receive(socket), JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(object);
    return object;
}

static inline void assert_receives(void *socket, const char *text)
{
    assert_string_equal(receive(socket), text);
}

/* Receives an envelope: its topic and meta; ignores the event. */
static inline json_t *receive_meta(void *socket, char *topic, size_t topic_size)
{
    snprintf(topic, topic_size, "%.255s", receive(socket));
    json_t *meta = receive_json(socket);
    json_decref(receive_json(socket));
    return meta;
}

static inline void close_socket(void *socket)
{
    assert_int_equal(zmq_close(socket), 0);
}

static inline void start(struct rig *rig, struct fsz_config *config)
{
    assert_int_equal(fsz_engine_start(rig->engine, &config), FSZ_OK);
    assert_null(config);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

#endif
