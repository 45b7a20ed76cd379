/* SPDX-License-Identifier: MPL-2.0 */
/* Hangup, loss and hand-over at the same time: over real sockets, with the test's own dialplan. */
#include "api/api_private.h"
#include "call/controls.h"
#include "call_rig.h"

#define LISTED "{\"accept\":true,\"then\":\"no such thing\"}"

/* The worker's next message, if it arrives within a moment; else NULL. */
static json_t *worker_next(void *worker, int within_ms)
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

/* Like caller_control(); then the caller hangs up between two checks of the call's thread. */
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
    worker_reply(first, lease, CONTROL);
    caller_wait_controlled(&caller);
    second = worker_open(&rig, 1);
    client_expect(first, CALL(2, "call.hand-over", "{\"call\":\"c1\",\"service\":\"s\"}"),
                  RESULT(2, "{}"));
    caller_join(&caller);
    call_event(&rig, "CHANNEL_HANGUP_COMPLETE", "c1");
    json_decref(worker_take(first, "call.event", NULL));
    worker_expect_end(first, lease, "hangup");
    assert_null(worker_next(second, 200));
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

static void test_loss_and_hangup_while_the_api_is_busy_are_both_reported(void **state)
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

/* The call's thread is done with the call when the API thread reads the acceptance. */
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

static void test_acceptance_of_a_call_whose_thread_has_left_is_refused(void **state)
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
    worker_reply(first, lease, LISTED);
    worker_reply(second, worker_offer(second, "c1", false), CONTROL);
    json_t *params = worker_take(first, "call.cancel", NULL);
    assert_int_equal(json_integer_value(json_object_get(params, "lease")), lease);
    json_decref(params);
    caller.hungup = true;
    caller_join(&caller);
    rig_stop(&rig);
}

static void test_offer_to_a_client_that_may_no_longer_serve_is_cancelled(void **state)
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

static void test_former_controller_does_not_command_the_call_in_the_dialplan(void **state)
{
    (void)state;
    struct rig    rig;
    struct caller caller;
    RIG_START(&rig, "-", RIG_BIND, "service s", "lease-ms=300", "on-lost=continue");
    void *worker = worker_open(&rig, 1);
    caller_start(&rig, &caller, "c1", "s");
    json_int_t lease = worker_offer(worker, "c1", false);
    worker_reply(worker, lease, CONTROL);
    json_decref(worker_take(worker, "service.ping", NULL)); /* and does not reply */
    caller_join(&caller);
    json_t *message = NULL;
    do {
        json_decref(message);
        message = worker_next(worker, RIG_PATIENCE_MS);
        assert_non_null(message);
    } while (strcmp(json_string_value(json_object_get(message, "method")), "call.end") != 0);
    json_decref(message);
    rig_wait_number(&rig, "calls.controlled", 0);
    client_refused(worker, CALL(2, "call.hangup", "{\"call\":\"c1\"}"), -32004, "or none does");
    call_event(&rig, "CHANNEL_HANGUP_COMPLETE", "c1");
    rig_stop(&rig);
}

static void test_silent_controller_is_not_the_first_to_be_offered_its_lost_calls(void **state)
{
    (void)state;
    struct rig    rig;
    struct caller caller;
    RIG_START(&rig, "-", RIG_BIND, "service s", "lease-ms=100", "failures-max=1000",
              "attempt-ms=60000", "deadline-ms=60000");
    void *silent = worker_open(&rig, 9);
    caller_start(&rig, &caller, "c1", "s");
    worker_reply(silent, worker_offer(silent, "c1", false), CONTROL);
    caller_wait_controlled(&caller);
    void *other = worker_open(&rig, 9);
    worker_reply(other, worker_offer(other, "c1", true), "{\"accept\":true,\"then\":\"release\"}");
    caller_end(&caller,
               "zmq_result=accepted zmq_result=lost zmq_result=accepted zmq_result=released ", "");
    rig_stop(&rig);
}

/* The controller's command runs only after another worker took the call. */
static void test_command_that_waited_until_the_call_was_taken_away_is_not_done(void **state)
{
    (void)state;
    struct fsz_control *control = NULL;
    assert_int_equal(fsz_control_new(&rig_host, "c1", &control), FSZ_OK);
    fsz_control_begin(control);
    assert_true(fsz_control_take(control, 7, FSZ_ON_LOST_OFFER));
    assert_true(fsz_control_obeys(control, 7));
    assert_true(fsz_control_end(control, 7, FSZ_CONTROL_RELEASED)); /* earlier commands still run */
    assert_true(fsz_control_obeys(control, 7));
    fsz_control_begin(control);
    assert_false(fsz_control_obeys(control, 7));
    assert_true(fsz_control_take(control, 8, FSZ_ON_LOST_OFFER));
    assert_true(fsz_control_end(control, 8, FSZ_CONTROL_LOST));
    assert_false(fsz_control_obeys(control, 8));
    fsz_control_unref(&control);
}

static void test_end_of_a_call_makes_room_for_waiting_requests(void **state)
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
    worker_reply(worker, id, "{\"word\":\"now\"}");
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

/* Pings are matched by id, not by the order of registrations. */
static void test_worker_of_two_services_recovers_in_the_one_that_ejected_it(void **state)
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
    worker_reply(worker, ping, "{}");
    for (int waited_ms = 0; strstr(rig_switch.news, "ejected up ") == NULL; waited_ms += 10) {
        assert_true(waited_ms < RIG_PATIENCE_MS);
        usleep(10000);
    }
    rig_stop(&rig);
}

/* ---- endpoints ------------------------------------------------------------------------------- */

/* Accepts an offer that a ROUTER gets. */
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

/* The next message, without its envelope. */
static json_t *endpoint_receive(void *endpoint)
{
    unsigned char envelope[64];
    assert_true(zmq_recv(endpoint, envelope, sizeof(envelope), 0) > 0);
    assert_int_equal(zmq_recv(endpoint, envelope, sizeof(envelope), 0), 0);
    return client_receive(endpoint);
}

static void test_endpoint_of_small_capacity_gets_every_reply(void **state)
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
    caller_wait_controlled(&caller);
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
    caller_wait_controlled(&caller);
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
        cmocka_unit_test(test_loss_and_hangup_while_the_api_is_busy_are_both_reported),
        cmocka_unit_test(test_acceptance_of_a_call_whose_thread_has_left_is_refused),
        cmocka_unit_test(test_acceptance_that_is_not_taken_is_cancelled),
        cmocka_unit_test(test_offer_to_a_client_that_may_no_longer_serve_is_cancelled),
        cmocka_unit_test(test_former_controller_does_not_command_the_call_in_the_dialplan),
        cmocka_unit_test(test_silent_controller_is_not_the_first_to_be_offered_its_lost_calls),
        cmocka_unit_test(test_command_that_waited_until_the_call_was_taken_away_is_not_done),
        cmocka_unit_test(test_end_of_a_call_makes_room_for_waiting_requests),
        cmocka_unit_test(test_worker_that_unregistered_goes_with_its_last_call),
        cmocka_unit_test(test_worker_of_two_services_recovers_in_the_one_that_ejected_it),
        cmocka_unit_test(test_endpoint_of_small_capacity_gets_every_reply),
        cmocka_unit_test(test_reload_keeps_a_call_at_an_endpoint_that_the_dialplan_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
