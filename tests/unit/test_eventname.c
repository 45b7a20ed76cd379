/* SPDX-License-Identifier: MPL-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/eventname.h"

static void means(const char *text, const char *expected)
{
    size_t      length = 0;
    char        whole[128];
    const char *canonical = fsz_eventname_canonical(text, strlen(text), &length);
    snprintf(whole, sizeof whole, "%.*s", (int)length, canonical);
    assert_string_equal(whole, expected);
}

static void test_eventname_understands_what_the_switch_writes(void **state)
{
    (void)state;
    means("ALL", "*");
    means("all", "*");
    means("SWITCH_EVENT_ALL", "*");
    means("switch_event_channel_answer", "channel_answer");
    means("SWITCH_EVENT_CUSTOM/sofia::register", "CUSTOM/sofia::register");
    means("SWITCH_EVENT_", "SWITCH_EVENT_");
    means("CHANNEL_ALL", "CHANNEL_ALL");
    means("CUSTOM/SWITCH_EVENT_X", "CUSTOM/SWITCH_EVENT_X");
}

static void refuses(const char *text, const char *expected)
{
    char why[FSZ_EVENTNAME_WHY_BYTES] = "";
    assert_false(fsz_eventname_is_valid(text, strlen(text), why));
    if (strstr(why, expected) == NULL) {
        fail_msg("\"%s\": \"%s\", not \"%s\"", text, why, expected);
    }
    assert_false(fsz_eventname_is_valid(text, strlen(text), NULL));
}

static void test_eventname_says_what_to_write(void **state)
{
    (void)state;
    refuses("CUSTOM sofia::register", "write CUSTOM/sofia::register");
    refuses("custom  sofia::register", "write CUSTOM/sofia::register");
    refuses("SWITCH_EVENT_CUSTOM sofia::register", "write CUSTOM/sofia::register");
    refuses("CUSTOM::sofia::register", "write CUSTOM/sofia::register");
    refuses("sofia::register", "write CUSTOM/sofia::register");
    refuses("ALL/sofia::register", "write CUSTOM/sofia::register");
    refuses("CHANNEL.ANSWER", "such as CHANNEL_ANSWER");
    refuses("CUSTOM ", "such as CHANNEL_ANSWER");
    refuses("", "such as CHANNEL_ANSWER");
    refuses("/x", "such as CHANNEL_ANSWER");
    char long_name[4096];
    memset(long_name, ':', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    refuses(long_name, "write CUSTOM/");
    assert_true(fsz_eventname_is_valid("CUSTOM/a b", strlen("CUSTOM/a b"), NULL));
    assert_true(fsz_eventname_is_valid("ALLOW", strlen("ALLOW"), NULL));
}

static void unknown(const char *text, const char *expected)
{
    char why[FSZ_EVENTNAME_WHY_BYTES] = "";
    assert_false(fsz_eventname_is_known(text, strlen(text), why));
    assert_string_equal(why, expected);
}

static void test_eventname_knows_the_switchs_events(void **state)
{
    (void)state;
    static const char *const known[] = {
        "CHANNEL_ANSWER",    "channel_answer", "CHANNEL_*",  "*", "ALL",
        "SWITCH_EVENT_DTMF", "CUSTOM/any",     "CERT_RELOAD"};
    char why[FSZ_EVENTNAME_WHY_BYTES];
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        assert_true(fsz_eventname_is_known(known[i], strlen(known[i]), why));
    }
    unknown("CHANEL_ANSWER",
            "FreeSWITCH 1.10 and 1.11 have no event CHANEL_ANSWER; did you mean CHANNEL_ANSWER?");
    unknown("NOTHING_LIKE_IT_*", "FreeSWITCH 1.10 and 1.11 have no event NOTHING_LIKE_IT_*");
    assert_string_equal(fsz_eventname_find("dtmf"), "DTMF");
    assert_null(fsz_eventname_find("ALL"));
    assert_null(fsz_eventname_find("CLONE"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_eventname_understands_what_the_switch_writes),
        cmocka_unit_test(test_eventname_says_what_to_write),
        cmocka_unit_test(test_eventname_knows_the_switchs_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
