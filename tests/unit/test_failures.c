/* SPDX-License-Identifier: MPL-2.0 */
/* The limit of wrong passwords and keys for one address. The test sets the time. */
#include "auth/failures.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { LIMIT = 3, NOW = 1000000 };

static int setup(void **state)
{
    struct fsz_failures *failures = NULL;
    assert_int_equal(fsz_failures_new(&failures), FSZ_OK);
    *state = failures;
    return 0;
}

static int teardown(void **state)
{
    struct fsz_failures *failures = *state;
    fsz_failures_free(&failures);
    assert_null(failures);
    return 0;
}

static void fail_times(struct fsz_failures *failures, const char *address, int times, int64_t now)
{
    for (int i = 0; i < times; i++) {
        fsz_failures_note(failures, address, now);
    }
}

static void test_failures_reach_their_limit_until_the_minute_is_over(void **state)
{
    struct fsz_failures *f = *state;
    assert_false(fsz_failures_reach(f, "192.0.2.1", LIMIT, NOW));
    fail_times(f, "192.0.2.1", LIMIT - 1, NOW);
    assert_false(fsz_failures_reach(f, "192.0.2.1", LIMIT, NOW));
    fail_times(f, "192.0.2.1", 1, NOW + 30000);
    assert_true(fsz_failures_reach(f, "192.0.2.1", LIMIT, NOW + 30000));
    assert_true(fsz_failures_reach(f, "192.0.2.1", LIMIT, NOW + FSZ_FAILURES_WINDOW_MS - 1));
    assert_false(fsz_failures_reach(f, "192.0.2.1", LIMIT, NOW + FSZ_FAILURES_WINDOW_MS));
    assert_false(fsz_failures_reach(f, "192.0.2.2", LIMIT, NOW + 30000));
}

static void test_failures_begin_a_new_minute_after_the_last(void **state)
{
    struct fsz_failures *f = *state;
    int64_t              later = NOW + FSZ_FAILURES_WINDOW_MS;
    fail_times(f, "192.0.2.1", LIMIT, NOW);
    fail_times(f, "192.0.2.1", 1, later);
    assert_false(fsz_failures_reach(f, "192.0.2.1", LIMIT, later));
    fail_times(f, "192.0.2.1", LIMIT - 1, later);
    assert_true(fsz_failures_reach(f, "192.0.2.1", LIMIT, later));
    assert_int_equal(fsz_failures_count(f), 1);
}

static void test_failures_without_a_limit_are_never_reached(void **state)
{
    struct fsz_failures *f = *state;
    fail_times(f, "192.0.2.1", 1000, NOW);
    assert_false(fsz_failures_reach(f, "192.0.2.1", 0, NOW));
}

static void same(struct fsz_failures *f, const char *a, const char *b)
{
    fail_times(f, a, LIMIT, NOW);
    assert_true(fsz_failures_reach(f, b, LIMIT, NOW));
}

static void other(struct fsz_failures *f, const char *a, const char *b)
{
    fail_times(f, a, LIMIT, NOW);
    assert_false(fsz_failures_reach(f, b, LIMIT, NOW));
}

static void test_failures_of_one_host_are_one_address(void **state)
{
    struct fsz_failures *f = *state;
    same(f, "2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff");
    other(f, "2001:db8:0:1::1", "2001:db8:0:2::1");
    same(f, "::ffff:192.0.2.9", "192.0.2.9");
    other(f, "::ffff:192.0.2.9", "192.0.2.10");
    other(f, "::1", "127.0.0.1");
    same(f, "fe80::1%eth0", "fe80::2%eth1");
}

static void test_failures_of_local_peers_are_their_users(void **state)
{
    struct fsz_failures *f = *state;
    same(f, ":1000", ":1000");
    other(f, ":1000", ":1001");
    other(f, ":1000", ":-1");
    other(f, ":4294967294", ":429496729");
}

static void test_failures_of_more_addresses_than_fit_forget_the_oldest(void **state)
{
    struct fsz_failures *f = *state;
    char                 address[32];
    fail_times(f, "192.0.2.1", LIMIT, NOW);
    fail_times(f, "192.0.2.2", LIMIT, NOW);
    fail_times(f, "192.0.2.1", 1, NOW); /* the other entry is older now */
    for (unsigned i = 0; i < FSZ_FAILURES_ADDRESSES_MAX - 1; i++) {
        snprintf(address, sizeof(address), "10.%u.%u.1", i >> 8, i & 255);
        fsz_failures_note(f, address, NOW);
    }
    assert_int_equal(fsz_failures_count(f), FSZ_FAILURES_ADDRESSES_MAX);
    assert_int_equal(fsz_failures_forgotten(f), 1);
    assert_true(fsz_failures_reach(f, "192.0.2.1", LIMIT, NOW));
    assert_false(fsz_failures_reach(f, "192.0.2.2", LIMIT, NOW));
    fsz_failures_note(f, "192.0.2.3", NOW + FSZ_FAILURES_WINDOW_MS);
    assert_int_equal(fsz_failures_count(f), FSZ_FAILURES_ADDRESSES_MAX);
    assert_int_equal(fsz_failures_forgotten(f), 1); /* the minute of the other one was over */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_failures_reach_their_limit_until_the_minute_is_over),
        TEST(test_failures_begin_a_new_minute_after_the_last),
        TEST(test_failures_without_a_limit_are_never_reached),
        TEST(test_failures_of_one_host_are_one_address),
        TEST(test_failures_of_local_peers_are_their_users),
        TEST(test_failures_of_more_addresses_than_fit_forget_the_oldest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
