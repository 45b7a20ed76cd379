/* SPDX-License-Identifier: MPL-2.0 */
/* The fast path in each variant that this processor can run: all write the same bytes. */
#include "encode_event.h"
#include "event/fast_path.h"

#include <stdio.h>
#include <strings.h>
#include <sys/mman.h>

#define FFFD "\xef\xbf\xbd"

enum { HEADERS_MAX = 2000 };

/* -- captured events --------------------------------------------------------------------------- */

/* A captured event as headers; the strings are the JSON object's. */
struct captured {
    struct fsz_header headers[HEADERS_MAX];
    const char       *values[HEADERS_MAX];
    struct fsz_event  event;
};

static void captured_fill(struct captured *captured, json_t *object)
{
    const char *name;
    json_t     *value;
    size_t      count = 0;
    size_t      used = 0;
    memset(captured, 0, sizeof(*captured));
    json_object_foreach(object, name, value)
    {
        struct fsz_header *header = &captured->headers[count];
        if (strcmp(name, "_body") == 0) {
            captured->event.body = json_string_value(value);
            continue;
        }
        *header = (struct fsz_header){.name = name, .value = json_string_value(value)};
        header->values = captured->values + used;
        header->value_count = json_array_size(value);
        for (size_t i = 0; i < header->value_count; i++) {
            captured->values[used++] = json_string_value(json_array_get(value, i));
        }
        count++;
    }
    captured->event.name = json_string_value(json_object_get(object, "Event-Name"));
    captured->event.subclass = json_string_value(json_object_get(object, "Event-Subclass"));
    captured->event.headers = captured->headers;
    captured->event.read = fsz_headers_of_array;
}

/* FreeSWITCH's CODEC events name some headers twice, in another letter case. */
static json_t *without_repetitions(json_t *object)
{
    json_t *once = json_object();
    for (void *i = json_object_iter(object); i != NULL; i = json_object_iter_next(object, i)) {
        bool repeated = false;
        for (void *j = json_object_iter(once); j != NULL; j = json_object_iter_next(once, j)) {
            repeated |= strcasecmp(json_object_iter_key(i), json_object_iter_key(j)) == 0;
        }
        if (!repeated) {
            json_object_set(once, json_object_iter_key(i), json_object_iter_value(i));
        }
    }
    return once;
}

static void assert_round_trip(struct captured *captured, json_t *object)
{
    captured_fill(captured, object);
    char   *text = encoded(&captured->event, NULL, 0, NULL);
    json_t *parsed = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    json_t *expected = without_repetitions(object);
    assert_true(json_equal(parsed, expected));
    assert_memory_equal(text, "{\"Event-Name\":\"", 15);
    json_decref(expected);
    json_decref(parsed);
    free(text);
}

static void assert_all_round_trip(void)
{
    static struct captured captured;
    FILE                  *file = fopen(FSZ_TEST_DATA "/calls.jsonl", "re");
    char                  *line = NULL;
    size_t                 size = 0;
    size_t                 count = 0;
    assert_non_null(file);
    for (; getline(&line, &size, file) > 0; count++) {
        json_t *object = json_loads(line, 0, NULL);
        assert_non_null(object);
        assert_round_trip(&captured, object);
        json_decref(object);
    }
    assert_true(count > 50);
    free(line);
    fclose(file);
}

typedef void (*check_fn)(void);

static void on_each_path(check_fn check)
{
    const struct fsz_fast_path *kept = fsz_fast_path;
    for (const struct fsz_fast_path *path = fsz_fast_paths(); path->name != NULL; path++) {
        fsz_fast_path = path;
        check();
    }
    fsz_fast_path = kept;
}

static void test_captured_events_round_trip(void **state)
{
    (void)state;
    on_each_path(assert_all_round_trip);
}

/* -- the end of a text ------------------------------------------------------------------------- */

enum { PAGE_BYTES = 4096, PAGES_BYTES = 2 * PAGE_BYTES, TEXT_MAX = 100 };

/* Two pages; the second cannot be read. */
static char *pages_new(void)
{
    char *pages =
        mmap(NULL, PAGES_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(pages != MAP_FAILED);
    assert_int_equal(mprotect(pages + PAGE_BYTES, PAGE_BYTES, PROT_NONE), 0);
    return pages;
}

/* A text of that length that ends `behind` bytes before the end of the page. */
static char *pages_put(char *pages, size_t length, size_t behind, char letter)
{
    char *text = pages + PAGE_BYTES - behind - length - 1;
    memset(pages, 'z', PAGE_BYTES);
    memset(text, letter, length);
    text[length] = '\0';
    return text;
}

static void assert_texts_at_a_pages_end(void)
{
    char *names = pages_new();
    char *values = pages_new();
    for (size_t length = 0; length < TEXT_MAX; length++) {
        for (size_t behind = 0; behind < 40; behind++) {
            struct fsz_header headers[] = {
                {.name = pages_put(names, length, behind, 'n'),
                 .value = pages_put(values, TEXT_MAX - length, behind, 'v')},
                {.name = NULL},
            };
            struct fsz_event event = event_of("X", headers);
            char             expected[256];
            snprintf(expected, sizeof(expected), "{\"Event-Name\":\"X\",\"%s\":\"%s\"}",
                     headers[0].name, headers[0].value);
            assert_encoded(&event, NULL, expected);
        }
    }
    munmap(names, PAGES_BYTES);
    munmap(values, PAGES_BYTES);
}

static void test_text_may_end_where_memory_ends(void **state)
{
    (void)state;
    on_each_path(assert_texts_at_a_pages_end);
}

/* Everything that needs an escape, at each place of a block. */
static void assert_escapes_at_each_place(void)
{
    static const char *const cases[][2] = {
        {"\x01", "\\u0001"},
        {"\"", "\\\""},
        {"\\", "\\\\"},
        {"\r\n", "\\r\\n"},
        {"\x7f", "\x7f"},
        {"\xff", FFFD},
        {"\xe2\x82\xac", "\xe2\x82\xac"},
        {"\xe2\x82", FFFD},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (int length = 0; length < TEXT_MAX; length++) {
            char              value[2 * TEXT_MAX], expected[4 * TEXT_MAX];
            struct fsz_header headers[] = {{.name = "n", .value = value}, {.name = NULL}};
            struct fsz_event  event = event_of("X", headers);
            snprintf(value, sizeof(value), "%*s%s%*s%s", length, "", cases[i][0], length % 7, "",
                     cases[i][0]);
            snprintf(expected, sizeof(expected), "{\"Event-Name\":\"X\",\"n\":\"%*s%s%*s%s\"}",
                     length, "", cases[i][1], length % 7, "", cases[i][1]);
            assert_encoded(&event, NULL, expected);
        }
    }
}

static void test_escapes_are_found_at_every_place(void **state)
{
    (void)state;
    on_each_path(assert_escapes_at_each_place);
}

/* An object that just fits the fast path, and one that just does not, look the same. */
static void assert_sizes_around_the_limit(void)
{
    for (size_t length = FSZ_FAST_PATH_BYTES - 200; length < FSZ_FAST_PATH_BYTES + 20; length++) {
        char             *value = repeated("v", length);
        struct fsz_header headers[] = {
            {.name = "a", .value = value}, {.name = "A", .value = "2"}, {.name = NULL}};
        struct fsz_event event = event_of("X", headers);
        char            *text = encoded(&event, NULL, 0, NULL);
        assert_int_equal(strlen(text), length + strlen("{\"Event-Name\":\"X\",\"a\":\"\"}"));
        assert_memory_equal(text + strlen("{\"Event-Name\":\"X\",\"a\":\""), value, length);
        free(text);
        free(value);
    }
}

static void test_large_objects_look_the_same(void **state)
{
    (void)state;
    on_each_path(assert_sizes_around_the_limit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_captured_events_round_trip),
        cmocka_unit_test(test_text_may_end_where_memory_ends),
        cmocka_unit_test(test_escapes_are_found_at_every_place),
        cmocka_unit_test(test_large_objects_look_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
