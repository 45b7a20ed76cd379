/* SPDX-License-Identifier: MPL-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "event/selection.h"

static bool selects(const char *list, const char *name, const char *subclass)
{
    struct fsz_selection *selection = NULL;
    const char           *bad = NULL;
    assert_int_equal(fsz_selection_new(list, &selection, &bad), FSZ_OK);
    bool matches = fsz_selection_matches(selection, name, subclass);
    fsz_selection_free(&selection);
    assert_null(selection);
    return matches;
}

static void test_selection_of_nothing_selects_nothing(void **state)
{
    (void)state;
    assert_false(selects("", "CHANNEL_ANSWER", NULL));
    assert_false(selects(" ,\t\n", "CHANNEL_ANSWER", NULL));
}

static void test_selection_star_selects_everything(void **state)
{
    (void)state;
    assert_true(selects("*", "CHANNEL_ANSWER", NULL));
    assert_true(selects("*", "CUSTOM", "sofia::register"));
}

static void test_selection_name_is_whole_and_ignores_letter_case(void **state)
{
    (void)state;
    assert_true(selects("CHANNEL_HANGUP", "CHANNEL_HANGUP", NULL));
    assert_true(selects("channel_Hangup", "CHANNEL_HANGUP", NULL));
    assert_true(selects("CHANNEL_HANGUP", "channel_hangup", NULL));
    assert_false(selects("CHANNEL_HANGUP", "CHANNEL_HANGUP_COMPLETE", NULL));
    assert_false(selects("CHANNEL_HANGUP_COMPLETE", "CHANNEL_HANGUP", NULL));
}

static void test_selection_star_stands_for_any_text_anywhere(void **state)
{
    (void)state;
    assert_true(selects("CHANNEL_*", "CHANNEL_", NULL));
    assert_true(selects("*_COMPLETE", "CHANNEL_HANGUP_COMPLETE", NULL));
    assert_true(selects("CH*_*UP", "CHANNEL_HANGUP", NULL));
    assert_true(selects("*N*G*", "CHANNEL_HANGUP", NULL));
    assert_false(selects("*_COMPLETE", "CHANNEL_HANGUP_COMPLETED", NULL));
    assert_false(selects("CHANNEL_*X", "CHANNEL_HANGUP", NULL));
}

static void test_selection_only_star_is_special(void **state)
{
    (void)state;
    assert_true(selects("CUSTOM/a[b]?.\\c", "CUSTOM", "a[b]?.\\c"));
    assert_false(selects("CUSTOM/a?c", "CUSTOM", "abc"));
    assert_false(selects("CUSTOM/[ab]", "CUSTOM", "a"));
}

static void test_selection_name_alone_selects_every_subclass(void **state)
{
    (void)state;
    assert_true(selects("CUSTOM", "CUSTOM", "registered::later"));
    assert_true(selects("CUSTOM", "CUSTOM", NULL));
}

static void test_selection_subclass_is_case_sensitive(void **state)
{
    (void)state;
    assert_true(selects("custom/sofia::*", "CUSTOM", "sofia::register"));
    assert_false(selects("CUSTOM/sofia::*", "CUSTOM", "Sofia::register"));
    assert_false(selects("CUSTOM/sofia::*", "CUSTOM", "conference::maintenance"));
    assert_false(selects("CUSTOM/sofia::*", "CUSTOM", NULL));
    assert_true(selects("CUSTOM/a/b", "CUSTOM", "a/b"));
}

static void test_selection_empty_subclass_selects_events_without_one(void **state)
{
    (void)state;
    assert_true(selects("CUSTOM/", "CUSTOM", NULL));
    assert_true(selects("CUSTOM/", "CUSTOM", ""));
    assert_false(selects("CUSTOM/", "CUSTOM", "x"));
}

static void test_selection_last_match_decides(void **state)
{
    (void)state;
    const char *list = "CHANNEL_*, !CHANNEL_STATE DTMF\n!CUSTOM CUSTOM/sofia::*";
    assert_true(selects(list, "CHANNEL_ANSWER", NULL));
    assert_false(selects(list, "CHANNEL_STATE", NULL));
    assert_true(selects(list, "DTMF", NULL));
    assert_true(selects(list, "CUSTOM", "sofia::expire"));
    assert_false(selects(list, "CUSTOM", "other"));
    assert_true(selects("!CHANNEL_* CHANNEL_STATE", "CHANNEL_STATE", NULL));
}

static void test_selection_that_begins_with_not_begins_with_everything(void **state)
{
    (void)state;
    assert_true(selects("!CODEC !CUSTOM/sofia::*", "DTMF", NULL));
    assert_true(selects("!CODEC !CUSTOM/sofia::*", "CUSTOM", "other"));
    assert_false(selects("!CODEC !CUSTOM/sofia::*", "CODEC", NULL));
    assert_false(selects("!CODEC !CUSTOM/sofia::*", "CUSTOM", "sofia::x"));
    assert_false(selects("DTMF !CODEC", "HEARTBEAT", NULL));
}

static void test_selection_understands_all_and_the_sources_names(void **state)
{
    (void)state;
    assert_true(selects("ALL", "DTMF", NULL));
    assert_true(selects("all", "CUSTOM", "x"));
    assert_false(selects("ALL !SWITCH_EVENT_CODEC", "CODEC", NULL));
    assert_true(selects("SWITCH_EVENT_CHANNEL_*", "CHANNEL_ANSWER", NULL));
    assert_true(selects("SWITCH_EVENT_CUSTOM/a", "CUSTOM", "a"));
    assert_false(selects("SWITCH_EVENT_CUSTOM/a", "CUSTOM", "b"));
}

static void test_selection_names_the_pattern_that_is_wrong(void **state)
{
    (void)state;
    static const char *const wrong[] = {"CHANNEL.X", "!",   "/x",    "CHAN\xc3\x84",
                                        "CHANNEL_?", "!!A", "A\x01", "A/\x1b[2J"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct fsz_selection *selection = NULL;
        const char           *bad = NULL;
        char                  list[64] = "DTMF, ";
        strcat(list, wrong[i]);
        assert_int_equal(fsz_selection_new(list, &selection, &bad), FSZ_EINVALID);
        assert_ptr_equal(bad, list + 6);
        assert_null(selection);
    }
}

static void test_selection_takes_many_stars_in_bounded_time(void **state)
{
    (void)state;
    char list[256] = "CUSTOM/";
    char subclass[4097];
    for (int i = 0; i < 100; i++) {
        strcat(list, "*a");
    }
    strcat(list, "*b");
    memset(subclass, 'a', sizeof subclass - 1);
    subclass[sizeof subclass - 1] = '\0';
    assert_false(selects(list, "CUSTOM", subclass));
    subclass[sizeof subclass - 2] = 'b';
    assert_true(selects(list, "CUSTOM", subclass));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_selection_of_nothing_selects_nothing),
        cmocka_unit_test(test_selection_star_selects_everything),
        cmocka_unit_test(test_selection_name_is_whole_and_ignores_letter_case),
        cmocka_unit_test(test_selection_star_stands_for_any_text_anywhere),
        cmocka_unit_test(test_selection_only_star_is_special),
        cmocka_unit_test(test_selection_name_alone_selects_every_subclass),
        cmocka_unit_test(test_selection_subclass_is_case_sensitive),
        cmocka_unit_test(test_selection_empty_subclass_selects_events_without_one),
        cmocka_unit_test(test_selection_last_match_decides),
        cmocka_unit_test(test_selection_that_begins_with_not_begins_with_everything),
        cmocka_unit_test(test_selection_understands_all_and_the_sources_names),
        cmocka_unit_test(test_selection_names_the_pattern_that_is_wrong),
        cmocka_unit_test(test_selection_takes_many_stars_in_bounded_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
