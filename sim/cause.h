/* SPDX-License-Identifier: MPL-2.0 */
/* cause.h - hangup causes by FreeSWITCH's names, with their Q.850 numbers. */
#ifndef FSZ_CAUSE_H
#define FSZ_CAUSE_H

struct fsz_cause {
    const char *name;
    const char *code; /* decimal; above 127: FreeSWITCH's own */
};

/* By name (letter case ignored) or by number; NULL: no such cause. Static storage; any thread. */
const struct fsz_cause *fsz_cause_find(const char *text);
/* The Q.850 number: normal clearing for FreeSWITCH's own causes. */
const char *fsz_cause_q850(const struct fsz_cause *cause);

#endif
