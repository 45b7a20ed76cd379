/* SPDX-License-Identifier: MPL-2.0 */
/* Address lists of fszmqd. */
#include "base/cidr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void test_cidr_any_admits_every_address(void **state)
{
    (void)state;
    assert_true(fsz_cidr_contains("any", "192.0.2.1"));
    assert_true(fsz_cidr_contains("any", "2001:db8::1"));
    assert_true(fsz_cidr_contains("any", ""));
}

static void test_cidr_loopback_is_v4_and_v6_and_mapped(void **state)
{
    (void)state;
    assert_true(fsz_cidr_contains("loopback.auto", "127.0.0.1"));
    assert_true(fsz_cidr_contains("loopback.auto", "127.200.3.4"));
    assert_true(fsz_cidr_contains("loopback.auto", "::1"));
    assert_true(fsz_cidr_contains("loopback.auto", "::ffff:127.0.0.1"));
    assert_false(fsz_cidr_contains("loopback.auto", "128.0.0.1"));
    assert_false(fsz_cidr_contains("loopback.auto", "::2"));
    assert_false(fsz_cidr_contains("loopback.auto", "::127.0.0.1"));
}

static void test_cidr_compares_only_the_bits_of_its_length(void **state)
{
    (void)state;
    assert_true(fsz_cidr_contains("10.0.0.0/8", "10.255.0.1"));
    assert_false(fsz_cidr_contains("10.0.0.0/8", "11.0.0.0"));
    assert_true(fsz_cidr_contains("192.0.2.128/25", "192.0.2.200"));
    assert_false(fsz_cidr_contains("192.0.2.128/25", "192.0.2.127"));
    assert_true(fsz_cidr_contains("192.0.2.77/25", "192.0.2.1")); /* host bits are not compared */
    assert_true(fsz_cidr_contains("0.0.0.0/0", "203.0.113.9"));
    assert_true(fsz_cidr_contains("2001:db8::/33", "2001:db8:7fff::1"));
    assert_false(fsz_cidr_contains("2001:db8::/33", "2001:db8:8000::1"));
}

static void test_cidr_without_length_is_one_address(void **state)
{
    (void)state;
    assert_true(fsz_cidr_contains("192.0.2.1", "192.0.2.1"));
    assert_false(fsz_cidr_contains("192.0.2.1", "192.0.2.2"));
    assert_true(fsz_cidr_contains("fe80::1", "fe80::1%eth0"));
}

static void test_cidr_keeps_families_apart_but_for_mapped(void **state)
{
    (void)state;
    assert_true(fsz_cidr_contains("192.0.2.0/24", "::ffff:192.0.2.9"));
    assert_true(fsz_cidr_contains("::ffff:192.0.2.0/120", "192.0.2.9"));
    assert_false(fsz_cidr_contains("0.0.0.0/0", "2001:db8::1"));
    assert_false(fsz_cidr_contains("2001:db8::/32", "192.0.2.1"));
}

static void test_cidr_nonsense_is_not_valid_and_admits_nobody(void **state)
{
    (void)state;
    static const char *const bad[] = {"",           "lan",         "10.0.0.0/33",  "10.0.0.0/",
                                      "10.0.0.0/x", "10.0.0/8",    "::/129",       "10.0.0.0/8 ",
                                      "/8",         "10.0.0.0/-1", "fe80::%lo/64", "1.2.3.4/0008"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(fsz_cidr_is_valid(bad[i]));
        assert_false(fsz_cidr_contains(bad[i], "10.0.0.1"));
    }
    assert_false(fsz_cidr_contains("10.0.0.0/8", "10.0.0.1x"));
    assert_false(fsz_cidr_contains("10.0.0.0/8", "not an address"));
    assert_true(fsz_cidr_is_valid("any"));
    assert_true(fsz_cidr_is_valid("loopback.auto"));
    assert_true(fsz_cidr_is_valid("::1/128"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cidr_any_admits_every_address),
        cmocka_unit_test(test_cidr_loopback_is_v4_and_v6_and_mapped),
        cmocka_unit_test(test_cidr_compares_only_the_bits_of_its_length),
        cmocka_unit_test(test_cidr_without_length_is_one_address),
        cmocka_unit_test(test_cidr_keeps_families_apart_but_for_mapped),
        cmocka_unit_test(test_cidr_nonsense_is_not_valid_and_admits_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
