/* SPDX-License-Identifier: MPL-2.0 */
/* Parameters of a request: by name, by position, and the errors for invalid ones. */
#include "api/params.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const char *const      legs[] = {"aleg", "bleg", NULL};
static const struct fsz_param table[] = {
    {.name = "call", .type = FSZ_PARAM_WORD, .required = true, .min = 1, .max = 8},
    {.name = "text", .type = FSZ_PARAM_TEXT, .min = 0, .max = 4},
    {.name = "loops", .type = FSZ_PARAM_NUMBER, .min = -1, .max = 9},
    {.name = "lock", .type = FSZ_PARAM_BOOL},
    {.name = "names", .type = FSZ_PARAM_NAMES, .min = 1, .max = 2},
    {.name = "leg", .type = FSZ_PARAM_WORD, .min = 4, .max = 4, .words = legs},
    {.name = "object", .type = FSZ_PARAM_OBJECT},
    {.name = NULL}};

static const json_t *values[FSZ_PARAMS_MAX];
static const char   *member;
static char          why[FSZ_PARAMS_WHY_BYTES];

static fsz_err read_params(const char *text)
{
    static json_t *params;
    json_decref(params);
    params = json_loads(text, 0, NULL);
    assert_non_null(params);
    memset(values, 0, sizeof(values));
    return fsz_params_read(table, params, values, &member, why);
}

static void refuse(const char *text, const char *expected_member, const char *expected_why)
{
    assert_int_equal(read_params(text), FSZ_EINVALID);
    if (expected_member == NULL) {
        assert_null(member);
    } else {
        assert_string_equal(member, expected_member);
    }
    if (strstr(why, expected_why) == NULL) {
        fail_msg("%s: \"%s\" does not say \"%s\"", text, why, expected_why);
    }
}

static void test_params_by_name_and_by_position_are_the_same(void **state)
{
    (void)state;
    assert_int_equal(read_params("{\"loops\":3,\"call\":\"abc\"}"), FSZ_OK);
    assert_string_equal(json_string_value(values[0]), "abc");
    assert_null(values[1]);
    assert_int_equal(json_integer_value(values[2]), 3);
    assert_int_equal(read_params("[\"abc\",\"\",3,true]"), FSZ_OK);
    assert_string_equal(json_string_value(values[0]), "abc");
    assert_string_equal(json_string_value(values[1]), "");
    assert_int_equal(json_integer_value(values[2]), 3);
    assert_true(json_is_true(values[3]));
}

static void test_params_unknown_members_and_nulls_are_ignored(void **state)
{
    (void)state;
    assert_int_equal(read_params("{\"call\":\"a\",\"text\":null,\"future\":[]}"), FSZ_OK);
    assert_null(values[1]);
    refuse("{\"call\":null}", "call", "call: is missing");
}

static void test_params_none_at_all_is_no_object(void **state)
{
    (void)state;
    assert_int_equal(fsz_params_read(table, NULL, values, &member, why), FSZ_EINVALID);
    assert_string_equal(why, "call: is missing");
}

static void test_params_errors_say_what_is_allowed(void **state)
{
    (void)state;
    refuse("{}", "call", "is missing");
    refuse("{\"call\":1}", "call", "a string of 1 to 8 bytes");
    refuse("{\"call\":\"123456789\"}", "call", "a string of 1 to 8 bytes");
    refuse("{\"call\":\"a b\"}", "call", "one word");
    refuse("{\"call\":\"a\\nb\"}", "call", "one word");
    refuse("{\"call\":\"a\",\"loops\":10}", "loops", "an integer from -1 to 9");
    refuse("{\"call\":\"a\",\"loops\":1.5}", "loops", "an integer from -1 to 9");
    refuse("{\"call\":\"a\",\"lock\":1}", "lock", "true or false");
    refuse("{\"call\":\"a\",\"names\":[]}", "names", "an array of 1 to 2 names");
    refuse("{\"call\":\"a\",\"names\":[\"x\",\"\"]}", "names", "an array of 1 to 2 names");
    refuse("{\"call\":\"a\",\"names\":[\"x\",\"y\",\"z\"]}", "names", "an array of 1 to 2 names");
    refuse("{\"call\":\"a\",\"leg\":\"cleg\"}", "leg", "one of \"aleg\" \"bleg\"");
    refuse("{\"call\":\"a\",\"object\":[]}", "object", "an object");
    refuse("[\"a\",\"\",0,true,[\"x\"],\"aleg\",{},1]", NULL, "at most 7 by position");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_params_by_name_and_by_position_are_the_same),
        cmocka_unit_test(test_params_unknown_members_and_nulls_are_ignored),
        cmocka_unit_test(test_params_none_at_all_is_no_object),
        cmocka_unit_test(test_params_errors_say_what_is_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
