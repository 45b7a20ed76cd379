/* SPDX-License-Identifier: MPL-2.0 */
/* Handshake commands of CURVE that are cut, changed, repeated or out of order. */
#include "curve_rig.h"

static uint8_t command[RIG_COMMAND_MAX];

static void expect_refused(struct fsz_mechanism *m, size_t size, enum fsz_zmtp_ending ending)
{
    assert_int_equal(rig_take(m, command, size), FSZ_EINVALID);
    rig_expect_failure(m, ending);
}

/* How many commands come before the tested one, and whether that goes to the server. */
static const struct stage {
    int  before;
    bool to_server;
} stages[] = {{0, true}, {1, false}, {2, true}, {3, false}};

static struct fsz_mechanism *stage_side(bool server)
{
    return server ? rig.ours_server : rig.ours_client;
}

/* The genuine command of that stage, in `command`; returns its size. */
static size_t stage_reach(const struct stage *stage)
{
    rig_restart();
    for (int i = 0; i < stage->before; i++) {
        rig_pass(stage_side(i % 2 == 1), stage_side(i % 2 == 0));
        if (i == 2) {
            fsz_mechanism_judge(rig.ours_server, "200");
        }
    }
    rig_next(stage_side(!stage->to_server));
    memcpy(command, rig.out.data, rig.out.size);
    return rig.out.size;
}

static void test_truncated_commands_are_refused_at_every_length(void **state)
{
    (void)state;
    for (size_t s = 0; s < sizeof(stages) / sizeof(stages[0]); s++) {
        size_t whole = stage_reach(&stages[s]);
        for (size_t size = 0; size < whole; size++) {
            stage_reach(&stages[s]);
            struct fsz_mechanism *m = stage_side(stages[s].to_server);
            assert_int_equal(rig_take(m, command, size), FSZ_EINVALID);
            assert_int_equal(fsz_mechanism_state(m), FSZ_MECHANISM_FAILED);
        }
    }
}

static void test_longer_commands_are_refused(void **state)
{
    (void)state;
    for (size_t s = 0; s < sizeof(stages) / sizeof(stages[0]); s++) {
        size_t size = stage_reach(&stages[s]);
        command[size] = 0;
        struct fsz_mechanism *m = stage_side(stages[s].to_server);
        assert_int_equal(rig_take(m, command, size + 1), FSZ_EINVALID);
        assert_int_equal(fsz_mechanism_state(m), FSZ_MECHANISM_FAILED);
    }
}

/* The highest bit of a key is ignored, so HELLO's box still opens. */
static bool is_unused_bit_of_key(const struct stage *stage, size_t byte, uint8_t bit)
{
    return stage->before == 0 && byte == 80 + KEY - 1 && bit == 0x80;
}

static void test_a_changed_bit_in_any_byte_is_refused(void **state)
{
    (void)state;
    for (size_t s = 0; s < sizeof(stages) / sizeof(stages[0]); s++) {
        size_t size = stage_reach(&stages[s]);
        for (size_t at = 0; at < size; at++) {
            uint8_t bit = (uint8_t)(1U << (at % 8));
            if (is_unused_bit_of_key(&stages[s], at, bit)) {
                continue;
            }
            stage_reach(&stages[s]);
            command[at] ^= bit;
            struct fsz_mechanism *m = stage_side(stages[s].to_server);
            assert_int_equal(rig_take(m, command, size), FSZ_EINVALID);
            assert_int_equal(fsz_mechanism_state(m), FSZ_MECHANISM_FAILED);
            assert_true(fsz_mechanism_ending(m) == FSZ_ZMTP_END_PROTOCOL ||
                        fsz_mechanism_ending(m) == FSZ_ZMTP_END_CRYPTO);
        }
    }
}

static void test_the_unused_bit_of_a_key_is_caught_by_the_vouch(void **state)
{
    (void)state;
    stage_reach(&stages[0]);
    command[80 + KEY - 1] ^= 0x80;
    assert_int_equal(rig_take(rig.ours_server, command, HELLO_BYTES), FSZ_OK);
    rig_pass(rig.ours_server, rig.ours_client);
    rig_next(rig.ours_client);
    memcpy(command, rig.out.data, rig.out.size);
    expect_refused(rig.ours_server, rig.out.size, FSZ_ZMTP_END_CRYPTO);
}

static void test_commands_out_of_order_are_refused(void **state)
{
    (void)state;
    static const char *const names[] = {"\5HELLO", "\7WELCOME", "\10INITIATE", "\5READY",
                                        "\7MESSAGE"};
    for (size_t s = 0; s < sizeof(stages) / sizeof(stages[0]); s++) {
        for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
            stage_reach(&stages[s]);
            if (strncmp((const char *)command, names[n], strlen(names[n])) == 0) {
                continue;
            }
            memset(command, 0, 300);
            memcpy(command, names[n], strlen(names[n]));
            expect_refused(stage_side(stages[s].to_server), 200, FSZ_ZMTP_END_PROTOCOL);
        }
    }
}

static void test_a_command_that_comes_twice_is_refused(void **state)
{
    (void)state;
    for (size_t s = 0; s < sizeof(stages) / sizeof(stages[0]); s++) {
        size_t                size = stage_reach(&stages[s]);
        struct fsz_mechanism *m = stage_side(stages[s].to_server);
        assert_int_equal(rig_take(m, command, size), FSZ_OK);
        if (fsz_mechanism_state(m) == FSZ_MECHANISM_WORKING) {
            expect_refused(m, size, FSZ_ZMTP_END_PROTOCOL);
        }
    }
}

static void test_a_full_buffer_fails_the_handshake(void **state)
{
    (void)state;
    for (size_t s = 0; s < sizeof(stages) / sizeof(stages[0]); s++) {
        size_t size = stage_reach(&stages[s]);
        for (size_t limit = 0; limit < size; limit += 7) {
            struct fsz_buffer small;
            rig_restart();
            for (int i = 0; i < stages[s].before; i++) {
                rig_pass(stage_side(i % 2 == 1), stage_side(i % 2 == 0));
                if (i == 2) {
                    fsz_mechanism_judge(rig.ours_server, "200");
                }
            }
            fsz_buffer_init(&small, limit);
            struct fsz_mechanism *m = stage_side(!stages[s].to_server);
            assert_false(fsz_mechanism_next(m, &small));
            rig_expect_failure(m, FSZ_ZMTP_END_MEMORY);
            fsz_buffer_fini(&small);
        }
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_begin, rig_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_truncated_commands_are_refused_at_every_length),
        TEST(test_longer_commands_are_refused),
        TEST(test_a_changed_bit_in_any_byte_is_refused),
        TEST(test_the_unused_bit_of_a_key_is_caught_by_the_vouch),
        TEST(test_commands_out_of_order_are_refused),
        TEST(test_a_command_that_comes_twice_is_refused),
        TEST(test_a_full_buffer_fails_the_handshake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
