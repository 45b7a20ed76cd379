/* SPDX-License-Identifier: MPL-2.0 */
#include "mechanism_rig.h"

static void test_plain_is_ready_after_four_commands(void **state)
{
    (void)state;
    struct pair pair;
    pair_begin(&pair, FSZ_ZMTP_PLAIN);
    has_nothing_to_send(pair.server);
    passes(&pair, pair.client, pair.server, "HELLO");
    assert_int_equal(fsz_mechanism_state(pair.server), FSZ_MECHANISM_ASKING);
    assert_string_equal(fsz_mechanism_credentials(pair.server)->user, "alice");
    assert_string_equal(fsz_mechanism_credentials(pair.server)->password, "secret of alice");
    has_nothing_to_send(pair.client);
    has_nothing_to_send(pair.server);
    fsz_mechanism_judge(pair.server, "200");
    passes(&pair, pair.server, pair.client, "WELCOME");
    has_nothing_to_send(pair.server);
    passes(&pair, pair.client, pair.server, "INITIATE");
    has_nothing_to_send(pair.client);
    passes(&pair, pair.server, pair.client, "READY");
    both_are_ready(&pair);
    pair_end(&pair);
}

static void test_plain_commands_have_the_bytes_of_rfc_24(void **state)
{
    (void)state;
    struct pair pair;
    pair_begin(&pair, FSZ_ZMTP_PLAIN);
    passes(&pair, pair.client, pair.server, "HELLO");
    assert_int_equal(pair.command.size, 6 + 6 + 16);
    assert_memory_equal(pair.command.data, "\5HELLO\5alice\x0Fsecret of alice", 28);
    fsz_mechanism_judge(pair.server, "200");
    passes(&pair, pair.server, pair.client, "WELCOME");
    assert_int_equal(pair.command.size, 8);
    passes(&pair, pair.client, pair.server, "INITIATE");
    assert_memory_equal(pair.command.data + 9, "\x0BSocket-Type\0\0\0\6DEALER", 22);
    pair_end(&pair);
}

static void test_longest_and_empty_credentials_get_across(void **state)
{
    (void)state;
    struct pair                 pair;
    struct fsz_mechanism_config config = {.name = FSZ_ZMTP_PLAIN, .type = FSZ_ZMTP_REQ};
    pair_begin(&pair, FSZ_ZMTP_PLAIN);
    fsz_mechanism_free(&pair.client);
    memset(config.password, 'p', FSZ_MECHANISM_CREDENTIAL_MAX);
    assert_int_equal(fsz_mechanism_new(&config, &pair.client), FSZ_OK);
    passes(&pair, pair.client, pair.server, "HELLO");
    assert_string_equal(fsz_mechanism_credentials(pair.server)->user, "");
    assert_string_equal(fsz_mechanism_credentials(pair.server)->password, config.password);
    pair_end(&pair);
}

static void test_plain_server_refuses_a_hello_that_is_not_valid(void **state)
{
    (void)state;
    FRESH_REFUSES(FSZ_ZMTP_PLAIN, true, "\5HELLO", FSZ_ZMTP_END_PROTOCOL);
    FRESH_REFUSES(FSZ_ZMTP_PLAIN, true, "\5HELLO\5alic", FSZ_ZMTP_END_PROTOCOL);
    FRESH_REFUSES(FSZ_ZMTP_PLAIN, true, "\5HELLO\5alice", FSZ_ZMTP_END_PROTOCOL);
    FRESH_REFUSES(FSZ_ZMTP_PLAIN, true, "\5HELLO\5alice\7secret", FSZ_ZMTP_END_PROTOCOL);
    FRESH_REFUSES(FSZ_ZMTP_PLAIN, true, HELLO_ALICE "x", FSZ_ZMTP_END_PROTOCOL);
    FRESH_REFUSES(FSZ_ZMTP_PLAIN, true, "\5HELLO\5ali\0e\6secret", FSZ_ZMTP_END_PROTOCOL);
    FRESH_REFUSES(FSZ_ZMTP_PLAIN, true, "\5HELLO\5alice\6secre\0", FSZ_ZMTP_END_PROTOCOL);
}

static void test_plain_commands_out_of_turn_are_refused(void **state)
{
    (void)state;
    FRESH_REFUSES(FSZ_ZMTP_PLAIN, true, "\x08INITIATE", FSZ_ZMTP_END_PROTOCOL);
    FRESH_REFUSES(FSZ_ZMTP_PLAIN, true, "\7WELCOME", FSZ_ZMTP_END_PROTOCOL);
    FRESH_REFUSES(FSZ_ZMTP_PLAIN, true, READY_DEALER, FSZ_ZMTP_END_PROTOCOL);
    FRESH_REFUSES(FSZ_ZMTP_PLAIN, false, "\7WELCOME", FSZ_ZMTP_END_PROTOCOL); /* before HELLO */
    FRESH_REFUSES(FSZ_ZMTP_PLAIN, false, HELLO_ALICE, FSZ_ZMTP_END_PROTOCOL);
    static const char *const wrong[] = {"\7WELCOME", "\5HELLO\0\0", "\x08INITIATE", "\5READY"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        const uint8_t *command = (const uint8_t *)wrong[i];
        size_t         size = 1U + command[0];
        struct pair    pair;
        pair_begin(&pair, FSZ_ZMTP_PLAIN);
        passes(&pair, pair.client, pair.server, "HELLO");
        fsz_mechanism_judge(pair.server, "200");
        passes(&pair, pair.server, pair.client, "WELCOME");
        passes(&pair, pair.client, NULL, "INITIATE");
        assert_int_equal(fsz_mechanism_take(pair.client, command, size), FSZ_EINVALID);
        failed_with(pair.client, FSZ_ZMTP_END_PROTOCOL);
        assert_int_equal(fsz_mechanism_take(pair.server, command, size), FSZ_EINVALID);
        failed_with(pair.server, FSZ_ZMTP_END_PROTOCOL);
        pair_end(&pair);
    }
}

static void test_plain_server_takes_nothing_before_it_has_sent_welcome(void **state)
{
    (void)state;
    struct pair pair;
    pair_begin(&pair, FSZ_ZMTP_PLAIN);
    passes(&pair, pair.client, pair.server, "HELLO");
    fsz_mechanism_judge(pair.server, "200");
    REFUSES(pair.server, "\x08INITIATE\x0BSocket-Type\0\0\0\6DEALER", FSZ_ZMTP_END_PROTOCOL);
    pair_end(&pair);
}

static void test_welcome_with_data_is_refused(void **state)
{
    (void)state;
    struct pair pair;
    pair_begin(&pair, FSZ_ZMTP_PLAIN);
    passes(&pair, pair.client, pair.server, "HELLO");
    REFUSES(pair.client, "\7WELCOMEx", FSZ_ZMTP_END_PROTOCOL);
    pair_end(&pair);
}

static void test_plain_checks_socket_types_on_both_sides(void **state)
{
    (void)state;
    struct pair pair;
    pair_begin(&pair, FSZ_ZMTP_PLAIN);
    fsz_mechanism_free(&pair.server);
    pair.server = side_new(FSZ_ZMTP_PLAIN, true, FSZ_ZMTP_XPUB);
    passes(&pair, pair.client, pair.server, "HELLO");
    fsz_mechanism_judge(pair.server, "200");
    passes(&pair, pair.server, pair.client, "WELCOME");
    passes(&pair, pair.client, NULL, "INITIATE");
    assert_int_equal(fsz_mechanism_take(pair.server, pair.command.data, pair.command.size),
                     FSZ_EINVALID);
    failed_with(pair.server, FSZ_ZMTP_END_TYPE);
    REFUSES(pair.client, "\5READY\x0BSocket-Type\0\0\0\4XPUB", FSZ_ZMTP_END_TYPE);
    pair_end(&pair);
}

static void test_refused_credentials_reach_the_client_as_a_status(void **state)
{
    (void)state;
    struct pair pair;
    pair_begin(&pair, FSZ_ZMTP_PLAIN);
    passes(&pair, pair.client, pair.server, "HELLO");
    fsz_mechanism_judge(pair.server, "400");
    failed_with(pair.server, FSZ_ZMTP_END_REFUSED);
    assert_string_equal(fsz_mechanism_credentials(pair.server)->password, "");
    pair.command.size = 0;
    assert_true(fsz_mechanism_next(pair.server, &pair.command));
    assert_int_equal(pair.command.size, 9);
    assert_memory_equal(pair.command.data, "^RROR\003400",
                        9); /* the form that libzmq's clients accept */
    has_nothing_to_send(pair.server);
    assert_int_equal(fsz_mechanism_take(pair.client, pair.command.data, pair.command.size),
                     FSZ_EINVALID);
    failed_with(pair.client, FSZ_ZMTP_END_DENIED);
    assert_string_equal(fsz_mechanism_peer_reason(pair.client), "400");
    has_nothing_to_send(pair.client);
    pair_end(&pair);
}

static void test_password_is_wiped_once_it_is_judged(void **state)
{
    (void)state;
    static const char zeros[FSZ_MECHANISM_CREDENTIAL_MAX + 1];
    struct pair       pair;
    pair_begin(&pair, FSZ_ZMTP_PLAIN);
    passes(&pair, pair.client, pair.server, "HELLO");
    fsz_mechanism_judge(pair.server, "200");
    const struct fsz_mechanism_credentials *credentials = fsz_mechanism_credentials(pair.server);
    assert_memory_equal(credentials->password, zeros, sizeof(zeros));
    assert_string_equal(credentials->user, "alice");
    pair_end(&pair);
}

static void test_command_that_comes_while_credentials_are_judged_fails(void **state)
{
    (void)state;
    struct pair pair;
    pair_begin(&pair, FSZ_ZMTP_PLAIN);
    passes(&pair, pair.client, pair.server, "HELLO");
    REFUSES(pair.server, HELLO_ALICE, FSZ_ZMTP_END_PROTOCOL);
    fsz_mechanism_judge(pair.server, "200"); /* too late */
    failed_with(pair.server, FSZ_ZMTP_END_PROTOCOL);
    has_nothing_to_send(pair.server);
    pair_end(&pair);
}

static void test_odd_error_of_libzmq_is_understood_in_plain_alone(void **state)
{
    (void)state;
    FRESH_REFUSES(FSZ_ZMTP_PLAIN, false, "^RROR\003400", FSZ_ZMTP_END_DENIED);
    FRESH_REFUSES(FSZ_ZMTP_PLAIN, false, "^RROR\0", FSZ_ZMTP_END_DENIED);
    FRESH_REFUSES(FSZ_ZMTP_PLAIN, false, "^RROR", FSZ_ZMTP_END_PROTOCOL);
    FRESH_REFUSES(FSZ_ZMTP_PLAIN, false, "^RROR\004400", FSZ_ZMTP_END_PROTOCOL);
    FRESH_REFUSES(FSZ_ZMTP_NULL, false, "^RROR\003400", FSZ_ZMTP_END_PROTOCOL);
}

static void test_command_that_finds_no_memory_fails_the_handshake(void **state)
{
    (void)state;
    struct fsz_mechanism *client = side_new(FSZ_ZMTP_PLAIN, false, FSZ_ZMTP_DEALER);
    struct fsz_buffer     full;
    fsz_buffer_init(&full, 10);
    assert_false(fsz_mechanism_next(client, &full));
    failed_with(client, FSZ_ZMTP_END_MEMORY);
    fsz_buffer_fini(&full);
    fsz_mechanism_free(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_is_ready_after_four_commands),
        cmocka_unit_test(test_plain_commands_have_the_bytes_of_rfc_24),
        cmocka_unit_test(test_longest_and_empty_credentials_get_across),
        cmocka_unit_test(test_plain_server_refuses_a_hello_that_is_not_valid),
        cmocka_unit_test(test_plain_commands_out_of_turn_are_refused),
        cmocka_unit_test(test_plain_server_takes_nothing_before_it_has_sent_welcome),
        cmocka_unit_test(test_welcome_with_data_is_refused),
        cmocka_unit_test(test_plain_checks_socket_types_on_both_sides),
        cmocka_unit_test(test_refused_credentials_reach_the_client_as_a_status),
        cmocka_unit_test(test_password_is_wiped_once_it_is_judged),
        cmocka_unit_test(test_command_that_comes_while_credentials_are_judged_fails),
        cmocka_unit_test(test_odd_error_of_libzmq_is_understood_in_plain_alone),
        cmocka_unit_test(test_command_that_finds_no_memory_fails_the_handshake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
