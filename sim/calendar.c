/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/calendar.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

void fsz_calendar_set(struct fsz_calendar *calendar, int64_t time_us)
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct tm                local, gmt;
    time_t                   second = (time_t)(time_us / 1000000);
    if (calendar->stamp[0] != '\0' && calendar->second == second) {
        return;
    }
    calendar->second = second;
    localtime_r(&second, &local);
    gmtime_r(&second, &gmt);
    strftime(calendar->stamp, sizeof calendar->stamp, "%Y-%m-%d %H:%M:%S", &local);
    /* strftime's %a and %b depend on the locale. */
    snprintf(calendar->gmt, sizeof calendar->gmt, "%s, %02u %s %04u %02u:%02u:%02u GMT",
             days[gmt.tm_wday], (unsigned)gmt.tm_mday % 100, months[gmt.tm_mon],
             (unsigned)(gmt.tm_year + 1900) % 10000, (unsigned)gmt.tm_hour % 100,
             (unsigned)gmt.tm_min % 100, (unsigned)gmt.tm_sec % 100);
}
