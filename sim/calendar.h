/* SPDX-License-Identifier: MPL-2.0 */
/* calendar.h - times in the formats of FreeSWITCH events. */
#ifndef FSZ_SIM_CALENDAR_H
#define FSZ_SIM_CALENDAR_H

#include <stdint.h>

enum { FSZ_STAMP_BYTES = 20, FSZ_GMT_BYTES = 32 };

/* The texts of one second, cached because consecutive events are mostly in the same second. One
 * owner, no lock; zero it before first use. */
struct fsz_calendar {
    int64_t second;
    char    stamp[FSZ_STAMP_BYTES]; /* 2026-11-23 02:46:51, local time */
    char    gmt[FSZ_GMT_BYTES];     /* Mon, 23 Nov 2026 02:46:51 GMT */
};

/* Sets the texts for the second that contains `time_us`. */
void fsz_calendar_set(struct fsz_calendar *calendar, int64_t time_us);

#endif
