/* SPDX-License-Identifier: MPL-2.0 */
#include "stream/batching.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { BATCH_US = 2000 }; /* the default; 2,000 events a second are frequent */

/* Notes `per_s` events a second, one at a time, starting at *now_us; returns whether the last one
 * is thick. */
static bool come(struct fsz_batching *batching, int64_t *now_us, int64_t per_s, int count)
{
    bool thick = false;
    for (int i = 0; i < count; i++) {
        *now_us += 1000000 / per_s;
        thick = fsz_batching_note(batching, BATCH_US, *now_us);
    }
    return thick;
}

static void test_batching_is_not_thick_at_the_first_event(void **state)
{
    (void)state;
    struct fsz_batching batching = {0};
    assert_false(fsz_batching_is_thick(&batching, BATCH_US, 1000));
    assert_false(fsz_batching_note(&batching, BATCH_US, 1000));
    assert_false(fsz_batching_is_thick(&batching, BATCH_US, 1000));
}

static void test_batching_is_thick_from_as_many_events_on_as_are_worth_a_wait(void **state)
{
    (void)state;
    struct fsz_batching batching = {0};
    int64_t             now_us = 5 * 1000 * 1000;
    assert_false(come(&batching, &now_us, 1500, 1000));
    assert_false(fsz_batching_is_thick(&batching, BATCH_US, now_us));
    assert_true(come(&batching, &now_us, 3000, 100));
    assert_true(fsz_batching_is_thick(&batching, BATCH_US, now_us));
    assert_false(come(&batching, &now_us, 1500, 100));
}

static void test_batching_is_never_thick_where_nothing_batches(void **state)
{
    (void)state;
    struct fsz_batching batching = {0};
    for (int64_t now_us = 1000; now_us < 2000; now_us++) {
        assert_false(fsz_batching_note(&batching, 0, now_us));
    }
    assert_false(fsz_batching_is_thick(&batching, 0, 2000));
}

static void test_batching_lets_a_few_pass_that_come_together(void **state)
{
    (void)state;
    struct fsz_batching batching = {0};
    for (int i = 0; i < FSZ_BATCHING_WORTH; i++) {
        assert_false(fsz_batching_note(&batching, BATCH_US, 1000));
    }
    assert_true(fsz_batching_note(&batching, BATCH_US, 1000));
}

static void test_batching_is_forgotten_in_a_pause(void **state)
{
    (void)state;
    struct fsz_batching batching = {0};
    int64_t             now_us = 1000 * 1000;
    assert_true(come(&batching, &now_us, 20000, 1000));
    now_us += 2 * BATCH_US;
    assert_false(fsz_batching_is_thick(&batching, BATCH_US, now_us));
    assert_false(fsz_batching_note(&batching, BATCH_US, now_us));
}

static void test_batching_survives_a_clock_that_was_set_back(void **state)
{
    (void)state;
    struct fsz_batching batching = {0};
    int64_t             now_us = INT64_C(3600) * 1000 * 1000;
    assert_true(come(&batching, &now_us, 20000, 1000));
    now_us = 1000 * 1000;
    fsz_batching_note(&batching, BATCH_US, now_us);
    assert_false(come(&batching, &now_us, 1000, 10));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_batching_is_not_thick_at_the_first_event),
        cmocka_unit_test(test_batching_is_thick_from_as_many_events_on_as_are_worth_a_wait),
        cmocka_unit_test(test_batching_is_never_thick_where_nothing_batches),
        cmocka_unit_test(test_batching_lets_a_few_pass_that_come_together),
        cmocka_unit_test(test_batching_is_forgotten_in_a_pause),
        cmocka_unit_test(test_batching_survives_a_clock_that_was_set_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
