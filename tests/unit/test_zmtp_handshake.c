/* SPDX-License-Identifier: MPL-2.0 */
/* Greetings, mechanisms and frames with libzmq sockets. */
#include "handshake_rig.h"

static void test_null_with_libzmq_that_listens(void **state)
{
    (void)state;
    struct fsz_mechanism_config config = {.name = FSZ_ZMTP_NULL, .type = FSZ_ZMTP_ROUTER};
    struct link                 link;
    link_new(&link, ZMQ_DEALER);
    zmq_setsockopt(link.socket, ZMQ_ROUTING_ID, "their name", 10);
    link_connect(&link);
    link_greet(&link, &config);
    handshake(&link, "200");
    is_ready_with(&link, FSZ_ZMTP_DEALER);
    assert_int_equal(fsz_mechanism_peer(link.mechanism)->routing_id_size, 10);
    assert_memory_equal(fsz_mechanism_peer(link.mechanism)->routing_id, "their name", 10);
    messages_get_across(&link);
    link_end(&link);
}

static void test_null_with_libzmq_that_connects(void **state)
{
    (void)state;
    struct fsz_mechanism_config config = {
        .name = FSZ_ZMTP_NULL, .as_server = true, .type = FSZ_ZMTP_ROUTER};
    struct link link;
    link_new(&link, ZMQ_DEALER);
    link_accept(&link);
    link_greet(&link, &config);
    handshake(&link, "200");
    is_ready_with(&link, FSZ_ZMTP_DEALER);
    messages_get_across(&link);
    link_end(&link);
}

static void libzmq_be_client(struct link *link, const char *user, const char *password)
{
    zmq_setsockopt(link->socket, ZMQ_PLAIN_USERNAME, user, strlen(user));
    zmq_setsockopt(link->socket, ZMQ_PLAIN_PASSWORD, password, strlen(password));
}

static void test_plain_server_admits_libzmq(void **state)
{
    (void)state;
    struct fsz_mechanism_config config = {
        .name = FSZ_ZMTP_PLAIN, .as_server = true, .type = FSZ_ZMTP_ROUTER};
    struct link link;
    link_new(&link, ZMQ_DEALER);
    libzmq_be_client(&link, "alice", "secret");
    link_accept(&link);
    link_greet(&link, &config);
    handshake(&link, "200");
    is_ready_with(&link, FSZ_ZMTP_DEALER);
    assert_string_equal(fsz_mechanism_credentials(link.mechanism)->user, "alice");
    messages_get_across(&link);
    link_end(&link);
}

/* The next event of libzmq's monitor. */
static void libzmq_reports(struct link *link, uint16_t event, uint32_t value)
{
    uint8_t  bytes[6], endpoint[ENDPOINT_BYTES];
    uint16_t got_event = 0;
    uint32_t got_value = 0;
    assert_int_equal(zmq_recv(link->monitor, bytes, sizeof(bytes), 0), sizeof(bytes));
    assert_true(zmq_recv(link->monitor, endpoint, sizeof(endpoint), 0) >= 0);
    memcpy(&got_event, bytes, sizeof(got_event));
    memcpy(&got_value, bytes + sizeof(got_event), sizeof(got_value));
    assert_int_equal(got_event, event);
    assert_int_equal(got_value, value);
}

static void test_libzmq_understands_that_plain_refuses_it(void **state)
{
    (void)state;
    struct fsz_mechanism_config config = {
        .name = FSZ_ZMTP_PLAIN, .as_server = true, .type = FSZ_ZMTP_ROUTER};
    struct link link;
    link_new(&link, ZMQ_DEALER);
    libzmq_be_client(&link, "alice", "guess");
    libzmq_watch(&link, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL);
    link_accept(&link);
    link_greet(&link, &config);
    handshake(&link, "400");
    assert_int_equal(fsz_mechanism_ending(link.mechanism), FSZ_ZMTP_END_REFUSED);
    libzmq_reports(&link, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH, 400);
    link_end(&link);
}

static void test_libzmq_understands_that_null_refuses_it(void **state)
{
    (void)state;
    struct fsz_mechanism_config config = {
        .name = FSZ_ZMTP_NULL, .as_server = true, .type = FSZ_ZMTP_ROUTER};
    struct link link;
    link_new(&link, ZMQ_DEALER);
    libzmq_watch(&link, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL);
    link_accept(&link);
    link_greet(&link, &config);
    fsz_mechanism_refuse(link.mechanism, "500");
    commands_send(&link);
    libzmq_reports(&link, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH, 500);
    link_end(&link);
}

/* Answers one ZAP request of libzmq with `status`. */
static void zap_answer(void *zap, const char *status)
{
    char    request_id[ENDPOINT_BYTES], part[256];
    int     size = 0;
    int     more = 1;
    size_t  more_size = sizeof(more);
    int32_t count = 0;
    while (more) {
        int got = zmq_recv(zap, part, sizeof(part), 0);
        assert_true(got >= 0);
        if (count++ == 1) {
            size = got;
            memcpy(request_id, part, (size_t)got);
        }
        zmq_getsockopt(zap, ZMQ_RCVMORE, &more, &more_size);
    }
    zmq_send(zap, "1.0", 3, ZMQ_SNDMORE);
    zmq_send(zap, request_id, (size_t)size, ZMQ_SNDMORE);
    zmq_send(zap, status, strlen(status), ZMQ_SNDMORE);
    zmq_send(zap, "", 0, ZMQ_SNDMORE);
    zmq_send(zap, "alice", 5, ZMQ_SNDMORE);
    zmq_send(zap, "", 0, 0);
}

/* Our PLAIN client shows its credentials to libzmq, whose ZAP handler answers with `status`. */
static void plain_client_meets_libzmq(struct link *link, const char *status)
{
    struct fsz_mechanism_config config = {
        .name = FSZ_ZMTP_PLAIN, .type = FSZ_ZMTP_ROUTER, .user = "alice", .password = "secret"};
    int yes = 1;
    int patience_ms = PATIENCE_S * 1000;
    link_new(link, ZMQ_DEALER);
    void *zap = zmq_socket(link->context, ZMQ_REP);
    zmq_setsockopt(zap, ZMQ_RCVTIMEO, &patience_ms, sizeof(patience_ms));
    assert_int_equal(zmq_bind(zap, "inproc://zeromq.zap.01"), 0);
    zmq_setsockopt(link->socket, ZMQ_PLAIN_SERVER, &yes, sizeof(yes));
    zmq_setsockopt(link->socket, ZMQ_ZAP_DOMAIN, "test", 4);
    link_connect(link);
    link_greet(link, &config);
    commands_send(link);
    zap_answer(zap, status);
    handshake(link, "");
    zmq_close(zap);
}

static void test_plain_client_is_admitted_by_libzmq(void **state)
{
    (void)state;
    struct link link;
    plain_client_meets_libzmq(&link, "200");
    is_ready_with(&link, FSZ_ZMTP_DEALER);
    messages_get_across(&link);
    link_end(&link);
}

static void test_plain_client_understands_that_libzmq_refuses_it(void **state)
{
    (void)state;
    struct link link;
    plain_client_meets_libzmq(&link, "400");
    assert_int_equal(fsz_mechanism_state(link.mechanism), FSZ_MECHANISM_FAILED);
    assert_int_equal(fsz_mechanism_ending(link.mechanism), FSZ_ZMTP_END_DENIED);
    assert_string_equal(fsz_mechanism_peer_reason(link.mechanism), "400");
    link_end(&link);
}

/* The same invalid commands to libzmq and to our side: both give up. */
static void test_wrong_commands_end_the_handshake_here_as_in_libzmq(void **state)
{
    (void)state;
    static const struct {
        const char          *bytes;
        size_t               size;
        enum fsz_zmtp_ending ending;
    } rows[] = {
        {"\5HELLO\0\0", 8, FSZ_ZMTP_END_PROTOCOL},
        {"\4PING\0\0", 7, FSZ_ZMTP_END_PROTOCOL},
        {"\5READY\x0BSocket-Type\0\0\0\3SUB", 25, FSZ_ZMTP_END_TYPE},
        {"\5READY\x0BSocket-Type\0\0\0\6DEALE", 27, FSZ_ZMTP_END_PROTOCOL},
        {"\5READY\x0BSocket-Type\0\0\0\6DEALERx", 29, FSZ_ZMTP_END_PROTOCOL},
        {"\5ERROR\003400", 10, FSZ_ZMTP_END_DENIED},
        {"\5ERROR\0", 7, FSZ_ZMTP_END_DENIED},
        {"\5ERROR", 6, FSZ_ZMTP_END_PROTOCOL},
        {"\5ERROR\004400", 10, FSZ_ZMTP_END_PROTOCOL},
    };
    struct fsz_mechanism_config config = {.name = FSZ_ZMTP_NULL, .type = FSZ_ZMTP_ROUTER};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct link link;
        uint8_t     ready[FSZ_MECHANISM_COMMAND_MAX];
        uint8_t     flags = 0;
        link_new(&link, ZMQ_ROUTER);
        link_connect(&link);
        link_greet(&link, &config);
        frame_read(&link, &flags, ready, sizeof(ready));
        frame_send(&link, FSZ_FRAME_COMMAND, rows[i].bytes, rows[i].size);
        link_is_closed(&link);
        assert_int_equal(
            fsz_mechanism_take(link.mechanism, (const uint8_t *)rows[i].bytes, rows[i].size),
            FSZ_EINVALID);
        assert_int_equal(fsz_mechanism_ending(link.mechanism), rows[i].ending);
        link_end(&link);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_null_with_libzmq_that_listens),
        cmocka_unit_test(test_null_with_libzmq_that_connects),
        cmocka_unit_test(test_plain_server_admits_libzmq),
        cmocka_unit_test(test_libzmq_understands_that_plain_refuses_it),
        cmocka_unit_test(test_libzmq_understands_that_null_refuses_it),
        cmocka_unit_test(test_plain_client_is_admitted_by_libzmq),
        cmocka_unit_test(test_plain_client_understands_that_libzmq_refuses_it),
        cmocka_unit_test(test_wrong_commands_end_the_handshake_here_as_in_libzmq),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
