/* How connections and sockets end, from inside of reports too; and what is known of them. */

#include "zmtp_rig.h"

enum { PEERS = 8 };

struct crowd {
    struct rig rig;
    void      *peers[PEERS];
    uint64_t   ids[PEERS];
};

static void crowd_open(struct crowd *crowd)
{
    crowd->rig = rig_make(FSZ_ZMTP_ROUTER);
    rig_open(&crowd->rig, "tcp://127.0.0.1:*");
    for (size_t i = 0; i < PEERS; i++) {
        crowd->peers[i] = peer_connect(&crowd->rig, ZMQ_DEALER);
        peer_ask(&crowd->rig, crowd->peers[i], "hello");
        crowd->ids[i] = crowd->rig.last_id;
    }
}

static void crowd_close(struct crowd *crowd)
{
    for (size_t i = 0; i < PEERS; i++) {
        zmq_close(crowd->peers[i]);
    }
    rig_end(&crowd->rig);
}

static void test_connections_are_found_by_id_until_they_end(void **state)
{
    (void)state;
    struct crowd crowd;
    crowd_open(&crowd);
    struct fsz_zmtp_socket *socket = crowd.rig.socket;
    for (size_t i = 0; i < PEERS; i++) {
        struct fsz_conn *conn = fsz_zmtp_socket_find(socket, crowd.ids[i]);
        assert_non_null(conn);
        assert_int_equal(fsz_conn_facts(conn)->id, crowd.ids[i]);
    }
    assert_null(fsz_zmtp_socket_find(socket, 0));
    assert_null(fsz_zmtp_socket_find(socket, UINT64_MAX));
    fsz_conn_end(fsz_zmtp_socket_find(socket, crowd.ids[3]), FSZ_ZMTP_END_KICKED);
    assert_null(fsz_zmtp_socket_find(socket, crowd.ids[3]));
    assert_int_equal(crowd.rig.endings[FSZ_ZMTP_END_KICKED], 1);
    crowd_close(&crowd);
}

/* What a look does beside counting. */
struct look {
    struct crowd *crowd;
    size_t        seen, until;
    enum { LOOK_ONLY, END_ITSELF, END_NEXT, END_ALL, CLOSE_SOCKET } then;
};

static void end_by_place(struct crowd *crowd, size_t i)
{
    struct fsz_conn *conn = fsz_zmtp_socket_find(crowd->rig.socket, crowd->ids[i]);
    if (conn != NULL) {
        fsz_conn_end(conn, FSZ_ZMTP_END_KICKED);
    }
}

static bool look_at(void *argument, struct fsz_conn *conn)
{
    struct look *look = argument;
    size_t       seen = look->seen++;
    if (look->then == END_ITSELF) {
        fsz_conn_end(conn, FSZ_ZMTP_END_KICKED);
    } else if (look->then == END_NEXT && seen + 1 < PEERS) {
        end_by_place(look->crowd, seen + 1 + seen);
    } else if (look->then == END_ALL) {
        for (size_t i = 0; i < PEERS; i++) {
            end_by_place(look->crowd, i);
        }
    } else if (look->then == CLOSE_SOCKET) {
        rig_close(&look->crowd->rig);
    }
    return look->seen < look->until;
}

static size_t look_at_all(struct crowd *crowd, int then, size_t until)
{
    struct look look = {.crowd = crowd, .until = until, .then = then};
    fsz_zmtp_socket_each(crowd->rig.socket, look_at, &look);
    return look.seen;
}

static void test_each_sees_all_until_it_is_told_to_stop(void **state)
{
    (void)state;
    struct crowd crowd;
    crowd_open(&crowd);
    assert_int_equal(look_at_all(&crowd, LOOK_ONLY, SIZE_MAX), PEERS);
    assert_int_equal(look_at_all(&crowd, LOOK_ONLY, 3), 3);
    crowd_close(&crowd);
}

static void test_each_may_end_what_it_looks_at(void **state)
{
    (void)state;
    struct crowd crowd;
    crowd_open(&crowd);
    assert_int_equal(look_at_all(&crowd, END_ITSELF, SIZE_MAX), PEERS);
    assert_int_equal(crowd.rig.endings[FSZ_ZMTP_END_KICKED], PEERS);
    crowd_close(&crowd);
}

static void test_each_steps_over_those_that_end_meanwhile(void **state)
{
    (void)state;
    struct crowd crowd;
    crowd_open(&crowd);
    assert_int_equal(look_at_all(&crowd, END_NEXT, SIZE_MAX), PEERS / 2);
    assert_int_equal(crowd.rig.endings[FSZ_ZMTP_END_KICKED], PEERS / 2);
    assert_int_equal(look_at_all(&crowd, END_ALL, SIZE_MAX), 1);
    assert_int_equal(crowd.rig.ended, PEERS);
    crowd_close(&crowd);
}

static void test_each_may_close_the_socket(void **state)
{
    (void)state;
    struct crowd crowd;
    crowd_open(&crowd);
    assert_int_equal(look_at_all(&crowd, CLOSE_SOCKET, SIZE_MAX), 1);
    assert_int_equal(crowd.rig.endings[FSZ_ZMTP_END_STOPPED], PEERS);
    crowd_close(&crowd);
}

static void test_figures_outlive_their_connections(void **state)
{
    (void)state;
    struct crowd crowd;
    crowd_open(&crowd);
    struct fsz_zmtp_figures before = rig_figures(&crowd.rig);
    assert_int_equal(before.ready, PEERS);
    assert_int_equal(before.messages_in, PEERS);
    assert_int_equal(before.messages_out, PEERS);
    assert_true(before.bytes_in > PEERS * 64);
    for (size_t i = 0; i < PEERS; i++) {
        end_by_place(&crowd, i);
    }
    struct fsz_zmtp_figures after = rig_figures(&crowd.rig);
    assert_int_equal(after.open_now, 0);
    assert_int_equal(after.ready_now, 0);
    assert_int_equal(after.ready, PEERS);
    assert_int_equal(after.messages_in, before.messages_in);
    assert_int_equal(after.messages_out, before.messages_out);
    assert_int_equal(after.bytes_in, before.bytes_in);
    assert_int_equal(after.bytes_out, before.bytes_out);
    assert_int_equal(after.endings[FSZ_ZMTP_END_KICKED], PEERS);
    assert_int_equal(after.handshakes_failed, 0);
    crowd_close(&crowd);
}

static void close_socket_on_message(struct rig *rig, struct fsz_conn *conn)
{
    (void)conn;
    rig_close(rig);
}

static void test_message_may_close_the_socket(void **state)
{
    (void)state;
    struct crowd crowd;
    crowd_open(&crowd);
    crowd.rig.on_message = close_socket_on_message;
    peer_say(crowd.peers[2], "close");
    RIG_UNTIL(&crowd.rig, crowd.rig.closed == 1);
    assert_int_equal(crowd.rig.ended, PEERS);
    crowd_close(&crowd);
}

static void close_socket_on_end(struct rig *rig, struct fsz_conn *conn)
{
    (void)conn;
    if (rig->socket != NULL) {
        rig_close(rig);
    }
}

static void test_end_of_a_connection_may_close_the_socket(void **state)
{
    (void)state;
    struct crowd crowd;
    crowd_open(&crowd);
    crowd.rig.on_ended = close_socket_on_end;
    end_by_place(&crowd, 4);
    assert_int_equal(crowd.rig.closed, 1);
    assert_int_equal(crowd.rig.ended, PEERS);
    crowd_close(&crowd);
}

static void end_others(struct rig *rig, struct fsz_conn *conn)
{
    (void)conn;
    struct crowd *crowd = (struct crowd *)rig;
    for (size_t i = 0; i < PEERS; i++) {
        end_by_place(crowd, i);
    }
}

static void test_end_of_a_connection_may_end_all_others(void **state)
{
    (void)state;
    struct crowd crowd;
    crowd_open(&crowd);
    crowd.rig.on_ended = end_others;
    end_by_place(&crowd, 0);
    assert_int_equal(crowd.rig.ended, PEERS);
    assert_int_equal(rig_figures(&crowd.rig).open_now, 0);
    crowd_close(&crowd);
}

enum { BIG_BYTES = 4 << 20, BIG_COUNT = 3 };

static void send_big(struct rig *rig)
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
    fsz_zmtp_message_unref(message);
    free(bytes);
}

static void test_what_waits_is_delivered_within_the_linger(void **state)
{
    (void)state;
    struct rig rig = rig_make(FSZ_ZMTP_ROUTER);
    zmq_msg_t  message;
    rig_open(&rig, "tcp://127.0.0.1:*");
    void *peer = peer_connect(&rig, ZMQ_DEALER);
    peer_ask(&rig, peer, "hello");
    send_big(&rig);
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

static void test_peer_that_takes_nothing_ends_with_the_linger(void **state)
{
    (void)state;
    static const char hello[] = RIG_GREETING RIG_READY("DEALER");
    struct rig                               rig = rig_make(FSZ_ZMTP_ROUTER);
    rig.options.send_buffer_bytes = 10000;
    rig_open(&rig, "tcp://127.0.0.1:*");
    int fd = raw_connect(&rig, "127.0.0.1");
    raw_say(fd, hello, sizeof(hello) - 1);
    RIG_UNTIL(&rig, rig.ready == 1);
    send_big(&rig);
    fsz_zmtp_socket_close(&rig.socket, 50, rig_closed, &rig);
    assert_int_equal(rig.closed, 0);
    RIG_UNTIL(&rig, rig.closed == 1);
    assert_int_equal(rig.endings[FSZ_ZMTP_END_STOPPED], 1);
    close(fd);
    rig_end(&rig);
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
        cmocka_unit_test(test_connections_are_found_by_id_until_they_end),
        cmocka_unit_test(test_each_sees_all_until_it_is_told_to_stop),
        cmocka_unit_test(test_each_may_end_what_it_looks_at),
        cmocka_unit_test(test_each_steps_over_those_that_end_meanwhile),
        cmocka_unit_test(test_each_may_close_the_socket),
        cmocka_unit_test(test_figures_outlive_their_connections),
        cmocka_unit_test(test_message_may_close_the_socket),
        cmocka_unit_test(test_end_of_a_connection_may_close_the_socket),
        cmocka_unit_test(test_end_of_a_connection_may_end_all_others),
        cmocka_unit_test(test_what_waits_is_delivered_within_the_linger),
        cmocka_unit_test(test_peer_that_takes_nothing_ends_with_the_linger),
        cmocka_unit_test(test_reference_outlives_socket_and_loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
