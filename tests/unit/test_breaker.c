/* SPDX-License-Identifier: MPL-2.0 */
#include "service/breaker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_breaker_opens_after_so_many_misses_in_a_row(void **state)
{
    (void)state;
    struct fsz_breaker breaker = {0};
    assert_false(fsz_breaker_missed(&breaker, 3, 10));
    assert_false(fsz_breaker_missed(&breaker, 3, 20));
    assert_false(fsz_breaker_answered(&breaker)); /* not in a row any more */
    assert_false(fsz_breaker_missed(&breaker, 3, 30));
    assert_false(fsz_breaker_missed(&breaker, 3, 40));
    assert_true(fsz_breaker_missed(&breaker, 3, 50));
    assert_false(fsz_breaker_missed(&breaker, 3, 60)); /* it is open already */
    assert_true(fsz_breaker_answered(&breaker));
    assert_false(breaker.open);
}

static void test_breaker_probes_at_once_and_then_every_interval(void **state)
{
    (void)state;
    struct fsz_breaker breaker = {0};
    assert_false(fsz_breaker_probes(&breaker, 1000, 500)); /* closed */
    fsz_breaker_missed(&breaker, 1, 1000);
    assert_true(fsz_breaker_probes(&breaker, 1000, 500));
    assert_false(fsz_breaker_probes(&breaker, 1499, 500));
    assert_true(fsz_breaker_probes(&breaker, 1500, 500));
}

static void test_breaker_probes_whoever_shows_life(void **state)
{
    (void)state;
    struct fsz_breaker breaker = {0};
    fsz_breaker_missed(&breaker, 1, 1000);
    assert_true(fsz_breaker_probes(&breaker, 1000, 500));
    fsz_breaker_stirred(&breaker, 1100);
    assert_true(fsz_breaker_probes(&breaker, 1100, 500));
    assert_false(fsz_breaker_probes(&breaker, 1100, 500));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_breaker_opens_after_so_many_misses_in_a_row),
        cmocka_unit_test(test_breaker_probes_at_once_and_then_every_interval),
        cmocka_unit_test(test_breaker_probes_whoever_shows_life),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
