/* SPDX-License-Identifier: MPL-2.0 */
/* publisher.h - takes events from switch threads and hands them to the streams.
 *
 * fsz_publisher_offer() may be called from any thread and never waits for a socket: it sends
 * without waiting if events are few, else it queues. One thread, the stream thread, owns the
 * sockets. Other threads have it run tasks, through fsz_publisher_ask(). */
#ifndef FSZ_PUBLISHER_H
#define FSZ_PUBLISHER_H

#include "auth/access.h"
#include "auth/audit.h"
#include "config/config.h"
#include "event/event.h"
#include "host/host.h"
#include "net/change.h"
#include "net/client_events.h"
#include "stream/queue.h"
#include "stream/stream.h"

struct fsz_publisher;

/* The streams at one moment, for a task that runs on the stream thread. */
struct fsz_publisher_view {
    struct fsz_stream *const *streams; /* by slot; NULL: no stream */
    size_t                    stream_count;
    struct fsz_queue         *queue;
    struct fsz_event_types   *types;
    const struct fsz_config  *config;
    uint64_t                  offered; /* events offered while there was a subscriber */
    uint64_t unwanted;                 /* of these, events that no subscriber wanted: not encoded */
    uint64_t encoded;                  /* messages written */
    uint64_t failed;                   /* lost because there was no memory */
};
typedef void (*fsz_publisher_view_fn)(const struct fsz_publisher_view *view, void *argument);

/* What a publisher needs. All of it stays with the caller and outlives the publisher. */
struct fsz_publisher_base {
    void                     *context; /* libzmq's */
    const struct fsz_host    *host;
    struct fsz_access        *access;
    struct fsz_audit         *audit;         /* or NULL: refusals are only counted */
    struct fsz_client_events *client_events; /* or NULL */
    /* The number of streams that have a subscriber, set by the stream thread. While it is 0, an
     * event costs one atomic read. */
    _Atomic uint32_t *heard;
};

/* Starts the stream thread and makes the change, a start, which opens the streams. */
FSZ_NODISCARD fsz_err fsz_publisher_new(const struct fsz_publisher_base *base,
                                        struct fsz_change               *change,
                                        struct fsz_publisher           **ret_publisher);
/* Sends what is queued and `.bye/`, closes the streams and joins the thread. No thread may be in
 * fsz_publisher_offer(). */
void fsz_publisher_free(struct fsz_publisher **publisher);

/* Writes the event once for each variant that is wanted. Sends it at once to streams with few
 * subscribers, else queues it for the stream thread. The event stays with the caller. Any thread,
 * several at once. FSZ_EFULL: refused for some stream because of its drop priority. FSZ_ENOMEM.
 * Both are counted and are a gap in the numbers of that stream. */
fsz_err fsz_publisher_offer(struct fsz_publisher *publisher, const struct fsz_event *event);

/* What the publisher does for a change of configuration. Each step waits for the stream thread,
 * which does nothing else between prepare and commit or cancel. */
struct fsz_change_part fsz_publisher_part(struct fsz_publisher *publisher);
/* Calls `ask` on the stream thread and waits for it. One caller at a time. */
void fsz_publisher_ask(struct fsz_publisher *publisher, fsz_publisher_view_fn ask, void *argument);

#endif
