/* SPDX-License-Identifier: MPL-2.0 */
/* Helpers for status objects. */
#include "rpc/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void expect(json_t *actual, const char *json)
{
    json_t *expected = json_loads(json, 0, NULL);
    assert_non_null(expected);
    assert_true(json_equal(actual, expected));
    json_decref(expected);
    json_decref(actual);
}

static void test_json_merge_keeps_the_members_that_exist(void **state)
{
    json_t *object = json_pack("{si}", "a", 1);
    (void)state;
    fsz_json_merge(object, json_pack("{si si}", "a", 2, "b", 3));
    fsz_json_merge(object, NULL);
    expect(object, "{\"a\": 1, \"b\": 3}");
}

static void test_json_by_priority_names_each_priority(void **state)
{
    const uint64_t counts[] = {1, 2, 3};
    (void)state;
    expect(fsz_json_by_priority(counts), "{\"low\": 1, \"normal\": 2, \"high\": 3}");
}

static void test_json_problems_are_strings_even_if_not_utf8(void **state)
{
    struct fsz_problems problems;
    (void)state;
    fsz_problems_init(&problems);
    fsz_problems_add(&problems, "one");
    fsz_problems_add(&problems, "two \xff");
    expect(fsz_json_problems(&problems), "[\"one\", \"two \xef\xbf\xbd\"]");
    expect(fsz_json_problems(NULL), "[]");
}

static void test_json_numbers_and_strings_have_defaults(void **state)
{
    json_t *object = json_pack("{s{s{si}} ss}", "a", "b", "c", 7, "text", "abc");
    (void)state;
    assert_int_equal(fsz_json_number(object, "a.b.c"), 7);
    assert_int_equal(fsz_json_number(object, "a.x.c"), 0);
    assert_int_equal(fsz_json_number(object, "text"), 0);
    assert_string_equal(fsz_json_string(object, "text"), "abc");
    assert_string_equal(fsz_json_string(object, "a"), "");
    json_decref(object);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_merge_keeps_the_members_that_exist),
        cmocka_unit_test(test_json_by_priority_names_each_priority),
        cmocka_unit_test(test_json_problems_are_strings_even_if_not_utf8),
        cmocka_unit_test(test_json_numbers_and_strings_have_defaults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
