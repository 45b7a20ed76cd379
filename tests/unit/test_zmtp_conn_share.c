/* SPDX-License-Identifier: MPL-2.0 */
/* However much a peer sends, each turn of the loop serves a connection only its share, and serves
 * other connections too. */
#include "zmtp_conn_rig.h"

enum { MESSAGES = 1000, FRAMES = 3 };

/* Sends without turning the loop. */
static void say(int peer, const void *bytes, size_t size)
{
    assert_int_equal(send(peer, bytes, size, MSG_NOSIGNAL), size);
}

/* Sends `count` messages of one byte in one piece. */
static void say_many(int peer, size_t count)
{
    char *bytes = malloc(3 * count);
    for (size_t i = 0; i < count; i++) {
        memcpy(bytes + 3 * i, (const char[]){0, 1, (char)('a' + i % 26)}, 3);
    }
    say(peer, bytes, 3 * count);
    free(bytes);
}

static void expect_in_order(const struct rig *rig)
{
    for (size_t i = 0; i < MESSAGES; i++) {
        assert_int_equal(rig->got[2 * i], 'a' + i % 26);
    }
}

static void test_a_turn_delivers_no_more_than_a_share(void **state)
{
    struct rig rig;
    (void)state;
    rig_router(&rig);
    rig_shake_dealer(&rig);
    say_many(rig.peer, MESSAGES);
    for (size_t before = 0; before < MESSAGES; before = rig.messages) {
        fsz_loop_turn(rig.loop, INT64_MAX);
        assert_in_range(rig.messages, before + 1, before + FSZ_LOOP_SHARE);
    }
    expect_in_order(&rig);
    assert_int_equal(rig.shared.inputs.used, 0);
    rig_fini(&rig);
}

static void spend_a_share(struct rig *rig, struct fsz_conn *conn, const struct fsz_frames *frames)
{
    (void)conn;
    (void)frames;
    fsz_loop_spend(rig->loop, FSZ_LOOP_SHARE);
}

static void test_messages_that_cost_their_receiver_much_come_one_a_turn(void **state)
{
    struct rig rig;
    (void)state;
    rig_router(&rig);
    rig_shake_dealer(&rig);
    rig.on_message = spend_a_share;
    say_many(rig.peer, 10);
    for (size_t turn = 1; turn <= 10; turn++) {
        fsz_loop_turn(rig.loop, INT64_MAX);
        assert_int_equal(rig.messages, turn);
    }
    rig_fini(&rig);
}

/* The peer is not silent: its messages have arrived, and wait for their turn. */
static void test_what_is_left_for_the_next_turn_counts_as_unread(void **state)
{
    struct rig rig;
    (void)state;
    rig_router(&rig);
    rig_shake_dealer(&rig);
    rig.on_message = spend_a_share;
    say_many(rig.peer, 2);
    fsz_loop_turn(rig.loop, INT64_MAX);
    assert_int_equal(rig.messages, 1);
    assert_true(fsz_conn_has_unread(rig.conn));
    RIG_UNTIL(&rig, rig.messages == 2);
    assert_false(fsz_conn_has_unread(rig.conn));
    say(rig.peer, "\0\5ha", 4);
    rig_settle(&rig);
    assert_false(fsz_conn_has_unread(rig.conn)); /* half a message, then silence */
    rig_fini(&rig);
}

static void test_frames_of_one_message_may_come_in_two_turns(void **state)
{
    struct rig rig;
    char       bytes[3 * FRAMES * MESSAGES / 10];
    (void)state;
    rig_router(&rig);
    rig_shake_dealer(&rig);
    for (size_t i = 0; i < sizeof(bytes); i += 3 * FRAMES) {
        memcpy(bytes + i, "\1\1x\1\1y\0\1z", 3 * FRAMES);
    }
    say(rig.peer, bytes, sizeof(bytes));
    fsz_loop_turn(rig.loop, INT64_MAX);
    assert_int_equal(rig.messages, FSZ_LOOP_SHARE / FRAMES);
    RIG_UNTIL(&rig, rig.messages == MESSAGES / 10);
    for (size_t i = 0; i < MESSAGES / 10; i++) {
        assert_memory_equal(rig.got + 6 * i, "x|y|z\n", 6);
    }
    rig_fini(&rig);
}

static void test_all_is_delivered_before_the_end_of_a_peer_that_leaves(void **state)
{
    struct rig rig;
    (void)state;
    rig_router(&rig);
    rig_shake_dealer(&rig);
    say_many(rig.peer, MESSAGES);
    close(rig.peer);
    rig.peer = -1;
    RIG_UNTIL(&rig, rig.ended);
    assert_int_equal(rig.messages, MESSAGES);
    expect_in_order(&rig);
    assert_int_equal(rig.ending, FSZ_ZMTP_END_PEER);
    rig_fini(&rig);
}

/* How many messages of the first connection came before the one of the second. */
static size_t           served_before;
static struct fsz_conn *second;

static void note_second(struct rig *rig, struct fsz_conn *conn, const struct fsz_frames *frames)
{
    (void)frames;
    if (conn == second) {
        served_before = rig->messages - 1;
    }
}

static void test_another_connection_waits_for_no_more_than_a_share(void **state)
{
    struct rig rig;
    (void)state;
    rig_router(&rig);
    rig_shake_dealer(&rig);
    struct fsz_conn *first = rig.conn;
    int              first_peer = rig.peer;
    rig_pair(&rig);
    second = rig.conn;
    rig.ready = 0;
    rig_shake_dealer(&rig);
    rig.on_message = note_second;
    say_many(first_peer, MESSAGES);
    say_many(rig.peer, 1);
    served_before = MESSAGES;
    RIG_UNTIL(&rig, rig.messages == MESSAGES + 1);
    assert_true(served_before <= FSZ_LOOP_SHARE);
    fsz_conn_end(first, FSZ_ZMTP_END_STOPPED);
    fsz_conn_unref(&first);
    close(first_peer);
    rig_fini(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_turn_delivers_no_more_than_a_share),
        cmocka_unit_test(test_messages_that_cost_their_receiver_much_come_one_a_turn),
        cmocka_unit_test(test_what_is_left_for_the_next_turn_counts_as_unread),
        cmocka_unit_test(test_frames_of_one_message_may_come_in_two_turns),
        cmocka_unit_test(test_all_is_delivered_before_the_end_of_a_peer_that_leaves),
        cmocka_unit_test(test_another_connection_waits_for_no_more_than_a_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
