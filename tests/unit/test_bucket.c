/* SPDX-License-Identifier: MPL-2.0 */
#include "base/bucket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { START_MS = 1000000 };

/* How many of `tries` pass at that moment; *ret_suppressed: how many they reported. */
static int take(struct fsz_bucket *bucket, int tries, int64_t now_ms, uint64_t *ret_suppressed)
{
    int passed = 0;
    *ret_suppressed = 0;
    for (int i = 0; i < tries; i++) {
        uint64_t suppressed = 0;
        passed += fsz_bucket_take(bucket, 10, 20, now_ms, &suppressed);
        *ret_suppressed += suppressed;
    }
    return passed;
}

static void test_a_new_bucket_is_full(void **state)
{
    (void)state;
    struct fsz_bucket bucket = {0};
    uint64_t          suppressed = 0;
    assert_int_equal(take(&bucket, 100, START_MS, &suppressed), 20);
    assert_int_equal(suppressed, 0);
    assert_int_equal(bucket.suppressed, 80);
}

static void test_tokens_come_in_at_the_rate_and_not_over_the_burst(void **state)
{
    (void)state;
    struct fsz_bucket bucket = {0};
    uint64_t          suppressed = 0;
    take(&bucket, 100, START_MS, &suppressed);
    assert_int_equal(take(&bucket, 100, START_MS + 99, &suppressed), 0);
    assert_int_equal(take(&bucket, 100, START_MS + 500, &suppressed), 5);
    assert_int_equal(take(&bucket, 100, START_MS + 3600000, &suppressed), 20);
    assert_int_equal(take(&bucket, 100, INT64_MAX / 2, &suppressed), 20);
}

static void test_suppressed_count_is_reported_once(void **state)
{
    (void)state;
    struct fsz_bucket bucket = {0};
    uint64_t          suppressed = 0;
    take(&bucket, 27, START_MS, &suppressed);
    assert_int_equal(take(&bucket, 1, START_MS + 1000, &suppressed), 1);
    assert_int_equal(suppressed, 7);
    assert_int_equal(take(&bucket, 1, START_MS + 1000, &suppressed), 1);
    assert_int_equal(suppressed, 0);
}

static void test_nothing_is_owed_when_nothing_was_suppressed(void **state)
{
    (void)state;
    struct fsz_bucket bucket = {0};
    uint64_t          suppressed = 0;
    assert_false(fsz_bucket_owes(&bucket, 10, 20, START_MS, &suppressed));
    take(&bucket, 20, START_MS, &suppressed);
    assert_false(fsz_bucket_owes(&bucket, 10, 20, START_MS + 1000, &suppressed));
}

static void test_a_report_that_is_owed_takes_a_token(void **state)
{
    (void)state;
    struct fsz_bucket bucket = {0};
    uint64_t          suppressed = 0;
    take(&bucket, 23, START_MS, &suppressed);
    assert_false(fsz_bucket_owes(&bucket, 10, 20, START_MS + 99, &suppressed));
    assert_int_equal(bucket.suppressed, 3);
    assert_true(fsz_bucket_owes(&bucket, 10, 20, START_MS + 100, &suppressed));
    assert_int_equal(suppressed, 3);
    assert_int_equal(take(&bucket, 1, START_MS + 100, &suppressed), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_new_bucket_is_full),
        cmocka_unit_test(test_tokens_come_in_at_the_rate_and_not_over_the_burst),
        cmocka_unit_test(test_suppressed_count_is_reported_once),
        cmocka_unit_test(test_nothing_is_owed_when_nothing_was_suppressed),
        cmocka_unit_test(test_a_report_that_is_owed_takes_a_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
