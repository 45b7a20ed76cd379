/* SPDX-License-Identifier: MPL-2.0 */
/* CURVE with libzmq as the other side, in both roles; the test drives the connection. */
#include "curve_rig.h"

#include "zmtp/greeting.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <zmq.h>

enum { PATIENCE_S = 30, LARGE = 300000 };

static struct link {
    void                 *context, *socket; /* libzmq's */
    int                   fd;               /* ours */
    struct fsz_mechanism *ours;
} peer;

static void options_set(bool as_server)
{
    const struct rig_pair *pair = as_server ? &rig.server : &rig.client;
    int                    one = 1, none = 0, patience_ms = PATIENCE_S * 1000;
    zmq_setsockopt(peer.socket, ZMQ_LINGER, &none, sizeof(none));
    zmq_setsockopt(peer.socket, ZMQ_RCVTIMEO, &patience_ms, sizeof(patience_ms));
    assert_int_equal(zmq_setsockopt(peer.socket, ZMQ_CURVE_SECRETKEY, pair->secret_key, KEY), 0);
    if (as_server) {
        assert_int_equal(zmq_setsockopt(peer.socket, ZMQ_CURVE_SERVER, &one, sizeof(one)), 0);
        return;
    }
    assert_int_equal(zmq_setsockopt(peer.socket, ZMQ_CURVE_PUBLICKEY, pair->public_key, KEY), 0);
    assert_int_equal(zmq_setsockopt(peer.socket, ZMQ_CURVE_SERVERKEY, rig.server.public_key, KEY),
                     0);
}

/* libzmq binds, we connect. */
static void libzmq_binds(void)
{
    char   endpoint[64];
    size_t size = sizeof(endpoint);
    assert_int_equal(zmq_bind(peer.socket, "tcp://127.0.0.1:*"), 0);
    assert_int_equal(zmq_getsockopt(peer.socket, ZMQ_LAST_ENDPOINT, endpoint, &size), 0);
    unsigned long      port = strtoul(strrchr(endpoint, ':') + 1, NULL, 10);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    peer.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(peer.fd, (struct sockaddr *)&address, sizeof(address)), 0);
}

/* We listen, libzmq connects. */
static void libzmq_connects(void)
{
    char               endpoint[64];
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t          size = sizeof(address);
    struct timeval     patience = {.tv_sec = PATIENCE_S};
    int                listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    snprintf(endpoint, sizeof(endpoint), "tcp://127.0.0.1:%d", ntohs(address.sin_port));
    assert_int_equal(zmq_connect(peer.socket, endpoint), 0);
    setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    peer.fd = accept(listener, NULL, NULL);
    assert_true(peer.fd >= 0);
    close(listener);
}

static void peer_send(const void *bytes, size_t size)
{
    for (size_t sent = 0; sent < size;) {
        ssize_t now = send(peer.fd, (const uint8_t *)bytes + sent, size - sent, MSG_NOSIGNAL);
        assert_true(now > 0);
        sent += (size_t)now;
    }
}

static void peer_read(uint8_t *bytes, size_t size)
{
    assert_int_equal(recv(peer.fd, bytes, size, MSG_WAITALL), (ssize_t)size);
}

static void greet(bool as_server, enum fsz_zmtp_type type)
{
    uint8_t ours[FSZ_GREETING_BYTES], theirs[FSZ_GREETING_BYTES];
    fsz_greeting_open(ours);
    peer_send(ours, FSZ_GREETING_OPENING_BYTES);
    size_t size = fsz_greeting_continue(FSZ_ZMTP_3_0, type, FSZ_ZMTP_CURVE, as_server, ours);
    peer_send(ours, size);
    peer_read(theirs, sizeof(theirs));
    assert_memory_equal(theirs + 12, "CURVE", 6);
}

static void peer_begin(bool as_server, int libzmq_type, enum fsz_zmtp_type type)
{
    struct timeval patience = {.tv_sec = PATIENCE_S};
    peer.context = zmq_ctx_new();
    peer.socket = zmq_socket(peer.context, libzmq_type);
    options_set(!as_server);
    if (as_server) {
        libzmq_connects();
    } else {
        libzmq_binds();
    }
    setsockopt(peer.fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    setsockopt(peer.fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    greet(as_server, type);
    peer.ours = rig_mechanism_of(as_server, type);
}

static void peer_end(void)
{
    fsz_mechanism_free(&peer.ours);
    close(peer.fd);
    zmq_close(peer.socket);
    zmq_ctx_term(peer.context);
}

static void frame_send(uint8_t flags, const uint8_t *body, size_t size)
{
    uint8_t head[FSZ_FRAME_HEAD_MAX];
    peer_send(head, fsz_frame_write(head, flags, size));
    peer_send(body, size);
}

/* Reads a frame from libzmq; the caller frees its body. */
static uint8_t *frame_read(uint8_t *ret_flags, size_t *ret_size)
{
    uint8_t               bytes[FSZ_FRAME_HEAD_MAX];
    struct fsz_frame_head head;
    peer_read(bytes, 2);
    if (fsz_frame_read(bytes, 2, &head) != FSZ_OK) {
        peer_read(bytes + 2, FSZ_FRAME_HEAD_MAX - 2);
        assert_int_equal(fsz_frame_read(bytes, sizeof(bytes), &head), FSZ_OK);
    }
    uint8_t *body = malloc((size_t)head.body_size + 1);
    assert_non_null(body);
    peer_read(body, (size_t)head.body_size);
    *ret_flags = head.flags;
    *ret_size = (size_t)head.body_size;
    return body;
}

static fsz_err command_read(void)
{
    uint8_t  flags = 0;
    size_t   size = 0;
    uint8_t *body = frame_read(&flags, &size);
    assert_int_equal(flags, FSZ_FRAME_COMMAND);
    fsz_err err = fsz_mechanism_take(peer.ours, body, size);
    free(body);
    return err;
}

static void command_send(void)
{
    rig_next(peer.ours);
    frame_send(FSZ_FRAME_COMMAND, rig.out.data, rig.out.size);
}

static void shake_as_server(void)
{
    assert_int_equal(command_read(), FSZ_OK);
    command_send();
    assert_int_equal(command_read(), FSZ_OK);
    assert_int_equal(fsz_mechanism_state(peer.ours), FSZ_MECHANISM_ASKING);
    assert_memory_equal(fsz_mechanism_credentials(peer.ours)->key, rig.client.public_key, KEY);
    fsz_mechanism_judge(peer.ours, "200");
    command_send();
    assert_int_equal(fsz_mechanism_state(peer.ours), FSZ_MECHANISM_READY);
}

static void shake_as_client(void)
{
    command_send();
    assert_int_equal(command_read(), FSZ_OK);
    command_send();
    assert_int_equal(command_read(), FSZ_OK);
    assert_int_equal(fsz_mechanism_state(peer.ours), FSZ_MECHANISM_READY);
}

static void sealed_send(uint8_t flags, const uint8_t *body, size_t size)
{
    uint8_t *sealed = malloc(size + OVERHEAD);
    assert_non_null(sealed);
    assert_int_equal(fsz_mechanism_seal(peer.ours, flags, body, size, sealed), FSZ_OK);
    frame_send(0, sealed, size + OVERHEAD);
    free(sealed);
}

static void sealed_expect(uint8_t expected_flags, const void *expected, size_t expected_size)
{
    uint8_t  flags = 0, *opened = NULL;
    size_t   size = 0;
    uint8_t *body = frame_read(&flags, &size);
    assert_int_equal(flags, 0);
    assert_int_equal(fsz_mechanism_open(peer.ours, body, size, &flags, &opened, &size), FSZ_OK);
    assert_int_equal(flags, expected_flags);
    assert_int_equal(size, expected_size);
    assert_memory_equal(opened, expected, size);
    free(body);
}

static void libzmq_expect(const uint8_t *expected, size_t size, bool more)
{
    zmq_msg_t message;
    zmq_msg_init(&message);
    assert_int_equal(zmq_msg_recv(&message, peer.socket, 0), (int)size);
    assert_memory_equal(zmq_msg_data(&message), expected, size);
    assert_int_equal(zmq_msg_more(&message), more);
    zmq_msg_close(&message);
}

/* Two DEALERs: each receives exactly the frames that the other sends. */
static void exchange(void)
{
    static uint8_t large[LARGE];
    randombytes_buf(large, sizeof(large));
    sealed_send(FSZ_FRAME_MORE, (const uint8_t *)"first", 5);
    sealed_send(FSZ_FRAME_MORE, NULL, 0);
    sealed_send(0, large, sizeof(large));
    libzmq_expect((const uint8_t *)"first", 5, true);
    libzmq_expect((const uint8_t *)"", 0, true);
    libzmq_expect(large, sizeof(large), false);
    assert_int_equal(zmq_send(peer.socket, "back", 4, ZMQ_SNDMORE), 4);
    assert_int_equal(zmq_send(peer.socket, "", 0, ZMQ_SNDMORE), 0);
    assert_int_equal(zmq_send(peer.socket, large, sizeof(large), 0), (int)sizeof(large));
    sealed_expect(FSZ_FRAME_MORE, "back", 4);
    sealed_expect(FSZ_FRAME_MORE, "", 0);
    sealed_expect(0, large, sizeof(large));
}

static void test_libzmq_is_our_client(void **state)
{
    (void)state;
    peer_begin(true, ZMQ_DEALER, FSZ_ZMTP_DEALER);
    shake_as_server();
    assert_int_equal(fsz_mechanism_peer(peer.ours)->type, FSZ_ZMTP_DEALER);
    exchange();
    peer_end();
}

static void test_libzmq_is_our_server(void **state)
{
    (void)state;
    peer_begin(false, ZMQ_DEALER, FSZ_ZMTP_DEALER);
    shake_as_client();
    exchange();
    peer_end();
}

static void test_subscriptions_and_pings_are_commands_both_ways(void **state)
{
    (void)state;
    peer_begin(true, ZMQ_SUB, FSZ_ZMTP_XPUB);
    shake_as_server();
    assert_int_equal(zmq_setsockopt(peer.socket, ZMQ_SUBSCRIBE, "topic", 5), 0);
    sealed_expect(FSZ_FRAME_COMMAND, "\x09SUBSCRIBEtopic", 15);
    sealed_send(FSZ_FRAME_COMMAND, (const uint8_t *)"\4PING\0\0ping", 11);
    sealed_expect(FSZ_FRAME_COMMAND, "\4PONGping", 9);
    peer_end();
}

static void test_libzmq_hears_that_it_is_refused(void **state)
{
    (void)state;
    uint8_t  event[6];
    uint16_t number = 0;
    uint32_t value = 0;
    peer_begin(true, ZMQ_DEALER, FSZ_ZMTP_ROUTER);
    assert_int_equal(
        zmq_socket_monitor(peer.socket, "inproc://monitor", ZMQ_EVENT_HANDSHAKE_FAILED_AUTH), 0);
    void *monitor = zmq_socket(peer.context, ZMQ_PAIR);
    int   patience_ms = PATIENCE_S * 1000;
    zmq_setsockopt(monitor, ZMQ_RCVTIMEO, &patience_ms, sizeof(patience_ms));
    assert_int_equal(zmq_connect(monitor, "inproc://monitor"), 0);
    assert_int_equal(command_read(), FSZ_OK);
    command_send();
    assert_int_equal(command_read(), FSZ_OK);
    fsz_mechanism_judge(peer.ours, "400");
    command_send();
    assert_int_equal(zmq_recv(monitor, event, sizeof(event), 0), (int)sizeof(event));
    memcpy(&number, event, 2);
    memcpy(&value, event + 2, 4);
    assert_int_equal(number, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH);
    assert_int_equal(value, 400);
    zmq_close(monitor);
    peer_end();
}

static void test_libzmq_with_another_server_key_is_refused(void **state)
{
    (void)state;
    struct rig_pair own = rig.server;
    crypto_box_keypair(rig.server.public_key, rig.server.secret_key);
    peer_begin(true, ZMQ_DEALER, FSZ_ZMTP_DEALER);
    fsz_mechanism_free(&peer.ours);
    rig.server = own;
    peer.ours = rig_mechanism(true);
    assert_int_equal(command_read(), FSZ_EINVALID);
    rig_expect_failure(peer.ours, FSZ_ZMTP_END_CRYPTO);
    peer_end();
}

static void test_libzmq_refuses_us_with_another_server_key(void **state)
{
    (void)state;
    uint8_t         byte = 0;
    struct rig_pair own = rig.server;
    peer_begin(false, ZMQ_DEALER, FSZ_ZMTP_DEALER);
    fsz_mechanism_free(&peer.ours);
    crypto_box_keypair(rig.server.public_key, rig.server.secret_key);
    peer.ours = rig_mechanism(false);
    rig.server = own;
    command_send();
    assert_true(recv(peer.fd, &byte, 1, 0) <= 0);
    peer_end();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_begin, rig_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_libzmq_is_our_client),
        TEST(test_libzmq_is_our_server),
        TEST(test_subscriptions_and_pings_are_commands_both_ways),
        TEST(test_libzmq_hears_that_it_is_refused),
        TEST(test_libzmq_with_another_server_key_is_refused),
        TEST(test_libzmq_refuses_us_with_another_server_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
