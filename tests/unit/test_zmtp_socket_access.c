/* SPDX-License-Identifier: MPL-2.0 */
/* The gate: what it is asked, and what its decisions do to the peer. */

#include "zmtp_rig.h"

#include <errno.h>

/* The next event, or 0. */
static int monitor_next(void *monitor, int *ret_value)
{
    uint8_t   bytes[6] = {0};
    zmq_msg_t rest;
    uint16_t  event;
    uint32_t  value;
    if (zmq_recv(monitor, bytes, sizeof(bytes), ZMQ_DONTWAIT) < 0) {
        return 0;
    }
    zmq_msg_init(&rest);
    zmq_msg_recv(&rest, monitor, 0);
    zmq_msg_close(&rest);
    memcpy(&event, bytes, sizeof(event));
    memcpy(&value, bytes + 2, sizeof(value));
    *ret_value = (int)value;
    return event;
}

static void *peer_watch(struct rig *rig, void *peer)
{
    void *monitor = zmq_socket(rig->zmq, ZMQ_PAIR);
    assert_int_equal(zmq_socket_monitor(peer, "inproc://monitor", ZMQ_EVENT_ALL), 0);
    assert_int_equal(zmq_connect(monitor, "inproc://monitor"), 0);
    return monitor;
}

static void peer_set_plain(void *peer, const char *user, const char *password)
{
    assert_int_equal(zmq_setsockopt(peer, ZMQ_PLAIN_USERNAME, user, strlen(user)), 0);
    assert_int_equal(zmq_setsockopt(peer, ZMQ_PLAIN_PASSWORD, password, strlen(password)), 0);
}

struct late_answer {
    struct fsz_admission *asked;
    const char           *status, *user;
    _Atomic bool          done;
};

static void *answer_late(void *argument)
{
    struct late_answer *late = argument;
    struct timespec     a_while = {.tv_nsec = 20000000};
    nanosleep(&a_while, NULL); /* so that the loop turns before the decision */
    admission_answer(late->asked, late->status, late->user);
    late->done = true;
    return NULL;
}

static void answer_from_another_thread(struct rig *rig, const char *status, const char *user)
{
    struct late_answer late = {.asked = rig_take(rig), .status = status, .user = user};
    pthread_t          thread;
    assert_int_equal(pthread_create(&thread, NULL, answer_late, &late), 0);
    RIG_UNTIL(rig, late.done);
    pthread_join(thread, NULL);
}

static void test_plain_is_served_when_the_gate_has_answered_both_times(void **state)
{
    (void)state;
    struct rig rig = rig_make(FSZ_ZMTP_ROUTER);
    rig.options.mechanism.name = FSZ_ZMTP_PLAIN;
    rig.gated = true;
    rig_open(&rig, "tcp://127.0.0.1:*");
    void *peer = peer_make(&rig, ZMQ_DEALER);
    peer_set_plain(peer, "anna", "secret");
    assert_int_equal(zmq_connect(peer, rig.endpoint), 0);
    RIG_UNTIL(&rig, rig.gate.count == 1);
    const struct fsz_admission *asked = rig.gate.asked[0];
    assert_int_equal(asked->stage, FSZ_ADMISSION_ADDRESS);
    assert_string_equal(asked->address, "127.0.0.1");
    assert_int_equal(asked->uid, -1);
    assert_int_equal(asked->mechanism, FSZ_ZMTP_PLAIN);
    assert_string_equal(asked->credentials.user, "");
    answer_from_another_thread(&rig, "200", "");
    RIG_UNTIL(&rig, rig.gate.count == 1);
    asked = rig.gate.asked[0];
    assert_int_equal(asked->stage, FSZ_ADMISSION_CREDENTIALS);
    assert_string_equal(asked->credentials.user, "anna");
    assert_string_equal(asked->credentials.password, "secret");
    assert_int_equal(rig.ready, 0);
    answer_from_another_thread(&rig, "200", "anna@example");
    peer_ask(&rig, peer, "hello");
    assert_string_equal(rig.last_user, "anna@example");
    assert_int_equal(rig.last_tag, 77);
    zmq_close(peer);
    rig_end(&rig);
}

static void test_curve_is_served_when_the_gate_knows_the_key(void **state)
{
    (void)state;
    struct rig rig = rig_make(FSZ_ZMTP_ROUTER);
    char       secret[41];
    char public[41];
    uint8_t key[32];
    char    server[41];
    rig.options.mechanism.name = FSZ_ZMTP_CURVE;
    assert_int_equal(zmq_curve_keypair(server, secret), 0);
    zmq_z85_decode(rig.options.mechanism.public_key, server);
    zmq_z85_decode(rig.options.mechanism.secret_key, secret);
    assert_int_equal(zmq_curve_keypair(public, secret), 0);
    zmq_z85_decode(key, public);
    rig.gated = true;
    rig_open(&rig, "tcp://127.0.0.1:*");
    void *peer = peer_make(&rig, ZMQ_DEALER);
    zmq_setsockopt(peer, ZMQ_CURVE_SERVERKEY, server, 40);
    zmq_setsockopt(peer, ZMQ_CURVE_PUBLICKEY, public, 40);
    zmq_setsockopt(peer, ZMQ_CURVE_SECRETKEY, secret, 40);
    assert_int_equal(zmq_connect(peer, rig.endpoint), 0);
    RIG_UNTIL(&rig, rig.gate.count == 1);
    answer_from_another_thread(&rig, "200", "");
    RIG_UNTIL(&rig, rig.gate.count == 1);
    assert_memory_equal(rig.gate.asked[0]->credentials.key, key, sizeof(key));
    answer_from_another_thread(&rig, "200", "");
    peer_ask(&rig, peer, "hello");
    assert_string_equal(rig.last_user, "");
    zmq_close(peer);
    rig_end(&rig);
}

/* Turns until the peer has received the refusal. */
static int peer_refusal(struct rig *rig, void *monitor)
{
    int event = 0;
    int value = 0;
    RIG_UNTIL(rig, (event = monitor_next(monitor, &value)) == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH);
    return value;
}

static void test_refused_credentials_are_told_the_peer(void **state)
{
    (void)state;
    struct rig rig = rig_make(FSZ_ZMTP_ROUTER);
    rig.options.mechanism.name = FSZ_ZMTP_PLAIN;
    rig.gated = true;
    rig_open(&rig, "tcp://127.0.0.1:*");
    void *peer = peer_make(&rig, ZMQ_DEALER);
    void *monitor = peer_watch(&rig, peer);
    peer_set_plain(peer, "anna", "wrong");
    assert_int_equal(zmq_connect(peer, rig.endpoint), 0);
    RIG_UNTIL(&rig, rig.gate.count == 1);
    answer_from_another_thread(&rig, "200", "");
    RIG_UNTIL(&rig, rig.gate.count == 1);
    answer_from_another_thread(&rig, "400", "nobody");
    assert_int_equal(peer_refusal(&rig, monitor), 400);
    RIG_UNTIL(&rig, rig.endings[FSZ_ZMTP_END_REFUSED] == 1);
    assert_int_equal(rig.ready, 0);
    assert_int_equal(rig_figures(&rig).handshakes_failed, 1);
    zmq_close(peer);
    zmq_close(monitor);
    rig_end(&rig);
}

static void test_refused_address_is_told_the_peer(void **state)
{
    (void)state;
    struct rig rig = rig_make(FSZ_ZMTP_ROUTER);
    rig.gated = true;
    rig_open(&rig, "tcp://127.0.0.1:*");
    void *peer = peer_make(&rig, ZMQ_DEALER);
    void *monitor = peer_watch(&rig, peer);
    assert_int_equal(zmq_connect(peer, rig.endpoint), 0);
    RIG_UNTIL(&rig, rig.gate.count == 1);
    rig_answer(&rig, "400", "");
    assert_int_equal(peer_refusal(&rig, monitor), 400);
    RIG_UNTIL(&rig, rig.endings[FSZ_ZMTP_END_REFUSED] == 1);
    zmq_close(peer);
    zmq_close(monitor);
    rig_end(&rig);
}

static void test_peer_that_is_put_off_comes_again(void **state)
{
    (void)state;
    struct rig rig = rig_make(FSZ_ZMTP_ROUTER);
    rig.options.mechanism.name = FSZ_ZMTP_PLAIN;
    rig.gated = true;
    rig_open(&rig, "tcp://127.0.0.1:*");
    void *peer = peer_make(&rig, ZMQ_DEALER);
    peer_set_plain(peer, "anna", "secret");
    assert_int_equal(zmq_connect(peer, rig.endpoint), 0);
    RIG_UNTIL(&rig, rig.gate.count == 1);
    rig_answer(&rig, "300", ""); /* by its address */
    RIG_UNTIL(&rig, rig.gate.count == 1);
    rig_answer(&rig, "200", "");
    RIG_UNTIL(&rig, rig.gate.count == 1);
    rig_answer(&rig, "300", ""); /* by its credentials */
    RIG_UNTIL(&rig, rig.gate.count == 1);
    rig_answer(&rig, "200", "");
    RIG_UNTIL(&rig, rig.gate.count == 1);
    rig_answer(&rig, "200", "");
    peer_ask(&rig, peer, "hello");
    assert_int_equal(rig.endings[FSZ_ZMTP_END_REFUSED], 2);
    zmq_close(peer);
    rig_end(&rig);
}

static void test_no_byte_is_read_or_sent_before_the_address_is_admitted(void **state)
{
    (void)state;
    struct rig rig = rig_make(FSZ_ZMTP_ROUTER);
    char       byte;
    rig.gated = true;
    rig_open(&rig, "tcp://127.0.0.1:*");
    int fd = raw_connect(&rig, "127.0.0.1");
    raw_say(fd, "no ZMTP at all", 14);
    RIG_UNTIL(&rig, rig.gate.count == 1);
    for (int i = 0; i < 20; i++) {
        rig_turn(&rig);
    }
    assert_int_equal(recv(fd, &byte, 1, MSG_DONTWAIT), -1);
    assert_int_equal(errno, EAGAIN);
    assert_int_equal(rig.ended, 0);
    rig_answer(&rig, "200", "");
    RIG_UNTIL(&rig, rig.endings[FSZ_ZMTP_END_PROTOCOL] == 1);
    close(fd);
    rig_end(&rig);
}

static void test_access_that_never_answers_ends_the_connection(void **state)
{
    (void)state;
    struct rig rig = rig_make(FSZ_ZMTP_ROUTER);
    rig.gated = true;
    rig.options.access_ms = 30;
    rig_open(&rig, "tcp://127.0.0.1:*");
    int fd = raw_connect(&rig, "127.0.0.1");
    RIG_UNTIL(&rig, rig.endings[FSZ_ZMTP_END_HANDSHAKE_TIMEOUT] == 1);
    assert_int_equal(rig.gate.count, 1);
    rig_answer(&rig, "200", "");
    rig_turn(&rig);
    assert_int_equal(rig.ready, 0);
    close(fd);
    rig_end(&rig);
}

static void test_handshake_time_excludes_the_time_of_access(void **state)
{
    (void)state;
    struct rig rig = rig_make(FSZ_ZMTP_ROUTER);
    rig.gated = true;
    rig.options.mechanism.name = FSZ_ZMTP_PLAIN;
    rig.options.times.handshake_ms = 5000;
    rig_open(&rig, "tcp://127.0.0.1:*");
    void *peer = peer_make(&rig, ZMQ_DEALER);
    peer_set_plain(peer, "anna", "secret");
    assert_int_equal(zmq_connect(peer, rig.endpoint), 0);
    RIG_UNTIL(&rig, rig.gate.count == 1);
    rig_answer(&rig, "200", "");
    RIG_UNTIL(&rig, rig.gate.count == 1);
    int64_t until_ms = rig_now_ms() + 5100;
    RIG_UNTIL(&rig, rig_now_ms() > until_ms);
    rig_answer(&rig, "200", "");
    peer_ask(&rig, peer, "hello");
    assert_int_equal(rig.ended, 0);
    zmq_close(peer);
    rig_end(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_is_served_when_the_gate_has_answered_both_times),
        cmocka_unit_test(test_curve_is_served_when_the_gate_knows_the_key),
        cmocka_unit_test(test_refused_credentials_are_told_the_peer),
        cmocka_unit_test(test_refused_address_is_told_the_peer),
        cmocka_unit_test(test_peer_that_is_put_off_comes_again),
        cmocka_unit_test(test_no_byte_is_read_or_sent_before_the_address_is_admitted),
        cmocka_unit_test(test_access_that_never_answers_ends_the_connection),
        cmocka_unit_test(test_handshake_time_excludes_the_time_of_access),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
