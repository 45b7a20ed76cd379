/* SPDX-License-Identifier: MPL-2.0 */
/* template.h - a captured header value, split into constant parts and parts that differ per call.
 *
 * Compiled when the script is loaded, then read-only. */
#ifndef FSZ_TEMPLATE_H
#define FSZ_TEMPLATE_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fsz_part_type {
    FSZ_PART_TEXT,     /* as captured */
    FSZ_PART_FRESH,    /* UUIDs, SIP tags; arg: index into the flow's `fresh` */
    FSZ_PART_USEC,     /* a time of the call in microseconds; arg: index of the instant */
    FSZ_PART_SECOND,   /* the same in seconds */
    FSZ_PART_STAMP,    /* the same as local date and time */
    FSZ_PART_NOW_USEC, /* the time of the event */
    FSZ_PART_NOW_STAMP,
    FSZ_PART_NOW_GMT,
    FSZ_PART_SEQUENCE,
    FSZ_PART_SESSION,    /* arg: leg */
    FSZ_PART_CAUSE,      /* as captured, unless the call was hung up by command */
    FSZ_PART_CAUSE_Q850, /* the same as a number */
    FSZ_PART_SPAN,       /* a duration: number in microseconds, arg: microseconds per unit */
    FSZ_PART_NUMBER,     /* the called number */
    FSZ_PART_APP,        /* the application of an originated call */
    FSZ_PART_LIVE,       /* a figure of the switch; arg: enum fsz_live */
};

struct fsz_part {
    enum fsz_part_type type;
    uint32_t           arg;
    int64_t            number;
    char              *text; /* the captured text, never NULL */
};

struct fsz_template {
    struct fsz_part *parts;
    size_t           part_count;
};

/* Figures of the switch in its own events, by header name. */
#define FSZ_LIVES(X)                                                                               \
    X(UP_TIME, "Up-Time")                                                                          \
    X(UPTIME_MSEC, "Uptime-msec")                                                                  \
    X(VERSION, "FreeSWITCH-Version")                                                               \
    X(SESSIONS, "Session-Count")                                                                   \
    X(SESSIONS_MAX, "Max-Sessions")                                                                \
    X(RATE, "Session-Per-Sec-Last")                                                                \
    X(RATE_MAX, "Session-Per-Sec-Max")                                                             \
    X(RATE_FIVE, "Session-Per-Sec-FiveMin")                                                        \
    X(SINCE_STARTUP, "Session-Since-Startup")                                                      \
    X(PEAK, "Session-Peak-Max")                                                                    \
    X(PEAK_FIVE, "Session-Peak-FiveMin")                                                           \
    X(CORE_UUID, "Core-UUID")                                                                      \
    X(HOSTNAME, "FreeSWITCH-Hostname")                                                             \
    X(SWITCHNAME, "FreeSWITCH-Switchname")

enum fsz_live {
#define FSZ_LIVE_CODE(code, name) FSZ_LIVE_##code,
    FSZ_LIVES(FSZ_LIVE_CODE)
#undef FSZ_LIVE_CODE
        FSZ_LIVE_COUNT
};

enum { FSZ_INSTANTS_MAX = 256, FSZ_FRESH_MAX = 64 }; /* per flow */

/* The flow that a value belongs to. */
struct fsz_template_scope {
    const char *const *fresh; /* texts that are new in each call */
    size_t             fresh_count;
    const char        *number; /* or NULL */
    const char        *app;    /* or NULL */
    int64_t            start_us;
    int64_t           *instants_us; /* offsets from start_us; FSZ_INSTANTS_MAX of them */
    size_t             instant_count;
};

/* FSZ_ENOMEM, FSZ_ELIMIT (too many instants). */
FSZ_NODISCARD fsz_err fsz_template_compile(struct fsz_template_scope *scope, const char *header,
                                           const char *value, int leg,
                                           struct fsz_template *ret_template);
/* Adds one part. */
FSZ_NODISCARD fsz_err fsz_template_add(struct fsz_template *t, enum fsz_part_type type,
                                       uint32_t arg, int64_t number, const char *text,
                                       size_t length);
/* Is that time within a day of the flow's start, so that it is a time of the flow? */
bool fsz_template_near(int64_t start_us, int64_t time_us);
/* The index of an instant near the start; adds it if it is new. */
FSZ_NODISCARD fsz_err fsz_template_instant(struct fsz_template_scope *scope, int64_t time_us,
                                           uint32_t *ret_index);
bool                  fsz_template_is_constant(const struct fsz_template *t);
void                  fsz_template_fini(struct fsz_template *t);

#endif
