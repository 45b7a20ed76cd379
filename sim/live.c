/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/live.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void live_number(struct fsz_sim *sim, enum fsz_live live, uint64_t number)
{
    snprintf(sim->live[live], sizeof sim->live[live], "%llu", (unsigned long long)number);
}

void fsz_live_init(struct fsz_sim *sim)
{
    if (gethostname(sim->hostname, sizeof sim->hostname - 1) != 0 || sim->hostname[0] == '\0') {
        memcpy(sim->hostname, "localhost", sizeof "localhost");
    }
    for (size_t i = 0; i < FSZ_LIVE_COUNT; i++) {
        sim->render.live[i] = sim->live[i];
    }
    sim->render.live[FSZ_LIVE_CORE_UUID] = sim->core_uuid;
    sim->render.live[FSZ_LIVE_HOSTNAME] = sim->hostname;
    sim->render.live[FSZ_LIVE_SWITCHNAME] = sim->hostname;
    sim->render.live[FSZ_LIVE_VERSION] = FSZ_SIM_VERSION;
    live_number(sim, FSZ_LIVE_SESSIONS_MAX, sim->options.calls_max);
}

void fsz_live_second(struct fsz_sim *sim, uint64_t now_ns)
{
    uint64_t second = now_ns / 1000000000u;
    if (second != sim->second) {
        sim->last_calls = second == sim->second + 1 ? sim->second_calls : 0;
        sim->second_calls = 0;
        sim->second = second;
    }
}

static void live_up_time(const struct fsz_sim *sim, uint64_t now_ns, char *ret_text, size_t size)
{
    uint64_t us = (now_ns - sim->start_ns) / 1000, s = us / 1000000;
    snprintf(ret_text, size,
             "%llu years, %llu days, %llu hours, %llu minutes, %llu seconds, %llu milliseconds, "
             "%llu microseconds",
             (unsigned long long)(s / 31536000), (unsigned long long)(s / 86400 % 365),
             (unsigned long long)(s / 3600 % 24), (unsigned long long)(s / 60 % 60),
             (unsigned long long)(s % 60), (unsigned long long)(us / 1000 % 1000),
             (unsigned long long)(us % 1000));
}

void fsz_live_update(struct fsz_sim *sim, uint64_t now_ns)
{
    fsz_live_second(sim, now_ns);
    live_up_time(sim, now_ns, sim->live[FSZ_LIVE_UP_TIME], sizeof sim->live[FSZ_LIVE_UP_TIME]);
    live_number(sim, FSZ_LIVE_UPTIME_MSEC, (now_ns - sim->start_ns) / 1000000);
    live_number(sim, FSZ_LIVE_SESSIONS, sim->channel_count);
    live_number(sim, FSZ_LIVE_RATE, sim->last_calls);
    live_number(sim, FSZ_LIVE_RATE_MAX, sim->most_calls);
    live_number(sim, FSZ_LIVE_RATE_FIVE, sim->most_calls);
    live_number(sim, FSZ_LIVE_SINCE_STARTUP, sim->session_total);
    live_number(sim, FSZ_LIVE_PEAK, sim->channel_peak);
    live_number(sim, FSZ_LIVE_PEAK_FIVE, sim->channel_peak);
}

void fsz_live_status(struct fsz_sim *sim, char *ret_text, size_t size)
{
    char     up[160];
    uint64_t now_ns = fsz_clock_monotonic_ns();
    fsz_live_second(sim, now_ns);
    live_up_time(sim, now_ns, up, sizeof up);
    snprintf(ret_text, size,
             "UP %s\n"
             "FreeSWITCH (Version %s, simulated) is ready\n"
             "%llu session(s) since startup\n"
             "%u session(s) - peak %u, last 5min %u\n"
             "%u session(s) per Sec out of max %.0f, peak %u, last 5min %u\n"
             "%u session(s) max\n",
             up, FSZ_SIM_VERSION, (unsigned long long)sim->session_total, sim->channel_count,
             sim->channel_peak, sim->channel_peak, sim->last_calls, FSZ_SIM_RATE_MAX,
             sim->most_calls, sim->most_calls, sim->options.calls_max);
}
