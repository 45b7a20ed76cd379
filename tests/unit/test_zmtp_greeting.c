/* SPDX-License-Identifier: MPL-2.0 */
#include "zmtp/greeting.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>
#include <zmq.h>

#define SIGNATURE "\xFF\0\0\0\0\0\0\0\1\x7F"

static const uint8_t *bytes_of(const char *text)
{
    return (const uint8_t *)text;
}

/* Our greeting to a peer of that version. */
static size_t own_greeting(enum fsz_zmtp_version version, uint8_t ret_bytes[FSZ_GREETING_BYTES])
{
    uint8_t rest[FSZ_GREETING_BYTES];
    fsz_greeting_open(ret_bytes);
    size_t size = fsz_greeting_continue(version, FSZ_ZMTP_XPUB, FSZ_ZMTP_CURVE, true, rest);
    memcpy(ret_bytes + FSZ_GREETING_OPENING_BYTES, rest, size);
    return FSZ_GREETING_OPENING_BYTES + size;
}

static void test_own_greeting_is_that_of_3_1(void **state)
{
    (void)state;
    static const char expected[FSZ_GREETING_BYTES] =
        SIGNATURE "\3\1CURVE\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1";
    uint8_t bytes[FSZ_GREETING_BYTES];
    assert_int_equal(own_greeting(FSZ_ZMTP_3_0, bytes), FSZ_GREETING_BYTES);
    assert_memory_equal(bytes, expected, FSZ_GREETING_BYTES);
}

static void test_own_greeting_to_a_peer_of_2_0_has_type_and_empty_identity(void **state)
{
    (void)state;
    uint8_t bytes[FSZ_GREETING_BYTES];
    assert_int_equal(own_greeting(FSZ_ZMTP_2_0, bytes), FSZ_GREETING_2_0_BYTES);
    assert_memory_equal(bytes, SIGNATURE "\3\x09\0\0", FSZ_GREETING_2_0_BYTES);
}

static void test_own_greeting_is_read_at_its_last_byte(void **state)
{
    (void)state;
    uint8_t bytes[FSZ_GREETING_BYTES];
    own_greeting(FSZ_ZMTP_3_0, bytes);
    for (size_t size = 0; size <= sizeof(bytes); size++) {
        struct fsz_greeting   greeting = {0};
        enum fsz_zmtp_ending  ending;
        enum fsz_zmtp_version version;
        size_t                used = 0;
        assert_int_equal(fsz_greeting_version(bytes, size, &version),
                         size < FSZ_GREETING_OPENING_BYTES ? FSZ_EBUSY : FSZ_OK);
        assert_int_equal(fsz_greeting_read(bytes, size, &greeting, &used, &ending),
                         size < sizeof(bytes) ? FSZ_EBUSY : FSZ_OK);
        assert_int_equal(used, size < sizeof(bytes) ? 0 : FSZ_GREETING_BYTES);
        assert_int_equal(greeting.version, size < sizeof(bytes) ? FSZ_ZMTP_UNKNOWN : FSZ_ZMTP_3_1);
        assert_int_equal(greeting.as_server, size == sizeof(bytes));
    }
}

static void test_versions_are_told_apart(void **state)
{
    (void)state;
    static const struct {
        uint8_t               major, minor;
        enum fsz_zmtp_version version;
    } rows[] = {{3, 0, FSZ_ZMTP_3_0},   {3, 1, FSZ_ZMTP_3_1}, {3, 2, FSZ_ZMTP_3_1},
                {3, 255, FSZ_ZMTP_3_1}, {4, 0, FSZ_ZMTP_3_1}, {255, 0, FSZ_ZMTP_3_1}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t              bytes[FSZ_GREETING_BYTES];
        struct fsz_greeting  greeting;
        enum fsz_zmtp_ending ending;
        size_t               used = 0;
        own_greeting(FSZ_ZMTP_3_0, bytes);
        bytes[10] = rows[i].major;
        bytes[11] = rows[i].minor;
        assert_int_equal(fsz_greeting_read(bytes, sizeof(bytes), &greeting, &used, &ending),
                         FSZ_OK);
        assert_int_equal(greeting.version, rows[i].version);
    }
}

static void test_mechanisms_are_found_by_their_whole_name(void **state)
{
    (void)state;
    static const struct {
        const char                  *text;
        enum fsz_zmtp_mechanism_name name;
    } rows[] = {{"NULL", FSZ_ZMTP_NULL},      {"PLAIN", FSZ_ZMTP_PLAIN},
                {"CURVE", FSZ_ZMTP_CURVE},    {"GSSAPI", FSZ_ZMTP_MECHANISMS},
                {"NUL", FSZ_ZMTP_MECHANISMS}, {"other", FSZ_ZMTP_MECHANISMS},
                {"", FSZ_ZMTP_MECHANISMS},    {"ABCDEFGHIJKLMNOP-_.+", FSZ_ZMTP_MECHANISMS}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t              bytes[FSZ_GREETING_BYTES];
        struct fsz_greeting  greeting;
        enum fsz_zmtp_ending ending;
        size_t               used = 0;
        own_greeting(FSZ_ZMTP_3_0, bytes);
        memset(bytes + 12, 0, 20);
        memcpy(bytes + 12, rows[i].text, strlen(rows[i].text));
        fsz_err err = fsz_greeting_read(bytes, sizeof(bytes), &greeting, &used, &ending);
        if (strcmp(rows[i].text, "other") == 0) {
            assert_int_equal(err, FSZ_EINVALID); /* lower case */
            continue;
        }
        assert_int_equal(err, FSZ_OK);
        assert_int_equal(greeting.mechanism, rows[i].name);
        assert_string_equal(greeting.mechanism_text, rows[i].text);
    }
}

/* Asserts that `bytes` are refused at byte `at`, counted from 0, and not earlier. */
static void assert_refused(const uint8_t *bytes, size_t at, enum fsz_zmtp_ending ending)
{
    for (size_t size = 0; size <= at + 1; size++) {
        struct fsz_greeting  greeting = {0};
        enum fsz_zmtp_ending found = FSZ_ZMTP_ENDING_COUNT;
        size_t               used = 0;
        fsz_err              err = fsz_greeting_read(bytes, size, &greeting, &used, &found);
        assert_int_equal(err, size <= at ? FSZ_EBUSY : FSZ_EINVALID);
        assert_int_equal(found, size <= at ? FSZ_ZMTP_ENDING_COUNT : ending);
        assert_int_equal(used, 0);
    }
}

static void test_mechanism_that_is_no_name_is_refused_at_once(void **state)
{
    (void)state;
    uint8_t bytes[FSZ_GREETING_BYTES];
    own_greeting(FSZ_ZMTP_3_0, bytes);
    bytes[14] = '\n';
    assert_refused(bytes, 14, FSZ_ZMTP_END_PROTOCOL);
    own_greeting(FSZ_ZMTP_3_0, bytes);
    bytes[31] = 'X'; /* after the NUL that ends it */
    assert_refused(bytes, 31, FSZ_ZMTP_END_PROTOCOL);
}

static void test_what_is_no_zmtp_is_refused_at_its_first_byte(void **state)
{
    (void)state;
    static const char *const banners[] = {"GET / HTTP/1.1\r\n",  "\x16\3\1\2\0\1\0",
                                          "SSH-2.0-OpenSSH_9.2", "\0",
                                          "{\"jsonrpc\"",        "\xFE"};
    for (size_t i = 0; i < sizeof(banners) / sizeof(banners[0]); i++) {
        enum fsz_zmtp_version version;
        assert_refused(bytes_of(banners[i]), 0, FSZ_ZMTP_END_PROTOCOL);
        assert_int_equal(fsz_greeting_version(bytes_of(banners[i]), 1, &version), FSZ_EINVALID);
    }
    assert_refused(bytes_of("\xFF\0\0\0\0\0\0\0\1\x7D"), 9, FSZ_ZMTP_END_PROTOCOL);
    assert_refused(bytes_of("\xFF\0\0\0\0\0\0\0\1\xFF"), 9, FSZ_ZMTP_END_PROTOCOL);
}

static void test_1_0_is_refused_for_its_version(void **state)
{
    (void)state;
    assert_refused(bytes_of("\1\0"), 0, FSZ_ZMTP_END_VERSION);
    assert_refused(bytes_of("\xFF\0\0\0\0\0\0\1\1\0"), 9, FSZ_ZMTP_END_VERSION);
    assert_refused(bytes_of(SIGNATURE "\0\1"), 10, FSZ_ZMTP_END_VERSION);
}

static void test_2_0_is_read_with_its_identity(void **state)
{
    (void)state;
    static const char greeting_text[] = SIGNATURE "\1\5\0\4jero";
    for (size_t size = 0; size < sizeof(greeting_text); size++) {
        struct fsz_greeting  greeting;
        enum fsz_zmtp_ending ending;
        size_t               used = 0;
        bool                 is_whole = size == sizeof(greeting_text) - 1;
        assert_int_equal(
            fsz_greeting_read(bytes_of(greeting_text), size, &greeting, &used, &ending),
            is_whole ? FSZ_OK : FSZ_EBUSY);
        if (is_whole) {
            assert_int_equal(used, size);
            assert_int_equal(greeting.version, FSZ_ZMTP_2_0);
            assert_int_equal(greeting.type, FSZ_ZMTP_DEALER);
            assert_int_equal(greeting.mechanism, FSZ_ZMTP_NULL);
            assert_string_equal(greeting.mechanism_text, "NULL");
            assert_int_equal(greeting.routing_id_size, 4);
            assert_memory_equal(greeting.routing_id, "jero", 4);
        }
    }
}

static void test_frames_behind_a_greeting_of_2_0_are_left(void **state)
{
    (void)state;
    static const char    text[] = SIGNATURE "\1\2\0\0\0\1\1";
    struct fsz_greeting  greeting;
    enum fsz_zmtp_ending ending;
    size_t               used = 0;
    assert_int_equal(fsz_greeting_read(bytes_of(text), sizeof(text) - 1, &greeting, &used, &ending),
                     FSZ_OK);
    assert_int_equal(used, FSZ_GREETING_2_0_BYTES);
    assert_int_equal(greeting.type, FSZ_ZMTP_SUB);
    assert_int_equal(greeting.routing_id_size, 0);
}

static void test_identity_of_2_0_is_refused_as_soon_as_it_is_wrong(void **state)
{
    (void)state;
    assert_refused(bytes_of(SIGNATURE "\1\xB"), 11, FSZ_ZMTP_END_TYPE);
    assert_refused(bytes_of(SIGNATURE "\1\5\x8"), 12, FSZ_ZMTP_END_PROTOCOL);
    assert_refused(bytes_of(SIGNATURE "\1\5\1\1"), 13, FSZ_ZMTP_END_PROTOCOL); /* flag MORE */
    assert_refused(bytes_of(SIGNATURE "\1\5\4\1"), 13, FSZ_ZMTP_END_PROTOCOL); /* flag COMMAND */
    assert_refused(bytes_of(SIGNATURE "\1\5\0\2\0x"), 14, FSZ_ZMTP_END_PROTOCOL);
    assert_refused(bytes_of(SIGNATURE "\1\5\2\0\0\0\0\0\0\1\0"), 20, FSZ_ZMTP_END_PROTOCOL);
}

/* A libzmq socket, and a plain socket connected to it. */
struct libzmq_peer {
    void *context, *socket;
    int   fd;
};

static void libzmq_start(struct libzmq_peer *peer, int type)
{
    char          endpoint[64];
    size_t        size = sizeof(endpoint);
    unsigned long port = 0;
    peer->context = zmq_ctx_new();
    peer->socket = zmq_socket(peer->context, type);
    assert_int_equal(zmq_bind(peer->socket, "tcp://127.0.0.1:*"), 0);
    assert_int_equal(zmq_getsockopt(peer->socket, ZMQ_LAST_ENDPOINT, endpoint, &size), 0);
    port = strtoul(strrchr(endpoint, ':') + 1, NULL, 10);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval     patience = {.tv_sec = 30};
    peer->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(peer->fd, (struct sockaddr *)&address, sizeof(address)), 0);
    setsockopt(peer->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
}

static void libzmq_stop(struct libzmq_peer *peer)
{
    int linger = 0;
    close(peer->fd);
    zmq_setsockopt(peer->socket, ZMQ_LINGER, &linger, sizeof(linger));
    zmq_close(peer->socket);
    zmq_ctx_term(peer->context);
}

static void libzmq_send(struct libzmq_peer *peer, const void *bytes, size_t size)
{
    assert_int_equal(send(peer->fd, bytes, size, MSG_NOSIGNAL), (int)size);
}

static void libzmq_read(struct libzmq_peer *peer, uint8_t *bytes, size_t size)
{
    assert_int_equal(recv(peer->fd, bytes, size, MSG_WAITALL), (int)size);
}

static void test_greeting_of_libzmq_is_read_in_its_stages(void **state)
{
    (void)state;
    struct libzmq_peer    peer;
    uint8_t               theirs[FSZ_GREETING_BYTES], ours[FSZ_GREETING_BYTES];
    struct fsz_greeting   greeting;
    enum fsz_zmtp_version version;
    enum fsz_zmtp_ending  ending;
    size_t                used = 0;
    libzmq_start(&peer, ZMQ_ROUTER);
    fsz_greeting_open(ours);
    libzmq_send(&peer, ours, FSZ_GREETING_OPENING_BYTES);
    libzmq_read(&peer, theirs, FSZ_GREETING_OPENING_BYTES);
    assert_memory_equal(theirs, ours, FSZ_GREETING_OPENING_BYTES);
    assert_int_equal(fsz_greeting_version(theirs, FSZ_GREETING_OPENING_BYTES, &version), FSZ_OK);
    size_t rest = fsz_greeting_continue(version, FSZ_ZMTP_DEALER, FSZ_ZMTP_NULL, false, ours);
    libzmq_send(&peer, ours, rest);
    libzmq_read(&peer, theirs + FSZ_GREETING_OPENING_BYTES, rest);
    assert_int_equal(fsz_greeting_read(theirs, sizeof(theirs), &greeting, &used, &ending), FSZ_OK);
    assert_int_equal(used, FSZ_GREETING_BYTES);
    assert_int_equal(greeting.version, FSZ_ZMTP_3_1);
    assert_int_equal(greeting.mechanism, FSZ_ZMTP_NULL);
    assert_memory_equal(theirs + FSZ_GREETING_OPENING_BYTES, ours, rest);
    /* The handshake has begun: READY arrives. */
    libzmq_read(&peer, theirs, 8);
    assert_memory_equal(theirs + 2, "\5READY", 6);
    libzmq_stop(&peer);
}

/* libzmq is newer and we act as a 2.0 peer: it must send what we send in its place. */
static void test_what_libzmq_sends_to_2_0_is_what_we_send(void **state)
{
    (void)state;
    struct libzmq_peer peer;
    uint8_t            theirs[FSZ_GREETING_BYTES], ours[FSZ_GREETING_BYTES];
    libzmq_start(&peer, ZMQ_XPUB);
    libzmq_send(&peer, SIGNATURE "\1\2\0\0", FSZ_GREETING_2_0_BYTES);
    size_t size = own_greeting(FSZ_ZMTP_2_0, ours);
    libzmq_read(&peer, theirs, size);
    assert_memory_equal(theirs, ours, size);
    libzmq_send(&peer, "\0\1\1", 3);
    char subscription[8];
    int  wait_ms = 30000;
    zmq_setsockopt(peer.socket, ZMQ_RCVTIMEO, &wait_ms, sizeof(wait_ms));
    assert_int_equal(zmq_recv(peer.socket, subscription, sizeof(subscription), 0), 1);
    libzmq_stop(&peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_greeting_is_that_of_3_1),
        cmocka_unit_test(test_own_greeting_to_a_peer_of_2_0_has_type_and_empty_identity),
        cmocka_unit_test(test_own_greeting_is_read_at_its_last_byte),
        cmocka_unit_test(test_versions_are_told_apart),
        cmocka_unit_test(test_mechanisms_are_found_by_their_whole_name),
        cmocka_unit_test(test_mechanism_that_is_no_name_is_refused_at_once),
        cmocka_unit_test(test_what_is_no_zmtp_is_refused_at_its_first_byte),
        cmocka_unit_test(test_1_0_is_refused_for_its_version),
        cmocka_unit_test(test_2_0_is_read_with_its_identity),
        cmocka_unit_test(test_frames_behind_a_greeting_of_2_0_are_left),
        cmocka_unit_test(test_identity_of_2_0_is_refused_as_soon_as_it_is_wrong),
        cmocka_unit_test(test_greeting_of_libzmq_is_read_in_its_stages),
        cmocka_unit_test(test_what_libzmq_sends_to_2_0_is_what_we_send),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
