/* Calls whose hangup, loss and hand-over meet: by real sockets and a dialplan of the test's own. */
#include "api/api_private.h"
#include "call/controls.h"
#include "call_rig.h"

#define LISTED "{\"accept\":true,\"then\":\"no such thing\"}"

/* What that worker is told within a moment; NULL: nothing. */
static json_t *worker_hears(void *worker, int within_ms)
{
    int     patience_ms = RIG_PATIENCE_MS;
    char    text[4096];
    json_t *heard = NULL;
    zmq_setsockopt(worker, ZMQ_RCVTIMEO, &within_ms, sizeof(within_ms));
    int size = zmq_recv(worker, text, sizeof(text), 0);
    zmq_setsockopt(worker, ZMQ_RCVTIMEO, &patience_ms, sizeof(patience_ms));
    if (size >= 0) {
        heard = json_loadb(text, (size_t)size, 0, NULL);
    }
    return heard;
}

/* As caller_hold(); the caller hangs up between two looks of the call's thread after it. */
static bool hangs_up_soon;

static void control_then_hang_up(void *self, struct fsz_control *control)
{
    caller_control(self, control);
    hangs_up_soon = true;
}

static bool up_for_one_more_look(void *self)
{
    struct caller *caller = self;
    bool           up = caller_is_up(self);
    if (hangs_up_soon) {
        caller->hungup = true;
    }
    return up;
}

static void test_hangup_that_meets_a_hand_over_is_no_offer(void **state)
{
    (void)state;
    struct rig    rig;
    struct caller caller;
    hangs_up_soon = false;
    RIG_START(&rig, "-", RIG_BIND, "service s");
    void *first = worker_open(&rig, 1), *second = NULL;
    caller_init(&rig, &caller, "c1", "s");
    caller.session.is_up = up_for_one_more_look;
    caller.session.control = control_then_hang_up;
    caller_go(&caller);
    json_int_t lease = worker_offer(first, "c1", false);
    worker_answer(first, lease, CONTROL);
    caller_wait_held(&caller);
    second = worker_open(&rig, 1);
    client_expect(first, CALL(2, "call.hand-over", "{\"call\":\"c1\",\"service\":\"s\"}"),
                  RESULT(2, "{}"));
    caller_join(&caller);
    call_event(&rig, "CHANNEL_HANGUP_COMPLETE", "c1");
    json_decref(worker_take(first, "call.event", NULL));
    worker_expect_end(first, lease, "hangup");
    assert_null(worker_hears(second, 200));
    assert_int_equal(rig_number(&rig, "calls.controlled"), 0);
    rig_stop(&rig);
}

/* The API thread is busy with the loss while the call's thread leaves twice. */
static void lose_and_stall(struct fsz_api *api, void *argument)
{
    struct caller      *caller = argument;
    struct fsz_control *control = fsz_controls_find(&api->controls, "c1");
    fsz_control_end(control, control->lease, FSZ_CONTROL_LOST);
    usleep(20000);
    caller->hungup = true;
    usleep(80000);
}

static void test_loss_and_hangup_while_the_api_is_busy_are_both_told(void **state)
{
    (void)state;
    struct rig    rig;
    struct caller caller;
    RIG_START(&rig, "-", RIG_BIND, "service s");
    void      *worker = worker_open(&rig, 1);
    json_int_t lease = worker_control(&rig, worker, &caller, "c1");
    fsz_api_ask(rig.api, lose_and_stall, &caller);
    caller_join(&caller);
    worker_expect_end(worker, lease, "lost");
    call_event(&rig, "CHANNEL_HANGUP_COMPLETE", "c1");
    rig_wait_number(&rig, "calls.controlled", 0);
    rig_stop(&rig);
}

/* The call's thread is done with the call when the API thread reads that it was accepted. */
struct late_acceptance {
    struct caller caller;
    bool          taken;
    char          why[FSZ_REPLY_WHY_BYTES];
};

static void leave_then_accept(struct fsz_api *api, void *argument)
{
    struct late_acceptance  *late = argument;
    struct fsz_service      *service = api->services->list[0];
    struct fsz_offered_call *call = service->requests->call;
    json_t                  *accepted = json_loads(CONTROL, 0, NULL);
    late->caller.hungup = true;
    caller_join(&late->caller);
    late->taken = api->call_owner.accept(api->call_owner.self, call, service->providers, 1,
                                         accepted, late->why, sizeof(late->why));
    json_decref(accepted);
}

static void test_acceptance_of_a_call_that_has_gone_on_is_refused(void **state)
{
    (void)state;
    struct rig             rig;
    struct late_acceptance late;
    RIG_START(&rig, "-", RIG_BIND, "service s");
    void *worker = worker_open(&rig, 1);
    caller_start(&rig, &late.caller, "c1", "s");
    worker_offer(worker, "c1", false);
    fsz_api_ask(rig.api, leave_then_accept, &late);
    assert_false(late.taken);
    assert_string_equal(late.why, "the call has left the dialplan application");
    json_decref(worker_take(worker, "call.cancel", NULL));
    assert_int_equal(rig_number(&rig, "calls.controlled"), 0);
    rig_stop(&rig);
}

static void test_acceptance_that_is_not_taken_is_cancelled(void **state)
{
    (void)state;
    struct rig    rig;
    struct caller caller;
    RIG_START(&rig, "-", RIG_BIND, "service s");
    void *first = worker_open(&rig, 1), *second = worker_open(&rig, 1);
    caller_start(&rig, &caller, "c1", "s");
    json_int_t lease = worker_offer(first, "c1", false);
    worker_answer(first, lease, LISTED);
    worker_answer(second, worker_offer(second, "c1", false), CONTROL);
    json_t *params = worker_take(first, "call.cancel", NULL);
    assert_int_equal(json_integer_value(json_object_get(params, "lease")), lease);
    json_decref(params);
    caller.hungup = true;
    caller_join(&caller);
    rig_stop(&rig);
}

static void test_offer_to_who_may_not_serve_any_more_is_cancelled(void **state)
{
    (void)state;
    struct rig    rig;
    struct caller caller;
    RIG_START(&rig, "-", RIG_BIND, "service s");
    void *worker = worker_open(&rig, 1);
    caller_start(&rig, &caller, "c1", "s");
    json_int_t lease = worker_offer(worker, "c1", false);
    RIG_RELOAD(&rig, "-", RIG_BIND, "service s", "registration=false", "connect=tcp://127.0.0.1:9");
    json_t *params = worker_take(worker, "call.cancel", NULL);
    assert_int_equal(json_integer_value(json_object_get(params, "lease")), lease);
    json_decref(params);
    caller.hungup = true;
    caller_join(&caller);
    rig_stop(&rig);
}

static void test_who_lost_a_call_does_not_command_it_in_the_dialplan(void **state)
{
    (void)state;
    struct rig    rig;
    struct caller caller;
    RIG_START(&rig, "-", RIG_BIND, "service s", "lease-ms=300", "on-lost=continue");
    void *worker = worker_open(&rig, 1);
    caller_start(&rig, &caller, "c1", "s");
    json_int_t lease = worker_offer(worker, "c1", false);
    worker_answer(worker, lease, CONTROL);
    json_decref(worker_take(worker, "service.ping", NULL)); /* and does not answer */
    caller_join(&caller);
    json_t *told = NULL;
    do {
        json_decref(told);
        told = worker_hears(worker, RIG_PATIENCE_MS);
        assert_non_null(told);
    } while (strcmp(json_string_value(json_object_get(told, "method")), "call.end") != 0);
    json_decref(told);
    rig_wait_number(&rig, "calls.controlled", 0);
    client_refused(worker, CALL(2, "call.hangup", "{\"call\":\"c1\"}"), -32004, "not at all");
    call_event(&rig, "CHANNEL_HANGUP_COMPLETE", "c1");
    rig_stop(&rig);
}

static void test_who_lost_calls_by_silence_is_not_the_first_to_be_offered_them(void **state)
{
    (void)state;
    struct rig    rig;
    struct caller caller;
    RIG_START(&rig, "-", RIG_BIND, "service s", "lease-ms=100", "failures-max=1000",
              "attempt-ms=60000", "deadline-ms=60000");
    void *silent = worker_open(&rig, 9);
    caller_start(&rig, &caller, "c1", "s");
    worker_answer(silent, worker_offer(silent, "c1", false), CONTROL);
    caller_wait_held(&caller);
    void *other = worker_open(&rig, 9);
    worker_answer(other, worker_offer(other, "c1", true), "{\"accept\":true,\"then\":\"release\"}");
    caller_end(&caller,
               "zmq_result=accepted zmq_result=lost zmq_result=accepted zmq_result=released ", "");
    rig_stop(&rig);
}

/* The worker that runs the holder's command comes to it only when the call is another's. */
static void test_command_that_waited_until_the_call_was_taken_away_is_not_done(void **state)
{
    (void)state;
    struct fsz_control *control = NULL;
    assert_int_equal(fsz_control_new(&rig_host, "c1", &control), FSZ_OK);
    fsz_control_begin(control);
    assert_true(fsz_control_take(control, 7, FSZ_ON_LOST_OFFER));
    assert_true(fsz_control_obeys(control, 7));
    assert_true(
        fsz_control_end(control, 7, FSZ_CONTROL_RELEASED)); /* what was asked for before is done */
    assert_true(fsz_control_obeys(control, 7));
    fsz_control_begin(control);
    assert_false(fsz_control_obeys(control, 7));
    assert_true(fsz_control_take(control, 8, FSZ_ON_LOST_OFFER));
    assert_true(fsz_control_end(control, 8, FSZ_CONTROL_LOST));
    assert_false(fsz_control_obeys(control, 8));
    fsz_control_unref(&control);
}

static void test_end_of_a_call_makes_room_for_who_waits(void **state)
{
    (void)state;
    struct rig    rig;
    struct caller caller;
    struct asker  asker;
    json_int_t    id = 0;
    RIG_START(&rig, "-", RIG_BIND, "service s", "lease-ms=60000");
    void      *worker = worker_open(&rig, 1);
    json_int_t lease = 0;
    lease = worker_control(&rig, worker, &caller, "c1");
    asker_start(&rig, &asker, "any", 60000);
    rig_wait_number(&rig, "services.0.waiting", 1);
    caller.sent_elsewhere = true;
    caller_join(&caller);
    worker_expect_end(worker, lease, "transferred");
    json_decref(worker_take(worker, "test.ask", &id));
    worker_answer(worker, id, "{\"word\":\"now\"}");
    asker_expect(&asker, "now");
    rig_stop(&rig);
}

static void test_worker_that_unregistered_goes_with_its_last_call(void **state)
{
    (void)state;
    struct rig    rig;
    struct caller caller;
    RIG_START(&rig, "-", RIG_BIND, "service s");
    void      *worker = worker_open(&rig, 1);
    json_int_t lease = worker_control(&rig, worker, &caller, "c1");
    client_expect(worker, CALL(2, "service.unregister", "[\"s\"]"), RESULT(2, "{}"));
    client_expect(worker, CALL(3, "call.release", "[\"c1\"]"), RESULT(3, "{}"));
    worker_expect_end(worker, lease, "released");
    caller_end(&caller, "zmq_result=accepted zmq_result=released ", "");
    rig_wait_logged("is down: its last request or call ended");
    rig_stop(&rig);
}

/* Pings are matched by their id, not by who registered where first. */
static void test_worker_of_two_services_comes_back_to_the_one_that_put_it_aside(void **state)
{
    (void)state;
    struct rig    rig;
    struct caller caller;
    json_int_t    ping = 0;
    RIG_START(&rig, "-", RIG_BIND, "service s", "service t", "failures-max=1", "attempt-ms=20",
              "deadline-ms=50", "probe-ms=10");
    void *worker = worker_open(&rig, 1);
    client_expect(worker, CALL(2, "service.register", "[\"t\"]"), RESULT(2, "{}"));
    caller_start(&rig, &caller, "c1", "t");
    worker_offer(worker, "c1", false);
    caller_join(&caller);
    json_decref(worker_take(worker, "call.cancel", NULL));
    json_decref(worker_take(worker, "service.ping", &ping));
    worker_answer(worker, ping, "{}");
    for (int waited_ms = 0; strstr(rig_switch.news, "ejected up ") == NULL; waited_ms += 10) {
        assert_true(waited_ms < RIG_PATIENCE_MS);
        usleep(10000);
    }
    rig_stop(&rig);
}

/* ---- endpoints ------------------------------------------------------------------------------- */

/* An offer as a ROUTER gets it, accepted. */
static struct provided endpoint_accept(void *endpoint)
{
    char            text[256];
    struct provided offer = {.peer_size = zmq_recv(endpoint, offer.peer, sizeof(offer.peer), 0)};
    assert_int_equal(zmq_recv(endpoint, text, sizeof(text), 0), 0);
    json_decref(worker_take(endpoint, "call.offer", &offer.id));
    snprintf(text, sizeof(text), "{\"jsonrpc\":\"2.0\",\"id\":%lld,\"result\":" CONTROL "}",
             (long long)offer.id);
    provider_send(endpoint, &offer, text);
    return offer;
}

/* The next message; its envelope is left out. */
static json_t *endpoint_receive(void *endpoint)
{
    unsigned char envelope[64];
    assert_true(zmq_recv(endpoint, envelope, sizeof(envelope), 0) > 0);
    assert_int_equal(zmq_recv(endpoint, envelope, sizeof(envelope), 0), 0);
    return client_receive(endpoint);
}

static void test_endpoint_of_small_capacity_gets_every_answer(void **state)
{
    (void)state;
    enum { REQUESTS = 500 };
    void         *context = zmq_ctx_new();
    struct rig    rig;
    struct caller caller;
    char          connect[256];
    void         *endpoint = provider_open(context, connect);
    RIG_START(&rig, "-", RIG_BIND, "service s", connect, "capacity=1");
    caller_start(&rig, &caller, "c1", "s");
    struct provided offer = endpoint_accept(endpoint);
    caller_wait_held(&caller);
    for (int i = 0; i < REQUESTS; i++) {
        provider_send(endpoint, &offer, CALL(1, "server.ping", "{}"));
    }
    for (int i = 0; i < REQUESTS; i++) {
        json_decref(endpoint_receive(endpoint));
    }
    caller.hungup = true;
    caller_join(&caller);
    zmq_close(endpoint);
    rig_stop(&rig);
    zmq_ctx_term(context);
}

static void test_reload_keeps_a_call_at_an_endpoint_that_the_dialplan_named(void **state)
{
    (void)state;
    void         *context = zmq_ctx_new();
    struct rig    rig;
    struct caller caller;
    char          connect[256];
    void         *endpoint = provider_open(context, connect);
    RIG_START(&rig, "literal-service=s", "-", RIG_BIND, "service s");
    caller_start(&rig, &caller, "c1", connect + 8);
    struct provided offer = endpoint_accept(endpoint);
    caller_wait_held(&caller);
    RIG_RELOAD(&rig, "literal-service=s", "-", RIG_BIND, "service s");
    assert_int_equal(rig_number(&rig, "calls.controlled"), 1);
    provider_send(endpoint, &offer, CALL(1, "call.release", "{\"call\":\"c1\"}"));
    json_t *answer = endpoint_receive(endpoint);
    assert_non_null(json_object_get(answer, "result"));
    json_decref(answer);
    caller_end(&caller, "zmq_result=accepted zmq_result=released ", "");
    zmq_close(endpoint);
    rig_stop(&rig);
    zmq_ctx_term(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hangup_that_meets_a_hand_over_is_no_offer),
        cmocka_unit_test(test_loss_and_hangup_while_the_api_is_busy_are_both_told),
        cmocka_unit_test(test_acceptance_of_a_call_that_has_gone_on_is_refused),
        cmocka_unit_test(test_acceptance_that_is_not_taken_is_cancelled),
        cmocka_unit_test(test_offer_to_who_may_not_serve_any_more_is_cancelled),
        cmocka_unit_test(test_who_lost_a_call_does_not_command_it_in_the_dialplan),
        cmocka_unit_test(test_who_lost_calls_by_silence_is_not_the_first_to_be_offered_them),
        cmocka_unit_test(test_command_that_waited_until_the_call_was_taken_away_is_not_done),
        cmocka_unit_test(test_end_of_a_call_makes_room_for_who_waits),
        cmocka_unit_test(test_worker_that_unregistered_goes_with_its_last_call),
        cmocka_unit_test(test_worker_of_two_services_comes_back_to_the_one_that_put_it_aside),
        cmocka_unit_test(test_endpoint_of_small_capacity_gets_every_answer),
        cmocka_unit_test(test_reload_keeps_a_call_at_an_endpoint_that_the_dialplan_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
