/* calendar.h - times as FreeSWITCH writes them in events. */
#ifndef FSZ_SIM_CALENDAR_H
#define FSZ_SIM_CALENDAR_H

#include <stdint.h>

enum { FSZ_STAMP_BYTES = 20, FSZ_GMT_BYTES = 32 };

/* The texts of one second, kept because nearly all events of a second follow each other. One
 * holder, no lock; zeroed before first use. */
struct fsz_calendar {
    int64_t second;
    char    stamp[FSZ_STAMP_BYTES]; /* 2026-11-23 02:46:51, local time */
    char    gmt[FSZ_GMT_BYTES];     /* Mon, 23 Nov 2026 02:46:51 GMT */
};

/* Makes the texts those of the second in which `time_us` lies. */
void fsz_calendar_set(struct fsz_calendar *calendar, int64_t time_us);

#endif
