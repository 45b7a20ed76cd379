#include "audience.h"

#include "peerlink.h"
#include "ratelimit.h"

#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1 /* uthash ends the process otherwise */
#include <uthash.h>

enum { AUDIENCE_SWEEP_MS = 100, AUDIENCE_SWEEPS = 20 }; /* after the last that went */

struct wish { /* a subscription as the peer sent it */
    UT_hash_handle hh;
    size_t         size;
    unsigned char  prefix[];
};

struct listener { /* a connection */
    UT_hash_handle   hh;
    uint64_t         id;
    struct fsz_peer  peer;
    struct fsz_link  link;
    struct fsz_view *view;
    struct wish     *wishes;
};

struct fsz_audience {
    struct fsz_subscriptions *subscriptions;
    struct fsz_audience_ways  ways;
    struct fsz_views          views;
    struct listener          *listeners;
    int64_t                   next_sweep_ms;
    int                       sweeps_left;
};

/* Subscribers in this process have no connection, and libzmq does not tell them apart: one listener
 * stands for them all. */
static const struct fsz_peer audience_inside = {.fd = -1};

fsz_err fsz_audience_new(struct fsz_subscriptions       *subscriptions,
                         const struct fsz_audience_ways *ways, struct fsz_audience **ret_audience)
{
    struct fsz_audience *audience = calloc(1, sizeof(*audience));
    if (audience == NULL) {
        return FSZ_ENOMEM;
    }
    audience->subscriptions = subscriptions;
    audience->ways = *ways;
    audience->next_sweep_ms = INT64_MAX;
    *ret_audience = audience;
    return FSZ_OK;
}

enum { LISTENER_INSIDE = 1 }; /* its id; those of connections are even, or the inode's */

/* 0: the connection has ended, and without a number of its own nothing is left to know it by. */
static uint64_t listener_id(const struct fsz_peer *peer, bool linked, const struct fsz_link *link)
{
    if (peer->fd < 0) {
        return LISTENER_INSIDE;
    }
    if (peer->serial != 0) {
        return peer->serial << 1;
    }
    return linked ? (uint64_t)link->inode << 1 | 1 : 0;
}

static struct wish *wish_find(struct listener *listener, const void *prefix, size_t size)
{
    struct wish *wish = NULL;
    HASH_FIND(hh, listener->wishes, prefix, size, wish);
    return wish;
}

static void audience_sweep_soon(struct fsz_audience *audience)
{
    audience->sweeps_left = AUDIENCE_SWEEPS;
    audience->next_sweep_ms = 0;
}

/* ---- what a wish comes down to ------------------------------------------------------------- */

struct wish_change {
    struct fsz_audience *audience;
    struct listener     *listener;
    bool                 came, tell; /* tell: libzmq still has the connection at hand */
    size_t               count;
};

static void wish_count(void *argument, const void *prefix, size_t size, bool is_grant)
{
    (void)prefix;
    (void)size;
    (void)is_grant;
    (*(size_t *)argument)++;
}

struct wish_search {
    const void *prefix;
    size_t      size;
    bool        found;
};

static void wish_compare(void *argument, const void *prefix, size_t size, bool is_grant)
{
    struct wish_search *search = argument;
    (void)is_grant;
    search->found |= size == search->size && memcmp(prefix, search->prefix, size) == 0;
}

/* Does another wish of this connection come down to the same prefix? */
static bool listener_still_wants(const struct listener *listener, const void *prefix, size_t size)
{
    struct wish_search search = {.prefix = prefix, .size = size};
    struct wish       *each = NULL, *next = NULL;
    HASH_ITER(hh, listener->wishes, each, next)
    {
        fsz_narrow_apply(listener->view->narrow, each->prefix, each->size, wish_compare, &search);
        if (search.found) {
            return true;
        }
    }
    return false;
}

/* One prefix of a wish that is not among the listener's: one that is to come, or has been taken
 * out. */
static void wish_apply(void *argument, const void *prefix, size_t size, bool is_grant)
{
    struct wish_change  *change = argument;
    struct fsz_audience *audience = change->audience;
    if (is_grant && listener_still_wants(change->listener, prefix, size)) {
        return;
    }
    fsz_subscriptions_change(audience->subscriptions, change->came, prefix, size);
    if (change->tell) {
        audience->ways.give(audience->ways.self, change->came, prefix, size);
    }
}

static void wish_settle(struct fsz_audience *audience, struct listener *listener, bool came,
                        bool tell, const void *prefix, size_t size)
{
    struct wish_change change = {audience, listener, came, tell, 0};
    fsz_narrow_apply(listener->view->narrow, prefix, size, wish_apply, &change);
}

/* ---- connections --------------------------------------------------------------------------- */

static void listener_free(struct fsz_audience *audience, struct listener *listener)
{
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): it is in there */
    HASH_DEL(audience->listeners, listener);
    fsz_views_leave(&audience->views, listener->view);
    free(listener);
}

static struct listener *listener_new(struct fsz_audience *audience, const struct fsz_peer *peer,
                                     const struct fsz_link *link, uint64_t id)
{
    struct listener *listener = calloc(1, sizeof(*listener));
    if (listener == NULL) {
        return NULL;
    }
    listener->id = id;
    listener->peer = *peer;
    listener->link = *link;
    struct fsz_narrow *narrow = audience->ways.narrow(audience->ways.self, peer);
    listener->view = narrow == NULL ? NULL : fsz_views_join(&audience->views, narrow);
    if (listener->view == NULL) {
        free(listener);
        return NULL;
    }
    HASH_ADD(hh, audience->listeners, id, sizeof(listener->id), listener);
    if (listener->hh.tbl == NULL) {
        fsz_views_leave(&audience->views, listener->view);
        free(listener);
        return NULL;
    }
    return listener;
}

static void wish_remove(struct fsz_audience *audience, struct listener *listener, struct wish *wish,
                        bool tell)
{
    HASH_DEL(listener->wishes, wish);
    wish_settle(audience, listener, false, tell, wish->prefix, wish->size);
    free(wish);
}

/* The wishes go first from the listener, then what they came down to is taken back once. */
static void listener_end(struct fsz_audience *audience, struct listener *listener)
{
    struct wish *each = NULL, *next = NULL;
    HASH_ITER(hh, listener->wishes, each, next)
    {
        wish_remove(audience, listener, each, false);
    }
    listener_free(audience, listener);
}

void fsz_audience_free(struct fsz_audience **audience)
{
    struct listener *each = NULL, *next = NULL;
    if (*audience == NULL) {
        return;
    }
    HASH_ITER(hh, (*audience)->listeners, each, next)
    {
        listener_end(*audience, each);
    }
    free(*audience);
    *audience = NULL;
}

/* False: out of memory, and the subscription is not given. */
static bool wish_add(struct fsz_audience *audience, struct listener *listener, const void *prefix,
                     size_t size)
{
    struct wish *wish = calloc(1, sizeof(*wish) + size);
    if (wish == NULL) {
        return false;
    }
    wish->size = size;
    memcpy(wish->prefix, prefix, size);
    wish_settle(audience, listener, true, true, prefix, size);
    HASH_ADD(hh, listener->wishes, prefix, size, wish);
    if (wish->hh.tbl == NULL) {
        wish_settle(audience, listener, false, true, prefix, size);
        free(wish);
        return false;
    }
    return true;
}

/* The listener that the message is from, made if it is not there yet and `make`. NULL: none, or its
 * connection has ended: then *ret_ended, and a sweep will see to what it had. */
static struct listener *audience_find(struct fsz_audience *audience, const struct fsz_peer *peer,
                                      bool make, bool *ret_ended)
{
    struct fsz_link  link = {.fd = -1};
    struct listener *listener = NULL;
    bool             linked = peer->fd >= 0 && fsz_link_find(peer, &link);
    uint64_t         id = listener_id(peer, linked, &link);
    HASH_FIND(hh, audience->listeners, &id, sizeof(id), listener);
    *ret_ended = peer->fd >= 0 && !linked;
    if (*ret_ended) {
        audience_sweep_soon(audience);
        return NULL;
    }
    return listener == NULL && make ? listener_new(audience, peer, &link, id) : listener;
}

size_t fsz_audience_change(struct fsz_audience *audience, const struct fsz_peer *peer, bool came,
                           const void *prefix, size_t size)
{
    bool             ended = false;
    struct listener *listener = audience_find(audience, peer, came, &ended);
    if (listener == NULL) {
        return ended;
    }
    struct wish *wish = wish_find(listener, prefix, size);
    if (came && wish == NULL && !wish_add(audience, listener, prefix, size)) {
        return 0;
    }
    size_t count = 0;
    listener->view->news |= came;
    fsz_narrow_apply(listener->view->narrow, prefix, size, wish_count, &count);
    if (!came && wish != NULL) {
        wish_remove(audience, listener, wish, true);
    }
    return count;
}

/* ---- connections that ended ---------------------------------------------------------------- */

static struct listener *audience_find_inside(struct fsz_audience *audience)
{
    uint64_t         id = LISTENER_INSIDE;
    struct listener *listener = NULL;
    HASH_FIND(hh, audience->listeners, &id, sizeof(id), listener);
    return listener;
}

static bool audience_has_other(struct fsz_audience *audience, const struct listener *besides,
                               const void *prefix, size_t size)
{
    struct listener *each = NULL, *next = NULL;
    HASH_ITER(hh, audience->listeners, each, next)
    {
        if (each != besides && wish_find(each, prefix, size) != NULL) {
            return true;
        }
    }
    return false;
}

/* Where a connection may have been the one that went, a subscriber inside keeps what it has: a
 * subscription too many costs some work, one too few would lose events. */
void fsz_audience_gone(struct fsz_audience *audience, const void *prefix, size_t size)
{
    struct listener *inside = audience_find_inside(audience);
    struct wish     *wish = inside ? wish_find(inside, prefix, size) : NULL;
    if (wish != NULL && !audience_has_other(audience, inside, prefix, size)) {
        fsz_audience_change(audience, &audience_inside, false, prefix, size);
        return;
    }
    audience_sweep_soon(audience);
}

void fsz_audience_lost_track(struct fsz_audience *audience)
{
    audience_sweep_soon(audience);
}

/* libzmq reports the end before it closes the descriptor, so one look may be too early. */
bool fsz_audience_sweep(struct fsz_audience *audience)
{
    struct listener *each = NULL, *next = NULL;
    bool             any = false;
    if (audience->sweeps_left == 0 || fsz_now_ms() < audience->next_sweep_ms) {
        return false;
    }
    audience->sweeps_left--;
    audience->next_sweep_ms =
        audience->sweeps_left > 0 ? fsz_now_ms() + AUDIENCE_SWEEP_MS : INT64_MAX;
    HASH_ITER(hh, audience->listeners, each, next)
    {
        if (each->peer.fd >= 0 && !fsz_link_is_open(&each->link)) {
            listener_end(audience, each);
            any = true;
        }
    }
    return any;
}

int64_t fsz_audience_next_sweep_ms(const struct fsz_audience *audience)
{
    return audience->next_sweep_ms;
}

size_t fsz_audience_review(struct fsz_audience *audience)
{
    struct listener *each = NULL, *next = NULL;
    size_t           cut = 0;
    HASH_ITER(hh, audience->listeners, each, next)
    {
        struct fsz_narrow *now = audience->ways.narrow(audience->ways.self, &each->peer);
        if (now == NULL || !fsz_narrow_same(now, each->view->narrow)) {
            cut += fsz_link_cut(&each->link);
        }
        fsz_narrow_free(&now);
    }
    return cut;
}

struct fsz_view *fsz_audience_views(struct fsz_audience *audience)
{
    return audience->views.first;
}

size_t fsz_audience_count(const struct fsz_audience *audience)
{
    return HASH_COUNT(audience->listeners);
}
