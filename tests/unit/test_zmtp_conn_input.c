/* SPDX-License-Identifier: MPL-2.0 */
/* Input after the handshake: messages, commands, bounds. */
#include "zmtp_conn_rig.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>

static void test_delivers_several_messages_that_come_at_once(void **state)
{
    struct rig rig;
    (void)state;
    rig_router(&rig);
    rig_shake_dealer(&rig);
    RIG_SEND(&rig, "\1\0\0\1a"
                   "\1\1b\1\1c\1\1d\1\1e\1\1f\0\1g"
                   "\0\0");
    RIG_UNTIL(&rig, rig.messages == 3);
    assert_string_equal(rig.got, "|a\nb|c|d|e|f|g\n\n");
    assert_int_equal(rig.shared.inputs.used, 0);
    assert_null(rig.shared.inputs.oldest);
    rig_fini(&rig);
}

static void test_a_message_comes_whole_wherever_it_is_cut(void **state)
{
    static const char bytes[] = "\1\0\1\2xy\1\1z\1\1w\1\1v\0\5hello\0\1q";
    const size_t      size = sizeof(bytes) - 1;
    (void)state;
    for (size_t cut = 1; cut < size; cut++) {
        struct rig rig;
        rig_router(&rig);
        rig_shake_dealer(&rig);
        rig_send(&rig, bytes, cut);
        rig_settle(&rig);
        rig_send(&rig, bytes + cut, size - cut);
        RIG_UNTIL(&rig, rig.messages == 2);
        assert_string_equal(rig.got, "|xy|z|w|v|hello\nq\n");
        assert_int_equal(rig.shared.inputs.used, 0);
        rig_fini(&rig);
    }
}

static void test_a_large_message_comes_whole(void **state)
{
    struct rig rig;
    (void)state;
    rig_router(&rig);
    rig.shared.limits.message_bytes = 8 << 20;
    rig_shake_dealer(&rig);
    rig_send_long(&rig, 5 << 20, 5 << 20);
    RIG_UNTIL(&rig, rig.messages == 1);
    assert_int_equal(rig.message_bytes, 5 << 20);
    assert_int_equal(rig.shared.inputs.used, 0);
    assert_true(rig.shared.inputs.peak >= 5 << 20);
    rig_fini(&rig);
}

static void test_memory_grows_with_what_comes_not_with_what_is_announced(void **state)
{
    struct rig rig;
    (void)state;
    rig_router(&rig);
    rig.shared.limits.message_bytes = (size_t)1 << 40;
    rig_shake_dealer(&rig);
    rig_send_long(&rig, (size_t)1 << 39, 1000);
    rig_settle(&rig);
    assert_false(rig.ended);
    assert_in_range(rig.shared.inputs.used, 1000, 4096);
    rig_fini(&rig);
}

static void test_a_message_that_would_be_too_large_ends_at_its_head(void **state)
{
    struct rig rig;
    (void)state;
    rig_router(&rig);
    rig.shared.limits.message_bytes = 1000;
    rig_shake_dealer(&rig);
    rig_send_long(&rig, 1000 - FSZ_CONN_FRAME_OVERHEAD, 1000 - FSZ_CONN_FRAME_OVERHEAD);
    RIG_UNTIL(&rig, rig.messages == 1);
    rig_send_long(&rig, 1000 - FSZ_CONN_FRAME_OVERHEAD + 1, 0);
    RIG_UNTIL(&rig, rig.ended);
    assert_int_equal(rig.ending, FSZ_ZMTP_END_MESSAGE_BYTES);
    rig_fini(&rig);
}

static void test_the_bound_of_a_message_counts_all_of_its_frames(void **state)
{
    struct rig rig;
    (void)state;
    rig_router(&rig);
    rig.shared.limits.message_bytes = 3 * FSZ_CONN_FRAME_OVERHEAD + 3;
    rig_shake_dealer(&rig);
    RIG_SEND(&rig, "\1\1a\1\1b\0\1c");
    RIG_UNTIL(&rig, rig.messages == 1);
    RIG_SEND(&rig, "\1\1a\1\1b\0\2");
    RIG_UNTIL(&rig, rig.ended);
    assert_int_equal(rig.ending, FSZ_ZMTP_END_MESSAGE_BYTES);
    rig_fini(&rig);
}

static void test_a_message_of_too_many_frames_ends(void **state)
{
    struct rig rig;
    (void)state;
    rig_router(&rig);
    rig.shared.limits.message_frames = 9;
    rig_shake_dealer(&rig);
    for (size_t i = 0; i < 8; i++) {
        RIG_SEND(&rig, "\1\1a");
    }
    RIG_SEND(&rig, "\0\1b");
    RIG_UNTIL(&rig, rig.messages == 1);
    for (size_t i = 0; i < 10; i++) {
        RIG_SEND(&rig, "\1\1a");
    }
    RIG_UNTIL(&rig, rig.ended);
    assert_int_equal(rig.ending, FSZ_ZMTP_END_MESSAGE_FRAMES);
    rig_fini(&rig);
}

static void test_a_length_that_no_memory_holds_ends(void **state)
{
    struct rig rig;
    (void)state;
    rig_router(&rig);
    rig.shared.limits.message_bytes = SIZE_MAX;
    rig_shake_dealer(&rig);
    RIG_SEND(&rig, "\2\xff\xff\xff\xff\xff\xff\xff\xff");
    RIG_UNTIL(&rig, rig.ended);
    assert_int_equal(rig.ending, FSZ_ZMTP_END_PROTOCOL);
    rig_fini(&rig);
}

/* Sends `count` messages "x" at once, without turning the loop. */
static void send_many(struct rig *rig, size_t count)
{
    char *bytes = malloc(count * 3);
    for (size_t i = 0; i < count; i++) {
        memcpy(bytes + 3 * i, "\0\1x", 3);
    }
    assert_int_equal(send(rig->peer, bytes, count * 3, MSG_DONTWAIT), count * 3);
    free(bytes);
}

static void test_all_that_a_peer_sent_before_it_closed_is_delivered(void **state)
{
    struct rig rig;
    (void)state;
    rig_router(&rig);
    rig_shake_dealer(&rig);
    send_many(&rig, 30000); /* more than one read */
    close(rig.peer);
    rig.peer = -1;
    RIG_UNTIL(&rig, rig.ended);
    assert_int_equal(rig.messages, 30000);
    assert_int_equal(rig.ending, FSZ_ZMTP_END_PEER);
    rig_fini(&rig);
}

static void test_a_failure_to_write_loses_nothing_that_can_be_read(void **state)
{
    struct rig rig;
    (void)state;
    rig_router(&rig);
    rig_shake_dealer(&rig);
    send_many(&rig, 30000);
    close(rig.peer);
    rig.peer = -1;
    assert_int_equal(rig_post(rig.conn, "y", 1, FSZ_ZMTP_HIGH), FSZ_OK);
    assert_int_equal(rig_post(rig.conn, "y", 1, FSZ_ZMTP_HIGH), FSZ_ECLOSED);
    RIG_UNTIL(&rig, rig.ended);
    assert_int_equal(rig.messages, 30000);
    assert_int_equal(rig.ending, FSZ_ZMTP_END_PEER);
    rig_fini(&rig);
}

static void test_a_reset_loses_nothing_that_had_come(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t          size = sizeof(address);
    int                listener = socket(AF_INET, SOCK_STREAM, 0);
    struct rig         rig;
    (void)state;
    rig_init(&rig, FSZ_ZMTP_ROUTER);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    rig.peer = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(rig.peer, (struct sockaddr *)&address, size), 0);
    rig.conn = rig_conn(&rig, accept(listener, NULL, NULL), false);
    close(listener);
    rig_shake_dealer(&rig);
    assert_int_equal(rig_post(rig.conn, "unread", 6, FSZ_ZMTP_HIGH), FSZ_OK);
    send_many(&rig, 20000); /* within the first window: a reset drops what has not been sent yet */
    close(rig.peer);        /* causes a reset, because it has unread bytes */
    rig.peer = -1;
    RIG_UNTIL(&rig, rig.ended);
    assert_int_equal(rig.messages, 20000);
    assert_int_equal(rig.ending, FSZ_ZMTP_END_PEER);
    rig_fini(&rig);
}

static void test_a_peer_that_reads_no_more_ends_after_what_it_sent(void **state)
{
    struct rig rig;
    (void)state;
    rig_router(&rig);
    rig_shake_dealer(&rig);
    RIG_SEND(&rig, "\0\1a");
    shutdown(rig.peer, SHUT_RD);
    assert_int_equal(rig_post(rig.conn, "y", 1, FSZ_ZMTP_HIGH), FSZ_OK);
    RIG_UNTIL(&rig, rig.ended);
    assert_string_equal(rig.got, "a\n");
    rig_fini(&rig);
}

static void *flood_main(void *argument)
{
    static const char zeros[4096];
    while (send(*(int *)argument, zeros, sizeof(zeros), MSG_NOSIGNAL) > 0) {
    }
    return NULL;
}

static void test_a_peer_that_reads_no_more_ends_though_it_never_stops_sending(void **state)
{
    struct rig rig;
    pthread_t  thread;
    (void)state;
    rig_router(&rig);
    rig_shake_dealer(&rig);
    fcntl(rig.peer, F_SETFL, 0);
    assert_int_equal(pthread_create(&thread, NULL, flood_main, &rig.peer), 0);
    shutdown(rig.peer, SHUT_RD);
    assert_int_equal(rig_post(rig.conn, "y", 1, FSZ_ZMTP_HIGH), FSZ_OK);
    RIG_UNTIL(&rig, rig.ended);
    pthread_join(thread, NULL);
    assert_int_equal(rig.ending, FSZ_ZMTP_END_PEER);
    rig_fini(&rig);
}

static void end_it(struct rig *rig, struct fsz_conn *conn, const struct fsz_frames *frames)
{
    uint8_t sum = 0;
    fsz_conn_end(conn, FSZ_ZMTP_END_KICKED);
    for (size_t i = 0; i < frames->count; i++) { /* the frames are still valid */
        sum ^= frames->frames[i].data[0];
    }
    rig->message_bytes += sum;
}

static void finish_it(struct rig *rig, struct fsz_conn *conn, const struct fsz_frames *frames)
{
    (void)rig;
    fsz_conn_finish(conn, rig_now_ms() + RIG_WAIT_MS);
    assert_int_equal(frames->frames[0].data[0], 'a');
}

static void test_a_handler_may_end_it_in_the_middle_of_a_batch(void **state)
{
    struct rig rig;
    (void)state;
    for (int kept = 0; kept < 2; kept++) {
        for (int finish = 0; finish < 2; finish++) {
            rig_router(&rig);
            rig_shake_dealer(&rig);
            rig.on_message = finish ? finish_it : end_it;
            RIG_SEND(&rig, "\1\1a\1\1b");
            if (kept) {
                rig_settle(&rig);
            }
            RIG_SEND(&rig, "\1\1c\1\1d\1\1e\0\1f"
                           "\0\1g");
            RIG_UNTIL(&rig, rig.ended);
            assert_int_equal(rig.messages, 1);
            assert_int_equal(rig.shared.inputs.used, 0);
            rig_fini(&rig);
        }
    }
}

static void test_subscriptions_come_as_commands(void **state)
{
    struct rig rig;
    (void)state;
    rig_init(&rig, FSZ_ZMTP_XPUB);
    rig_pair(&rig);
    rig_shake(&rig, 1, RIG_READY_SUB, sizeof(RIG_READY_SUB) - 1);
    RIG_SEND(&rig, "\4\xc\x9SUBSCRIBEab"
                   "\4\xa\x9SUBSCRIBE"
                   "\4\x8\6CANCELa"
                   "\0\1\1");
    RIG_UNTIL(&rig, rig.messages == 1);
    assert_string_equal(rig.subscriptions, "+ab+-a");
    assert_string_equal(rig.got, "\1\n");
    rig_fini(&rig);
}

static void test_unknown_commands_are_ignored(void **state)
{
    struct rig rig;
    (void)state;
    rig_router(&rig);
    rig_shake_dealer(&rig);
    RIG_SEND(&rig, "\4\7\6FUTURE"
                   "\4\x8\5READYxy"
                   "\0\1a");
    RIG_UNTIL(&rig, rig.messages == 1);
    assert_string_equal(rig.got, "a\n");
    rig_fini(&rig);
}

static void test_a_command_without_a_name_ends(void **state)
{
    struct rig rig;
    (void)state;
    rig_router(&rig);
    rig_shake_dealer(&rig);
    RIG_SEND(&rig, "\4\2\5x");
    RIG_UNTIL(&rig, rig.ended);
    assert_int_equal(rig.ending, FSZ_ZMTP_END_PROTOCOL);
    rig_fini(&rig);
}

static void test_an_error_command_ends_and_says_why(void **state)
{
    struct rig rig;
    (void)state;
    rig_router(&rig);
    rig_shake_dealer(&rig);
    RIG_SEND(&rig, "\4\xc\5ERROR\5no\nok");
    RIG_UNTIL(&rig, rig.ended);
    assert_int_equal(rig.ending, FSZ_ZMTP_END_DENIED);
    assert_string_equal(fsz_conn_peer_reason(rig.conn), "no?ok");
    rig_fini(&rig);
}

static void test_commands_between_frames_are_taken_and_count(void **state)
{
    struct rig rig;
    (void)state;
    rig_router(&rig);
    rig.shared.limits.message_bytes = 4096;
    rig_shake_dealer(&rig);
    RIG_SEND(&rig, "\1\1a\4\7\4PING\0\0\0\1b");
    RIG_UNTIL(&rig, rig.messages == 1);
    assert_string_equal(rig.got, "a|b\n");
    RIG_EXPECT(&rig, "\4\5\4PONG");
    RIG_SEND(&rig, "\1\1a");
    for (size_t i = 0; i < 4096 / FSZ_CONN_FRAME_OVERHEAD; i++) {
        RIG_SEND(&rig, "\4\7\4PING\0\0");
    }
    RIG_UNTIL(&rig, rig.ended);
    assert_int_equal(rig.ending, FSZ_ZMTP_END_MESSAGE_BYTES);
    rig_fini(&rig);
}

static void test_what_came_is_counted(void **state)
{
    struct fsz_conn_figures figures;
    struct rig              rig;
    (void)state;
    rig_router(&rig);
    rig_shake_dealer(&rig);
    RIG_SEND(&rig, "\1\0\0\1a\0\1b");
    RIG_UNTIL(&rig, rig.messages == 2);
    fsz_conn_figures(rig.conn, &figures);
    assert_int_equal(figures.messages_in, 2);
    assert_int_equal(figures.bytes_in, 64 + sizeof(RIG_READY_DEALER) - 1 + 8);
    assert_int_equal(figures.round_trip_us, -1);
    rig_fini(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_delivers_several_messages_that_come_at_once),
        cmocka_unit_test(test_a_message_comes_whole_wherever_it_is_cut),
        cmocka_unit_test(test_a_large_message_comes_whole),
        cmocka_unit_test(test_memory_grows_with_what_comes_not_with_what_is_announced),
        cmocka_unit_test(test_a_message_that_would_be_too_large_ends_at_its_head),
        cmocka_unit_test(test_the_bound_of_a_message_counts_all_of_its_frames),
        cmocka_unit_test(test_a_message_of_too_many_frames_ends),
        cmocka_unit_test(test_a_length_that_no_memory_holds_ends),
        cmocka_unit_test(test_all_that_a_peer_sent_before_it_closed_is_delivered),
        cmocka_unit_test(test_a_failure_to_write_loses_nothing_that_can_be_read),
        cmocka_unit_test(test_a_reset_loses_nothing_that_had_come),
        cmocka_unit_test(test_a_peer_that_reads_no_more_ends_after_what_it_sent),
        cmocka_unit_test(test_a_peer_that_reads_no_more_ends_though_it_never_stops_sending),
        cmocka_unit_test(test_a_handler_may_end_it_in_the_middle_of_a_batch),
        cmocka_unit_test(test_subscriptions_come_as_commands),
        cmocka_unit_test(test_unknown_commands_are_ignored),
        cmocka_unit_test(test_a_command_without_a_name_ends),
        cmocka_unit_test(test_an_error_command_ends_and_says_why),
        cmocka_unit_test(test_commands_between_frames_are_taken_and_count),
        cmocka_unit_test(test_what_came_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
