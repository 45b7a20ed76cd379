/* SPDX-License-Identifier: MPL-2.0 */
/* Memory of incomplete messages of several connections, and which one ends when it is used up. */
#include "zmtp_conn_rig.h"

#include "zmtp/conn_private.h"

/* A connection in addition to the rig's. */
struct other {
    struct fsz_conn *conn;
    int              before; /* the rig's peer before */
};

/* Opens another connection; its other end becomes the rig's peer. */
static struct other open_other(struct rig *rig)
{
    struct other other = {.before = rig->peer};
    int          ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    other.conn = rig_conn(rig, ends[0], false);
    rig->peer = ends[1];
    fsz_conn_begin(other.conn, NULL);
    rig_send_greeting(rig, 1, "NULL");
    return other;
}

/* The same for a dealer that is ready. */
static struct other open_dealer(struct rig *rig)
{
    unsigned     ready = rig->ready;
    struct other other = open_other(rig);
    RIG_SEND(rig, RIG_READY_DEALER);
    RIG_UNTIL(rig, rig->ready == ready + 1);
    return other;
}

/* Closes the newest one first. */
static void close_other(struct rig *rig, struct other *other)
{
    fsz_conn_end(other->conn, FSZ_ZMTP_END_STOPPED);
    fsz_conn_unref(&other->conn);
    close(rig->peer);
    rig->peer = other->before;
}

/* A router with one connection and room for that many bytes of incomplete messages. */
static void rig_with_room(struct rig *rig, size_t max)
{
    rig_router(rig);
    rig_shake_dealer(rig);
    rig->shared.inputs.max = max;
    rig->shared.inputs.patience_ms = RIG_WAIT_MS;
}

/* Waits until it has buffered that many bytes of an incomplete message of 9000. */
static void hold(struct rig *rig, size_t bytes)
{
    size_t used = rig->shared.inputs.used;
    rig_send_long(rig, 9000, bytes);
    RIG_UNTIL(rig, rig->shared.inputs.used >= used + bytes);
}

static void wait_ms(struct rig *rig, int64_t ms)
{
    int64_t due_ms = rig_now_ms() + ms;
    RIG_UNTIL(rig, rig_now_ms() >= due_ms);
}

static void test_who_holds_most_goes_when_memory_for_all_is_full(void **state)
{
    struct rig rig;
    (void)state;
    rig_with_room(&rig, 10000);
    hold(&rig, 6000);
    struct other second = open_dealer(&rig);
    hold(&rig, 2000);
    struct other third = open_dealer(&rig);
    rig_send_long(&rig, 9000, 2500);
    RIG_UNTIL(&rig, rig.ended);
    assert_int_equal(rig.ending, FSZ_ZMTP_END_INPUT_BYTES);
    assert_false(fsz_conn_has_ended(second.conn));
    assert_false(fsz_conn_has_ended(third.conn));
    assert_true(rig.shared.inputs.used <= 10000);
    assert_true(rig.shared.inputs.peak <= 10000);
    close_other(&rig, &third);
    close_other(&rig, &second);
    assert_int_equal(rig.shared.inputs.used, 0);
    rig_fini(&rig);
}

static void test_a_message_of_more_than_all_may_have_ends(void **state)
{
    struct rig rig;
    (void)state;
    rig_with_room(&rig, 10000);
    rig_send_long(&rig, 1 << 16, 1 << 16);
    RIG_UNTIL(&rig, rig.ended);
    assert_int_equal(rig.ending, FSZ_ZMTP_END_INPUT_BYTES);
    assert_int_equal(rig.shared.inputs.used, 0);
    rig_fini(&rig);
}

/* The oldest connection needs more while another one uses nearly all. */
static void test_who_asks_for_little_stays_when_memory_for_all_is_full(void **state)
{
    struct rig rig;
    char       rest[1500] = "";
    (void)state;
    rig_with_room(&rig, 10000);
    hold(&rig, 600);
    struct other greedy = open_dealer(&rig);
    int          greedy_peer = rig.peer;
    hold(&rig, 8500);
    rig.peer = greedy.before;
    rig_send(&rig, rest, sizeof(rest));
    RIG_UNTIL(&rig, fsz_conn_has_ended(greedy.conn));
    assert_false(rig.ended);
    rig.peer = greedy_peer;
    close_other(&rig, &greedy);
    rig_fini(&rig);
}

static void test_the_newest_ends_where_it_would_hold_most(void **state)
{
    struct rig rig;
    (void)state;
    rig_with_room(&rig, 10000);
    hold(&rig, 4000);
    struct other greedy = open_dealer(&rig);
    rig_send_long(&rig, 9000, 8000);
    RIG_UNTIL(&rig, fsz_conn_has_ended(greedy.conn));
    assert_false(rig.ended);
    close_other(&rig, &greedy);
    rig_fini(&rig);
}

/* It uses little room, and does so for a long time. */
static void test_who_is_stuck_goes_instead_of_who_needs_most(void **state)
{
    struct rig rig;
    (void)state;
    rig_with_room(&rig, 10000);
    rig.shared.inputs.patience_ms = 1;
    hold(&rig, 600);
    struct other next = open_dealer(&rig);
    wait_ms(&rig, 10);
    rig_send_long(&rig, 9900, 9700);
    RIG_UNTIL(&rig, rig.ended);
    assert_int_equal(rig.ending, FSZ_ZMTP_END_INPUT_BYTES);
    assert_false(fsz_conn_has_ended(next.conn));
    close_other(&rig, &next);
    rig_fini(&rig);
}

static void test_who_holds_most_goes_before_who_is_stuck(void **state)
{
    struct rig rig;
    (void)state;
    rig_with_room(&rig, 10000);
    rig.shared.inputs.patience_ms = 1;
    hold(&rig, 600);
    struct other greedy = open_dealer(&rig);
    hold(&rig, 8500);
    struct other third = open_dealer(&rig);
    wait_ms(&rig, 10);
    rig_send_long(&rig, 9000, 2000);
    RIG_UNTIL(&rig, fsz_conn_has_ended(greedy.conn));
    assert_false(rig.ended);
    assert_false(fsz_conn_has_ended(third.conn));
    close_other(&rig, &third);
    close_other(&rig, &greedy);
    rig_fini(&rig);
}

/* Each time a message is completed, the next one has begun. */
static void test_who_finishes_a_message_has_its_time_again(void **state)
{
    struct rig rig;
    (void)state;
    rig_with_room(&rig, 10000);
    RIG_SEND(&rig, "\0\4a");
    RIG_UNTIL(&rig, rig.shared.inputs.used > 0);
    int64_t since_ms = rig.conn->input.since_ms;
    RIG_UNTIL(&rig, rig_now_ms() > since_ms);
    RIG_SEND(&rig, "bcd\0\4a");
    RIG_UNTIL(&rig, rig.messages == 1);
    assert_true(rig.conn->input.listed);
    assert_true(rig.conn->input.since_ms > since_ms);
    rig_fini(&rig);
}

static void test_a_handshake_goes_first_when_memory_for_all_is_full(void **state)
{
    struct rig rig;
    uint8_t    part[4000] = "\6\0\0\0\0\0\0\x1f\x40";
    (void)state;
    rig_with_room(&rig, 10000);
    rig_send_long(&rig, 6000, 4000);
    struct other shaking = open_other(&rig);
    rig_send(&rig, part, sizeof(part));
    RIG_UNTIL(&rig, rig.shared.inputs.used >= 8000);
    struct other third = open_dealer(&rig);
    rig_send_long(&rig, 6000, 4000);
    RIG_UNTIL(&rig, fsz_conn_has_ended(shaking.conn));
    assert_false(fsz_conn_has_ended(rig.conn));
    assert_false(fsz_conn_has_ended(third.conn));
    close_other(&rig, &third);
    close_other(&rig, &shaking);
    rig_fini(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_holds_most_goes_when_memory_for_all_is_full),
        cmocka_unit_test(test_a_message_of_more_than_all_may_have_ends),
        cmocka_unit_test(test_who_asks_for_little_stays_when_memory_for_all_is_full),
        cmocka_unit_test(test_the_newest_ends_where_it_would_hold_most),
        cmocka_unit_test(test_who_is_stuck_goes_instead_of_who_needs_most),
        cmocka_unit_test(test_who_holds_most_goes_before_who_is_stuck),
        cmocka_unit_test(test_who_finishes_a_message_has_its_time_again),
        cmocka_unit_test(test_a_handshake_goes_first_when_memory_for_all_is_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
