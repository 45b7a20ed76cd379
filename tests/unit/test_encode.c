/* SPDX-License-Identifier: MPL-2.0 */
#include "encode_event.h"

#include <stdbool.h>
#include <stdio.h>
#include <strings.h>

enum { HEADERS_MAX = 2000 };

static struct fsz_fields *fields_of(const char *include, const char *exclude, const char *redact)
{
    struct fsz_fields *fields = NULL;
    assert_int_equal(fsz_fields_new(include, exclude, redact, &fields, NULL), FSZ_OK);
    return fields;
}

/* -- the form ---------------------------------------------------------------------------------- */

static void test_name_is_first_and_subclass_second(void **state)
{
    (void)state;
    const struct fsz_header headers[] = {
        {.name = "Event-Subclass", .value = "late"},
        {.name = "Core-UUID", .value = "1"},
        {.name = "Event-Name", .value = "LATE"},
        {.name = NULL},
    };
    struct fsz_event event = event_of("CUSTOM", headers);
    event.subclass = "sofia::register";
    assert_encoded(&event, NULL,
                   "{\"Event-Name\":\"CUSTOM\",\"Event-Subclass\":\"sofia::register\","
                   "\"Core-UUID\":\"1\"}");
    event.subclass = NULL;
    event.headers = NULL;
    assert_encoded(&event, NULL, "{\"Event-Name\":\"CUSTOM\"}");
}

static void test_each_name_goes_out_once_and_the_first_wins(void **state)
{
    (void)state;
    const struct fsz_header headers[] = {
        {.name = "Answer-State", .value = "ringing"},
        {.name = "a", .value = "1"},
        {.name = "ANSWER-STATE", .value = "no"},
        {.name = "EVENT-NAME", .value = "no"},
        {.name = "A", .value = "no"},
        {.name = "", .value = "empty"},
        {.name = "", .value = "no"},
        {.name = "Answer-Stat@", .value = "2"},
        {.name = "Answer-Stat`", .value = "3"},
        {.name = NULL},
    };
    struct fsz_event event = event_of("X", headers);
    assert_encoded(&event, NULL,
                   "{\"Event-Name\":\"X\",\"Answer-State\":\"ringing\",\"a\":\"1\",\"\":\"empty\","
                   "\"Answer-Stat@\":\"2\",\"Answer-Stat`\":\"3\"}");
}

static void test_names_that_repair_to_the_same_go_out_once(void **state)
{
    (void)state;
    const struct fsz_header headers[] = {
        {.name = "x\xff", .value = "1"},         {.name = "x\xfe", .value = "2"},
        {.name = "X\xef\xbf\xbd", .value = "3"}, {.name = "x\"\xc3", .value = "4"},
        {.name = "X\"\xc2", .value = "5"},       {.name = NULL},
    };
    struct fsz_event event = event_of("X", headers);
    assert_encoded(&event, NULL,
                   "{\"Event-Name\":\"X\",\"x\xef\xbf\xbd\":\"1\",\"x\\\"\xef\xbf\xbd\":\"4\"}");
}

static void test_arrays_stay_arrays(void **state)
{
    (void)state;
    const char *const       values[] = {"one", "t\"wo", NULL, "\xff"};
    const struct fsz_header headers[] = {
        {.name = "list", .values = values, .value_count = 4},
        {.name = "single", .value = "not read", .values = values, .value_count = 1},
        {.name = "nothing", .value = NULL},
        {.name = NULL},
    };
    struct fsz_event event = event_of("X", headers);
    assert_encoded(&event, NULL,
                   "{\"Event-Name\":\"X\",\"list\":[\"one\",\"t\\\"wo\",\"\",\"\xef\xbf\xbd\"],"
                   "\"single\":[\"one\"],\"nothing\":\"\"}");
}

static void test_body_has_one_content_length(void **state)
{
    (void)state;
    const struct fsz_header headers[] = {
        {.name = "content-length", .value = "999"},
        {.name = "_BODY", .value = "no"},
        {.name = "_Truncated", .value = "no"},
        {.name = NULL},
    };
    struct fsz_event event = event_of("X", headers);
    event.body = "\xff\n\xc3\xa9";
    assert_encoded(&event, NULL,
                   "{\"Event-Name\":\"X\",\"Content-Length\":\"4\","
                   "\"_body\":\"\xef\xbf\xbd\\n\xc3\xa9\"}");
    event.body = "";
    assert_encoded(&event, NULL, "{\"Event-Name\":\"X\",\"Content-Length\":\"0\",\"_body\":\"\"}");
    event.body = NULL;
    assert_encoded(&event, NULL, "{\"Event-Name\":\"X\",\"content-length\":\"999\"}");
}

static void test_bytes_in_the_buffer_stay(void **state)
{
    (void)state;
    struct fsz_event  event = event_of("X", NULL);
    struct fsz_buffer out;
    fsz_buffer_init(&out, 100);
    assert_int_equal(fsz_buffer_text(&out, "before "), FSZ_OK);
    assert_int_equal(fsz_encode(&event, NULL, 0, &out, NULL), FSZ_OK);
    assert_string_equal(fsz_buffer_string(&out), "before {\"Event-Name\":\"X\"}");
    fsz_buffer_fini(&out);
}

/* -- field lists ------------------------------------------------------------------------------- */

static const char *const       LISTED[] = {"s1", "s2"};
static const struct fsz_header FIELDS[] = {
    {.name = "Unique-ID", .value = "u"},
    {.name = "variable_secret", .value = "s"},
    {.name = "variable_list", .values = LISTED, .value_count = 2},
    {.name = NULL},
};

static void assert_fields(const char *include, const char *exclude, const char *redact,
                          const char *expected)
{
    struct fsz_fields *fields = fields_of(include, exclude, redact);
    struct fsz_event   event = event_of("X", FIELDS);
    event.subclass = "s::x";
    event.body = "text";
    assert_encoded(&event, fields, expected);
    fsz_fields_free(&fields);
}

static void test_field_lists_choose_and_hide(void **state)
{
    (void)state;
    assert_fields("unique-id", NULL, NULL,
                  "{\"Event-Name\":\"X\",\"Event-Subclass\":\"s::x\",\"Unique-ID\":\"u\"}");
    assert_fields(NULL, "variable_*,_body,event-*", "event-name",
                  "{\"Event-Name\":\"X\",\"Event-Subclass\":\"s::x\",\"Unique-ID\":\"u\"}");
    assert_fields("variable_*", NULL, "*",
                  "{\"Event-Name\":\"X\",\"Event-Subclass\":\"s::x\","
                  "\"variable_secret\":\"[redacted]\",\"variable_list\":\"[redacted]\"}");
}

static void test_hidden_body_does_not_show_its_length(void **state)
{
    (void)state;
    assert_fields("_body", NULL, NULL,
                  "{\"Event-Name\":\"X\",\"Event-Subclass\":\"s::x\",\"Content-Length\":\"4\","
                  "\"_body\":\"text\"}");
    assert_fields("_body", NULL, "_body",
                  "{\"Event-Name\":\"X\",\"Event-Subclass\":\"s::x\",\"_body\":\"[redacted]\"}");
}

/* -- bounds ------------------------------------------------------------------------------------ */

static void test_what_does_not_fit_is_left_out_and_counted(void **state)
{
    (void)state;
    char                   *large = repeated("x", 1000);
    const struct fsz_header headers[] = {
        {.name = "a", .value = "1"},
        {.name = "b", .value = large},
        {.name = "c", .value = "3"},
        {.name = "B", .value = "not instead of the first"},
        {.name = NULL},
    };
    struct fsz_event event = event_of("X", headers);
    event.body = large;
    size_t omitted = 0;
    char  *text = encoded(&event, NULL, FSZ_ENCODE_MIN_BYTES, &omitted);
    assert_string_equal(text,
                        "{\"Event-Name\":\"X\",\"a\":\"1\",\"c\":\"3\",\"_truncated\":\"3\"}");
    assert_int_equal(omitted, 3);
    free(text);
    free(large);
}

/* Byte by byte around the limit: complete if it fits, and within the limit if it does not. */
static void test_bound_is_exact(void **state)
{
    (void)state;
    char             *value = repeated("\n", 600);
    struct fsz_header headers[] = {
        {.name = "first", .value = "1"},
        {.name = "n", .value = value},
        {.name = "last", .value = "9"},
        {.name = NULL},
    };
    struct fsz_event event = event_of("X", headers);
    char            *whole = encoded(&event, NULL, 0, NULL);
    size_t           size = strlen(whole);
    for (size_t max = size - 60; max < size + 10; max++) {
        size_t omitted = 0;
        char  *text = encoded(&event, NULL, max, &omitted);
        if (max >= size) {
            assert_string_equal(text, whole);
            assert_int_equal(omitted, 0);
        } else {
            assert_true(omitted >= 1);
            assert_non_null(strstr(text, "\"_truncated\":"));
        }
        free(text);
    }
    free(whole);
    free(value);
}

static void test_absurd_names_are_cut_between_characters(void **state)
{
    (void)state;
    char            *name = repeated("\xc3\xa9", 5000);
    char            *subclass = repeated("\n", 5000);
    struct fsz_event event = event_of(name, NULL);
    event.subclass = subclass;
    size_t      omitted = 0;
    char       *text = encoded(&event, NULL, FSZ_ENCODE_MIN_BYTES, &omitted);
    json_t     *parsed = json_loads(text, 0, NULL);
    const char *got = json_string_value(json_object_get(parsed, "Event-Name"));
    assert_int_equal(omitted, 2);
    assert_true(strlen(text) > FSZ_ENCODE_MIN_BYTES - 40);
    assert_true(strlen(got) > 400 && strncmp(got, name, strlen(got)) == 0);
    got = json_string_value(json_object_get(parsed, "Event-Subclass"));
    assert_true(strlen(got) > 200 && strncmp(got, subclass, strlen(got)) == 0);
    json_decref(parsed);
    free(text);
    free(name);
    free(subclass);
}

static void test_bound_too_small_for_any_event_is_refused(void **state)
{
    (void)state;
    struct fsz_event  event = event_of("X", NULL);
    struct fsz_buffer out;
    fsz_buffer_init(&out, 4096);
    assert_int_equal(fsz_encode(&event, NULL, FSZ_ENCODE_MIN_BYTES - 1, &out, NULL), FSZ_EINVALID);
    assert_int_equal(out.size, 0);
    fsz_buffer_fini(&out);
}

static void test_buffer_limit_is_exact_and_leaves_nothing_half_done(void **state)
{
    (void)state;
    const struct fsz_header headers[] = {
        {.name = "a", .value = "\x01\x02\x03"}, {.name = "A", .value = "dropped"}, {.name = NULL}};
    struct fsz_event event = event_of("X", headers);
    event.body = "b\"";
    char  *whole = encoded(&event, NULL, 0, NULL);
    size_t size = strlen(whole);
    for (size_t limit = 1; limit < size + 10; limit++) {
        struct fsz_buffer out;
        fsz_buffer_init(&out, limit + 1);
        assert_int_equal(fsz_buffer_text(&out, "+"), FSZ_OK);
        fsz_err err = fsz_encode(&event, NULL, 0, &out, NULL);
        assert_int_equal(err, limit < size ? FSZ_ELIMIT : FSZ_OK);
        assert_int_equal(out.size, limit < size ? 1 : size + 1);
        fsz_buffer_fini(&out);
    }
    free(whole);
}

static void test_values_that_are_all_escapes_make_the_buffer_grow(void **state)
{
    (void)state;
    char             *controls = repeated("\x01", 3000);
    char             *expected = repeated("\\u0001", 3000);
    struct fsz_header headers[] = {
        {.name = "a", .value = controls},
        {.name = "b", .value = controls},
        {.name = "c", .value = "z"},
        {.name = NULL},
    };
    struct fsz_event event = event_of("X", headers);
    char            *text = encoded(&event, NULL, 0, NULL);
    char             head[] = "{\"Event-Name\":\"X\",\"a\":\"";
    assert_memory_equal(text, head, sizeof(head) - 1);
    assert_memory_equal(text + sizeof(head) - 1, expected, 18000);
    assert_non_null(strstr(text, "\",\"c\":\"z\"}"));
    free(text);
    free(controls);
    free(expected);
}

static void test_very_many_headers_are_still_told_apart(void **state)
{
    (void)state;
    static char              names[HEADERS_MAX][24];
    static struct fsz_header headers[2 * HEADERS_MAX + 1];
    for (size_t i = 0; i < HEADERS_MAX; i++) {
        snprintf(names[i], sizeof(names[i]), "variable_%zu_uuid", i);
        headers[i] = (struct fsz_header){.name = names[i], .value = "1"};
        headers[HEADERS_MAX + i] = (struct fsz_header){.name = names[i], .value = "2"};
    }
    struct fsz_event event = event_of("X", headers);
    char            *text = encoded(&event, NULL, 0, NULL);
    json_t          *parsed = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_int_equal(json_object_size(parsed), HEADERS_MAX + 1);
    assert_null(strstr(text, ":\"2\""));
    json_decref(parsed);
    free(text);
}

static void test_string_is_written_with_its_quotes(void **state)
{
    (void)state;
    struct fsz_buffer out;
    fsz_buffer_init(&out, 20);
    assert_int_equal(fsz_encode_string(&out, "a\"\xff\n"), FSZ_OK);
    assert_string_equal(fsz_buffer_string(&out), "\"a\\\"\xef\xbf\xbd\\n\"");
    assert_int_equal(fsz_encode_string(&out, "more than there is room"), FSZ_ELIMIT);
    assert_int_equal(out.size, 10);
    fsz_buffer_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_name_is_first_and_subclass_second),
        cmocka_unit_test(test_each_name_goes_out_once_and_the_first_wins),
        cmocka_unit_test(test_names_that_repair_to_the_same_go_out_once),
        cmocka_unit_test(test_arrays_stay_arrays),
        cmocka_unit_test(test_body_has_one_content_length),
        cmocka_unit_test(test_bytes_in_the_buffer_stay),
        cmocka_unit_test(test_field_lists_choose_and_hide),
        cmocka_unit_test(test_hidden_body_does_not_show_its_length),
        cmocka_unit_test(test_what_does_not_fit_is_left_out_and_counted),
        cmocka_unit_test(test_bound_is_exact),
        cmocka_unit_test(test_absurd_names_are_cut_between_characters),
        cmocka_unit_test(test_bound_too_small_for_any_event_is_refused),
        cmocka_unit_test(test_buffer_limit_is_exact_and_leaves_nothing_half_done),
        cmocka_unit_test(test_values_that_are_all_escapes_make_the_buffer_grow),
        cmocka_unit_test(test_very_many_headers_are_still_told_apart),
        cmocka_unit_test(test_string_is_written_with_its_quotes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
