/* SPDX-License-Identifier: MPL-2.0 */
/* The API over real sockets: frames, methods, replies. docs/protocol/requests.md */
#include "api_rig.h"

static struct rig rig;

static int setup(void **state)
{
    (void)state;
    RIG_START(&rig, "-", RIG_BIND);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rig_stop(&rig);
    return 0;
}

/* ---- frames ---------------------------------------------------------------------------------- */

static void test_api_answers_req_and_dealer_in_their_own_framing(void **state)
{
    (void)state;
    void  *req = client_open(&rig, ZMQ_REQ, NULL), *dealer = client_open(&rig, ZMQ_DEALER, NULL);
    char   delimiter[8];
    int    more = 0;
    size_t size = sizeof(more);
    client_expect(req, CALL(1, "server.ping", "{}"), RESULT(1, "{}"));
    client_expect(dealer, CALL(2, "server.ping", "{}"), RESULT(2, "{}"));
    zmq_send(dealer, "", 0, ZMQ_SNDMORE);
    client_send(dealer, CALL(3, "server.ping", "{}"));
    assert_int_equal(zmq_recv(dealer, delimiter, sizeof(delimiter), 0), 0);
    zmq_getsockopt(dealer, ZMQ_RCVMORE, &more, &size);
    assert_int_equal(more, 1);
    json_decref(client_receive(dealer));
}

static void test_api_refuses_any_other_count_of_frames(void **state)
{
    (void)state;
    void *dealer = client_open(&rig, ZMQ_DEALER, NULL);
    zmq_send(dealer, "a", 1, ZMQ_SNDMORE);
    client_refused(dealer, CALL(1, "server.ping", "{}"), -32600, "single frame");
    zmq_send(dealer, "", 0, ZMQ_SNDMORE);
    zmq_send(dealer, "", 0, ZMQ_SNDMORE);
    zmq_send(dealer, "b", 1, 0);
    char delimiter[8];
    assert_int_equal(zmq_recv(dealer, delimiter, sizeof(delimiter), 0), 0);
    json_t *answer = client_receive(dealer);
    assert_int_equal(answer_code(answer), -32600);
    json_decref(answer);
    client_expect(dealer, CALL(2, "server.ping", "{}"), RESULT(2, "{}"));
    assert_int_equal(rig_number(&rig, "sockets.0.frames_bad"), 2);
}

static void test_api_drops_a_probe_without_an_answer(void **state)
{
    (void)state;
    void *dealer = client_open(&rig, ZMQ_DEALER, NULL);
    zmq_send(dealer, "", 0, 0); /* as with ZMQ_PROBE_ROUTER */
    client_expect(dealer, CALL(1, "server.ping", "{}"), RESULT(1, "{}"));
    assert_int_equal(rig_number(&rig, "sockets.0.probes"), 1);
    assert_int_equal(rig_number(&rig, "sockets.0.messages"), 1);
    assert_int_equal(rig_number(&rig, "sockets.0.frames_bad"), 0);
}

static void test_api_answers_an_empty_request_of_a_req_socket(void **state)
{
    (void)state;
    void *req = client_open(&rig, ZMQ_REQ, NULL);
    client_refused(req, "", -32700, "");
    client_expect(req, CALL(1, "server.ping", "{}"), RESULT(1, "{}"));
}

static void test_api_answers_garbage_and_serves_on(void **state)
{
    (void)state;
    void *dealer = client_open(&rig, ZMQ_DEALER, NULL);
    client_refused(dealer, "\x01\xff garbage", -32700, "");
    client_refused(dealer, "[]", -32600, "");
    client_refused(dealer, "{\"jsonrpc\":\"2.0\",\"method\":1,\"id\":1}", -32600, "");
    client_expect(dealer, CALL(2, "server.ping", "{}"), RESULT(2, "{}"));
}

static void test_api_matches_many_answers_to_their_ids(void **state)
{
    enum { COUNT = 500 };
    bool answered[COUNT] = {false};
    (void)state;
    void *dealer = client_open(&rig, ZMQ_DEALER, NULL);
    for (int i = 0; i < COUNT; i++) {
        char text[160];
        snprintf(text, sizeof(text),
                 "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"api\",\"params\":[\"echo\",\"%d\"]}",
                 i, i);
        client_send(dealer, text);
    }
    for (int i = 0; i < COUNT; i++) {
        json_t     *answer = client_receive(dealer);
        json_int_t  id = json_integer_value(json_object_get(answer, "id"));
        const char *output =
            json_string_value(json_object_get(json_object_get(answer, "result"), "output"));
        /* A share is 250: requests beyond it are refused at once, and may be sent again. */
        if (output != NULL) {
            assert_int_equal(strtol(output, NULL, 10), id);
        } else {
            assert_int_equal(answer_code(answer), -32002);
        }
        assert_false(answered[id]);
        answered[id] = true;
        json_decref(answer);
    }
}

static void test_api_answers_a_batch_at_once_and_a_notification_not(void **state)
{
    (void)state;
    void *dealer = client_open(&rig, ZMQ_DEALER, NULL);
    client_send(dealer, "{\"jsonrpc\":\"2.0\",\"method\":\"server.ping\"}");
    client_send(dealer, "[{\"jsonrpc\":\"2.0\",\"method\":\"server.ping\"}]");
    json_t *answer = client_ask(dealer, "[" CALL(1, "api", "[\"echo\",\"x\"]") ",1," CALL(
                                            2, "server.ping", "{}") ",{\"jsonrpc\":\"2.0\","
                                                                    "\"method\":\"server.ping\"}]");
    assert_int_equal(json_array_size(answer), 3);
    bool    seen[3] = {false};
    size_t  index = 0;
    json_t *one = NULL;
    json_array_foreach(answer, index, one)
    {
        seen[answer_code(one) == -32600 ? 0 : json_integer_value(json_object_get(one, "id"))] =
            true;
    }
    assert_true(seen[0] && seen[1] && seen[2]);
    json_decref(answer);
}

/* ---- methods --------------------------------------------------------------------------------- */

static void test_api_hello_has_the_identity_and_the_methods(void **state)
{
    (void)state;
    void       *req = client_open(&rig, ZMQ_REQ, NULL);
    json_t     *answer = client_ask(req, CALL(1, "server.hello", "{}"));
    const char *protocol = NULL, *core = NULL, *host = NULL, *name = NULL;
    json_t     *user = NULL, *methods = NULL;
    assert_int_equal(json_unpack(answer, "{s{ss ss ss ss so so}}", "result", "protocol", &protocol,
                                 "core_uuid", &core, "hostname", &host, "switchname", &name, "user",
                                 &user, "methods", &methods),
                     0);
    assert_string_equal(protocol, "fszmq/1");
    assert_string_equal(core, "core");
    assert_string_equal(host, "host");
    assert_string_equal(name, "switch");
    assert_true(json_is_null(user));
    assert_int_equal(json_array_size(methods), 23);
    json_decref(answer);
}

static void test_api_gives_a_command_a_status(void **state)
{
    (void)state;
    void *req = client_open(&rig, ZMQ_REQ, NULL);
    client_expect(req, CALL(1, "api", "{\"command\":\"echo\",\"arg\":\"+OK x\"}"),
                  RESULT(1, "{\"output\":\"+OK x\",\"status\":\"ok\"}"));
    client_expect(req, CALL(2, "api", "[\"fail\"]"),
                  RESULT(2, "{\"output\":\"-ERR it is broken\\n\",\"status\":\"error\","
                            "\"reason\":\"it is broken\"}"));
    json_t     *answer = client_ask(req, CALL(3, "api", "[\"nothing\"]"));
    const char *status = NULL, *reason = NULL;
    assert_int_equal(
        json_unpack(answer, "{s{ss ss}}", "result", "status", &status, "reason", &reason), 0);
    assert_string_equal(status, "error");
    assert_string_equal(reason, "there is no command \"nothing\"");
    json_decref(answer);
}

static void test_api_refuses_wrong_params_and_methods(void **state)
{
    (void)state;
    void *req = client_open(&rig, ZMQ_REQ, NULL);
    client_refused(req, CALL(1, "api", "{}"), -32602, "command: is missing");
    client_refused(req, CALL(2, "api", "[\"show channels\"]"), -32602, "one word");
    client_refused(req, CALL(3, "api", "[\"echo\",1]"), -32602, "arg: must be a string");
    client_refused(req, CALL(4, "no.such", "{}"), -32601, "no.such");
    client_refused(req, CALL(5, "service.register", "[\"calls\"]"), -32004,
                   "there is no service \"calls\"");
    client_refused(req, CALL(6, "call.transfer", "[\"c\",\"1000\",\"XML\",\"x\",\"cleg\"]"), -32602,
                   "one of \"aleg\"");
    client_refused(req, CALL(7, "call.set", "[\"c\",{\"a\":1}]"), -32602, "variables.a");
    client_refused(req, CALL(8, "call.set", "[\"c\",{}]"), -32602, "1 to 256 members");
    client_refused(req, CALL(9, "event.send", "[{\"Event-Name\":\"CUSTOM\"}]"), -32602,
                   "Event-Subclass");
    client_refused(req,
                   CALL(10, "call.execute",
                        "{\"call\":\"c\",\"app\":\"a\",\"loops\":-1,"
                        "\"wait\":true}"),
                   -32602, "loops");
    assert_int_equal(rig_number(&rig, "requests.invalid"), 9);
}

static void test_api_sends_events_and_calls_the_json_api(void **state)
{
    (void)state;
    void *req = client_open(&rig, ZMQ_REQ, NULL);
    client_expect(req,
                  CALL(1, "event.send",
                       "{\"event\":{\"Event-Name\":\"CUSTOM\","
                       "\"Event-Subclass\":\"a::b\",\"_body\":\"%s\"}}"),
                  RESULT(1, "{}"));
    assert_string_equal(rig_switch.sent, "CUSTOM a::b %s");
    client_refused(req, CALL(2, "event.send", "[{\"Event-Name\":\"SHUTDOWN\"}]"), -32005,
                   "not this one");
    client_expect(req, CALL(3, "json_api", "{\"command\":\"status\",\"data\":{\"a\":[1]}}"),
                  RESULT(3, "{\"asked\":{\"command\":\"status\",\"data\":{\"a\":[1]}}}"));
    client_refused(req, CALL(4, "json_api", "[\"none\"]"), -32005, "no JSON command \"none\"");
    json_t *answer = client_ask(req, CALL(5, "json_api", "[\"refused\"]"));
    assert_int_equal(answer_code(answer), -32005);
    assert_string_equal(json_string_value(json_object_get(
                            json_object_get(json_object_get(answer, "error"), "data"), "why")),
                        "no");
    json_decref(answer);
    client_expect(req, CALL(6, "server.stats", "{}"), RESULT(6, "{\"asked\":true}"));
}

static void test_api_controls_calls(void **state)
{
    (void)state;
    void *req = client_open(&rig, ZMQ_REQ, NULL);
    client_expect(req, CALL(1, "call.hangup", "[\"c1\",\"USER_BUSY\"]"), RESULT(1, "{}"));
    client_refused(req, CALL(2, "call.hangup", "[\"none\"]"), -32004, "no such call");
    client_expect(req, CALL(3, "call.get", "[\"c1\",[\"a\",\"absent\"]]"),
                  RESULT(3, "{\"variables\":{\"a\":\"c1\",\"absent\":null}}"));
    client_refused(req, CALL(4, "call.get", "[\"none\",[\"a\"]]"), -32004, "no such call");
    client_expect(req, CALL(5, "call.set", "[\"c1\",{\"a\":\"x\",\"b\":null}]"), RESULT(5, "{}"));
    client_refused(req, CALL(6, "call.transfer", "[\"c1\",\"1000\",\"XML\",\"public\",\"both\"]"),
                   -32005, "both 1000 XML public");
}

/* ---- jobs ------------------------------------------------------------------------------------ */

static void test_api_job_is_reported_and_kept(void **state)
{
    (void)state;
    void *dealer = client_open(&rig, ZMQ_DEALER, NULL);
    client_expect(dealer, CALL(1, "bgapi", "{\"command\":\"block\",\"job\":\"mine\"}"),
                  RESULT(1, "{\"job\":\"mine\"}"));
    client_expect(dealer, CALL(2, "job.result", "[\"mine\"]"),
                  RESULT(2, "{\"job\":\"mine\",\"status\":\"running\"}"));
    client_refused(dealer, CALL(3, "bgapi", "{\"command\":\"echo\",\"job\":\"mine\"}"), -32602,
                   "job: id already in use");
    rig_release();
    json_t *told = client_receive(dealer);
    assert_string_equal(rig_switch.sent,
                        "BACKGROUND_JOB - +OK released\n"); /* fired before job.done */
    json_t *expected = json_loads("{\"jsonrpc\":\"2.0\",\"method\":\"job.done\",\"params\":{"
                                  "\"job\":\"mine\",\"output\":\"+OK released\\n\",\"status\":"
                                  "\"ok\"}}",
                                  0, NULL);
    assert_true(json_equal(told, expected));
    json_decref(told);
    json_decref(expected);
    void *other = client_open(&rig, ZMQ_REQ, NULL);
    client_expect(other, CALL(4, "job.result", "[\"mine\"]"),
                  RESULT(4, "{\"job\":\"mine\",\"output\":\"+OK released\\n\",\"status\":\"ok\"}"));
    client_refused(other, CALL(5, "job.result", "[\"another\"]"), -32004, "no job \"another\"");
    json_t *answer = client_ask(dealer, CALL(6, "bgapi", "[\"echo\"]"));
    assert_int_equal(json_string_length(json_object_get(json_object_get(answer, "result"), "job")),
                     36);
    json_decref(answer);
    json_decref(client_receive(dealer));
}

/* ---- applications ---------------------------------------------------------------------------- */

static void see(const char *name, const char *call, const char *id, const char *response)
{
    const struct fsz_header headers[] = {{.name = "Unique-ID", .value = call},
                                         {.name = "Application-UUID", .value = id},
                                         {.name = "Application-Response", .value = response},
                                         {.name = "variable_digits", .value = "42"},
                                         {.name = NULL}};
    const struct fsz_event event = {.name = name, .headers = headers, .read = fsz_headers_of_array};
    assert_true(rig.watched > 0);
    fsz_api_see(rig.api, &event);
}

static void test_api_waits_for_each_application_by_its_id(void **state)
{
    char first[64], second[64];
    (void)state;
    void *dealer = client_open(&rig, ZMQ_DEALER, NULL);
    client_send(dealer, CALL(1, "call.execute", "{\"call\":\"c\",\"app\":\"one\",\"wait\":true}"));
    client_send(dealer,
                CALL(2, "call.execute",
                     "{\"call\":\"c\",\"app\":\"two\",\"wait\":true,\"names\":[\"digits\"]}"));
    rig_wait_executed("one", first);
    rig_wait_executed("two", second);
    see("CHANNEL_EXECUTE_COMPLETE", "c", second, "B");
    json_t *answer = client_receive(dealer);
    json_t *expected =
        json_pack("{ss si s{ss ss ss s{ss}}}", "jsonrpc", "2.0", "id", 2, "result", "app", "two",
                  "id", second, "response", "B", "variables", "digits", "42");
    assert_true(json_equal(answer, expected));
    json_decref(answer);
    json_decref(expected);
    see("CHANNEL_EXECUTE_COMPLETE", "c", first, "A");
    answer = client_receive(dealer);
    assert_int_equal(json_integer_value(json_object_get(answer, "id")), 1);
    json_decref(answer);
    assert_int_equal(rig.watched, 0);
}

static void test_api_execute_ends_with_its_call_or_its_deadline(void **state)
{
    char id[64];
    (void)state;
    void *dealer = client_open(&rig, ZMQ_DEALER, NULL);
    client_send(dealer, CALL(1, "call.execute", "{\"call\":\"c\",\"app\":\"one\",\"wait\":true}"));
    rig_wait_executed("one", id);
    see("CHANNEL_HANGUP_COMPLETE", "c", NULL, NULL);
    json_t *answer = client_receive(dealer);
    assert_int_equal(answer_code(answer), -32004);
    json_decref(answer);
    client_refused(
        dealer,
        CALL(2, "call.execute", "{\"call\":\"c\",\"app\":\"x\",\"wait\":true,\"timeout_ms\":20}"),
        -32003, "deadline");
    client_refused(dealer,
                   CALL(3, "call.execute", "{\"call\":\"none\",\"app\":\"x\",\"wait\":true}"),
                   -32004, "no such call");
    client_refused(dealer, CALL(4, "call.execute", "[\"c\",\"unknown\",\"\",1,false,true]"), -32005,
                   "Invalid Application");
    answer = client_ask(dealer, CALL(5, "call.execute", "[\"c\",\"done\"]"));
    assert_int_equal(json_string_length(json_object_get(json_object_get(answer, "result"), "id")),
                     36);
    json_decref(answer);
    assert_int_equal(rig.watched, 0);
    rig_wait_number(&rig, "requests.in_flight", 0);
}

static void test_api_runs_the_requests_of_a_call_in_order_and_others_beside(void **state)
{
    (void)state;
    void *dealer = client_open(&rig, ZMQ_DEALER, NULL);
    client_send(dealer, CALL(1, "call.set", "[\"blocked\",{\"a1\":\"\"}]"));
    for (int i = 2; i < 50; i++) {
        char text[128];
        snprintf(text, sizeof(text),
                 "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"call.set\",\"params\":[\"blocked\",{"
                 "\"a%d\":\"\"}]}",
                 i, i);
        client_send(dealer, text);
    }
    client_expect(dealer, CALL(99, "call.set", "[\"other\",{\"b\":\"\"}]"), RESULT(99, "{}"));
    rig_wait_blocked(1);
    rig_release();
    for (int i = 1; i < 50; i++) {
        json_t *answer = client_receive(dealer);
        assert_int_equal(json_integer_value(json_object_get(answer, "id")), i);
        json_decref(answer);
    }
    assert_memory_equal(rig_switch.order, "b a1 a2 a3 ", 11);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_api_answers_req_and_dealer_in_their_own_framing),
        TEST(test_api_refuses_any_other_count_of_frames),
        TEST(test_api_drops_a_probe_without_an_answer),
        TEST(test_api_answers_an_empty_request_of_a_req_socket),
        TEST(test_api_answers_garbage_and_serves_on),
        TEST(test_api_matches_many_answers_to_their_ids),
        TEST(test_api_answers_a_batch_at_once_and_a_notification_not),
        TEST(test_api_hello_has_the_identity_and_the_methods),
        TEST(test_api_gives_a_command_a_status),
        TEST(test_api_refuses_wrong_params_and_methods),
        TEST(test_api_sends_events_and_calls_the_json_api),
        TEST(test_api_controls_calls),
        TEST(test_api_job_is_reported_and_kept),
        TEST(test_api_waits_for_each_application_by_its_id),
        TEST(test_api_execute_ends_with_its_call_or_its_deadline),
        TEST(test_api_runs_the_requests_of_a_call_in_order_and_others_beside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
