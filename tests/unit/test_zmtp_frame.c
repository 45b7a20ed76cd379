/* SPDX-License-Identifier: MPL-2.0 */
#include "zmtp/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_short_and_long_heads_are_read(void **state)
{
    (void)state;
    static const struct {
        uint8_t  bytes[9];
        size_t   head_size;
        uint8_t  flags;
        uint64_t body_size;
    } rows[] = {
        {{0x00, 0x00}, 2, 0, 0},
        {{0x01, 0xFF}, 2, FSZ_FRAME_MORE, 255},
        {{0x04, 0x05}, 2, FSZ_FRAME_COMMAND, 5},
        {{0x02, 0, 0, 0, 0, 0, 0, 1, 0}, 9, 0, 256},
        {{0x03, 0, 0, 0, 0, 0, 0, 0, 1}, 9, FSZ_FRAME_MORE, 1}, /* longer than needed */
        {{0x06, 0, 0, 0, 0, 0x12, 0x34, 0x56, 0x78}, 9, FSZ_FRAME_COMMAND, 0x12345678},
        {{0x02, 0x7F, 255, 255, 255, 255, 255, 255, 255}, 9, 0, INT64_MAX},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fsz_frame_head head = {.head_size = 77};
        for (size_t size = 0; size < rows[i].head_size; size++) {
            assert_int_equal(fsz_frame_read(rows[i].bytes, size, &head), FSZ_EBUSY);
            assert_int_equal(head.head_size, 77);
        }
        assert_int_equal(fsz_frame_read(rows[i].bytes, 9, &head), FSZ_OK);
        assert_int_equal(head.head_size, rows[i].head_size);
        assert_int_equal(head.flags, rows[i].flags);
        assert_true(head.body_size == rows[i].body_size);
    }
}

static void test_reserved_flags_and_command_with_more_are_refused_at_the_first_byte(void **state)
{
    (void)state;
    for (unsigned flags = 0; flags < 256; flags++) {
        uint8_t               byte = (uint8_t)flags;
        struct fsz_frame_head head;
        bool                  is_valid = flags < 8 && (flags & 5) != 5;
        assert_int_equal(fsz_frame_read(&byte, 1, &head), is_valid ? FSZ_EBUSY : FSZ_EINVALID);
    }
}

static void test_lengths_of_63_bits_are_the_largest(void **state)
{
    (void)state;
    struct fsz_frame_head head;
    uint8_t               bytes[9] = {FSZ_FRAME_LONG, 0x80};
    assert_int_equal(fsz_frame_read(bytes, 9, &head), FSZ_EINVALID);
    memset(bytes + 1, 0xFF, 8);
    assert_int_equal(fsz_frame_read(bytes, 9, &head), FSZ_EINVALID);
}

static void test_written_heads_are_as_short_as_possible_and_are_read_back(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {0, 1, 255, 256, 65536, UINT32_MAX, INT64_MAX};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        for (unsigned flags = 0; flags <= FSZ_FRAME_COMMAND; flags = flags ? flags * 4 : 1) {
            uint8_t               bytes[FSZ_FRAME_HEAD_MAX];
            struct fsz_frame_head head;
            size_t                size = fsz_frame_write(bytes, (uint8_t)flags, sizes[i]);
            assert_int_equal(size, sizes[i] < 256 ? 2 : 9);
            assert_int_equal(fsz_frame_read(bytes, size, &head), FSZ_OK);
            assert_int_equal(head.head_size, size);
            assert_int_equal(head.flags, flags);
            assert_true(head.body_size == sizes[i]);
        }
    }
}

static void test_command_is_name_and_data(void **state)
{
    (void)state;
    static const uint8_t     ping[] = {4, 'P', 'I', 'N', 'G', 0, 10, 'x'};
    struct fsz_frame_command command;
    assert_int_equal(fsz_frame_command(ping, sizeof(ping), &command), FSZ_OK);
    assert_true(fsz_frame_command_is(&command, "PING"));
    assert_false(fsz_frame_command_is(&command, "PIN"));
    assert_false(fsz_frame_command_is(&command, "PINGS"));
    assert_false(fsz_frame_command_is(&command, "ping"));
    assert_int_equal(command.data_size, 3);
    assert_ptr_equal(command.data, ping + 5);
    assert_int_equal(fsz_frame_command(ping, 5, &command), FSZ_OK);
    assert_int_equal(command.data_size, 0);
}

static void test_command_without_a_whole_name_is_refused(void **state)
{
    (void)state;
    struct fsz_frame_command command;
    assert_int_equal(fsz_frame_command(NULL, 0, &command), FSZ_EINVALID);
    assert_int_equal(fsz_frame_command((const uint8_t *)"\0PING", 5, &command), FSZ_EINVALID);
    assert_int_equal(fsz_frame_command((const uint8_t *)"\4PIN", 4, &command), FSZ_EINVALID);
    assert_int_equal(fsz_frame_command((const uint8_t *)"\xFFPING", 5, &command), FSZ_EINVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_short_and_long_heads_are_read),
        cmocka_unit_test(test_reserved_flags_and_command_with_more_are_refused_at_the_first_byte),
        cmocka_unit_test(test_lengths_of_63_bits_are_the_largest),
        cmocka_unit_test(test_written_heads_are_as_short_as_possible_and_are_read_back),
        cmocka_unit_test(test_command_is_name_and_data),
        cmocka_unit_test(test_command_without_a_whole_name_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
