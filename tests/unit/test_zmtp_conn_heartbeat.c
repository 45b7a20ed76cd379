/* SPDX-License-Identifier: MPL-2.0 */
/* PING and PONG, and peers that fall silent. */
#include "zmtp_conn_rig.h"

#include <sys/eventfd.h>

#include <stdio.h>

static void ready_router(struct rig *rig, uint8_t minor, struct fsz_conn_times times)
{
    times.handshake_ms = RIG_WAIT_MS;
    rig_router(rig);
    rig->shared.times = times;
    rig_shake(rig, minor, RIG_READY_DEALER, sizeof(RIG_READY_DEALER) - 1);
}

static void turn_for(struct rig *rig, int64_t ms)
{
    int64_t due_ms = rig_now_ms() + ms;
    RIG_UNTIL(rig, rig->ended || rig_now_ms() >= due_ms);
}

static void test_answers_a_ping_with_its_context(void **state)
{
    struct rig rig;
    (void)state;
    ready_router(&rig, 1, (struct fsz_conn_times){0});
    RIG_SEND(&rig, "\4\x17\4PING\0\0"
                   "0123456789abcdef");
    RIG_EXPECT(&rig, "\4\x15\4PONG"
                     "0123456789abcdef");
    RIG_SEND(&rig, "\4\x19\4PING\0\0"
                   "0123456789abcdefgh"); /* too long: cut, as in libzmq */
    RIG_EXPECT(&rig, "\4\x15\4PONG"
                     "0123456789abcdef");
    RIG_SEND(&rig, "\4\7\4PING\0\0");
    RIG_EXPECT(&rig, "\4\5\4PONG");
    rig_fini(&rig);
}

static void test_answers_a_ping_of_a_peer_of_3_0(void **state)
{
    struct rig rig;
    (void)state;
    ready_router(&rig, 0, (struct fsz_conn_times){0});
    RIG_SEND(&rig, "\4\7\4PING\0\0");
    RIG_EXPECT(&rig, "\4\5\4PONG");
    rig_fini(&rig);
}

static void test_a_ping_without_a_ttl_is_a_protocol_error(void **state)
{
    struct rig rig;
    (void)state;
    ready_router(&rig, 1, (struct fsz_conn_times){0});
    RIG_SEND(&rig, "\4\6\4PING\0");
    RIG_UNTIL(&rig, rig.ended);
    assert_int_equal(rig.ending, FSZ_ZMTP_END_PROTOCOL);
    rig_fini(&rig);
}

static void test_a_peer_silent_for_the_ttl_that_it_asked_for_ends(void **state)
{
    struct rig rig;
    (void)state;
    ready_router(&rig, 1, (struct fsz_conn_times){0});
    int64_t began_ms = rig_now_ms();
    RIG_SEND(&rig, "\4\7\4PING\0\2");
    RIG_UNTIL(&rig, rig.ended);
    assert_int_equal(rig.ending, FSZ_ZMTP_END_HEARTBEAT_TIMEOUT);
    assert_true(rig_now_ms() - began_ms >= 195);
    rig_fini(&rig);
}

static void test_anything_that_comes_ends_the_ttl(void **state)
{
    struct rig rig;
    (void)state;
    ready_router(&rig, 1, (struct fsz_conn_times){0});
    RIG_SEND(&rig, "\4\7\4PING\0\2");
    RIG_EXPECT(&rig, "\4\5\4PONG");
    RIG_SEND(&rig, "\0\0");
    turn_for(&rig, 300);
    assert_false(rig.ended);
    rig_fini(&rig);
}

static void test_sends_pings_with_its_ttl_and_measures_the_round_trip(void **state)
{
    struct fsz_conn_figures figures;
    struct rig              rig;
    (void)state;
    ready_router(&rig, 1,
                 (struct fsz_conn_times){.heartbeat_ms = 20,
                                         .heartbeat_timeout_ms = RIG_WAIT_MS,
                                         .heartbeat_ttl_ms = 25800});
    RIG_EXPECT(&rig, "\4\7\4PING\1\2");
    RIG_SEND(&rig, "\4\5\4PONG");
    rig_settle(&rig);
    fsz_conn_figures(rig.conn, &figures);
    assert_true(figures.round_trip_us > 0);
    RIG_EXPECT(&rig, "\4\7\4PING\1\2\4\7\4PING\1\2");
    assert_false(rig.ended);
    rig_fini(&rig);
}

static void test_a_peer_that_does_not_answer_ends(void **state)
{
    struct rig rig;
    (void)state;
    ready_router(&rig, 1, (struct fsz_conn_times){.heartbeat_ms = 50, .heartbeat_timeout_ms = 120});
    int64_t began_ms = rig_now_ms();
    RIG_UNTIL(&rig, rig.ended);
    assert_int_equal(rig.ending, FSZ_ZMTP_END_HEARTBEAT_TIMEOUT);
    assert_true(rig_now_ms() - began_ms >= 120);
    rig_fini(&rig);
}

/* A descriptor whose owner uses up the work of a turn. */
struct hog {
    struct fsz_loop      *loop;
    struct fsz_loop_watch watch;
};

static void hog_ready(void *argument, uint32_t events)
{
    struct hog *hog = argument;
    (void)events;
    fsz_loop_spend(hog->loop, FSZ_LOOP_WORK);
}

static void test_an_answer_that_was_not_read_yet_is_no_silence(void **state)
{
    enum { HOGS = 8, SILENCE_MS = 120 };
    struct hog hogs[HOGS];
    struct rig rig;
    (void)state;
    ready_router(&rig, 1,
                 (struct fsz_conn_times){.heartbeat_ms = 50, .heartbeat_timeout_ms = SILENCE_MS});
    RIG_EXPECT(&rig, "\4\7\4PING\0\0");
    for (int i = 0; i < HOGS; i++) {
        hogs[i] = (struct hog){.loop = rig.loop,
                               .watch = {.fd = eventfd(1, EFD_CLOEXEC), .ready = hog_ready}};
        hogs[i].watch.argument = &hogs[i];
        assert_int_equal(fsz_loop_add(rig.loop, &hogs[i].watch, EPOLLIN), FSZ_OK);
    }
    assert_int_equal(send(rig.peer, "\4\5\4PONG", 7, MSG_NOSIGNAL), 7);
    usleep(2 * SILENCE_MS * 1000); /* without turning the loop */
    for (int i = 0; i <= HOGS && (i == 0 || fsz_conn_has_unread(rig.conn)); i++) {
        fsz_loop_turn(rig.loop, 0); /* serves only one of them */
        assert_false(rig.ended);
    }
    assert_false(fsz_conn_has_unread(rig.conn));
    for (int i = 0; i < HOGS; i++) {
        fsz_loop_remove(rig.loop, &hogs[i].watch);
        close(hogs[i].watch.fd);
    }
    rig_fini(&rig);
}

static void test_without_a_timeout_the_interval_counts(void **state)
{
    struct rig rig;
    (void)state;
    ready_router(&rig, 1, (struct fsz_conn_times){.heartbeat_ms = 50});
    RIG_UNTIL(&rig, rig.ended);
    assert_int_equal(rig.ending, FSZ_ZMTP_END_HEARTBEAT_TIMEOUT);
    rig_fini(&rig);
}

static void test_any_message_answers_a_ping(void **state)
{
    struct rig rig;
    (void)state;
    ready_router(&rig, 1,
                 (struct fsz_conn_times){.heartbeat_ms = 30, .heartbeat_timeout_ms = 5000});
    for (size_t i = 0; i < 5; i++) {
        RIG_EXPECT(&rig, "\4\7\4PING\0\0");
        RIG_SEND(&rig, "\0\0");
    }
    rig.shared.times.heartbeat_timeout_ms = 400;
    RIG_UNTIL(&rig, rig.ended);
    assert_int_equal(rig.messages, 5);
    assert_int_equal(rig.ending, FSZ_ZMTP_END_HEARTBEAT_TIMEOUT);
    rig_fini(&rig);
}

static void test_a_peer_of_3_0_is_pinged_only_once_it_has_shown_that_it_knows_how(void **state)
{
    struct rig rig;
    uint8_t    byte;
    (void)state;
    ready_router(&rig, 0, (struct fsz_conn_times){.heartbeat_ms = 20});
    turn_for(&rig, 100);
    assert_false(rig.ended);
    assert_int_equal(recv(rig.peer, &byte, 1, MSG_DONTWAIT), -1);
    RIG_SEND(&rig, "\4\7\4PING\0\0");
    RIG_EXPECT(&rig, "\4\5\4PONG\4\7\4PING\0\0");
    rig_fini(&rig);
}

static void test_other_times_hold_for_a_connection_that_stands(void **state)
{
    struct rig rig;
    (void)state;
    ready_router(&rig, 1, (struct fsz_conn_times){0});
    fsz_conn_configure(
        &rig.shared, &rig.shared.limits,
        &(struct fsz_conn_times){.heartbeat_ms = 20, .heartbeat_timeout_ms = RIG_WAIT_MS});
    fsz_conn_retime(rig.conn);
    RIG_EXPECT(&rig, "\4\7\4PING\0\0");
    fsz_conn_configure(&rig.shared, &rig.shared.limits, &(struct fsz_conn_times){0});
    fsz_conn_retime(rig.conn);
    turn_for(&rig, 100);
    assert_false(rig.ended);
    rig_fini(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers_a_ping_with_its_context),
        cmocka_unit_test(test_answers_a_ping_of_a_peer_of_3_0),
        cmocka_unit_test(test_a_ping_without_a_ttl_is_a_protocol_error),
        cmocka_unit_test(test_a_peer_silent_for_the_ttl_that_it_asked_for_ends),
        cmocka_unit_test(test_anything_that_comes_ends_the_ttl),
        cmocka_unit_test(test_sends_pings_with_its_ttl_and_measures_the_round_trip),
        cmocka_unit_test(test_a_peer_that_does_not_answer_ends),
        cmocka_unit_test(test_an_answer_that_was_not_read_yet_is_no_silence),
        cmocka_unit_test(test_without_a_timeout_the_interval_counts),
        cmocka_unit_test(test_any_message_answers_a_ping),
        cmocka_unit_test(test_a_peer_of_3_0_is_pinged_only_once_it_has_shown_that_it_knows_how),
        cmocka_unit_test(test_other_times_hold_for_a_connection_that_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
