/* SPDX-License-Identifier: MPL-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "event/filter.h"

static const char *const       codecs[] = {"PCMU", "PCMA", NULL};
static const struct fsz_header headers[] = {
    {.name = "Event-Name", .value = "CHANNEL_ANSWER"},
    {.name = "Caller-Context", .value = "public"},
    {.name = "Caller-Destination-Number", .value = "+49301234"},
    {.name = "Empty", .value = ""},
    {.name = "Nothing", .value = NULL},
    {.name = "Broken",
     .value = "Gr\xfc\xdf"
              "e"},
    {.name = "Codec", .values = codecs, .value_count = 2},
    {.name = "Twice", .value = "first"},
    {.name = "Twice", .value = "second"},
    {0},
};
static const struct fsz_event event = {
    .name = "CHANNEL_ANSWER", .body = "the body", .headers = headers, .read = fsz_headers_of_array};

static struct fsz_filter *leaf(enum fsz_filter_op op, bool negated, const char *header,
                               const char *operand)
{
    struct fsz_filter *filter = NULL;
    char               why[128] = "";
    assert_int_equal(fsz_filter_leaf_new(op, negated, header, operand, &filter, why, sizeof why),
                     FSZ_OK);
    return filter;
}

static bool passes(struct fsz_filter *filter)
{
    bool result = fsz_filter_passes(filter, &event);
    fsz_filter_free(&filter);
    assert_null(filter);
    return result;
}

static void test_filter_equals_compares_whole_values(void **state)
{
    (void)state;
    assert_true(passes(leaf(FSZ_FILTER_EQUALS, false, "Caller-Context", "public")));
    assert_false(passes(leaf(FSZ_FILTER_EQUALS, false, "Caller-Context", "Public")));
    assert_false(passes(leaf(FSZ_FILTER_EQUALS, false, "Caller-Context", "publi")));
    assert_true(passes(leaf(FSZ_FILTER_EQUALS, false, "Empty", "")));
    assert_true(passes(leaf(FSZ_FILTER_EQUALS, false, "Nothing", "")));
    assert_false(passes(leaf(FSZ_FILTER_EQUALS, false, "Absent", "")));
}

static void test_filter_looks_names_up_as_the_switch_does(void **state)
{
    (void)state;
    assert_true(passes(leaf(FSZ_FILTER_EQUALS, false, "caller-context", "public")));
    assert_true(passes(leaf(FSZ_FILTER_EQUALS, false, "Twice", "first")));
    assert_false(passes(leaf(FSZ_FILTER_EQUALS, false, "Twice", "second")));
    assert_true(passes(leaf(FSZ_FILTER_EQUALS, false, "_body", "the body")));
    assert_true(passes(leaf(FSZ_FILTER_EQUALS, false, "event-name", "CHANNEL_ANSWER")));
    assert_false(passes(leaf(FSZ_FILTER_EXISTS, false, "Event-Subclass", NULL)));
}

static void test_filter_matches_anywhere_unless_anchored(void **state)
{
    (void)state;
    assert_true(passes(leaf(FSZ_FILTER_MATCHES, false, "Caller-Destination-Number", "^\\+?49")));
    assert_true(passes(leaf(FSZ_FILTER_MATCHES, false, "Caller-Destination-Number", "30")));
    assert_false(passes(leaf(FSZ_FILTER_MATCHES, false, "Caller-Destination-Number", "^30")));
    assert_false(passes(leaf(FSZ_FILTER_MATCHES, false, "Absent", "")));
    assert_true(passes(leaf(FSZ_FILTER_MATCHES, false, "Nothing", "^$")));
}

static void test_filter_matches_around_bytes_that_are_not_utf8(void **state)
{
    (void)state;
    assert_true(passes(leaf(FSZ_FILTER_MATCHES, false, "Broken", "^Gr")));
    assert_true(passes(leaf(FSZ_FILTER_MATCHES, false, "Broken", "e$")));
    assert_false(passes(leaf(FSZ_FILTER_MATCHES, false, "Broken", "^Gr..e$")));
}

static void test_filter_array_needs_one_value_that_meets(void **state)
{
    (void)state;
    assert_true(passes(leaf(FSZ_FILTER_EQUALS, false, "Codec", "PCMA")));
    assert_false(passes(leaf(FSZ_FILTER_EQUALS, false, "Codec", "opus")));
    assert_true(passes(leaf(FSZ_FILTER_MATCHES, false, "Codec", "A$")));
    assert_true(passes(leaf(FSZ_FILTER_EXISTS, false, "Codec", NULL)));
}

static void test_filter_not_turns_the_answer_round(void **state)
{
    (void)state;
    assert_false(passes(leaf(FSZ_FILTER_EQUALS, true, "Caller-Context", "public")));
    assert_true(passes(leaf(FSZ_FILTER_EXISTS, true, "Absent", NULL)));
    assert_true(passes(leaf(FSZ_FILTER_MATCHES, true, "Absent", "x")));
}

static struct fsz_filter *group(enum fsz_filter_op op, bool negated)
{
    struct fsz_filter *filter = NULL;
    assert_int_equal(fsz_filter_group_new(op, negated, &filter), FSZ_OK);
    return filter;
}

static struct fsz_filter *with(struct fsz_filter *parent, struct fsz_filter *child)
{
    assert_int_equal(fsz_filter_add(parent, child), FSZ_OK);
    return parent;
}

static struct fsz_filter *yes(void)
{
    return leaf(FSZ_FILTER_EXISTS, false, "Codec", NULL);
}

static struct fsz_filter *no(void)
{
    return leaf(FSZ_FILTER_EXISTS, false, "Absent", NULL);
}

static void test_filter_groups_are_all_of_and_any_of(void **state)
{
    (void)state;
    assert_true(passes(group(FSZ_FILTER_ALL, false)));
    assert_false(passes(group(FSZ_FILTER_ANY, false)));
    assert_true(passes(with(with(group(FSZ_FILTER_ALL, false), yes()), yes())));
    assert_false(passes(with(with(group(FSZ_FILTER_ALL, false), yes()), no())));
    assert_true(passes(with(with(group(FSZ_FILTER_ANY, false), no()), yes())));
    assert_false(passes(with(with(group(FSZ_FILTER_ANY, false), no()), no())));
    assert_true(passes(with(with(group(FSZ_FILTER_ANY, true), no()), no())));
}

static void test_filter_groups_nest(void **state)
{
    (void)state;
    struct fsz_filter *any = with(with(group(FSZ_FILTER_ANY, false), no()), yes());
    assert_true(passes(with(with(group(FSZ_FILTER_ALL, false), any), yes())));
    struct fsz_filter *none = with(group(FSZ_FILTER_ANY, true), yes());
    assert_false(passes(with(with(group(FSZ_FILTER_ALL, false), none), yes())));
}

static void test_filter_refuses_more_than_its_limits(void **state)
{
    (void)state;
    struct fsz_filter *wide = group(FSZ_FILTER_ANY, false);
    for (int i = 1; i < FSZ_FILTER_NODES_MAX; i++) {
        wide = with(wide, no());
    }
    assert_int_equal(fsz_filter_add(wide, yes()), FSZ_ELIMIT);
    assert_false(passes(wide));

    struct fsz_filter *deep = yes();
    for (int i = 1; i < FSZ_FILTER_DEPTH_MAX; i++) {
        deep = with(group(FSZ_FILTER_ALL, false), deep);
    }
    struct fsz_filter *root = group(FSZ_FILTER_ANY, false);
    assert_int_equal(fsz_filter_add(root, deep), FSZ_ELIMIT);
    assert_false(passes(root));
}

static void test_filter_says_where_an_expression_is_wrong(void **state)
{
    (void)state;
    struct fsz_filter *filter = NULL;
    char               why[128] = "";
    assert_int_equal(
        fsz_filter_leaf_new(FSZ_FILTER_MATCHES, false, "X", "^(49", &filter, why, sizeof why),
        FSZ_EINVALID);
    assert_null(filter);
    assert_string_equal(why, "missing closing parenthesis at character 5");
    assert_int_equal(fsz_filter_leaf_new(FSZ_FILTER_ALL, false, "X", "", &filter, why, sizeof why),
                     FSZ_EINVALID);
    assert_int_equal(fsz_filter_group_new(FSZ_FILTER_EQUALS, false, &filter), FSZ_EINVALID);
}

static bool passes_value(struct fsz_filter *filter, const char *value)
{
    const struct fsz_header one[] = {{.name = "X", .value = value}, {0}};
    const struct fsz_event  e = {.name = "DTMF", .headers = one, .read = fsz_headers_of_array};
    bool                    result = fsz_filter_passes(filter, &e);
    fsz_filter_free(&filter);
    return result;
}

static void test_filter_gives_up_on_runaway_expressions_and_counts(void **state)
{
    (void)state;
    char     value[200];
    uint64_t before = fsz_filter_gave_up();
    memset(value, 'a', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    assert_false(passes_value(leaf(FSZ_FILTER_MATCHES, false, "X", "^(a+)+[xy]$"), value));
    assert_int_equal(fsz_filter_gave_up(), before + 1);
    assert_false(passes_value(leaf(FSZ_FILTER_MATCHES, false, "X", "^b"), value));
    assert_int_equal(fsz_filter_gave_up(), before + 1);
}

static void test_filter_tries_values_up_to_its_limit_only(void **state)
{
    (void)state;
    uint64_t before = fsz_filter_gave_up();
    char    *value = malloc(FSZ_FILTER_VALUE_BYTES + 2);
    assert_non_null(value);
    memset(value, 'a', FSZ_FILTER_VALUE_BYTES + 1);
    value[FSZ_FILTER_VALUE_BYTES] = '\0';
    assert_true(passes_value(leaf(FSZ_FILTER_MATCHES, false, "X", "^a+$"), value));
    assert_int_equal(fsz_filter_gave_up(), before);
    value[FSZ_FILTER_VALUE_BYTES] = 'a';
    value[FSZ_FILTER_VALUE_BYTES + 1] = '\0';
    assert_false(passes_value(leaf(FSZ_FILTER_MATCHES, false, "X", "^a"), value));
    assert_int_equal(fsz_filter_gave_up(), before + 1);
    free(value);
}

static void *match_often(void *filter)
{
    uintptr_t passed = 0;
    for (int i = 0; i < 2000; i++) {
        passed += fsz_filter_passes(filter, &event);
    }
    return (void *)passed;
}

static void test_filter_is_used_by_several_threads_at_once(void **state)
{
    (void)state;
    struct fsz_filter *filter =
        leaf(FSZ_FILTER_MATCHES, false, "Caller-Destination-Number", "^\\+(\\d)+4$");
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, match_often, filter), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        void *passed = NULL;
        assert_int_equal(pthread_join(threads[i], &passed), 0);
        assert_int_equal((uintptr_t)passed, 2000);
    }
    fsz_filter_free(&filter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_filter_equals_compares_whole_values),
        cmocka_unit_test(test_filter_looks_names_up_as_the_switch_does),
        cmocka_unit_test(test_filter_matches_anywhere_unless_anchored),
        cmocka_unit_test(test_filter_matches_around_bytes_that_are_not_utf8),
        cmocka_unit_test(test_filter_array_needs_one_value_that_meets),
        cmocka_unit_test(test_filter_not_turns_the_answer_round),
        cmocka_unit_test(test_filter_groups_are_all_of_and_any_of),
        cmocka_unit_test(test_filter_groups_nest),
        cmocka_unit_test(test_filter_refuses_more_than_its_limits),
        cmocka_unit_test(test_filter_says_where_an_expression_is_wrong),
        cmocka_unit_test(test_filter_gives_up_on_runaway_expressions_and_counts),
        cmocka_unit_test(test_filter_tries_values_up_to_its_limit_only),
        cmocka_unit_test(test_filter_is_used_by_several_threads_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
