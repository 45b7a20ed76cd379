/* SPDX-License-Identifier: MPL-2.0 */
/* Bounds on connections: peers beyond them are turned away and counted, others are served. */

#include "zmtp_rig.h"

#include "zmtp/zmtp_socket_private.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/wait.h>

static bool has_been_closed(int fd)
{
    char byte;
    return recv(fd, &byte, 1, MSG_DONTWAIT) == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

static void expect_kept(struct rig *rig, int fd)
{
    char bytes[64];
    RIG_UNTIL(rig, recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0); /* a greeting */
}

static void test_connections_over_the_bound_are_closed_and_counted(void **state)
{
    (void)state;
    struct rig rig = rig_make(FSZ_ZMTP_ROUTER);
    int        fds[5];
    rig.limits.connections = 3;
    rig.limits.address_connections = 3;
    rig_open(&rig, "tcp://127.0.0.1:*");
    for (size_t i = 0; i < 5; i++) {
        fds[i] = raw_connect(&rig, "127.0.0.1");
    }
    RIG_UNTIL(&rig, has_been_closed(fds[3]) && has_been_closed(fds[4]));
    for (size_t i = 0; i < 3; i++) {
        expect_kept(&rig, fds[i]);
    }
    struct fsz_zmtp_figures figures = rig_figures(&rig);
    assert_int_equal(figures.endings[FSZ_ZMTP_END_CONNECTIONS], 2);
    assert_int_equal(figures.open_now, 3);
    assert_int_equal(figures.accepted, 5);
    assert_int_equal(figures.handshakes_failed, 0);
    assert_int_equal(rig.ended, 0);
    close(fds[0]);
    RIG_UNTIL(&rig, rig.ended == 1);
    fds[0] = raw_connect(&rig, "127.0.0.1");
    expect_kept(&rig, fds[0]);
    for (size_t i = 0; i < 5; i++) {
        close(fds[i]);
    }
    rig_end(&rig);
}

static void test_one_address_leaves_a_quarter_to_others(void **state)
{
    (void)state;
    struct rig rig = rig_make(FSZ_ZMTP_ROUTER);
    int        fds[8];
    rig.limits.connections = 8;
    rig.limits.address_connections = 0;
    rig_open(&rig, "tcp://127.0.0.1:*");
    for (size_t i = 0; i < 8; i++) {
        fds[i] = raw_connect(&rig, "127.0.0.9");
    }
    RIG_UNTIL(&rig, has_been_closed(fds[6]) && has_been_closed(fds[7]));
    assert_int_equal(rig_figures(&rig).endings[FSZ_ZMTP_END_ADDRESS_CONNECTIONS], 2);
    int other = raw_connect(&rig, "127.0.0.10");
    expect_kept(&rig, other);
    void *peer = peer_connect(&rig, ZMQ_DEALER);
    peer_ask(&rig, peer, "hello");
    assert_int_equal(rig_figures(&rig).open_now, 8);
    close(fds[0]);
    RIG_UNTIL(&rig, rig.ended == 1);
    fds[0] = raw_connect(&rig, "127.0.0.9");
    expect_kept(&rig, fds[0]);
    for (size_t i = 0; i < 8; i++) {
        close(fds[i]);
    }
    close(other);
    zmq_close(peer);
    rig_end(&rig);
}

static void test_bound_that_is_lowered_keeps_the_connections_that_are_there(void **state)
{
    (void)state;
    struct rig rig = rig_make(FSZ_ZMTP_ROUTER);
    rig_open(&rig, "tcp://127.0.0.1:*");
    void *first = peer_connect(&rig, ZMQ_DEALER);
    void *second = peer_connect(&rig, ZMQ_DEALER);
    peer_ask(&rig, first, "hello");
    peer_ask(&rig, second, "hello");
    rig.limits.connections = 1;
    fsz_zmtp_socket_configure(rig.socket, &rig.options, &rig.limits);
    int fd = raw_connect(&rig, "127.0.0.1");
    RIG_UNTIL(&rig, has_been_closed(fd));
    peer_ask(&rig, first, "again");
    peer_ask(&rig, second, "again");
    close(fd);
    zmq_close(first);
    zmq_close(second);
    rig_end(&rig);
}

static struct fsz_address address_of(const char *text)
{
    struct fsz_address address;
    assert_int_equal(fsz_address_of_number(text, 1, true, &address), FSZ_OK);
    return address;
}

static bool counts(struct rig *rig, const char *text, struct fsz_zmtp_origin **ret_origin)
{
    struct fsz_address   address = address_of(text);
    enum fsz_zmtp_ending ending = FSZ_ZMTP_END_PEER;
    bool counted = fsz_zmtp_socket_count(rig->socket, -1, &address, ret_origin, &ending);
    assert_true(counted || ending == FSZ_ZMTP_END_ADDRESS_CONNECTIONS);
    return counted;
}

static void test_ipv6_counts_by_its_64_and_mapped_as_ipv4(void **state)
{
    (void)state;
    struct rig              rig = rig_make(FSZ_ZMTP_ROUTER);
    struct fsz_zmtp_origin *origins[5];
    struct fsz_zmtp_origin *none = NULL;
    rig.limits.address_connections = 2;
    rig_open(&rig, NULL);
    assert_true(counts(&rig, "2001:db8:1:2::1", &origins[0]));
    assert_true(counts(&rig, "2001:db8:1:2:ffff::9", &origins[1]));
    assert_false(counts(&rig, "2001:db8:1:2:3:4:5:6", &none));
    assert_true(counts(&rig, "2001:db8:1:3::1", &origins[2]));
    assert_true(counts(&rig, "192.0.2.1", &origins[3]));
    assert_true(counts(&rig, "::ffff:192.0.2.1", &origins[4]));
    assert_false(counts(&rig, "192.0.2.1", &none));
    assert_ptr_equal(origins[3], origins[4]);
    for (size_t i = 0; i < 5; i++) {
        fsz_zmtp_socket_uncount(rig.socket, &origins[i]);
    }
    assert_null(rig.socket->origins);
    assert_int_equal(rig.socket->accepted_now, 0);
    rig_end(&rig);
}

static void test_peers_of_ipc_count_by_their_user(void **state)
{
    (void)state;
    struct rig rig = rig_make(FSZ_ZMTP_ROUTER);
    char       name[64];
    void      *peers[3];
    rig.limits.address_connections = 2;
    snprintf(name, sizeof(name), "ipc://@zmtp-limits-%d", (int)getpid());
    rig_open(&rig, name);
    for (size_t i = 0; i < 2; i++) {
        peers[i] = peer_connect(&rig, ZMQ_DEALER);
        peer_ask(&rig, peers[i], "hello");
    }
    peers[2] = peer_connect(&rig, ZMQ_DEALER);
    RIG_UNTIL(&rig, rig_figures(&rig).endings[FSZ_ZMTP_END_ADDRESS_CONNECTIONS] > 0);
    zmq_close(peers[0]);
    peer_ask(&rig, peers[2], "hello"); /* it has connected again */
    zmq_close(peers[1]);
    zmq_close(peers[2]);
    rig_end(&rig);
}

/* All of them are in the backlog when the loop turns, so that it accepts them together. */
static void test_connections_over_the_rate_are_closed_and_counted_until_it_is_lifted(void **state)
{
    (void)state;
    struct rig rig = rig_make(FSZ_ZMTP_ROUTER);
    int        fds[6];
    rig.limits.address_rate = (struct fsz_rate){.per_second = 1, .burst = 2};
    rig_open(&rig, "tcp://127.0.0.1:*");
    for (size_t i = 0; i < 4; i++) {
        fds[i] = raw_connect(&rig, "127.0.0.1");
    }
    fds[4] = raw_connect(&rig, "127.0.0.2");
    RIG_UNTIL(&rig, has_been_closed(fds[2]) && has_been_closed(fds[3]));
    expect_kept(&rig, fds[0]);
    expect_kept(&rig, fds[1]);
    expect_kept(&rig, fds[4]);
    assert_int_equal(rig_figures(&rig).endings[FSZ_ZMTP_END_ADDRESS_RATE], 2);
    assert_int_equal(rig_figures(&rig).handshakes_failed, 0);
    assert_int_equal(rig.turned_away, 2);
    rig.limits.address_rate.per_second = 0;
    fsz_zmtp_socket_configure(rig.socket, &rig.options, &rig.limits);
    fds[5] = raw_connect(&rig, "127.0.0.1");
    expect_kept(&rig, fds[5]);
    for (size_t i = 0; i < 6; i++) {
        close(fds[i]);
    }
    rig_end(&rig);
}

/* Some are served, some begin the handshake, some only connect. */
static void come_and_go(struct rig *rig, size_t i)
{
    static const char hello[] = RIG_GREETING RIG_READY("DEALER");
    size_t                                   ready = rig->ready;
    int                                      fd = raw_connect(rig, "127.0.0.2");
    if (i % 3 == 1) {
        raw_say(fd, hello, 20);
        expect_kept(rig, fd);
    } else if (i % 3 == 2) {
        raw_say(fd, hello, sizeof(hello) - 1);
        RIG_UNTIL(rig, rig->ready == ready + 1);
    }
    close(fd);
    rig_turn(rig);
}

static void test_one_is_served_while_two_thousand_come_and_go(void **state)
{
    (void)state;
    struct rig rig = rig_make(FSZ_ZMTP_ROUTER);
    rig_open(&rig, "tcp://127.0.0.1:*");
    void *peer = peer_connect(&rig, ZMQ_DEALER);
    for (size_t i = 0; i < 2000; i++) {
        come_and_go(&rig, i);
        if (i % 100 == 0) {
            peer_ask(&rig, peer, "hello");
        }
    }
    RIG_UNTIL(&rig, rig.ended == 2000);
    peer_ask(&rig, peer, "hello");
    struct fsz_zmtp_figures figures = rig_figures(&rig);
    uint64_t                sum = figures.open_now;
    for (size_t i = 0; i < FSZ_ZMTP_ENDING_COUNT; i++) {
        sum += figures.endings[i];
    }
    assert_int_equal(figures.open_now, 1);
    assert_int_equal(figures.accepted, 2001);
    assert_int_equal(sum, 2001);
    assert_int_equal(figures.ready, 667);
    assert_int_equal(figures.handshakes_failed, 1334);
    assert_int_equal(figures.messages_in, 21);
    assert_int_equal(figures.messages_out, 21);
    zmq_close(peer);
    rig_end(&rig);
}

/* Runs in its own process. Returns 0, or the line that failed. */
static int exhaust_descriptors(struct rig *rig)
{
    void         *peer = peer_connect(rig, ZMQ_DEALER);
    struct rlimit limit = {0, 0};
    int           fds[100];
    peer_ask(rig, peer, "before");
    int next = dup(0);
    close(next);
    limit.rlim_cur = limit.rlim_max = (rlim_t)next + 20;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return __LINE__;
    }
    size_t count = 0;
    while (count < 100 && (fds[count] = socket(AF_INET, SOCK_STREAM, 0)) >= 0) {
        count++;
    }
    close(fds[--count]); /* one is left, for the client */
    int fd = raw_connect(rig, "127.0.0.1");
    RIG_UNTIL(rig, rig_figures(rig).endings[FSZ_ZMTP_END_DESCRIPTORS] == 1);
    if (!has_been_closed(fd)) {
        return __LINE__;
    }
    peer_ask(rig, peer, "meanwhile");
    close(fd);
    close(fds[--count]);
    fd = raw_connect(rig, "127.0.0.1");
    expect_kept(rig, fd); /* of the last two, the second is ours */
    return rig_figures(rig).open_now == 2 ? 0 : __LINE__;
}

static void test_clients_are_served_when_descriptors_have_run_out(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        struct rig rig = rig_make(FSZ_ZMTP_ROUTER);
        rig_open(&rig, "tcp://127.0.0.1:*");
        int line = exhaust_descriptors(&rig);
        if (line != 0) {
            fprintf(stderr, "line %d\n", line);
        }
        _exit(line != 0);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clients_are_served_when_descriptors_have_run_out),
        cmocka_unit_test(test_connections_over_the_bound_are_closed_and_counted),
        cmocka_unit_test(test_one_address_leaves_a_quarter_to_others),
        cmocka_unit_test(test_bound_that_is_lowered_keeps_the_connections_that_are_there),
        cmocka_unit_test(test_ipv6_counts_by_its_64_and_mapped_as_ipv4),
        cmocka_unit_test(test_peers_of_ipc_count_by_their_user),
        cmocka_unit_test(test_connections_over_the_rate_are_closed_and_counted_until_it_is_lifted),
        cmocka_unit_test(test_one_is_served_while_two_thousand_come_and_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
