#include "pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { GATHER_US = 2000 }; /* the default: 2,000 events a second are thick */

/* `per_s` events a second, one at a time, from *now_us on. */
static void come(struct fsz_pace *pace, int64_t *now_us, int64_t per_s, int count)
{
    for (int i = 0; i < count; i++) {
        *now_us += 1000000 / per_s;
        fsz_pace_note(pace, 1, *now_us / 1000);
    }
}

static void test_pace_is_not_thick_at_the_first_event(void **state)
{
    (void)state;
    struct fsz_pace pace = {0};
    assert_false(fsz_pace_is_thick(&pace, GATHER_US));
    fsz_pace_note(&pace, 1000, 1000 * 1000);
    assert_false(fsz_pace_is_thick(&pace, GATHER_US));
}

static void test_pace_is_thick_from_as_many_events_on_as_are_worth_a_wait(void **state)
{
    (void)state;
    struct fsz_pace pace = {0};
    int64_t         now_us = 5 * 1000 * 1000;
    come(&pace, &now_us, 1500, 100);
    assert_false(fsz_pace_is_thick(&pace, GATHER_US));
    assert_true(fsz_pace_is_thick(&pace, 4 * GATHER_US));
    come(&pace, &now_us, 3000, 100);
    assert_true(fsz_pace_is_thick(&pace, GATHER_US));
    assert_false(fsz_pace_is_thick(&pace, GATHER_US / 2));
    assert_false(fsz_pace_is_thick(&pace, 0)); /* gather-us 0: never */
}

static void test_pace_counts_events_that_came_together(void **state)
{
    (void)state;
    struct fsz_pace pace = {.since_ms = 100};
    fsz_pace_note(&pace, 15, 105);
    assert_false(fsz_pace_is_thick(&pace, GATHER_US)); /* the window is not over */
    fsz_pace_note(&pace, 5, 110);
    assert_int_equal(pace.per_s, 2000);
    assert_true(fsz_pace_is_thick(&pace, GATHER_US));
}

static void test_pace_is_forgotten_in_a_pause(void **state)
{
    (void)state;
    struct fsz_pace pace = {0};
    int64_t         now_us = 1000 * 1000;
    come(&pace, &now_us, 20000, 1000);
    assert_true(fsz_pace_is_thick(&pace, GATHER_US));
    now_us += 60 * 1000 * 1000;
    fsz_pace_note(&pace, 1, now_us / 1000);
    assert_false(fsz_pace_is_thick(&pace, GATHER_US));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pace_is_not_thick_at_the_first_event),
        cmocka_unit_test(test_pace_is_thick_from_as_many_events_on_as_are_worth_a_wait),
        cmocka_unit_test(test_pace_counts_events_that_came_together),
        cmocka_unit_test(test_pace_is_forgotten_in_a_pause),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
