/* SPDX-License-Identifier: MPL-2.0 */
/* Reloads keep connections whatever option changes, and can move addresses between sockets. */
#include "engine_rig.h"
#include "quiet_port.h"

#include <unistd.h>

enum { ROUNDS = 10 };

/* ---- tests ------------------------------------------------------------------------------------
 */

static void reload(struct rig *rig, struct fsz_config *config)
{
    struct fsz_problems problems;
    fsz_problems_init(&problems);
    assert_int_equal(fsz_engine_reload(rig->engine, &config, &problems), FSZ_OK);
    assert_null(config);
}

static void assert_meta(void *subscriber, const char *epoch, json_int_t seq)
{
    char    topic[256];
    json_t *meta = receive_meta(subscriber, topic, sizeof(topic));
    assert_string_equal(json_string_value(json_object_get(meta, "epoch")), epoch);
    assert_int_equal(number(meta, "seq"), seq);
    assert_int_equal(number(meta, "type_seq"), seq);
    json_decref(meta);
}

/* The subscriber gets every number: it stayed connected. */
static void check_stays(struct rig *rig, const char *bind, const char *option)
{
    char epoch[64];
    start(rig, CONFIG("stream s", bind, "framing=envelope", "beat-interval-ms=0"));
    json_t *status = rig_status(rig);
    snprintf(epoch, sizeof(epoch), "%s",
             json_string_value(json_object_get(status_stream(status, "s"), "epoch")));
    json_decref(status);
    void *subscriber = rig_subscribe_to(rig, "s", "", 1);
    offer(rig, "DTMF", NULL, "0");
    assert_meta(subscriber, epoch, 1);
    for (int i = 1; i <= ROUNDS; i++) {
        reload(rig, i % 2
                        ? CONFIG("stream s", bind, "framing=envelope", "beat-interval-ms=0", option)
                        : CONFIG("stream s", bind, "framing=envelope", "beat-interval-ms=0"));
        offer(rig, "DTMF", NULL, "n");
        assert_meta(subscriber, epoch, 1 + i);
    }
    rig_await(rig, "s", "events_sent", 1 + ROUNDS);
    rig_await(rig, "s", "accepted", 1);
    rig_await(rig, "s", "connections", 1);
    rig_await(rig, "s", "disconnected", 0);
    close_socket(subscriber);
    fsz_engine_stop(rig->engine);
}

static const char *const harmless[] = {
    "send-hwm=7",
    "send-bytes=1000000",
    "send-total-bytes=2000000",
    "send-buffer-bytes=100000",
    "backlog=7",
    "heartbeat-ms=700",
    "handshake-timeout-ms=20000",
    "tcp-keepalive=false",
    "ipc-mode=0600",
    "subscriber-subscriptions-max=3",
};

static void check_all_stay(struct rig *rig, const char *bind)
{
    for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++) {
        check_stays(rig, bind, harmless[i]);
    }
}

static void test_engine_reload_of_any_option_leaves_subscribers_over_ipc(void **state)
{
    char bind[64];
    snprintf(bind, sizeof(bind), "bind=ipc:///tmp/fsz-test-%d", (int)getpid());
    check_all_stay(*state, bind);
}

static void test_engine_reload_of_any_option_leaves_subscribers_over_tcp(void **state)
{
    check_all_stay(*state, "bind=tcp://127.0.0.1:*");
}

static void users_write(char *users)
{
    int file = mkstemp(users);
    assert_true(file >= 0);
    assert_int_equal(write(file, "{\"users\": {}}", 13), 13);
    close(file);
}

/* Connections must authenticate in another way from now on; also those in the handshake. */
static void test_engine_reload_of_security_disconnects_subscribers(void **state)
{
    struct rig *rig = *state;
    char        address[256], bind[300], users[] = "/tmp/fsz-test-users-XXXXXX", setting[300];
    users_write(users);
    snprintf(setting, sizeof(setting), "users-file=%s", users);
    start(rig, CONFIG("stream s", "bind=tcp://127.0.0.1:*"));
    rig_bound(rig, "s", address, sizeof(address));
    snprintf(bind, sizeof(bind), "bind=%s", address);
    fsz_engine_stop(rig->engine);
    start(rig, CONFIG("stream s", bind));
    void *subscriber = rig_subscribe_to(rig, "s", "", 1);
    void *halfway = zmq_socket(rig->context, ZMQ_STREAM); /* connects, and sends nothing */
    assert_int_equal(zmq_connect(halfway, address), 0);
    rig_await(rig, "s", "accepted", 2);
    reload(rig, CONFIG(setting, "stream s", bind, "security=plain"));
    rig_await(rig, "s", "disconnected", 1);
    rig_await(rig, "s", "subscriptions", 0);
    json_t       *status = rig_status(rig);
    const json_t *endings = json_object_get(status_stream(status, "s"), "endings");
    assert_int_equal(number(endings, "kicked"), 1);
    assert_int_equal(number(endings, "stopped"), 1); /* in the handshake */
    json_decref(status);
    close_socket(subscriber);
    close_socket(halfway);
    unlink(users);
}

static void test_engine_reload_that_fails_leaves_a_stream_its_socket(void **state)
{
    struct rig         *rig = *state;
    struct fsz_problems problems;
    start(rig, CONFIG("stream s", "bind=tcp://127.0.0.1:*"));
    void              *subscriber = rig_subscribe_to(rig, "s", "", 1);
    struct fsz_config *config = CONFIG("stream s", "bind=tcp://127.0.0.1:*", "send-hwm=7",
                                       "stream t", "bind=ipc:///nowhere/to/be/found");
    fsz_problems_init(&problems);
    assert_int_equal(fsz_engine_reload(rig->engine, &config, &problems), FSZ_EINVALID);
    offer(rig, "DTMF", NULL, "1");
    assert_receives(subscriber, "{\"Event-Name\":\"DTMF\",\"N\":\"1\"}");
    json_t *status = rig_status(rig);
    assert_int_equal(number(status_stream(status, "s"), "accepted"), 1);
    json_decref(status);
    close_socket(subscriber);
}

static bool is_open(struct rig *rig, const char *list)
{
    json_t       *status = rig_status(rig);
    const json_t *owners = strcmp(list, "streams") == 0
                               ? json_object_get(status, "streams")
                               : json_object_get(json_object_get(status, "api"), "sockets");
    const json_t *endpoints = json_object_get(json_array_get(owners, 0), "endpoints");
    bool          open = json_is_true(json_object_get(json_array_get(endpoints, 0), "open"));
    json_decref(status);
    return open;
}

static void await_open(struct rig *rig, const char *list)
{
    bool open = false;
    for (int i = 0; i < DEADLINE_MS / 5 && !open; i++) {
        zmq_poll(NULL, 0, 5);
        open = is_open(rig, list);
    }
    assert_true(open);
}

static void test_engine_reload_changes_the_address_of_a_port(void **state)
{
    struct rig *rig = *state;
    char        all[64], one[64], api_all[64], api_one[64];
    int         port = (int)quiet_port(), api_port = (int)quiet_port();
    snprintf(all, sizeof(all), "bind=tcp://*:%d", port);
    snprintf(one, sizeof(one), "bind=tcp://127.0.0.1:%d", port);
    snprintf(api_all, sizeof(api_all), "bind=tcp://*:%d", api_port);
    snprintf(api_one, sizeof(api_one), "bind=tcp://127.0.0.1:%d", api_port);
    start(rig, CONFIG("stream s", all, "api-socket c", api_all));
    for (int i = 0; i < ROUNDS; i++) {
        reload(rig, i % 2 ? CONFIG("stream s", all, "api-socket c", api_all)
                          : CONFIG("stream s", one, "api-socket c", api_one));
        await_open(rig, "streams");
        await_open(rig, "sockets");
    }
    reload(rig, CONFIG("stream other", one, "api-socket other", api_one)); /* and between two */
    await_open(rig, "streams");
    await_open(rig, "sockets");
}

static void test_engine_reload_moves_a_port_between_a_stream_and_an_api_socket(void **state)
{
    struct rig *rig = *state;
    char        one[64], other[64];
    int         ports[] = {(int)quiet_port(), (int)quiet_port()};
    snprintf(one, sizeof(one), "bind=tcp://127.0.0.1:%d", ports[0]);
    snprintf(other, sizeof(other), "bind=tcp://*:%d", ports[1]);
    start(rig, CONFIG("stream s", one, "api-socket c", other));
    for (int i = 0; i < ROUNDS; i++) {
        reload(rig, i % 2 ? CONFIG("stream s", one, "api-socket c", other)
                          : CONFIG("stream s", other, "api-socket c", one));
        await_open(rig, "streams");
        await_open(rig, "sockets");
    }
}

/* A clash with a port that the system chose is not visible in the configuration, but still refused.
 */
static void test_engine_reload_does_not_wait_for_what_stays(void **state)
{
    struct rig         *rig = *state;
    struct fsz_problems problems;
    char                address[256], bind[300];
    start(rig, CONFIG("stream s", "bind=tcp://127.0.0.1:*"));
    rig_bound(rig, "s", address, sizeof(address));
    snprintf(bind, sizeof(bind), "bind=%s", address);
    struct fsz_config *config = CONFIG("stream s", "bind=tcp://127.0.0.1:*", "stream t", bind);
    fsz_problems_init(&problems);
    assert_int_equal(fsz_engine_reload(rig->engine, &config, &problems), FSZ_EINVALID);
    assert_non_null(strstr(problems.lines[0], "is in use; find its owner"));
    reload(rig, CONFIG("stream t", bind));
    await_open(rig, "streams");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_engine_reload_of_any_option_leaves_subscribers_over_ipc),
        TEST(test_engine_reload_of_any_option_leaves_subscribers_over_tcp),
        TEST(test_engine_reload_of_security_disconnects_subscribers),
        TEST(test_engine_reload_changes_the_address_of_a_port),
        TEST(test_engine_reload_moves_a_port_between_a_stream_and_an_api_socket),
        TEST(test_engine_reload_does_not_wait_for_what_stays),
        TEST(test_engine_reload_that_fails_leaves_a_stream_its_socket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
