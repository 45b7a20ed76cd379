/* SPDX-License-Identifier: MPL-2.0 */
/* tail.h - the options and the main loop of `fszmq tail`. */
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
    uint64_t                   count;     /* 0: no limit */
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
    uint64_t                       foreign; /* messages that are not events */
    int64_t                        last_ns; /* time of the last event shown, or of the start */
    bool                           hinted;  /* tail_hint() has reported the silence */
};

/* Runs until the count is reached, the timeout passes, a signal arrives, or the reader of the
 * output closes it. Returns an exit code. */
int fsz_tail_run(struct fsz_tail *tail);

#endif
