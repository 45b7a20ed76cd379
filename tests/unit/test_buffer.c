/* SPDX-License-Identifier: MPL-2.0 */
#include "base/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_bytes_come_out_as_they_went_in(void **state)
{
    (void)state;
    struct fsz_buffer b;
    fsz_buffer_init(&b, 100000);
    assert_null(b.data);
    for (int i = 0; i < 2000; i++) {
        assert_int_equal(fsz_buffer_printf(&b, "%04d", i), FSZ_OK);
    }
    assert_int_equal(fsz_buffer_append(&b, "\0x", 2), FSZ_OK);
    assert_int_equal(fsz_buffer_text(&b, "end"), FSZ_OK);
    assert_int_equal(b.size, 8005);
    assert_memory_equal(b.data + 4 * 1234, "1234", 4);
    assert_memory_equal(b.data + 8000, "\0xend", 5);
    fsz_buffer_fini(&b);
    assert_null(b.data);
    assert_int_equal(b.limit, 100000);
}

static void test_first_reservation_takes_no_more_than_asked(void **state)
{
    (void)state;
    struct fsz_buffer b;
    fsz_buffer_init(&b, SIZE_MAX);
    assert_int_equal(fsz_buffer_reserve(&b, 5001), FSZ_OK);
    assert_int_equal(b.capacity, 5001);
    assert_int_equal(b.size, 0);
    fsz_buffer_fini(&b);
}

static void test_limit_is_reached_but_not_passed(void **state)
{
    (void)state;
    struct fsz_buffer b;
    fsz_buffer_init(&b, 1000);
    for (int i = 0; i < 10; i++) {
        char text[100];
        memset(text, 'x', sizeof(text));
        assert_int_equal(fsz_buffer_append(&b, text, sizeof(text)), FSZ_OK);
    }
    assert_true(b.capacity <= 1000);
    assert_int_equal(fsz_buffer_append(&b, "y", 1), FSZ_ELIMIT);
    assert_int_equal(b.size, 1000);
    assert_int_equal(fsz_buffer_append(&b, "", 0), FSZ_ELIMIT);
    fsz_buffer_fini(&b);
}

static void test_of_what_is_beyond_the_limit_the_beginning_is_kept(void **state)
{
    struct fsz_buffer b;
    (void)state;
    fsz_buffer_init(&b, 6);
    assert_int_equal(fsz_buffer_printf(&b, "%s", "1234"), FSZ_OK);
    assert_int_equal(fsz_buffer_printf(&b, "%s", "56789"), FSZ_ELIMIT);
    assert_int_equal(b.size, 6);
    assert_memory_equal(b.data, "123456", 6);
    fsz_buffer_fini(&b);
    fsz_buffer_init(&b, 6);
    assert_int_equal(fsz_buffer_text(&b, "abcdefgh"), FSZ_ELIMIT);
    assert_memory_equal(b.data, "abcdef", 6);
    fsz_buffer_fini(&b);
}

static void test_failed_buffer_stays_failed_and_gives_nothing(void **state)
{
    (void)state;
    struct fsz_buffer b;
    fsz_buffer_init(&b, 10);
    fsz_buffer_text(&b, "12345");
    assert_int_equal(fsz_buffer_text(&b, "678901"), FSZ_ELIMIT);
    assert_int_equal(fsz_buffer_text(&b, "6"), FSZ_ELIMIT);
    assert_int_equal(b.failed, FSZ_ELIMIT);
    assert_string_equal(fsz_buffer_string(&b), "");
    assert_null(fsz_buffer_give(&b));
    assert_int_equal(b.failed, FSZ_OK);
    assert_null(b.data);
}

static void test_reservation_that_overflows_is_refused(void **state)
{
    (void)state;
    struct fsz_buffer b;
    fsz_buffer_init(&b, SIZE_MAX);
    assert_int_equal(fsz_buffer_text(&b, "x"), FSZ_OK);
    assert_int_equal(fsz_buffer_reserve(&b, SIZE_MAX), FSZ_ELIMIT);
    fsz_buffer_fini(&b);
}

static void test_string_ends_and_can_grow_on(void **state)
{
    (void)state;
    struct fsz_buffer b;
    fsz_buffer_init(&b, 64);
    assert_string_equal(fsz_buffer_string(&b), "");
    fsz_buffer_text(&b, "ab");
    assert_string_equal(fsz_buffer_string(&b), "ab");
    fsz_buffer_text(&b, "cd");
    char *text = fsz_buffer_give(&b);
    assert_string_equal(text, "abcd");
    assert_int_equal(b.size, 0);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_come_out_as_they_went_in),
        cmocka_unit_test(test_first_reservation_takes_no_more_than_asked),
        cmocka_unit_test(test_limit_is_reached_but_not_passed),
        cmocka_unit_test(test_of_what_is_beyond_the_limit_the_beginning_is_kept),
        cmocka_unit_test(test_failed_buffer_stays_failed_and_gives_nothing),
        cmocka_unit_test(test_reservation_that_overflows_is_refused),
        cmocka_unit_test(test_string_ends_and_can_grow_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
