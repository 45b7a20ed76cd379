/* SPDX-License-Identifier: MPL-2.0 */
/* Output: order, bounds, priorities, threads. */
#include "zmtp_conn_rig.h"

#include <pthread.h>
#include <stdio.h>

enum { TINY_BUFFER = 1 }; /* the system rounds it up to its minimum */

/* Reads whole messages as the peer; returns the body of the next one, which has one frame. */
static size_t read_message(struct rig *rig, uint8_t *body, size_t room)
{
    uint8_t head[9];
    size_t  size = 0;
    rig_read(rig, head, 2);
    if (head[0] & FSZ_FRAME_LONG) {
        rig_read(rig, head + 2, 7);
        for (size_t i = 1; i < 9; i++) {
            size = size << 8 | head[i];
        }
    } else {
        size = head[1];
    }
    assert_true(size <= room);
    rig_read(rig, body, size);
    return size;
}

static void ready_router(struct rig *rig)
{
    rig_router(rig);
    rig_shake_dealer(rig);
}

static void shrink(int fd)
{
    int size = TINY_BUFFER;
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)), 0);
}

/* A router whose socket buffer is small. */
static void ready_small_router(struct rig *rig)
{
    int ends[2];
    rig_init(rig, FSZ_ZMTP_ROUTER);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    shrink(ends[0]);
    rig_nonblocking(ends[1]);
    rig->peer = ends[1];
    rig->conn = rig_conn(rig, ends[0], false);
    rig_shake_dealer(rig);
}

static struct fsz_conn_figures figures_of(struct rig *rig)
{
    struct fsz_conn_figures figures;
    fsz_conn_figures(rig->conn, &figures);
    return figures;
}

/* Sends until a message is queued. */
static void fill_socket(struct rig *rig)
{
    char body[1000] = {0};
    while (fsz_conn_is_idle(rig->conn)) {
        assert_int_equal(rig_post(rig->conn, body, sizeof(body), FSZ_ZMTP_HIGH), FSZ_OK);
    }
}

static void test_writes_at_once_from_the_thread_that_sends(void **state)
{
    struct rig rig;
    uint8_t    bytes[7];
    (void)state;
    ready_router(&rig);
    assert_int_equal(rig_post(rig.conn, "hello", 5, FSZ_ZMTP_LOW), FSZ_OK);
    assert_int_equal(recv(rig.peer, bytes, sizeof(bytes), MSG_DONTWAIT),
                     7); /* without turning the loop */
    assert_memory_equal(bytes, "\0\5hello", 7);
    assert_int_equal(figures_of(&rig).messages_out, 1);
    assert_int_equal(figures_of(&rig).queued_messages, 0);
    assert_true(fsz_conn_is_idle(rig.conn));
    rig_fini(&rig);
}

static void test_queued_messages_go_out_together(void **state)
{
    struct rig rig;
    uint8_t    bytes[64];
    (void)state;
    ready_router(&rig);
    struct fsz_zmtp_message *message = rig_new_message("a", 1, FSZ_ZMTP_NORMAL);
    for (size_t i = 0; i < 10; i++) {
        assert_int_equal(fsz_conn_queue(rig.conn, message), FSZ_OK);
    }
    assert_int_equal(recv(rig.peer, bytes, sizeof(bytes), MSG_DONTWAIT), -1);
    assert_int_equal(figures_of(&rig).queued_messages, 10);
    fsz_conn_flush(rig.conn);
    assert_int_equal(recv(rig.peer, bytes, sizeof(bytes), MSG_DONTWAIT), 30);
    fsz_zmtp_message_unref(message);
    rig_fini(&rig);
}

static void test_what_is_sent_before_the_handshake_waits_for_it(void **state)
{
    struct rig rig;
    (void)state;
    rig_router(&rig);
    assert_int_equal(rig_post(rig.conn, "early", 5, FSZ_ZMTP_NORMAL), FSZ_OK);
    assert_false(fsz_conn_is_idle(rig.conn));
    rig_shake_dealer(&rig);
    RIG_EXPECT(&rig, "\0\5early");
    rig_fini(&rig);
}

static void
test_messages_of_all_sizes_arrive_whole_and_in_order_through_a_small_socket_buffer(void **state)
{
    enum { COUNT = 300 };
    static uint8_t body[70000], got[70000];
    struct rig     rig;
    (void)state;
    ready_small_router(&rig);
    for (size_t i = 0; i < COUNT; i++) {
        size_t size = i % 7 == 0 ? 69000 - i : i;
        memset(body, (int)i, size);
        assert_int_equal(rig_post(rig.conn, body, size, FSZ_ZMTP_HIGH), FSZ_OK);
    }
    assert_true(figures_of(&rig).queued_messages > 0);
    for (size_t i = 0; i < COUNT; i++) {
        size_t size = i % 7 == 0 ? 69000 - i : i;
        memset(body, (int)i, size);
        assert_int_equal(read_message(&rig, got, sizeof(got)), size);
        assert_memory_equal(got, body, size);
    }
    RIG_UNTIL(&rig, fsz_conn_is_idle(rig.conn));
    assert_int_equal(figures_of(&rig).messages_out, COUNT);
    assert_int_equal(rig.drained, 0);
    rig_fini(&rig);
}

static void test_a_pong_goes_before_messages_but_not_into_one(void **state)
{
    static uint8_t body[300000], got[300000];
    struct rig     rig;
    (void)state;
    ready_small_router(&rig);
    memset(body, 'm', sizeof(body));
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(rig_post(rig.conn, body, sizeof(body), FSZ_ZMTP_HIGH), FSZ_OK);
    }
    RIG_SEND(&rig, "\4\x9\4PING\0\0xy");
    rig_settle(&rig);
    assert_int_equal(read_message(&rig, got, sizeof(got)), sizeof(got));
    assert_memory_equal(got, body, sizeof(body));
    RIG_EXPECT(&rig, "\4\7\4PONGxy");
    assert_int_equal(read_message(&rig, got, sizeof(got)), sizeof(got));
    assert_int_equal(read_message(&rig, got, sizeof(got)), sizeof(got));
    rig_fini(&rig);
}

static void test_a_flood_of_pings_makes_one_pong_wait(void **state)
{
    struct rig rig;
    (void)state;
    ready_small_router(&rig);
    fill_socket(&rig);
    uint64_t queued = figures_of(&rig).queued_bytes;
    for (size_t i = 0; i < 2000; i++) {
        RIG_SEND(&rig, "\4\7\4PING\0\0");
    }
    rig_settle(&rig);
    assert_int_equal(figures_of(&rig).queued_bytes, queued);
    assert_false(rig.ended);
    rig_fini(&rig);
}

static size_t count_accepted(struct rig *rig, enum fsz_zmtp_priority priority, size_t tries)
{
    size_t accepted = 0;
    for (size_t i = 0; i < tries; i++) {
        accepted += rig_post(rig->conn, "x", 1, priority) == FSZ_OK ? 1 : 0;
    }
    return accepted;
}

static void test_drops_the_least_important_first_by_messages(void **state)
{
    struct rig rig;
    (void)state;
    ready_small_router(&rig);
    rig.shared.limits.output_messages = 100;
    fill_socket(&rig);
    size_t waiting = figures_of(&rig).queued_messages;
    assert_int_equal(count_accepted(&rig, FSZ_ZMTP_LOW, 200), 50 - waiting);
    assert_int_equal(count_accepted(&rig, FSZ_ZMTP_NORMAL, 200), 30);
    assert_int_equal(count_accepted(&rig, FSZ_ZMTP_LOW, 1), 0);
    assert_int_equal(count_accepted(&rig, FSZ_ZMTP_HIGH, 200), 20);
    assert_int_equal(figures_of(&rig).queued_messages, 100);
    assert_int_equal(figures_of(&rig).dropped[FSZ_ZMTP_LOW], 151 + waiting);
    assert_int_equal(figures_of(&rig).dropped[FSZ_ZMTP_NORMAL], 170);
    assert_int_equal(figures_of(&rig).dropped[FSZ_ZMTP_HIGH], 180);
    rig_fini(&rig);
}

static void test_drops_the_least_important_first_by_bytes(void **state)
{
    struct rig rig;
    (void)state;
    ready_small_router(&rig);
    rig.shared.limits.output_messages = 0;
    rig.shared.limits.output_bytes = 30000;
    fill_socket(&rig);
    count_accepted(&rig, FSZ_ZMTP_LOW, 10000);
    assert_in_range(figures_of(&rig).queued_bytes, 15000, 15002);
    count_accepted(&rig, FSZ_ZMTP_NORMAL, 10000);
    assert_in_range(figures_of(&rig).queued_bytes, 24000, 24002);
    count_accepted(&rig, FSZ_ZMTP_HIGH, 10000);
    assert_in_range(figures_of(&rig).queued_bytes, 29998, 30000);
    rig_fini(&rig);
}

static void test_one_message_may_wait_however_large(void **state)
{
    enum { SIZE = 1 << 20 };
    char      *body = calloc(1, SIZE);
    struct rig rig;
    (void)state;
    ready_small_router(&rig);
    rig.shared.limits.output_bytes = 1000;
    assert_int_equal(rig_post(rig.conn, body, SIZE, FSZ_ZMTP_LOW), FSZ_OK);
    assert_int_equal(figures_of(&rig).queued_messages, 1);
    assert_int_equal(rig_post(rig.conn, body, 1, FSZ_ZMTP_HIGH), FSZ_EFULL);
    free(body);
    rig_fini(&rig);
}

/* Loses messages at `messages` or `bytes` (0: no bound), then reads: at a quarter, `drained` is
 * called. */
static void read_again(uint64_t messages, size_t bytes)
{
    static uint8_t body[1000];
    struct rig     rig;
    ready_small_router(&rig);
    rig.shared.limits.output_messages = messages;
    rig.shared.limits.output_bytes = bytes;
    while (rig_post(rig.conn, body, sizeof(body), FSZ_ZMTP_HIGH) == FSZ_OK) {
    }
    while (!fsz_conn_is_idle(rig.conn)) {
        rig_settle(&rig);
        struct fsz_conn_figures figures = figures_of(&rig);
        bool                    few = messages == 0 || figures.queued_messages <= messages / 4;
        few = few && (bytes == 0 || figures.queued_bytes <= bytes / 4);
        assert_int_equal(rig.drained, few ? 1 : 0);
        read_message(&rig, body, sizeof(body));
        rig_settle(&rig);
    }
    assert_int_equal(rig.drained, 1);
    assert_int_equal(rig_post(rig.conn, "y", 1, FSZ_ZMTP_LOW), FSZ_OK);
    rig_settle(&rig);
    assert_int_equal(rig.drained, 1);
    rig_fini(&rig);
}

static void test_a_slow_peer_that_reads_again_is_reported(void **state)
{
    (void)state;
    read_again(100, 1 << 20);
    read_again(100, 0);
    read_again(0, 100000);
}

static void test_a_full_socket_is_written_to_again_without_the_loop(void **state)
{
    static uint8_t body[1000];
    struct rig     rig;
    (void)state;
    ready_small_router(&rig);
    fill_socket(&rig);
    uint64_t written = figures_of(&rig).bytes_out;
    fsz_conn_flush_blocked(rig.conn);
    assert_int_equal(figures_of(&rig).bytes_out, written);
    while (recv(rig.peer, body, sizeof(body), MSG_DONTWAIT) > 0) {
    }
    fsz_conn_flush(rig.conn); /* leaves a full socket to the loop */
    assert_int_equal(figures_of(&rig).bytes_out, written);
    fsz_conn_flush_blocked(rig.conn);
    assert_true(figures_of(&rig).bytes_out > written);
    assert_int_equal(figures_of(&rig).queued_messages, 0);
    assert_true(fsz_conn_is_idle(rig.conn));
    rig_fini(&rig);
}

static void test_only_what_waits_counts_for_the_budget(void **state)
{
    char       body[1000] = {0};
    uint8_t    got[1000];
    struct rig rig;
    (void)state;
    ready_small_router(&rig);
    rig.shared.output.max = 3000;
    assert_int_equal(rig_post(rig.conn, body, sizeof(body), FSZ_ZMTP_HIGH), FSZ_OK);
    assert_int_equal(rig.shared.output.used, 0);
    while (rig_post(rig.conn, body, sizeof(body), FSZ_ZMTP_HIGH) == FSZ_OK) {
    }
    assert_true(rig.shared.output.used > 0);
    assert_true(rig.shared.output.used <= 3000);
    assert_int_equal(figures_of(&rig).dropped[FSZ_ZMTP_HIGH], 1);
    /* A peer that reads gets its messages although those of another one use up the budget. */
    rig.shared.output.max = rig.shared.output.used;
    int              slow_peer = rig.peer;
    struct fsz_conn *slow = rig.conn;
    rig_pair(&rig);
    rig.ready = 0;
    rig_shake_dealer(&rig);
    assert_int_equal(rig_post(rig.conn, body, sizeof(body), FSZ_ZMTP_LOW), FSZ_OK);
    struct fsz_zmtp_message *message = rig_new_message("b", 1, FSZ_ZMTP_LOW);
    assert_int_equal(fsz_conn_queue(rig.conn, message), FSZ_OK);
    fsz_zmtp_message_unref(message);
    fsz_conn_flush(rig.conn);
    read_message(&rig, got, sizeof(got));
    RIG_EXPECT(&rig, "\0\1b");
    fsz_conn_end(slow, FSZ_ZMTP_END_STOPPED);
    fsz_conn_unref(&slow);
    close(slow_peer);
    rig_fini(&rig);
}

static void test_what_a_flush_leaves_beyond_the_budget_is_dropped_and_counted(void **state)
{
    char       body[1000] = {0};
    struct rig rig;
    (void)state;
    ready_small_router(&rig);
    rig.shared.output.max = 2500;
    for (size_t i = 0; i < 1000; i++) {
        struct fsz_zmtp_message *message = rig_new_message(body, sizeof(body), FSZ_ZMTP_NORMAL);
        fsz_err                  err = fsz_conn_queue(rig.conn, message);
        assert_true(err == FSZ_OK || err == FSZ_EFULL);
        fsz_zmtp_message_unref(message);
    }
    fsz_conn_flush(rig.conn);
    struct fsz_conn_figures figures = figures_of(&rig);
    assert_true(rig.shared.output.used <= 2 * 2500); /* a partly written message may exceed it */
    assert_true(figures.queued_messages <= 4);
    assert_int_equal(
        figures.messages_out + figures.queued_messages + figures.dropped[FSZ_ZMTP_NORMAL], 1000);
    rig_fini(&rig);
}

/* The second of two connections whose peers do not read, after the first has used up the budget. */
static void test_each_connection_has_its_equal_part_of_the_budget(void **state)
{
    enum { MAX = 100000, PART = MAX / 2 };
    char       body[1000] = {0};
    struct rig rig;
    (void)state;
    ready_small_router(&rig);
    rig.shared.output.max = MAX;
    while (rig_post(rig.conn, body, sizeof(body), FSZ_ZMTP_HIGH) == FSZ_OK) {
    }
    int              first_peer = rig.peer;
    struct fsz_conn *first = rig.conn;
    assert_true(rig.shared.output.used > MAX - 2 * (int)sizeof(body));
    rig.ready = 0;
    rig_pair(&rig);
    rig_shake_dealer(&rig);
    while (rig_post(rig.conn, body, sizeof(body), FSZ_ZMTP_HIGH) == FSZ_OK) {
    }
    assert_in_range(figures_of(&rig).queued_bytes, PART / 2, PART);
    assert_true(rig.shared.output.used <= 2 * MAX);
    fsz_conn_end(first, FSZ_ZMTP_END_STOPPED);
    fsz_conn_unref(&first);
    close(first_peer);
    rig_fini(&rig);
    assert_int_equal(rig.shared.output.used, 0);
}

/* Its part of the budget is zero, and its peer has received half a message. */
static void test_what_has_begun_and_has_no_room_ends_the_connection(void **state)
{
    enum { MAX = 10000 };
    static char body[20 * MAX];
    struct rig  rig;
    (void)state;
    ready_small_router(&rig);
    rig.shared.output.max = MAX;
    assert_int_equal(rig_post(rig.conn, body, sizeof(body), FSZ_ZMTP_HIGH), FSZ_OK);
    RIG_UNTIL(&rig, rig.ended);
    assert_int_equal(rig.ending, FSZ_ZMTP_END_OUTPUT_BYTES);
    assert_int_equal(rig.shared.output.used, 0);
    rig_fini(&rig);
}

/* `most`: bound on queued messages; smaller than their number, so writes happen before all are
 * queued. */
static void check_several(uint64_t most)
{
    enum { COUNT = 200 };
    char                     body[1000] = {0};
    struct rig               rig;
    fsz_err                  errs[COUNT];
    struct fsz_zmtp_message *messages[COUNT];
    size_t                   kept = 0;
    ready_small_router(&rig);
    rig.shared.output.max = 2500; /* what a write leaves beyond it is dropped */
    rig.shared.limits.output_messages = most;
    for (size_t i = 0; i < COUNT; i++) {
        messages[i] = rig_new_message(body, sizeof(body), FSZ_ZMTP_HIGH);
    }
    fsz_conn_send_all(rig.conn, messages, COUNT, errs);
    for (size_t i = 0; i < COUNT; i++) {
        assert_true(errs[i] == FSZ_EFULL || errs[i] == FSZ_OK);
        kept += errs[i] == FSZ_OK;
        fsz_zmtp_message_unref(messages[i]);
    }
    struct fsz_conn_figures figures = figures_of(&rig);
    assert_true(kept > 0 && kept < COUNT);
    assert_int_equal(figures.dropped[FSZ_ZMTP_HIGH], COUNT - kept);
    assert_int_equal(figures.messages_out + figures.queued_messages, kept);
    rig_fini(&rig);
}

static void test_each_of_several_is_told_what_became_of_it(void **state)
{
    (void)state;
    check_several(0);
    check_several(100);
}

struct sender {
    struct rig *rig;
    pthread_t   thread;
    uint8_t     number;
    size_t      sent;
};

enum { SENDERS = 3, SENT = 2000 };

static void *sender_main(void *argument)
{
    struct sender *sender = argument;
    for (uint32_t i = 0; i < SENT; i++) {
        uint8_t body[600] = {sender->number};
        size_t  size = 5 + i % 590;
        fsz_err err = FSZ_OK;
        memcpy(body + 1, &i, sizeof(i));
        if (i % 3 == 0) {
            struct fsz_zmtp_message *message = rig_new_message(body, size, FSZ_ZMTP_HIGH);
            err = fsz_conn_queue(sender->rig->conn, message);
            fsz_zmtp_message_unref(message);
            fsz_conn_flush(sender->rig->conn);
        } else {
            err = rig_post(sender->rig->conn, body, size, FSZ_ZMTP_HIGH);
        }
        sender->sent += err == FSZ_OK ? 1 : 0;
    }
    return NULL;
}

static void test_threads_that_send_at_once_keep_their_order(void **state)
{
    struct sender senders[SENDERS];
    uint32_t      next[SENDERS] = {0};
    struct rig    rig;
    (void)state;
    ready_small_router(&rig);
    rig.shared.limits.output_messages = rig.shared.limits.output_bytes = 0;
    for (size_t i = 0; i < SENDERS; i++) {
        senders[i] = (struct sender){.rig = &rig, .number = (uint8_t)i};
        assert_int_equal(pthread_create(&senders[i].thread, NULL, sender_main, &senders[i]), 0);
    }
    for (size_t i = 0; i < (size_t)SENDERS * SENT; i++) {
        uint8_t  body[600];
        uint32_t number = 0;
        assert_true(read_message(&rig, body, sizeof(body)) >= 5);
        assert_true(body[0] < SENDERS);
        memcpy(&number, body + 1, sizeof(number));
        assert_int_equal(number, next[body[0]]);
        next[body[0]]++;
        if (i % 100 == 0) { /* the peer reads in between */
            RIG_SEND(&rig, "\0\1x");
            assert_true(figures_of(&rig).bytes_out > 0);
        }
    }
    for (size_t i = 0; i < SENDERS; i++) {
        pthread_join(senders[i].thread, NULL);
        assert_int_equal(senders[i].sent, SENT);
    }
    rig_fini(&rig);
}

static void test_an_end_while_threads_send_is_safe(void **state)
{
    (void)state;
    for (size_t round = 0; round < 20; round++) {
        struct sender senders[SENDERS];
        struct rig    rig;
        ready_small_router(&rig);
        for (size_t i = 0; i < SENDERS; i++) {
            senders[i] = (struct sender){.rig = &rig, .number = (uint8_t)i};
            assert_int_equal(pthread_create(&senders[i].thread, NULL, sender_main, &senders[i]), 0);
        }
        for (size_t i = 0; i < round; i++) {
            fsz_loop_turn(rig.loop, 100000);
        }
        if (round % 2) {
            fsz_conn_end(rig.conn, FSZ_ZMTP_END_STOPPED);
        } else {
            close(rig.peer);
            rig.peer = -1;
            RIG_UNTIL(&rig, rig.ended);
        }
        for (size_t i = 0; i < SENDERS; i++) {
            pthread_join(senders[i].thread, NULL);
        }
        assert_int_equal(rig_post(rig.conn, "x", 1, FSZ_ZMTP_HIGH), FSZ_ECLOSED);
        rig_fini(&rig);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_writes_at_once_from_the_thread_that_sends),
        cmocka_unit_test(test_queued_messages_go_out_together),
        cmocka_unit_test(test_what_is_sent_before_the_handshake_waits_for_it),
        cmocka_unit_test(
            test_messages_of_all_sizes_arrive_whole_and_in_order_through_a_small_socket_buffer),
        cmocka_unit_test(test_a_pong_goes_before_messages_but_not_into_one),
        cmocka_unit_test(test_a_flood_of_pings_makes_one_pong_wait),
        cmocka_unit_test(test_drops_the_least_important_first_by_messages),
        cmocka_unit_test(test_drops_the_least_important_first_by_bytes),
        cmocka_unit_test(test_one_message_may_wait_however_large),
        cmocka_unit_test(test_a_slow_peer_that_reads_again_is_reported),
        cmocka_unit_test(test_a_full_socket_is_written_to_again_without_the_loop),
        cmocka_unit_test(test_only_what_waits_counts_for_the_budget),
        cmocka_unit_test(test_what_a_flush_leaves_beyond_the_budget_is_dropped_and_counted),
        cmocka_unit_test(test_each_connection_has_its_equal_part_of_the_budget),
        cmocka_unit_test(test_what_has_begun_and_has_no_room_ends_the_connection),
        cmocka_unit_test(test_each_of_several_is_told_what_became_of_it),
        cmocka_unit_test(test_threads_that_send_at_once_keep_their_order),
        cmocka_unit_test(test_an_end_while_threads_send_is_safe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
