/* SPDX-License-Identifier: MPL-2.0 */
#include "base/latency.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_latency_of_nothing_is_zero(void **state)
{
    (void)state;
    struct fsz_latency latency = {0};
    assert_int_equal(fsz_latency_quantile(&latency, 500), 0);
    assert_int_equal(fsz_latency_quantile(&latency, 1000), 0);
}

static void test_latency_quantiles_are_right_to_an_eighth(void **state)
{
    (void)state;
    struct fsz_latency latency = {0};
    for (int64_t us = 1; us <= 100000; us++) {
        fsz_latency_add(&latency, us);
    }
    for (unsigned permille = 1; permille <= 1000; permille++) {
        int64_t exact = (int64_t)permille * 100;
        int64_t told = fsz_latency_quantile(&latency, permille);
        assert_true(told >= exact && told <= exact + exact / 8 + 1);
    }
    assert_int_equal(fsz_latency_quantile(&latency, 1000), 100000);
}

static void test_latency_takes_any_time(void **state)
{
    (void)state;
    struct fsz_latency latency = {0};
    fsz_latency_add(&latency, -1);
    fsz_latency_add(&latency, 0);
    fsz_latency_add(&latency, INT64_MAX);
    assert_int_equal(latency.count, 3);
    assert_int_equal(fsz_latency_quantile(&latency, 500), 0);
    assert_int_equal(latency.max_us, INT64_MAX);
    assert_true(fsz_latency_quantile(&latency, 1000) > INT64_C(3600000000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_latency_of_nothing_is_zero),
        cmocka_unit_test(test_latency_quantiles_are_right_to_an_eighth),
        cmocka_unit_test(test_latency_takes_any_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
