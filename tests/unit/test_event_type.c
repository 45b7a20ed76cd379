/* SPDX-License-Identifier: MPL-2.0 */
#include "stream/event_type.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>

static const struct fsz_streamset nobody;

static struct fsz_event_type *add(struct fsz_event_types *types, const char *name,
                                  const char *subclass)
{
    struct fsz_event_type *type = NULL;
    assert_int_equal(
        fsz_event_types_add(types, name, subclass, FSZ_PRIORITY_NORMAL, &nobody, &type), FSZ_OK);
    return type;
}

static void test_type_is_found_by_name_and_subclass(void **state)
{
    (void)state;
    struct fsz_event_types *types = NULL;
    assert_int_equal(fsz_event_types_new(&types, 100), FSZ_OK);
    assert_null(fsz_event_types_find(types, "CUSTOM", "a"));
    struct fsz_event_type *plain = add(types, "CUSTOM", NULL);
    struct fsz_event_type *a = add(types, "CUSTOM", "a");
    struct fsz_event_type *b = add(types, "CUSTOM", "b");
    assert_ptr_equal(fsz_event_types_find(types, "CUSTOM", "a"), a);
    assert_ptr_equal(fsz_event_types_find(types, "CUSTOM", "b"), b);
    assert_ptr_equal(fsz_event_types_find(types, "CUSTOM", NULL), plain);
    assert_null(fsz_event_types_find(types, "custom", "a"));
    assert_ptr_equal(add(types, "CUSTOM", "a"), a);
    assert_int_equal(fsz_event_types_count(types), 3);
    for (uint32_t id = 0; id < 3; id++) {
        assert_int_equal(fsz_event_types_at(types, id)->id, id);
    }
    fsz_event_types_free(&types);
    assert_null(types);
}

static void test_type_label_is_a_json_string_of_escaped_parts(void **state)
{
    (void)state;
    struct fsz_event_types *types = NULL;
    assert_int_equal(fsz_event_types_new(&types, 100), FSZ_OK);
    assert_string_equal(add(types, "DTMF", NULL)->label, "\"DTMF/\"");
    assert_string_equal(add(types, "CUSTOM", "sofia::register")->label,
                        "\"CUSTOM/sofia::register\"");
    assert_string_equal(add(types, "CUSTOM", "a/b%\"\\\n")->label,
                        "\"CUSTOM/a%2Fb%25\\\"\\\\%0A\"");
    fsz_event_types_free(&types);
}

static void test_type_json_head_is_what_its_json_begins_with(void **state)
{
    (void)state;
    struct fsz_event_types *types = NULL;
    assert_int_equal(fsz_event_types_new(&types, 100), FSZ_OK);
    assert_string_equal(add(types, "DTMF", NULL)->json_head, "{\"Event-Name\":\"DTMF\"");
    assert_string_equal(add(types, "CUSTOM", "a\"b")->json_head,
                        "{\"Event-Name\":\"CUSTOM\",\"Event-Subclass\":\"a\\\"b\"");
    fsz_event_types_free(&types);
}

static void test_type_starts_with_the_given_priority_and_streams(void **state)
{
    (void)state;
    struct fsz_event_types *types = NULL;
    struct fsz_event_type  *type = NULL;
    struct fsz_streamset    wanted = nobody;
    fsz_streamset_put(&wanted, 0, true);
    fsz_streamset_put(&wanted, 255, true);
    assert_int_equal(fsz_event_types_new(&types, 100), FSZ_OK);
    assert_int_equal(fsz_event_types_add(types, "CDR", NULL, FSZ_PRIORITY_HIGH, &wanted, &type),
                     FSZ_OK);
    assert_int_equal(type->priority, FSZ_PRIORITY_HIGH);
    struct fsz_streamset now = fsz_streamset_read(&type->wanted);
    assert_memory_equal(&now, &wanted, sizeof(now));
    fsz_event_types_free(&types);
}

static void test_types_over_the_limit_are_refused_and_counted(void **state)
{
    (void)state;
    struct fsz_event_types *types = NULL;
    struct fsz_event_type  *type = NULL;
    char                    name[32];
    assert_int_equal(fsz_event_types_new(&types, 16), FSZ_OK);
    for (int i = 0; i < 16; i++) {
        snprintf(name, sizeof(name), "KIND_%d", i);
        add(types, name, NULL);
    }
    assert_int_equal(
        fsz_event_types_add(types, "KIND_16", NULL, FSZ_PRIORITY_NORMAL, &nobody, &type),
        FSZ_ELIMIT);
    assert_null(type);
    assert_null(fsz_event_types_find(types, "KIND_16", NULL));
    assert_int_equal(fsz_event_types_overflowed(types), 1);
    add(types, "KIND_3", NULL); /* known ones still work */
    assert_int_equal(fsz_event_types_count(types), 16);
    assert_int_equal(fsz_event_types_max(types), 16);
    fsz_event_types_free(&types);
}

static void test_type_with_an_endless_subclass_is_refused(void **state)
{
    (void)state;
    struct fsz_event_types *types = NULL;
    struct fsz_event_type  *type = NULL;
    char                    subclass[FSZ_EVENT_TYPE_LABEL_BYTES_MAX + 1];
    memset(subclass, 'x', sizeof(subclass));
    subclass[sizeof(subclass) - 1] = '\0';
    assert_int_equal(fsz_event_types_new(&types, 16), FSZ_OK);
    assert_int_equal(
        fsz_event_types_add(types, "CUSTOM", subclass, FSZ_PRIORITY_NORMAL, &nobody, &type),
        FSZ_ELIMIT);
    assert_int_equal(fsz_event_types_overflowed(types), 1);
    assert_int_equal(fsz_event_types_count(types), 0);
    fsz_event_types_free(&types);
}

/* ---- several threads ------------------------------------------------------------------------- */

enum { ADDERS = 4, NAMES = 500 };

struct adder {
    struct fsz_event_types *types;
    pthread_t               thread;
    unsigned                step; /* each thread adds the same names in another order */
    struct fsz_event_type  *got[NAMES];
    unsigned                wrong;
};

static void *adder_main(void *argument)
{
    struct adder *adder = argument;
    for (unsigned i = 0; i < NAMES; i++) {
        unsigned               index = i * adder->step % NAMES;
        char                   name[32];
        struct fsz_event_type *type = NULL;
        snprintf(name, sizeof(name), "KIND_%u", index);
        type = fsz_event_types_find(adder->types, name, "x");
        if (type == NULL && fsz_event_types_add(adder->types, name, "x", FSZ_PRIORITY_LOW, &nobody,
                                                &type) != FSZ_OK) {
            adder->wrong++;
            continue;
        }
        adder->got[index] = type;
        adder->wrong += strcmp(type->name, name) != 0 || strcmp(type->subclass, "x") != 0;
        adder->wrong += type->id >= fsz_event_types_count(adder->types);
    }
    return NULL;
}

static void test_types_added_by_several_threads_at_once_are_added_once(void **state)
{
    (void)state;
    static const unsigned   steps[ADDERS] = {1, 3, 7, 499}; /* all prime to NAMES */
    struct fsz_event_types *types = NULL;
    struct adder           *adders = calloc(ADDERS, sizeof(*adders));
    assert_non_null(adders);
    assert_int_equal(fsz_event_types_new(&types, NAMES), FSZ_OK);
    for (unsigned i = 0; i < ADDERS; i++) {
        adders[i].types = types;
        adders[i].step = steps[i];
        assert_int_equal(pthread_create(&adders[i].thread, NULL, adder_main, &adders[i]), 0);
    }
    for (unsigned i = 0; i < ADDERS; i++) {
        pthread_join(adders[i].thread, NULL);
    }
    assert_int_equal(fsz_event_types_count(types), NAMES);
    assert_int_equal(fsz_event_types_overflowed(types), 0);
    for (unsigned i = 0; i < ADDERS; i++) {
        assert_int_equal(adders[i].wrong, 0);
        assert_memory_equal(adders[i].got, adders[0].got, sizeof(adders[0].got));
    }
    free(adders);
    fsz_event_types_free(&types);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_type_is_found_by_name_and_subclass),
        cmocka_unit_test(test_type_label_is_a_json_string_of_escaped_parts),
        cmocka_unit_test(test_type_json_head_is_what_its_json_begins_with),
        cmocka_unit_test(test_type_starts_with_the_given_priority_and_streams),
        cmocka_unit_test(test_types_over_the_limit_are_refused_and_counted),
        cmocka_unit_test(test_type_with_an_endless_subclass_is_refused),
        cmocka_unit_test(test_types_added_by_several_threads_at_once_are_added_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
