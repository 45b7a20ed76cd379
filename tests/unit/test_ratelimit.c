#include "base/ratelimit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_first_line_passes_and_the_next_are_held_back(void **state)
{
    (void)state;
    struct fsz_ratelimit limit = {0};
    uint64_t             held_back = 99;
    assert_true(fsz_ratelimit_passes(&limit, &held_back));
    assert_int_equal(held_back, 0);
    for (int i = 0; i < 1000; i++) {
        assert_false(fsz_ratelimit_passes(&limit, &held_back));
    }
    assert_int_equal(limit.held_back, 1000);
}

static void test_line_after_the_interval_tells_how_many_were_held_back(void **state)
{
    (void)state;
    struct fsz_ratelimit limit = {.next_ms = fsz_now_ms(), .held_back = 7};
    uint64_t             held_back = 0;
    assert_true(fsz_ratelimit_passes(&limit, &held_back));
    assert_int_equal(held_back, 7);
    assert_int_equal(limit.held_back, 0);
    assert_true(limit.next_ms > fsz_now_ms() + FSZ_LOG_INTERVAL_MS / 2);
    assert_true(limit.next_ms <= fsz_now_ms() + FSZ_LOG_INTERVAL_MS);
}

static void test_line_held_back_is_owed_after_the_interval(void **state)
{
    (void)state;
    struct fsz_ratelimit limit = {0};
    uint64_t             held_back = 0;
    assert_true(fsz_ratelimit_passes(&limit, &held_back));
    assert_true(fsz_ratelimit_due_ms(&limit) == INT64_MAX);
    assert_false(fsz_ratelimit_owes(&limit, INT64_MAX, &held_back)); /* none was held back */
    assert_false(fsz_ratelimit_passes(&limit, &held_back));
    assert_false(fsz_ratelimit_passes(&limit, &held_back));
    int64_t due_ms = fsz_ratelimit_due_ms(&limit);
    assert_true(due_ms == limit.next_ms);
    assert_false(fsz_ratelimit_owes(&limit, due_ms - 1, &held_back));
    assert_true(fsz_ratelimit_owes(&limit, due_ms, &held_back));
    assert_int_equal(held_back, 2);
    assert_true(fsz_ratelimit_due_ms(&limit) == INT64_MAX);
    assert_false(fsz_ratelimit_passes(&limit, &held_back)); /* the owed line began an interval */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_line_passes_and_the_next_are_held_back),
        cmocka_unit_test(test_line_after_the_interval_tells_how_many_were_held_back),
        cmocka_unit_test(test_line_held_back_is_owed_after_the_interval),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
