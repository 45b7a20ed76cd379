/* SPDX-License-Identifier: MPL-2.0 */
#include "event/event_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Checks an event and its error text; NULL: it may be fired. */
static void assert_words(const struct fsz_event *event, const char *expected)
{
    struct fsz_buffer words;
    fsz_buffer_init(&words, 1000);
    fsz_err err = fsz_event_check(event, &words);
    assert_int_equal(err, expected == NULL ? FSZ_OK : FSZ_EREFUSED);
    if (expected == NULL) {
        assert_int_equal(words.size, 0);
    } else {
        assert_non_null(strstr(fsz_buffer_string(&words), expected));
    }
    fsz_buffer_fini(&words);
}

static void assert_header(struct fsz_header header, const char *expected)
{
    const struct fsz_header headers[] = {{.name = "before", .value = "x"}, header, {0}};
    assert_words(
        &(struct fsz_event){.name = "NOTIFY", .headers = headers, .read = fsz_headers_of_array},
        expected);
}

static void test_header_names_that_end_a_line_or_index_an_array_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "a\nb", "a\rb", "a\tb", "\x7f", "a: b", "x[3]", "["};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_header((struct fsz_header){.name = bad[i], .value = "v"}, "a header's name");
    }
    assert_header((struct fsz_header){.name = "variable_sip_h_X-Größe 1", .value = "a\nb"}, NULL);
}

static void test_values_that_the_switch_would_take_apart_are_refused(void **state)
{
    (void)state;
    static const char *const values[] = {"fine", "ARRAY::a|:b"};
    assert_header((struct fsz_header){.name = "x", .value = "ARRAY::a"}, "x: a value cannot");
    assert_header((struct fsz_header){.name = "x", .values = values, .value_count = 2},
                  "x: a value cannot");
    assert_header((struct fsz_header){.name = "x", .values = values, .value_count = 1}, NULL);
    assert_header((struct fsz_header){.name = "x", .value = "an ARRAY::"}, NULL);
    assert_header((struct fsz_header){.name = "x"}, NULL);
}

static void test_a_name_may_not_come_twice_in_any_letter_case(void **state)
{
    (void)state;
    assert_header((struct fsz_header){.name = "Before", .value = "y"},
                  "Before: this header is given twice");
}

static void test_only_custom_events_have_a_subclass(void **state)
{
    (void)state;
    assert_words(&(struct fsz_event){.name = "custom"}, "needs an Event-Subclass");
    assert_words(&(struct fsz_event){.name = "CUSTOM", .subclass = ""}, "needs an Event-Subclass");
    assert_words(&(struct fsz_event){.name = "CUSTOM", .subclass = "a::b"}, NULL);
    assert_words(&(struct fsz_event){.name = "DTMF", .subclass = "a::b"}, "only a CUSTOM event");
}

static void test_headers_are_bounded(void **state)
{
    (void)state;
    static char              names[FSZ_EVENT_CHECK_HEADERS_MAX + 1][8];
    static struct fsz_header headers[FSZ_EVENT_CHECK_HEADERS_MAX + 2];
    for (size_t i = 0; i <= FSZ_EVENT_CHECK_HEADERS_MAX; i++) {
        snprintf(names[i], sizeof names[i], "h%zu", i);
        headers[i] = (struct fsz_header){.name = names[i], .value = "v"};
    }
    const struct fsz_event event = {
        .name = "NOTIFY", .headers = headers, .read = fsz_headers_of_array};
    assert_words(&event, "more than 2048 headers");
    headers[FSZ_EVENT_CHECK_HEADERS_MAX].name = NULL;
    assert_words(&event, NULL);
    static const char *values[FSZ_EVENT_CHECK_VALUES_MAX + 1];
    for (size_t i = 0; i <= FSZ_EVENT_CHECK_VALUES_MAX; i++) {
        values[i] = "";
    }
    struct fsz_header array = {.name = "x", .values = values, .value_count = 1025};
    assert_header(array, "x: more than 1024 values");
    array.value_count--;
    assert_header(array, NULL);
}

static void test_stamps_are_the_headers_that_every_event_has_from_the_switch(void **state)
{
    (void)state;
    assert_true(fsz_header_is_stamp("event-sequence"));
    assert_true(fsz_header_is_stamp("Core-UUID"));
    assert_true(fsz_header_is_stamp("_body"));
    assert_false(fsz_header_is_stamp("Unique-ID"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header_names_that_end_a_line_or_index_an_array_are_refused),
        cmocka_unit_test(test_values_that_the_switch_would_take_apart_are_refused),
        cmocka_unit_test(test_a_name_may_not_come_twice_in_any_letter_case),
        cmocka_unit_test(test_only_custom_events_have_a_subclass),
        cmocka_unit_test(test_headers_are_bounded),
        cmocka_unit_test(test_stamps_are_the_headers_that_every_event_has_from_the_switch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
