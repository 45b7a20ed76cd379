/* SPDX-License-Identifier: MPL-2.0 */
/* views.h - what the subscribers of one stream may see, stored once for all that may see the same.
 *
 * Stream thread only. There are few views: one for each set of grants among the subscribed users.
 */
#ifndef FSZ_VIEWS_H
#define FSZ_VIEWS_H

#include "stream/subscription_filter.h"

#include <stddef.h>

struct fsz_view {
    struct fsz_view                *next;
    struct fsz_subscription_filter *filter;
    size_t                          members;
    bool                            subscribed; /* a member has subscribed since the last beat */
};

struct fsz_views {
    struct fsz_view *first;
};

/* Adds a member to the view with this filter, which is taken over. NULL: out of memory. */
struct fsz_view *fsz_views_join(struct fsz_views *views, struct fsz_subscription_filter *filter);
/* Removes a member; the last one frees the view. */
void fsz_views_leave(struct fsz_views *views, struct fsz_view *view);

#endif
