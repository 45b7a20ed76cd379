/* SPDX-License-Identifier: MPL-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/subscribe.h"

static void prefixes_are(const char *pattern, const char *json, const char *topic)
{
    struct fsz_subscribe subscribe = {0};
    assert_int_equal(fsz_subscribe_add(&subscribe, pattern), 0);
    assert_int_equal(subscribe.count, 1);
    assert_string_equal(subscribe.json[0], json);
    assert_string_equal(subscribe.topic[0], topic);
    fsz_subscribe_fini(&subscribe);
}

static void test_subscribe_matches_a_name_exactly_in_both_framings(void **state)
{
    (void)state;
    prefixes_are("CHANNEL_HANGUP", "{\"Event-Name\":\"CHANNEL_HANGUP\"", "CHANNEL_HANGUP/");
    prefixes_are("dtmf", "{\"Event-Name\":\"DTMF\"", "DTMF/");
}

static void test_subscribe_encodes_a_subclass_as_on_the_wire(void **state)
{
    (void)state;
    prefixes_are("CUSTOM/sofia::register",
                 "{\"Event-Name\":\"CUSTOM\",\"Event-Subclass\":\"sofia::register\"",
                 "CUSTOM/sofia::register/");
    prefixes_are("custom/a/b%\"\n", "{\"Event-Name\":\"CUSTOM\",\"Event-Subclass\":\"a/b%\\\"\\n\"",
                 "CUSTOM/a%2Fb%25\"%0A/");
    prefixes_are("CUSTOM/", "{\"Event-Name\":\"CUSTOM\"", "CUSTOM/");
}

static void test_subscribe_accepts_a_star_at_the_end(void **state)
{
    (void)state;
    prefixes_are("CHANNEL_*", "{\"Event-Name\":\"CHANNEL_", "CHANNEL_");
    prefixes_are("CUSTOM/sofia::*",
                 "{\"Event-Name\":\"CUSTOM\",\"Event-Subclass\":\"sofia::", "CUSTOM/sofia::");
    prefixes_are("CUSTOM/*", "{\"Event-Name\":\"CUSTOM\"", "CUSTOM/");
    prefixes_are("ALL", "{\"Event-Name\":\"", "");
    prefixes_are("SWITCH_EVENT_ALL", "{\"Event-Name\":\"", "");
    prefixes_are("switch_event_dtmf", "{\"Event-Name\":\"DTMF\"", "DTMF/");
}

static void test_subscribe_refuses_invalid_names(void **state)
{
    (void)state;
    static const char *const patterns[] = {"", "/x", "A*B", "CUSTOM/a*b", "**", "A B", "A\"", "é"};
    struct fsz_subscribe     subscribe = {0};
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        assert_int_equal(fsz_subscribe_add(&subscribe, patterns[i]), -1);
    }
    assert_int_equal(subscribe.count, 0);
    fsz_subscribe_fini(&subscribe);
}

static void test_subscribe_refuses_more_than_its_maximum(void **state)
{
    (void)state;
    struct fsz_subscribe subscribe = {0};
    for (int i = 0; i < FSZ_SUBSCRIBE_MAX; i++) {
        assert_int_equal(fsz_subscribe_add(&subscribe, "DTMF"), 0);
    }
    assert_int_equal(fsz_subscribe_add(&subscribe, "DTMF"), -1);
    fsz_subscribe_fini(&subscribe);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_subscribe_matches_a_name_exactly_in_both_framings),
        cmocka_unit_test(test_subscribe_encodes_a_subclass_as_on_the_wire),
        cmocka_unit_test(test_subscribe_accepts_a_star_at_the_end),
        cmocka_unit_test(test_subscribe_refuses_invalid_names),
        cmocka_unit_test(test_subscribe_refuses_more_than_its_maximum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
