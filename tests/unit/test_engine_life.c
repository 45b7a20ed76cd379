/* SPDX-License-Identifier: MPL-2.0 */
/* The engine over real sockets: reload, taken ports, shared contexts, stop and start. */
#include "engine_rig.h"

static void test_engine_reload_keeps_a_subscriber_whose_endpoint_stays(void **state)
{
    struct rig         *rig = *state;
    struct fsz_problems problems;
    char                address[256], bind[300];
    start(rig, CONFIG("stream default", "bind=tcp://127.0.0.1:*"));
    rig_bound(rig, "default", address, sizeof(address));
    fsz_engine_stop(rig->engine);
    snprintf(bind, sizeof(bind), "bind=%s", address);
    start(rig, CONFIG("stream default", bind));
    void              *all = rig_subscribe_to(rig, "default", "", 1);
    struct fsz_config *config =
        CONFIG("stream default", bind, "events=DTMF", "stream more", "bind=tcp://127.0.0.1:*");
    fsz_problems_init(&problems);
    assert_int_equal(fsz_engine_reload(rig->engine, &config, &problems), FSZ_OK);
    offer(rig, "CHANNEL_CREATE", NULL, "1");
    offer(rig, "DTMF", NULL, "2");
    assert_receives(all, "{\"Event-Name\":\"DTMF\",\"N\":\"2\"}");
    json_t *status = rig_status(rig);
    assert_non_null(status_stream(status, "more"));
    assert_int_equal(number(status_stream(status, "default"), "disconnected"), 0);
    json_decref(status);
    close_socket(all);
}

static void test_engine_reload_enforces_a_list_where_there_was_none(void **state)
{
    struct rig         *rig = *state;
    struct fsz_problems problems;
    char                address[256], bind[300];
    start(rig, CONFIG("stream default", "bind=tcp://127.0.0.1:*", "apply-inbound-acl=any"));
    rig_bound(rig, "default", address, sizeof(address));
    fsz_engine_stop(rig->engine);
    snprintf(bind, sizeof(bind), "bind=%s", address);
    start(rig, CONFIG("stream default", bind, "apply-inbound-acl=any"));
    host_self.admit = false;
    void *admitted = rig_subscribe_to(rig, "default", "", 1);
    close_socket(admitted);
    rig_await(rig, "default", "subscriptions", 0);
    struct fsz_config *config = CONFIG("stream default", bind, "apply-inbound-acl=loopback.auto");
    fsz_problems_init(&problems);
    assert_int_equal(fsz_engine_reload(rig->engine, &config, &problems), FSZ_OK);
    void *refused = rig_subscribe(rig, address, "");
    rig_await(rig, "default", "handshakes_failed", 1);
    rig_await(rig, "default", "subscriptions", 0);
    close_socket(refused);
}

static void test_engine_reload_that_cannot_bind_changes_nothing(void **state)
{
    struct rig         *rig = *state;
    struct fsz_problems problems;
    char                taken[256], bind[300];
    size_t              size = sizeof(taken);
    void               *other = zmq_socket(rig->context, ZMQ_PUB);
    assert_int_equal(zmq_bind(other, "tcp://127.0.0.1:*"), 0);
    zmq_getsockopt(other, ZMQ_LAST_ENDPOINT, taken, &size);
    snprintf(bind, sizeof(bind), "bind=%s", taken);
    start(rig, CONFIG("stream default", "bind=tcp://127.0.0.1:*"));
    void              *all = rig_subscribe_to(rig, "default", "", 1);
    struct fsz_config *config =
        CONFIG("stream extra", "bind=tcp://127.0.0.1:*", "stream taken", bind);
    fsz_problems_init(&problems);
    assert_int_equal(fsz_engine_reload(rig->engine, &config, &problems), FSZ_EINVALID);
    assert_int_equal(problems.count, 1);
    assert_non_null(strstr(problems.lines[0], taken));
    assert_non_null(strstr(problems.lines[0], "is in use; find its owner with: ss -ltnp"));
    offer(rig, "DTMF", NULL, "1");
    assert_receives(all, "{\"Event-Name\":\"DTMF\",\"N\":\"1\"}");
    json_t *status = rig_status(rig);
    assert_int_equal(json_array_size(json_object_get(status, "streams")), 1);
    json_decref(status);
    close_socket(all);
    close_socket(other);
}

static void test_engine_starts_although_a_port_is_taken(void **state)
{
    struct rig *rig = *state;
    char        taken[256], bind[300];
    size_t      size = sizeof(taken);
    void       *other = zmq_socket(rig->context, ZMQ_PUB);
    assert_int_equal(zmq_bind(other, "tcp://127.0.0.1:*"), 0);
    zmq_getsockopt(other, ZMQ_LAST_ENDPOINT, taken, &size);
    snprintf(bind, sizeof(bind), "bind=%s", taken);
    start(rig, CONFIG("stream taken", bind, "stream default", "bind=tcp://127.0.0.1:*"));
    assert_int_equal(host_self.errors, 1);
    assert_non_null(strstr(host_self.last_error, taken));
    void *all = rig_subscribe_to(rig, "default", "", 1);
    offer(rig, "DTMF", NULL, "1");
    assert_receives(all, "{\"Event-Name\":\"DTMF\",\"N\":\"1\"}");
    close_socket(all);
    close_socket(other);
}

static void *inside_subscribe(struct fsz_context *context)
{
    int   deadline = DEADLINE_MS;
    void *inside = zmq_socket(fsz_context_zmq(context), ZMQ_SUB);
    zmq_setsockopt(inside, ZMQ_RCVTIMEO, &deadline, sizeof(deadline));
    zmq_setsockopt(inside, ZMQ_SUBSCRIBE, "", 0);
    assert_int_equal(zmq_connect(inside, "inproc://events"), 0);
    return inside;
}

static void test_engine_serves_other_code_through_its_context(void **state)
{
    struct rig *rig = *state;
    start(rig, CONFIG("stream default", "bind=inproc://events"));
    struct fsz_context *context = fsz_engine_take_context(rig->engine);
    void               *inside = inside_subscribe(context);
    rig_await(rig, "default", "subscriptions", 1);
    offer(rig, "DTMF", NULL, "1");
    assert_receives(inside, "{\"Event-Name\":\"DTMF\",\"N\":\"1\"}");
    close_socket(inside);
    fsz_context_give(context);
}

static void test_engine_stops_although_other_code_keeps_its_context(void **state)
{
    struct rig *rig = *state;
    char        byte = 0;
    start(rig, CONFIG("stream default", "bind=inproc://events"));
    struct fsz_context *context = fsz_engine_take_context(rig->engine);
    void               *inside = inside_subscribe(context);
    fsz_engine_stop(rig->engine);
    assert_int_equal(zmq_recv(inside, &byte, 1, 0), -1);
    assert_int_equal(zmq_errno(), ETERM);
    close_socket(inside);
    fsz_context_give(context);
    start(rig, CONFIG("stream default", "bind=inproc://events"));
}

static void test_engine_can_be_stopped_and_started_again(void **state)
{
    struct rig *rig = *state;
    for (int i = 0; i < 20; i++) {
        start(rig, CONFIG("stream default", "bind=tcp://127.0.0.1:*"));
        void *all = rig_subscribe_to(rig, "default", "", 1);
        offer(rig, "DTMF", NULL, "1");
        assert_receives(all, "{\"Event-Name\":\"DTMF\",\"N\":\"1\"}");
        fsz_engine_stop(rig->engine);
        offer(rig, "DTMF", NULL, "2");
        close_socket(all);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_engine_reload_keeps_a_subscriber_whose_endpoint_stays),
        TEST(test_engine_reload_enforces_a_list_where_there_was_none),
        TEST(test_engine_reload_that_cannot_bind_changes_nothing),
        TEST(test_engine_starts_although_a_port_is_taken),
        TEST(test_engine_serves_other_code_through_its_context),
        TEST(test_engine_stops_although_other_code_keeps_its_context),
        TEST(test_engine_can_be_stopped_and_started_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
