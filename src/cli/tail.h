/* tail.h - `fszmq tail`: its options, and its loop. */
#ifndef FSZ_TAIL_H
#define FSZ_TAIL_H

#include "cli/choose.h"
#include "cli/connect.h"
#include "cli/gaps.h"
#include "cli/rate.h"
#include "cli/show.h"
#include "cli/subscribe.h"

struct fsz_tail_options {
    bool                       json;
    bool                       envelope;
    bool                       rate;
    bool                       quiet;
    const char                *colour;
    const char                *fields;
    struct fsz_option_list     events;
    struct fsz_choose          choose;
    uint64_t                   count;     /* 0: no end */
    double                     timeout_s; /* 0: none */
    struct fsz_account_options account;
};

struct fsz_tail {
    const struct fsz_tail_options *options;
    struct fsz_account             account;
    struct fsz_connect             connect;
    struct fsz_subscribe           subscribe;
    struct fsz_show                show;
    struct fsz_gaps               *gaps;
    struct fsz_rate                rate;
    bool                           rate_on;
    struct fsz_message             message;
    uint64_t                       shown;
    uint64_t                       foreign; /* messages that are no events */
    int64_t                        last_ns; /* the last event shown, or the start */
    bool                           hinted;  /* told that it is connected but nothing comes */
};

/* Runs until the count, the deadline, a signal, or nobody reads the output. Returns an exit code.
 */
int fsz_tail_run(struct fsz_tail *tail);

#endif
