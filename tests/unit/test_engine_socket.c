/* A stream that needs another socket gets one, and goes on; none that is open is touched. */
#include "engine_rig.h"
#include "quiet_port.h"

#include <stdatomic.h>
#include <unistd.h>

enum { ROUNDS = 10, SOCKETS_MAX = 64 };

/* ---- libzmq as the engine calls it (CMakeLists.txt: --wrap) -----------------------------------
 */

int __real_zmq_setsockopt(void *socket, int option, const void *value, size_t size);
int __real_zmq_bind(void *socket, const char *address);
int __real_zmq_close(void *socket);
int __wrap_zmq_setsockopt(void *socket, int option, const void *value, size_t size);
int __wrap_zmq_bind(void *socket, const char *address);
int __wrap_zmq_close(void *socket);

static _Atomic(void *) bound[SOCKETS_MAX];
static _Atomic int     touched;

/* Where that socket is in the list; a NULL finds a free place. */
static _Atomic(void *) *bound_find(void *socket)
{
    for (size_t i = 0; i < SOCKETS_MAX; i++) {
        if (bound[i] == socket) {
            return &bound[i];
        }
    }
    return NULL;
}

/* Those that libzmq allows at any time, and that it does not pass on to connections. */
static bool option_is_harmless(int option)
{
    return option == ZMQ_LINGER || option == ZMQ_SUBSCRIBE || option == ZMQ_UNSUBSCRIBE;
}

int __wrap_zmq_setsockopt(void *socket, int option, const void *value, size_t size)
{
    if (bound_find(socket) != NULL && !option_is_harmless(option)) {
        touched++;
    }
    return __real_zmq_setsockopt(socket, option, value, size);
}

int __wrap_zmq_bind(void *socket, const char *address)
{
    int result = __real_zmq_bind(socket, address);
    if (result == 0 && bound_find(socket) == NULL) {
        *bound_find(NULL) = socket;
    }
    return result;
}

int __wrap_zmq_close(void *socket)
{
    if (bound_find(socket) != NULL) {
        *bound_find(socket) = NULL;
    }
    return __real_zmq_close(socket);
}

/* ---- tests ------------------------------------------------------------------------------------
 */

static void reload(struct rig *rig, struct fsz_config *config)
{
    struct fsz_problems problems;
    fsz_problems_init(&problems);
    assert_int_equal(fsz_engine_reload(rig->engine, &config, &problems), FSZ_OK);
    assert_null(config);
}

static void test_engine_touches_no_socket_that_peers_may_be_on(void **state)
{
    struct rig *rig = *state;
    char        bind[64];
    snprintf(bind, sizeof(bind), "bind=ipc:///tmp/fsz-test-%d", (int)getpid());
    start(rig, CONFIG("stream s", bind, "channel c", "bind=tcp://127.0.0.1:*"));
    for (int i = 0; i < ROUNDS; i++) {
        const char *hwm = i % 2 ? "send-hwm=10" : "send-hwm=20";
        reload(rig, CONFIG("stream s", bind, hwm, "channel c", "bind=tcp://127.0.0.1:*", hwm));
        reload(rig, CONFIG("stream s", bind, hwm, "events=DTMF", "channel c",
                           "bind=tcp://127.0.0.1:*", hwm));
        rig_await(rig, "s", "connections", 0);
    }
    assert_int_equal(touched, 0);
    unlink(bind + strlen("bind=ipc://"));
}

static void assert_meta(void *subscriber, const char *epoch, json_int_t seq)
{
    char    topic[256];
    json_t *meta = receive_meta(subscriber, topic, sizeof(topic));
    assert_string_equal(json_string_value(json_object_get(meta, "epoch")), epoch);
    assert_int_equal(number(meta, "seq"), seq);
    assert_int_equal(number(meta, "kind_seq"), seq);
    json_decref(meta);
}

/* Until the subscriber is back. Its libzmq sends its subscriptions again when it is asked
 * something. */
static void await_subscriber(struct rig *rig, void *subscriber)
{
    json_int_t now = 0;
    for (int i = 0; i < DEADLINE_MS / 5 && now != 1; i++) {
        zmq_pollitem_t item = {.socket = subscriber, .events = ZMQ_POLLIN};
        zmq_poll(&item, 1, 5);
        json_t *status = rig_status(rig);
        now = number(status_stream(status, "s"), "subscriptions");
        json_decref(status);
    }
    assert_int_equal(now, 1);
}

/* Each round takes two numbers: that of its event, and one for the pause before it, in which nobody
 * was there to want events. */
static void check_goes_on(struct rig *rig, const char *bind, const char *option)
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
        await_subscriber(rig, subscriber);
        offer(rig, "DTMF", NULL, "n");
        assert_meta(subscriber, epoch, 1 + 2 * i);
    }
    rig_await(rig, "s", "events_sent", 1 + ROUNDS);
    rig_await(rig, "s", "accepted", 1 + ROUNDS);
    rig_await(rig, "s", "connections", 1);
    rig_await(rig, "s", "disconnected", ROUNDS);
    close_socket(subscriber);
}

static void test_engine_stream_with_another_high_water_mark_goes_on_over_ipc(void **state)
{
    char bind[64];
    snprintf(bind, sizeof(bind), "bind=ipc:///tmp/fsz-test-%d", (int)getpid());
    check_goes_on(*state, bind, "send-hwm=7");
    unlink(bind + strlen("bind=ipc://"));
}

static void test_engine_stream_with_another_backlog_goes_on_over_tcp(void **state)
{
    struct rig *rig = *state;
    char        address[256], bind[300];
    start(rig, CONFIG("stream s", "bind=tcp://127.0.0.1:*"));
    rig_bound(rig, "s", address, sizeof(address));
    fsz_engine_stop(rig->engine);
    snprintf(bind, sizeof(bind), "bind=%s", address);
    check_goes_on(rig, bind, "backlog=7");
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
                               : json_object_get(json_object_get(status, "api"), "channels");
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
    start(rig, CONFIG("stream s", all, "channel c", api_all));
    for (int i = 0; i < ROUNDS; i++) {
        reload(rig, i % 2 ? CONFIG("stream s", all, "channel c", api_all)
                          : CONFIG("stream s", one, "channel c", api_one));
        await_open(rig, "streams");
        await_open(rig, "channels");
    }
    reload(rig, CONFIG("stream other", one, "channel other", api_one)); /* and between two */
    await_open(rig, "streams");
    await_open(rig, "channels");
}

static void test_engine_reload_moves_a_port_between_a_stream_and_a_channel(void **state)
{
    struct rig *rig = *state;
    char        one[64], other[64];
    int         ports[] = {(int)quiet_port(), (int)quiet_port()};
    snprintf(one, sizeof(one), "bind=tcp://127.0.0.1:%d", ports[0]);
    snprintf(other, sizeof(other), "bind=tcp://*:%d", ports[1]);
    start(rig, CONFIG("stream s", one, "channel c", other));
    for (int i = 0; i < ROUNDS; i++) {
        reload(rig, i % 2 ? CONFIG("stream s", one, "channel c", other)
                          : CONFIG("stream s", other, "channel c", one));
        await_open(rig, "streams");
        await_open(rig, "channels");
    }
}

/* A port that the system gave is a clash that no configuration shows; it stays a mistake. */
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
    assert_non_null(strstr(problems.lines[0], "Address already in use"));
    reload(rig, CONFIG("stream t", bind));
    await_open(rig, "streams");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_engine_touches_no_socket_that_peers_may_be_on),
        TEST(test_engine_stream_with_another_high_water_mark_goes_on_over_ipc),
        TEST(test_engine_stream_with_another_backlog_goes_on_over_tcp),
        TEST(test_engine_reload_changes_the_address_of_a_port),
        TEST(test_engine_reload_moves_a_port_between_a_stream_and_a_channel),
        TEST(test_engine_reload_does_not_wait_for_what_stays),
        TEST(test_engine_reload_that_fails_leaves_a_stream_its_socket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
