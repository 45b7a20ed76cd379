/* What waits when a socket closes, and what is still referred to when it is gone. */

#include "zmtp_rig.h"

enum { BIG_BYTES = 4 << 20, BIG_COUNT = 3 };

/* One reference to it is the caller's. */
static struct fsz_zmtp_message *send_big(struct rig *rig)
{
    struct fsz_zmtp_message *message;
    uint8_t                 *bytes = calloc(1, BIG_BYTES);
    assert_non_null(bytes);
    const struct fsz_frame frame = {.data = bytes, .size = BIG_BYTES};
    assert_int_equal(fsz_zmtp_message_new(&frame, 1, FSZ_ZMTP_VITAL, &message), FSZ_OK);
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

/* A thread that keeps a reference and sends while the socket ends. */
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
        if (fsz_zmtp_message_new(&frame, 1, FSZ_ZMTP_NOISE, &message) == FSZ_OK) {
            fsz_err err = fsz_conn_send(sender->conn, message);
            *(err == FSZ_OK ? &sender->sent : &sender->refused) += 1;
            fsz_zmtp_message_unref(message);
        }
    }
    assert_string_equal(fsz_zmtp_socket_identity(sender->conn).user, "");
    fsz_conn_kick(sender->conn); /* in vain */
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
        cmocka_unit_test(test_message_outlives_the_socket_whose_budget_it_counts_for),
        cmocka_unit_test(test_reference_outlives_socket_and_loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
