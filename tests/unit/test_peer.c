/* Who a message is from, also when the peer says that it is somebody else. The peer speaks ZMTP 3.0
 * (RFC 23) by hand. */
#include "peer.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <zmq.h>

enum { PATIENCE_MS = 20000 };

struct rig {
    void *context, *server, *zap;
    int   port;
};

static int rig_setup(void **state)
{
    struct rig *rig = calloc(1, sizeof(*rig));
    char        endpoint[64];
    size_t      size = sizeof(endpoint);
    int         patience_ms = PATIENCE_MS, linger_ms = 0;
    rig->context = zmq_ctx_new();
    rig->zap = zmq_socket(rig->context, ZMQ_REP);
    rig->server = zmq_socket(rig->context, ZMQ_ROUTER);
    zmq_setsockopt(rig->zap, ZMQ_RCVTIMEO, &patience_ms, sizeof(patience_ms));
    zmq_setsockopt(rig->server, ZMQ_RCVTIMEO, &patience_ms, sizeof(patience_ms));
    zmq_setsockopt(rig->zap, ZMQ_LINGER, &linger_ms, sizeof(linger_ms));
    assert_int_equal(zmq_bind(rig->zap, "inproc://zeromq.zap.01"), 0);
    assert_int_equal(zmq_bind(rig->server, "tcp://127.0.0.1:*"), 0);
    zmq_getsockopt(rig->server, ZMQ_LAST_ENDPOINT, endpoint, &size);
    rig->port = (int)strtol(strrchr(endpoint, ':') + 1, NULL, 10);
    *state = rig;
    return 0;
}

static int rig_teardown(void **state)
{
    struct rig *rig = *state;
    zmq_close(rig->server);
    zmq_close(rig->zap);
    zmq_ctx_term(rig->context);
    free(rig);
    return 0;
}

static size_t put_property(unsigned char *at, const char *name, const char *value)
{
    uint32_t value_size = htonl((uint32_t)strlen(value));
    size_t   name_size = strlen(name);
    at[0] = (unsigned char)name_size;
    memcpy(at + 1, name, name_size);
    memcpy(at + 1 + name_size, &value_size, 4);
    memcpy(at + 5 + name_size, value, strlen(value));
    return 5 + name_size + strlen(value);
}

/* A connection that says it is a DEALER and has that User-Id. */
static int connect_as(const struct rig *rig, const char *user_id)
{
    unsigned char      text[512] = {0xff, [9] = 0x7f, [10] = 3, [12] = 'N', 'U', 'L', 'L'};
    size_t             size = 64, ready = size + 2;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)rig->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int                fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    memcpy(text + ready, "\5READY", 6);
    size = ready + 6;
    size += put_property(text + size, "Socket-Type", "DEALER");
    size += put_property(text + size, "User-Id", user_id);
    text[64] = 4; /* a command */
    text[65] = (unsigned char)(size - ready);
    assert_int_equal(write(fd, text, size), size);
    return fd;
}

/* Sends one message, once the server has said READY: before, it would be a breach of the protocol.
 */
static void say_hello(int fd)
{
    static const char hello[] = "\0\5hello";
    char              text[256];
    size_t            got = 0, greeting_and_command = 64 + 2 + 6;
    while (got < greeting_and_command) {
        ssize_t more = read(fd, text + got, sizeof(text) - got);
        assert_true(more > 0);
        got += (size_t)more;
    }
    assert_int_equal(write(fd, hello, sizeof(hello) - 1), sizeof(hello) - 1);
}

/* Also what libzmq has as its user id. */
static struct fsz_peer receive(const struct rig *rig, char ret_user_id[256])
{
    struct fsz_peer peer;
    zmq_msg_t       message;
    zmq_msg_init(&message);
    assert_true(zmq_msg_recv(&message, rig->server, 0) > 0); /* the routing id */
    assert_int_equal(zmq_msg_recv(&message, rig->server, 0), 5);
    fsz_peer_of_message(&message, &peer);
    snprintf(ret_user_id, 256, "%s", zmq_msg_gets(&message, "User-Id"));
    zmq_msg_close(&message);
    return peer;
}

/* Answers libzmq's question about one connection. */
static void admit_as(const struct rig *rig, const char *user_id)
{
    char   frame[256];
    int    more = 1;
    size_t size = sizeof(more);
    while (more) {
        assert_true(zmq_recv(rig->zap, frame, sizeof(frame), 0) >= 0);
        zmq_getsockopt(rig->zap, ZMQ_RCVMORE, &more, &size);
    }
    const char *const answer[] = {"1.0", "1", "200", "OK", user_id, ""};
    for (size_t i = 0; i < 6; i++) {
        zmq_send(rig->zap, answer[i], strlen(answer[i]), i < 5 ? ZMQ_SNDMORE : 0);
    }
}

static void test_peer_has_the_name_that_it_was_admitted_by(void **state)
{
    struct rig *rig = *state;
    char        id[FSZ_PEER_ID_BYTES], user_id[256], name[FSZ_USER_NAME_MAX + 1];
    memset(name, 'n', FSZ_USER_NAME_MAX);
    name[FSZ_USER_NAME_MAX] = '\0';
    const char *const names[] = {"alice", "", "a@b.c", name};
    zmq_setsockopt(rig->server, ZMQ_ZAP_DOMAIN, "d", 1);
    assert_int_equal(zmq_bind(rig->server, "tcp://127.0.0.1:*"), 0);
    char   endpoint[64];
    size_t size = sizeof(endpoint);
    zmq_getsockopt(rig->server, ZMQ_LAST_ENDPOINT, endpoint, &size);
    rig->port = (int)strtol(strrchr(endpoint, ':') + 1, NULL, 10);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        uint64_t        serial = UINT64_MAX - i;
        int             fd = connect_as(rig, "mallory#1");
        struct fsz_peer admitted = {.serial = serial, .proof = i == 0 ? UINT64_MAX : i};
        snprintf(admitted.user, sizeof(admitted.user), "%s", names[i]);
        fsz_peer_write_id(&admitted, id);
        admit_as(rig, id);
        say_hello(fd);
        struct fsz_peer peer = receive(rig, user_id);
        assert_string_equal(user_id, id);
        assert_string_equal(peer.user, names[i]);
        assert_int_equal(peer.serial, serial);
        assert_int_equal(peer.proof, admitted.proof);
        assert_string_equal(peer.address, "127.0.0.1");
        assert_true(peer.fd >= 0);
        close(fd);
    }
}

static void test_peer_that_nobody_asked_can_not_name_itself(void **state)
{
    struct rig       *rig = *state;
    char              id[FSZ_PEER_ID_BYTES], user_id[256], long_name[200];
    const char *const names[] = {"alice",
                                 "alice#1",
                                 "alice#1#",
                                 "alice#1#0123456789abcdef",
                                 "alice#1#a#0123456789abcdef",
                                 "alice#1#-a#0123456789abcdef",
                                 "alice#1##0123456789abcdef",
                                 "#1#",
                                 "##",
                                 "",
                                 long_name,
                                 "alice#99999999999999999999999#a#0123456789abcdef"};
    memset(long_name, 'n', sizeof(long_name) - 1);
    long_name[sizeof(long_name) - 1] = '\0';
    const struct fsz_peer alice = {.user = "alice", .serial = 1, .proof = 10};
    fsz_peer_write_id(&alice, id); /* what it would have to guess */
    assert_memory_equal(id, "alice#1#a#", 10);
    assert_int_equal(strlen(id), strlen("alice#1#a#0123456789abcdef"));
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        int fd = connect_as(rig, names[i]);
        say_hello(fd);
        struct fsz_peer peer = receive(rig, user_id);
        assert_string_equal(user_id, names[i]); /* libzmq believes it */
        assert_string_equal(peer.user, "");
        assert_int_equal(peer.serial, 0);
        assert_string_equal(peer.address, "127.0.0.1");
        close(fd);
    }
}

static void test_peer_of_a_message_from_this_process_is_nobody(void **state)
{
    struct fsz_peer peer = {.user = "x", .serial = 1, .address = "x", .fd = 1};
    zmq_msg_t       message;
    (void)state;
    zmq_msg_init(&message);
    fsz_peer_of_message(&message, &peer);
    zmq_msg_close(&message);
    assert_string_equal(peer.user, "");
    assert_string_equal(peer.address, "");
    assert_int_equal(peer.serial, 0);
    assert_int_equal(peer.fd, -1);
}

static void test_peer_address_is_as_lists_have_it(void **state)
{
    (void)state;
    assert_string_equal(fsz_peer_plain_address("192.0.2.1"), "192.0.2.1");
    assert_string_equal(fsz_peer_plain_address("::ffff:192.0.2.1"), "192.0.2.1");
    assert_string_equal(fsz_peer_plain_address("::ffff:1:2"), "::ffff:1:2");
    assert_string_equal(fsz_peer_plain_address("::1"), "::1");
    assert_string_equal(fsz_peer_plain_address("localhost:1000:1000:4711"), "");
    assert_string_equal(fsz_peer_plain_address(":1000:1000:4711"), "");
    assert_string_equal(fsz_peer_plain_address(""), "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_peer_has_the_name_that_it_was_admitted_by),
        TEST(test_peer_that_nobody_asked_can_not_name_itself),
        cmocka_unit_test(test_peer_of_a_message_from_this_process_is_nobody),
        cmocka_unit_test(test_peer_address_is_as_lists_have_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
