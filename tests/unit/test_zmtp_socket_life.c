/* SPDX-License-Identifier: MPL-2.0 */
/* How connections and sockets end, also from within callbacks; and their facts. */

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

/* What a walk does in addition to counting. */
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
