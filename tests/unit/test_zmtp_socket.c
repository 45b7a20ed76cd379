/* SPDX-License-Identifier: MPL-2.0 */
/* libzmq peers are served; a peer that does not fit is disconnected alone. */

#include "zmtp_rig.h"

static char folder[] = "/tmp/zmtp-socket-XXXXXX";

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    return rmdir(folder);
}

static void serve_dealer_and_req(const char *endpoint)
{
    struct rig rig = rig_make(FSZ_ZMTP_ROUTER);
    rig_open(&rig, endpoint);
    void *dealer = peer_connect(&rig, ZMQ_DEALER);
    void *req = peer_connect(&rig, ZMQ_REQ);
    peer_ask(&rig, dealer, "hello");
    peer_say(req, "request");
    peer_expect(&rig, req, "request");
    peer_ask(&rig, dealer, "again");
    struct fsz_zmtp_figures figures = rig_figures(&rig);
    assert_int_equal(figures.open_now, 2);
    assert_int_equal(figures.ready_now, 2);
    assert_int_equal(figures.accepted, 2);
    assert_int_equal(figures.messages_in, 3);
    zmq_close(dealer);
    RIG_UNTIL(&rig, rig.ended == 1);
    zmq_close(req);
    RIG_UNTIL(&rig, rig.ended == 2);
    assert_int_equal(rig.endings[FSZ_ZMTP_END_PEER], 2);
    rig_end(&rig);
}

static void test_dealer_and_req_are_served_over_tcp(void **state)
{
    (void)state;
    serve_dealer_and_req("tcp://127.0.0.1:*");
}

static void test_dealer_and_req_are_served_over_ipc(void **state)
{
    (void)state;
    char endpoint[64];
    snprintf(endpoint, sizeof(endpoint), "ipc://%s/router", folder);
    serve_dealer_and_req(endpoint);
}

static void test_subscribers_say_what_they_want_and_get_it(void **state)
{
    (void)state;
    struct rig rig = rig_make(FSZ_ZMTP_XPUB);
    rig.mute = true;
    rig_open(&rig, "tcp://127.0.0.1:*");
    void *sub = peer_connect(&rig, ZMQ_SUB);
    assert_int_equal(zmq_setsockopt(sub, ZMQ_SUBSCRIBE, "abc", 3), 0);
    /* A command of ZMTP 3.1, or a message of ZMTP 3.0. */
    RIG_UNTIL(&rig, rig.subscriptions + rig.messages == 1);
    struct fsz_conn         *conn = fsz_zmtp_socket_find(rig.socket, rig.last_id);
    struct fsz_zmtp_message *message;
    assert_non_null(conn);
    assert_int_equal(fsz_conn_facts(conn)->type, FSZ_ZMTP_SUB);
    const struct fsz_frame frame = {.data = (const uint8_t *)"abcd", .size = 4};
    assert_int_equal(fsz_zmtp_message_new(&frame, 1, FSZ_ZMTP_NORMAL, &message), FSZ_OK);
    assert_int_equal(fsz_conn_send(conn, message), FSZ_OK);
    fsz_zmtp_message_unref(message);
    peer_expect(&rig, sub, "abcd");
    zmq_close(sub);
    rig_end(&rig);
}

static void test_another_mechanism_is_refused(void **state)
{
    (void)state;
    struct rig rig = rig_make(FSZ_ZMTP_ROUTER);
    rig_open(&rig, "tcp://127.0.0.1:*");
    void *good = peer_connect(&rig, ZMQ_DEALER);
    peer_ask(&rig, good, "before");
    void *bad = peer_make(&rig, ZMQ_DEALER);
    assert_int_equal(zmq_setsockopt(bad, ZMQ_PLAIN_USERNAME, "anna", 4), 0);
    assert_int_equal(zmq_connect(bad, rig.endpoint), 0);
    RIG_UNTIL(&rig, rig.endings[FSZ_ZMTP_END_MECHANISM] == 1);
    peer_ask(&rig, good, "meanwhile");
    zmq_close(bad);
    assert_int_equal(rig.ready, 1);
    zmq_close(good);
    rig_end(&rig);
}

static void test_another_socket_type_is_refused(void **state)
{
    (void)state;
    static const char hello[] = RIG_GREETING RIG_READY("DEALER");
    struct rig                               rig = rig_make(FSZ_ZMTP_XPUB);
    rig_open(&rig, "tcp://127.0.0.1:*");
    int fd = raw_connect(&rig, "127.0.0.1");
    raw_say(fd, hello, sizeof(hello) - 1);
    RIG_UNTIL(&rig, rig.endings[FSZ_ZMTP_END_TYPE] == 1);
    close(fd);
    void *bad = peer_connect(&rig, ZMQ_DEALER);
    RIG_UNTIL(&rig, rig.ended == 2); /* libzmq notices first, and leaves */
    zmq_close(bad);
    assert_int_equal(rig.ready, 0);
    rig_end(&rig);
}

static void test_garbage_ends_only_its_own_connection(void **state)
{
    (void)state;
    struct rig rig = rig_make(FSZ_ZMTP_ROUTER);
    rig_open(&rig, "tcp://127.0.0.1:*");
    void *good = peer_connect(&rig, ZMQ_DEALER);
    peer_ask(&rig, good, "before");
    for (size_t i = 1; i <= 50; i++) {
        int fd = raw_connect(&rig, "127.0.0.1");
        raw_say(fd, "GET / HTTP/1.1\r\n\r\n", 18);
        RIG_UNTIL(&rig, rig.endings[FSZ_ZMTP_END_PROTOCOL] == i);
        close(fd);
    }
    peer_ask(&rig, good, "after");
    assert_int_equal(rig.ended, 50);
    assert_int_equal(rig_figures(&rig).endings[FSZ_ZMTP_END_PROTOCOL], 50);
    zmq_close(good);
    rig_end(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dealer_and_req_are_served_over_tcp),
        cmocka_unit_test(test_dealer_and_req_are_served_over_ipc),
        cmocka_unit_test(test_subscribers_say_what_they_want_and_get_it),
        cmocka_unit_test(test_another_mechanism_is_refused),
        cmocka_unit_test(test_another_socket_type_is_refused),
        cmocka_unit_test(test_garbage_ends_only_its_own_connection),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
