/* audience.h - who subscribed to what on one stream, and what of it each may have.
 *
 * The stream's XPUB socket is in manual mode (ZMQ_XPUB_MANUAL in zmq_setsockopt(3)): libzmq reports
 * every subscription of every connection and keeps none; this decides which prefixes the connection
 * is given instead. When a connection ends, libzmq reports its subscriptions as gone without saying
 * whose they were, so each connection's descriptor is remembered too. Stream thread only. */
#ifndef FSZ_AUDIENCE_H
#define FSZ_AUDIENCE_H

#include "narrow.h"
#include "peer.h"
#include "subscriptions.h"
#include "views.h"

struct fsz_audience;

/* Has libzmq give (or no longer give) messages with that prefix to the connection whose
 * subscription was read last. */
typedef void (*fsz_audience_give_fn)(void *self, bool give, const void *prefix, size_t size);
/* What a peer may see; NULL: out of memory, and it sees nothing. The audience frees it. */
typedef struct fsz_narrow *(*fsz_audience_narrow_fn)(void *self, const struct fsz_peer *peer);

struct fsz_audience_ways {
    void                  *self;
    fsz_audience_give_fn   give;
    fsz_audience_narrow_fn narrow;
};

/* `subscriptions`: what the narrowed prefixes are counted in; the caller's. */
FSZ_NODISCARD fsz_err fsz_audience_new(struct fsz_subscriptions       *subscriptions,
                                       const struct fsz_audience_ways *ways,
                                       struct fsz_audience           **ret_audience);
/* Accepts NULL. */
void fsz_audience_free(struct fsz_audience **audience);

/* A subscription that came or went, from that peer. Returns how many prefixes it came down to; 0:
 * nothing of it is granted. */
size_t fsz_audience_change(struct fsz_audience *audience, const struct fsz_peer *peer, bool came,
                           const void *prefix, size_t size);
/* One that went without libzmq saying whose it was: its connection has ended, or it is that of a
 * subscriber in this process. */
void fsz_audience_gone(struct fsz_audience *audience, const void *prefix, size_t size);
/* One went of which nothing may be done on libzmq's side now. */
void fsz_audience_lost_track(struct fsz_audience *audience);
/* Forgets the connections that have ended, where some have. True: subscriptions changed. */
bool fsz_audience_sweep(struct fsz_audience *audience);
/* When to sweep next, on the clock of fsz_now_ms(); INT64_MAX: not before something goes. */
int64_t fsz_audience_next_sweep_ms(const struct fsz_audience *audience);
/* After a change of grants: connections that may see something else now are cut off, and come back
 * by themselves. Returns how many. */
size_t fsz_audience_review(struct fsz_audience *audience);
/* What its connections may see: a list by `next`, NULL where nobody has subscribed. */
struct fsz_view *fsz_audience_views(struct fsz_audience *audience);
/* Connections with a subscription. */
size_t fsz_audience_count(const struct fsz_audience *audience);

#endif
