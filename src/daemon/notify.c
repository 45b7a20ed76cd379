/* SPDX-License-Identifier: MPL-2.0 */
#include "daemon/notify.h"

#include "base/clock.h"

#include <systemd/sd-daemon.h>

/* The results of sd_notify() are ignored: it does not matter whether systemd listens. */

void fsz_notify_ready(const char *status)
{
    (void)sd_notifyf(0, "READY=1\nSTATUS=%s", status);
}

void fsz_notify_reloading(void)
{
    (void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)fsz_clock_monotonic_us());
}

void fsz_notify_stopping(void)
{
    (void)sd_notify(0, "STOPPING=1\nSTATUS=stopping");
}

void fsz_notify_status(const char *status)
{
    (void)sd_notifyf(0, "STATUS=%s", status);
}

void fsz_notify_alive(void)
{
    (void)sd_notify(0, "WATCHDOG=1");
}

uint64_t fsz_notify_interval_ms(void)
{
    uint64_t limit_us = 0;
    if (sd_watchdog_enabled(0, &limit_us) <= 0) {
        return 0;
    }
    return limit_us < 2000 ? 1 : limit_us / 2000;
}
