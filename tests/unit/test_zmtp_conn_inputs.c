/* Memory of unfinished messages of several connections, and who goes when it is full. */
#include "zmtp_conn_rig.h"

#include "zmtp/conn_private.h"

/* Another connection of the same rig, with a dealer at its end, which becomes the rig's peer. */
static struct fsz_conn *another(struct rig *rig)
{
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    struct fsz_conn *conn = rig_conn(rig, ends[0], false);
    unsigned         ready = rig->ready;
    fsz_conn_begin(conn, NULL);
    rig->peer = ends[1];
    rig_send_greeting(rig, 1, "NULL");
    RIG_SEND(rig, RIG_READY_DEALER);
    RIG_UNTIL(rig, rig->ready == ready + 1);
    return conn;
}

/* A router with room for so many bytes of unfinished messages, and one connection. */
static void rig_with_room(struct rig *rig, size_t max)
{
    rig_router(rig);
    rig_shake_dealer(rig);
    rig->shared.inputs.max = max;
    rig->shared.inputs.patience_ms = RIG_WAIT_MS;
}

/* Waits until it holds so many bytes of an unfinished message of 9000. */
static void hold(struct rig *rig, size_t bytes)
{
    size_t used = rig->shared.inputs.used;
    rig_send_long(rig, 9000, bytes);
    RIG_UNTIL(rig, rig->shared.inputs.used >= used + bytes);
}

/* Another connection, which ends with the test. */
static void forget(struct fsz_conn *conn, int peer)
{
    fsz_conn_end(conn, FSZ_ZMTP_END_STOPPED);
    fsz_conn_unref(&conn);
    close(peer);
}

static void test_who_holds_most_goes_when_memory_for_all_is_full(void **state)
{
    struct rig rig;
    (void)state;
    rig_with_room(&rig, 10000);
    int first = rig.peer;
    hold(&rig, 6000);
    struct fsz_conn *second = another(&rig);
    int              second_peer = rig.peer;
    hold(&rig, 2000);
    struct fsz_conn *third = another(&rig);
    rig_send_long(&rig, 9000, 2500);
    RIG_UNTIL(&rig, rig.ended);
    assert_int_equal(rig.ending, FSZ_ZMTP_END_INPUT_BYTES);
    assert_false(fsz_conn_has_ended(second));
    assert_false(fsz_conn_has_ended(third));
    assert_true(rig.shared.inputs.used <= 10000);
    assert_true(rig.shared.inputs.peak <= 10000);
    forget(second, second_peer);
    forget(third, rig.peer);
    assert_int_equal(rig.shared.inputs.used, 0);
    rig.peer = first;
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

/* The oldest asks for more while another one holds nearly all. */
static void test_who_asks_for_little_stays_when_memory_for_all_is_full(void **state)
{
    struct rig rig;
    char       rest[1500] = "";
    (void)state;
    rig_with_room(&rig, 10000);
    int first = rig.peer;
    hold(&rig, 600);
    struct fsz_conn *greedy = another(&rig);
    int              second = rig.peer;
    hold(&rig, 8500);
    rig.peer = first;
    rig_send(&rig, rest, sizeof(rest));
    RIG_UNTIL(&rig, fsz_conn_has_ended(greedy));
    assert_false(rig.ended);
    forget(greedy, second);
    rig_fini(&rig);
}

static void test_the_newest_ends_where_it_would_hold_most(void **state)
{
    struct rig rig;
    (void)state;
    rig_with_room(&rig, 10000);
    int first = rig.peer;
    hold(&rig, 4000);
    struct fsz_conn *greedy = another(&rig);
    rig_send_long(&rig, 9000, 8000);
    RIG_UNTIL(&rig, fsz_conn_has_ended(greedy));
    assert_false(rig.ended);
    forget(greedy, rig.peer);
    rig.peer = first;
    rig_fini(&rig);
}

/* It holds little, and for long. */
static void test_who_is_stuck_goes_instead_of_who_needs_most(void **state)
{
    struct rig rig;
    (void)state;
    rig_with_room(&rig, 10000);
    rig.shared.inputs.patience_ms = 1;
    int first = rig.peer;
    hold(&rig, 600);
    struct fsz_conn *next = another(&rig);
    int64_t          due_ms = rig_now_ms() + 10;
    RIG_UNTIL(&rig, rig_now_ms() >= due_ms);
    rig_send_long(&rig, 9900, 9700);
    RIG_UNTIL(&rig, rig.ended);
    assert_int_equal(rig.ending, FSZ_ZMTP_END_INPUT_BYTES);
    assert_false(fsz_conn_has_ended(next));
    forget(next, rig.peer);
    rig.peer = first;
    rig_fini(&rig);
}

/* The next message has begun each time one is finished. */
static void test_who_holds_most_goes_before_who_is_stuck(void **state)
{
    struct rig rig;
    (void)state;
    rig_with_room(&rig, 10000);
    rig.shared.inputs.patience_ms = 1;
    int first = rig.peer;
    hold(&rig, 600);
    struct fsz_conn *greedy = another(&rig);
    int              second = rig.peer;
    hold(&rig, 8500);
    struct fsz_conn *third = another(&rig);
    int64_t          due_ms = rig_now_ms() + 10;
    RIG_UNTIL(&rig, rig_now_ms() >= due_ms);
    rig_send_long(&rig, 9000, 2000);
    RIG_UNTIL(&rig, fsz_conn_has_ended(greedy));
    assert_false(rig.ended);
    assert_false(fsz_conn_has_ended(third));
    forget(greedy, second);
    forget(third, rig.peer);
    rig.peer = first;
    rig_fini(&rig);
}

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
    int        ends[2];
    uint8_t    part[4000] = "\6\0\0\0\0\0\0\x1f\x40";
    (void)state;
    rig_router(&rig);
    rig_shake_dealer(&rig);
    rig.shared.inputs.max = 10000;
    int first = rig.peer;
    rig_send_long(&rig, 6000, 4000);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    struct fsz_conn *shaking = rig_conn(&rig, ends[0], false);
    fsz_conn_begin(shaking, NULL);
    rig.peer = ends[1];
    rig_send_greeting(&rig, 1, "NULL");
    rig_send(&rig, part, sizeof(part));
    RIG_UNTIL(&rig, rig.shared.inputs.used >= 8000);
    struct fsz_conn *third = another(&rig);
    rig_send_long(&rig, 6000, 4000);
    RIG_UNTIL(&rig, fsz_conn_has_ended(shaking));
    assert_false(fsz_conn_has_ended(rig.conn));
    assert_false(fsz_conn_has_ended(third));
    fsz_conn_end(third, FSZ_ZMTP_END_STOPPED);
    fsz_conn_unref(&third);
    fsz_conn_unref(&shaking);
    close(ends[1]);
    close(rig.peer);
    rig.peer = first;
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
