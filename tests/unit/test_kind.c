#include "stream/kind.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>

static const struct fsz_streamset nobody;

static struct fsz_kind *add(struct fsz_kinds *kinds, const char *name, const char *subclass)
{
    struct fsz_kind *kind = NULL;
    assert_int_equal(fsz_kinds_add(kinds, name, subclass, FSZ_CLASS_NORMAL, &nobody, &kind),
                     FSZ_OK);
    return kind;
}

static void test_kind_is_found_by_name_and_subclass(void **state)
{
    (void)state;
    struct fsz_kinds *kinds = NULL;
    assert_int_equal(fsz_kinds_new(&kinds, 100), FSZ_OK);
    assert_null(fsz_kinds_find(kinds, "CUSTOM", "a"));
    struct fsz_kind *plain = add(kinds, "CUSTOM", NULL);
    struct fsz_kind *a = add(kinds, "CUSTOM", "a");
    struct fsz_kind *b = add(kinds, "CUSTOM", "b");
    assert_ptr_equal(fsz_kinds_find(kinds, "CUSTOM", "a"), a);
    assert_ptr_equal(fsz_kinds_find(kinds, "CUSTOM", "b"), b);
    assert_ptr_equal(fsz_kinds_find(kinds, "CUSTOM", NULL), plain);
    assert_null(fsz_kinds_find(kinds, "custom", "a"));
    assert_ptr_equal(add(kinds, "CUSTOM", "a"), a);
    assert_int_equal(fsz_kinds_count(kinds), 3);
    for (uint32_t id = 0; id < 3; id++) {
        assert_int_equal(fsz_kinds_at(kinds, id)->id, id);
    }
    fsz_kinds_free(&kinds);
    assert_null(kinds);
}

static void test_kind_label_is_a_json_string_of_escaped_parts(void **state)
{
    (void)state;
    struct fsz_kinds *kinds = NULL;
    assert_int_equal(fsz_kinds_new(&kinds, 100), FSZ_OK);
    assert_string_equal(add(kinds, "DTMF", NULL)->label, "\"DTMF/\"");
    assert_string_equal(add(kinds, "CUSTOM", "sofia::register")->label,
                        "\"CUSTOM/sofia::register\"");
    assert_string_equal(add(kinds, "CUSTOM", "a/b%\"\\\n")->label,
                        "\"CUSTOM/a%2Fb%25\\\"\\\\%0A\"");
    fsz_kinds_free(&kinds);
}

static void test_kind_json_head_is_what_its_json_begins_with(void **state)
{
    (void)state;
    struct fsz_kinds *kinds = NULL;
    assert_int_equal(fsz_kinds_new(&kinds, 100), FSZ_OK);
    assert_string_equal(add(kinds, "DTMF", NULL)->json_head, "{\"Event-Name\":\"DTMF\"");
    assert_string_equal(add(kinds, "CUSTOM", "a\"b")->json_head,
                        "{\"Event-Name\":\"CUSTOM\",\"Event-Subclass\":\"a\\\"b\"");
    fsz_kinds_free(&kinds);
}

static void test_kind_starts_with_the_class_and_the_streams_given(void **state)
{
    (void)state;
    struct fsz_kinds    *kinds = NULL;
    struct fsz_kind     *kind = NULL;
    struct fsz_streamset wanted = nobody;
    fsz_streamset_put(&wanted, 0, true);
    fsz_streamset_put(&wanted, 255, true);
    assert_int_equal(fsz_kinds_new(&kinds, 100), FSZ_OK);
    assert_int_equal(fsz_kinds_add(kinds, "CDR", NULL, FSZ_CLASS_VITAL, &wanted, &kind), FSZ_OK);
    assert_int_equal(kind->class, FSZ_CLASS_VITAL);
    struct fsz_streamset now = fsz_streamset_read(&kind->wanted);
    assert_memory_equal(&now, &wanted, sizeof(now));
    fsz_kinds_free(&kinds);
}

static void test_kinds_over_the_limit_are_refused_and_counted(void **state)
{
    (void)state;
    struct fsz_kinds *kinds = NULL;
    struct fsz_kind  *kind = NULL;
    char              name[32];
    assert_int_equal(fsz_kinds_new(&kinds, 16), FSZ_OK);
    for (int i = 0; i < 16; i++) {
        snprintf(name, sizeof(name), "KIND_%d", i);
        add(kinds, name, NULL);
    }
    assert_int_equal(fsz_kinds_add(kinds, "KIND_16", NULL, FSZ_CLASS_NORMAL, &nobody, &kind),
                     FSZ_ELIMIT);
    assert_null(kind);
    assert_null(fsz_kinds_find(kinds, "KIND_16", NULL));
    assert_int_equal(fsz_kinds_overflowed(kinds), 1);
    add(kinds, "KIND_3", NULL); /* known ones go on */
    assert_int_equal(fsz_kinds_count(kinds), 16);
    assert_int_equal(fsz_event_types_max(kinds), 16);
    fsz_kinds_free(&kinds);
}

static void test_kind_with_an_endless_subclass_is_refused(void **state)
{
    (void)state;
    struct fsz_kinds *kinds = NULL;
    struct fsz_kind  *kind = NULL;
    char              subclass[FSZ_KIND_LABEL_BYTES_MAX + 1];
    memset(subclass, 'x', sizeof(subclass));
    subclass[sizeof(subclass) - 1] = '\0';
    assert_int_equal(fsz_kinds_new(&kinds, 16), FSZ_OK);
    assert_int_equal(fsz_kinds_add(kinds, "CUSTOM", subclass, FSZ_CLASS_NORMAL, &nobody, &kind),
                     FSZ_ELIMIT);
    assert_int_equal(fsz_kinds_overflowed(kinds), 1);
    assert_int_equal(fsz_kinds_count(kinds), 0);
    fsz_kinds_free(&kinds);
}

/* ---- several threads ------------------------------------------------------------------------ */

enum { ADDERS = 4, NAMES = 500 };

struct adder {
    struct fsz_kinds *kinds;
    pthread_t         thread;
    unsigned          step; /* each adds the same names in another order */
    struct fsz_kind  *got[NAMES];
    unsigned          wrong;
};

static void *adder_main(void *argument)
{
    struct adder *adder = argument;
    for (unsigned i = 0; i < NAMES; i++) {
        unsigned         index = i * adder->step % NAMES;
        char             name[32];
        struct fsz_kind *kind = NULL;
        snprintf(name, sizeof(name), "KIND_%u", index);
        kind = fsz_kinds_find(adder->kinds, name, "x");
        if (kind == NULL &&
            fsz_kinds_add(adder->kinds, name, "x", FSZ_CLASS_NOISE, &nobody, &kind) != FSZ_OK) {
            adder->wrong++;
            continue;
        }
        adder->got[index] = kind;
        adder->wrong += strcmp(kind->name, name) != 0 || strcmp(kind->subclass, "x") != 0;
        adder->wrong += kind->id >= fsz_kinds_count(adder->kinds);
    }
    return NULL;
}

static void test_kinds_added_by_several_threads_at_once_are_added_once(void **state)
{
    (void)state;
    static const unsigned steps[ADDERS] = {1, 3, 7, 499}; /* all prime to NAMES */
    struct fsz_kinds     *kinds = NULL;
    struct adder         *adders = calloc(ADDERS, sizeof(*adders));
    assert_non_null(adders);
    assert_int_equal(fsz_kinds_new(&kinds, NAMES), FSZ_OK);
    for (unsigned i = 0; i < ADDERS; i++) {
        adders[i].kinds = kinds;
        adders[i].step = steps[i];
        assert_int_equal(pthread_create(&adders[i].thread, NULL, adder_main, &adders[i]), 0);
    }
    for (unsigned i = 0; i < ADDERS; i++) {
        pthread_join(adders[i].thread, NULL);
    }
    assert_int_equal(fsz_kinds_count(kinds), NAMES);
    assert_int_equal(fsz_kinds_overflowed(kinds), 0);
    for (unsigned i = 0; i < ADDERS; i++) {
        assert_int_equal(adders[i].wrong, 0);
        assert_memory_equal(adders[i].got, adders[0].got, sizeof(adders[0].got));
    }
    free(adders);
    fsz_kinds_free(&kinds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kind_is_found_by_name_and_subclass),
        cmocka_unit_test(test_kind_label_is_a_json_string_of_escaped_parts),
        cmocka_unit_test(test_kind_json_head_is_what_its_json_begins_with),
        cmocka_unit_test(test_kind_starts_with_the_class_and_the_streams_given),
        cmocka_unit_test(test_kinds_over_the_limit_are_refused_and_counted),
        cmocka_unit_test(test_kind_with_an_endless_subclass_is_refused),
        cmocka_unit_test(test_kinds_added_by_several_threads_at_once_are_added_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
