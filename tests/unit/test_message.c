/* SPDX-License-Identifier: MPL-2.0 */
#include "stream/message.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>
#include <pthread.h>

enum { LONG_BYTES = 3000, ENOUGH_BYTES = 4000 };

static char long_value[LONG_BYTES + 1];

static const struct fsz_header HEADERS[] = {
    {.name = "Event-Name", .value = "DTMF"},
    {.name = "Unique-ID", .value = "1234"},
    {.name = "Long", .value = long_value},
    {.name = NULL},
};

static const struct fsz_event EVENT = {
    .name = "DTMF", .headers = HEADERS, .read = fsz_headers_of_array};

static struct fsz_message *message_of(const struct fsz_variant *variant)
{
    struct fsz_message  *message = NULL;
    struct fsz_streamset streams = {.words = {5}};
    assert_int_equal(fsz_message_new(&EVENT, variant, NULL, FSZ_PRIORITY_HIGH, &streams, &message),
                     FSZ_OK);
    return message;
}

static void test_message_holds_topic_and_json_in_its_one_allocation(void **state)
{
    (void)state;
    char *const              topic[] = {"Event-Name", "Unique-ID"};
    const struct fsz_variant variant = {
        .max_bytes = ENOUGH_BYTES, .topic = topic, .topic_count = 2};
    int64_t             before_us = fsz_clock_wall_us();
    struct fsz_message *message = message_of(&variant);
    assert_int_equal(message->topic_size, strlen("DTMF/1234"));
    assert_memory_equal(message->topic, "DTMF/1234", message->topic_size);
    json_t *json = json_loadb(message->json, message->json_size, JSON_REJECT_DUPLICATES, NULL);
    assert_string_equal(json_string_value(json_object_get(json, "Unique-ID")), "1234");
    json_decref(json);
    const char *begin = (const char *)message;
    assert_true(message->topic > begin && message->json > begin);
    assert_true(message->json + message->json_size <= begin + message->allocated_bytes);
    assert_true(message->time_us >= before_us && message->time_us <= fsz_clock_wall_us());
    assert_int_equal(message->priority, FSZ_PRIORITY_HIGH);
    assert_int_equal(message->streams.words[0], 5);
    assert_false(message->truncated);
    fsz_message_unref(message);
}

static void test_message_without_a_topic_begins_with_json(void **state)
{
    (void)state;
    const struct fsz_variant variant = {.max_bytes = ENOUGH_BYTES};
    struct fsz_message      *message = message_of(&variant);
    assert_int_equal(message->topic_size, 0);
    assert_memory_equal(message->json, "{\"Event-Name\":\"DTMF\"", 20);
    fsz_message_unref(message);
}

static void test_message_that_is_too_long_is_cut_and_marked_truncated(void **state)
{
    (void)state;
    const struct fsz_variant whole = {.max_bytes = ENOUGH_BYTES};
    struct fsz_message      *message = message_of(&whole);
    const struct fsz_variant less = {.max_bytes = message->json_size - 1};
    fsz_message_unref(message);
    message = message_of(&less);
    assert_true(message->truncated);
    assert_true(message->json_size <= less.max_bytes);
    fsz_message_unref(message);
}

static void test_message_unref_accepts_null(void **state)
{
    (void)state;
    fsz_message_unref(NULL);
}

/* ---- references from several threads; sanitizers find a double free or a leak ---------------- */

enum { HOLDERS = 4, ROUNDS = 20000 };

static void *holder_main(void *argument)
{
    struct fsz_message *message = argument;
    for (unsigned i = 0; i < ROUNDS; i++) {
        fsz_message_ref(message);
        fsz_message_release((void *)(uintptr_t)message->json, message);
    }
    fsz_message_unref(message);
    return NULL;
}

static void test_message_lives_until_the_last_reference_is_dropped(void **state)
{
    (void)state;
    const struct fsz_variant variant = {.max_bytes = ENOUGH_BYTES};
    struct fsz_message      *message = message_of(&variant);
    pthread_t                threads[HOLDERS];
    for (unsigned i = 0; i < HOLDERS; i++) {
        fsz_message_ref(message);
        assert_int_equal(pthread_create(&threads[i], NULL, holder_main, message), 0);
    }
    for (unsigned i = 0; i < HOLDERS; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_int_equal(fsz_ref_count(&message->wire.refs), 1);
    assert_memory_equal(message->json, "{\"Event-Name\"", 13);
    fsz_message_unref(message);
}

int main(void)
{
    memset(long_value, 'x', LONG_BYTES);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_message_holds_topic_and_json_in_its_one_allocation),
        cmocka_unit_test(test_message_without_a_topic_begins_with_json),
        cmocka_unit_test(test_message_that_is_too_long_is_cut_and_marked_truncated),
        cmocka_unit_test(test_message_unref_accepts_null),
        cmocka_unit_test(test_message_lives_until_the_last_reference_is_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
