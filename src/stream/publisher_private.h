/* SPDX-License-Identifier: MPL-2.0 */
/* publisher_private.h - shared by publisher.c (the switch threads' side), publisher_thread.c (the
 * stream thread) and publisher_reload.c. */
#ifndef FSZ_PUBLISHER_PRIVATE_H
#define FSZ_PUBLISHER_PRIVATE_H

#include "stream/batching.h"
#include "stream/publisher.h"
#include "stream/routes.h"

#include <pthread.h>

typedef void (*publisher_task_fn)(struct fsz_publisher *publisher, void *argument);

/* Prepared, and neither committed nor cancelled. */
struct publisher_next {
    struct fsz_routes *routes;
    struct fsz_stream *created[FSZ_STREAMS_MAX]; /* by slot; not in service yet */
};

struct fsz_publisher {
    struct fsz_publisher_base base;
    struct fsz_queue         *queue; /* has its own lock */
    struct fsz_event_types   *types; /* lock-free to read */

    /* Held for reading while a switch thread encodes, and for writing while a reload swaps the
     * pointers. Never held during I/O. */
    pthread_rwlock_t   routes_lock;
    struct fsz_routes *routes;
    struct fsz_stream *streams[FSZ_STREAMS_MAX]; /* set by the stream thread, under routes_lock */

    struct fsz_streamset_shared heard; /* streams with a subscriber; set by the stream thread */
    _Atomic uint64_t            offered, unwanted, encoded, failed;

    /* Messages queued and not yet sent, and 1 more while a configuration changes. While it is not
     * 0, new messages are queued behind them, else they may be sent at once. */
    _Atomic uint64_t    in_flight;
    struct fsz_batching batching; /* counts all wanted events */

    pthread_t             thread;
    struct fsz_loop      *loop; /* of the stream thread */
    struct fsz_loop_watch queue_watch;
    pthread_mutex_t       ask_lock;  /* one task at a time */
    pthread_mutex_t       task_lock; /* guards the four members below */
    pthread_cond_t        task_done;
    publisher_task_fn     task;
    void                 *task_argument;
    bool                  task_is_done;

    bool     ending;                    /* stream thread only, like all below */
    size_t   streams_closing;           /* streams that send what is queued before they are freed */
    unsigned slot_end;                  /* one after the last slot in use */
    struct publisher_next *next;        /* of the change in progress; NULL: none is */
    int64_t                next_due_ms; /* of the next beat or retry */
    bool                   is_unmarked; /* subscriptions have changed since the types were marked */
    int64_t                marked_ms;   /* when the types were last marked */
};

/* publisher_thread.c */
/* Makes the loop watch the queue. Call it before the thread starts. */
FSZ_NODISCARD fsz_err fsz_publisher_watch_queue(struct fsz_publisher *p);
void                 *fsz_publisher_main(void *argument);
/* Sends the oldest `count` queued messages, until `due_ms` (fsz_clock_monotonic_ms()). It takes a
 * count because threads may offer events faster than they are sent, without end. */
void fsz_publisher_drain(struct fsz_publisher *p, uint64_t count, int64_t due_ms);
void fsz_publisher_run_task(struct fsz_publisher *p, publisher_task_fn task, void *argument);

/* Takes a stream out of service. It is freed once its queued messages are sent, or after
 * `linger_ms`. */
void fsz_publisher_close_stream(struct fsz_publisher *p, struct fsz_stream **stream, bool announced,
                                int64_t linger_ms);
/* Adds new event types to each stream, marks on each type which streams want it, and counts the
 * streams with subscribers. */
void fsz_publisher_mark_wanted(struct fsz_publisher *p);

#endif
