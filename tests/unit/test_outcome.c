/* SPDX-License-Identifier: MPL-2.0 */
/* The output of the switch as a status. */
#include "api/outcome.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void expect(const char *words, const char *json)
{
    struct fsz_buffer output;
    fsz_buffer_init(&output, 1024);
    fsz_buffer_text(&output, words);
    json_t *result = fsz_outcome_of_command(&output), *expected = json_loads(json, 0, NULL);
    assert_non_null(expected);
    if (!json_equal(result, expected)) {
        fail_msg("\"%s\" became %s", words, json_dumps(result, 0));
    }
    json_decref(result);
    json_decref(expected);
    fsz_buffer_fini(&output);
}

static void test_outcome_marks_of_the_switch_become_a_status(void **state)
{
    (void)state;
    expect("+OK abc\n", "{\"output\":\"+OK abc\\n\",\"status\":\"ok\"}");
    expect("+OK", "{\"output\":\"+OK\",\"status\":\"ok\"}");
    expect("-ERR no such channel\n", "{\"output\":\"-ERR no such channel\\n\",\"status\":\"error\","
                                     "\"reason\":\"no such channel\"}");
    expect("-ERR", "{\"output\":\"-ERR\",\"status\":\"error\",\"reason\":\"\"}");
    expect("-USAGE: a|b\n",
           "{\"output\":\"-USAGE: a|b\\n\",\"status\":\"usage\",\"reason\":\"a|b\"}");
    expect("UP 0 years\n", "{\"output\":\"UP 0 years\\n\",\"status\":\"raw\"}");
    expect("", "{\"output\":\"\",\"status\":\"raw\"}");
    expect("-", "{\"output\":\"-\",\"status\":\"raw\"}");
}

static void test_outcome_bytes_that_are_not_utf8_are_replaced(void **state)
{
    (void)state;
    expect("-ERR a\xff", "{\"output\":\"-ERR a\xef\xbf\xbd\",\"status\":\"error\","
                         "\"reason\":\"a\xef\xbf\xbd\"}");
}

static void test_outcome_output_over_its_limit_is_marked(void **state)
{
    struct fsz_buffer output;
    (void)state;
    fsz_buffer_init(&output, 4);
    fsz_buffer_text(&output, "abc");
    fsz_buffer_text(&output, "defg");
    json_t *result = fsz_outcome_of_command(&output);
    assert_string_equal(json_string_value(json_object_get(result, "output")), "abcd");
    assert_true(json_is_true(json_object_get(result, "truncated")));
    json_decref(result);
    fsz_buffer_fini(&output);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_outcome_marks_of_the_switch_become_a_status),
        cmocka_unit_test(test_outcome_bytes_that_are_not_utf8_are_replaced),
        cmocka_unit_test(test_outcome_output_over_its_limit_is_marked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
