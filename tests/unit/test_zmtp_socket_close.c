/* SPDX-License-Identifier: MPL-2.0 */
/* Queued messages when a socket closes, and references that outlive it. */

#include "zmtp_rig.h"

#include <netinet/tcp.h>

enum { BIG_BYTES = 4 << 20, BIG_COUNT = 3 };

/* The caller owns one reference. */
static struct fsz_zmtp_message *send_big(struct rig *rig)
{
    struct fsz_zmtp_message *message;
    uint8_t                 *bytes = calloc(1, BIG_BYTES);
    assert_non_null(bytes);
    const struct fsz_frame frame = {.data = bytes, .size = BIG_BYTES};
    assert_int_equal(fsz_zmtp_message_new(&frame, 1, FSZ_ZMTP_HIGH, &message), FSZ_OK);
    struct fsz_conn *conn = fsz_zmtp_socket_find(rig->socket, rig->last_id);
    for (int i = 0; i < BIG_COUNT; i++) {
        assert_int_equal(fsz_conn_send(conn, message), FSZ_OK);
    }
    free(bytes);
    return message;
}

static void test_what_waits_is_delivered_within_the_linger(void **state)
{
    (void)state;
    struct rig rig = rig_make(FSZ_ZMTP_ROUTER);
    zmq_msg_t  message;
    rig_open(&rig, "tcp://127.0.0.1:*");
    void *peer = peer_connect(&rig, ZMQ_DEALER);
    peer_ask(&rig, peer, "hello");
    fsz_zmtp_message_unref(send_big(&rig));
    fsz_zmtp_socket_close(&rig.socket, RIG_PATIENCE_MS, rig_closed, &rig);
    assert_null(rig.socket);
    assert_int_equal(rig.closed, 0);
    zmq_msg_init(&message);
    for (int i = 0; i < BIG_COUNT; i++) {
        int size = -1;
        RIG_UNTIL(&rig, (size = zmq_msg_recv(&message, peer, ZMQ_DONTWAIT)) >= 0);
        assert_int_equal(size, BIG_BYTES);
    }
    zmq_msg_close(&message);
    RIG_UNTIL(&rig, rig.closed == 1);
    assert_int_equal(rig.endings[FSZ_ZMTP_END_STOPPED], 1);
    zmq_close(peer);
    rig_end(&rig);
}

/* A peer that reads nothing. */
static int open_for_the_deaf(struct rig *rig)
{
    static const char hello[] = RIG_GREETING RIG_READY("DEALER");
    rig->options.send_buffer_bytes = 10000;
    rig_open(rig, "tcp://127.0.0.1:*");
    int fd = raw_connect(rig, "127.0.0.1");
    raw_say(fd, hello, sizeof(hello) - 1);
    RIG_UNTIL(rig, rig->ready == 1);
    return fd;
}

static void test_peer_that_takes_nothing_ends_with_the_linger(void **state)
{
    (void)state;
    struct rig rig = rig_make(FSZ_ZMTP_ROUTER);
    int        fd = open_for_the_deaf(&rig);
    fsz_zmtp_message_unref(send_big(&rig));
    fsz_zmtp_socket_close(&rig.socket, 50, rig_closed, &rig);
    assert_int_equal(rig.closed, 0);
    RIG_UNTIL(&rig, rig.closed == 1);
    assert_int_equal(rig.endings[FSZ_ZMTP_END_STOPPED], 1);
    close(fd);
    rig_end(&rig);
}

/* The close waits until the peer's system has everything, which it acknowledges a little later. */
static void
test_a_peer_that_does_not_read_is_not_waited_for_when_its_system_has_everything(void **state)
{
    (void)state;
    struct rig               rig = rig_make(FSZ_ZMTP_ROUTER);
    int                      fd = open_for_the_deaf(&rig);
    int                      no = 0;
    char                     body[200] = {0};
    const struct fsz_frame   frame = {.data = (const uint8_t *)body, .size = sizeof(body)};
    struct fsz_zmtp_message *message = NULL;
    assert_int_equal(setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &no, sizeof(no)), 0);
    assert_int_equal(fsz_zmtp_message_new(&frame, 1, FSZ_ZMTP_HIGH, &message), FSZ_OK);
    assert_int_equal(fsz_conn_send(fsz_zmtp_socket_find(rig.socket, rig.last_id), message), FSZ_OK);
    fsz_zmtp_message_unref(message);
    fsz_zmtp_socket_close(&rig.socket, 100 * RIG_PATIENCE_MS, rig_closed, &rig);
    RIG_UNTIL(&rig, rig.closed == 1);
    assert_int_equal(rig.endings[FSZ_ZMTP_END_STOPPED], 1);
    close(fd);
    rig_end(&rig);
}

static void test_the_linger_begins_when_the_socket_is_closed(void **state)
{
    enum { LINGER_MS = 100 };
    (void)state;
    struct rig rig = rig_make(FSZ_ZMTP_ROUTER);
    int        fd = open_for_the_deaf(&rig);
    fsz_zmtp_message_unref(send_big(&rig));
    usleep(LINGER_MS * 1000); /* without turning the loop */
    int64_t closed_ms = rig_now_ms();
    fsz_zmtp_socket_close(&rig.socket, LINGER_MS, rig_closed, &rig);
    RIG_UNTIL(&rig, rig.closed == 1);
    assert_true(rig_now_ms() - closed_ms >= LINGER_MS);
    close(fd);
    rig_end(&rig);
}

static void test_an_earlier_end_of_the_linger_holds_for_what_is_closing(void **state)
{
    (void)state;
    struct rig rig = rig_make(FSZ_ZMTP_ROUTER);
    int        fd = open_for_the_deaf(&rig);
    fsz_zmtp_message_unref(send_big(&rig));
    struct fsz_conn *conn = fsz_conn_ref(fsz_zmtp_socket_find(rig.socket, rig.last_id));
    int64_t          now_ms = fsz_loop_now_ms(rig.loop);
    fsz_conn_finish(conn, now_ms + 100 * (int64_t)RIG_PATIENCE_MS);
    fsz_conn_finish(conn, now_ms + 200 * (int64_t)RIG_PATIENCE_MS);
    assert_false(fsz_conn_has_ended(conn));
    fsz_zmtp_socket_close(&rig.socket, 50, rig_closed, &rig);
    assert_false(fsz_conn_has_ended(conn));
    RIG_UNTIL(&rig, rig.closed == 1);
    fsz_conn_unref(&conn);
    close(fd);
    rig_end(&rig);
}

static void test_message_outlives_the_socket_whose_budget_it_counts_for(void **state)
{
    (void)state;
    struct rig               rig = rig_make(FSZ_ZMTP_ROUTER);
    int                      fd = open_for_the_deaf(&rig);
    struct fsz_zmtp_message *message = send_big(&rig);
    assert_true(rig_figures(&rig).output_bytes >= BIG_BYTES);
    rig_end(&rig);
    fsz_zmtp_message_unref(message);
    close(fd);
}

/* A thread that keeps a reference and sends while the socket closes. */
struct sender {
    struct fsz_conn *conn;
    _Atomic bool     stop;
    size_t           sent, refused;
};

static void *sender_run(void *argument)
{
    struct sender         *sender = argument;
    const struct fsz_frame frame = {.data = (const uint8_t *)"tick", .size = 4};
    while (!sender->stop) {
        struct fsz_zmtp_message *message = NULL;
        if (fsz_zmtp_message_new(&frame, 1, FSZ_ZMTP_LOW, &message) == FSZ_OK) {
            fsz_err err = fsz_conn_send(sender->conn, message);
            *(err == FSZ_OK ? &sender->sent : &sender->refused) += 1;
            fsz_zmtp_message_unref(message);
        }
    }
    assert_string_equal(fsz_zmtp_socket_identity(sender->conn).user, "");
    fsz_conn_kick(sender->conn); /* without effect */
    fsz_conn_unref(&sender->conn);
    return NULL;
}

static void test_reference_outlives_socket_and_loop(void **state)
{
    (void)state;
    struct rig    rig = rig_make(FSZ_ZMTP_ROUTER);
    struct sender sender = {.conn = NULL};
    pthread_t     thread;
    rig_open(&rig, "tcp://127.0.0.1:*");
    void *peer = peer_connect(&rig, ZMQ_DEALER);
    RIG_UNTIL(&rig, rig.ready == 1);
    sender.conn = fsz_conn_ref(fsz_zmtp_socket_find(rig.socket, rig.last_id));
    assert_int_equal(pthread_create(&thread, NULL, sender_run, &sender), 0);
    for (int i = 0; i < 50; i++) {
        peer_expect(&rig, peer, "tick");
    }
    zmq_close(peer);
    rig_end(&rig);
    sender.stop = true;
    pthread_join(thread, NULL);
    assert_true(sender.sent >= 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_waits_is_delivered_within_the_linger),
        cmocka_unit_test(test_peer_that_takes_nothing_ends_with_the_linger),
        cmocka_unit_test(
            test_a_peer_that_does_not_read_is_not_waited_for_when_its_system_has_everything),
        cmocka_unit_test(test_the_linger_begins_when_the_socket_is_closed),
        cmocka_unit_test(test_an_earlier_end_of_the_linger_holds_for_what_is_closing),
        cmocka_unit_test(test_message_outlives_the_socket_whose_budget_it_counts_for),
        cmocka_unit_test(test_reference_outlives_socket_and_loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
