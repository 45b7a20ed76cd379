/* SPDX-License-Identifier: MPL-2.0 */
#include "event/fields.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static enum fsz_field_rule rule_of(const struct fsz_fields *fields, const char *name)
{
    return fsz_fields_rule(fields, name, strlen(name));
}

static struct fsz_fields *fields_of(const char *include, const char *exclude, const char *redact)
{
    struct fsz_fields *fields = NULL;
    assert_int_equal(fsz_fields_new(include, exclude, redact, &fields, NULL), FSZ_OK);
    return fields;
}

static void test_empty_lists_make_no_rules(void **state)
{
    (void)state;
    assert_null(fields_of(NULL, NULL, NULL));
    assert_null(fields_of("", " ,\t,", "\n"));
    assert_int_equal(rule_of(NULL, "anything"), FSZ_FIELD_KEEP);
}

static void test_include_lets_only_its_names_pass(void **state)
{
    (void)state;
    struct fsz_fields *fields = fields_of("Unique-ID, caller-*\tvariable_uuid", NULL, NULL);
    assert_int_equal(rule_of(fields, "unique-id"), FSZ_FIELD_KEEP);
    assert_int_equal(rule_of(fields, "Unique-IDs"), FSZ_FIELD_OMIT);
    assert_int_equal(rule_of(fields, "Unique-I"), FSZ_FIELD_OMIT);
    assert_int_equal(rule_of(fields, "CALLER-ANI"), FSZ_FIELD_KEEP);
    assert_int_equal(rule_of(fields, "Caller-"), FSZ_FIELD_KEEP);
    assert_int_equal(rule_of(fields, "Caller"), FSZ_FIELD_OMIT);
    assert_int_equal(rule_of(fields, "_body"), FSZ_FIELD_OMIT);
    fsz_fields_free(&fields);
    assert_null(fields);
}

static void test_exclude_wins_over_include_and_redact(void **state)
{
    (void)state;
    struct fsz_fields *fields = fields_of("a*", "ab", "ab,ac");
    assert_int_equal(rule_of(fields, "AA"), FSZ_FIELD_KEEP);
    assert_int_equal(rule_of(fields, "AB"), FSZ_FIELD_OMIT);
    assert_int_equal(rule_of(fields, "AC"), FSZ_FIELD_REDACT);
    fsz_fields_free(&fields);
}

static void test_redacting_a_name_does_not_include_it(void **state)
{
    (void)state;
    struct fsz_fields *fields = fields_of("a", NULL, "b");
    assert_int_equal(rule_of(fields, "b"), FSZ_FIELD_OMIT);
    fsz_fields_free(&fields);
}

static void test_the_kind_of_an_event_always_goes_out(void **state)
{
    (void)state;
    struct fsz_fields *fields = fields_of("none", "*", "event-name Event-Subclass");
    assert_int_equal(rule_of(fields, "EVENT-NAME"), FSZ_FIELD_KEEP);
    assert_int_equal(rule_of(fields, "Event-Subclass"), FSZ_FIELD_KEEP);
    assert_int_equal(rule_of(fields, "none"), FSZ_FIELD_OMIT);
    fsz_fields_free(&fields);
}

static void test_a_star_that_is_not_last_is_pointed_at(void **state)
{
    (void)state;
    struct fsz_fields *fields = NULL;
    const char        *bad = NULL;
    const char        *exclude = "fine*, va*iable";
    assert_int_equal(fsz_fields_new("x", exclude, NULL, &fields, &bad), FSZ_EINVALID);
    assert_ptr_equal(bad, strchr(exclude, 'i') + strlen("ine*, va"));
    assert_int_equal(*bad, '*');
    assert_null(fields);
    assert_int_equal(fsz_fields_new(NULL, NULL, "a**", &fields, NULL), FSZ_EINVALID);
    assert_int_equal(fsz_fields_new("*", NULL, NULL, &fields, &bad), FSZ_OK);
    assert_int_equal(rule_of(fields, ""), FSZ_FIELD_KEEP);
    fsz_fields_free(&fields);
}

static void test_equal_lists_are_equal_however_written(void **state)
{
    (void)state;
    struct fsz_fields *a = fields_of("a, b*", NULL, "c");
    struct fsz_fields *same = fields_of("A\n,B*,", "", "C ");
    struct fsz_fields *others[] = {
        fields_of("b*, a", NULL, "c"),
        fields_of("a, b", NULL, "c"),
        fields_of("a, b*", "c", NULL),
        fields_of("a", NULL, "c"),
    };
    assert_true(fsz_fields_equal(a, same));
    assert_true(fsz_fields_equal(NULL, NULL));
    assert_false(fsz_fields_equal(a, NULL));
    assert_false(fsz_fields_equal(NULL, a));
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_false(fsz_fields_equal(a, others[i]));
        fsz_fields_free(&others[i]);
    }
    fsz_fields_free(&a);
    fsz_fields_free(&same);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty_lists_make_no_rules),
        cmocka_unit_test(test_include_lets_only_its_names_pass),
        cmocka_unit_test(test_exclude_wins_over_include_and_redact),
        cmocka_unit_test(test_redacting_a_name_does_not_include_it),
        cmocka_unit_test(test_the_kind_of_an_event_always_goes_out),
        cmocka_unit_test(test_a_star_that_is_not_last_is_pointed_at),
        cmocka_unit_test(test_equal_lists_are_equal_however_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
