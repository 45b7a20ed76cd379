/* SPDX-License-Identifier: MPL-2.0 */
#include "zmtp/rates_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "failing_malloc.h"

static const struct fsz_rate ten_a_second = {.per_second = 10, .burst = 3};

static struct fsz_origin origin_of(uint32_t number)
{
    struct fsz_origin origin = {.family = AF_INET};
    memcpy(origin.bytes, &number, sizeof(number));
    return origin;
}

static fsz_err take(struct fsz_rates *rates, uint32_t number, int64_t now_ms)
{
    struct fsz_origin origin = origin_of(number);
    return fsz_rates_take(rates, &origin, number, &ten_a_second, now_ms);
}

static void test_a_burst_then_the_rate(void **state)
{
    struct fsz_rates rates = {0};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(take(&rates, 1, 1000), FSZ_OK);
    }
    assert_int_equal(take(&rates, 1, 1000), FSZ_EFULL);
    assert_int_equal(take(&rates, 1, 1099), FSZ_EFULL);
    assert_int_equal(take(&rates, 1, 1100), FSZ_OK);
    assert_int_equal(take(&rates, 1, 1100), FSZ_EFULL);
    assert_int_equal(take(&rates, 1, 1350), FSZ_OK);
    assert_int_equal(take(&rates, 1, 1350), FSZ_OK);
    assert_int_equal(take(&rates, 1, 1350), FSZ_EFULL);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(take(&rates, 1, 9000), FSZ_OK); /* at most one burst after a pause */
    }
    assert_int_equal(take(&rates, 1, 9000), FSZ_EFULL);
    fsz_rates_fini(&rates);
}

static void test_what_is_refused_takes_no_token(void **state)
{
    struct fsz_rates rates = {0};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(take(&rates, 1, 1000), FSZ_OK);
    }
    for (int64_t now_ms = 1000; now_ms < 1100; now_ms++) {
        assert_int_equal(take(&rates, 1, now_ms), FSZ_EFULL);
    }
    assert_int_equal(take(&rates, 1, 1100), FSZ_OK);
    fsz_rates_fini(&rates);
}

static void test_addresses_have_buckets_of_their_own(void **state)
{
    struct fsz_rates  rates = {0};
    struct fsz_origin same_hash = origin_of(1);
    (void)state;
    same_hash.family = AF_INET6;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(take(&rates, 1, 1000), FSZ_OK);
    }
    assert_int_equal(take(&rates, 1, 1000), FSZ_EFULL);
    assert_int_equal(take(&rates, 2, 1000), FSZ_OK);
    assert_int_equal(fsz_rates_take(&rates, &same_hash, 1, &ten_a_second, 1000), FSZ_OK);
    assert_int_equal(HASH_COUNT(rates.buckets), 3);
    fsz_rates_fini(&rates);
}

static void test_full_buckets_are_freed(void **state)
{
    struct fsz_rates rates = {0};
    (void)state;
    for (uint32_t number = 0; number < 100; number++) {
        assert_int_equal(take(&rates, number, 1000), FSZ_OK);
    }
    assert_int_equal(HASH_COUNT(rates.buckets), 100);
    for (int64_t now_ms = 1100; HASH_COUNT(rates.buckets) > 1; now_ms += 100) {
        assert_in_range(now_ms, 1100, 1100 + 100 * 100);
        assert_int_equal(take(&rates, 1000, now_ms), FSZ_OK);
    }
    assert_int_equal(rates.forgotten, 0);
    fsz_rates_fini(&rates);
}

static void test_memory_is_bounded_and_the_oldest_is_forgotten(void **state)
{
    struct fsz_rates rates = {0};
    (void)state;
    for (uint32_t number = 0; number < FSZ_RATES_ADDRESSES_MAX + 10; number++) {
        for (size_t i = 0; i < 3; i++) {
            assert_int_equal(take(&rates, number, 1000), FSZ_OK);
        }
    }
    assert_int_equal(HASH_COUNT(rates.buckets), FSZ_RATES_ADDRESSES_MAX);
    assert_int_equal(rates.forgotten, 10);
    assert_int_equal(take(&rates, FSZ_RATES_ADDRESSES_MAX + 9, 1000), FSZ_EFULL);
    assert_int_equal(take(&rates, 10, 1000), FSZ_EFULL);
    assert_int_equal(take(&rates, 9, 1000), FSZ_OK);
    fsz_rates_fini(&rates);
    assert_int_equal(HASH_COUNT(rates.buckets), 0);
}

static void test_another_rate_holds_at_once(void **state)
{
    const struct fsz_rate slow = {.per_second = 1, .burst = 1000};
    struct fsz_rates      rates = {0};
    struct fsz_origin     origin = origin_of(1);
    (void)state;
    for (size_t i = 0; i < 1000; i++) {
        assert_int_equal(fsz_rates_take(&rates, &origin, 1, &slow, 1000), FSZ_OK);
    }
    assert_int_equal(fsz_rates_take(&rates, &origin, 1, &slow, 1000), FSZ_EFULL);
    assert_int_equal(take(&rates, 1, 1000), FSZ_EFULL);
    assert_int_equal(take(&rates, 1, 1100), FSZ_OK);
    assert_int_equal(take(&rates, 1, 1100), FSZ_EFULL);
    fsz_rates_fini(&rates);
}

static void test_without_memory_nothing_is_kept(void **state)
{
    struct fsz_rates rates = {0};
    (void)state;
    for (long countdown = 1;; countdown++) {
        allocation_failed = false;
        allocation_countdown = countdown;
        fsz_err err = take(&rates, 1, 1000);
        allocation_countdown = 0;
        assert_int_equal(err, allocation_failed ? FSZ_ENOMEM : FSZ_OK);
        if (err == FSZ_OK) {
            break;
        }
        assert_int_equal(HASH_COUNT(rates.buckets), 0);
    }
    fsz_rates_fini(&rates);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_burst_then_the_rate),
        cmocka_unit_test(test_what_is_refused_takes_no_token),
        cmocka_unit_test(test_addresses_have_buckets_of_their_own),
        cmocka_unit_test(test_full_buckets_are_freed),
        cmocka_unit_test(test_memory_is_bounded_and_the_oldest_is_forgotten),
        cmocka_unit_test(test_another_rate_holds_at_once),
        cmocka_unit_test(test_without_memory_nothing_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
