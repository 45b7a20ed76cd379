/* SPDX-License-Identifier: MPL-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/gaps.h"

#include <stdio.h>
#include <string.h>

enum { REPORTS_MAX = 16 };

/* The reports as text: "DTMF/ 2-2", "epoch". */
struct reports {
    char   text[REPORTS_MAX][128];
    size_t count;
};

static void reports_take(void *context, const struct fsz_gap *gap)
{
    struct reports *reports = context;
    assert_true(reports->count < REPORTS_MAX);
    if (gap->type == FSZ_GAP_EPOCH) {
        strcpy(reports->text[reports->count++], "epoch");
        return;
    }
    snprintf(reports->text[reports->count++], sizeof reports->text[0],
             "%s %" JSON_INTEGER_FORMAT "-%" JSON_INTEGER_FORMAT, gap->event_type, gap->first,
             gap->last);
}

static void reports_are(const struct reports *reports, const char *const *expected, size_t count)
{
    for (size_t i = 0; i < count && i < reports->count; i++) {
        assert_string_equal(reports->text[i], expected[i]);
    }
    assert_int_equal(reports->count, count);
}

#define REPORTS_ARE(reports, ...)                                                                  \
    do {                                                                                           \
        const char *const expected[] = {__VA_ARGS__};                                              \
        reports_are((reports), expected, sizeof expected / sizeof *expected);                      \
    } while (0)

static void see_text(struct fsz_gaps *gaps, const char *text, bool own)
{
    json_t *meta = json_loads(text, 0, NULL);
    assert_non_null(meta);
    fsz_gaps_see(gaps, meta, own);
    json_decref(meta);
}

static void see_event(struct fsz_gaps *gaps, const char *epoch, int seq, const char *event_type,
                      int type_seq)
{
    char text[256];
    snprintf(text, sizeof text,
             "{\"stream\":\"live\",\"epoch\":\"%s\",\"seq\":%d,\"type\":\"%s\",\"type_seq\":%d}",
             epoch, seq, event_type, type_seq);
    see_text(gaps, text, false);
}

static void see_beat(struct fsz_gaps *gaps, int seq, const char *types)
{
    char text[256];
    snprintf(text, sizeof text, "{\"stream\":\"live\",\"epoch\":\"a\",\"seq\":%d,\"types\":{%s}}",
             seq, types);
    see_text(gaps, text, true);
}

/* A beat that names all event types that have a number. */
static void see_beat_of_all(struct fsz_gaps *gaps, const char *types)
{
    char text[256];
    snprintf(text, sizeof text,
             "{\"stream\":\"live\",\"epoch\":\"a\",\"seq\":9,\"types\":{%s},\"all\":true}", types);
    see_text(gaps, text, true);
}

static struct fsz_gaps *gaps_of_everything(struct reports *reports)
{
    struct fsz_gaps *gaps = fsz_gaps_new(NULL, 0, reports_take, reports);
    assert_non_null(gaps);
    return gaps;
}

static void test_gaps_reports_nothing_without_a_gap(void **state)
{
    (void)state;
    struct reports   reports = {0};
    struct fsz_gaps *gaps = gaps_of_everything(&reports);
    see_event(gaps, "a", 500, "DTMF/", 3); /* joined late: no loss */
    see_event(gaps, "a", 501, "CODEC/", 9);
    see_beat(gaps, 501, "\"CODEC/\":9");
    see_event(gaps, "a", 900, "DTMF/", 4); /* seq also counts events that this user may not see */
    see_beat(gaps, 1000, "");
    assert_int_equal(reports.count, 0);
    assert_int_equal(fsz_gaps_lost(gaps), 0);
    fsz_gaps_free(&gaps);
    assert_null(gaps);
}

static void test_gaps_reports_a_gap_between_events(void **state)
{
    (void)state;
    struct reports   reports = {0};
    struct fsz_gaps *gaps = gaps_of_everything(&reports);
    see_event(gaps, "a", 4710, "DTMF/", 1);
    see_event(gaps, "a", 4723, "DTMF/", 14);
    REPORTS_ARE(&reports, "DTMF/ 2-13");
    assert_int_equal(fsz_gaps_lost(gaps), 12);
    fsz_gaps_free(&gaps);
}

static void test_gaps_reports_a_gap_shown_by_a_beat_once(void **state)
{
    (void)state;
    struct reports   reports = {0};
    struct fsz_gaps *gaps = gaps_of_everything(&reports);
    see_event(gaps, "a", 7, "DTMF/", 1);
    see_beat(gaps, 9, "\"DTMF/\":3");
    see_beat(gaps, 9, "");
    see_event(gaps, "a", 10, "DTMF/", 4);
    REPORTS_ARE(&reports, "DTMF/ 2-3");
    fsz_gaps_free(&gaps);
}

static void test_gaps_ignores_repeated_events(void **state)
{
    (void)state;
    struct reports   reports = {0};
    struct fsz_gaps *gaps = gaps_of_everything(&reports);
    see_event(gaps, "a", 7, "DTMF/", 1); /* the same stream at two endpoints */
    see_event(gaps, "a", 7, "DTMF/", 1);
    see_event(gaps, "a", 8, "DTMF/", 2);
    see_event(gaps, "a", 7, "DTMF/", 1);
    see_event(gaps, "a", 9, "DTMF/", 3);
    assert_int_equal(reports.count, 0);
    fsz_gaps_free(&gaps);
}

static void test_gaps_reports_a_new_epoch_and_restarts_its_counts(void **state)
{
    (void)state;
    struct reports   reports = {0};
    struct fsz_gaps *gaps = gaps_of_everything(&reports);
    see_event(gaps, "a", 100, "DTMF/", 1);
    see_event(gaps, "b", 4, "DTMF/", 2); /* it began while we listened: its first event is lost */
    see_event(gaps, "b", 6, "DTMF/", 4);
    REPORTS_ARE(&reports, "epoch", "DTMF/ 1-1", "DTMF/ 3-3");
    assert_int_equal(fsz_gaps_lost(gaps), 2);
    fsz_gaps_free(&gaps);
}

static void test_gaps_keeps_streams_apart(void **state)
{
    (void)state;
    struct reports   reports = {0};
    struct fsz_gaps *gaps = gaps_of_everything(&reports);
#define SEE(stream, number)                                                                        \
    see_text(gaps,                                                                                 \
             "{\"stream\":\"" stream "\",\"epoch\":\"1\",\"type\":\"K/\",\"type_seq\":" number     \
             "}",                                                                                  \
             false)
    SEE("x", "1");
    SEE("y", "50");
    SEE("x", "2");
    SEE("y", "52");
#undef SEE
    REPORTS_ARE(&reports, "K/ 51-51");
    fsz_gaps_free(&gaps);
}

static void test_gaps_of_selected_event_types_ignores_others(void **state)
{
    (void)state;
    char *const      topics[] = {(char *)"DTMF/", (char *)"CUSTOM/sofia::register/"};
    struct reports   reports = {0};
    struct fsz_gaps *gaps = fsz_gaps_new(topics, 2, reports_take, &reports);
    see_event(gaps, "a", 10, "DTMF/", 1);
    see_event(gaps, "a", 90, "DTMF/", 2); /* other event types in between: no loss */
    see_event(gaps, "a", 95, "DTMF/", 5);
    see_event(gaps, "a", 96, "CUSTOM/sofia::register", 1);
    see_event(gaps, "a", 98, "CUSTOM/sofia::register", 3);
    see_beat(gaps, 200, "\"DTMF/\":6,\"CODEC/\":80");
    REPORTS_ARE(&reports, "DTMF/ 3-4", "CUSTOM/sofia::register 2-2", "DTMF/ 6-6");
    fsz_gaps_free(&gaps);
}

static void test_gaps_counts_types_missing_from_a_beat_of_all_from_0(void **state)
{
    (void)state;
    char *const      topics[] = {(char *)"CHANNEL_"};
    struct reports   reports = {0};
    struct fsz_gaps *gaps = fsz_gaps_new(topics, 1, reports_take, &reports);
    see_beat(gaps, 10, "\"CHANNEL_ANSWER/\":4"); /* perhaps counted before we subscribed */
    see_beat_of_all(gaps, "\"CHANNEL_ANSWER/\":4,\"DTMF/\":7");
    see_beat(gaps, 12, "\"CHANNEL_CREATE/\":3");
    see_event(gaps, "a", 14, "CHANNEL_BRIDGE/", 2);
    REPORTS_ARE(&reports, "CHANNEL_CREATE/ 1-3", "CHANNEL_BRIDGE/ 1-1");
    fsz_gaps_free(&gaps);
}

static void test_gaps_of_all_events_counts_each_type(void **state)
{
    (void)state;
    struct reports   reports = {0};
    struct fsz_gaps *gaps = gaps_of_everything(&reports);
    see_beat_of_all(gaps, "\"API/\":4");
    see_event(gaps, "a", 14, "API/", 5);
    see_event(gaps, "a", 15, "DTMF/", 1);
    see_event(gaps, "a", 19, "CUSTOM/a", 2);
    see_beat(gaps, 30, "\"API/\":5,\"DTMF/\":3");
    REPORTS_ARE(&reports, "CUSTOM/a 1-1", "DTMF/ 2-3");
    fsz_gaps_free(&gaps);
}

static void test_gaps_of_the_empty_prefix_counts_all_events(void **state)
{
    (void)state;
    char *const      topics[] = {(char *)"DTMF/", (char *)""};
    struct reports   reports = {0};
    struct fsz_gaps *gaps = fsz_gaps_new(topics, 2, reports_take, &reports);
    see_event(gaps, "a", 1, "DTMF/", 1);
    see_event(gaps, "a", 3, "API/", 2);
    see_event(gaps, "a", 7, "API/", 4);
    REPORTS_ARE(&reports, "API/ 3-3");
    fsz_gaps_free(&gaps);
}

static void test_gaps_ignores_invalid_meta(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{}",
        "{\"stream\":\"live\",\"epoch\":\"a\"}",
        "{\"stream\":\"live\",\"epoch\":\"a\",\"seq\":-4}",
        "{\"stream\":\"live\",\"epoch\":\"a\",\"seq\":\"7\"}",
        "{\"stream\":[],\"epoch\":{},\"seq\":9}",
        "{\"stream\":\"live\",\"epoch\":"
        "\"0123456789012345678901234567890123456789012345678901234567890123456789\",\"seq\":900}",
        "{\"stream\":\"live\",\"epoch\":\"a\",\"seq\":2,\"types\":[1],\"type\":7,\"type_seq\":"
        "\"x\"}",
    };
    struct reports   reports = {0};
    struct fsz_gaps *gaps = gaps_of_everything(&reports);
    see_event(gaps, "a", 2, "DTMF/", 1);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        see_text(gaps, texts[i], i % 2 == 0);
    }
    see_event(gaps, "a", 3, "DTMF/", 2);
    assert_int_equal(reports.count, 0);
    fsz_gaps_free(&gaps);
}

static void test_gaps_accepts_the_largest_numbers(void **state)
{
    (void)state;
    struct reports   reports = {0};
    struct fsz_gaps *gaps = gaps_of_everything(&reports);
    see_beat_of_all(gaps, "");
    see_beat(gaps, 1, "\"A/\":9223372036854775807");
    see_beat(gaps, 1, "\"B/\":9223372036854775807");
    assert_int_equal(reports.count, 2);
    assert_true(fsz_gaps_lost(gaps) == INT64_MAX);
    fsz_gaps_free(&gaps);
}

static void test_gaps_follows_a_bounded_number_of_streams(void **state)
{
    (void)state;
    struct reports   reports = {0};
    struct fsz_gaps *gaps = gaps_of_everything(&reports);
    see_event(gaps, "a", 1, "DTMF/", 1);
    for (int i = 0; i < 3 * FSZ_GAPS_STREAMS_MAX; i++) {
        char text[128];
        snprintf(text, sizeof text, "{\"stream\":\"s%d\",\"epoch\":\"1\",\"seq\":1}", i);
        see_text(gaps, text, false);
        see_event(gaps, "a", i + 2, "DTMF/", 1); /* an active stream is kept */
    }
    assert_int_equal(reports.count, 0);
    see_event(gaps, "a", 3 * FSZ_GAPS_STREAMS_MAX + 3, "DTMF/", 3);
    assert_int_equal(reports.count, 1);
    fsz_gaps_free(&gaps);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gaps_reports_nothing_without_a_gap),
        cmocka_unit_test(test_gaps_reports_a_gap_between_events),
        cmocka_unit_test(test_gaps_reports_a_gap_shown_by_a_beat_once),
        cmocka_unit_test(test_gaps_ignores_repeated_events),
        cmocka_unit_test(test_gaps_reports_a_new_epoch_and_restarts_its_counts),
        cmocka_unit_test(test_gaps_keeps_streams_apart),
        cmocka_unit_test(test_gaps_of_selected_event_types_ignores_others),
        cmocka_unit_test(test_gaps_counts_types_missing_from_a_beat_of_all_from_0),
        cmocka_unit_test(test_gaps_of_all_events_counts_each_type),
        cmocka_unit_test(test_gaps_of_the_empty_prefix_counts_all_events),
        cmocka_unit_test(test_gaps_ignores_invalid_meta),
        cmocka_unit_test(test_gaps_accepts_the_largest_numbers),
        cmocka_unit_test(test_gaps_follows_a_bounded_number_of_streams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
