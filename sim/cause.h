/* cause.h - hangup causes by the names that FreeSWITCH gives them, with their Q.850 numbers. */
#ifndef FSZ_CAUSE_H
#define FSZ_CAUSE_H

struct fsz_cause {
    const char *name;
    const char *code; /* decimal; those above 127 are FreeSWITCH's own */
};

/* By name (letter case ignored) or by number; NULL: no such cause. Static storage; any thread. */
const struct fsz_cause *fsz_cause_find(const char *text);
/* The number as Q.850 has it: causes of FreeSWITCH's own are normal clearing there. */
const char *fsz_cause_q850(const struct fsz_cause *cause);

#endif
