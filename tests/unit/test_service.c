/* SPDX-License-Identifier: MPL-2.0 */
/* Requests of the switch, over real sockets, to providers that the test drives. */
#include "service_rig.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

static void test_service_replies_are_matched_by_id_in_any_order(void **state)
{
    (void)state;
    void        *context = zmq_ctx_new();
    struct rig   rig;
    struct asker first, second;
    char         connect[256];
    void        *provider = provider_open(context, connect);
    RIG_START(&rig, "-", RIG_BIND, "service s", connect);
    asker_start(&rig, &first, "one", 10000);
    struct provided one = provider_take(provider);
    asker_start(&rig, &second, "two", 10000);
    struct provided two = provider_take(provider);
    assert_string_equal(one.word, "one");
    assert_true(two.id != one.id);
    provider_reply(provider, &two, "deux");
    asker_expect(&second, "deux");
    provider_reply(provider, &one, "un");
    asker_expect(&first, "un");
    assert_int_equal(rig_number(&rig, "services.0.answered"), 2);
    assert_int_equal(rig_number(&rig, "services.0.in_flight"), 0);
    zmq_close(provider);
    rig_stop(&rig);
    zmq_ctx_term(context);
}

static void test_service_request_fits_a_rep_socket(void **state)
{
    (void)state;
    void        *context = zmq_ctx_new();
    struct rig   rig;
    struct asker asker;
    char         connect[256];
    size_t       size = 200;
    int          patience_ms = RIG_PATIENCE_MS;
    void        *rep = zmq_socket(context, ZMQ_REP);
    zmq_setsockopt(rep, ZMQ_RCVTIMEO, &patience_ms, sizeof(patience_ms));
    assert_int_equal(zmq_bind(rep, "tcp://127.0.0.1:*"), 0);
    strcpy(connect, "connect=");
    zmq_getsockopt(rep, ZMQ_LAST_ENDPOINT, connect + 8, &size);
    RIG_START(&rig, "-", RIG_BIND, "service s", connect);
    asker_start(&rig, &asker, "x", 10000);
    json_t *request = client_receive(rep), *id = json_object_get(request, "id");
    json_t *answer =
        json_pack("{ss sO s{ss}}", "jsonrpc", "2.0", "id", id, "result", "word", "from a REP");
    char *text = json_dumps(answer, 0);
    client_send(rep, text);
    asker_expect(&asker, "from a REP");
    free(text);
    json_decref(answer);
    json_decref(request);
    zmq_close(rep);
    rig_stop(&rig);
    zmq_ctx_term(context);
}

/* Two providers, both up. */
static void two_open(void *context, struct rig *rig, void *providers[2], const char *more)
{
    char connect[2][256];
    providers[0] = provider_open(context, connect[0]);
    providers[1] = provider_open(context, connect[1]);
    RIG_START(rig, "-", RIG_BIND, "service s", connect[0], connect[1], more);
    service_wait_state(rig, 0, "up");
    service_wait_state(rig, 1, "up");
}

static void two_close(void *context, struct rig *rig, void *providers[2])
{
    zmq_close(providers[0]);
    zmq_close(providers[1]);
    rig_stop(rig);
    zmq_ctx_term(context);
}

static void test_service_asks_the_least_loaded_provider(void **state)
{
    (void)state;
    void           *context = zmq_ctx_new(), *providers[2];
    struct rig      rig;
    struct asker    askers[3];
    struct provided taken[3];
    two_open(context, &rig, providers, "attempt-ms=10000");
    asker_start(&rig, &askers[0], "a", 10000);
    taken[0] = provider_take(providers[0]);
    asker_start(&rig, &askers[1], "b", 10000);
    taken[1] = provider_take(providers[1]);
    provider_reply(providers[1], &taken[1], "b");
    asker_expect(&askers[1], "b");
    asker_start(&rig, &askers[2], "c", 10000);
    taken[2] = provider_take(providers[1]);
    provider_reply(providers[1], &taken[2], "c");
    asker_expect(&askers[2], "c");
    provider_reply(providers[0], &taken[0], "a");
    asker_expect(&askers[0], "a");
    two_close(context, &rig, providers);
}

static void test_service_error_sends_the_request_to_another_provider(void **state)
{
    (void)state;
    void           *context = zmq_ctx_new(), *providers[2];
    struct rig      rig;
    struct asker    asker;
    struct provided taken;
    two_open(context, &rig, providers, "attempt-ms=10000");
    asker_start(&rig, &asker, "x", 10000);
    taken = provider_take(providers[0]);
    provider_refuse(providers[0], &taken);
    taken = provider_take(providers[1]);
    provider_reply(providers[1], &taken, "good");
    asker_expect(&asker, "good");
    asker_start(&rig, &asker, "y", 10000);
    taken = provider_take(providers[0]);
    provider_refuse(providers[0], &taken);
    taken = provider_take(providers[1]);
    provider_refuse(providers[1], &taken);
    asker_expect_failure(&asker, FSZ_EREFUSED, "out of paper");
    assert_string_equal(strstr(rig_switch.news, "ejected") ? "ejected" : "", "");
    two_close(context, &rig, providers);
}

static void test_service_silence_sends_the_request_on_and_the_first_reply_counts(void **state)
{
    (void)state;
    void           *context = zmq_ctx_new(), *providers[2];
    struct rig      rig;
    struct asker    asker;
    struct provided slow, other;
    two_open(context, &rig, providers, "attempt-ms=20");
    asker_start(&rig, &asker, "x", 10000);
    slow = provider_take(providers[0]);
    other = provider_take(providers[1]);
    provider_reply(providers[0], &slow, "slow but in time");
    asker_expect(&asker, "slow but in time");
    provider_reply(providers[1], &other, "too late");
    rig_wait_number(&rig, "services.0.providers.1.late", 1);
    assert_int_equal(rig_number(&rig, "services.0.providers.0.missed"), 1);
    two_close(context, &rig, providers);
}

static void test_service_lost_connection_sends_the_request_on_at_once(void **state)
{
    (void)state;
    void           *context = zmq_ctx_new(), *providers[2];
    struct rig      rig;
    struct asker    asker;
    struct provided taken;
    two_open(context, &rig, providers, "attempt-ms=10000");
    asker_start(&rig, &asker, "x", 10000);
    taken = provider_take(providers[0]);
    zmq_close(providers[0]);
    taken = provider_take(providers[1]);
    provider_reply(providers[1], &taken, "in place of the other");
    asker_expect(&asker, "in place of the other");
    providers[0] = NULL;
    zmq_close(providers[1]);
    rig_stop(&rig);
    zmq_ctx_term(context);
}

static void test_service_reports_a_deadline_and_counts_the_late_reply(void **state)
{
    (void)state;
    void           *context = zmq_ctx_new();
    struct rig      rig;
    struct asker    asker;
    char            connect[256];
    void           *provider = provider_open(context, connect);
    struct provided taken;
    RIG_START(&rig, "-", RIG_BIND, "service s", connect, "failures-max=10");
    service_wait_state(&rig, 0, "up");
    asker_start(&rig, &asker, "x", 30);
    taken = provider_take(provider);
    asker_expect_failure(&asker, FSZ_ETIMEOUT, "no reply in time");
    assert_string_equal(asker.reply.provider, connect + 8);
    provider_reply(provider, &taken, "late");
    rig_wait_number(&rig, "services.0.providers.0.late", 1);
    assert_int_equal(rig_number(&rig, "services.0.deadline"), 1);
    zmq_close(provider);
    rig_stop(&rig);
    zmq_ctx_term(context);
}

static void test_service_ejects_a_slow_provider_until_it_replies_to_a_probe(void **state)
{
    (void)state;
    void           *context = zmq_ctx_new();
    struct rig      rig;
    struct asker    asker;
    char            connect[256];
    void           *provider = provider_open(context, connect);
    struct provided taken;
    RIG_START(&rig, "-", RIG_BIND, "service s", connect, "failures-max=2", "probe-ms=10000");
    service_wait_state(&rig, 0, "up");
    for (int i = 0; i < 2; i++) {
        asker_start(&rig, &asker, "x", 20);
        provider_take(provider);
        asker_expect_failure(&asker, FSZ_ETIMEOUT, "");
    }
    service_wait_state(&rig, 0, "ejected");
    asker_fail(&rig, 60000, FSZ_ENOTFOUND, "no provider is up");
    taken = provider_take(provider);
    assert_string_equal(taken.word, "x");
    provider_reply(provider, &taken, "I am back");
    service_wait_state(&rig, 0, "up");
    asker_start(&rig, &asker, "y", 10000);
    taken = provider_take(provider);
    provider_reply(provider, &taken, "z");
    asker_expect(&asker, "z");
    assert_string_equal(rig_switch.news, "up ejected up ");
    assert_int_equal(rig_number(&rig, "services.0.providers.0.ejections"), 1);
    zmq_close(provider);
    rig_stop(&rig);
    zmq_ctx_term(context);
}

static void test_service_provider_that_reconnects_is_up_at_once(void **state)
{
    (void)state;
    void        *context = zmq_ctx_new();
    struct rig   rig;
    struct asker asker;
    char         connect[256];
    void        *provider = provider_open(context, connect);
    RIG_START(&rig, "-", RIG_BIND, "service s", connect, "failures-max=1", "probe-ms=60000");
    service_wait_state(&rig, 0, "up");
    asker_start(&rig, &asker, "x", 20);
    provider_take(provider);
    asker_expect_failure(&asker, FSZ_ETIMEOUT, "");
    service_wait_state(&rig, 0, "ejected");
    zmq_close(provider);
    service_wait_state(&rig, 0, "down");
    asker_fail(&rig, 60000, FSZ_ENOTFOUND, "no provider is up");
    provider = zmq_socket(context, ZMQ_ROUTER);
    while (zmq_bind(provider, connect + 8) != 0) { /* until libzmq has closed the other one */
        usleep(1000);
    }
    service_wait_state(&rig, 0, "up");
    zmq_close(provider);
    rig_stop(&rig);
    zmq_ctx_term(context);
}

/* "connect=ADDRESS" of an address where nothing listens yet. */
static void free_address(char ret_connect[256])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t          size = sizeof(address);
    int                fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    close(fd);
    snprintf(ret_connect, 256, "connect=tcp://127.0.0.1:%d", ntohs(address.sin_port));
}

static void test_service_waits_for_a_first_connection_but_not_for_the_next(void **state)
{
    (void)state;
    void        *context = zmq_ctx_new(), *provider = zmq_socket(context, ZMQ_ROUTER);
    struct rig   rig;
    struct asker asker;
    char         connect[256];
    free_address(connect);
    RIG_START(&rig, "-", RIG_BIND, "service s", connect, "deadline-ms=20000");
    asker_start(&rig, &asker, "x", 20000);
    rig_wait_number(&rig, "services.0.waiting", 1);
    assert_int_equal(zmq_bind(provider, connect + 8), 0);
    struct provided taken = provider_take(provider);
    provider_reply(provider, &taken, "here I am");
    asker_expect(&asker, "here I am");
    zmq_close(provider);
    service_wait_state(&rig, 0, "down");
    asker_fail(&rig, 60000, FSZ_ENOTFOUND, "no provider is up");
    assert_int_equal(rig_number(&rig, "services.0.no_provider"), 1);
    rig_stop(&rig);
    zmq_ctx_term(context);
}

static void
test_service_controls_back_what_is_over_a_capacity_and_refuses_what_is_over_its_own(void **state)
{
    (void)state;
    void        *context = zmq_ctx_new();
    struct rig   rig;
    struct asker askers[3];
    char         connect[256];
    void        *provider = provider_open(context, connect);
    RIG_START(&rig, "-", RIG_BIND, "service s", connect, "capacity=1", "requests-max=2");
    service_wait_state(&rig, 0, "up");
    asker_start(&rig, &askers[0], "a", 20000);
    struct provided taken = provider_take(provider);
    asker_start(&rig, &askers[1], "b", 20000);
    rig_wait_number(&rig, "services.0.waiting", 1);
    asker_start(&rig, &askers[2], "c", 20000);
    asker_expect_failure(&askers[2], FSZ_EFULL, "requests-max");
    provider_reply(provider, &taken, "A");
    asker_expect(&askers[0], "A");
    taken = provider_take(provider);
    assert_string_equal(taken.word, "b");
    provider_reply(provider, &taken, "B");
    asker_expect(&askers[1], "B");
    assert_int_equal(rig_number(&rig, "services.0.overloaded"), 1);
    zmq_close(provider);
    rig_stop(&rig);
    zmq_ctx_term(context);
}

static void test_service_waiting_request_keeps_its_deadline(void **state)
{
    (void)state;
    void        *context = zmq_ctx_new();
    struct rig   rig;
    struct asker first;
    char         connect[256];
    void        *provider = provider_open(context, connect);
    RIG_START(&rig, "-", RIG_BIND, "service s", connect, "capacity=1");
    service_wait_state(&rig, 0, "up");
    asker_start(&rig, &first, "a", 20000);
    struct provided taken = provider_take(provider);
    asker_fail(&rig, 30, FSZ_ETIMEOUT, "no provider had room in time");
    provider_reply(provider, &taken, "A");
    asker_expect(&first, "A");
    zmq_close(provider);
    rig_stop(&rig);
    zmq_ctx_term(context);
}

static void test_service_survives_garbage_and_forged_ids(void **state)
{
    (void)state;
    void        *context = zmq_ctx_new(), *providers[2];
    struct rig   rig;
    struct asker asker;
    two_open(context, &rig, providers, "attempt-ms=10000");
    asker_start(&rig, &asker, "x", 20000);
    struct provided taken = provider_take(providers[0]);
    provider_send(providers[0], &taken, "garbage");
    provider_send(providers[0], &taken, "[]");
    provider_send(providers[0], &taken, "{\"jsonrpc\":\"2.0\",\"id\":999999,\"result\":{}}");
    provider_send(providers[0], &taken, "{\"jsonrpc\":\"2.0\",\"id\":\"1\",\"result\":{}}");
    provider_send(providers[0], &taken, "{\"jsonrpc\":\"2.0\",\"method\":\"api\",\"id\":1}");
    zmq_send(providers[0], taken.peer, (size_t)taken.peer_size, ZMQ_SNDMORE);
    client_send(providers[0], "one frame only");
    rig_wait_number(&rig, "services.0.providers.0.bad", 5);
    assert_non_null(strstr(rig_switch.last_log, "service \"s\": tcp://127.0.0.1:"));
    provider_reply(providers[0], &taken, "good after all");
    asker_expect(&asker, "good after all");
    two_close(context, &rig, providers);
}

static void test_service_id_of_another_provider_is_not_taken(void **state)
{
    (void)state;
    void        *context = zmq_ctx_new(), *providers[2];
    struct rig   rig;
    struct asker first, second;
    two_open(context, &rig, providers, "attempt-ms=10000");
    asker_start(&rig, &first, "x", 20000);
    struct provided mine = provider_take(providers[0]);
    asker_start(&rig, &second, "y", 20000);
    struct provided other = provider_take(providers[1]), forged = mine;
    forged.id = other.id;
    provider_reply(providers[0], &forged, "forged");
    rig_wait_number(&rig, "services.0.providers.0.late", 1);
    provider_reply(providers[1], &other, "real");
    asker_expect(&second, "real");
    provider_reply(providers[0], &mine, "mine");
    asker_expect(&first, "mine");
    two_close(context, &rig, providers);
}

static void test_service_result_that_is_no_object_is_a_failure(void **state)
{
    (void)state;
    void        *context = zmq_ctx_new();
    struct rig   rig;
    struct asker asker;
    char         connect[256], text[128];
    void        *provider = provider_open(context, connect);
    RIG_START(&rig, "-", RIG_BIND, "service s", connect);
    service_wait_state(&rig, 0, "up");
    asker_start(&rig, &asker, "x", 20000);
    struct provided taken = provider_take(provider);
    snprintf(text, sizeof(text), "{\"jsonrpc\":\"2.0\",\"id\":%lld,\"result\":\"text\"}",
             (long long)taken.id);
    provider_send(provider, &taken, text);
    asker_expect_failure(&asker, FSZ_EINVALID, "neither an object");
    zmq_close(provider);
    rig_stop(&rig);
    zmq_ctx_term(context);
}

/* Writes a new key pair to PATH and PATH_secret, or removes both. */
static void key_files(const char *path, bool there)
{
    char            secret[128], why[256];
    struct fsz_cert cert;
    snprintf(secret, sizeof(secret), "%s_secret", path);
    unlink(path);
    unlink(secret);
    if (there) {
        assert_int_equal(fsz_cert_make("switch", &cert), FSZ_OK);
        assert_int_equal(fsz_cert_write(path, &cert, why, sizeof(why)), FSZ_OK);
        fsz_cert_forget(&cert);
    }
}

static void test_service_shows_its_key_to_a_provider_whose_key_it_knows(void **state)
{
    (void)state;
    void        *context = zmq_ctx_new();
    struct rig   rig;
    struct asker asker;
    char         connect[256], path[64], key[128], server_key[128];
    char         public_key[FSZ_KEY_BYTES], secret_key[FSZ_KEY_BYTES];
    int          yes = 1;
    size_t       size = 200;
    void        *provider = zmq_socket(context, ZMQ_ROUTER);
    assert_int_equal(zmq_curve_keypair(public_key, secret_key), 0);
    zmq_setsockopt(provider, ZMQ_CURVE_SERVER, &yes, sizeof(yes));
    zmq_setsockopt(provider, ZMQ_CURVE_SECRETKEY, secret_key, FSZ_KEY_BYTES - 1);
    assert_int_equal(zmq_bind(provider, "tcp://127.0.0.1:*"), 0);
    strcpy(connect, "connect=");
    zmq_getsockopt(provider, ZMQ_LAST_ENDPOINT, connect + 8, &size);
    snprintf(path, sizeof(path), "/tmp/fsz-test-service-%d.key", (int)getpid());
    key_files(path, true);
    snprintf(key, sizeof(key), "curve-key-file=%s_secret", path);
    snprintf(server_key, sizeof(server_key), "server-key=%s", public_key);
    RIG_START(&rig, key, "-", RIG_BIND, "service s", connect, server_key);
    service_wait_state(&rig, 0, "up");
    asker_start(&rig, &asker, "x", 20000);
    struct provided taken = provider_take(provider);
    provider_reply(provider, &taken, "in secret");
    asker_expect(&asker, "in secret");
    key_files(path, false);
    zmq_close(provider);
    rig_stop(&rig);
    zmq_ctx_term(context);
}

static void test_service_unknown_is_reported_at_once(void **state)
{
    (void)state;
    struct rig rig;
    RIG_START(&rig, "-", RIG_BIND);
    asker_fail(&rig, 60000, FSZ_ENOTFOUND, "no such service");
    rig_stop(&rig);
}

static void test_service_end_wakes_waiting_threads(void **state)
{
    (void)state;
    void        *context = zmq_ctx_new();
    struct rig   rig;
    struct asker asker;
    char         connect[256];
    void        *provider = provider_open(context, connect);
    RIG_START(&rig, "-", RIG_BIND, "service s", connect);
    service_wait_state(&rig, 0, "up");
    asker_start(&rig, &asker, "x", 3600000);
    provider_take(provider);
    struct fsz_service_client *service_client = fsz_api_service_client(rig.api);
    rig_stop(&rig);
    asker_expect_failure(&asker, FSZ_ECLOSED, "closed");
    struct fsz_reply reply;
    assert_int_equal(fsz_service_client_ask(service_client, &asker.ask, &reply), FSZ_ECLOSED);
    fsz_service_client_unref(&service_client);
    zmq_close(provider);
    zmq_ctx_term(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_service_replies_are_matched_by_id_in_any_order),
        cmocka_unit_test(test_service_request_fits_a_rep_socket),
        cmocka_unit_test(test_service_asks_the_least_loaded_provider),
        cmocka_unit_test(test_service_error_sends_the_request_to_another_provider),
        cmocka_unit_test(test_service_silence_sends_the_request_on_and_the_first_reply_counts),
        cmocka_unit_test(test_service_lost_connection_sends_the_request_on_at_once),
        cmocka_unit_test(test_service_reports_a_deadline_and_counts_the_late_reply),
        cmocka_unit_test(test_service_ejects_a_slow_provider_until_it_replies_to_a_probe),
        cmocka_unit_test(test_service_provider_that_reconnects_is_up_at_once),
        cmocka_unit_test(test_service_waits_for_a_first_connection_but_not_for_the_next),
        cmocka_unit_test(
            test_service_controls_back_what_is_over_a_capacity_and_refuses_what_is_over_its_own),
        cmocka_unit_test(test_service_waiting_request_keeps_its_deadline),
        cmocka_unit_test(test_service_survives_garbage_and_forged_ids),
        cmocka_unit_test(test_service_id_of_another_provider_is_not_taken),
        cmocka_unit_test(test_service_result_that_is_no_object_is_a_failure),
        cmocka_unit_test(test_service_shows_its_key_to_a_provider_whose_key_it_knows),
        cmocka_unit_test(test_service_unknown_is_reported_at_once),
        cmocka_unit_test(test_service_end_wakes_waiting_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
