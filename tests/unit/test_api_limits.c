/* SPDX-License-Identifier: MPL-2.0 */
/* The API's limits: deadlines, overload, clients that leave or do not read; and its end. */
#include "api_rig.h"

static struct rig rig;

static void stop(void)
{
    rig_stop(&rig);
}

/* ---- deadlines and overload ------------------------------------------------------------------ */

/* Sends a command whose deadline passes while it runs. If it had not begun by then, sends it again
 * with a longer deadline. */
static void client_gets_stuck(void *dealer)
{
    bool stuck = false;
    for (int timeout_ms = 30; !stuck && timeout_ms < RIG_PATIENCE_MS; timeout_ms *= 3) {
        char text[128];
        snprintf(text, sizeof(text), CALL(1, "api", "{\"command\":\"block\",\"timeout_ms\":%d}"),
                 timeout_ms);
        json_t *answer = client_ask(dealer, text);
        assert_int_equal(answer_code(answer), -32003);
        stuck = strstr(answer_message(answer), "still runs") != NULL;
        json_decref(answer);
    }
    assert_true(stuck);
}

static void test_api_deadline_is_reported_while_others_are_served(void **state)
{
    (void)state;
    RIG_START(&rig, "workers=1", "workers-stuck=1", "-", RIG_BIND);
    void *dealer = client_open(&rig, ZMQ_DEALER, NULL);
    client_gets_stuck(dealer);
    assert_int_equal(rig_number(&rig, "workers.stuck"), 1);
    client_expect(dealer, CALL(2, "api", "[\"echo\",\"x\"]"),
                  RESULT(2, "{\"output\":\"x\",\"status\":\"raw\"}"));
    assert_in_range(rig_number(&rig, "requests.deadline"), 1, 10);
    rig_release();
    rig_wait_number(&rig, "requests.late", 1);
    rig_wait_number(&rig, "requests.in_flight", 0);
    stop();
}

static void test_api_timeouts_are_limited_to_the_maximum(void **state)
{
    (void)state;
    RIG_START(&rig, "-", RIG_BIND, "deadline-ms=40", "deadline-max-ms=50");
    void *dealer = client_open(&rig, ZMQ_DEALER, NULL);
    client_refused(dealer, CALL(1, "api", "[\"block\"]"), -32003, "deadline");
    client_refused(dealer, CALL(2, "api", "{\"command\":\"block\",\"timeout_ms\":3600000}"), -32003,
                   "deadline");
    stop();
}

static void test_api_refuses_at_once_what_does_not_fit(void **state)
{
    (void)state;
    RIG_START(&rig, "workers=1", "worker-queue=2", "worker-share=100", "-", RIG_BIND);
    void *dealer = client_open(&rig, ZMQ_DEALER, NULL);
    client_send(dealer, CALL(1, "api", "[\"block\"]"));
    rig_wait_blocked(1);
    client_send(dealer, CALL(2, "api", "[\"echo\",\"a\"]"));
    client_send(dealer, CALL(3, "api", "[\"echo\",\"b\"]"));
    client_refused(dealer, CALL(4, "api", "[\"echo\",\"c\"]"), -32002, "worker-queue");
    client_expect(dealer, CALL(5, "server.ping", "{}"), RESULT(5, "{}"));
    rig_release();
    for (int i = 1; i <= 3; i++) {
        json_decref(client_receive(dealer));
    }
    assert_int_equal(rig_number(&rig, "requests.overloaded"), 1);
    rig_wait_number(&rig, "requests.ok", 4); /* a reply that a worker sends is counted afterwards */
    stop();
}

static void test_api_jobs_do_not_take_the_workers_of_requests(void **state)
{
    (void)state;
    RIG_START(&rig, "workers=1", "-", RIG_BIND);
    void *dealer = client_open(&rig, ZMQ_DEALER, NULL);
    client_expect(dealer, CALL(1, "bgapi", "{\"command\":\"block\",\"job\":\"j\"}"),
                  RESULT(1, "{\"job\":\"j\"}"));
    rig_wait_blocked(1);
    client_expect(dealer, CALL(2, "api", "[\"echo\",\"x\"]"),
                  RESULT(2, "{\"output\":\"x\",\"status\":\"raw\"}"));
    stop();
}

/* ---- sizes ----------------------------------------------------------------------------------- */

static void test_api_cuts_an_output_that_is_too_large(void **state)
{
    (void)state;
    RIG_START(&rig, "-", RIG_BIND, "reply-bytes=4096");
    void   *dealer = client_open(&rig, ZMQ_DEALER, NULL);
    json_t *answer = client_ask(dealer, CALL(1, "api", "[\"lines\",\"1000\"]"));
    json_t *result = json_object_get(answer, "result");
    assert_int_equal(json_string_length(json_object_get(result, "output")), 4096);
    assert_true(json_is_true(json_object_get(result, "truncated")));
    json_decref(answer);
    stop();
}

static void test_api_disconnects_a_client_that_sends_more_than_allowed(void **state)
{
    (void)state;
    RIG_START(&rig, "-", RIG_BIND, "request-bytes=4096");
    void *large = client_open(&rig, ZMQ_DEALER, NULL), *good = client_open(&rig, ZMQ_DEALER, NULL);
    client_expect(large, CALL(1, "server.ping", "{}"), RESULT(1, "{}"));
    char *bytes = calloc(1, 1 << 20);
    assert_int_equal(zmq_send(large, bytes, 1 << 20, 0), 1 << 20);
    free(bytes);
    rig_wait_number(&rig, "sockets.0.disconnected", 1);
    client_expect(good, CALL(2, "server.ping", "{}"), RESULT(2, "{}"));
    assert_int_equal(rig_number(&rig, "sockets.0.messages"), 2);
    stop();
}

static void test_api_client_that_reads_no_replies_is_bounded(void **state)
{
    enum { REQUESTS = 200 };
    int hwm = 1, small = 4096, overloaded = 0;
    (void)state;
    RIG_START(&rig, "-", RIG_BIND, "client-bytes=65536", "send-buffer-bytes=4096");
    void *slow = client_new(&rig, ZMQ_DEALER, NULL), *good = client_open(&rig, ZMQ_REQ, NULL);
    zmq_setsockopt(slow, ZMQ_RCVHWM, &hwm, sizeof(hwm));
    zmq_setsockopt(slow, ZMQ_RCVBUF, &small, sizeof(small));
    assert_int_equal(zmq_connect(slow, rig.endpoint), 0);
    for (int i = 0; i < REQUESTS; i++) {
        client_send(slow, CALL(1, "api", "[\"lines\",\"1000\"]"));
        client_expect(good, CALL(2, "server.ping", "{}"), RESULT(2, "{}"));
    }
    rig_wait_number(&rig, "requests.in_flight", 0);
    /* One reply of 32 KB over the limit, and small ones. */
    assert_in_range(rig_number(&rig, "requests.held_bytes"), 1, 65536 + 40000 + REQUESTS * 300);
    for (int i = 0; i < REQUESTS; i++) {
        json_t *answer = client_receive(slow);
        overloaded += answer_code(answer) == -32002;
        json_decref(answer);
    }
    assert_true(overloaded > REQUESTS / 2);
    stop();
}

static void test_api_answers_of_a_batch_are_bounded_together(void **state)
{
    enum { REQUESTS = 50 };
    char   batch[8192] = "[";
    size_t whole = 0, overloaded = 0, index = 0;
    (void)state;
    RIG_START(&rig, "-", RIG_BIND, "client-bytes=131072");
    void *dealer = client_open(&rig, ZMQ_DEALER, NULL);
    for (int i = 0; i < REQUESTS; i++) { /* each reply has 32 KB */
        strcat(batch, i > 0 ? "," : "");
        strcat(batch, CALL(1, "api", "[\"lines\",\"1000\"]"));
    }
    json_t *answers = client_ask(dealer, strcat(batch, "]")), *answer = NULL;
    assert_int_equal(json_array_size(answers), REQUESTS);
    json_array_foreach(answers, index, answer)
    {
        whole += json_object_get(answer, "result") != NULL;
        overloaded += answer_code(answer) == -32002;
    }
    assert_in_range(whole, 1, 131072 / 32000);
    assert_int_equal(whole + overloaded, REQUESTS);
    json_decref(answers);
    rig_wait_number(&rig, "requests.held_bytes", 0);
    client_expect(dealer, CALL(2, "api", "[\"echo\",\"x\"]"),
                  RESULT(2, "{\"output\":\"x\",\"status\":\"raw\"}"));
    stop();
}

/* ---- clients that leave ---------------------------------------------------------------------- */

static void test_api_reply_to_a_client_that_has_left_is_counted(void **state)
{
    (void)state;
    RIG_START(&rig, "-", RIG_BIND);
    void *dealer = client_open(&rig, ZMQ_DEALER, NULL), *good = client_open(&rig, ZMQ_REQ, NULL);
    client_send(dealer, CALL(1, "api", "[\"block\"]"));
    rig_wait_blocked(1);
    client_close(&rig, dealer);
    rig_wait_number(&rig, "sockets.0.disconnected", 1);
    rig_release();
    rig_wait_number(&rig, "sockets.0.answers_lost", 1);
    client_expect(good, CALL(2, "server.ping", "{}"), RESULT(2, "{}"));
    stop();
}

/* A reply belongs to a connection: a later one with the same routing id is a different client. */
static void test_api_reply_does_not_go_to_a_client_that_reuses_the_routing_id(void **state)
{
    (void)state;
    RIG_START(&rig, "-", RIG_BIND);
    void *first = client_open(&rig, ZMQ_DEALER, "chosen");
    client_send(first, CALL(1, "api", "[\"block\"]"));
    rig_wait_blocked(1);
    client_close(&rig, first);
    rig_wait_number(&rig, "sockets.0.disconnected", 1);
    void *second = client_open(&rig, ZMQ_DEALER, "chosen");
    client_expect(second, CALL(2, "server.ping", "{}"), RESULT(2, "{}"));
    rig_release();
    rig_wait_number(&rig, "sockets.0.answers_lost", 1);
    client_expect(second, CALL(3, "server.ping", "{}"), RESULT(3, "{}"));
    stop();
}

static void test_api_serves_two_connections_with_one_routing_id(void **state)
{
    (void)state;
    RIG_START(&rig, "-", RIG_BIND);
    void *first = client_open(&rig, ZMQ_DEALER, "chosen");
    client_expect(first, CALL(1, "server.ping", "{}"), RESULT(1, "{}"));
    client_send(first, CALL(2, "api", "[\"block\"]"));
    rig_wait_blocked(1);
    void *second = client_open(&rig, ZMQ_DEALER, "chosen");
    client_expect(second, CALL(3, "server.ping", "{}"), RESULT(3, "{}"));
    assert_int_equal(rig_number(&rig, "sockets.0.clients"), 2);
    rig_release();
    json_t *answer = client_receive(first);
    assert_int_equal(json_integer_value(json_object_get(answer, "id")), 2);
    json_decref(answer);
    client_expect(second, CALL(4, "server.ping", "{}"), RESULT(4, "{}"));
    stop();
}

/* ---- reload and end -------------------------------------------------------------------------- */

static fsz_err reload(const char *const *params, struct fsz_problems *problems)
{
    const struct fsz_change_part part = fsz_api_part(rig.api);
    struct fsz_config           *config = rig_config(params);
    struct fsz_policy           *policy = rig_policy(config);
    struct fsz_change            change;
    fsz_problems_init(problems);
    fsz_change_init(&change, &rig_host, config, policy, problems);
    fsz_err err = fsz_change_make(&change, &part, 1);
    fsz_change_fini(&change);
    fsz_policy_unref(&policy);
    fsz_config_free(&config);
    return err;
}

static void test_api_reload_keeps_clients_and_a_bad_one_changes_nothing(void **state)
{
    struct fsz_problems problems;
    char                bind[64], taken[128];
    (void)state;
    RIG_START(&rig, "-", RIG_BIND);
    void *dealer = client_open(&rig, ZMQ_DEALER, NULL),
         *controller = client_new(&rig, ZMQ_PULL, NULL);
    client_expect(dealer, CALL(1, "server.ping", "{}"), RESULT(1, "{}"));
    assert_int_equal(zmq_bind(controller, "tcp://127.0.0.1:*"), 0);
    size_t size = sizeof(taken) - 5;
    memcpy(taken, "bind=", 5);
    zmq_getsockopt(controller, ZMQ_LAST_ENDPOINT, taken + 5, &size);
    const char *bad[] = {"-", "apply-inbound-acl=any", "bind=tcp://127.0.0.1:*", taken, NULL};
    assert_int_equal(reload(bad, &problems), FSZ_EINVALID);
    assert_non_null(strstr(problems.lines[0], taken + 5));
    snprintf(bind, sizeof(bind), "ipc:///tmp/fsz-test-api-%d", (int)getpid());
    snprintf(taken, sizeof(taken), "bind=%s", bind);
    const char *good[] = {"-", "apply-inbound-acl=any", "bind=tcp://127.0.0.1:*", taken, NULL};
    assert_int_equal(reload(good, &problems), FSZ_OK);
    client_expect(dealer, CALL(2, "server.ping", "{}"), RESULT(2, "{}"));
    memcpy(rig.endpoint, bind, sizeof(bind));
    void *local = client_open(&rig, ZMQ_REQ, NULL);
    client_expect(local, CALL(3, "server.ping", "{}"), RESULT(3, "{}"));
    assert_int_equal(rig_number(&rig, "sockets.0.accepted"), 2);
    stop();
    unlink(bind + strlen("ipc://"));
}

static void test_api_reload_to_other_limits_leaves_connections_alone(void **state)
{
    struct fsz_problems problems;
    char                bind[64], param[70];
    (void)state;
    snprintf(bind, sizeof(bind), "ipc:///tmp/fsz-test-api-%d", (int)getpid());
    snprintf(param, sizeof(param), "bind=%s", bind);
    const char *first[] = {"-", param, "apply-inbound-acl=any", NULL};
    const char *other[] = {"-", param, "apply-inbound-acl=any", "send-hwm=5", "heartbeat-ms=100",
                           NULL};
    rig_start(&rig, first);
    memcpy(rig.endpoint, bind, sizeof(bind));
    void *dealer = client_open(&rig, ZMQ_DEALER, NULL);
    for (int i = 0; i < 10; i++) {
        client_expect(dealer, CALL(1, "server.ping", "{}"), RESULT(1, "{}"));
        assert_int_equal(reload(i % 2 ? first : other, &problems), FSZ_OK);
        rig_wait_number(&rig, "sockets.0.connections", 1);
    }
    client_expect(dealer, CALL(2, "server.ping", "{}"), RESULT(2, "{}"));
    assert_int_equal(rig_number(&rig, "sockets.0.messages"), 11);
    rig_wait_number(&rig, "sockets.0.accepted", 1);
    assert_int_equal(rig_number(&rig, "sockets.0.disconnected"), 0);
    stop();
    unlink(bind + strlen("ipc://"));
}

static void test_api_end_replies_and_reports_a_command_that_still_runs(void **state)
{
    (void)state;
    RIG_START(&rig, "linger-ms=50", "-", RIG_BIND);
    void *dealer = client_open(&rig, ZMQ_DEALER, NULL);
    client_send(dealer, CALL(1, "api", "[\"block\"]"));
    client_send(dealer, CALL(2, "bgapi", "[\"block\"]"));
    json_decref(client_receive(dealer));
    rig_wait_blocked(2);
    assert_false(fsz_api_free(&rig.api));
    json_t *answer = client_receive(dealer);
    assert_int_equal(answer_code(answer), -32002);
    json_decref(answer);
    rig_end(&rig);
    rig_release();
    rig_wait_blocked(0);
    usleep(50000); /* lets the commands return; nothing waits for them */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_api_deadline_is_reported_while_others_are_served),
        cmocka_unit_test(test_api_timeouts_are_limited_to_the_maximum),
        cmocka_unit_test(test_api_refuses_at_once_what_does_not_fit),
        cmocka_unit_test(test_api_jobs_do_not_take_the_workers_of_requests),
        cmocka_unit_test(test_api_cuts_an_output_that_is_too_large),
        cmocka_unit_test(test_api_disconnects_a_client_that_sends_more_than_allowed),
        cmocka_unit_test(test_api_client_that_reads_no_replies_is_bounded),
        cmocka_unit_test(test_api_answers_of_a_batch_are_bounded_together),
        cmocka_unit_test(test_api_reply_to_a_client_that_has_left_is_counted),
        cmocka_unit_test(test_api_reply_does_not_go_to_a_client_that_reuses_the_routing_id),
        cmocka_unit_test(test_api_serves_two_connections_with_one_routing_id),
        cmocka_unit_test(test_api_reload_keeps_clients_and_a_bad_one_changes_nothing),
        cmocka_unit_test(test_api_reload_to_other_limits_leaves_connections_alone),
        cmocka_unit_test(test_api_end_replies_and_reports_a_command_that_still_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
