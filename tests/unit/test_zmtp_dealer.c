/* SPDX-License-Identifier: MPL-2.0 */
#include "dealer_rig.h"

static void test_requests_go_out_and_replies_come(void **state)
{
    (void)state;
    struct dealer_rig d;
    void             *router = dealer_pair(&d);
    assert_int_equal(dealer_say(d.dealer, "one"), FSZ_OK);
    router_serve(&d, router, "one", "two");
    RIG_UNTIL(&d.rig, d.messages == 1);
    assert_string_equal(d.last, "two");
    assert_string_equal(d.order, "um");
    assert_non_null(fsz_dealer_socket(d.dealer));
    zmq_close(router);
    dealer_rig_end(&d);
}

static void test_message_without_a_connection_is_refused(void **state)
{
    (void)state;
    struct dealer_rig d;
    dealer_rig_open(&d);
    server_choose(d.endpoint);
    struct fsz_zmtp_options options = dealer_options(&d);
    dealer_open(&d, &options);
    assert_int_equal(dealer_say(d.dealer, "lost"), FSZ_ECLOSED);
    assert_null(fsz_dealer_conn(d.dealer));
    assert_null(fsz_dealer_conn(d.dealer));
    void *router = server_start(&d.rig, d.endpoint);
    RIG_UNTIL(&d.rig, d.ups == 1);
    assert_int_equal(dealer_say(d.dealer, "kept"), FSZ_OK);
    router_serve(&d, router, "kept", "first"); /* not the one before */
    zmq_close(router);
    dealer_rig_end(&d);
}

static void test_peer_that_restarts_is_up_again(void **state)
{
    (void)state;
    struct dealer_rig d;
    void             *router = dealer_pair(&d);
    for (size_t round = 1; round <= 3; round++) {
        server_stop(&d.rig, router, d.endpoint);
        RIG_UNTIL(&d.rig, d.downs == round);
        assert_int_equal(d.ending, FSZ_ZMTP_END_PEER);
        assert_int_equal(dealer_say(d.dealer, "lost"), FSZ_ECLOSED);
        router = server_start(&d.rig, d.endpoint);
        RIG_UNTIL(&d.rig, d.ups == round + 1);
        assert_int_equal(dealer_say(d.dealer, "again"), FSZ_OK);
        router_serve(&d, router, "again", "here");
        RIG_UNTIL(&d.rig, d.messages == round);
    }
    assert_int_equal(d.fails, 0);
    zmq_close(router);
    dealer_rig_end(&d);
}

static int listen_raw(struct dealer_rig *d)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t          size = sizeof(address);
    int                fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fd, 10), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    snprintf(d->endpoint, sizeof(d->endpoint), "tcp://127.0.0.1:%u", ntohs(address.sin_port));
    return fd;
}

/* Everything that a peer sends in its life, at once. */
static const char whole_life[] = RIG_GREETING RIG_READY("ROUTER") "\0\3one\0\3two\0\5three";

static void test_answers_right_before_the_end_come_before_it(void **state)
{
    (void)state;
    struct dealer_rig d;
    int               fd = -1;
    dealer_rig_open(&d);
    int                     listening = listen_raw(&d);
    struct fsz_zmtp_options options = dealer_options(&d);
    dealer_open(&d, &options);
    for (size_t round = 1; round <= 20; round++) {
        RIG_UNTIL(&d.rig, (fd = accept(listening, NULL, NULL)) >= 0);
        raw_say(fd, whole_life, sizeof(whole_life) - 1);
        if (round % 2 == 0) {
            close(fd); /* causes a reset, because our greeting is unread */
        } else {
            shutdown(fd, SHUT_WR);
        }
        RIG_UNTIL(&d.rig, d.downs + d.fails == round);
        if (round % 2 == 1) {
            assert_string_equal(d.order, "ummmd");
            assert_string_equal(d.last, "three");
            close(fd);
        }
        memset(d.order, 0, sizeof(d.order));
    }
    close(listening);
    dealer_rig_end(&d);
}

static void test_answer_of_libzmq_right_before_its_end_comes_before_it(void **state)
{
    (void)state;
    struct dealer_rig d;
    int               wait_ms = RIG_PATIENCE_MS;
    void             *router = dealer_pair(&d);
    for (size_t round = 1; round <= 20; round++) {
        assert_int_equal(dealer_say(d.dealer, "last"), FSZ_OK);
        zmq_setsockopt(router, ZMQ_LINGER, &wait_ms, sizeof(wait_ms));
        router_serve(&d, router, "last", "answer");
        server_stop(&d.rig, router, d.endpoint);
        RIG_UNTIL(&d.rig, d.downs == round);
        assert_int_equal(d.messages, round);
        router = server_start(&d.rig, d.endpoint);
        RIG_UNTIL(&d.rig, d.ups == round + 1);
    }
    zmq_close(router);
    dealer_rig_end(&d);
}

static void test_failed_handshakes_are_reported_and_tried_again(void **state)
{
    (void)state;
    struct dealer_rig d;
    dealer_rig_open(&d);
    server_choose(d.endpoint);
    void                   *router = server_start(&d.rig, d.endpoint);
    struct fsz_zmtp_options options = dealer_options(&d);
    options.mechanism.name = FSZ_ZMTP_PLAIN;
    dealer_open(&d, &options);
    RIG_UNTIL(&d.rig, d.fails >= 3);
    assert_int_equal(d.ending, FSZ_ZMTP_END_MECHANISM);
    assert_int_equal(d.ups, 0);
    assert_int_equal(d.downs, 0);
    zmq_close(router);
    dealer_rig_end(&d);
}

/* One of our sockets whose gate keeps the request. */
static void test_refusal_is_reported_as_denied_and_tried_again(void **state)
{
    (void)state;
    struct dealer_rig d;
    memset(&d, 0, sizeof(d));
    d.rig = rig_make(FSZ_ZMTP_ROUTER);
    d.rig.gated = true;
    rig_open(&d.rig, "tcp://127.0.0.1:*");
    memcpy(d.endpoint, d.rig.endpoint, sizeof(d.endpoint));
    struct fsz_zmtp_options options = dealer_options(&d);
    dealer_open(&d, &options);
    RIG_UNTIL(&d.rig, d.rig.gate.count == 1);
    rig_answer(&d.rig, "400", "");
    RIG_UNTIL(&d.rig, d.fails == 1);
    assert_int_equal(d.ending, FSZ_ZMTP_END_DENIED);
    RIG_UNTIL(&d.rig, d.rig.gate.count == 1);
    rig_answer(&d.rig, "200", "");
    RIG_UNTIL(&d.rig, d.ups == 1);
    assert_string_equal(d.order, "fu");
    dealer_rig_end(&d);
}

static void test_endpoint_that_is_not_valid_is_refused_with_a_reason(void **state)
{
    (void)state;
    struct dealer_rig d;
    char              why[FSZ_ADDRESS_WHY_BYTES] = "";
    dealer_rig_open(&d);
    struct fsz_zmtp_options options = dealer_options(&d);
    snprintf(d.endpoint, sizeof(d.endpoint), "tcp://127.0.0.1");
    assert_int_equal(dealer_try(&d, &options, why), FSZ_EINVALID);
    assert_string_not_equal(why, "");
    assert_null(d.dealer);
    dealer_rig_end(&d);
}

static void free_dealer(struct dealer_rig *d)
{
    fsz_dealer_free(&d->dealer);
}

static void test_dealer_may_be_freed_in_each_report(void **state)
{
    (void)state;
    struct dealer_rig d;
    for (int report = 0; report < 3; report++) {
        dealer_rig_open(&d);
        server_choose(d.endpoint);
        void                   *router = server_start(&d.rig, d.endpoint);
        struct fsz_zmtp_options options = dealer_options(&d);
        d.then = report == 0 ? free_dealer : NULL;
        dealer_open(&d, &options);
        RIG_UNTIL(&d.rig, d.ups == 1);
        d.then = free_dealer;
        if (report == 1) {
            assert_int_equal(dealer_say(d.dealer, "request"), FSZ_OK);
            router_serve(&d, router, "request", "answer");
        }
        if (report == 2) {
            zmq_close(router);
        }
        RIG_UNTIL(&d.rig, d.dealer == NULL);
        assert_int_equal(strlen(d.order), report == 0 ? 1 : 2);
        if (report != 2) {
            zmq_close(router);
        }
        dealer_rig_end(&d);
    }
}

/* A thread that sends as fast as it can. */
struct sender {
    struct fsz_dealer *dealer;
    _Atomic bool       stop;
    _Atomic size_t     sent;
};

static void *sender_run(void *argument)
{
    struct sender *sender = argument;
    while (!sender->stop) {
        sender->sent += dealer_say(sender->dealer, "tick") == FSZ_OK;
    }
    return NULL;
}

static void test_another_thread_may_send_while_the_peer_comes_and_goes(void **state)
{
    (void)state;
    struct dealer_rig d;
    struct sender     sender = {.dealer = NULL};
    pthread_t         thread;
    void             *router = dealer_pair(&d);
    char              bytes[256];
    sender.dealer = d.dealer;
    assert_int_equal(pthread_create(&thread, NULL, sender_run, &sender), 0);
    for (size_t round = 1; round <= 5; round++) {
        RIG_UNTIL(&d.rig, zmq_recv(router, bytes, sizeof(bytes), ZMQ_DONTWAIT) >= 0);
        server_stop(&d.rig, router, d.endpoint);
        RIG_UNTIL(&d.rig, d.downs == round);
        router = server_start(&d.rig, d.endpoint);
        RIG_UNTIL(&d.rig, d.ups == round + 1);
    }
    sender.stop = true;
    pthread_join(thread, NULL);
    assert_true(sender.sent > 0);
    zmq_close(router);
    dealer_rig_end(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests_go_out_and_replies_come),
        cmocka_unit_test(test_message_without_a_connection_is_refused),
        cmocka_unit_test(test_peer_that_restarts_is_up_again),
        cmocka_unit_test(test_answers_right_before_the_end_come_before_it),
        cmocka_unit_test(test_answer_of_libzmq_right_before_its_end_comes_before_it),
        cmocka_unit_test(test_failed_handshakes_are_reported_and_tried_again),
        cmocka_unit_test(test_refusal_is_reported_as_denied_and_tried_again),
        cmocka_unit_test(test_endpoint_that_is_not_valid_is_refused_with_a_reason),
        cmocka_unit_test(test_dealer_may_be_freed_in_each_report),
        cmocka_unit_test(test_another_thread_may_send_while_the_peer_comes_and_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
