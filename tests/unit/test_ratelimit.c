/* SPDX-License-Identifier: MPL-2.0 */
#include "base/clock.h"
#include "base/ratelimit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_first_line_passes_and_the_next_are_suppressed(void **state)
{
    (void)state;
    struct fsz_ratelimit limit = {0};
    uint64_t             suppressed = 99;
    assert_true(fsz_ratelimit_passes(&limit, &suppressed));
    assert_int_equal(suppressed, 0);
    for (int i = 0; i < 1000; i++) {
        assert_false(fsz_ratelimit_passes(&limit, &suppressed));
    }
    assert_int_equal(limit.suppressed, 1000);
}

static void test_line_after_the_interval_reports_how_many_were_suppressed(void **state)
{
    (void)state;
    struct fsz_ratelimit limit = {.next_ms = fsz_clock_monotonic_ms(), .suppressed = 7};
    uint64_t             suppressed = 0;
    assert_true(fsz_ratelimit_passes(&limit, &suppressed));
    assert_int_equal(suppressed, 7);
    assert_int_equal(limit.suppressed, 0);
    assert_true(limit.next_ms > fsz_clock_monotonic_ms() + FSZ_LOG_INTERVAL_MS / 2);
    assert_true(limit.next_ms <= fsz_clock_monotonic_ms() + FSZ_LOG_INTERVAL_MS);
}

static void test_suppressed_line_is_owed_after_the_interval(void **state)
{
    (void)state;
    struct fsz_ratelimit limit = {0};
    uint64_t             suppressed = 0;
    assert_true(fsz_ratelimit_passes(&limit, &suppressed));
    assert_true(fsz_ratelimit_due_ms(&limit) == INT64_MAX);
    assert_false(fsz_ratelimit_owes(&limit, INT64_MAX, &suppressed)); /* none was suppressed */
    assert_false(fsz_ratelimit_passes(&limit, &suppressed));
    assert_false(fsz_ratelimit_passes(&limit, &suppressed));
    int64_t due_ms = fsz_ratelimit_due_ms(&limit);
    assert_true(due_ms == limit.next_ms);
    assert_false(fsz_ratelimit_owes(&limit, due_ms - 1, &suppressed));
    assert_true(fsz_ratelimit_owes(&limit, due_ms, &suppressed));
    assert_int_equal(suppressed, 2);
    assert_true(fsz_ratelimit_due_ms(&limit) == INT64_MAX);
    assert_false(fsz_ratelimit_passes(&limit, &suppressed)); /* the owed line began an interval */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_line_passes_and_the_next_are_suppressed),
        cmocka_unit_test(test_line_after_the_interval_reports_how_many_were_suppressed),
        cmocka_unit_test(test_suppressed_line_is_owed_after_the_interval),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
