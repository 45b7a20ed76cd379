/* SPDX-License-Identifier: MPL-2.0 */
#include "service/lease.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { HEARD_MS = 1000000, LEASE_MS = 1500, TICK_MS = 10, NEVER_MS = 100 * LEASE_MS };

/* Checks the lease every TICK_MS and pings when due, as the API thread does. Returns after how many
 * milliseconds of silence it is over, or NEVER_MS; *ret_pings: the number of pings. */
static int64_t silence(struct fsz_lease *lease, int64_t from_ms, unsigned *ret_pings)
{
    *ret_pings = 0;
    for (int64_t now_ms = from_ms; now_ms < HEARD_MS + NEVER_MS; now_ms += TICK_MS) {
        switch (fsz_lease_look(lease, HEARD_MS, LEASE_MS, now_ms)) {
        case FSZ_LEASE_IS_OVER:
            return now_ms - HEARD_MS;
        case FSZ_LEASE_NEEDS_PING:
            fsz_lease_pinged(lease, HEARD_MS, now_ms);
            ++*ret_pings;
            break;
        default:
            break;
        }
    }
    return NEVER_MS;
}

static void test_a_lease_is_over_after_its_time_and_two_pings(void **state)
{
    struct fsz_lease lease = {0};
    unsigned         pings = 0;
    (void)state;
    assert_in_range(silence(&lease, HEARD_MS, &pings), LEASE_MS, LEASE_MS + TICK_MS);
    assert_int_equal(pings, 2);
}

static void test_without_a_ping_nothing_is_over(void **state)
{
    struct fsz_lease lease = {0};
    (void)state;
    assert_int_equal(fsz_lease_look(&lease, HEARD_MS, LEASE_MS, HEARD_MS + NEVER_MS),
                     FSZ_LEASE_NEEDS_PING);
}

static void test_any_message_restarts_the_lease(void **state)
{
    struct fsz_lease lease = {0};
    unsigned         pings = 0;
    (void)state;
    fsz_lease_pinged(&lease, HEARD_MS - LEASE_MS, HEARD_MS - LEASE_MS / 2);
    assert_in_range(silence(&lease, HEARD_MS, &pings), LEASE_MS, LEASE_MS + TICK_MS);
}

static void control_up(int64_t for_ms)
{
    struct fsz_lease lease = {0};
    unsigned         pings = 0;
    int64_t          back_ms = HEARD_MS + for_ms;
    fsz_lease_pinged(&lease, HEARD_MS, HEARD_MS + LEASE_MS / 3);
    fsz_lease_stalled(&lease, HEARD_MS);
    fsz_lease_pinged(&lease, HEARD_MS, back_ms);
    int64_t over_ms = silence(&lease, back_ms, &pings) + HEARD_MS - back_ms;
    assert_in_range(over_ms, LEASE_MS / 2, LEASE_MS / 2 + TICK_MS);
}

static void test_a_switch_that_always_stalls_takes_a_dead_providers_calls(void **state)
{
    struct fsz_lease lease = {0};
    int64_t          now_ms = HEARD_MS;
    (void)state;
    while (fsz_lease_look(&lease, HEARD_MS, LEASE_MS, now_ms) != FSZ_LEASE_IS_OVER) {
        fsz_lease_pinged(&lease, HEARD_MS, now_ms);
        now_ms += LEASE_MS / 2 + 1;
        fsz_lease_stalled(&lease, HEARD_MS);
        assert_true(now_ms < HEARD_MS + NEVER_MS);
    }
    assert_in_range(now_ms - HEARD_MS, FSZ_LEASE_STALLS_MAX * LEASE_MS / 2,
                    (FSZ_LEASE_STALLS_MAX + 3) * LEASE_MS / 2);
}

/* The switch did not run. */
static void test_a_control_up_is_not_the_providers_silence(void **state)
{
    (void)state;
    control_up(LEASE_MS - TICK_MS);
    control_up(20 * LEASE_MS);
}

/* A stall before the first ping went unnoticed. */
static void test_a_late_first_ping_leaves_time_to_reply(void **state)
{
    struct fsz_lease lease = {0};
    unsigned         pings = 0;
    int64_t          late_ms = HEARD_MS + LEASE_MS;
    (void)state;
    int64_t over_ms = silence(&lease, late_ms, &pings) + HEARD_MS - late_ms;
    assert_in_range(over_ms, LEASE_MS / 2, LEASE_MS / 2 + TICK_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_lease_is_over_after_its_time_and_two_pings),
        cmocka_unit_test(test_without_a_ping_nothing_is_over),
        cmocka_unit_test(test_any_message_restarts_the_lease),
        cmocka_unit_test(test_a_control_up_is_not_the_providers_silence),
        cmocka_unit_test(test_a_switch_that_always_stalls_takes_a_dead_providers_calls),
        cmocka_unit_test(test_a_late_first_ping_leaves_time_to_reply),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
