/* views.h - what the subscribers of one stream may see, kept once for all that may see the same.
 *
 * Stream thread only. There are as many views as users with different grants subscribe: few. */
#ifndef FSZ_VIEWS_H
#define FSZ_VIEWS_H

#include "stream/subscription_filter.h"

#include <stddef.h>

struct fsz_view {
    struct fsz_view                *next;
    struct fsz_subscription_filter *subscription_filter;
    size_t                          members;
    bool news; /* one of them has subscribed to something since the last beat */
};

struct fsz_views {
    struct fsz_view *first;
};

/* One more member of the view with these grants, `narrow`, which it takes over. NULL: out of
 * memory. */
struct fsz_view *fsz_views_join(struct fsz_views               *views,
                                struct fsz_subscription_filter *subscription_filter);
/* One less; the last one frees it. */
void fsz_views_leave(struct fsz_views *views, struct fsz_view *view);

#endif
