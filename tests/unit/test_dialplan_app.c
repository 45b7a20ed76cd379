/* SPDX-License-Identifier: MPL-2.0 */
/* Calls from a dialplan, offered over real sockets to clients that the test drives. */
#include "call_rig.h"

static void test_call_is_offered_with_its_channel_and_arguments(void **state)
{
    (void)state;
    struct rig    rig;
    struct caller caller;
    const char   *service = NULL, *first = NULL, *second = NULL, *number = NULL;
    json_int_t    id = 0;
    RIG_START(&rig, "-", RIG_BIND, "service s");
    void *worker = worker_open(&rig, 1);
    caller_start(&rig, &caller, "c1", " s lang=de  tier=gold ");
    json_t *offer = worker_take(worker, "call.offer", &id);
    assert_int_equal(json_unpack(offer, "{ss s[ss] s{ss}}", "service", &service, "args", &first,
                                 &second, "channel", "Caller-Caller-ID-Number", &number),
                     0);
    assert_string_equal(service, "s");
    assert_string_equal(first, "lang=de");
    assert_string_equal(second, "tier=gold");
    assert_string_equal(number, "1000");
    assert_null(json_object_get(offer, "executed"));
    json_decref(offer);
    worker_reply(worker, id, "{\"accept\":true,\"then\":\"release\"}");
    caller_end(&caller, "zmq_result=accepted zmq_result=released ", "");
    rig_stop(&rig);
}

static void test_call_runs_the_list_of_the_provider_that_accepts(void **state)
{
    (void)state;
    struct rig    rig;
    struct caller caller;
    RIG_START(&rig, "-", RIG_BIND, "service s");
    void *worker = worker_open(&rig, 1);
    caller_start(&rig, &caller, "c1", "s");
    worker_reply(worker, worker_offer(worker, "c1", false),
                 "{\"accept\":true,\"set\":{\"acme\":\"1\"},\"execute\":[{\"app\":\"answer\"},"
                 "{\"app\":\"unknown\"},{\"app\":\"playback\",\"arg\":\"a b.wav\"}]}");
    caller_end(&caller, "zmq_result=accepted acme=1 zmq_result=released ",
               "answer= unknown= playback=a b.wav ");
    assert_non_null(strstr(rig_switch.last_log, "unknown: no such application"));
    rig_stop(&rig);
}

static void test_call_is_hung_up_if_the_reply_says_so(void **state)
{
    (void)state;
    struct rig    rig;
    struct caller caller;
    RIG_START(&rig, "-", RIG_BIND, "service s");
    void *worker = worker_open(&rig, 1);
    caller_start(&rig, &caller, "c1", "s");
    worker_reply(worker, worker_offer(worker, "c1", false),
                 "{\"accept\":true,\"then\":\"hangup\",\"cause\":\"USER_BUSY\"}");
    caller_end(&caller, "zmq_result=accepted zmq_result=released ", "");
    assert_string_equal(caller.cause, "USER_BUSY");
    rig_stop(&rig);
}

static void test_call_goes_to_the_next_provider(void **state)
{
    (void)state;
    struct rig    rig;
    struct caller caller;
    RIG_START(&rig, "-", RIG_BIND, "service s", "attempt-ms=10000");
    void *first = worker_open(&rig, 1), *second = worker_open(&rig, 1);
    void *third = worker_open(&rig, 1);
    caller_start(&rig, &caller, "c1", "s");
    worker_reply(first, worker_offer(first, "c1", false), "{\"accept\":false}");
    worker_reply(second, worker_offer(second, "c1", false), "{\"accept\":\"yes\"}");
    worker_reply(third, worker_offer(third, "c1", false), "{\"accept\":true,\"then\":\"release\"}");
    caller_end(&caller, "zmq_result=accepted zmq_result=released ", "");
    assert_int_equal(rig_number(&rig, "calls.refused"), 1); /* the invalid reply */
    rig_stop(&rig);
}

static void test_call_that_nobody_takes_goes_on_and_says_why(void **state)
{
    (void)state;
    struct rig    rig;
    struct caller caller;
    RIG_START(&rig, "-", RIG_BIND, "service s", "deadline-ms=50");
    caller_start(&rig, &caller, "c1", "s");
    caller_end(&caller, "zmq_result=no-service ", "");
    caller_start(&rig, &caller, "c1", "");
    caller_end(&caller, "zmq_result=no-service ", "");
    caller_start(&rig, &caller, "c1", "unknown");
    caller_end(&caller, "zmq_result=no-service ", "");
    void *worker = worker_open(&rig, 1);
    caller_start(&rig, &caller, "c1", "s");
    worker_reply(worker, worker_offer(worker, "c1", false), "{\"accept\":false}");
    caller_end(&caller, "zmq_result=refused ", "");
    caller_start(&rig, &caller, "c1", "s");
    json_int_t id = worker_offer(worker, "c1", false);
    caller_end(&caller, "zmq_result=timeout ", "");
    json_t *cancel = worker_take(worker, "call.cancel", NULL);
    assert_int_equal(json_integer_value(json_object_get(cancel, "lease")), id);
    json_decref(cancel);
    rig_stop(&rig);
}

static void test_call_beyond_a_capacity_fails_at_once(void **state)
{
    (void)state;
    struct rig    rig;
    struct caller controlled, over;
    RIG_START(&rig, "-", RIG_BIND, "service s", "deadline-ms=60000");
    void      *worker = worker_open(&rig, 1);
    json_int_t lease = worker_control(&rig, worker, &controlled, "c1");
    caller_start(&rig, &over, "c2", "s");
    caller_end(&over, "zmq_result=no-service ", "");
    controlled.sent_elsewhere = true;
    caller_end(&controlled, "zmq_result=accepted ", "");
    worker_expect_end(worker, lease, "transferred");
    rig_stop(&rig);
}

static void test_call_beyond_calls_max_fails_at_once(void **state)
{
    (void)state;
    struct rig    rig;
    struct caller controlled, over;
    RIG_START(&rig, "-", RIG_BIND, "service s", "calls-max=1", "deadline-ms=60000");
    void      *worker = worker_open(&rig, 10);
    json_int_t lease = worker_control(&rig, worker, &controlled, "c1");
    caller_start(&rig, &over, "c2", "s");
    caller_end(&over, "zmq_result=no-service ", "");
    client_expect(worker, CALL(2, "call.release", "[\"c1\"]"), RESULT(2, "{}"));
    worker_expect_end(worker, lease, "released");
    caller_end(&controlled, "zmq_result=accepted zmq_result=released ", "");
    rig_stop(&rig);
}

static void test_hangup_during_the_offer_cancels_it(void **state)
{
    (void)state;
    struct rig    rig;
    struct caller caller;
    RIG_START(&rig, "-", RIG_BIND, "service s", "deadline-ms=60000");
    void *worker = worker_open(&rig, 1);
    caller_start(&rig, &caller, "c1", "s");
    json_int_t id = worker_offer(worker, "c1", false);
    caller.hungup = true;
    json_t *cancel = worker_take(worker, "call.cancel", NULL);
    assert_int_equal(json_integer_value(json_object_get(cancel, "lease")), id);
    assert_string_equal(json_string_value(json_object_get(cancel, "call")), "c1");
    json_decref(cancel);
    caller_end(&caller, "zmq_result=no-service ", "");
    worker_reply(worker, id, CONTROL); /* too late: it gets no more messages */
    client_expect(worker, CALL(2, "server.ping", "{}"), RESULT(2, "{}"));
    rig_stop(&rig);
}

static void test_controller_commands_the_call_and_gives_it_back(void **state)
{
    (void)state;
    struct rig    rig;
    struct caller caller;
    RIG_START(&rig, "-", RIG_BIND, "service s");
    void *worker = worker_open(&rig, 1);
    caller_start(&rig, &caller, "c1", "s");
    json_int_t lease = worker_offer(worker, "c1", false);
    worker_reply(worker, lease, CONTROL);
    client_expect(worker, CALL(2, "call.get", "{\"call\":\"c1\",\"names\":[\"x\"]}"),
                  RESULT(2, "{\"variables\":{\"x\":\"c1\"}}"));
    client_expect(worker, CALL(3, "call.break", "{\"call\":\"c1\"}"), RESULT(3, "{}"));
    client_expect(worker, CALL(4, "call.bridge", "{\"call\":\"c1\",\"other\":\"c2\"}"),
                  RESULT(4, "{}"));
    client_refused(worker, CALL(5, "call.bridge", "{\"call\":\"c1\",\"other\":\"none\"}"), -32005,
                   "no such call");
    client_expect(worker, CALL(6, "call.release", "{\"call\":\"c1\"}"), RESULT(6, "{}"));
    worker_expect_end(worker, lease, "released");
    caller_end(&caller, "zmq_result=accepted zmq_result=released ", "");
    client_refused(worker, CALL(7, "call.release", "{\"call\":\"c1\"}"), -32004, "do not control");
    assert_int_equal(rig_number(&rig, "calls.controlled"), 0);
    rig_stop(&rig);
}

static void test_controller_hears_the_hangup_last_and_once(void **state)
{
    (void)state;
    struct rig    rig;
    struct caller caller;
    RIG_START(&rig, "-", RIG_BIND, "service s");
    void      *worker = worker_open(&rig, 1);
    json_int_t lease = worker_control(&rig, worker, &caller, "c1");
    client_expect(worker, CALL(2, "call.subscribe", "{\"call\":\"c1\",\"events\":[\"DTMF\"]}"),
                  RESULT(2, "{}"));
    call_event(&rig, "CHANNEL_ANSWER", "c1");
    call_event(&rig, "DTMF", "c2");
    call_event(&rig, "DTMF", "c1");
    json_t     *event = worker_take(worker, "call.event", NULL);
    const char *name = NULL, *uuid = NULL;
    assert_int_equal(
        json_unpack(event, "{s{ss ss}}", "event", "Event-Name", &name, "Unique-ID", &uuid), 0);
    assert_string_equal(name, "DTMF");
    assert_string_equal(uuid, "c1");
    json_decref(event);
    caller.hungup = true;
    caller_end(&caller, "zmq_result=accepted ", "");
    call_event(&rig, "CHANNEL_HANGUP_COMPLETE", "c1");
    call_event(&rig, "DTMF", "c1");
    call_event(&rig, "CHANNEL_HANGUP_COMPLETE", "c1");
    json_decref(worker_take(worker, "call.event", NULL));
    worker_expect_end(worker, lease, "hangup");
    client_expect(worker, CALL(3, "server.ping", "{}"), RESULT(3, "{}"));
    assert_int_equal(rig.watched, 0);
    rig_stop(&rig);
}

static void test_controller_that_leaves_loses_the_call_to_another(void **state)
{
    (void)state;
    struct rig    rig;
    struct caller caller;
    RIG_START(&rig, "-", RIG_BIND, "service s");
    void *first = worker_open(&rig, 1), *second = worker_open(&rig, 1);
    caller_start(&rig, &caller, "c1", "s");
    worker_reply(first, worker_offer(first, "c1", false),
                 "{\"accept\":true,\"execute\":[{\"app\":\"answer\"}],\"then\":\"control\"}");
    caller_wait_controlled(&caller);
    client_close(&rig, first);
    json_int_t  id = 0;
    json_t     *offer = worker_take(second, "call.offer", &id);
    const char *app = NULL;
    int         resumed = 0;
    assert_int_equal(
        json_unpack(offer, "{sb s[{ss}]}", "resumed", &resumed, "executed", "app", &app), 0);
    assert_true(resumed);
    assert_string_equal(app, "answer");
    json_decref(offer);
    worker_reply(second, id, "{\"accept\":true,\"then\":\"release\"}");
    caller_end(&caller,
               "zmq_result=accepted zmq_result=lost zmq_result=accepted zmq_result=released ",
               "answer= ");
    assert_int_equal(rig_switch.stopped, 1);
    rig_stop(&rig);
}

static void test_call_says_what_becomes_of_it_when_its_controller_is_lost(void **state)
{
    (void)state;
    struct rig    rig;
    struct caller caller;
    RIG_START(&rig, "-", RIG_BIND, "service s");
    for (int i = 0; i < 2; i++) {
        void *worker = worker_open(&rig, 1);
        caller_start(&rig, &caller, "c1", "s");
        snprintf(caller.on_lost, sizeof(caller.on_lost), "%s", i == 0 ? "continue" : "hangup");
        worker_reply(worker, worker_offer(worker, "c1", false), CONTROL);
        caller_wait_controlled(&caller);
        client_close(&rig, worker);
        caller_end(&caller, "zmq_result=accepted zmq_result=lost ", "");
        assert_int_equal(caller.hungup, i == 1);
    }
    rig_stop(&rig);
}

static void test_controller_that_is_silent_loses_the_call_and_is_fenced(void **state)
{
    (void)state;
    struct rig    rig;
    struct caller caller;
    RIG_START(&rig, "-", RIG_BIND, "service s", "lease-ms=100", "failures-max=1000");
    void *silent = worker_open(&rig, 1), *other = worker_open(&rig, 1);
    caller_start(&rig, &caller, "c1", "s");
    json_int_t lease = worker_offer(silent, "c1", false);
    worker_reply(silent, lease, CONTROL);
    json_int_t taken = worker_offer(other, "c1", true); /* it did not reply to its pings */
    assert_true(taken > lease);
    worker_reply(other, taken, CONTROL);
    json_t *message = NULL; /* when the silent one returns, it reads pings, then the end */
    do {
        json_decref(message);
        message = client_receive(silent);
    } while (strcmp(json_string_value(json_object_get(message, "method")), "service.ping") == 0);
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(message, "params"), "reason")), "lost");
    json_decref(message);
    client_refused(silent, CALL(2, "call.hangup", "{\"call\":\"c1\"}"), -32004,
                   "another worker controls the call");
    client_refused(silent, CALL(3, "call.release", "{\"call\":\"c1\"}"), -32004,
                   "another worker controls the call");
    rig_wait_number(&rig, "calls.fenced", 2);
    caller.hungup = true;
    caller_end(&caller, "zmq_result=accepted zmq_result=lost zmq_result=accepted ", "");
    rig_stop(&rig);
}

static void test_controller_that_replies_to_pings_keeps_the_call(void **state)
{
    (void)state;
    struct rig    rig;
    struct caller caller;
    RIG_START(&rig, "-", RIG_BIND, "service s", "lease-ms=200");
    void *worker = worker_open(&rig, 1);
    caller_start(&rig, &caller, "c1", "s");
    json_int_t lease = worker_offer(worker, "c1", false), id = 0;
    worker_reply(worker, lease, CONTROL);
    for (int i = 0; i < 6; i++) { /* twice the lease */
        json_decref(worker_take(worker, "service.ping", &id));
        worker_reply(worker, id, "{}");
    }
    assert_true(caller.in_control);
    assert_int_equal(rig_number(&rig, "calls.lost"), 0);
    caller.hungup = true;
    caller_end(&caller, "zmq_result=accepted ", "");
    rig_stop(&rig);
}

static void test_lease_that_is_not_the_current_one_is_refused(void **state)
{
    (void)state;
    struct rig    rig;
    struct caller caller;
    char          text[256];
    RIG_START(&rig, "-", RIG_BIND, "service s");
    void *worker = worker_open(&rig, 1), *operator= client_open(&rig, ZMQ_DEALER, NULL);
    json_int_t lease = worker_control(&rig, worker, &caller, "c1");
    client_refused(worker, CALL(2, "call.get", "{\"call\":\"c1\",\"lease\":1000000}"), -32004,
                   "another worker");
    snprintf(text, sizeof(text),
             "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"call.hangup\",\"params\":{\"call\":\"c1\","
             "\"lease\":%lld}}",
             (long long)lease);
    client_expect(worker, text, RESULT(3, "{}"));
    /* A client that was never offered the call may still end it, if granted. */
    client_expect(operator, CALL(4, "call.hangup", "{\"call\":\"c1\"}"), RESULT(4, "{}"));
    client_refused(operator, CALL(5, "call.release", "{\"call\":\"c1\"}"), -32004,
                   "do not control");
    caller.hungup = true;
    caller_end(&caller, "zmq_result=accepted ", "");
    rig_stop(&rig);
}

static void test_call_is_handed_over_with_data(void **state)
{
    (void)state;
    struct rig    rig;
    struct caller caller;
    RIG_START(&rig, "-", RIG_BIND, "service s", "service t");
    void *first = worker_open(&rig, 1), *second = client_open(&rig, ZMQ_DEALER, NULL);
    client_expect(second, CALL(1, "service.register", "[\"t\"]"), RESULT(1, "{}"));
    caller_start(&rig, &caller, "c1", "s");
    json_int_t lease = worker_offer(first, "c1", false), id = 0;
    worker_reply(first, lease, CONTROL);
    client_refused(first, CALL(2, "call.hand-over", "[\"c1\",\"nowhere\"]"), -32004,
                   "no service \"nowhere\"");
    client_expect(first, CALL(3, "call.hand-over", "[\"c1\",\"t\",{\"basket\":7}]"),
                  RESULT(3, "{}"));
    worker_expect_end(first, lease, "handed-over");
    json_t *offer = worker_take(second, "call.offer", &id);
    int     basket = 0;
    assert_int_equal(json_unpack(offer, "{s{si}}", "data", "basket", &basket), 0);
    assert_int_equal(basket, 7);
    json_decref(offer);
    worker_reply(second, id, "{\"accept\":true,\"then\":\"release\"}");
    caller_end(&caller, "zmq_result=accepted zmq_result=accepted zmq_result=released ", "");
    rig_stop(&rig);
}

static void test_end_of_the_api_gives_every_call_back(void **state)
{
    (void)state;
    struct rig    rig;
    struct caller controlled, offered;
    RIG_START(&rig, "-", RIG_BIND, "service s", "deadline-ms=60000");
    void      *worker = worker_open(&rig, 2);
    json_int_t lease = worker_control(&rig, worker, &controlled, "c1");
    caller_start(&rig, &offered, "c2", "s");
    worker_offer(worker, "c2", false);
    assert_true(fsz_api_free(&rig.api));
    worker_expect_end(worker, lease, "closed");
    caller_end(&controlled, "zmq_result=accepted zmq_result=lost ", "");
    caller_end(&offered, "zmq_result=no-service ", "");
    rig_stop(&rig);
}

/* The call's application does not end; its thread leaves long after the API is gone. */
static void caller_control_stuck(void *self, struct fsz_control *control)
{
    struct caller *caller = self;
    caller->in_control = true;
    while (caller_is_up(self)) {
        usleep(1000);
    }
    assert_true(fsz_control_drops(control));
    fsz_control_ran(control, "system", "sleep");
}

static void test_call_that_does_not_leave_outlives_the_api(void **state)
{
    (void)state;
    struct rig    rig;
    struct caller caller;
    RIG_START(&rig, "-", RIG_BIND, "service s", "deadline-ms=60000");
    void *worker = worker_open(&rig, 1);
    caller_start(&rig, &caller, "c1", "s");
    caller.session.control = caller_control_stuck;
    json_int_t lease = worker_offer(worker, "c1", false);
    worker_reply(worker, lease, CONTROL);
    caller_wait_controlled(&caller);
    assert_true(fsz_api_free(&rig.api));
    worker_expect_end(worker, lease, "closed");
    assert_int_equal(rig.watched, 0);
    caller.hungup = true;
    caller_end(&caller, "zmq_result=accepted ", "");
    rig_stop(&rig);
}

static void test_endpoint_that_is_connected_to_controls_calls_too(void **state)
{
    (void)state;
    void           *context = zmq_ctx_new();
    struct rig      rig;
    struct caller   caller;
    char            connect[256], text[256];
    void           *endpoint = provider_open(context, connect);
    struct provided offer = {.id = 0};
    RIG_START(&rig, "-", RIG_BIND, "service s", connect);
    service_wait_state(&rig, 0, "up");
    caller_start(&rig, &caller, "c1", "s");
    offer.peer_size = zmq_recv(endpoint, offer.peer, sizeof(offer.peer), 0);
    assert_int_equal(zmq_recv(endpoint, text, sizeof(text), 0), 0);
    json_decref(worker_take(endpoint, "call.offer", &offer.id));
    snprintf(text, sizeof(text), "{\"jsonrpc\":\"2.0\",\"id\":%lld,\"result\":" CONTROL "}",
             (long long)offer.id);
    provider_send(endpoint, &offer, text);
    provider_send(endpoint, &offer, CALL(7, "call.release", "{\"call\":\"c1\"}"));
    zmq_recv(endpoint, offer.peer, sizeof(offer.peer), 0);
    zmq_recv(endpoint, text, sizeof(text), 0);
    json_t *answer = client_receive(endpoint);
    assert_int_equal(json_integer_value(json_object_get(answer, "id")), 7);
    assert_non_null(json_object_get(answer, "result"));
    json_decref(answer);
    zmq_recv(endpoint, offer.peer, sizeof(offer.peer), 0);
    zmq_recv(endpoint, text, sizeof(text), 0);
    worker_expect_end(endpoint, offer.id, "released");
    caller_end(&caller, "zmq_result=accepted zmq_result=released ", "");
    zmq_close(endpoint);
    rig_stop(&rig);
    zmq_ctx_term(context);
}

static void test_dialplan_may_name_an_endpoint_where_that_is_configured(void **state)
{
    (void)state;
    void           *context = zmq_ctx_new();
    struct rig      rig;
    struct caller   caller;
    char            connect[256], text[256];
    void           *endpoint = provider_open(context, connect);
    struct provided offer = {.id = 0};
    RIG_START(&rig, "-", RIG_BIND, "service s");
    caller_start(&rig, &caller, "c1", connect + 8);
    caller_end(&caller, "zmq_result=no-service ", "");
    rig_stop(&rig);
    RIG_START(&rig, "literal-service=s", "-", RIG_BIND, "service s");
    caller_start(&rig, &caller, "c1", connect + 8);
    offer.peer_size = zmq_recv(endpoint, offer.peer, sizeof(offer.peer), 0);
    assert_int_equal(zmq_recv(endpoint, text, sizeof(text), 0), 0);
    json_decref(worker_take(endpoint, "call.offer", &offer.id));
    snprintf(text, sizeof(text),
             "{\"jsonrpc\":\"2.0\",\"id\":%lld,\"result\":{\"accept\":true,\"then\":\"release\"}}",
             (long long)offer.id);
    provider_send(endpoint, &offer, text);
    caller_end(&caller, "zmq_result=accepted zmq_result=released ", "");
    zmq_close(endpoint);
    rig_stop(&rig);
    zmq_ctx_term(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_call_is_offered_with_its_channel_and_arguments),
        cmocka_unit_test(test_call_runs_the_list_of_the_provider_that_accepts),
        cmocka_unit_test(test_call_is_hung_up_if_the_reply_says_so),
        cmocka_unit_test(test_call_goes_to_the_next_provider),
        cmocka_unit_test(test_call_that_nobody_takes_goes_on_and_says_why),
        cmocka_unit_test(test_call_beyond_a_capacity_fails_at_once),
        cmocka_unit_test(test_call_beyond_calls_max_fails_at_once),
        cmocka_unit_test(test_hangup_during_the_offer_cancels_it),
        cmocka_unit_test(test_controller_commands_the_call_and_gives_it_back),
        cmocka_unit_test(test_controller_hears_the_hangup_last_and_once),
        cmocka_unit_test(test_controller_that_leaves_loses_the_call_to_another),
        cmocka_unit_test(test_call_says_what_becomes_of_it_when_its_controller_is_lost),
        cmocka_unit_test(test_controller_that_is_silent_loses_the_call_and_is_fenced),
        cmocka_unit_test(test_controller_that_replies_to_pings_keeps_the_call),
        cmocka_unit_test(test_lease_that_is_not_the_current_one_is_refused),
        cmocka_unit_test(test_call_is_handed_over_with_data),
        cmocka_unit_test(test_end_of_the_api_gives_every_call_back),
        cmocka_unit_test(test_call_that_does_not_leave_outlives_the_api),
        cmocka_unit_test(test_endpoint_that_is_connected_to_controls_calls_too),
        cmocka_unit_test(test_dialplan_may_name_an_endpoint_where_that_is_configured),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
