#include "stream/views.h"

#include <stdlib.h>

static struct fsz_view *views_find(const struct fsz_views *views, const struct fsz_narrow *narrow)
{
    struct fsz_view *view = views->first;
    while (view != NULL && !fsz_narrow_same(view->narrow, narrow)) {
        view = view->next;
    }
    return view;
}

struct fsz_view *fsz_views_join(struct fsz_views *views, struct fsz_narrow *narrow)
{
    struct fsz_view *view = views_find(views, narrow);
    if (view != NULL) {
        fsz_narrow_free(&narrow);
    } else if ((view = calloc(1, sizeof(*view))) != NULL) {
        view->narrow = narrow;
        view->next = views->first;
        views->first = view;
    } else {
        fsz_narrow_free(&narrow);
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
    fsz_narrow_free(&view->narrow);
    free(view);
}
