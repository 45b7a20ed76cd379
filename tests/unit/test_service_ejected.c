/* SPDX-License-Identifier: MPL-2.0 */
/* Providers that fall behind, are ejected, and recover: over real sockets that the test drives. */
#include "service_rig.h"

#include <time.h>

static void test_one_probe_is_in_flight_however_many_late_replies_come(void **state)
{
    (void)state;
    void           *context = zmq_ctx_new();
    struct rig      rig;
    struct asker    asker;
    char            connect[256];
    void           *provider = provider_open(context, connect);
    struct provided taken[2], probe;
    RIG_START(&rig, "-", RIG_BIND, "service s", connect, "failures-max=2", "probe-ms=10",
              "deadline-ms=60000");
    service_wait_state(&rig, 0, "up");
    for (int i = 0; i < 2; i++) {
        asker_start(&rig, &asker, "x", 20);
        taken[i] = provider_take(provider);
        asker_expect_failure(&asker, FSZ_ETIMEOUT, "");
    }
    service_wait_state(&rig, 0, "ejected");
    probe = provider_take(provider);
    for (int i = 0; i < 2; i++) {
        provider_reply(provider, &taken[i], "late");
        rig_wait_number(&rig, "services.0.providers.0.late", i + 1);
    }
    usleep(50000); /* five times probe-ms */
    assert_int_equal(rig_number(&rig, "services.0.providers.0.probes"), 1);
    provider_reply(provider, &probe, "in time");
    service_wait_state(&rig, 0, "up");
    zmq_close(provider);
    rig_stop(&rig);
    zmq_ctx_term(context);
}

static void test_probe_without_a_reply_within_a_deadline_is_followed_by_another(void **state)
{
    (void)state;
    void        *context = zmq_ctx_new();
    struct rig   rig;
    struct asker asker;
    char         connect[256];
    void        *provider = provider_open(context, connect);
    RIG_START(&rig, "-", RIG_BIND, "service s", connect, "failures-max=1", "probe-ms=10",
              "attempt-ms=20", "deadline-ms=1000");
    service_wait_state(&rig, 0, "up");
    asker_start(&rig, &asker, "x", 50);
    provider_take(provider);
    asker_expect_failure(&asker, FSZ_ETIMEOUT, "");
    provider_take(provider);
    struct provided second = provider_take(provider);
    provider_reply(provider, &second, "in time");
    service_wait_state(&rig, 0, "up");
    zmq_close(provider);
    rig_stop(&rig);
    zmq_ctx_term(context);
}

static int64_t processor_ms(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

static void test_nothing_is_done_for_an_ejected_provider_that_is_gone(void **state)
{
    (void)state;
    void        *context = zmq_ctx_new();
    struct rig   rig;
    struct asker asker;
    char         connect[256];
    void        *provider = provider_open(context, connect);
    RIG_START(&rig, "-", RIG_BIND, "service s", connect, "failures-max=1", "probe-ms=10");
    service_wait_state(&rig, 0, "up");
    asker_start(&rig, &asker, "x", 20);
    provider_take(provider);
    asker_expect_failure(&asker, FSZ_ETIMEOUT, "");
    service_wait_state(&rig, 0, "ejected");
    zmq_close(provider);
    service_wait_state(&rig, 0, "down");
    int64_t before_ms = processor_ms();
    usleep(1000000);
    assert_in_range(processor_ms() - before_ms, 0, 300);
    rig_stop(&rig);
    zmq_ctx_term(context);
}

/* Four at once: one is sent and missed; the others get its room when their own time is over. */
static void test_requests_that_had_no_time_left_put_nobody_ejected(void **state)
{
    (void)state;
    void        *context = zmq_ctx_new();
    struct rig   rig;
    struct asker askers[4];
    char         connect[256];
    void        *provider = provider_open(context, connect);
    RIG_START(&rig, "-", RIG_BIND, "service s", connect, "failures-max=2", "capacity=1",
              "attempt-ms=1000", "deadline-ms=1000");
    service_wait_state(&rig, 0, "up");
    for (size_t i = 0; i < 4; i++) {
        asker_start(&rig, &askers[i], "x", 0);
    }
    provider_take(provider);
    for (size_t i = 0; i < 4; i++) {
        asker_expect_failure(&askers[i], FSZ_ETIMEOUT, "");
    }
    service_wait_state(&rig, 0, "up");
    assert_int_equal(rig_number(&rig, "services.0.providers.0.ejections"), 0);
    zmq_close(provider);
    rig_stop(&rig);
    zmq_ctx_term(context);
}

static void test_waiting_requests_end_when_the_last_provider_goes(void **state)
{
    (void)state;
    void        *context = zmq_ctx_new();
    struct rig   rig;
    struct asker askers[2];
    char         connect[256];
    void        *provider = provider_open(context, connect);
    RIG_START(&rig, "-", RIG_BIND, "service s", connect, "capacity=1");
    service_wait_state(&rig, 0, "up");
    for (size_t i = 0; i < 2; i++) {
        asker_start(&rig, &askers[i], "x", 60000);
    }
    rig_wait_number(&rig, "services.0.waiting", 1);
    zmq_close(provider);
    for (size_t i = 0; i < 2; i++) {
        asker_expect_failure(&askers[i], FSZ_ENOTFOUND, "");
    }
    rig_stop(&rig);
    zmq_ctx_term(context);
}

static void test_waiting_requests_end_when_the_last_provider_is_ejected(void **state)
{
    (void)state;
    void        *context = zmq_ctx_new();
    struct rig   rig;
    struct asker first, waits;
    char         connect[256];
    void        *provider = provider_open(context, connect);
    RIG_START(&rig, "-", RIG_BIND, "service s", connect, "capacity=1", "failures-max=1",
              "probe-ms=60000");
    service_wait_state(&rig, 0, "up");
    asker_start(&rig, &first, "x", 200);
    provider_take(provider);
    asker_start(&rig, &waits, "y", 60000);
    asker_expect_failure(&first, FSZ_ETIMEOUT, "");
    asker_expect_failure(&waits, FSZ_ENOTFOUND, "");
    zmq_close(provider);
    rig_stop(&rig);
    zmq_ctx_term(context);
}

/* ---- inproc ---------------------------------------------------------------------------------- */

static void *local_open(struct rig *rig)
{
    int   patience_ms = RIG_PATIENCE_MS, linger = 0;
    void *socket = zmq_socket(rig->context, ZMQ_ROUTER);
    assert_non_null(socket);
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &patience_ms, sizeof(patience_ms));
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof(linger));
    assert_int_equal(zmq_bind(socket, "inproc://directory"), 0);
    return socket;
}

static void local_serve_one(struct rig *rig, void *provider)
{
    struct asker    asker;
    struct provided taken;
    asker_start(rig, &asker, "x", 20000);
    taken = provider_take(provider);
    provider_reply(provider, &taken, "from this process");
    asker_expect(&asker, "from this process");
}

/* libzmq ends the connection a moment after the socket was closed; messages sent meanwhile are
 * lost. */
static void local_wait_gone(struct rig *rig)
{
    struct asker asker = {.err = FSZ_ETIMEOUT};
    for (int i = 0; i < 200 && asker.err == FSZ_ETIMEOUT; i++) {
        asker_start(rig, &asker, "x", 50);
        asker_end(&asker);
    }
    assert_int_equal(asker.err, FSZ_ENOTFOUND);
}

static void test_provider_over_inproc_serves_goes_and_comes_back(void **state)
{
    (void)state;
    struct rig rig;
    RIG_START(&rig, "-", RIG_BIND, "service s", "connect=inproc://directory", "failures-max=1000");
    void *provider = local_open(&rig);
    service_wait_state(&rig, 0, "up");
    local_serve_one(&rig, provider);
    zmq_close(provider);
    local_wait_gone(&rig);
    provider = local_open(&rig);
    service_wait_state(&rig, 0, "up");
    local_serve_one(&rig, provider);
    zmq_close(provider);
    rig_stop(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_probe_is_in_flight_however_many_late_replies_come),
        cmocka_unit_test(test_probe_without_a_reply_within_a_deadline_is_followed_by_another),
        cmocka_unit_test(test_nothing_is_done_for_an_ejected_provider_that_is_gone),
        cmocka_unit_test(test_requests_that_had_no_time_left_put_nobody_ejected),
        cmocka_unit_test(test_waiting_requests_end_when_the_last_provider_goes),
        cmocka_unit_test(test_waiting_requests_end_when_the_last_provider_is_ejected),
        cmocka_unit_test(test_provider_over_inproc_serves_goes_and_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
