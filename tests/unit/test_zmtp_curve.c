/* SPDX-License-Identifier: MPL-2.0 */
/* The handshake of CURVE, compared with RFC 26 step by step. */
#include "curve_rig.h"

static const uint8_t router_metadata[] = "\x0bSocket-Type\0\0\0\6ROUTER\x08Identity\0\0\0\0";

/* The hand-written client with our server, up to WELCOME. */
static void hand_greet(uint64_t nonce)
{
    uint8_t hello[HELLO_BYTES];
    hand_hello(hello, nonce);
    assert_int_equal(rig_take(rig.ours_server, hello, sizeof(hello)), FSZ_OK);
    rig_next(rig.ours_server);
    assert_true(hand_open_welcome(rig.out.data, rig.out.size));
}

static fsz_err hand_send_initiate(const struct hand_initiate *say)
{
    static uint8_t command[RIG_COMMAND_MAX];
    return rig_take(rig.ours_server, command, hand_initiate(command, say));
}

static void test_server_follows_the_rfc(void **state)
{
    (void)state;
    struct hand_initiate say = hand_initiate_usual();
    uint8_t              plain[256];
    hand_greet(1);
    assert_int_equal(fsz_mechanism_state(rig.ours_server), FSZ_MECHANISM_WORKING);
    assert_int_equal(hand_send_initiate(&say), FSZ_OK);
    assert_int_equal(fsz_mechanism_state(rig.ours_server), FSZ_MECHANISM_ASKING);
    assert_memory_equal(fsz_mechanism_credentials(rig.ours_server)->key, rig.client.public_key,
                        KEY);
    rig.out.size = 0;
    assert_false(fsz_mechanism_next(rig.ours_server, &rig.out));
    fsz_mechanism_judge(rig.ours_server, "200");
    rig_next(rig.ours_server);
    assert_int_equal(rig.out.size, 6 + 8 + 16 + sizeof(router_metadata) - 1);
    assert_memory_equal(rig.out.data, "\5READY\0\0\0\0\0\0\0\1", 14);
    assert_int_equal(crypto_box_open_easy(plain, rig.out.data + 14, rig.out.size - 14,
                                          hand_nonce("CurveZMQREADY---", rig.out.data + 6),
                                          rig.server_t.public_key, rig.client_t.secret_key),
                     0);
    assert_memory_equal(plain, router_metadata, sizeof(router_metadata) - 1);
    assert_int_equal(fsz_mechanism_state(rig.ours_server), FSZ_MECHANISM_READY);
    assert_int_equal(fsz_mechanism_peer(rig.ours_server)->type, FSZ_ZMTP_DEALER);
}

/* Checks our client's HELLO in rig.out, and replies to it. */
static void hand_welcome(uint8_t command[WELCOME_BYTES])
{
    static const uint8_t zeros[64];
    const uint8_t       *hello = rig.out.data;
    uint8_t              plain[128];
    assert_int_equal(rig.out.size, HELLO_BYTES);
    assert_memory_equal(hello, "\5HELLO\1\0", 8);
    assert_true(sodium_is_zero(hello + 8, 72));
    assert_memory_equal(hello + 112, "\0\0\0\0\0\0\0\1", 8);
    memcpy(rig.client_t.public_key, hello + 80, KEY);
    assert_int_equal(crypto_box_open_easy(plain, hello + 120, 80,
                                          hand_nonce("CurveZMQHELLO---", hello + 112),
                                          rig.client_t.public_key, rig.server.secret_key),
                     0);
    assert_memory_equal(plain, zeros, 64);
    randombytes_buf(rig.cookie, sizeof(rig.cookie));
    memcpy(plain, rig.server_t.public_key, KEY);
    memcpy(plain + KEY, rig.cookie, sizeof(rig.cookie));
    memcpy(command, "\7WELCOME", 8);
    randombytes_buf(command + 8, 16);
    assert_int_equal(crypto_box_easy(command + 24, plain, 128, hand_nonce("WELCOME-", command + 8),
                                     rig.client_t.public_key, rig.server.secret_key),
                     0);
}

static void check_initiate(const uint8_t *command, size_t size)
{
    uint8_t plain[512], vouch[64];
    size_t  metadata_size = sizeof(dealer_metadata) - 1;
    assert_int_equal(size, INITIATE_HEAD + 16 + 128 + metadata_size);
    assert_memory_equal(command, "\10INITIATE", 9);
    assert_memory_equal(command + 9, rig.cookie, 96);
    assert_memory_equal(command + 105, "\0\0\0\0\0\0\0\2", 8);
    assert_int_equal(crypto_box_open_easy(plain, command + INITIATE_HEAD, size - INITIATE_HEAD,
                                          hand_nonce("CurveZMQINITIATE", command + 105),
                                          rig.client_t.public_key, rig.server_t.secret_key),
                     0);
    assert_memory_equal(plain, rig.client.public_key, KEY);
    assert_int_equal(crypto_box_open_easy(vouch, plain + 48, 80,
                                          hand_nonce("VOUCH---", plain + KEY),
                                          rig.client.public_key, rig.server_t.secret_key),
                     0);
    assert_memory_equal(vouch, rig.client_t.public_key, KEY);
    assert_memory_equal(vouch + KEY, rig.server.public_key, KEY);
    assert_memory_equal(plain + 128, dealer_metadata, metadata_size);
}

static size_t hand_ready(uint8_t command[512], uint64_t nonce)
{
    memcpy(command, "\5READY", 6);
    hand_number(command + 6, nonce);
    assert_int_equal(crypto_box_easy(command + 14, router_metadata, sizeof(router_metadata) - 1,
                                     hand_nonce("CurveZMQREADY---", command + 6),
                                     rig.client_t.public_key, rig.server_t.secret_key),
                     0);
    return 14 + 16 + sizeof(router_metadata) - 1;
}

static void test_client_follows_the_rfc(void **state)
{
    (void)state;
    uint8_t welcome[WELCOME_BYTES], ready[512];
    rig_next(rig.ours_client);
    hand_welcome(welcome);
    assert_int_equal(rig_take(rig.ours_client, welcome, sizeof(welcome)), FSZ_OK);
    rig_next(rig.ours_client);
    check_initiate(rig.out.data, rig.out.size);
    assert_int_equal(rig_take(rig.ours_client, ready, hand_ready(ready, 1)), FSZ_OK);
    assert_int_equal(fsz_mechanism_state(rig.ours_client), FSZ_MECHANISM_READY);
    assert_int_equal(fsz_mechanism_peer(rig.ours_client)->type, FSZ_ZMTP_ROUTER);
}

static void test_both_sides_of_ours_shake_hands(void **state)
{
    (void)state;
    rig_shake();
    assert_true(fsz_mechanism_encrypts(rig.ours_server));
    assert_int_equal(fsz_mechanism_overhead(rig.ours_server), OVERHEAD);
}

static void test_nothing_is_secret_twice(void **state)
{
    (void)state;
    uint8_t first[WELCOME_BYTES];
    hand_greet(1);
    memcpy(first, rig.out.data, sizeof(first));
    rig_restart();
    hand_greet(1);
    assert_memory_not_equal(first + 8, rig.out.data + 8, 16);
    assert_memory_not_equal(first + 24, rig.out.data + 24, 144);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_server_follows_the_rfc, rig_begin, rig_end),
        cmocka_unit_test_setup_teardown(test_client_follows_the_rfc, rig_begin, rig_end),
        cmocka_unit_test_setup_teardown(test_both_sides_of_ours_shake_hands, rig_begin, rig_end),
        cmocka_unit_test_setup_teardown(test_nothing_is_secret_twice, rig_begin, rig_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
