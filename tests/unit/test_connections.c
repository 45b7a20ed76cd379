/* SPDX-License-Identifier: MPL-2.0 */
/* Connections of streams, API sockets and services: listed, filtered, and ended on request. */
#include "engine_rig.h"

#include <unistd.h>

static void command(struct rig *rig, const char *line, fsz_err expected, struct fsz_buffer *out)
{
    fsz_buffer_init(out, 4 << 20);
    assert_int_equal(fsz_engine_command(rig->engine, line, out), expected);
}

static json_t *clients(struct rig *rig, const char *more)
{
    char              line[256];
    struct fsz_buffer out;
    snprintf(line, sizeof(line), "clients json %s", more);
    command(rig, line, FSZ_OK, &out);
    json_t *list = json_loadb((char *)out.data, out.size, JSON_REJECT_DUPLICATES, NULL);
    fsz_buffer_fini(&out);
    assert_non_null(list);
    return list;
}

static size_t count_of(const json_t *list)
{
    return json_array_size(json_object_get(list, "connections"));
}

/* Waits until `wanted` connections are listed. The caller owns the list. */
static json_t *await_clients(struct rig *rig, const char *more, size_t wanted)
{
    json_t *list = clients(rig, more);
    for (int i = 0; i < DEADLINE_MS / 5 && count_of(list) != wanted; i++) {
        json_decref(list);
        zmq_poll(NULL, 0, 5);
        list = clients(rig, more);
    }
    assert_int_equal(count_of(list), wanted);
    return list;
}

static const json_t *nth(const json_t *list, size_t index)
{
    return json_array_get(json_object_get(list, "connections"), index);
}

static const char *text(const json_t *object, const char *name)
{
    const char *value = json_string_value(json_object_get(object, name));
    assert_non_null(value);
    return value;
}

static json_int_t number_in(const json_t *object, const char *name, const char *member)
{
    const json_t *inner = json_object_get(object, name);
    assert_true(json_is_integer(json_object_get(inner, member)));
    return number(inner, member);
}

static void bound_channel(struct rig *rig, char *address, size_t size)
{
    json_t       *status = rig_status(rig);
    const json_t *channels = json_object_get(json_object_get(status, "api"), "sockets");
    const json_t *endpoints = json_object_get(json_array_get(channels, 0), "endpoints");
    snprintf(address, size, "%s", text(json_array_get(endpoints, 0), "bound"));
    json_decref(status);
}

static void *connect_socket(struct rig *rig, int type, const char *address)
{
    int   deadline = DEADLINE_MS, linger = 0;
    void *socket = zmq_socket(rig->context, type);
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &deadline, sizeof(deadline));
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof(linger));
    assert_int_equal(zmq_connect(socket, address), 0);
    return socket;
}

static void ask(void *req, const char *request, const char *expected)
{
    assert_int_equal(zmq_send(req, request, strlen(request), 0), (int)strlen(request));
    const char *answer = receive(req);
    if (strstr(answer, expected) == NULL) {
        fail_msg("%s", answer);
    }
}

static void test_each_connection_is_listed_with_its_facts_and_figures(void **state)
{
    struct rig *rig = *state;
    start(rig, CONFIG("stream default", "bind=tcp://127.0.0.1:*"));
    void *all = rig_subscribe_to(rig, "default", "{", 1);
    offer(rig, "HEARTBEAT", NULL, "1");
    receive(all);
    json_t       *list = await_clients(rig, "", 1);
    const json_t *one = nth(list, 0);
    assert_string_equal(text(one, "owner"), "stream/default");
    assert_string_equal(text(one, "direction"), "accepted");
    assert_string_equal(text(one, "mechanism"), "NULL");
    assert_string_equal(text(one, "type"), "SUB");
    assert_string_equal(text(one, "version"), "3.1");
    assert_non_null(strstr(text(one, "address"), "127.0.0.1:"));
    assert_true(json_is_null(json_object_get(one, "user")));
    assert_true(number(one, "id") > 0);
    assert_true(number(one, "since") > INT64_C(1600000000000000));
    assert_true(number(one, "age_ms") < 10 * DEADLINE_MS);
    assert_int_equal(number(one, "messages_out"), 1);
    assert_true(number(one, "bytes_in") > 0 && number(one, "bytes_out") > 0);
    assert_int_equal(number(one, "queued_messages"), 0);
    assert_int_equal(number_in(one, "subscriptions", "count"), 1);
    assert_int_equal(number_in(one, "subscriptions", "bytes"), 1);
    assert_int_equal(number_in(one, "dropped", "high"), 0);
    assert_int_equal(number_in(one, "reported", "high"), 0);
    assert_null(json_object_get(one, "uid"));
    assert_true(json_is_false(json_object_get(list, "more")));
    json_decref(list);
    close_socket(all);
}

static void test_an_ipc_peer_is_named_by_user_and_process(void **state)
{
    struct rig *rig = *state;
    char        bind[128];
    snprintf(bind, sizeof(bind), "bind=ipc:///tmp/fsz-connections-%d", (int)getpid());
    start(rig, CONFIG("stream default", bind));
    void         *all = rig_subscribe_to(rig, "default", "", 1);
    json_t       *list = await_clients(rig, "address=ipc", 1);
    const json_t *one = nth(list, 0);
    assert_int_equal(number(one, "uid"), getuid());
    assert_int_equal(number(one, "pid"), getpid());
    json_decref(list);
    close_socket(all);
}

static void test_api_sockets_services_and_streams_are_listed_by_id(void **state)
{
    struct rig *rig = *state;
    char        worker[256], connect[300], address[256];
    size_t      size = sizeof(worker);
    void       *service = zmq_socket(rig->context, ZMQ_DEALER);
    assert_int_equal(zmq_bind(service, "tcp://127.0.0.1:*"), 0);
    zmq_getsockopt(service, ZMQ_LAST_ENDPOINT, worker, &size);
    snprintf(connect, sizeof(connect), "connect=%s", worker);
    start(rig, CONFIG("stream default", "bind=tcp://127.0.0.1:*", "api-socket main",
                      "bind=tcp://127.0.0.1:*", "service routing", connect));
    bound_channel(rig, address, sizeof(address));
    json_decref(await_clients(rig, "owner=service", 1));
    void *all = rig_subscribe_to(rig, "default", "", 1);
    void *req = connect_socket(rig, ZMQ_REQ, address);
    ask(req, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"server.ping\"}", "\"result\":{}");
    json_t *list = await_clients(rig, "", 3);
    assert_string_equal(text(nth(list, 0), "owner"), "service/routing");
    assert_string_equal(text(nth(list, 0), "direction"), "dialed");
    assert_string_equal(text(nth(list, 0), "endpoint"), worker);
    assert_string_equal(text(nth(list, 1), "owner"), "stream/default");
    assert_string_equal(text(nth(list, 2), "owner"), "api-socket/main");
    assert_int_equal(number(nth(list, 2), "messages_in"), 1);
    assert_true(number(nth(list, 0), "id") < number(nth(list, 1), "id"));
    assert_true(number(nth(list, 1), "id") < number(nth(list, 2), "id"));
    ask(req,
        "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"server.clients\",\"params\":"
        "{\"owner\":\"api-socket/main\"}}",
        "\"owner\":\"api-socket/main\"");
    json_decref(list);
    close_socket(service);
    close_socket(req);
    close_socket(all);
}

static void test_a_list_has_a_limit_and_continues_after_an_id(void **state)
{
    enum { SUBSCRIBERS = 600, LIMIT = 250 };
    struct rig  *rig = *state;
    static void *sockets[SUBSCRIBERS];
    char         address[256], more[64];
    size_t       found = 0;
    json_int_t   last = 0;
    start(rig, CONFIG("address-connections-max=1000", "stream a", "bind=tcp://127.0.0.1:*",
                      "stream b", "bind=tcp://127.0.0.1:*"));
    for (int i = 0; i < SUBSCRIBERS; i++) {
        rig_bound(rig, i % 2 == 0 ? "a" : "b", address, sizeof(address));
        sockets[i] = rig_subscribe(rig, address, "");
    }
    rig_await(rig, "a", "subscribers", SUBSCRIBERS / 2);
    rig_await(rig, "b", "subscribers", SUBSCRIBERS / 2);
    for (bool goes_on = true; goes_on;) {
        snprintf(more, sizeof(more), "limit=%d after=%lld", LIMIT, (long long)last);
        json_t *list = clients(rig, more);
        size_t  count = count_of(list);
        goes_on = json_is_true(json_object_get(list, "more"));
        assert_int_equal(count, goes_on ? LIMIT : SUBSCRIBERS % LIMIT);
        for (size_t i = 0; i < count; i++) {
            assert_true(number(nth(list, i), "id") > last);
            last = number(nth(list, i), "id");
        }
        found += count;
        json_decref(list);
    }
    assert_int_equal(found, SUBSCRIBERS);
    json_decref(await_clients(rig, "owner=stream/a limit=1000", SUBSCRIBERS / 2));
    json_decref(await_clients(rig, "owner=stream limit=1000 address=127.0.0.1", SUBSCRIBERS));
    json_decref(await_clients(rig, "address=127.0.0.2", 0));
    json_decref(await_clients(rig, "user=alice", 0));
    json_decref(await_clients(rig, "owner=str", 0));
    for (int i = 0; i < SUBSCRIBERS; i++) {
        close_socket(sockets[i]);
    }
}

static void test_a_kicked_subscriber_reconnects_with_another_id(void **state)
{
    struct rig       *rig = *state;
    struct fsz_buffer out;
    char              line[64];
    start(rig, CONFIG("stream default", "bind=tcp://127.0.0.1:*"));
    void      *all = rig_subscribe_to(rig, "default", "", 1);
    json_t    *list = await_clients(rig, "", 1);
    json_int_t id = number(nth(list, 0), "id");
    json_decref(list);
    snprintf(line, sizeof(line), "kick %lld", (long long)id);
    command(rig, line, FSZ_OK, &out);
    assert_string_equal(fsz_buffer_string(&out), "+OK\n");
    fsz_buffer_fini(&out);
    snprintf(line, sizeof(line), "after=%lld", (long long)id);
    json_decref(await_clients(rig, line, 1));
    json_decref(await_clients(rig, "", 1));
    json_t *status = rig_status(rig);
    assert_int_equal(number_in(status_stream(status, "default"), "endings", "kicked"), 1);
    json_decref(status);
    close_socket(all);
}

static void test_an_endpoint_of_a_service_and_a_client_of_the_api_can_be_kicked(void **state)
{
    struct rig *rig = *state;
    char        worker[256], connect[300], address[256], request[256], line[64];
    size_t      size = sizeof(worker);
    void       *service = zmq_socket(rig->context, ZMQ_DEALER);
    assert_int_equal(zmq_bind(service, "tcp://127.0.0.1:*"), 0);
    zmq_getsockopt(service, ZMQ_LAST_ENDPOINT, worker, &size);
    snprintf(connect, sizeof(connect), "connect=%s", worker);
    start(rig, CONFIG("api-socket main", "bind=tcp://127.0.0.1:*", "service routing", connect));
    bound_channel(rig, address, sizeof(address));
    json_t    *list = await_clients(rig, "owner=service", 1);
    json_int_t id = number(nth(list, 0), "id");
    json_decref(list);
    struct fsz_buffer out;
    snprintf(line, sizeof(line), "kick %lld", (long long)id);
    command(rig, line, FSZ_OK, &out);
    fsz_buffer_fini(&out);
    snprintf(line, sizeof(line), "owner=service after=%lld", (long long)id);
    json_decref(await_clients(rig, line, 1));

    void *req = connect_socket(rig, ZMQ_REQ, address);
    void *other = connect_socket(rig, ZMQ_REQ, address);
    ask(req, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"server.ping\"}", "\"result\":{}");
    list = await_clients(rig, "owner=api-socket", 2);
    id = number(nth(list, 1), "id");
    json_decref(list);
    snprintf(request, sizeof(request),
             "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"client.kick\",\"params\":{\"id\":%lld}}",
             (long long)id);
    /* A peer without a user may list connections but not end them. */
    ask(req, request, "-32001");
    snprintf(line, sizeof(line), "kick %lld", (long long)id);
    command(rig, line, FSZ_OK, &out);
    fsz_buffer_fini(&out);
    snprintf(line, sizeof(line), "owner=api-socket after=%lld", (long long)id);
    json_decref(await_clients(rig, line, 1));
    close_socket(service);
    close_socket(req);
    close_socket(other);
}

static void test_an_unknown_or_malformed_id_is_an_error(void **state)
{
    static const char *const wrong[] = {
        "kick",           "kick x",          "kick 1x",        "kick -1",
        "clients nobody", "clients limit=0", "clients after=", "clients limit=1001",
        "clients name=x"};
    struct rig       *rig = *state;
    struct fsz_buffer out;
    command(rig, "clients", FSZ_ECLOSED, &out);
    fsz_buffer_fini(&out);
    command(rig, "kick 1", FSZ_ECLOSED, &out);
    fsz_buffer_fini(&out);
    start(rig, CONFIG("stream default", "bind=tcp://127.0.0.1:*"));
    command(rig, "kick 9223372036854775807", FSZ_ENOTFOUND, &out);
    assert_string_equal(fsz_buffer_string(&out),
                        "-ERR no connection has the id 9223372036854775807\n");
    fsz_buffer_fini(&out);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        command(rig, wrong[i], FSZ_EINVALID, &out);
        assert_non_null(strstr(fsz_buffer_string(&out), "-USAGE"));
        fsz_buffer_fini(&out);
    }
}

static void test_the_text_has_a_paragraph_for_each_connection(void **state)
{
    struct rig       *rig = *state;
    struct fsz_buffer out;
    start(rig, CONFIG("stream default", "bind=tcp://127.0.0.1:*"));
    command(rig, "clients", FSZ_OK, &out);
    assert_string_equal(fsz_buffer_string(&out), "no connections\n");
    fsz_buffer_fini(&out);
    void *first = rig_subscribe_to(rig, "default", "abc", 1);
    void *second = rig_subscribe_to(rig, "default", "abc", 2);
    json_decref(await_clients(rig, "", 2));
    command(rig, "clients limit=1", FSZ_OK, &out);
    assert_non_null(strstr(fsz_buffer_string(&out), " stream/default tcp://127.0.0.1:"));
    assert_non_null(strstr(fsz_buffer_string(&out), "no user, NULL, ZMTP 3.1, SUB, accepted"));
    assert_non_null(strstr(fsz_buffer_string(&out), "1 subscriptions, 3 bytes, 0 refused"));
    assert_non_null(strstr(fsz_buffer_string(&out), "more: zmq clients after="));
    fsz_buffer_fini(&out);
    close_socket(first);
    close_socket(second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_each_connection_is_listed_with_its_facts_and_figures),
        TEST(test_an_ipc_peer_is_named_by_user_and_process),
        TEST(test_api_sockets_services_and_streams_are_listed_by_id),
        TEST(test_a_list_has_a_limit_and_continues_after_an_id),
        TEST(test_a_kicked_subscriber_reconnects_with_another_id),
        TEST(test_an_endpoint_of_a_service_and_a_client_of_the_api_can_be_kicked),
        TEST(test_an_unknown_or_malformed_id_is_an_error),
        TEST(test_the_text_has_a_paragraph_for_each_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
