/* SPDX-License-Identifier: MPL-2.0 */
/* Messages under CURVE: what libsodium makes of them, and what a peer may attempt. */
#include "curve_rig.h"

#include "zmtp/mech_curve_private.h"

#include <pthread.h>

enum { LARGE = 1024 * 1024, SMALL_ROOM = 256, ROUNDS = 200 };

static int shake_begin(void **state)
{
    rig_begin(state);
    rig_shake();
    return 0;
}

static fsz_err open_copy(struct fsz_mechanism *m, const uint8_t *sealed, size_t size)
{
    uint8_t flags = 0, *body = NULL, *copy = malloc(size > 0 ? size : 1);
    size_t  body_size = 0;
    assert_non_null(copy);
    memcpy(copy, sealed, size);
    fsz_err err = fsz_mechanism_open(m, copy, size, &flags, &body, &body_size);
    free(copy);
    return err;
}

static size_t seal_text(struct fsz_mechanism *m, const char *text, uint8_t sealed[SMALL_ROOM])
{
    assert_int_equal(fsz_mechanism_seal(m, 0, (const uint8_t *)text, strlen(text), sealed), FSZ_OK);
    return strlen(text) + OVERHEAD;
}

/* The key of the connection, computed again from the keys of both sides. */
static const uint8_t *shared_key(void)
{
    struct mech_curve *client = (struct mech_curve *)rig.ours_client;
    struct mech_curve *server = (struct mech_curve *)rig.ours_server;
    assert_memory_equal(client->key, server->key, KEY);
    return client->key;
}

static void check_layout(struct fsz_mechanism *m, const char *prefix, uint64_t nonce)
{
    static const struct {
        uint8_t flags, boxed;
    } cases[] = {{0, 0}, {FSZ_FRAME_MORE, 1}, {FSZ_FRAME_COMMAND, 2}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t sealed[SMALL_ROOM], expected[8], plain[SMALL_ROOM];
        assert_int_equal(fsz_mechanism_seal(m, cases[i].flags, (const uint8_t *)"body", 4, sealed),
                         FSZ_OK);
        hand_number(expected, nonce + i);
        assert_memory_equal(sealed, "\7MESSAGE", 8);
        assert_memory_equal(sealed + 8, expected, 8);
        assert_int_equal(crypto_secretbox_open_easy(plain, sealed + 16, 4 + OVERHEAD - 16,
                                                    hand_nonce(prefix, sealed + 8), shared_key()),
                         0);
        assert_int_equal(plain[0], cases[i].boxed);
        assert_memory_equal(plain + 1, "body", 4);
    }
}

static void test_messages_have_the_layout_of_the_rfc(void **state)
{
    (void)state;
    check_layout(rig.ours_client, "CurveZMQMESSAGEC", 3);
    check_layout(rig.ours_server, "CurveZMQMESSAGES", 2);
}

static void check_transfer(struct fsz_mechanism *from, struct fsz_mechanism *to, size_t size)
{
    static const uint8_t all_flags[] = {0, FSZ_FRAME_MORE, FSZ_FRAME_COMMAND};
    uint8_t             *body = malloc(size + 1), *sealed = malloc(size + OVERHEAD);
    assert_non_null(body);
    assert_non_null(sealed);
    for (size_t i = 0; i < sizeof(all_flags); i++) {
        uint8_t flags = 0xff, *opened = NULL;
        size_t  opened_size = 0;
        randombytes_buf(body, size);
        assert_int_equal(fsz_mechanism_seal(from, all_flags[i], body, size, sealed), FSZ_OK);
        assert_int_equal(
            fsz_mechanism_open(to, sealed, size + OVERHEAD, &flags, &opened, &opened_size), FSZ_OK);
        assert_int_equal(flags, all_flags[i]);
        assert_int_equal(opened_size, size);
        assert_memory_equal(opened, body, size);
    }
    free(body);
    free(sealed);
}

static void test_messages_of_all_sizes_keep_flags_and_bytes(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 30, 31, 32, 33, 63, 64, 65, 3900, LARGE};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        check_transfer(rig.ours_client, rig.ours_server, sizes[i]);
        check_transfer(rig.ours_server, rig.ours_client, sizes[i]);
    }
}

static void test_an_empty_body_need_not_exist(void **state)
{
    (void)state;
    uint8_t sealed[OVERHEAD];
    assert_int_equal(fsz_mechanism_seal(rig.ours_client, 0, NULL, 0, sealed), FSZ_OK);
    assert_int_equal(open_copy(rig.ours_server, sealed, sizeof(sealed)), FSZ_OK);
}

static void test_a_message_that_comes_again_is_refused(void **state)
{
    (void)state;
    uint8_t sealed[SMALL_ROOM];
    size_t  size = seal_text(rig.ours_client, "once", sealed);
    assert_int_equal(open_copy(rig.ours_server, sealed, size), FSZ_OK);
    assert_int_equal(open_copy(rig.ours_server, sealed, size), FSZ_EINVALID);
}

static void test_messages_in_another_order_are_refused(void **state)
{
    (void)state;
    uint8_t first[SMALL_ROOM], second[SMALL_ROOM];
    size_t  first_size = seal_text(rig.ours_client, "first", first);
    size_t  second_size = seal_text(rig.ours_client, "second", second);
    assert_int_equal(open_copy(rig.ours_server, second, second_size), FSZ_OK);
    assert_int_equal(open_copy(rig.ours_server, first, first_size), FSZ_EINVALID);
}

static void test_a_message_that_is_sent_back_is_refused(void **state)
{
    (void)state;
    uint8_t sealed[SMALL_ROOM];
    size_t  size = seal_text(rig.ours_client, "mirror", sealed);
    assert_int_equal(open_copy(rig.ours_client, sealed, size), FSZ_EINVALID);
}

static void test_a_message_of_another_connection_is_refused(void **state)
{
    (void)state;
    uint8_t sealed[SMALL_ROOM];
    size_t  size = seal_text(rig.ours_client, "elsewhere", sealed);
    rig_restart();
    rig_shake();
    assert_int_equal(open_copy(rig.ours_server, sealed, size), FSZ_EINVALID);
}

static void test_truncated_messages_are_refused_at_every_length(void **state)
{
    (void)state;
    uint8_t sealed[SMALL_ROOM];
    size_t  size = seal_text(rig.ours_client, "a message of some length", sealed);
    for (size_t cut = 0; cut < size; cut++) {
        assert_int_equal(open_copy(rig.ours_server, sealed, cut), FSZ_EINVALID);
    }
    assert_int_equal(open_copy(rig.ours_server, sealed, size + 1), FSZ_EINVALID);
}

/* A forged box has no effect: the genuine one is accepted after it. */
static void test_a_changed_bit_in_any_byte_is_refused(void **state)
{
    (void)state;
    uint8_t sealed[SMALL_ROOM];
    size_t  size = seal_text(rig.ours_server, "a message of some length", sealed);
    for (size_t at = 0; at < size * 8; at++) {
        sealed[at / 8] ^= (uint8_t)(1U << (at % 8));
        assert_int_equal(open_copy(rig.ours_client, sealed, size), FSZ_EINVALID);
        sealed[at / 8] ^= (uint8_t)(1U << (at % 8));
    }
    assert_int_equal(open_copy(rig.ours_client, sealed, size), FSZ_OK);
}

/* Opens a box that the peer made with a nonce of its choice. */
static fsz_err open_with_nonce(uint64_t nonce, uint8_t flags)
{
    uint8_t sealed[OVERHEAD] = "\7MESSAGE";
    hand_number(sealed + 8, nonce);
    crypto_secretbox_easy(sealed + 16, &flags, 1, hand_nonce("CurveZMQMESSAGEC", sealed + 8),
                          shared_key());
    return open_copy(rig.ours_server, sealed, sizeof(sealed));
}

static void test_nonces_must_grow(void **state)
{
    (void)state;
    assert_int_equal(open_with_nonce(0, 0), FSZ_EINVALID);
    assert_int_equal(open_with_nonce(2, 0), FSZ_EINVALID);
    assert_int_equal(open_with_nonce(3, 0), FSZ_OK);
    assert_int_equal(open_with_nonce(3, 0), FSZ_EINVALID);
    assert_int_equal(open_with_nonce(1000, 0), FSZ_OK);
    assert_int_equal(open_with_nonce(999, 0), FSZ_EINVALID);
    assert_int_equal(open_with_nonce(UINT64_MAX, 0), FSZ_EINVALID);
    assert_int_equal(open_with_nonce(UINT64_MAX - 1, 0), FSZ_OK);
    assert_int_equal(open_with_nonce(UINT64_MAX - 1, 0), FSZ_EINVALID);
    assert_int_equal(open_with_nonce(0, 0), FSZ_EINVALID);
}

static void test_used_up_nonces_end_sealing(void **state)
{
    (void)state;
    uint8_t            sealed[SMALL_ROOM];
    struct mech_curve *client = (struct mech_curve *)rig.ours_client;
    client->sent = UINT64_MAX - 1;
    assert_int_equal(fsz_mechanism_seal(rig.ours_client, 0, NULL, 0, sealed), FSZ_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(fsz_mechanism_seal(rig.ours_client, 0, NULL, 0, sealed), FSZ_ELIMIT);
    }
}

/* Seals while the test opens. */
static void *seal_many(void *sealed)
{
    uint8_t *at = sealed;
    for (int i = 0; i < ROUNDS; i++) {
        if (fsz_mechanism_seal(rig.ours_server, 0, (const uint8_t *)"out", 3, at) != FSZ_OK) {
            return NULL;
        }
        at += 3 + OVERHEAD;
    }
    return sealed;
}

static void test_one_thread_seals_while_another_opens(void **state)
{
    (void)state;
    static uint8_t in[ROUNDS][SMALL_ROOM], out[ROUNDS][3 + OVERHEAD];
    size_t         size = 0;
    void          *result = NULL;
    pthread_t      thread;
    for (int i = 0; i < ROUNDS; i++) {
        size = seal_text(rig.ours_client, "in", in[i]);
    }
    assert_int_equal(pthread_create(&thread, NULL, seal_many, out), 0);
    for (int i = 0; i < ROUNDS; i++) {
        assert_int_equal(open_copy(rig.ours_server, in[i], size), FSZ_OK);
    }
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_ptr_equal(result, out);
    for (int i = 0; i < ROUNDS; i++) {
        assert_int_equal(open_copy(rig.ours_client, out[i], sizeof(out[i])), FSZ_OK);
    }
}

static void test_secrets_are_gone_after_the_handshake(void **state)
{
    (void)state;
    struct mech_curve *client = (struct mech_curve *)rig.ours_client;
    struct mech_curve *server = (struct mech_curve *)rig.ours_server;
    assert_true(sodium_is_zero(client->secret, KEY));
    assert_true(sodium_is_zero(client->base.config.secret_key, KEY));
    assert_true(sodium_is_zero(server->base.config.secret_key, KEY));
    assert_true(sodium_is_zero(server->cookie_key, KEY));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, shake_begin, rig_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_messages_have_the_layout_of_the_rfc),
        TEST(test_messages_of_all_sizes_keep_flags_and_bytes),
        TEST(test_an_empty_body_need_not_exist),
        TEST(test_a_message_that_comes_again_is_refused),
        TEST(test_messages_in_another_order_are_refused),
        TEST(test_a_message_that_is_sent_back_is_refused),
        TEST(test_a_message_of_another_connection_is_refused),
        TEST(test_truncated_messages_are_refused_at_every_length),
        TEST(test_a_changed_bit_in_any_byte_is_refused),
        TEST(test_nonces_must_grow),
        TEST(test_used_up_nonces_end_sealing),
        TEST(test_one_thread_seals_while_another_opens),
        TEST(test_secrets_are_gone_after_the_handshake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
