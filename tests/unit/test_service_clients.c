/* SPDX-License-Identifier: MPL-2.0 */
/* Clients that register as providers, and changes of configuration. */
#include "api/api_private.h"
#include "service_rig.h"

#define REGISTER(id, capacity)                                                                     \
    CALL(id, "service.register", "{\"service\":\"s\",\"capacity\":" #capacity "}")
#define UNREGISTER(id) CALL(id, "service.unregister", "{\"service\":\"s\"}")

static void test_client_serves_from_registering_until_unregistering(void **state)
{
    (void)state;
    struct rig   rig;
    struct asker asker;
    RIG_START(&rig, "-", RIG_BIND, "service s");
    void *client = worker_open(&rig, 1);
    asker_start(&rig, &asker, "x", 20000);
    client_answer(client, client_take(client, "x"), "y");
    asker_expect(&asker, "y");
    client_expect(client, UNREGISTER(2), RESULT(2, "{}"));
    asker_fail(&rig, 60000, FSZ_ENOTFOUND, "no provider is up");
    client_refused(client, UNREGISTER(3), -32004, "you are not registered");
    assert_string_equal(rig_switch.news, "up down ");
    rig_stop(&rig);
}

static void test_client_goes_on_asking_while_it_serves(void **state)
{
    (void)state;
    struct rig   rig;
    struct asker asker;
    RIG_START(&rig, "-", RIG_BIND, "service s");
    void *client = worker_open(&rig, 1);
    asker_start(&rig, &asker, "x", 20000);
    json_int_t id = client_take(client, "x");
    client_expect(client, CALL(2, "api", "[\"echo\",\"meanwhile\"]"),
                  RESULT(2, "{\"output\":\"meanwhile\",\"status\":\"raw\"}"));
    client_answer(client, id, "y");
    asker_expect(&asker, "y");
    rig_stop(&rig);
}

static void test_client_gets_as_many_requests_as_its_capacity(void **state)
{
    (void)state;
    struct rig   rig;
    struct asker first, second;
    RIG_START(&rig, "-", RIG_BIND, "service s");
    void *client = worker_open(&rig, 1);
    asker_start(&rig, &first, "a", 20000);
    json_int_t a = client_take(client, "a");
    asker_start(&rig, &second, "b", 20000);
    rig_wait_number(&rig, "services.0.waiting", 1);
    client_send(client, REGISTER(2, 2));
    json_int_t b = client_take(client, "b");
    json_decref(client_receive(client)); /* the reply to the registration */
    client_answer(client, b, "B");
    asker_expect(&second, "B");
    client_answer(client, a, "A");
    asker_expect(&first, "A");
    assert_int_equal(rig_number(&rig, "services.0.providers.0.capacity"), 2);
    rig_stop(&rig);
}

static void test_client_that_unregisters_leaves_nobody_waiting_for_it(void **state)
{
    (void)state;
    struct rig   rig;
    struct asker first, second;
    RIG_START(&rig, "-", RIG_BIND, "service s");
    void *client = worker_open(&rig, 1);
    asker_start(&rig, &first, "a", 60000);
    json_int_t a = client_take(client, "a");
    asker_start(&rig, &second, "b", 60000);
    rig_wait_number(&rig, "services.0.waiting", 1);
    client_expect(client, UNREGISTER(2), RESULT(2, "{}"));
    rig_wait_number(&rig, "services.0.waiting", 0);
    asker_expect_failure(&second, FSZ_ENOTFOUND, "no provider is up");
    client_answer(client, a, "A");
    asker_expect(&first, "A");
    rig_wait_logged("is down: its last request or call ended");
    assert_string_equal(rig_switch.news, "up draining down ");
    rig_stop(&rig);
}

static void test_client_that_unregistered_goes_with_the_time_of_its_last_request(void **state)
{
    (void)state;
    struct rig   rig;
    struct asker asker;
    RIG_START(&rig, "-", RIG_BIND, "service s");
    void *client = worker_open(&rig, 1);
    asker_start(&rig, &asker, "a", 500);
    client_take(client, "a");
    client_expect(client, UNREGISTER(2), RESULT(2, "{}"));
    asker_expect_failure(&asker, FSZ_ETIMEOUT, "no reply in time");
    rig_wait_logged("is down: its last request or call ended");
    rig_stop(&rig);
}

static void test_client_that_leaves_gives_its_requests_to_another(void **state)
{
    (void)state;
    struct rig   rig;
    struct asker asker;
    RIG_START(&rig, "-", RIG_BIND, "service s", "attempt-ms=20000");
    void *first = worker_open(&rig, 1);
    void *second = worker_open(&rig, 1);
    asker_start(&rig, &asker, "x", 20000);
    client_take(first, "x");
    client_close(&rig, first);
    client_answer(second, client_take(second, "x"), "taken over");
    asker_expect(&asker, "taken over");
    rig_stop(&rig);
}

static void test_client_replies_that_match_no_request(void **state)
{
    (void)state;
    struct rig rig;
    RIG_START(&rig, "-", RIG_BIND, "service s");
    void *client = client_open(&rig, ZMQ_DEALER, NULL);
    /* A client that does not serve gets the error that this is not a request. */
    client_refused(client, RESULT(7, "{}"), -32600, "");
    client_expect(client, REGISTER(1, 1), RESULT(1, "{}"));
    client_send(client, RESULT(4711, "{}"));
    rig_wait_number(&rig, "services.0.providers.0.bad", 1);
    client_expect(client, CALL(2, "server.ping", "{}"), RESULT(2, "{}"));
    rig_stop(&rig);
}

static void test_client_may_register_where_that_is_configured(void **state)
{
    (void)state;
    struct rig rig;
    RIG_START(&rig, "-", RIG_BIND, "service s", "registration=false", "connect=tcp://127.0.0.1:9");
    void *client = client_open(&rig, ZMQ_DEALER, NULL);
    client_refused(client, REGISTER(1, 1), -32004, "takes no registrations");
    client_refused(client, CALL(2, "service.register", "[\"t\"]"), -32004, "no service \"t\"");
    client_refused(client, CALL(3, "service.register", "[\"s\",0]"), -32602, "capacity");
    rig_stop(&rig);
}

static void test_client_is_asked_only_of_the_sections_that_it_was_granted(void **state)
{
    (void)state;
    struct rig                 rig;
    struct fsz_reply           reply;
    struct fsz_service_client *service_client = NULL;
    struct fsz_request_spec    ask = {.service = "s",
                                      .method = "test.ask",
                                      .params = "{\"word\":\"x\"}",
                                      .params_bytes = 12,
                                      .deadline_ms = 60000,
                                      .section = "dialplan"};
    RIG_START(&rig, "-", RIG_BIND, "service s");
    void *client = worker_open(&rig, 1);
    service_client = fsz_api_service_client(rig.api);
    assert_int_equal(fsz_service_client_ask(service_client, &ask, &reply),
                     FSZ_ENOTFOUND); /* only "directory" is granted */
    ask.section = "directory";
    ask.deadline_ms = 20;
    assert_int_equal(fsz_service_client_ask(service_client, &ask, &reply), FSZ_ETIMEOUT);
    client_take(client, "x");
    fsz_service_client_unref(&service_client);
    rig_stop(&rig);
}

/* The endpoint gets the sections that the client is not granted; the client is probed only with its
 * own requests. */
static void test_client_that_is_ejected_is_probed_with_what_it_was_asked_itself(void **state)
{
    (void)state;
    void           *context = zmq_ctx_new();
    struct rig      rig;
    struct asker    asker;
    struct provided taken;
    char            connect[256];
    void           *endpoint = provider_open(context, connect);
    RIG_START(&rig, "-", RIG_BIND, "service s", connect, "failures-max=1", "probe-ms=10",
              "attempt-ms=20", "deadline-ms=50");
    service_wait_state(&rig, 0, "up");
    asker_start_section(&rig, &asker, "directory", "first", 20000);
    taken = provider_take(endpoint);
    provider_reply(endpoint, &taken, "here");
    asker_expect(&asker, "here");
    void *client = worker_open(&rig, 1);
    asker_start_section(&rig, &asker, "directory", "mine", 20);
    client_take(client, "mine");
    asker_expect_failure(&asker, FSZ_ETIMEOUT, "");
    service_wait_state(&rig, 1, "ejected");
    client_take(client, "mine");
    asker_start_section(&rig, &asker, "dialplan", "theirs", 20000);
    taken = provider_take(endpoint);
    provider_reply(endpoint, &taken, "there");
    asker_expect(&asker, "there");
    client_take(client, "mine");
    client_answer(client, client_take(client, "mine"), "in time");
    service_wait_state(&rig, 1, "up");
    zmq_close(endpoint);
    rig_stop(&rig);
    zmq_ctx_term(context);
}

/* ---- reloads --------------------------------------------------------------------------------- */

static void test_reload_keeps_the_providers_that_stay(void **state)
{
    (void)state;
    void        *context = zmq_ctx_new();
    struct rig   rig;
    struct asker asker;
    char         stays[256], goes[256], comes[256];
    void        *staying = provider_open(context, stays), *going = provider_open(context, goes);
    void        *coming = provider_open(context, comes);
    RIG_START(&rig, "-", RIG_BIND, "service s", stays, goes, "attempt-ms=20000");
    worker_open(&rig, 1);
    service_wait_state(&rig, 0, "up");
    service_wait_state(&rig, 1, "up");
    asker_start(&rig, &asker, "x", 20000);
    struct provided taken = provider_take(staying); /* both are equal: the first one */
    RIG_RELOAD(&rig, "-", RIG_BIND, "service s", stays, comes, "attempt-ms=20000");
    provider_reply(staying, &taken, "by the one that stayed");
    asker_expect(&asker, "by the one that stayed");
    service_wait_state(&rig, 2, "up");
    assert_int_equal(rig_number(&rig, "services.0.asked"), 1);
    assert_null(strstr(rig_switch.news, "up up up up up")); /* no endpoint was connected twice */
    zmq_close(staying);
    zmq_close(going);
    zmq_close(coming);
    rig_stop(&rig);
    zmq_ctx_term(context);
}

static void test_reload_ends_the_requests_of_a_service_that_goes(void **state)
{
    (void)state;
    struct rig   rig;
    struct asker asker;
    RIG_START(&rig, "-", RIG_BIND, "service s");
    void *client = worker_open(&rig, 1);
    asker_start(&rig, &asker, "x", 3600000);
    client_take(client, "x");
    RIG_RELOAD(&rig, "-", RIG_BIND);
    asker_expect_failure(&asker, FSZ_ENOTFOUND, "the service was removed");
    client_refused(client, REGISTER(2, 1), -32004, "there is no service");
    rig_stop(&rig);
}

static void test_reload_ends_registrations_that_are_no_longer_allowed(void **state)
{
    (void)state;
    struct rig rig;
    RIG_START(&rig, "-", RIG_BIND, "service s");
    void *client = worker_open(&rig, 1);
    RIG_RELOAD(&rig, "-", RIG_BIND, "service s", "registration=false", "connect=tcp://127.0.0.1:9");
    client_refused(client, UNREGISTER(2), -32004, "takes no registrations");
    assert_string_equal(rig_switch.news, "up down ");
    rig_stop(&rig);
}

/* On the API thread: is the first provider of the service "s" connected? */
static void look_whether_connected(struct fsz_api *api, void *ret_connected)
{
    const struct fsz_provider *first = api->services->list[0]->providers;
    *(bool *)ret_connected = first != NULL && first->connected;
}

static void wait_connected(struct rig *rig)
{
    bool connected = false;
    for (int waited_ms = 0; !connected; waited_ms += 10) {
        assert_true(waited_ms <= RIG_PATIENCE_MS);
        usleep(10000);
        fsz_api_ask(rig->api, look_whether_connected, &connected);
    }
}

static void test_reload_that_is_only_prepared_brings_no_provider(void **state)
{
    (void)state;
    void         *context = zmq_ctx_new();
    struct rig    rig;
    struct reload reload;
    struct asker  asker;
    char          comes[256];
    void         *coming = provider_open(context, comes);
    RIG_START(&rig, "-", RIG_BIND, "service s");
    RIG_PREPARE(&rig, &reload, "-", RIG_BIND, "service s", comes);
    wait_connected(&rig);
    asker_fail(&rig, 2000, FSZ_ENOTFOUND, "no provider is up");
    reload_end(&rig, &reload, false);
    assert_string_equal(rig_switch.news, "");
    RIG_PREPARE(&rig, &reload, "-", RIG_BIND, "service s", comes);
    wait_connected(&rig);
    reload_end(&rig, &reload, true);
    asker_start(&rig, &asker, "x", 20000);
    struct provided taken = provider_take(coming);
    provider_reply(coming, &taken, "now");
    asker_expect(&asker, "now");
    assert_string_equal(rig_switch.news, "up ");
    zmq_close(coming);
    rig_stop(&rig);
    zmq_ctx_term(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_client_serves_from_registering_until_unregistering),
        cmocka_unit_test(test_client_goes_on_asking_while_it_serves),
        cmocka_unit_test(test_client_gets_as_many_requests_as_its_capacity),
        cmocka_unit_test(test_client_that_unregisters_leaves_nobody_waiting_for_it),
        cmocka_unit_test(test_client_that_unregistered_goes_with_the_time_of_its_last_request),
        cmocka_unit_test(test_client_that_leaves_gives_its_requests_to_another),
        cmocka_unit_test(test_client_replies_that_match_no_request),
        cmocka_unit_test(test_client_may_register_where_that_is_configured),
        cmocka_unit_test(test_client_is_asked_only_of_the_sections_that_it_was_granted),
        cmocka_unit_test(test_client_that_is_ejected_is_probed_with_what_it_was_asked_itself),
        cmocka_unit_test(test_reload_keeps_the_providers_that_stay),
        cmocka_unit_test(test_reload_ends_the_requests_of_a_service_that_goes),
        cmocka_unit_test(test_reload_ends_registrations_that_are_no_longer_allowed),
        cmocka_unit_test(test_reload_that_is_only_prepared_brings_no_provider),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
