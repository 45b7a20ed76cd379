/* SPDX-License-Identifier: MPL-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "config/grants.h"

static int grants_setup(void **state)
{
    struct fsz_grants *grants = NULL;
    fsz_err            err = fsz_grants_new(&grants);
    *state = grants;
    return err == FSZ_OK ? 0 : -1;
}

static int grants_teardown(void **state)
{
    struct fsz_grants *grants = *state;
    fsz_grants_free(&grants);
    return grants == NULL ? 0 : -1;
}

static void grant(void **state, enum fsz_right right, const char *pattern)
{
    assert_int_equal(fsz_grants_add(*state, right, pattern), FSZ_OK);
}

static void test_grants_allow_nothing_that_no_pattern_names(void **state)
{
    grant(state, FSZ_RIGHT_API, "*");
    for (int right = 0; right < FSZ_RIGHTS; right++) {
        assert_int_equal(fsz_grants_allow(*state, right, "status"), right == FSZ_RIGHT_API);
        assert_int_equal(fsz_grants_allow_all(*state, right), right == FSZ_RIGHT_API);
    }
}

static void test_grants_of_a_command_are_of_it_without_and_with_the_arguments_named(void **state)
{
    grant(state, FSZ_RIGHT_API, "status");
    grant(state, FSZ_RIGHT_API, "show channels*");
    grant(state, FSZ_RIGHT_API, "uuid_dump *");
    assert_true(fsz_grants_allow(*state, FSZ_RIGHT_API, "status"));
    assert_false(fsz_grants_allow(*state, FSZ_RIGHT_API, "status all"));
    assert_true(fsz_grants_allow(*state, FSZ_RIGHT_API, "show channels"));
    assert_true(fsz_grants_allow(*state, FSZ_RIGHT_API, "show channels as json"));
    assert_false(fsz_grants_allow(*state, FSZ_RIGHT_API, "show registrations"));
    assert_false(fsz_grants_allow(*state, FSZ_RIGHT_API, "show"));
    assert_true(fsz_grants_allow(*state, FSZ_RIGHT_API, "uuid_dump x"));
    assert_false(fsz_grants_allow(*state, FSZ_RIGHT_API, "uuid_dump"));
}

static void test_grants_ignore_letter_case_where_the_switch_does(void **state)
{
    grant(state, FSZ_RIGHT_API, "Show Channels*");
    assert_true(fsz_grants_allow(*state, FSZ_RIGHT_API, "sHOW Channels"));
    assert_false(fsz_grants_allow(*state, FSZ_RIGHT_API, "show channels"));
    grant(state, FSZ_RIGHT_VARIABLES, "acme_*");
    assert_true(fsz_grants_allow(*state, FSZ_RIGHT_VARIABLES, "ACME_Customer"));
    grant(state, FSZ_RIGHT_METHODS, "server.*");
    assert_true(fsz_grants_allow(*state, FSZ_RIGHT_METHODS, "server.ping"));
    assert_false(fsz_grants_allow(*state, FSZ_RIGHT_METHODS, "SERVER.ping"));
    grant(state, FSZ_RIGHT_EVENTS, "custom/Acme::*");
    assert_true(fsz_grants_allow(*state, FSZ_RIGHT_EVENTS, "CUSTOM/Acme::x"));
    assert_false(fsz_grants_allow(*state, FSZ_RIGHT_EVENTS, "CUSTOM/acme::x"));
    assert_string_equal(fsz_grants_pattern(*state, FSZ_RIGHT_EVENTS, 0), "CUSTOM/Acme::*");
}

static void test_grants_of_events_without_a_slash_take_every_subclass(void **state)
{
    grant(state, FSZ_RIGHT_EVENTS, "CHANNEL_*");
    grant(state, FSZ_RIGHT_EVENTS, "HEARTBEAT");
    assert_true(fsz_grants_allow(*state, FSZ_RIGHT_EVENTS, "CHANNEL_ANSWER/"));
    assert_true(fsz_grants_allow(*state, FSZ_RIGHT_EVENTS, "HEARTBEAT/"));
    assert_true(fsz_grants_allow(*state, FSZ_RIGHT_EVENTS, "HEARTBEAT"));
    assert_false(fsz_grants_allow(*state, FSZ_RIGHT_EVENTS, "HEARTBEATS/"));
    assert_false(fsz_grants_allow(*state, FSZ_RIGHT_EVENTS, "CUSTOM/CHANNEL_x"));
    grant(state, FSZ_RIGHT_SEND_EVENTS, "CUSTOM/acme::*");
    assert_true(fsz_grants_allow(*state, FSZ_RIGHT_SEND_EVENTS, "CUSTOM/acme::order/1"));
    assert_false(fsz_grants_allow(*state, FSZ_RIGHT_SEND_EVENTS, "CUSTOM/"));
    grant(state, FSZ_RIGHT_SEND_EVENTS, "CUSTOM");
    assert_true(fsz_grants_allow(*state, FSZ_RIGHT_SEND_EVENTS, "CUSTOM/"));
    assert_true(fsz_grants_allow(*state, FSZ_RIGHT_SEND_EVENTS, "custom/sofia::register"));
    assert_false(fsz_grants_allow(*state, FSZ_RIGHT_SEND_EVENTS, "CUSTOMS/x"));
}

static void test_grants_that_must_be_spelled_are_not_given_by_a_star_in_the_name(void **state)
{
    grant(state, FSZ_RIGHT_API, "s*");
    grant(state, FSZ_RIGHT_API, "lua safe.lua*");
    grant(state, FSZ_RIGHT_API, "bgapi*");
    assert_true(fsz_grants_allow(*state, FSZ_RIGHT_API, "system reboot"));
    assert_false(fsz_grants_allow_spelled(*state, FSZ_RIGHT_API, "system reboot", 6));
    assert_true(fsz_grants_allow_spelled(*state, FSZ_RIGHT_API, "LUA safe.lua x", 3));
    assert_false(fsz_grants_allow_spelled(*state, FSZ_RIGHT_API, "lua other.lua", 3));
    assert_true(fsz_grants_allow_spelled(*state, FSZ_RIGHT_API, "bgapi status", 5));
    assert_false(fsz_grants_allow_spelled(*state, FSZ_RIGHT_API, "bgapi_ex status", 8));
    grant(state, FSZ_RIGHT_API, "**");
    assert_false(fsz_grants_allow_spelled(*state, FSZ_RIGHT_API, "system reboot", 6));
    grant(state, FSZ_RIGHT_API, "*");
    assert_true(fsz_grants_allow_spelled(*state, FSZ_RIGHT_API, "system reboot", 6));
}

static void test_grants_of_endpoints_end_at_separators(void **state)
{
    static const char separators[] = " !\"$%&'()/,:;<=>?@[\\]^`{|}~";
    grant(state, FSZ_RIGHT_ENDPOINTS, "sofia/gateway/carrier/*");
    grant(state, FSZ_RIGHT_ENDPOINTS, "sofia/internal/*@*.example.com");
    assert_true(fsz_grants_allow(*state, FSZ_RIGHT_ENDPOINTS, "Sofia/gateway/carrier/+49-3_1.2#*"));
    assert_true(fsz_grants_allow(*state, FSZ_RIGHT_ENDPOINTS, "sofia/internal/5@a.b.example.com"));
    assert_false(fsz_grants_allow(*state, FSZ_RIGHT_ENDPOINTS, "sofia/GATEWAY/carrier/1"));
    for (size_t i = 0; separators[i] != '\0'; i++) {
        char leg[] = "sofia/gateway/carrier/1x2";
        leg[sizeof(leg) - 3] = separators[i];
        assert_false(fsz_grants_allow(*state, FSZ_RIGHT_ENDPOINTS, leg));
    }
}

static void test_grants_of_files_are_folders_for_one_use_or_both(void **state)
{
    grant(state, FSZ_RIGHT_FILES, "/srv/sounds/*");
    grant(state, FSZ_RIGHT_FILES, "read:/srv/*/a*.wav");
    grant(state, FSZ_RIGHT_FILES, "write:rec/*");
    assert_true(fsz_grants_allow(*state, FSZ_RIGHT_FILES, "write:/srv/sounds/de/1.wav"));
    assert_true(fsz_grants_allow(*state, FSZ_RIGHT_FILES, "read:/srv/x/abc.wav"));
    assert_false(fsz_grants_allow(*state, FSZ_RIGHT_FILES, "write:/srv/x/abc.wav"));
    assert_false(fsz_grants_allow(*state, FSZ_RIGHT_FILES, "read:/srv/x/a/b.wav"));
    assert_false(fsz_grants_allow(*state, FSZ_RIGHT_FILES, "read:/srv/x/y/a.wav"));
    assert_true(fsz_grants_allow(*state, FSZ_RIGHT_FILES, "write:rec/1/2.wav"));
    assert_false(fsz_grants_allow(*state, FSZ_RIGHT_FILES, "read:rec/1/2.wav"));
    assert_int_equal(fsz_grants_add(*state, FSZ_RIGHT_FILES, "/srv/../x/*"), FSZ_EINVALID);
    assert_int_equal(fsz_grants_add(*state, FSZ_RIGHT_FILES, "read:../x"), FSZ_EINVALID);
    assert_int_equal(fsz_grants_add(*state, FSZ_RIGHT_FILES, "/srv/.."), FSZ_EINVALID);
    assert_int_equal(fsz_grants_add(*state, FSZ_RIGHT_FILES, "/srv/..x"), FSZ_OK);
}

static void test_grants_of_contexts_mean_xml_unless_they_say_so(void **state)
{
    grant(state, FSZ_RIGHT_CONTEXTS, "outbound/5*");
    grant(state, FSZ_RIGHT_CONTEXTS, "*/*");
    assert_true(fsz_grants_allow(*state, FSZ_RIGHT_CONTEXTS, "xml:outbound/500"));
    assert_true(fsz_grants_allow(*state, FSZ_RIGHT_CONTEXTS, "XML:/500"));
    assert_false(fsz_grants_allow(*state, FSZ_RIGHT_CONTEXTS, "XML:outbound/500/1"));
    assert_false(fsz_grants_allow(*state, FSZ_RIGHT_CONTEXTS, "enum:outbound/500"));
    grant(state, FSZ_RIGHT_CONTEXTS, "*");
    assert_true(fsz_grants_allow(*state, FSZ_RIGHT_CONTEXTS, "XML:a/1/2"));
    assert_false(fsz_grants_allow_spelled(*state, FSZ_RIGHT_CONTEXTS, "enum:outbound/500", 5));
    grant(state, FSZ_RIGHT_CONTEXTS, "ENUM:outbound");
    assert_true(fsz_grants_allow_spelled(*state, FSZ_RIGHT_CONTEXTS, "enum:outbound/500", 5));
    assert_false(fsz_grants_allow_spelled(*state, FSZ_RIGHT_CONTEXTS, "enum:secret/500", 5));
}

static void test_grants_of_commands_keep_a_star_in_its_word(void **state)
{
    grant(state, FSZ_RIGHT_API, "uuid_setvar * acme_*");
    grant(state, FSZ_RIGHT_API, "hash select/*/x");
    assert_true(fsz_grants_allow(*state, FSZ_RIGHT_API, "uuid_setvar U acme_x a b/c"));
    assert_false(fsz_grants_allow(*state, FSZ_RIGHT_API, "uuid_setvar U other acme_x"));
    assert_true(fsz_grants_allow(*state, FSZ_RIGHT_API, "hash select/r/x"));
    assert_false(fsz_grants_allow(*state, FSZ_RIGHT_API, "hash select/r/y/x"));
}

static void test_grants_refuse_patterns_that_can_not_be_meant(void **state)
{
    static const char *const bad[] = {"", " status", "status ", "show\tchannels", "a\nb", "x\x7f"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(fsz_grants_add(*state, FSZ_RIGHT_API, bad[i]), FSZ_EINVALID);
    }
    assert_int_equal(fsz_grants_add(*state, FSZ_RIGHT_EVENTS, "*_ANSWER"), FSZ_EINVALID);
    assert_int_equal(fsz_grants_add(*state, FSZ_RIGHT_EVENTS, "CUSTOM/*::x"), FSZ_EINVALID);
    assert_int_equal(fsz_grants_add(*state, FSZ_RIGHT_SEND_EVENTS, "CUSTOM/*::x"), FSZ_OK);
    assert_int_equal(fsz_grants_count(*state, FSZ_RIGHT_API), 0);
    assert_int_equal(fsz_grants_count(*state, FSZ_RIGHT_EVENTS), 0);
}

static void test_grants_are_bounded_in_length_and_number(void **state)
{
    char text[FSZ_GRANT_BYTES_MAX + 2];
    memset(text, 'a', sizeof(text));
    text[FSZ_GRANT_BYTES_MAX + 1] = '\0';
    assert_int_equal(fsz_grants_add(*state, FSZ_RIGHT_API, text), FSZ_ELIMIT);
    text[FSZ_GRANT_BYTES_MAX] = '\0';
    for (size_t i = 0; i < FSZ_GRANTS_PER_RIGHT; i++) {
        grant(state, FSZ_RIGHT_API, text);
    }
    assert_int_equal(fsz_grants_add(*state, FSZ_RIGHT_API, "one"), FSZ_ELIMIT);
    assert_int_equal(fsz_grants_count(*state, FSZ_RIGHT_API), FSZ_GRANTS_PER_RIGHT);
    assert_true(fsz_grants_allow(*state, FSZ_RIGHT_API, text));
    grant(state, FSZ_RIGHT_METHODS, "one");
}

static void test_grants_have_a_name_for_each_right(void **state)
{
    (void)state;
    for (int right = 0; right < FSZ_RIGHTS; right++) {
        assert_non_null(fsz_right_name(right));
        for (int other = 0; other < right; other++) {
            assert_string_not_equal(fsz_right_name(right), fsz_right_name(other));
        }
    }
    assert_string_equal(fsz_right_name(FSZ_RIGHT_SEND_EVENTS), "send-events");
}

#define GRANTS_TEST(f) cmocka_unit_test_setup_teardown(f, grants_setup, grants_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        GRANTS_TEST(test_grants_allow_nothing_that_no_pattern_names),
        GRANTS_TEST(test_grants_of_a_command_are_of_it_without_and_with_the_arguments_named),
        GRANTS_TEST(test_grants_ignore_letter_case_where_the_switch_does),
        GRANTS_TEST(test_grants_of_events_without_a_slash_take_every_subclass),
        GRANTS_TEST(test_grants_that_must_be_spelled_are_not_given_by_a_star_in_the_name),
        GRANTS_TEST(test_grants_of_endpoints_end_at_separators),
        GRANTS_TEST(test_grants_of_files_are_folders_for_one_use_or_both),
        GRANTS_TEST(test_grants_of_contexts_mean_xml_unless_they_say_so),
        GRANTS_TEST(test_grants_of_commands_keep_a_star_in_its_word),
        GRANTS_TEST(test_grants_refuse_patterns_that_can_not_be_meant),
        GRANTS_TEST(test_grants_are_bounded_in_length_and_number),
        GRANTS_TEST(test_grants_have_a_name_for_each_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
