/* SPDX-License-Identifier: MPL-2.0 */
/* Providers in the log and the status. */
#include "service_rig.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define REGISTER(id) CALL(id, "service.register", "{\"service\":\"s\"}")
#define UNREGISTER(id) CALL(id, "service.unregister", "{\"service\":\"s\"}")

/* "connect=ADDRESS" of an address where nothing listens. */
static void unused_address(char ret_connect[256])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t          size = sizeof(address);
    int                fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    close(fd);
    snprintf(ret_connect, 256, "connect=tcp://127.0.0.1:%d", ntohs(address.sin_port));
}

static void test_last_state_is_logged_although_it_came_soon_after_another(void **state)
{
    (void)state;
    void      *context = zmq_ctx_new();
    struct rig rig;
    char       connect[256];
    void      *provider = provider_open(context, connect);
    RIG_START(&rig, "-", RIG_BIND, "service s", connect);
    service_wait_state(&rig, 0, "up");
    rig_wait_logged("is up: it is connected");
    zmq_close(provider);
    service_wait_state(&rig, 0, "down");
    rig_wait_logged("is down: its connection ended");
    rig_stop(&rig);
    zmq_ctx_term(context);
}

static void test_last_state_is_logged_of_a_client_that_leaves_at_once(void **state)
{
    (void)state;
    struct rig rig;
    RIG_START(&rig, "-", RIG_BIND, "service s");
    void *client = client_open(&rig, ZMQ_DEALER, NULL);
    client_expect(client, REGISTER(1), RESULT(1, "{}"));
    client_close(&rig, client);
    rig_wait_logged("is down: it disconnected");
    assert_true(rig_has_logged("W service \"s\": client without a name"));
    rig_stop(&rig);
}

static void test_orderly_end_is_no_warning(void **state)
{
    (void)state;
    struct rig rig;
    RIG_START(&rig, "-", RIG_BIND, "service s");
    void *client = client_open(&rig, ZMQ_DEALER, NULL);
    client_expect(client, REGISTER(1), RESULT(1, "{}"));
    client_expect(client, UNREGISTER(2), RESULT(2, "{}"));
    rig_wait_logged("is down: it unregistered");
    client_expect(client, REGISTER(3), RESULT(3, "{}"));
    RIG_RELOAD(&rig, "-", RIG_BIND);
    rig_wait_logged("is down: the service was removed");
    assert_false(rig_has_logged("W service"));
    rig_stop(&rig);
}

static void test_provider_that_never_connected_is_named(void **state)
{
    (void)state;
    struct rig   rig;
    struct asker asker;
    char         connect[256];
    unused_address(connect);
    RIG_START(&rig, "-", RIG_BIND, "service s", connect, "deadline-ms=20000");
    asker_start(&rig, &asker, "x", 30);
    pthread_join(asker.thread, NULL);
    assert_int_equal(asker.err, FSZ_ENOTFOUND);
    assert_string_equal(asker.reply.why, "no provider has connected yet");
    assert_string_equal(asker.reply.provider, connect + 8);
    fsz_service_client_unref(&asker.service_client);
    json_t       *status = rig_status(&rig);
    const json_t *connected = NULL;
    assert_int_equal(
        json_unpack(status, "{s[{s[{so}]}]}", "services", "providers", "was_connected", &connected),
        0);
    assert_true(json_is_false(connected));
    json_decref(status);
    assert_int_equal(rig_number(&rig, "services.0.no_provider"), 1);
    assert_int_equal(rig_number(&rig, "services.0.deadline"), 0);
    rig_stop(&rig);
}

static bool never(void *unused)
{
    (void)unused;
    return false;
}

/* One request of each outcome. */
static void test_asked_is_the_sum_of_the_outcomes(void **state)
{
    (void)state;
    static const char *const outcomes[] = {"answered",    "errors",     "deadline",
                                           "no_provider", "overloaded", "cancelled"};
    void                    *context = zmq_ctx_new();
    struct rig               rig;
    struct asker             asker, waiting;
    char                     connect[256];
    void                    *provider = provider_open(context, connect);
    RIG_START(&rig, "-", RIG_BIND, "service s", connect, "requests-max=1", "failures-max=1000");
    service_wait_state(&rig, 0, "up");
    asker_start(&rig, &asker, "answered", 20000);
    struct provided taken = provider_take(provider);
    asker_fail(&rig, 20000, FSZ_EFULL, "requests-max");
    provider_reply(provider, &taken, "A");
    asker_expect(&asker, "A");
    asker_start(&rig, &asker, "errors", 20000);
    taken = provider_take(provider);
    provider_refuse(provider, &taken);
    asker_expect_failure(&asker, FSZ_EREFUSED, "out of paper");
    asker_fail(&rig, 30, FSZ_ETIMEOUT, "");
    taken = provider_take(provider);
    rig_wait_number(&rig, "services.0.deadline", 1);
    waiting = (struct asker){.service_client = fsz_api_service_client(rig.api)};
    waiting.ask = (struct fsz_request_spec){.service = "s",
                                            .method = "test.ask",
                                            .params = "{\"word\":\"w\"}",
                                            .params_bytes = strlen("{\"word\":\"w\"}"),
                                            .deadline_ms = 20000,
                                            .goes_on = never,
                                            .poll_ms = 1};
    assert_int_equal(fsz_service_client_ask(waiting.service_client, &waiting.ask, &waiting.reply),
                     FSZ_ECLOSED);
    fsz_service_client_unref(&waiting.service_client);
    rig_wait_number(&rig, "services.0.cancelled", 1);
    zmq_close(provider);
    service_wait_state(&rig, 0, "down");
    asker_fail(&rig, 20000, FSZ_ENOTFOUND, "no provider is up");
    json_int_t sum = 0;
    for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++) {
        char path[64];
        snprintf(path, sizeof(path), "services.0.%s", outcomes[i]);
        assert_int_equal(rig_number(&rig, path), 1);
        sum++;
    }
    assert_int_equal(rig_number(&rig, "services.0.asked"), sum);
    rig_stop(&rig);
    zmq_ctx_term(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_last_state_is_logged_although_it_came_soon_after_another),
        cmocka_unit_test(test_last_state_is_logged_of_a_client_that_leaves_at_once),
        cmocka_unit_test(test_orderly_end_is_no_warning),
        cmocka_unit_test(test_provider_that_never_connected_is_named),
        cmocka_unit_test(test_asked_is_the_sum_of_the_outcomes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
