/* SPDX-License-Identifier: MPL-2.0 */
/* Lookups through an engine, to a provider on a real socket. */
#include "engine_rig.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#define DOCUMENT "<d><section name='directory'><user id='1000'/></section></d>"
#define STREAM_OF_ITS_OWN "stream default", "bind=tcp://127.0.0.1:*"
#define BINDING(...)                                                                               \
    STREAM_OF_ITS_OWN, "service d", connect_to, "deadline-ms=60000", "binding b", "service=d",     \
        "sections=directory", ##__VA_ARGS__

static char connect_to[300];

struct provider {
    void       *socket; /* REP, or ROUTER for one that never replies */
    pthread_t   thread;
    const char *result;
    char        hostname[64]; /* of the last request */
    _Atomic int requests;
};

static struct provider provider;

/* Replies until a request has no `id`: the test sends it to end the thread. */
static void *provider_main(void *unused)
{
    (void)unused;
    for (;;) {
        char question[65536], answer[4096];
        int  size = zmq_recv(provider.socket, question, sizeof(question), 0);
        if (size < 0) { /* the context ends: the test has failed */
            zmq_close(provider.socket);
            return NULL;
        }
        json_t *request = json_loadb(question, (size_t)size, 0, NULL);
        json_t *id = json_object_get(request, "id");
        bool    last = id == NULL;
        json_t *params = json_object_get(json_object_get(request, "params"), "params");
        json_t *hostname = json_object_get(params, "hostname");
        if (hostname != NULL) {
            snprintf(provider.hostname, sizeof(provider.hostname), "%s",
                     json_string_value(hostname));
        }
        snprintf(answer, sizeof(answer),
                 "{\"jsonrpc\":\"2.0\",\"id\":%" JSON_INTEGER_FORMAT ",\"result\":%s}",
                 json_integer_value(id), provider.result);
        json_decref(request);
        provider.requests += !last; /* before the reply, which the test waits for */
        zmq_send(provider.socket, answer, strlen(answer), 0);
        if (last) {
            return NULL;
        }
    }
}

static void provider_bind(struct rig *rig, int type)
{
    char   address[256];
    size_t size = sizeof(address);
    int    linger = 0;
    provider.socket = zmq_socket(rig->context, type);
    provider.requests = 0;
    zmq_setsockopt(provider.socket, ZMQ_LINGER, &linger, sizeof(linger));
    assert_int_equal(zmq_bind(provider.socket, "tcp://127.0.0.1:*"), 0);
    zmq_getsockopt(provider.socket, ZMQ_LAST_ENDPOINT, address, &size);
    snprintf(connect_to, sizeof(connect_to), "connect=%s", address);
}

static void provider_start(struct rig *rig, const char *result)
{
    provider_bind(rig, ZMQ_REP);
    provider.result = result;
    assert_int_equal(pthread_create(&provider.thread, NULL, provider_main, NULL), 0);
}

static void provider_stop(struct rig *rig)
{
    void *socket = zmq_socket(rig->context, ZMQ_REQ);
    char  answer[4096];
    assert_int_equal(zmq_connect(socket, strchr(connect_to, '=') + 1), 0);
    zmq_send(socket, "{}", 2, 0);
    assert_true(zmq_recv(socket, answer, sizeof(answer), 0) > 0);
    assert_int_equal(pthread_join(provider.thread, NULL), 0);
    close_socket(socket);
    close_socket(provider.socket);
}

static fsz_err look_up(struct rig *rig, const char *wanted)
{
    static const struct fsz_lookup lookup = {
        .section = "directory", .tag = "domain", .key = "name", .value = "example.org"};
    struct fsz_buffer xml;
    fsz_buffer_init(&xml, 1 << 20);
    fsz_err err = fsz_engine_lookup(rig->engine, &lookup, &xml);
    if (err == FSZ_OK) {
        assert_string_equal(fsz_buffer_string(&xml), wanted);
    }
    fsz_buffer_fini(&xml);
    return err;
}

static void assert_command(struct rig *rig, const char *line, fsz_err wanted, const char *words)
{
    struct fsz_buffer out;
    fsz_buffer_init(&out, 1 << 20);
    assert_int_equal(fsz_engine_command(rig->engine, line, &out), wanted);
    assert_non_null(strstr(fsz_buffer_string(&out), words));
    fsz_buffer_fini(&out);
}

static void test_engine_lookup_asks_the_service_of_its_binding(void **state)
{
    struct rig *rig = *state;
    provider_start(rig, "{\"xml\":\"" DOCUMENT "\"}");
    assert_int_equal(look_up(rig, NULL), FSZ_ENOTFOUND);
    start(rig, CONFIG(BINDING()));
    assert_int_equal(look_up(rig, DOCUMENT), FSZ_OK);
    assert_int_equal(look_up(rig, DOCUMENT), FSZ_OK);
    assert_int_equal(provider.requests, 2);
    assert_command(rig, "bindings", FSZ_OK, "2 lookups: 2 found, 0 not found, 0 failed");
    json_t *status = rig_status(rig);
    json_t *binding = json_array_get(json_object_get(status, "bindings"), 0);
    assert_int_equal(number(binding, "found"), 2);
    assert_true(number(json_object_get(binding, "latency_us"), "max") > 0);
    assert_int_equal(number(json_object_get(status, "cache"), "entries_max"), 10000);
    json_decref(status);
    fsz_engine_stop(rig->engine);
    assert_int_equal(look_up(rig, NULL), FSZ_ENOTFOUND);
    start(rig, CONFIG(BINDING()));
    assert_int_equal(look_up(rig, DOCUMENT), FSZ_OK);
    provider_stop(rig);
}

static void name_host(void *self, struct fsz_host_identity *ret_identity)
{
    (void)self;
    snprintf(ret_identity->hostname, sizeof(ret_identity->hostname), "of the host");
    snprintf(ret_identity->switchname, sizeof(ret_identity->switchname), "of the switch");
}

/* As mod_xml_curl sends it. */
static void test_engine_lookup_is_asked_in_the_switchs_name(void **state)
{
    struct rig *rig = *state;
    host.identify = name_host;
    provider_start(rig, "{\"found\":false}");
    start(rig, CONFIG(BINDING()));
    assert_int_equal(look_up(rig, NULL), FSZ_ENOTFOUND);
    assert_int_equal(provider.requests, 1);
    assert_string_equal(provider.hostname, "of the switch");
    host.identify = NULL;
    provider_stop(rig);
}

static void test_engine_cache_is_flushed_by_command(void **state)
{
    struct rig *rig = *state;
    provider_start(rig, "{\"xml\":\"" DOCUMENT "\"}");
    assert_command(rig, "cache flush", FSZ_ECLOSED, "-ERR not started");
    start(rig, CONFIG(BINDING("cache-s=1000")));
    assert_int_equal(look_up(rig, DOCUMENT), FSZ_OK);
    assert_int_equal(look_up(rig, DOCUMENT), FSZ_OK);
    assert_int_equal(provider.requests, 1);
    assert_command(rig, "cache flush b/dialplan/*", FSZ_OK, "+OK 0 removed");
    assert_command(rig, "cache flush  b/*", FSZ_OK, "+OK 1 removed");
    assert_int_equal(look_up(rig, DOCUMENT), FSZ_OK);
    assert_command(rig, "cache flush", FSZ_OK, "+OK 1 removed");
    assert_command(rig, "cache flushed", FSZ_EINVALID, "-USAGE");
    assert_command(rig, "cache", FSZ_EINVALID, "-USAGE");
    assert_int_equal(provider.requests, 2);
    provider_stop(rig);
}

static void test_engine_reload_changes_the_bindings(void **state)
{
    struct rig         *rig = *state;
    struct fsz_problems problems;
    provider_start(rig, "{\"found\":false}");
    start(rig, CONFIG(STREAM_OF_ITS_OWN));
    assert_command(rig, "bindings", FSZ_OK, "no bindings");
    assert_int_equal(look_up(rig, NULL), FSZ_ENOTFOUND);
    fsz_problems_init(&problems);
    struct fsz_config *config = CONFIG(BINDING());
    assert_int_equal(fsz_engine_reload(rig->engine, &config, &problems), FSZ_OK);
    assert_int_equal(look_up(rig, NULL), FSZ_ENOTFOUND);
    assert_int_equal(provider.requests, 1);
    assert_command(rig, "bindings", FSZ_OK, "1 lookups: 0 found, 1 not found");
    config = CONFIG(STREAM_OF_ITS_OWN);
    assert_int_equal(fsz_engine_reload(rig->engine, &config, &problems), FSZ_OK);
    assert_int_equal(look_up(rig, NULL), FSZ_ENOTFOUND);
    assert_int_equal(provider.requests, 1);
    provider_stop(rig);
}

/* ---- a service that hangs -------------------------------------------------------------------- */

enum { ASKERS = 4 };

static void *asker_main(void *rig)
{
    return look_up(rig, NULL) == FSZ_ENOTFOUND ? NULL : "found";
}

/* One request must have arrived: all lookups of a cached key wait for its reply. */
static void start_askers(struct rig *rig, pthread_t askers[ASKERS], const char *const *params)
{
    char frame[65536];
    provider_bind(rig, ZMQ_ROUTER);
    const char *config[16] = {BINDING()};
    for (size_t i = 0; params[i] != NULL; i++) {
        config[8 + i] = params[i];
    }
    start(rig, config_of(config));
    for (int i = 0; i < ASKERS; i++) {
        assert_int_equal(pthread_create(&askers[i], NULL, asker_main, rig), 0);
    }
    assert_true(zmq_recv(provider.socket, frame, sizeof(frame), 0) > 0);
    json_int_t asked = 0;
    while (asked < ASKERS) {
        json_t *status = rig_status(rig);
        asked = number(json_array_get(json_object_get(status, "bindings"), 0), "asked");
        json_decref(status);
    }
}

static void join_askers(pthread_t askers[ASKERS])
{
    void *wrong = NULL;
    for (int i = 0; i < ASKERS; i++) {
        assert_int_equal(pthread_join(askers[i], &wrong), 0);
        assert_null(wrong);
    }
    close_socket(provider.socket);
}

static void test_engine_close_lookups_wakes_all_that_wait(void **state)
{
    pthread_t   askers[ASKERS];
    struct rig *rig = *state;
    start_askers(rig, askers, (const char *const[]){"cache-s=10", NULL});
    fsz_engine_close_lookups(rig->engine);
    join_askers(askers);
    assert_int_equal(look_up(rig, NULL), FSZ_ENOTFOUND);
    fsz_engine_close_lookups(rig->engine);
    assert_command(rig, "bindings", FSZ_OK, "no bindings");
    struct fsz_problems problems;
    fsz_problems_init(&problems);
    struct fsz_config *config = CONFIG(BINDING());
    assert_int_equal(fsz_engine_reload(rig->engine, &config, &problems), FSZ_OK);
    assert_int_equal(look_up(rig, NULL), FSZ_ENOTFOUND);
}

static void test_engine_stop_wakes_all_that_wait(void **state)
{
    pthread_t   askers[ASKERS];
    struct rig *rig = *state;
    start_askers(rig, askers, (const char *const[]){NULL});
    assert_true(fsz_engine_stop(rig->engine));
    join_askers(askers);
}

static void test_engine_waits_for_a_service_no_longer_than_the_deadline(void **state)
{
    pthread_t   askers[ASKERS];
    struct rig *rig = *state;
    start_askers(rig, askers, (const char *const[]){"deadline-ms=300", NULL});
    join_askers(askers);
    assert_command(rig, "bindings", FSZ_OK, "4 lookups: 0 found, 0 not found, 4 failed");
}

/* ---- all at once ----------------------------------------------------------------------------- */

enum { RELOADS = 30 };

static _Atomic bool ended;

/* Until the end: each lookup gets its own document or none, never anything else. */
static void *looker_main(void *rig)
{
    while (!ended) {
        fsz_err err = look_up(rig, DOCUMENT);
        if (err != FSZ_OK && err != FSZ_ENOTFOUND) {
            return "neither found nor not found";
        }
    }
    return NULL;
}

static void test_engine_reloads_flushes_and_stops_during_lookups(void **state)
{
    pthread_t           lookers[ASKERS];
    void               *wrong = NULL;
    struct fsz_problems problems;
    struct rig         *rig = *state;
    provider_start(rig, "{\"xml\":\"" DOCUMENT "\"}");
    start(rig, CONFIG(BINDING("cache-s=1000")));
    ended = false;
    for (int i = 0; i < ASKERS; i++) {
        assert_int_equal(pthread_create(&lookers[i], NULL, looker_main, rig), 0);
    }
    while (provider.requests == 0) { /* otherwise all may be over before one of them runs */
        usleep(1000);
    }
    for (int i = 0; i < RELOADS; i++) {
        struct fsz_config *config = i % 3 == 0   ? CONFIG(BINDING("cache-s=1000"))
                                    : i % 3 == 1 ? CONFIG(BINDING())
                                                 : CONFIG(STREAM_OF_ITS_OWN);
        fsz_problems_init(&problems);
        assert_int_equal(fsz_engine_reload(rig->engine, &config, &problems), FSZ_OK);
        assert_command(rig, "cache flush", FSZ_OK, "+OK");
        assert_command(rig, "bindings", FSZ_OK, "cache");
    }
    assert_true(fsz_engine_stop(rig->engine));
    start(rig, CONFIG(BINDING()));
    fsz_engine_close_lookups(rig->engine);
    assert_true(fsz_engine_stop(rig->engine));
    ended = true;
    for (int i = 0; i < ASKERS; i++) {
        assert_int_equal(pthread_join(lookers[i], &wrong), 0);
        assert_null(wrong);
    }
    provider_stop(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_engine_lookup_asks_the_service_of_its_binding),
        TEST(test_engine_lookup_is_asked_in_the_switchs_name),
        TEST(test_engine_cache_is_flushed_by_command),
        TEST(test_engine_reload_changes_the_bindings),
        TEST(test_engine_close_lookups_wakes_all_that_wait),
        TEST(test_engine_stop_wakes_all_that_wait),
        TEST(test_engine_waits_for_a_service_no_longer_than_the_deadline),
        TEST(test_engine_reloads_flushes_and_stops_during_lookups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
