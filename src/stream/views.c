/* SPDX-License-Identifier: MPL-2.0 */
#include "stream/views.h"

#include <stdlib.h>

static struct fsz_view *views_find(const struct fsz_views               *views,
                                   const struct fsz_subscription_filter *filter)
{
    struct fsz_view *view = views->first;
    while (view != NULL && !fsz_subscription_filter_same(view->filter, filter)) {
        view = view->next;
    }
    return view;
}

struct fsz_view *fsz_views_join(struct fsz_views *views, struct fsz_subscription_filter *filter)
{
    struct fsz_view *view = views_find(views, filter);
    if (view != NULL) {
        fsz_subscription_filter_free(&filter);
    } else if ((view = calloc(1, sizeof(*view))) != NULL) {
        view->filter = filter;
        view->next = views->first;
        views->first = view;
    } else {
        fsz_subscription_filter_free(&filter);
        return NULL;
    }
    view->members++;
    return view;
}

void fsz_views_leave(struct fsz_views *views, struct fsz_view *view)
{
    if (--view->members > 0) {
        return;
    }
    struct fsz_view **at = &views->first;
    while (*at != view) {
        at = &(*at)->next;
    }
    *at = view->next;
    fsz_subscription_filter_free(&view->filter);
    free(view);
}
