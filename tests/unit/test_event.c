/* SPDX-License-Identifier: MPL-2.0 */
#include "event/event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct fsz_header HEADERS[] = {
    {.name = "Event-Name", .value = "DTMF"},
    {.name = "Unique-ID", .value = "first"},
    {.name = "unique-id", .value = "second"},
    {.name = NULL},
};

static struct fsz_event event_of(const struct fsz_header *headers)
{
    return (struct fsz_event){.name = "DTMF", .headers = headers, .read = fsz_headers_of_array};
}

static void test_array_is_read_in_pieces_of_any_size(void **state)
{
    (void)state;
    for (size_t max = 1; max <= 4; max++) {
        const void       *cursor = HEADERS;
        struct fsz_header batch[4];
        size_t            total = 0;
        for (size_t count; (count = fsz_headers_of_array(&cursor, batch, max)) > 0;) {
            assert_true(count <= max);
            for (size_t i = 0; i < count; i++) {
                assert_string_equal(batch[i].value, HEADERS[total++].value);
            }
        }
        assert_int_equal(total, 3);
    }
}

static void test_find_takes_the_first_in_any_letter_case(void **state)
{
    (void)state;
    struct fsz_event  event = event_of(HEADERS);
    struct fsz_header found;
    assert_int_equal(fsz_event_find(&event, "UNIQUE-id", &found), 1);
    assert_string_equal(found.value, "first");
    assert_int_equal(fsz_event_find(&event, "Unique", &found), 0);
}

static void test_find_reads_beyond_one_batch(void **state)
{
    (void)state;
    static char       names[3 * FSZ_HEADER_BATCH][16];
    struct fsz_header headers[3 * FSZ_HEADER_BATCH + 1] = {0};
    for (size_t i = 0; i < 3 * FSZ_HEADER_BATCH; i++) {
        snprintf(names[i], sizeof(names[i]), "h%zu", i);
        headers[i] = (struct fsz_header){.name = names[i], .value = names[i]};
    }
    struct fsz_event  event = event_of(headers);
    struct fsz_header found;
    assert_int_equal(fsz_event_find(&event, "H95", &found), 1);
    assert_string_equal(found.value, "h95");
    assert_int_equal(fsz_event_find(&event, "h96", &found), 0);
}

static void test_event_without_headers_has_none(void **state)
{
    (void)state;
    struct fsz_event  event = event_of(NULL);
    struct fsz_header found;
    assert_int_equal(fsz_event_find(&event, "Event-Name", &found), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_array_is_read_in_pieces_of_any_size),
        cmocka_unit_test(test_find_takes_the_first_in_any_letter_case),
        cmocka_unit_test(test_find_reads_beyond_one_batch),
        cmocka_unit_test(test_event_without_headers_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
