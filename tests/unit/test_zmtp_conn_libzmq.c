/* SPDX-License-Identifier: MPL-2.0 */
/* Real peers: libzmq sockets over TCP. */
#include "zmtp_conn_rig.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <zmq.h>

struct zrig {
    struct rig rig;
    void      *context, *socket, *monitor;
};

static void z_init(struct zrig *z, int peer_type, enum fsz_zmtp_type own)
{
    int linger = 0;
    rig_init(&z->rig, own);
    z->context = zmq_ctx_new();
    z->socket = zmq_socket(z->context, peer_type);
    assert_non_null(z->socket);
    zmq_setsockopt(z->socket, ZMQ_LINGER, &linger, sizeof(linger));
    z->monitor = NULL;
}

static void z_fini(struct zrig *z)
{
    if (z->monitor != NULL) {
        zmq_socket_monitor(z->socket, NULL, 0);
        zmq_close(z->monitor);
    }
    zmq_close(z->socket);
    zmq_ctx_term(z->context);
    rig_fini(&z->rig);
}

static void z_set(struct zrig *z, int option, int value)
{
    assert_int_equal(zmq_setsockopt(z->socket, option, &value, sizeof(value)), 0);
}

static struct sockaddr_in loopback(void)
{
    return (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

/* libzmq connects to us; the connection is not begun. */
static void z_accept(struct zrig *z)
{
    struct sockaddr_in address = loopback();
    socklen_t          size = sizeof(address);
    char               endpoint[64];
    int                fd = -1, listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    snprintf(endpoint, sizeof(endpoint), "tcp://127.0.0.1:%u", ntohs(address.sin_port));
    assert_int_equal(zmq_connect(z->socket, endpoint), 0);
    fd = accept(listener, NULL, NULL);
    assert_true(fd >= 0);
    close(listener);
    z->rig.conn = rig_conn(&z->rig, fd, false);
}

/* We connect to libzmq. */
static void z_dial(struct zrig *z)
{
    struct sockaddr_in address = loopback();
    char               endpoint[64];
    size_t             size = sizeof(endpoint);
    int                fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(zmq_bind(z->socket, "tcp://127.0.0.1:*"), 0);
    assert_int_equal(zmq_getsockopt(z->socket, ZMQ_LAST_ENDPOINT, endpoint, &size), 0);
    address.sin_port = htons((uint16_t)strtoul(strrchr(endpoint, ':') + 1, NULL, 10));
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    z->rig.conn = rig_conn(&z->rig, fd, true);
}

static void z_ready(struct zrig *z)
{
    fsz_conn_begin(z->rig.conn, NULL);
    RIG_UNTIL(&z->rig, z->rig.ready == 1);
}

/* The next frame that the libzmq socket receives, as a text. */
static const char *z_receive(struct zrig *z)
{
    static char text[256];
    int         n = -1;
    RIG_UNTIL(&z->rig, (n = zmq_recv(z->socket, text, sizeof(text) - 1, ZMQ_DONTWAIT)) >= 0);
    text[n] = '\0';
    return text;
}

static void z_send(struct zrig *z, const char *text, int flags)
{
    assert_int_equal(zmq_send(z->socket, text, strlen(text), flags | ZMQ_DONTWAIT), strlen(text));
}

/* Sends two frames in one message. */
static void post_two(struct fsz_conn *conn, const char *first, const char *second)
{
    struct fsz_frame         frames[] = {{(const uint8_t *)first, strlen(first)},
                                         {(const uint8_t *)second, strlen(second)}};
    struct fsz_zmtp_message *message = NULL;
    assert_int_equal(fsz_zmtp_message_new(frames, 2, FSZ_ZMTP_HIGH, &message), FSZ_OK);
    assert_int_equal(fsz_conn_send(conn, message), FSZ_OK);
    fsz_zmtp_message_unref(message);
}

static void test_a_dealer_of_libzmq_talks_to_us(void **state)
{
    struct zrig z;
    (void)state;
    z_init(&z, ZMQ_DEALER, FSZ_ZMTP_ROUTER);
    zmq_setsockopt(z.socket, ZMQ_ROUTING_ID, "me", 2);
    z_accept(&z);
    z_ready(&z);
    assert_int_equal(fsz_conn_facts(z.rig.conn)->type, FSZ_ZMTP_DEALER);
    assert_int_equal(fsz_conn_facts(z.rig.conn)->version, FSZ_ZMTP_3_1);
    assert_memory_equal(fsz_conn_facts(z.rig.conn)->routing_id, "me", 2);
    z_send(&z, "one", ZMQ_SNDMORE);
    z_send(&z, "two", 0);
    RIG_UNTIL(&z.rig, z.rig.messages == 1);
    assert_string_equal(z.rig.got, "one|two\n");
    post_two(z.rig.conn, "three", "four");
    assert_string_equal(z_receive(&z), "three");
    assert_string_equal(z_receive(&z), "four");
    z_fini(&z);
}

static void test_large_messages_go_both_ways(void **state)
{
    enum { SIZE = 3 << 20 };
    char       *body = malloc(SIZE), *got = malloc(SIZE);
    struct zrig z;
    int         n = -1;
    (void)state;
    for (size_t i = 0; i < SIZE; i++) {
        body[i] = (char)(i * 7);
    }
    z_init(&z, ZMQ_DEALER, FSZ_ZMTP_ROUTER);
    z.rig.shared.limits.message_bytes = SIZE + 1000;
    z_accept(&z);
    z_ready(&z);
    assert_int_equal(rig_post(z.rig.conn, body, SIZE, FSZ_ZMTP_HIGH), FSZ_OK);
    RIG_UNTIL(&z.rig, (n = zmq_recv(z.socket, got, SIZE, ZMQ_DONTWAIT)) >= 0);
    assert_int_equal(n, SIZE);
    assert_memory_equal(got, body, SIZE);
    assert_int_equal(zmq_send(z.socket, body, SIZE, ZMQ_DONTWAIT), SIZE);
    RIG_UNTIL(&z.rig, z.rig.messages == 1);
    assert_int_equal(z.rig.message_bytes, SIZE);
    free(body);
    free(got);
    z_fini(&z);
}

static void test_a_req_of_libzmq_gets_its_answer(void **state)
{
    struct zrig z;
    (void)state;
    z_init(&z, ZMQ_REQ, FSZ_ZMTP_ROUTER);
    z_accept(&z);
    z_ready(&z);
    for (size_t i = 1; i <= 3; i++) {
        z_send(&z, "ask", 0);
        RIG_UNTIL(&z.rig, z.rig.messages == i);
        post_two(z.rig.conn, "", "answer");
        assert_string_equal(z_receive(&z), "answer");
    }
    assert_string_equal(z.rig.got, "|ask\n|ask\n|ask\n");
    z_fini(&z);
}

static void test_a_sub_of_libzmq_subscribes(void **state)
{
    struct zrig z;
    (void)state;
    z_init(&z, ZMQ_SUB, FSZ_ZMTP_XPUB);
    zmq_setsockopt(z.socket, ZMQ_SUBSCRIBE, "ab", 2);
    z_accept(&z);
    z_ready(&z);
    RIG_UNTIL(&z.rig, strcmp(z.rig.subscriptions, "+ab") == 0);
    zmq_setsockopt(z.socket, ZMQ_UNSUBSCRIBE, "ab", 2);
    zmq_setsockopt(z.socket, ZMQ_SUBSCRIBE, "", 0);
    RIG_UNTIL(&z.rig, strcmp(z.rig.subscriptions, "+ab-ab+") == 0);
    post_two(z.rig.conn, "topic", "body");
    assert_string_equal(z_receive(&z), "topic");
    assert_string_equal(z_receive(&z), "body");
    z_fini(&z);
}

static void test_a_burst_arrives_whole_and_in_order(void **state)
{
    enum { COUNT = 20000 };
    struct zrig z;
    (void)state;
    z_init(&z, ZMQ_DEALER, FSZ_ZMTP_ROUTER);
    z_set(&z, ZMQ_RCVHWM, 10);
    z_accept(&z);
    z_ready(&z);
    z.rig.shared.limits.output_messages = 0;
    for (uint32_t i = 0; i < COUNT; i++) {
        assert_int_equal(rig_post(z.rig.conn, &i, sizeof(i), FSZ_ZMTP_LOW), FSZ_OK);
    }
    for (uint32_t i = 0; i < COUNT; i++) {
        uint32_t got = 0;
        int      n = -1;
        RIG_UNTIL(&z.rig, (n = zmq_recv(z.socket, &got, sizeof(got), ZMQ_DONTWAIT)) >= 0);
        assert_int_equal(got, i);
    }
    z_fini(&z);
}

static void test_heartbeats_of_libzmq_are_answered(void **state)
{
    struct zrig z;
    (void)state;
    z_init(&z, ZMQ_DEALER, FSZ_ZMTP_ROUTER);
    z_set(&z, ZMQ_HEARTBEAT_IVL, 50);
    z_set(&z, ZMQ_HEARTBEAT_TIMEOUT, 5000);
    z_set(&z, ZMQ_HEARTBEAT_TTL, 5000);
    z_accept(&z);
    z_ready(&z);
    int64_t due_ms = rig_now_ms() + 500;
    RIG_UNTIL(&z.rig, z.rig.ended || rig_now_ms() > due_ms);
    assert_false(z.rig.ended);
    struct fsz_conn_figures figures;
    fsz_conn_figures(z.rig.conn, &figures);
    assert_true(figures.bytes_out > 64 + 7); /* includes PONGs */
    z_send(&z, "still there", 0);
    RIG_UNTIL(&z.rig, z.rig.messages == 1);
    z_fini(&z);
}

static void test_libzmq_answers_our_heartbeats(void **state)
{
    struct zrig             z;
    struct fsz_conn_figures figures = {.round_trip_us = -1};
    (void)state;
    z_init(&z, ZMQ_DEALER, FSZ_ZMTP_ROUTER);
    z.rig.shared.times.heartbeat_ms = 30;
    z.rig.shared.times.heartbeat_timeout_ms = RIG_WAIT_MS;
    z.rig.shared.times.heartbeat_ttl_ms = RIG_WAIT_MS;
    z_accept(&z);
    z_ready(&z);
    RIG_UNTIL(&z.rig, (fsz_conn_figures(z.rig.conn, &figures), figures.round_trip_us >= 0));
    assert_false(z.rig.ended);
    z_fini(&z);
}

static void test_a_router_of_libzmq_that_we_dial_talks_to_us(void **state)
{
    struct zrig z;
    char        id[16];
    int         n = -1;
    (void)state;
    z_init(&z, ZMQ_ROUTER, FSZ_ZMTP_DEALER);
    z_dial(&z);
    z_ready(&z);
    assert_true(fsz_conn_facts(z.rig.conn)->dialed);
    post_two(z.rig.conn, "", "ask");
    RIG_UNTIL(&z.rig, (n = zmq_recv(z.socket, id, sizeof(id), ZMQ_DONTWAIT)) >= 0);
    assert_string_equal(z_receive(&z), "");
    assert_string_equal(z_receive(&z), "ask");
    assert_int_equal(zmq_send(z.socket, id, (size_t)n, ZMQ_SNDMORE), n);
    z_send(&z, "answer", 0);
    RIG_UNTIL(&z.rig, z.rig.messages == 1);
    assert_string_equal(z.rig.got, "answer\n");
    zmq_unbind(z.socket, "tcp://127.0.0.1:*");
    z_fini(&z);
}

static void z_watch(struct zrig *z, int event)
{
    assert_int_equal(zmq_socket_monitor(z->socket, "inproc://events", event), 0);
    z->monitor = zmq_socket(z->context, ZMQ_PAIR);
    assert_int_equal(zmq_connect(z->monitor, "inproc://events"), 0);
}

/* The value of the next event that libzmq reports. */
static uint32_t z_event(struct zrig *z)
{
    uint8_t  event[6];
    uint32_t value = 0;
    char     endpoint[64];
    RIG_UNTIL(&z->rig, zmq_recv(z->monitor, event, sizeof(event), ZMQ_DONTWAIT) == 6);
    zmq_recv(z->monitor, endpoint, sizeof(endpoint), 0);
    memcpy(&value, event + 2, sizeof(value));
    return value;
}

static void test_libzmq_learns_that_it_is_refused_by_address(void **state)
{
    struct zrig z;
    (void)state;
    z_init(&z, ZMQ_DEALER, FSZ_ZMTP_ROUTER);
    z_watch(&z, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH);
    z_accept(&z);
    fsz_conn_begin(z.rig.conn, "400");
    assert_int_equal(z_event(&z), 400);
    RIG_UNTIL(&z.rig, z.rig.ended);
    assert_int_equal(z.rig.ending, FSZ_ZMTP_END_REFUSED);
    z_fini(&z);
}

static void z_plain(struct zrig *z)
{
    z_init(z, ZMQ_DEALER, FSZ_ZMTP_ROUTER);
    zmq_setsockopt(z->socket, ZMQ_PLAIN_USERNAME, "user", 4);
    zmq_setsockopt(z->socket, ZMQ_PLAIN_PASSWORD, "pass", 4);
    z->rig.mechanism.name = FSZ_ZMTP_PLAIN;
    z->rig.mechanism.as_server = true;
}

static void test_libzmq_is_admitted_with_a_password(void **state)
{
    struct zrig z;
    (void)state;
    z_plain(&z);
    z_accept(&z);
    fsz_conn_begin(z.rig.conn, NULL);
    RIG_UNTIL(&z.rig, z.rig.asked == 1);
    assert_string_equal(z.rig.credentials.user, "user");
    assert_string_equal(z.rig.credentials.password, "pass");
    fsz_conn_judge(z.rig.conn, "200");
    z_send(&z, "in", 0);
    RIG_UNTIL(&z.rig, z.rig.messages == 1);
    z_fini(&z);
}

static void test_libzmq_learns_that_its_password_is_refused(void **state)
{
    struct zrig z;
    (void)state;
    z_plain(&z);
    z_watch(&z, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH);
    z_accept(&z);
    fsz_conn_begin(z.rig.conn, NULL);
    RIG_UNTIL(&z.rig, z.rig.asked == 1);
    fsz_conn_judge(z.rig.conn, "400");
    assert_int_equal(z_event(&z), 400);
    RIG_UNTIL(&z.rig, z.rig.ended);
    assert_int_equal(z.rig.ending, FSZ_ZMTP_END_REFUSED);
    z_fini(&z);
}

static void z_admit(struct rig *rig, struct fsz_conn *conn)
{
    (void)rig;
    fsz_conn_judge(conn, "200");
}

static void test_what_libzmq_sent_before_it_closed_is_delivered(void **state)
{
    enum { COUNT = 5000 };
    struct zrig z;
    int         linger = -1;
    (void)state;
    z_init(&z, ZMQ_DEALER, FSZ_ZMTP_ROUTER);
    z_set(&z, ZMQ_SNDHWM, 0);
    zmq_setsockopt(z.socket, ZMQ_LINGER, &linger, sizeof(linger));
    z_accept(&z);
    z_ready(&z);
    for (size_t i = 0; i < COUNT; i++) {
        z_send(&z, "last words", 0);
    }
    zmq_close(z.socket);
    z.socket = zmq_socket(z.context, ZMQ_DEALER); /* for z_fini() */
    RIG_UNTIL(&z.rig, z.rig.ended);
    assert_int_equal(z.rig.messages, COUNT);
    assert_int_equal(z.rig.ending, FSZ_ZMTP_END_PEER);
    z_fini(&z);
}

struct z_keys {
    char    public_text[41], secret_text[41];
    uint8_t public_key[32], secret_key[32];
};

static struct z_keys z_new_keys(void)
{
    struct z_keys keys;
    assert_int_equal(zmq_curve_keypair(keys.public_text, keys.secret_text), 0);
    assert_non_null(zmq_z85_decode(keys.public_key, keys.public_text));
    assert_non_null(zmq_z85_decode(keys.secret_key, keys.secret_text));
    return keys;
}

/* Both sides have keys; `dial`: libzmq is the server. */
static void z_curve(struct zrig *z, bool dial)
{
    struct z_keys server = z_new_keys(), client = z_new_keys();
    struct z_keys ours = dial ? client : server, theirs = dial ? server : client;
    z_init(z, dial ? ZMQ_ROUTER : ZMQ_DEALER, dial ? FSZ_ZMTP_DEALER : FSZ_ZMTP_ROUTER);
    zmq_setsockopt(z->socket, ZMQ_CURVE_PUBLICKEY, theirs.public_text, 41);
    zmq_setsockopt(z->socket, ZMQ_CURVE_SECRETKEY, theirs.secret_text, 41);
    if (dial) {
        z_set(z, ZMQ_CURVE_SERVER, 1);
    } else {
        zmq_setsockopt(z->socket, ZMQ_CURVE_SERVERKEY, server.public_text, 41);
    }
    z->rig.mechanism.name = FSZ_ZMTP_CURVE;
    z->rig.mechanism.as_server = !dial;
    memcpy(z->rig.mechanism.public_key, ours.public_key, 32);
    memcpy(z->rig.mechanism.secret_key, ours.secret_key, 32);
    memcpy(z->rig.mechanism.server_key, server.public_key, 32);
    z->rig.on_asks = z_admit;
}

/* libzmq is not built for ThreadSanitizer, which therefore checks each byte that it passes. */
#ifdef __SANITIZE_THREAD__
enum { BOXES = 100, BOX_BYTES_MAX = 2000 };
#else
enum { BOXES = 500, BOX_BYTES_MAX = 100000 };
#endif

static void test_boxes_go_both_ways(void **state)
{
    static char             body[BOX_BYTES_MAX], got[BOX_BYTES_MAX];
    struct fsz_conn_figures figures;
    struct zrig             z;
    (void)state;
    z_curve(&z, false);
    z.rig.shared.times.heartbeat_ms = 20;
    z.rig.shared.times.heartbeat_timeout_ms = RIG_WAIT_MS;
    z_set(&z, ZMQ_HEARTBEAT_IVL, 20);
    z_set(&z, ZMQ_HEARTBEAT_TIMEOUT, RIG_WAIT_MS);
    z_set(&z, ZMQ_SNDHWM, 0);
    z_accept(&z);
    z_ready(&z);
    for (size_t i = 0; i < BOXES; i++) {
        size_t size = i % 10 == 0 ? BOX_BYTES_MAX - i : i;
        memset(body, (int)i, size);
        assert_int_equal(rig_post(z.rig.conn, body, size, FSZ_ZMTP_HIGH), FSZ_OK);
        assert_int_equal(zmq_send(z.socket, body, size, ZMQ_DONTWAIT), size);
    }
    for (size_t i = 0; i < BOXES; i++) {
        size_t size = i % 10 == 0 ? BOX_BYTES_MAX - i : i;
        int    n = -1;
        memset(body, (int)i, size);
        RIG_UNTIL(&z.rig, (n = zmq_recv(z.socket, got, BOX_BYTES_MAX, ZMQ_DONTWAIT)) >= 0);
        assert_int_equal(n, size);
        assert_memory_equal(got, body, size);
    }
    RIG_UNTIL(&z.rig, z.rig.messages == BOXES);
    RIG_UNTIL(&z.rig, (fsz_conn_figures(z.rig.conn, &figures), figures.round_trip_us >= 0));
    assert_int_equal(figures.queued_messages, 0);
    assert_false(z.rig.ended);
    z_fini(&z);
}

/* As many bytes as are sealed ahead, so that sealing stops exactly at the end of the message. */
static void test_a_large_message_that_was_sealed_and_written_does_not_wait_any_more(void **state)
{
    enum { BYTES = 70000 };
    static char             body[BYTES], got[BYTES];
    struct fsz_conn_figures figures;
    struct zrig             z;
    int                     n = -1;
    (void)state;
    z_curve(&z, false);
    z_accept(&z);
    z_ready(&z);
    memset(body, 'x', BYTES);
    assert_int_equal(rig_post(z.rig.conn, body, BYTES, FSZ_ZMTP_HIGH), FSZ_OK);
    RIG_UNTIL(&z.rig, (n = zmq_recv(z.socket, got, BYTES, ZMQ_DONTWAIT)) >= 0);
    assert_int_equal(n, BYTES);
    assert_memory_equal(got, body, BYTES);
    fsz_conn_figures(z.rig.conn, &figures);
    assert_int_equal(figures.queued_messages, 0);
    assert_int_equal(figures.messages_out, 1);
    fsz_conn_finish(z.rig.conn, fsz_loop_now_ms(z.rig.loop) + RIG_WAIT_MS);
    RIG_UNTIL(&z.rig, z.rig.ended);
    assert_int_equal(z.rig.ending, FSZ_ZMTP_END_STOPPED);
    z_fini(&z);
}

static void test_a_client_of_curve_talks_to_libzmq(void **state)
{
    struct zrig z;
    char        id[16];
    int         n = -1;
    (void)state;
    z_curve(&z, true);
    z_dial(&z);
    z_ready(&z);
    post_two(z.rig.conn, "", "ask");
    RIG_UNTIL(&z.rig, (n = zmq_recv(z.socket, id, sizeof(id), ZMQ_DONTWAIT)) >= 0);
    assert_string_equal(z_receive(&z), "");
    assert_string_equal(z_receive(&z), "ask");
    assert_int_equal(zmq_send(z.socket, id, (size_t)n, ZMQ_SNDMORE), n);
    z_send(&z, "an", ZMQ_SNDMORE);
    z_send(&z, "swer", 0);
    RIG_UNTIL(&z.rig, z.rig.messages == 1);
    assert_string_equal(z.rig.got, "an|swer\n");
    z_fini(&z);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_dealer_of_libzmq_talks_to_us),
        cmocka_unit_test(test_large_messages_go_both_ways),
        cmocka_unit_test(test_a_req_of_libzmq_gets_its_answer),
        cmocka_unit_test(test_a_sub_of_libzmq_subscribes),
        cmocka_unit_test(test_a_burst_arrives_whole_and_in_order),
        cmocka_unit_test(test_heartbeats_of_libzmq_are_answered),
        cmocka_unit_test(test_libzmq_answers_our_heartbeats),
        cmocka_unit_test(test_a_router_of_libzmq_that_we_dial_talks_to_us),
        cmocka_unit_test(test_libzmq_learns_that_it_is_refused_by_address),
        cmocka_unit_test(test_libzmq_is_admitted_with_a_password),
        cmocka_unit_test(test_libzmq_learns_that_its_password_is_refused),
        cmocka_unit_test(test_what_libzmq_sent_before_it_closed_is_delivered),
        cmocka_unit_test(test_boxes_go_both_ways),
        cmocka_unit_test(test_a_large_message_that_was_sealed_and_written_does_not_wait_any_more),
        cmocka_unit_test(test_a_client_of_curve_talks_to_libzmq),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
