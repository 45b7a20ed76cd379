/* SPDX-License-Identifier: MPL-2.0 */
/* Why an application ended early, according to the channel's headers in its events. */
#include "event/ending.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct fsz_event event_of(const struct fsz_header *headers)
{
    return (struct fsz_event){
        .name = "CHANNEL_EXECUTE_COMPLETE", .headers = headers, .read = fsz_headers_of_array};
}

static const char *ending_of_state(const char *state, const char *number, const char *answer)
{
    const struct fsz_header headers[] = {{.name = "Channel-State", .value = state},
                                         {.name = "Channel-State-Number", .value = number},
                                         {.name = "Answer-State", .value = answer},
                                         {.name = NULL}};
    const struct fsz_event  event = event_of(headers);
    return fsz_ending(&event);
}

static void test_ending_tells_where_the_channel_goes(void **state)
{
    (void)state;
    assert_null(ending_of_state("CS_EXECUTE", "4", "answered"));
    assert_null(ending_of_state("CS_EXCHANGE_MEDIA", "5", "early"));
    assert_null(ending_of_state("CS_SOFT_EXECUTE", "3", "ringing"));
    assert_null(ending_of_state("CS_RESET", "9", "answered"));
    assert_string_equal(ending_of_state("CS_EXECUTE", "2", "answered"), FSZ_ENDING_TRANSFERRED);
    assert_string_equal(ending_of_state("CS_EXECUTE", "6", "answered"), FSZ_ENDING_TRANSFERRED);
    assert_string_equal(ending_of_state("CS_EXECUTE", "7", "answered"), FSZ_ENDING_BRIDGED);
    assert_string_equal(ending_of_state("CS_EXECUTE", "8", "answered"), FSZ_ENDING_BRIDGED);
    assert_string_equal(ending_of_state("CS_EXECUTE", "10", "hangup"), FSZ_ENDING_HANGUP);
    assert_string_equal(ending_of_state("CS_HANGUP", "10", "hangup"), FSZ_ENDING_HANGUP);
}

static void test_ending_without_those_headers_is_none(void **state)
{
    const struct fsz_header none[] = {{.name = NULL}};
    const struct fsz_event  event = event_of(none);
    (void)state;
    assert_null(fsz_ending(&event));
    assert_null(fsz_ending_replacement(&event));
    assert_null(ending_of_state("CS_EXECUTE", "99", "answered"));
    assert_null(ending_of_state("CS_EXECUTE", "", "answered"));
}

static void test_ending_of_a_loopback_leg_names_the_call_that_goes_on(void **state)
{
    const struct fsz_header headers[] = {
        {.name = "Answer-State", .value = "hangup"},
        {.name = "variable_loopback_hangup_cause", .value = "bridge"},
        {.name = "variable_loopback_bowout_other_uuid", .value = "replacement"},
        {.name = NULL}};
    const struct fsz_event event = event_of(headers);
    (void)state;
    assert_string_equal(fsz_ending(&event), FSZ_ENDING_REPLACED);
    assert_string_equal(fsz_ending_hungup(&event), FSZ_ENDING_REPLACED);
    assert_string_equal(fsz_ending_replacement(&event), "replacement");
}

static void test_ending_of_what_was_dropped_on_a_call_that_stays(void **state)
{
    const struct fsz_header headers[] = {{.name = "Answer-State", .value = "answered"},
                                         {.name = FSZ_ENDING_DROPPED, .value = "true"},
                                         {.name = NULL}};
    const struct fsz_event  event = event_of(headers);
    (void)state;
    assert_string_equal(fsz_ending(&event), FSZ_ENDING_LOST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ending_tells_where_the_channel_goes),
        cmocka_unit_test(test_ending_without_those_headers_is_none),
        cmocka_unit_test(test_ending_of_a_loopback_leg_names_the_call_that_goes_on),
        cmocka_unit_test(test_ending_of_what_was_dropped_on_a_call_that_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
