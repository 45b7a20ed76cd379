/* SPDX-License-Identifier: MPL-2.0 */
#include "base/clock.h"

#include <time.h>

enum { CLOCK_NS_PER_US = 1000, CLOCK_NS_PER_MS = 1000000 };

static int64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t fsz_clock_monotonic_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

int64_t fsz_clock_monotonic_us(void)
{
    return clock_ns(CLOCK_MONOTONIC) / CLOCK_NS_PER_US;
}

int64_t fsz_clock_monotonic_ms(void)
{
    return clock_ns(CLOCK_MONOTONIC) / CLOCK_NS_PER_MS;
}

int64_t fsz_clock_wall_us(void)
{
    return clock_ns(CLOCK_REALTIME) / CLOCK_NS_PER_US;
}
