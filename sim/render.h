/* SPDX-License-Identifier: MPL-2.0 */
/* render.h - values of a call's events, from the templates of its flow.
 *
 * With the simulated switch's lock held. Results are valid until the next fsz_render_begin(), or as
 * long as the call. */
#ifndef FSZ_RENDER_H
#define FSZ_RENDER_H

#include "sim/call.h"

struct fsz_render {
    char               *scratch; /* for composed values; large enough for any event */
    size_t              size, used;
    struct fsz_calendar now;
    char                now_usec[21], sequence[21];
    const char         *live[FSZ_LIVE_COUNT]; /* kept by the simulated switch */
};

/* Sizes the scratch for the largest event of the script. */
FSZ_NODISCARD fsz_err fsz_render_init(struct fsz_render *render, const struct fsz_script *script);
void                  fsz_render_fini(struct fsz_render *render);

/* Begins a new event, with this time and sequence number. */
void        fsz_render_begin(struct fsz_render *render, int64_t now_us, uint64_t sequence);
const char *fsz_render_value(struct fsz_render *render, const struct fsz_call *call,
                             const struct fsz_template *value);
/* Fills in the headers of the event for this call. */
void fsz_render_event(struct fsz_render *render, const struct fsz_call *call,
                      struct fsz_script_event *event);

#endif
