/* SPDX-License-Identifier: MPL-2.0 */
#include "stream/routes.h"

#include "event/fields.h"
#include "net/multicast.h"

#include "load_config.h"

static struct fsz_routes *routes_of(const char *inner)
{
    struct fsz_config *config = load(inner);
    struct fsz_routes *routes = NULL;
    unsigned           slots[FSZ_STREAMS_MAX];
    assert_non_null(config);
    for (unsigned i = 0; i < FSZ_STREAMS_MAX; i++) {
        slots[i] = FSZ_STREAMS_MAX - 1 - i; /* not the order of the file */
    }
    assert_int_equal(fsz_routes_new(&config, slots, &routes), FSZ_OK);
    assert_null(config);
    return routes;
}

static unsigned slot_of(unsigned index)
{
    return FSZ_STREAMS_MAX - 1 - index;
}

static struct fsz_streamset set_of(unsigned count)
{
    struct fsz_streamset set = {0};
    for (unsigned i = 0; i < count; i++) {
        fsz_streamset_put(&set, slot_of(i), true);
    }
    return set;
}

static unsigned count_of(struct fsz_streamset set)
{
    unsigned count = 0;
    while (fsz_streamset_take(&set) >= 0) {
        count++;
    }
    return count;
}

#define PARAM(name, value) "<param name=\"" name "\" value=\"" value "\"/>"
#define ONE(name, inner)                                                                           \
    "<stream name=\"" name "\">" PARAM("bind", "ipc:///tmp/" name) inner "</stream>"
#define STREAMS(inner) "<streams>" inner "</streams>"
#define ENVELOPE PARAM("framing", "envelope")

static void test_streams_with_the_same_output_share_one_variant(void **state)
{
    (void)state;
    struct fsz_routes *routes =
        routes_of(STREAMS(ONE("a", "") ONE("b", ENVELOPE) ONE("c", ENVELOPE) ONE("d", "")));
    assert_int_equal(routes->variant_count, 1);
    assert_int_equal(count_of(routes->variants[0].streams), 4);
    assert_int_equal(routes->variants[0].topic_count, 3);
    assert_string_equal(routes->by_slot[slot_of(1)]->name, "b");
    assert_null(routes->by_slot[0]);
    fsz_routes_free(&routes);
    assert_null(routes);
}

static void test_streams_with_other_output_have_their_own_variant(void **state)
{
    (void)state;
    struct fsz_routes *routes =
        routes_of(STREAMS(ONE("a", "") ONE("b", PARAM("exclude-fields", "variable_*"))
                              ONE("c", PARAM("max-message-bytes", "2K")) ONE("d", ENVELOPE)
                                  ONE("e", ENVELOPE PARAM("topic", "Unique-ID"))
                                      ONE("f", PARAM("exclude-fields", "variable_*"))));
    struct fsz_streamset all = {0};
    assert_int_equal(routes->variant_count, 4);
    for (size_t i = 0; i < routes->variant_count; i++) {
        struct fsz_streamset streams = routes->variants[i].streams;
        struct fsz_streamset twice = fsz_streamset_and(&all, &streams);
        assert_true(fsz_streamset_empty(&twice));
        for (int slot; (slot = fsz_streamset_take(&streams)) >= 0;) {
            fsz_streamset_put(&all, (unsigned)slot, true);
        }
    }
    struct fsz_streamset expected = set_of(6);
    assert_memory_equal(&all, &expected, sizeof(all));
    fsz_routes_free(&routes);
}

static void test_select_keeps_the_streams_that_want_the_type(void **state)
{
    (void)state;
    struct fsz_routes   *routes = routes_of(STREAMS(
          ONE("a", "") ONE("b", PARAM("events", "CHANNEL_*")) ONE("c", PARAM("events", "CUSTOM/x"))));
    struct fsz_streamset all = set_of(3);
    struct fsz_streamset hangup = fsz_routes_select(routes, all, "CHANNEL_HANGUP", NULL);
    assert_true(fsz_streamset_has(&hangup, slot_of(0)) && fsz_streamset_has(&hangup, slot_of(1)));
    assert_int_equal(count_of(hangup), 2);
    struct fsz_streamset custom = fsz_routes_select(routes, all, "CUSTOM", "x");
    assert_true(fsz_streamset_has(&custom, slot_of(0)) && fsz_streamset_has(&custom, slot_of(2)));
    assert_int_equal(count_of(custom), 2);
    assert_int_equal(count_of(fsz_routes_select(routes, set_of(1), "CUSTOM", "x")), 1);
    struct fsz_streamset strangers = {.words = {1}}; /* a slot without a stream */
    assert_int_equal(count_of(fsz_routes_select(routes, strangers, "CUSTOM", "x")), 0);
    fsz_routes_free(&routes);
}

static void test_filter_removes_streams_whose_filter_rejects_the_event(void **state)
{
    (void)state;
    static const struct fsz_header headers[] = {{.name = "Caller-Context", .value = "public"},
                                                {.name = NULL}};
    const struct fsz_event         event = {
                .name = "CHANNEL_CREATE", .headers = headers, .read = fsz_headers_of_array};
    struct fsz_routes   *routes = routes_of(STREAMS(
          ONE("a", "")
              ONE("b", "<filter><header name=\"Caller-Context\" equals=\"public\"/></filter>")
                  ONE("c", "<filter><header name=\"Caller-Context\" equals=\"default\"/></filter>")));
    struct fsz_streamset passed = fsz_routes_filter(routes, set_of(3), &event);
    assert_true(fsz_streamset_has(&passed, slot_of(0)) && fsz_streamset_has(&passed, slot_of(1)));
    assert_int_equal(count_of(passed), 2);
    fsz_routes_free(&routes);
}

static void test_priority_comes_from_the_lists_and_high_wins(void **state)
{
    (void)state;
    struct fsz_routes *routes =
        routes_of("<settings>" PARAM("low-priority-events", "CODEC CDR")
                      PARAM("high-priority-events", "CDR CUSTOM/pay*") "</settings>" STREAM(""));
    assert_int_equal(fsz_routes_priority(routes, "CODEC", NULL), FSZ_PRIORITY_LOW);
    assert_int_equal(fsz_routes_priority(routes, "CDR", NULL), FSZ_PRIORITY_HIGH);
    assert_int_equal(fsz_routes_priority(routes, "CUSTOM", "payment"), FSZ_PRIORITY_HIGH);
    assert_int_equal(fsz_routes_priority(routes, "CUSTOM", "other"), FSZ_PRIORITY_NORMAL);
    assert_int_equal(fsz_routes_priority(routes, "DTMF", NULL), FSZ_PRIORITY_NORMAL);
    fsz_routes_free(&routes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_streams_with_the_same_output_share_one_variant),
        cmocka_unit_test(test_streams_with_other_output_have_their_own_variant),
        cmocka_unit_test(test_select_keeps_the_streams_that_want_the_type),
        cmocka_unit_test(test_filter_removes_streams_whose_filter_rejects_the_event),
        cmocka_unit_test(test_priority_comes_from_the_lists_and_high_wins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
