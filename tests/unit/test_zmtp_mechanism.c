/* SPDX-License-Identifier: MPL-2.0 */
#include "mechanism_rig.h"

static void test_null_is_ready_when_both_have_sent_ready(void **state)
{
    (void)state;
    struct pair pair;
    pair_begin(&pair, FSZ_ZMTP_NULL);
    passes(&pair, pair.client, pair.server, "READY");
    assert_int_equal(fsz_mechanism_state(pair.client), FSZ_MECHANISM_WORKING);
    assert_int_equal(fsz_mechanism_state(pair.server), FSZ_MECHANISM_WORKING);
    passes(&pair, pair.server, pair.client, "READY");
    both_are_ready(&pair);
    pair_end(&pair);
}

static void test_null_commands_may_cross(void **state)
{
    (void)state;
    struct pair       pair;
    struct fsz_buffer crossing;
    pair_begin(&pair, FSZ_ZMTP_NULL);
    fsz_buffer_init(&crossing, FSZ_MECHANISM_COMMAND_MAX);
    assert_true(fsz_mechanism_next(pair.client, &crossing));
    has_nothing_to_send(pair.client);
    passes(&pair, pair.server, pair.client, "READY");
    assert_int_equal(fsz_mechanism_state(pair.client), FSZ_MECHANISM_READY);
    assert_int_equal(fsz_mechanism_take(pair.server, crossing.data, crossing.size), FSZ_OK);
    both_are_ready(&pair);
    fsz_buffer_fini(&crossing);
    pair_end(&pair);
}

static void test_ready_is_written_as_libzmq_writes_it(void **state)
{
    (void)state;
    static const char router[] = READY_ROUTER "\x08Identity\0\0\0\0";
    static const char pub[] = "\5READY\x0BSocket-Type\0\0\0\4XPUB";
    struct pair       pair;
    pair_begin(&pair, FSZ_ZMTP_NULL);
    passes(&pair, pair.server, NULL, "READY");
    assert_int_equal(pair.command.size, sizeof(router) - 1);
    assert_memory_equal(pair.command.data, router, sizeof(router) - 1);
    struct fsz_mechanism *publisher = side_new(FSZ_ZMTP_NULL, true, FSZ_ZMTP_XPUB);
    passes(&pair, publisher, NULL, "READY");
    assert_int_equal(pair.command.size, sizeof(pub) - 1);
    assert_memory_equal(pair.command.data, pub, sizeof(pub) - 1);
    fsz_mechanism_free(&publisher);
    pair_end(&pair);
}

static void test_null_refuses_all_but_one_ready(void **state)
{
    (void)state;
    FRESH_REFUSES(FSZ_ZMTP_NULL, true, "\5HELLO\0\0", FSZ_ZMTP_END_PROTOCOL);
    FRESH_REFUSES(FSZ_ZMTP_NULL, true, "\4PING\0\0", FSZ_ZMTP_END_PROTOCOL);
    FRESH_REFUSES(FSZ_ZMTP_NULL, true, "\6READYS", FSZ_ZMTP_END_PROTOCOL);
    FRESH_REFUSES(FSZ_ZMTP_NULL, true, "\5ready", FSZ_ZMTP_END_PROTOCOL);
    struct fsz_mechanism *server = side_new(FSZ_ZMTP_NULL, true, FSZ_ZMTP_ROUTER);
    assert_int_equal(
        fsz_mechanism_take(server, (const uint8_t *)READY_DEALER, sizeof(READY_DEALER) - 1),
        FSZ_OK);
    REFUSES(server, READY_DEALER, FSZ_ZMTP_END_PROTOCOL);
    fsz_mechanism_free(&server);
}

static void test_command_after_the_handshake_is_refused(void **state)
{
    (void)state;
    struct pair pair;
    pair_begin(&pair, FSZ_ZMTP_NULL);
    passes(&pair, pair.client, pair.server, "READY");
    passes(&pair, pair.server, pair.client, "READY");
    REFUSES(pair.server, READY_DEALER, FSZ_ZMTP_END_PROTOCOL);
    pair_end(&pair);
}

static void test_commands_without_a_whole_name_are_refused(void **state)
{
    (void)state;
    for (int name = FSZ_ZMTP_NULL; name <= FSZ_ZMTP_PLAIN; name++) {
        for (int as_server = 0; as_server <= 1; as_server++) {
            FRESH_REFUSES((enum fsz_zmtp_mechanism_name)name, as_server, "", FSZ_ZMTP_END_PROTOCOL);
            FRESH_REFUSES((enum fsz_zmtp_mechanism_name)name, as_server, "\0",
                          FSZ_ZMTP_END_PROTOCOL);
            FRESH_REFUSES((enum fsz_zmtp_mechanism_name)name, as_server, "\5REA",
                          FSZ_ZMTP_END_PROTOCOL);
            FRESH_REFUSES((enum fsz_zmtp_mechanism_name)name, as_server, "\7UNKNOWN",
                          FSZ_ZMTP_END_PROTOCOL);
        }
    }
}

static void test_command_that_is_too_large_is_refused(void **state)
{
    (void)state;
    static uint8_t command[FSZ_MECHANISM_COMMAND_MAX + 1] = "\5ERROR\003400";
    for (size_t over = 0; over <= 1; over++) {
        struct fsz_mechanism *server = side_new(FSZ_ZMTP_NULL, true, FSZ_ZMTP_ROUTER);
        assert_int_equal(fsz_mechanism_take(server, command, FSZ_MECHANISM_COMMAND_MAX + over),
                         FSZ_EINVALID);
        failed_with(server, over ? FSZ_ZMTP_END_PROTOCOL : FSZ_ZMTP_END_DENIED);
        fsz_mechanism_free(&server);
    }
}

static void test_metadata_that_is_not_valid_or_too_large_is_refused(void **state)
{
    (void)state;
    FRESH_REFUSES(FSZ_ZMTP_NULL, true, "\5READY\x0BSocket-Type\0\0\0\6DEALE",
                  FSZ_ZMTP_END_PROTOCOL);
    FRESH_REFUSES(FSZ_ZMTP_NULL, true, READY_DEALER "x", FSZ_ZMTP_END_PROTOCOL);
    FRESH_REFUSES(FSZ_ZMTP_NULL, true, "\5READY", FSZ_ZMTP_END_PROTOCOL); /* no socket type */
    static uint8_t        large[6 + FSZ_METADATA_BYTES_MAX + 1] = "\5READY\1X\0\0\x0F\xFB";
    struct fsz_mechanism *server = side_new(FSZ_ZMTP_NULL, true, FSZ_ZMTP_ROUTER);
    assert_int_equal(fsz_mechanism_take(server, large, sizeof(large)), FSZ_EINVALID);
    failed_with(server, FSZ_ZMTP_END_PROTOCOL);
    fsz_mechanism_free(&server);
}

static void test_socket_type_that_does_not_fit_is_refused(void **state)
{
    (void)state;
    FRESH_REFUSES(FSZ_ZMTP_NULL, true, "\5READY\x0BSocket-Type\0\0\0\3SUB", FSZ_ZMTP_END_TYPE);
    FRESH_REFUSES(FSZ_ZMTP_NULL, true, "\5READY\x0BSocket-Type\0\0\0\6STREAM", FSZ_ZMTP_END_TYPE);
    FRESH_REFUSES(FSZ_ZMTP_NULL, false, "\5READY\x0BSocket-Type\0\0\0\3REQ", FSZ_ZMTP_END_TYPE);
}

static void test_routing_id_of_the_peer_is_kept(void **state)
{
    (void)state;
    static const char     ready[] = READY_DEALER "\x08Identity\0\0\0\3abc";
    struct fsz_mechanism *server = side_new(FSZ_ZMTP_NULL, true, FSZ_ZMTP_ROUTER);
    assert_int_equal(fsz_mechanism_take(server, (const uint8_t *)ready, sizeof(ready) - 1), FSZ_OK);
    assert_int_equal(fsz_mechanism_peer(server)->routing_id_size, 3);
    assert_memory_equal(fsz_mechanism_peer(server)->routing_id, "abc", 3);
    fsz_mechanism_free(&server);
}

static void test_handshake_may_be_refused_in_any_state_before_ready(void **state)
{
    (void)state;
    struct pair pair;
    pair_begin(&pair, FSZ_ZMTP_NULL);
    fsz_mechanism_refuse(pair.server, "500");
    failed_with(pair.server, FSZ_ZMTP_END_REFUSED);
    passes(&pair, pair.server, NULL, "ERROR");
    assert_memory_equal(pair.command.data, "\5ERROR\003500", 10);
    pair_end(&pair);
    pair_begin(&pair, FSZ_ZMTP_PLAIN);
    passes(&pair, pair.client, pair.server, "HELLO");
    fsz_mechanism_refuse(pair.server, "400");
    fsz_mechanism_judge(pair.server, "200");
    failed_with(pair.server, FSZ_ZMTP_END_REFUSED);
    pair.command.size = 0;
    assert_true(fsz_mechanism_next(pair.server, &pair.command));
    has_nothing_to_send(pair.server);
    pair_end(&pair);
}

static void test_what_is_ready_or_failed_is_not_refused(void **state)
{
    (void)state;
    struct pair pair;
    pair_begin(&pair, FSZ_ZMTP_NULL);
    passes(&pair, pair.client, pair.server, "READY");
    passes(&pair, pair.server, pair.client, "READY");
    fsz_mechanism_refuse(pair.server, "400");
    fsz_mechanism_judge(pair.client, "400");
    both_are_ready(&pair);
    pair_end(&pair);
    pair_begin(&pair, FSZ_ZMTP_NULL);
    REFUSES(pair.server, "\5HELLO\0\0", FSZ_ZMTP_END_PROTOCOL);
    fsz_mechanism_refuse(pair.server, "400");
    failed_with(pair.server, FSZ_ZMTP_END_PROTOCOL);
    has_nothing_to_send(pair.server);
    pair_end(&pair);
}

/* `reason` NULL: the command is not valid. */
static void assert_error(const char *command, size_t size, const char *reason)
{
    for (int name = FSZ_ZMTP_NULL; name <= FSZ_ZMTP_PLAIN; name++) {
        for (int as_server = 0; as_server <= 1; as_server++) {
            struct fsz_mechanism *side =
                side_new((enum fsz_zmtp_mechanism_name)name, as_server, FSZ_ZMTP_DEALER);
            assert_int_equal(fsz_mechanism_take(side, (const uint8_t *)command, size),
                             FSZ_EINVALID);
            failed_with(side, reason ? FSZ_ZMTP_END_DENIED : FSZ_ZMTP_END_PROTOCOL);
            assert_string_equal(fsz_mechanism_peer_reason(side), reason ? reason : "");
            has_nothing_to_send(side);
            fsz_mechanism_free(&side);
        }
    }
}

static void test_error_with_and_without_a_reason_denies(void **state)
{
    (void)state;
    assert_error("\5ERROR\0", 7, "");
    assert_error("\5ERROR\003400", 10, "400");
    assert_error("\5ERROR\x0FNo such account", 22, "No such account");
    assert_error("\5ERROR\003400 and more", 19, "400"); /* libzmq accepts it too */
    assert_error("\5ERROR", 6, NULL);
    assert_error("\5ERROR\004400", 10, NULL);
}

static void test_reason_of_the_peer_is_printable_and_bounded(void **state)
{
    (void)state;
    char command[6 + 1 + 255 + 1] = "\5ERROR\xFF\n\x1B[31m\0\x7F\x80";
    assert_error("\5ERROR\7a\nb\0\x1B\x7F\xFF", 14, "a?b????");
    memset(command + 7, 'r', 255);
    char expected[64] = "";
    memset(expected, 'r', 63);
    assert_error(command, 6 + 1 + 255, expected);
}

static void test_first_failure_is_the_one_that_counts(void **state)
{
    (void)state;
    struct fsz_mechanism *client = side_new(FSZ_ZMTP_NULL, false, FSZ_ZMTP_DEALER);
    REFUSES(client, "\5ERROR\003400", FSZ_ZMTP_END_DENIED);
    REFUSES(client, "\5HELLO\0\0", FSZ_ZMTP_END_DENIED);
    assert_string_equal(fsz_mechanism_peer_reason(client), "400");
    fsz_mechanism_free(&client);
}

static void test_unknown_mechanism_is_not_made(void **state)
{
    (void)state;
    struct fsz_mechanism_config config = {.name = FSZ_ZMTP_MECHANISMS};
    struct fsz_mechanism       *mechanism = NULL;
    assert_int_equal(fsz_mechanism_new(&config, &mechanism), FSZ_EINVALID);
    assert_null(mechanism);
    fsz_mechanism_free(&mechanism);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_null_is_ready_when_both_have_sent_ready),
        cmocka_unit_test(test_null_commands_may_cross),
        cmocka_unit_test(test_ready_is_written_as_libzmq_writes_it),
        cmocka_unit_test(test_null_refuses_all_but_one_ready),
        cmocka_unit_test(test_command_after_the_handshake_is_refused),
        cmocka_unit_test(test_commands_without_a_whole_name_are_refused),
        cmocka_unit_test(test_command_that_is_too_large_is_refused),
        cmocka_unit_test(test_metadata_that_is_not_valid_or_too_large_is_refused),
        cmocka_unit_test(test_socket_type_that_does_not_fit_is_refused),
        cmocka_unit_test(test_routing_id_of_the_peer_is_kept),
        cmocka_unit_test(test_handshake_may_be_refused_in_any_state_before_ready),
        cmocka_unit_test(test_what_is_ready_or_failed_is_not_refused),
        cmocka_unit_test(test_error_with_and_without_a_reason_denies),
        cmocka_unit_test(test_reason_of_the_peer_is_printable_and_bounded),
        cmocka_unit_test(test_first_failure_is_the_one_that_counts),
        cmocka_unit_test(test_unknown_mechanism_is_not_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
