/* SPDX-License-Identifier: MPL-2.0 */
#include "stream/topic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NAMES(...) ((char *const[]){__VA_ARGS__}), sizeof((char *[]){__VA_ARGS__}) / sizeof(char *)

static const char *const several[] = {"first", "second"};

static const struct fsz_header HEADERS[] = {
    {.name = "Unique-ID", .value = "1234"},
    {.name = "Caller-Context", .value = "a/b%c\x01\x7f\xc3\xa9"},
    {.name = "List", .values = several, .value_count = 2},
    {.name = NULL},
};

static const struct fsz_event EVENT = {.name = "CUSTOM",
                                       .subclass = "sofia::register",
                                       .headers = HEADERS,
                                       .read = fsz_headers_of_array};

static void assert_topic(const char *expected, char *const *names, size_t name_count)
{
    char   topic[FSZ_TOPIC_BYTES_MAX];
    size_t size = fsz_topic_write(topic, &EVENT, names, name_count);
    assert_int_equal(size, strlen(expected));
    assert_memory_equal(topic, expected, size);
}

static void test_topic_joins_the_fields_in_any_letter_case(void **state)
{
    (void)state;
    assert_topic("CUSTOM/sofia::register/1234", NAMES("Event-Name", "Event-Subclass", "Unique-ID"));
    assert_topic("1234/CUSTOM", NAMES("unique-id", "event-NAME"));
}

static void test_topic_of_a_missing_field_is_empty_and_of_an_array_its_first(void **state)
{
    (void)state;
    assert_topic("CUSTOM//first", NAMES("Event-Name", "No-Such", "List"));
}

static void test_topic_escapes_what_would_be_a_separator_or_control(void **state)
{
    (void)state;
    assert_topic("a%2Fb%25c%01%7F\xc3\xa9", NAMES("Caller-Context"));
}

static void test_topic_is_cut_but_never_within_an_escape(void **state)
{
    (void)state;
    char slashes[FSZ_TOPIC_BYTES_MAX];
    char topic[FSZ_TOPIC_BYTES_MAX];
    memset(slashes, '/', sizeof(slashes));
    slashes[sizeof(slashes) - 1] = '\0';
    const struct fsz_header headers[] = {{.name = "Long", .value = slashes}, {.name = NULL}};
    const struct fsz_event  event = {.name = "A", .headers = headers, .read = fsz_headers_of_array};
    for (size_t skip = 0; skip < 3; skip++) {
        char *const names[] = {"Long", "Event-Name"};
        slashes[skip] = 'x';
        size_t size = fsz_topic_write(topic, &event, names, 2);
        assert_true(size <= FSZ_TOPIC_BYTES_MAX && size > FSZ_TOPIC_BYTES_MAX - 3);
        assert_int_equal((size - skip - 1) % 3, 0);
        assert_memory_equal(topic + size - 3, "%2F", 3);
    }
}

static struct fsz_event_type *type_of(struct fsz_event_types *types, const char *name,
                                      const char *subclass)
{
    static const struct fsz_streamset nobody;
    struct fsz_event_type            *type = NULL;
    assert_int_equal(
        fsz_event_types_add(types, name, subclass, FSZ_PRIORITY_NORMAL, &nobody, &type), FSZ_OK);
    return type;
}

static void assert_head(const struct fsz_event_type *type, const char *expected, char *const *names,
                        size_t name_count)
{
    char   head[FSZ_TOPIC_BYTES_MAX];
    size_t size = fsz_topic_head(head, type, names, name_count);
    assert_int_equal(size, strlen(expected));
    assert_memory_equal(head, expected, size);
}

static void test_head_is_what_every_topic_of_the_type_begins_with(void **state)
{
    (void)state;
    struct fsz_event_types *types = NULL;
    assert_int_equal(fsz_event_types_new(&types, 16), FSZ_OK);
    struct fsz_event_type *type = type_of(types, "CUSTOM", "sofia::register");
    assert_head(type, "CUSTOM/sofia::register/",
                NAMES("Event-Name", "Event-Subclass", "Unique-ID"));
    assert_head(type, "CUSTOM/", NAMES("event-name", "Unique-ID", "Event-Subclass"));
    assert_head(type, "CUSTOM", NAMES("Event-Name"));
    assert_head(type, "", NAMES("Unique-ID", "Event-Name"));
    assert_head(type_of(types, "DTMF", NULL), "DTMF//",
                NAMES("Event-Name", "Event-Subclass", "Unique-ID"));
    fsz_event_types_free(&types);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_topic_joins_the_fields_in_any_letter_case),
        cmocka_unit_test(test_topic_of_a_missing_field_is_empty_and_of_an_array_its_first),
        cmocka_unit_test(test_topic_escapes_what_would_be_a_separator_or_control),
        cmocka_unit_test(test_topic_is_cut_but_never_within_an_escape),
        cmocka_unit_test(test_head_is_what_every_topic_of_the_type_begins_with),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
