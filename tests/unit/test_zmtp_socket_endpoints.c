/* SPDX-License-Identifier: MPL-2.0 */
/* Endpoints come and go while connections stay. */

#include "zmtp_rig.h"

#include <errno.h>
#include <netinet/tcp.h>

static char folder[] = "/tmp/zmtp-endpoints-XXXXXX";

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    return rmdir(folder);
}

static void test_all_bound_endpoints_serve(void **state)
{
    (void)state;
    struct rig rig = rig_make(FSZ_ZMTP_ROUTER);
    char       ipc[64];
    void      *peers[3];
    rig_open(&rig, "tcp://127.0.0.1:*");
    peers[0] = peer_connect(&rig, ZMQ_DEALER);
    rig_bind(&rig, "tcp://127.0.0.1:0");
    peers[1] = peer_connect(&rig, ZMQ_DEALER);
    snprintf(ipc, sizeof(ipc), "ipc://%s/socket", folder);
    rig_bind(&rig, ipc);
    assert_string_equal(rig.endpoint, ipc);
    peers[2] = peer_connect(&rig, ZMQ_DEALER);
    for (size_t i = 0; i < 3; i++) {
        peer_ask(&rig, peers[i], "hello");
    }
    assert_false(fsz_zmtp_socket_is_lost(rig.socket, ipc));
    for (size_t i = 0; i < 3; i++) {
        zmq_close(peers[i]);
    }
    rig_end(&rig);
}

static void test_endpoint_whose_file_is_deleted_is_lost(void **state)
{
    (void)state;
    struct rig rig = rig_make(FSZ_ZMTP_ROUTER);
    char       path[48];
    char       ipc[64];
    snprintf(path, sizeof(path), "%s/lost", folder);
    snprintf(ipc, sizeof(ipc), "ipc://%s", path);
    rig_open(&rig, ipc);
    assert_int_equal(unlink(path), 0);
    assert_true(fsz_zmtp_socket_is_lost(rig.socket, ipc));
    assert_false(fsz_zmtp_socket_is_lost(rig.socket, "ipc://another"));
    rig_end(&rig);
}

static void test_unbinding_frees_the_port_and_keeps_the_connections(void **state)
{
    (void)state;
    struct rig rig = rig_make(FSZ_ZMTP_ROUTER);
    struct rig other = rig_make(FSZ_ZMTP_ROUTER);
    rig_open(&rig, "tcp://127.0.0.1:*");
    void *peer = peer_connect(&rig, ZMQ_DEALER);
    peer_ask(&rig, peer, "before");
    assert_int_equal(fsz_zmtp_socket_unbind(rig.socket, "tcp://127.0.0.1:1"), FSZ_ENOTFOUND);
    assert_int_equal(fsz_zmtp_socket_unbind(rig.socket, rig.endpoint), FSZ_OK);
    assert_int_equal(fsz_zmtp_socket_unbind(rig.socket, rig.endpoint), FSZ_ENOTFOUND);
    rig_open(&other, rig.endpoint);
    peer_ask(&rig, peer, "after");
    assert_int_equal(rig_figures(&rig).open_now, 1);
    zmq_close(peer);
    rig_end(&other);
    rig_end(&rig);
}

static void test_endpoint_that_is_taken_or_wrong_is_refused_with_a_reason(void **state)
{
    (void)state;
    struct rig  rig = rig_make(FSZ_ZMTP_ROUTER);
    char        why[FSZ_ADDRESS_WHY_BYTES] = "";
    const char *bound = NULL;
    int         error = 0;
    rig_open(&rig, "tcp://127.0.0.1:*");
    assert_int_equal(fsz_zmtp_socket_bind(rig.socket, rig.endpoint, &bound, &error, why),
                     FSZ_ESYSTEM);
    assert_int_equal(error, EADDRINUSE);
    assert_string_not_equal(why, "");
    assert_null(bound);
    why[0] = '\0';
    assert_int_equal(fsz_zmtp_socket_bind(rig.socket, "tcp://nonsense", &bound, &error, why),
                     FSZ_EINVALID);
    assert_string_not_equal(why, "");
    why[0] = '\0';
    assert_int_equal(fsz_zmtp_socket_connect(rig.socket, "tcp://127.0.0.1", why), FSZ_EINVALID);
    assert_string_not_equal(why, "");
    assert_int_equal(fsz_zmtp_socket_disconnect(rig.socket, "tcp://127.0.0.1:1"), FSZ_ENOTFOUND);
    rig_end(&rig);
}

/* Sends to the connection that became ready last. */
static void say_to_last(struct rig *rig)
{
    const struct fsz_frame   frame = {.data = (const uint8_t *)"hi", .size = 2};
    struct fsz_zmtp_message *message;
    assert_int_equal(fsz_zmtp_message_new(&frame, 1, FSZ_ZMTP_HIGH, &message), FSZ_OK);
    assert_int_equal(fsz_conn_send(fsz_zmtp_socket_find(rig->socket, rig->last_id), message),
                     FSZ_OK);
    fsz_zmtp_message_unref(message);
}

static void server_expect(struct rig *rig, void *server)
{
    char bytes[256];
    RIG_UNTIL(rig, zmq_recv(server, bytes, sizeof(bytes), ZMQ_DONTWAIT) >= 0); /* its routing id */
    peer_expect(rig, server, "hi");
}

static void test_peer_that_restarts_is_dialed_again(void **state)
{
    (void)state;
    struct rig rig = rig_make(FSZ_ZMTP_DEALER);
    char       endpoint[FSZ_ADDRESS_TEXT_BYTES];
    char       why[FSZ_ADDRESS_WHY_BYTES];
    rig.options.mechanism.as_server = false;
    rig_open(&rig, NULL);
    server_choose(endpoint);
    assert_int_equal(fsz_zmtp_socket_connect(rig.socket, endpoint, why), FSZ_OK);
    for (int i = 0; i < 20; i++) {
        rig_turn(&rig); /* fails at first */
    }
    for (size_t round = 1; round <= 5; round++) {
        void *server = server_start(&rig, endpoint);
        RIG_UNTIL(&rig, rig.ready == round);
        say_to_last(&rig);
        server_expect(&rig, server);
        server_stop(&rig, server, endpoint);
        RIG_UNTIL(&rig, rig.ended == round);
    }
    struct fsz_zmtp_figures figures = rig_figures(&rig);
    assert_int_equal(figures.connected, 5);
    assert_int_equal(figures.accepted, 0);
    rig_end(&rig);
}

static void test_disconnecting_ends_that_connection_alone(void **state)
{
    (void)state;
    struct rig rig = rig_make(FSZ_ZMTP_DEALER);
    char       first[FSZ_ADDRESS_TEXT_BYTES];
    char       second[FSZ_ADDRESS_TEXT_BYTES];
    char       why[FSZ_ADDRESS_WHY_BYTES];
    rig_open(&rig, NULL);
    server_choose(first);
    server_choose(second);
    void *servers[] = {server_start(&rig, first), server_start(&rig, second)};
    assert_int_equal(fsz_zmtp_socket_connect(rig.socket, first, why), FSZ_OK);
    RIG_UNTIL(&rig, rig.ready == 1);
    assert_int_equal(fsz_zmtp_socket_connect(rig.socket, second, why), FSZ_OK);
    RIG_UNTIL(&rig, rig.ready == 2);
    assert_int_equal(fsz_zmtp_socket_disconnect(rig.socket, first), FSZ_OK);
    assert_int_equal(rig.endings[FSZ_ZMTP_END_STOPPED], 1);
    assert_int_equal(fsz_zmtp_socket_disconnect(rig.socket, first), FSZ_ENOTFOUND);
    say_to_last(&rig);
    server_expect(&rig, servers[1]);
    int64_t until_ms = rig_now_ms() + 200; /* several pauses of a dialer */
    RIG_UNTIL(&rig, rig_now_ms() > until_ms);
    assert_int_equal(rig_figures(&rig).connected, 2);
    zmq_close(servers[0]);
    zmq_close(servers[1]);
    rig_end(&rig);
}

/* Our descriptor whose peer has that local port. */
static int descriptor_of(const struct fsz_conn *conn)
{
    const char *peer = fsz_conn_facts(conn)->peer;
    uint16_t    port = (uint16_t)strtoul(strrchr(peer, ':') + 1, NULL, 10);
    for (int fd = 3; fd < 1000; fd++) {
        struct sockaddr_in address = {0};
        socklen_t          size = sizeof(address);
        if (getpeername(fd, (struct sockaddr *)&address, &size) == 0 &&
            address.sin_family == AF_INET && ntohs(address.sin_port) == port) {
            return fd;
        }
    }
    return -1;
}

static int option_of(int fd, int level, int name)
{
    int       value = -1;
    socklen_t size = sizeof(value);
    assert_int_equal(getsockopt(fd, level, name, &value, &size), 0);
    return value;
}

static void test_options_of_tcp_are_set_and_new_ones_hold_for_new_connections(void **state)
{
    (void)state;
    struct rig rig = rig_make(FSZ_ZMTP_ROUTER);
    rig.options.tcp_keepalive = true;
    rig.options.tcp_keepalive_idle_s = 321;
    rig.options.send_buffer_bytes = 50000;
    rig_open(&rig, "tcp://127.0.0.1:*");
    void *first = peer_connect(&rig, ZMQ_DEALER);
    peer_ask(&rig, first, "hello");
    int fd = descriptor_of(fsz_zmtp_socket_find(rig.socket, rig.last_id));
    assert_int_equal(option_of(fd, IPPROTO_TCP, TCP_NODELAY), 1);
    assert_int_equal(option_of(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
    assert_int_equal(option_of(fd, IPPROTO_TCP, TCP_KEEPIDLE), 321);
    assert_int_equal(option_of(fd, SOL_SOCKET, SO_SNDBUF), 100000);
    rig.options.tcp_keepalive = false;
    rig.options.mechanism.type = FSZ_ZMTP_XPUB; /* a type that it does not accept */
    fsz_zmtp_socket_configure(rig.socket, &rig.options, &rig.limits);
    void *second = peer_connect(&rig, ZMQ_DEALER);
    peer_ask(&rig, second, "hello");
    int other = descriptor_of(fsz_zmtp_socket_find(rig.socket, rig.last_id));
    assert_int_equal(option_of(other, SOL_SOCKET, SO_KEEPALIVE), 0);
    assert_int_equal(option_of(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
    peer_ask(&rig, first, "again");
    zmq_close(first);
    zmq_close(second);
    rig_end(&rig);
}

static void test_new_heartbeats_hold_for_connections_that_are_there(void **state)
{
    (void)state;
    struct rig rig = rig_make(FSZ_ZMTP_ROUTER);
    rig_open(&rig, "tcp://127.0.0.1:*");
    void *peer = peer_connect(&rig, ZMQ_DEALER);
    peer_ask(&rig, peer, "hello");
    struct fsz_conn        *conn = fsz_zmtp_socket_find(rig.socket, rig.last_id);
    struct fsz_conn_figures figures = {.round_trip_us = -1};
    rig.options.times.heartbeat_ms = 10;
    rig.options.times.heartbeat_timeout_ms = 60000;
    fsz_zmtp_socket_configure(rig.socket, &rig.options, &rig.limits);
    RIG_UNTIL(&rig, (fsz_conn_figures(conn, &figures), figures.round_trip_us >= 0));
    zmq_close(peer);
    rig_end(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_bound_endpoints_serve),
        cmocka_unit_test(test_endpoint_whose_file_is_deleted_is_lost),
        cmocka_unit_test(test_unbinding_frees_the_port_and_keeps_the_connections),
        cmocka_unit_test(test_endpoint_that_is_taken_or_wrong_is_refused_with_a_reason),
        cmocka_unit_test(test_peer_that_restarts_is_dialed_again),
        cmocka_unit_test(test_disconnecting_ends_that_connection_alone),
        cmocka_unit_test(test_options_of_tcp_are_set_and_new_ones_hold_for_new_connections),
        cmocka_unit_test(test_new_heartbeats_hold_for_connections_that_are_there),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
