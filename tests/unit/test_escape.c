/* SPDX-License-Identifier: MPL-2.0 */
#include "event/escape.h"

#include "../utf8_reference.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FFFD "\xef\xbf\xbd"

enum { TEXT_MAX = 130, PLACES_MAX = 72 };

/* Escapes into exactly fsz_escape_size() bytes, from an allocation as long as the text, so that a
 * sanitizer sees each access beyond. Returns a copy with a NUL. */
static char *escaped_of(const char *text, size_t length)
{
    char          *exact = malloc(length > 0 ? length : 1);
    size_t         size = fsz_escape_size(text, length, NULL);
    unsigned char *out = malloc(size > 0 ? size : 1);
    assert_non_null(exact);
    assert_non_null(out);
    memcpy(exact, text, length);
    assert_ptr_equal(fsz_escape_write(out, exact, length), out + size);
    char *copy = calloc(1, size + 1);
    assert_non_null(copy);
    memcpy(copy, out, size);
    free(exact);
    free(out);
    return copy;
}

static void assert_escaped(const char *text, const char *expected)
{
    char *escaped = escaped_of(text, strlen(text));
    assert_string_equal(escaped, expected);
    free(escaped);
}

/* Bytes of all sorts at every place of texts of every length. */
static void test_escapes_are_found_at_every_place(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"\x01", "\\u0001"}, {"\x1f", "\\u001f"}, {"\"", "\\\""}, {"\\", "\\\\"}, {"\n", "\\n"},
        {"\x7f", "\x7f"},    {"\x80", FFFD},      {"\xff", FFFD}, {" ", " "},     {"!", "!"},
        {"[", "["},          {"]", "]"},          {"#", "#"},     {"~", "~"},
    };
    char text[TEXT_MAX + 1];
    char expected[TEXT_MAX + 8];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (size_t length = 1; length < PLACES_MAX; length++) {
            for (size_t at = 0; at < length; at++) {
                size_t size = strlen(cases[i][1]);
                memset(text, 'a', length);
                text[length] = '\0';
                text[at] = cases[i][0][0];
                memset(expected, 'a', length + size);
                memcpy(expected + at, cases[i][1], size);
                expected[length + size - 1] = '\0';
                assert_escaped(text, expected);
            }
        }
    }
}

static void test_control_characters_have_their_short_forms(void **state)
{
    (void)state;
    assert_escaped("\b\t\n\f\r\v\x1b\x7f/", "\\b\\t\\n\\f\\r\\u000b\\u001b\x7f/");
    assert_escaped("", "");
}

static void test_one_replacement_for_each_maximal_subpart(void **state)
{
    (void)state;
    /* Unicode 15, chapter 3.9, tables 3-8 to 3-11 */
    assert_escaped("\xc0\xaf\xe0\x80\xbf\xf0\x81\x82\x41",
                   FFFD FFFD FFFD FFFD FFFD FFFD FFFD FFFD "A");
    assert_escaped("\xed\xa0\x80\xed\xbf\xbf\xed\xaf\x41",
                   FFFD FFFD FFFD FFFD FFFD FFFD FFFD FFFD "A");
    assert_escaped("\xf4\x91\x92\x93\xff\x41\x80\xbf\x42",
                   FFFD FFFD FFFD FFFD FFFD "A" FFFD FFFD "B");
    assert_escaped("\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41", FFFD FFFD FFFD FFFD "A");
    assert_escaped("a\xe2\x82", "a" FFFD);
    assert_escaped("\xf4\x90\x80\x80", FFFD FFFD FFFD FFFD);
}

static void test_well_formed_text_stays_as_it_is(void **state)
{
    (void)state;
    const char *text =
        "Zürich \xc2\x80 \xdf\xbf \xe0\xa0\x80 \xed\x9f\xbf \xee\x80\x80 \xef\xbf\xbf "
        "\xf0\x90\x80\x80 \xf4\x8f\xbf\xbf 東京 🎉";
    assert_escaped(text, text);
}

static void assert_as_reference(const unsigned char *bytes, size_t length)
{
    char expected[64];
    reference_repair((const char *)bytes, length, expected);
    char *escaped = escaped_of((const char *)bytes, length);
    assert_string_equal(escaped, expected);
    free(escaped);
}

/* All beginnings of sequences with two bytes, followed by bytes at the borders of ranges. */
static void test_any_high_bytes_come_out_as_the_definition_has_it(void **state)
{
    (void)state;
    static const unsigned char border[] = {'a', 0x80, 0x9f, 0xbf, 0xc0};
    for (unsigned first = 0x80; first <= 0xff; first++) {
        for (unsigned second = 0x7f; second <= 0xff; second++) {
            for (size_t i = 0; i < sizeof(border); i++) {
                for (size_t j = 0; j < sizeof(border); j++) {
                    unsigned char text[] = {first, second, border[i], border[j]};
                    assert_as_reference(text, 1 + (i + j) % 4);
                    assert_as_reference(text, 4);
                }
            }
        }
    }
}

static void test_random_bytes_round_trip_through_a_strict_parser(void **state)
{
    (void)state;
    uint64_t seed = 42;
    for (int round = 0; round < 5000; round++) {
        unsigned char text[TEXT_MAX];
        char          repaired[3 * TEXT_MAX + 1];
        size_t        length = (size_t)round % TEXT_MAX;
        for (size_t i = 0; i < length; i++) {
            seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
            unsigned char byte = (unsigned char)(seed >> 56);
            text[i] = byte == 0 || (round & 1 && byte < 0x80) ? 'x' : byte;
        }
        reference_repair((char *)text, length, repaired);
        char   *escaped = escaped_of((char *)text, length);
        char    quoted[6 * TEXT_MAX + 3];
        int     size = snprintf(quoted, sizeof(quoted), "\"%s\"", escaped);
        json_t *got = json_loadb(quoted, (size_t)size, JSON_DECODE_ANY, NULL);
        assert_non_null(got);
        assert_string_equal(json_string_value(got), repaired);
        json_decref(got);
        free(escaped);
    }
}

static void test_size_tells_whether_bytes_were_bad(void **state)
{
    (void)state;
    bool bad = true;
    assert_int_equal(fsz_escape_size("0123456789\n\xc3\xa9", 13, &bad), 14);
    assert_false(bad);
    assert_int_equal(fsz_escape_size("0123456789\xc3", 11, &bad), 13);
    assert_true(bad);
}

static void test_text_is_cut_between_two_characters(void **state)
{
    (void)state;
    assert_int_equal(fsz_escape_fit("abc", 3, 3), 3);
    assert_int_equal(fsz_escape_fit("abc", 3, 2), 2);
    assert_int_equal(fsz_escape_fit("a\n", 2, 2), 1);
    assert_int_equal(fsz_escape_fit("a\xe2\x82\xac", 4, 3), 1);
    assert_int_equal(fsz_escape_fit("a\x01z", 3, 7), 2);
    assert_int_equal(fsz_escape_fit("\xff", 1, 2), 0);
    assert_int_equal(fsz_escape_fit("", 0, 0), 0);
}

static void test_repair_replaces_and_escapes_nothing(void **state)
{
    (void)state;
    unsigned char  text[16];
    unsigned char *end = fsz_escape_repair(text, "\xff\"\n\xc3\xa9", 5);
    assert_int_equal(end - text, 7);
    assert_memory_equal(text, FFFD "\"\n\xc3\xa9", 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_escapes_are_found_at_every_place),
        cmocka_unit_test(test_control_characters_have_their_short_forms),
        cmocka_unit_test(test_one_replacement_for_each_maximal_subpart),
        cmocka_unit_test(test_well_formed_text_stays_as_it_is),
        cmocka_unit_test(test_any_high_bytes_come_out_as_the_definition_has_it),
        cmocka_unit_test(test_random_bytes_round_trip_through_a_strict_parser),
        cmocka_unit_test(test_size_tells_whether_bytes_were_bad),
        cmocka_unit_test(test_text_is_cut_between_two_characters),
        cmocka_unit_test(test_repair_replaces_and_escapes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
