/* SPDX-License-Identifier: MPL-2.0 */
/* Life and handshake of a connection, seen from the peer's bytes. */
#include "zmtp_conn_rig.h"

#include "zmtp/greeting.h"

#include <malloc.h>
#include <pthread.h>
#include <stdio.h>

static void test_sends_its_greeting_before_the_peer_says_anything(void **state)
{
    struct rig rig;
    (void)state;
    rig_router(&rig);
    fsz_conn_begin(rig.conn, NULL);
    RIG_EXPECT(&rig, "\xff\0\0\0\0\0\0\0\1\x7f\3");
    rig_fini(&rig);
    assert_int_equal(rig.freed, 1);
}

static void test_knows_its_peer_when_it_is_ready(void **state)
{
    struct rig rig;
    (void)state;
    rig_router(&rig);
    rig_shake_dealer(&rig);
    const struct fsz_conn_facts *facts = fsz_conn_facts(rig.conn);
    assert_true(fsz_conn_is_ready(rig.conn));
    assert_true(fsz_conn_is_idle(rig.conn));
    assert_int_equal(facts->version, FSZ_ZMTP_3_1);
    assert_int_equal(facts->mechanism, FSZ_ZMTP_NULL);
    assert_string_equal(facts->mechanism_text, "NULL");
    assert_int_equal(facts->type, FSZ_ZMTP_DEALER);
    assert_int_equal(facts->routing_id_size, 2);
    assert_memory_equal(facts->routing_id, "id", 2);
    assert_int_equal(facts->uid, getuid());
    assert_int_equal(facts->pid, getpid());
    assert_string_equal(facts->address, "");
    assert_true(facts->id > 0);
    rig_fini(&rig);
}

static void test_shakes_hands_when_every_byte_comes_alone(void **state)
{
    static const char bytes[] = RIG_READY_DEALER "\1\3one\0\3two\0\5three";
    uint8_t           greeting[64];
    struct rig        rig;
    (void)state;
    rig_router(&rig);
    fsz_conn_begin(rig.conn, NULL);
    rig_greeting(greeting, 0, "NULL");
    for (size_t i = 0; i < sizeof(greeting); i++) {
        rig_send(&rig, greeting + i, 1);
        rig_settle(&rig);
    }
    for (size_t i = 0; i < sizeof(bytes) - 1; i++) {
        rig_send(&rig, bytes + i, 1);
        rig_settle(&rig);
    }
    RIG_UNTIL(&rig, rig.messages == 2);
    assert_string_equal(rig.got, "one|two\nthree\n");
    assert_int_equal(fsz_conn_facts(rig.conn)->version, FSZ_ZMTP_3_0);
    assert_int_equal(rig.shared.inputs.used, 0);
    rig_fini(&rig);
}

static void test_a_peer_of_2_0_is_ready_after_the_greeting(void **state)
{
    struct rig rig;
    (void)state;
    rig_router(&rig);
    fsz_conn_begin(rig.conn, NULL);
    RIG_SEND(&rig, "\xff\0\0\0\0\0\0\0\3\x7f\1\3\0\2id\1\0\0\4ping");
    RIG_EXPECT(&rig, "\xff\0\0\0\0\0\0\0\1\x7f\3\6\0\0");
    RIG_UNTIL(&rig, rig.messages == 1);
    assert_int_equal(fsz_conn_facts(rig.conn)->version, FSZ_ZMTP_2_0);
    assert_int_equal(fsz_conn_facts(rig.conn)->type, FSZ_ZMTP_REQ);
    assert_string_equal(rig.got, "|ping\n");
    assert_int_equal(rig_post(rig.conn, "x", 1, FSZ_ZMTP_HIGH), FSZ_OK);
    RIG_EXPECT(&rig, "\0\1x");
    rig_fini(&rig);
}

static void test_a_command_of_a_peer_of_2_0_is_a_protocol_error(void **state)
{
    struct rig rig;
    (void)state;
    rig_router(&rig);
    fsz_conn_begin(rig.conn, NULL);
    RIG_SEND(&rig, "\xff\0\0\0\0\0\0\0\1\x7f\1\3\0\0\4\7\4PING\0\0");
    RIG_UNTIL(&rig, rig.ended);
    assert_int_equal(rig.ending, FSZ_ZMTP_END_PROTOCOL);
    rig_fini(&rig);
}

struct bad_peer {
    const char          *bytes;
    size_t               size;
    enum fsz_zmtp_ending ending;
};

#define BAD(literal, ending)                                                                       \
    {                                                                                              \
        literal, sizeof(literal) - 1, FSZ_ZMTP_END_##ending                                        \
    }
#define SIGNATURE "\xff\0\0\0\0\0\0\0\1\x7f"
#define ZERO8 "\0\0\0\0\0\0\0\0"
#define ZERO32 ZERO8 ZERO8 ZERO8 ZERO8
#define GREETING_NULL SIGNATURE "\3\1NULL" ZERO8 ZERO8 ZERO32

static void test_a_bad_handshake_ends_with_its_reason(void **state)
{
    static const struct bad_peer peers[] = {
        BAD("GET / HTTP/1.1\r\n\r\n", PROTOCOL),
        BAD("\1", PROTOCOL),
        BAD(SIGNATURE "\3\1PLAIN\0\0\0" ZERO8 "\0\0\0\0" ZERO32, MECHANISM),
        BAD(SIGNATURE "\3\1BOGUS\0\0\0" ZERO8 "\0\0\0\0" ZERO32, MECHANISM),
        BAD(SIGNATURE "\1\1\0\0", TYPE),                     /* 2.0, a PUB */
        BAD(GREETING_NULL "\0\5hello", PROTOCOL),            /* not a command */
        BAD(GREETING_NULL "\4\6\5HELLO", PROTOCOL),          /* PLAIN's */
        BAD(GREETING_NULL "\4\0", PROTOCOL),                 /* no name */
        BAD(GREETING_NULL "\6\0\0\0\0\0\0\x20\1", PROTOCOL), /* longer than any command may be */
        BAD(GREETING_NULL "\xc0\1x", PROTOCOL),              /* reserved flags */
        BAD(GREETING_NULL "\4\x19\5READY\xbSocket-Type\0\0\0\3PUB", TYPE),
        BAD(GREETING_NULL "\4\xa\5ERROR\3"
                          "400",
            DENIED),
    };
    (void)state;
    for (size_t i = 0; i < sizeof(peers) / sizeof(peers[0]); i++) {
        struct rig rig;
        rig_router(&rig);
        fsz_conn_begin(rig.conn, NULL);
        rig_send(&rig, peers[i].bytes, peers[i].size);
        shutdown(rig.peer, SHUT_WR);
        RIG_UNTIL(&rig, rig.ended);
        if (rig.ending != peers[i].ending) {
            print_message("peer %zu: %s\n", i, fsz_zmtp_ending_word(rig.ending));
        }
        assert_int_equal(rig.ending, peers[i].ending);
        assert_int_equal(rig.ready, 0);
        assert_false(fsz_conn_is_ready(rig.conn));
        rig_fini(&rig);
    }
}

/* The peer must see our greeting, to know why it was refused: otherwise libzmq reconnects forever.
 */
static void test_a_peer_of_another_mechanism_gets_our_whole_greeting(void **state)
{
    static const struct {
        const char *greeting;
        size_t      size, ours;
    } peers[] = {{SIGNATURE "\3\1PLAIN\0\0\0" ZERO8 "\0\0\0\0" ZERO32, 64, FSZ_GREETING_BYTES},
                 {SIGNATURE "\1\1\0\0", 14, FSZ_GREETING_2_0_BYTES}};
    (void)state;
    for (size_t i = 0; i < sizeof(peers) / sizeof(peers[0]); i++) {
        struct rig rig;
        uint8_t    ours[FSZ_GREETING_BYTES];
        rig_router(&rig);
        fsz_conn_begin(rig.conn, NULL);
        rig_send(&rig, peers[i].greeting, peers[i].size);
        RIG_UNTIL(&rig, rig.ended);
        rig_read(&rig, ours, peers[i].ours);
        assert_true(rig_peer_closed(&rig));
        rig_fini(&rig);
    }
}

static void test_what_the_peers_error_said_is_kept(void **state)
{
    struct rig rig;
    (void)state;
    rig_router(&rig);
    fsz_conn_begin(rig.conn, NULL);
    RIG_SEND(&rig, GREETING_NULL "\4\xa\5ERROR\3"
                                 "400");
    RIG_UNTIL(&rig, rig.ended);
    assert_string_equal(fsz_conn_peer_reason(rig.conn), "400");
    rig_fini(&rig);
}

static void test_a_silent_peer_ends_when_the_handshake_is_due(void **state)
{
    struct rig rig;
    (void)state;
    rig_router(&rig);
    rig.shared.times.handshake_ms = 30;
    int64_t began_ms = rig_now_ms();
    fsz_conn_begin(rig.conn, NULL);
    RIG_SEND(&rig, "\xff\0");
    RIG_UNTIL(&rig, rig.ended);
    assert_int_equal(rig.ending, FSZ_ZMTP_END_HANDSHAKE_TIMEOUT);
    assert_true(rig_now_ms() - began_ms >= 25);
    rig_fini(&rig);
}

static void test_a_peer_that_closes_in_the_handshake_ends_it(void **state)
{
    struct rig rig;
    (void)state;
    rig_router(&rig);
    fsz_conn_begin(rig.conn, NULL);
    RIG_SEND(&rig, "\xff\0");
    shutdown(rig.peer, SHUT_WR);
    RIG_UNTIL(&rig, rig.ended);
    assert_int_equal(rig.ending, FSZ_ZMTP_END_PEER);
    rig_fini(&rig);
}

static void test_a_refused_peer_reads_why_and_then_the_end(void **state)
{
    struct rig rig;
    uint8_t    ours[64];
    (void)state;
    rig_router(&rig);
    fsz_conn_begin(rig.conn, "400");
    rig_send_greeting(&rig, 1, "NULL");
    RIG_SEND(&rig, RIG_READY_DEALER "\0\5hello");
    rig_read(&rig, ours, sizeof(ours));
    RIG_EXPECT(&rig, "\4\xa\5ERROR\3"
                     "400");
    RIG_UNTIL(&rig, rig_peer_closed(&rig));
    assert_false(rig.ended);
    close(rig.peer);
    rig.peer = -1;
    RIG_UNTIL(&rig, rig.ended);
    assert_int_equal(rig.ending, FSZ_ZMTP_END_REFUSED);
    assert_int_equal(rig.ready + rig.messages, 0);
    rig_fini(&rig);
}

static void test_a_refused_peer_that_stays_is_closed_when_the_handshake_is_due(void **state)
{
    struct rig rig;
    (void)state;
    rig_router(&rig);
    rig.shared.times.handshake_ms = 50;
    fsz_conn_begin(rig.conn, "400");
    rig_send_greeting(&rig, 1, "CURVE");
    RIG_SEND(&rig, "\4\6\5HELLO");
    RIG_UNTIL(&rig, rig.ended);
    assert_int_equal(rig.ending, FSZ_ZMTP_END_REFUSED);
    rig_fini(&rig);
}

static void test_a_refused_peer_of_2_0_is_closed(void **state)
{
    struct rig rig;
    (void)state;
    rig_router(&rig);
    fsz_conn_begin(rig.conn, "400");
    RIG_SEND(&rig, SIGNATURE "\1\3\0\0");
    RIG_UNTIL(&rig, rig.ended);
    assert_int_equal(rig.ending, FSZ_ZMTP_END_REFUSED);
    rig_fini(&rig);
}

#define HELLO "\4\x10\5HELLO\4user\4pass"
#define INITIATE "\4\x1f\x8INITIATE\xbSocket-Type\0\0\0\6DEALER"

/* A PLAIN server whose peer has sent greeting and HELLO, followed by more bytes. */
static void plain_begins(struct rig *rig, void (*asks)(struct rig *rig, struct fsz_conn *conn))
{
    rig_init(rig, FSZ_ZMTP_ROUTER);
    rig->on_asks = asks;
    rig->mechanism.name = FSZ_ZMTP_PLAIN;
    rig->mechanism.as_server = true;
    rig_pair(rig);
    fsz_conn_begin(rig->conn, NULL);
    rig_send_greeting(rig, 1, "PLAIN");
}

static void plain_server(struct rig *rig, void (*asks)(struct rig *rig, struct fsz_conn *conn))
{
    plain_begins(rig, asks);
    RIG_SEND(rig, HELLO);
}

static void plain_reads_greeting(struct rig *rig)
{
    uint8_t ours[64];
    rig_read(rig, ours, sizeof(ours));
}

static void test_a_judgement_may_come_later(void **state)
{
    struct rig rig;
    (void)state;
    plain_server(&rig, NULL);
    RIG_UNTIL(&rig, rig.asked == 1);
    rig_settle(&rig);
    assert_int_equal(rig.ready, 0);
    assert_string_equal(rig.credentials.user, "user");
    assert_string_equal(rig.credentials.password, "pass");
    fsz_conn_judge(rig.conn, "200");
    RIG_SEND(&rig, INITIATE "\0\5early");
    RIG_UNTIL(&rig, rig.messages == 1);
    assert_string_equal(rig.got, "early\n");
    plain_reads_greeting(&rig);
    RIG_EXPECT(&rig, "\4\x8\7WELCOME");
    rig_fini(&rig);
}

static void test_a_peer_that_does_not_wait_for_the_judgement_is_ended(void **state)
{
    struct rig rig;
    (void)state;
    plain_begins(&rig, NULL);
    RIG_SEND(&rig, HELLO INITIATE);
    RIG_UNTIL(&rig, rig.ended);
    assert_int_equal(rig.asked, 1);
    assert_int_equal(rig.ending, FSZ_ZMTP_END_PROTOCOL);
    assert_int_equal(rig.shared.inputs.used, 0);
    rig_fini(&rig);
}

static void judge_200(struct rig *rig, struct fsz_conn *conn)
{
    (void)rig;
    fsz_conn_judge(conn, "200");
}

static void judge_400(struct rig *rig, struct fsz_conn *conn)
{
    (void)rig;
    fsz_conn_judge(conn, "400");
}

static void end_it(struct rig *rig, struct fsz_conn *conn)
{
    (void)rig;
    fsz_conn_end(conn, FSZ_ZMTP_END_KICKED);
}

static void test_a_judgement_may_come_at_once(void **state)
{
    struct rig rig;
    (void)state;
    plain_server(&rig, judge_200);
    RIG_SEND(&rig, INITIATE "\0\5early");
    RIG_UNTIL(&rig, rig.messages == 1);
    rig_fini(&rig);
}

static void test_a_refusing_judgement_is_sent_as_an_error(void **state)
{
    struct rig rig;
    (void)state;
    plain_server(&rig, judge_400);
    plain_reads_greeting(&rig);
    RIG_EXPECT(&rig, "\4\t^RROR\3"
                     "400"); /* as libzmq spells it in PLAIN */
    RIG_UNTIL(&rig, rig_peer_closed(&rig));
    close(rig.peer);
    rig.peer = -1;
    RIG_UNTIL(&rig, rig.ended);
    assert_int_equal(rig.ending, FSZ_ZMTP_END_REFUSED);
    rig_fini(&rig);
}

static void test_status_300_ends_without_an_error(void **state)
{
    struct rig rig;
    char       byte;
    (void)state;
    plain_server(&rig, NULL);
    RIG_UNTIL(&rig, rig.asked == 1);
    plain_reads_greeting(&rig);
    fsz_conn_judge(rig.conn, "300");
    assert_true(rig.ended);
    assert_int_equal(rig.ending, FSZ_ZMTP_END_REFUSED);
    assert_int_equal(recv(rig.peer, &byte, 1, MSG_DONTWAIT), 0);
    rig_fini(&rig);
}

static void test_the_time_of_a_judgement_is_not_that_of_the_handshake(void **state)
{
    struct rig rig;
    (void)state;
    rig_init(&rig, FSZ_ZMTP_ROUTER);
    rig.mechanism.name = FSZ_ZMTP_PLAIN;
    rig.mechanism.as_server = true;
    rig.shared.times.handshake_ms = 2000;
    rig_pair(&rig);
    fsz_conn_begin(rig.conn, NULL);
    rig_send_greeting(&rig, 1, "PLAIN");
    RIG_SEND(&rig, HELLO);
    RIG_UNTIL(&rig, rig.asked == 1);
    int64_t due_ms = rig_now_ms() + 2100;
    RIG_UNTIL(&rig, rig_now_ms() > due_ms);
    assert_false(rig.ended);
    fsz_conn_judge(rig.conn, "200");
    RIG_UNTIL(&rig, rig.ended);
    assert_int_equal(rig.ending, FSZ_ZMTP_END_HANDSHAKE_TIMEOUT);
    rig_fini(&rig);
}

static void test_a_peer_that_leaves_while_it_is_judged_is_noticed(void **state)
{
    struct rig rig;
    (void)state;
    plain_server(&rig, NULL);
    RIG_UNTIL(&rig, rig.asked == 1);
    close(rig.peer);
    rig.peer = -1;
    RIG_UNTIL(&rig, rig.ended);
    assert_int_equal(rig.ending, FSZ_ZMTP_END_PEER);
    fsz_conn_judge(rig.conn, "200");
    assert_int_equal(rig.ready, 0);
    rig_fini(&rig);
}

static void test_ends_inside_each_callback(void **state)
{
    struct rig rig;
    (void)state;
    plain_server(&rig, end_it);
    RIG_UNTIL(&rig, rig.ended);
    assert_int_equal(rig.ending, FSZ_ZMTP_END_KICKED);
    rig_fini(&rig);

    rig_router(&rig);
    rig.on_ready = end_it;
    fsz_conn_begin(rig.conn, NULL);
    rig_send_greeting(&rig, 1, "NULL");
    RIG_SEND(&rig, RIG_READY_DEALER "\0\1x");
    RIG_UNTIL(&rig, rig.ended);
    assert_int_equal(rig.ready, 1);
    assert_int_equal(rig.messages, 0);
    rig_fini(&rig);
}

static void *kick_main(void *argument)
{
    fsz_conn_kick(argument);
    return NULL;
}

static void test_a_kick_by_another_thread_ends_it(void **state)
{
    struct rig rig;
    pthread_t  thread;
    (void)state;
    rig_router(&rig);
    rig_shake_dealer(&rig);
    assert_int_equal(pthread_create(&thread, NULL, kick_main, rig.conn), 0);
    RIG_UNTIL(&rig, rig.ended);
    pthread_join(thread, NULL);
    assert_int_equal(rig.ending, FSZ_ZMTP_END_KICKED);
    fsz_conn_kick(rig.conn);
    assert_int_equal(rig_post(rig.conn, "x", 1, FSZ_ZMTP_HIGH), FSZ_ECLOSED);
    rig_fini(&rig);
}

static void test_a_reference_outlives_its_end(void **state)
{
    struct rig rig;
    (void)state;
    rig_router(&rig);
    rig_shake_dealer(&rig);
    struct fsz_conn *other = fsz_conn_ref(rig.conn);
    fsz_conn_end(rig.conn, FSZ_ZMTP_END_STOPPED);
    fsz_conn_unref(&rig.conn);
    assert_null(rig.conn);
    assert_int_equal(rig.freed, 0);
    assert_true(fsz_conn_has_ended(other));
    assert_int_equal(fsz_conn_facts(other)->type, FSZ_ZMTP_DEALER);
    fsz_conn_unref(&other);
    assert_int_equal(rig.freed, 1);
    rig_fini(&rig);
}

static void test_one_that_was_never_begun_closes_its_descriptor(void **state)
{
    struct rig rig;
    (void)state;
    rig_router(&rig);
    fsz_conn_unref(&rig.conn);
    assert_true(rig_peer_closed(&rig));
    assert_int_equal(rig.freed, 1);
    rig_fini(&rig);
}

static void test_finishing_writes_what_waits_first(void **state)
{
    enum { SIZE = 4 << 20 };
    struct rig rig;
    uint8_t    head[9], piece[4096];
    char      *body = calloc(1, SIZE);
    (void)state;
    rig_router(&rig);
    rig_shake_dealer(&rig);
    assert_int_equal(rig_post(rig.conn, body, SIZE, FSZ_ZMTP_HIGH), FSZ_OK);
    fsz_conn_finish(rig.conn, rig_now_ms() + RIG_WAIT_MS);
    assert_false(rig.ended);
    assert_int_equal(rig_post(rig.conn, "x", 1, FSZ_ZMTP_HIGH), FSZ_ECLOSED);
    rig_read(&rig, head, sizeof(head));
    for (size_t i = 0; i < SIZE; i += sizeof(piece)) {
        rig_read(&rig, piece, sizeof(piece));
    }
    RIG_UNTIL(&rig, rig.ended);
    assert_int_equal(rig.ending, FSZ_ZMTP_END_STOPPED);
    free(body);
    rig_fini(&rig);
}

static void test_finishing_ends_when_it_is_due(void **state)
{
    enum { SIZE = 4 << 20 };
    struct rig rig;
    char      *body = calloc(1, SIZE);
    (void)state;
    rig_router(&rig);
    rig_shake_dealer(&rig);
    assert_int_equal(rig_post(rig.conn, body, SIZE, FSZ_ZMTP_HIGH), FSZ_OK);
    fsz_conn_finish(rig.conn, rig_now_ms() + 30);
    RIG_UNTIL(&rig, rig.ended);
    assert_int_equal(rig.ending, FSZ_ZMTP_END_STOPPED);
    free(body);
    rig_fini(&rig);
}

static void test_an_idle_connection_is_small(void **state)
{
    enum { COUNT = 1000 };
    static int              peers[COUNT];
    static struct fsz_conn *conns[COUNT];
    struct rig              rig;
    (void)state;
    rig_init(&rig, FSZ_ZMTP_ROUTER);
    size_t before = mallinfo2().uordblks;
    for (size_t i = 0; i < COUNT; i++) {
        int ends[2];
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) {
            rig_fini(&rig);
            skip(); /* the limit on descriptors is too low */
        }
        conns[i] = rig_conn(&rig, ends[0], false);
        peers[i] = ends[1];
        fsz_conn_begin(conns[i], NULL);
        rig.peer = ends[1];
        rig_send_greeting(&rig, 1, "NULL");
        RIG_SEND(&rig, RIG_READY_DEALER);
    }
    RIG_UNTIL(&rig, rig.ready == COUNT);
    assert_int_equal(rig.shared.inputs.used, 0);
    assert_true((mallinfo2().uordblks - before) / COUNT < 2500);
    for (size_t i = 0; i < COUNT; i++) {
        fsz_conn_end(conns[i], FSZ_ZMTP_END_STOPPED);
        fsz_conn_unref(&conns[i]);
        close(peers[i]);
    }
    assert_int_equal(rig.freed, COUNT);
    rig.peer = -1;
    rig_fini(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sends_its_greeting_before_the_peer_says_anything),
        cmocka_unit_test(test_knows_its_peer_when_it_is_ready),
        cmocka_unit_test(test_shakes_hands_when_every_byte_comes_alone),
        cmocka_unit_test(test_a_peer_of_2_0_is_ready_after_the_greeting),
        cmocka_unit_test(test_a_command_of_a_peer_of_2_0_is_a_protocol_error),
        cmocka_unit_test(test_a_bad_handshake_ends_with_its_reason),
        cmocka_unit_test(test_a_peer_of_another_mechanism_gets_our_whole_greeting),
        cmocka_unit_test(test_what_the_peers_error_said_is_kept),
        cmocka_unit_test(test_a_silent_peer_ends_when_the_handshake_is_due),
        cmocka_unit_test(test_a_peer_that_closes_in_the_handshake_ends_it),
        cmocka_unit_test(test_a_refused_peer_reads_why_and_then_the_end),
        cmocka_unit_test(test_a_refused_peer_that_stays_is_closed_when_the_handshake_is_due),
        cmocka_unit_test(test_a_refused_peer_of_2_0_is_closed),
        cmocka_unit_test(test_a_judgement_may_come_later),
        cmocka_unit_test(test_a_peer_that_does_not_wait_for_the_judgement_is_ended),
        cmocka_unit_test(test_a_judgement_may_come_at_once),
        cmocka_unit_test(test_a_refusing_judgement_is_sent_as_an_error),
        cmocka_unit_test(test_status_300_ends_without_an_error),
        cmocka_unit_test(test_the_time_of_a_judgement_is_not_that_of_the_handshake),
        cmocka_unit_test(test_a_peer_that_leaves_while_it_is_judged_is_noticed),
        cmocka_unit_test(test_ends_inside_each_callback),
        cmocka_unit_test(test_a_kick_by_another_thread_ends_it),
        cmocka_unit_test(test_a_reference_outlives_its_end),
        cmocka_unit_test(test_one_that_was_never_begun_closes_its_descriptor),
        cmocka_unit_test(test_finishing_writes_what_waits_first),
        cmocka_unit_test(test_finishing_ends_when_it_is_due),
        cmocka_unit_test(test_an_idle_connection_is_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
