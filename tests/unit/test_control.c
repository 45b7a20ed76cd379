/* SPDX-License-Identifier: MPL-2.0 */
/* Control of one call, and the words for why it ended. */
#include "call/control_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct fsz_control *control_new(void)
{
    static const struct fsz_host host = {.self = NULL};
    struct fsz_control          *control = NULL;
    assert_int_equal(fsz_control_new(&host, "c1", &control), FSZ_OK);
    fsz_control_begin(control);
    return control;
}

static void test_each_reason_has_its_word(void **state)
{
    static const char *const words[FSZ_REASON_COUNT] = {
        [FSZ_REASON_HANGUP] = "hangup",     [FSZ_REASON_REPLACED] = "replaced",
        [FSZ_REASON_RELEASED] = "released", [FSZ_REASON_HANDED_OVER] = "handed-over",
        [FSZ_REASON_LOST] = "lost",         [FSZ_REASON_CLOSED] = "closed",
        [FSZ_REASON_BRIDGED] = "bridged",   [FSZ_REASON_TRANSFERRED] = "transferred",
    };
    (void)state;
    for (size_t i = 0; i < FSZ_REASON_COUNT; i++) {
        assert_string_equal(fsz_control_reason_word((enum fsz_control_reason)i), words[i]);
    }
}

static void test_call_is_not_taken_once_its_thread_leaves(void **state)
{
    struct fsz_control *control = control_new();
    (void)state;
    assert_true(fsz_control_take(control, 7, FSZ_ON_LOST_HANGUP));
    assert_int_equal(fsz_control_on_lost(control), FSZ_ON_LOST_HANGUP);
    assert_false(fsz_control_leaves(control));
    fsz_control_set_leaves(control);
    assert_true(fsz_control_leaves(control));
    assert_false(fsz_control_take(control, 8, FSZ_ON_LOST_OFFER));
    assert_int_equal(fsz_control_on_lost(control), FSZ_ON_LOST_HANGUP);
    assert_true(fsz_control_is_of(control, 7));
    fsz_control_unref(&control);
}

static void test_hand_over_gives_service_and_data_once(void **state)
{
    struct fsz_control *control = control_new();
    char                service[FSZ_CONFIG_NAME_MAX + 1] = "old";
    json_t             *data = json_string("old"), *next = json_string("next");
    (void)state;
    assert_true(fsz_control_take(control, 7, FSZ_ON_LOST_OFFER));
    assert_false(fsz_control_hand_over(control, 8, "other", next));
    assert_true(fsz_control_hand_over(control, 7, "s2", next));
    assert_int_equal(fsz_control_state(control), FSZ_CONTROL_HANDED_OVER);
    fsz_control_take_hand_over(control, service, &data);
    assert_string_equal(service, "s2");
    assert_string_equal(json_string_value(data), "next");
    fsz_control_take_hand_over(control, service, &data);
    assert_null(data);
    json_decref(next);
    fsz_control_unref(&control);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_reason_has_its_word),
        cmocka_unit_test(test_call_is_not_taken_once_its_thread_leaves),
        cmocka_unit_test(test_hand_over_gives_service_and_data_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
