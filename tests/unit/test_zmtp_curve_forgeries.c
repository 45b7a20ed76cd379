/* SPDX-License-Identifier: MPL-2.0 */
/* Handshake commands of CURVE with forged keys, vouches, nonces and metadata. */
#include "curve_rig.h"

static uint8_t command[RIG_COMMAND_MAX];

static const uint8_t low_order[][KEY] = {{0}, {1}};

/* Our server after a HELLO from, and a WELCOME to, the hand-written client. */
static void greet(uint64_t nonce)
{
    rig_restart();
    hand_hello(command, nonce);
    assert_int_equal(rig_take(rig.ours_server, command, HELLO_BYTES), FSZ_OK);
    rig_next(rig.ours_server);
    assert_true(hand_open_welcome(rig.out.data, rig.out.size));
}

static void expect_refused(struct fsz_mechanism *m, size_t size, enum fsz_zmtp_ending ending)
{
    assert_int_equal(rig_take(m, command, size), FSZ_EINVALID);
    rig_expect_failure(m, ending);
}

static void test_hello_of_another_version_is_refused(void **state)
{
    (void)state;
    for (size_t at = 6; at < 8; at++) {
        rig_restart();
        hand_hello(command, 1);
        command[at]++;
        expect_refused(rig.ours_server, HELLO_BYTES, FSZ_ZMTP_END_PROTOCOL);
    }
}

static void test_hello_whose_padding_is_not_zero_is_refused(void **state)
{
    (void)state;
    for (size_t at = 8; at < 80; at++) {
        rig_restart();
        hand_hello(command, 1);
        command[at] = 1;
        expect_refused(rig.ours_server, HELLO_BYTES, FSZ_ZMTP_END_PROTOCOL);
    }
}

static void test_hello_whose_box_is_not_zero_is_refused(void **state)
{
    (void)state;
    uint8_t plain[64] = {[63] = 1};
    hand_hello(command, 1);
    assert_int_equal(crypto_box_easy(command + 120, plain, 64,
                                     hand_nonce("CurveZMQHELLO---", command + 112),
                                     rig.server.public_key, rig.client_t.secret_key),
                     0);
    expect_refused(rig.ours_server, HELLO_BYTES, FSZ_ZMTP_END_PROTOCOL);
}

static void test_hello_for_another_server_is_refused(void **state)
{
    (void)state;
    struct rig_pair own = rig.server;
    crypto_box_keypair(rig.server.public_key, rig.server.secret_key);
    hand_hello(command, 1);
    rig.server = own;
    expect_refused(rig.ours_server, HELLO_BYTES, FSZ_ZMTP_END_CRYPTO);
}

static void test_hello_with_a_point_of_low_order_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(low_order) / sizeof(low_order[0]); i++) {
        rig_restart();
        hand_hello(command, 1);
        memcpy(command + 80, low_order[i], KEY);
        expect_refused(rig.ours_server, HELLO_BYTES, FSZ_ZMTP_END_CRYPTO);
    }
}

static void test_a_client_fails_when_the_servers_key_is_of_low_order(void **state)
{
    (void)state;
    memset(rig.server.public_key, 0, KEY);
    rig_restart();
    assert_false(fsz_mechanism_next(rig.ours_client, &rig.out));
    rig_expect_failure(rig.ours_client, FSZ_ZMTP_END_CRYPTO);
}

static void test_welcome_of_another_server_is_refused(void **state)
{
    (void)state;
    struct rig_pair own = rig.server;
    rig_next(rig.ours_client);
    memcpy(rig.client_t.public_key, rig.out.data + 80, KEY);
    crypto_box_keypair(rig.server.public_key, rig.server.secret_key);
    memcpy(command, "\7WELCOME", 8);
    memset(command + 8, 7, 16);
    uint8_t plain[128] = {9};
    assert_int_equal(crypto_box_easy(command + 24, plain, 128, hand_nonce("WELCOME-", command + 8),
                                     rig.client_t.public_key, rig.server.secret_key),
                     0);
    rig.server = own;
    expect_refused(rig.ours_client, WELCOME_BYTES, FSZ_ZMTP_END_CRYPTO);
}

/* The server sends a key with which anyone would get the shared key. */
static void test_welcome_with_a_point_of_low_order_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(low_order) / sizeof(low_order[0]); i++) {
        uint8_t plain[128] = {0};
        rig_restart();
        rig_next(rig.ours_client);
        memcpy(plain, low_order[i], KEY);
        memcpy(command, "\7WELCOME", 8);
        memset(command + 8, 7, 16);
        assert_int_equal(crypto_box_easy(command + 24, plain, 128,
                                         hand_nonce("WELCOME-", command + 8), rig.out.data + 80,
                                         rig.server.secret_key),
                         0);
        expect_refused(rig.ours_client, WELCOME_BYTES, FSZ_ZMTP_END_CRYPTO);
    }
}

static void test_a_cookie_of_another_connection_is_refused(void **state)
{
    (void)state;
    struct hand_initiate say = hand_initiate_usual();
    greet(1);
    size_t                size = hand_initiate(command, &say);
    struct fsz_mechanism *first = rig.ours_server;
    rig.ours_server = NULL;
    uint8_t initiate[RIG_COMMAND_MAX];
    memcpy(initiate, command, size);
    greet(1);
    memcpy(command, initiate, size);
    expect_refused(rig.ours_server, size, FSZ_ZMTP_END_CRYPTO);
    assert_int_equal(rig_take(first, initiate, size), FSZ_OK);
    fsz_mechanism_free(&first);
}

static void expect_initiate_refused(const struct hand_initiate *say, enum fsz_zmtp_ending ending)
{
    expect_refused(rig.ours_server, hand_initiate(command, say), ending);
}

static void test_a_vouch_signed_by_another_key_is_refused(void **state)
{
    (void)state;
    struct rig_pair other;
    crypto_box_keypair(other.public_key, other.secret_key);
    greet(1);
    struct hand_initiate say = hand_initiate_usual();
    say.client_secret = other.secret_key;
    expect_initiate_refused(&say, FSZ_ZMTP_END_CRYPTO);
    greet(1);
    say = hand_initiate_usual();
    say.client = other.public_key;
    expect_initiate_refused(&say, FSZ_ZMTP_END_CRYPTO);
}

static void test_a_vouch_for_another_connection_or_server_is_refused(void **state)
{
    (void)state;
    struct rig_pair other;
    crypto_box_keypair(other.public_key, other.secret_key);
    greet(1);
    struct hand_initiate say = hand_initiate_usual();
    say.vouched_client = other.public_key;
    expect_initiate_refused(&say, FSZ_ZMTP_END_CRYPTO);
    greet(1);
    say = hand_initiate_usual();
    say.vouched_server = other.public_key;
    expect_initiate_refused(&say, FSZ_ZMTP_END_CRYPTO);
}

static void test_a_long_term_key_of_low_order_is_refused(void **state)
{
    (void)state;
    greet(1);
    struct hand_initiate say = hand_initiate_usual();
    say.client = low_order[1];
    expect_initiate_refused(&say, FSZ_ZMTP_END_CRYPTO);
}

static void test_initiates_nonce_must_be_larger_than_hellos(void **state)
{
    (void)state;
    static const struct {
        uint64_t hello, initiate;
        bool     holds;
    } cases[] = {{1, 2, true},           {1, 1, false},
                 {5, 4, false},          {0, 1, true},
                 {5, UINT64_MAX, false}, {UINT64_MAX - 1, UINT64_MAX - 1, false},
                 {7, 700, true},         {5, UINT64_MAX - 1, true}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        greet(cases[i].hello);
        struct hand_initiate say = hand_initiate_usual();
        say.nonce = cases[i].initiate;
        size_t size = hand_initiate(command, &say);
        assert_int_equal(rig_take(rig.ours_server, command, size) == FSZ_OK, cases[i].holds);
    }
}

static void test_bad_metadata_ends_before_anybody_is_asked(void **state)
{
    (void)state;
    static const struct {
        const char          *bytes;
        size_t               size;
        enum fsz_zmtp_ending ending;
    } cases[] = {
        {"", 0, FSZ_ZMTP_END_PROTOCOL},
        {"\x0bSocket-Type\0\0\0\7DEALER", 22, FSZ_ZMTP_END_PROTOCOL},
        {"\x0bSocket-Type\0\0\0\6NOTYPE", 22, FSZ_ZMTP_END_TYPE},
        {"\x0bSocket-Type\0\0\0\3PUB", 19, FSZ_ZMTP_END_TYPE},
        {"\xff", 1, FSZ_ZMTP_END_PROTOCOL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        greet(1);
        struct hand_initiate say = hand_initiate_usual();
        say.metadata = (const uint8_t *)cases[i].bytes;
        say.metadata_size = cases[i].size;
        expect_initiate_refused(&say, cases[i].ending);
    }
}

static void test_metadata_has_a_limit(void **state)
{
    (void)state;
    static uint8_t       metadata[FSZ_METADATA_BYTES_MAX + 1];
    struct hand_initiate say = hand_initiate_usual();
    size_t               usual = say.metadata_size;
    memcpy(metadata, say.metadata, usual);
    for (size_t more = 0; more < 2; more++) {
        uint32_t value = htobe32((uint32_t)(FSZ_METADATA_BYTES_MAX + more - usual - 6));
        memcpy(metadata + usual, "\1x", 2);
        memcpy(metadata + usual + 2, &value, 4);
        greet(1);
        say = hand_initiate_usual();
        say.metadata = metadata;
        say.metadata_size = FSZ_METADATA_BYTES_MAX + more;
        size_t size = hand_initiate(command, &say);
        assert_int_equal(rig_take(rig.ours_server, command, size), more ? FSZ_EINVALID : FSZ_OK);
    }
    rig_expect_failure(rig.ours_server, FSZ_ZMTP_END_PROTOCOL);
}

static void test_a_refused_client_gets_the_status(void **state)
{
    (void)state;
    rig_pass(rig.ours_client, rig.ours_server);
    rig_pass(rig.ours_server, rig.ours_client);
    rig_pass(rig.ours_client, rig.ours_server);
    fsz_mechanism_judge(rig.ours_server, "400");
    assert_int_equal(fsz_mechanism_ending(rig.ours_server), FSZ_ZMTP_END_REFUSED);
    rig_next(rig.ours_server);
    assert_int_equal(rig.out.size, 10);
    assert_memory_equal(rig.out.data, "\5ERROR\003400", 10);
    assert_int_equal(rig_take(rig.ours_client, rig.out.data, rig.out.size), FSZ_EINVALID);
    rig_expect_failure(rig.ours_client, FSZ_ZMTP_END_DENIED);
    assert_string_equal(fsz_mechanism_peer_reason(rig.ours_client), "400");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_begin, rig_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_hello_of_another_version_is_refused),
        TEST(test_hello_whose_padding_is_not_zero_is_refused),
        TEST(test_hello_whose_box_is_not_zero_is_refused),
        TEST(test_hello_for_another_server_is_refused),
        TEST(test_hello_with_a_point_of_low_order_is_refused),
        TEST(test_a_client_fails_when_the_servers_key_is_of_low_order),
        TEST(test_welcome_of_another_server_is_refused),
        TEST(test_welcome_with_a_point_of_low_order_is_refused),
        TEST(test_a_cookie_of_another_connection_is_refused),
        TEST(test_a_vouch_signed_by_another_key_is_refused),
        TEST(test_a_vouch_for_another_connection_or_server_is_refused),
        TEST(test_a_long_term_key_of_low_order_is_refused),
        TEST(test_initiates_nonce_must_be_larger_than_hellos),
        TEST(test_bad_metadata_ends_before_anybody_is_asked),
        TEST(test_metadata_has_a_limit),
        TEST(test_a_refused_client_gets_the_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
