/* SPDX-License-Identifier: MPL-2.0 */
#include "base/clock.h"
#include "net/announce.h"
#include "stream/publisher_private.h"

#include <sys/prctl.h>

enum {
    PUBLISHER_BATCH = 64,       /* messages between two turns of the loop; ends a batching wait */
    PUBLISHER_SLACK_NS = 10000, /* how late a wait may end */
    PUBLISHER_MARK_MS = 5,
    PUBLISHER_DRAIN_MS = 100, /* shortest time to send queued messages at the end */
    PUBLISHER_CLOSE_TURN_NS = 100 * 1000000,
    PUBLISHER_IDLE_MS = 60 * 1000, /* longest wait if no beat or retry is due */
};

/* ---- tasks of other threads ------------------------------------------------------------------ */

void fsz_publisher_run_task(struct fsz_publisher *p, publisher_task_fn task, void *argument)
{
    pthread_mutex_lock(&p->ask_lock);
    pthread_mutex_lock(&p->task_lock);
    p->task = task;
    p->task_argument = argument;
    p->task_is_done = false;
    pthread_cond_broadcast(&p->task_done); /* the stream thread may wait for the next step */
    fsz_queue_wake(p->queue);
    while (!p->task_is_done) {
        pthread_cond_wait(&p->task_done, &p->task_lock);
    }
    pthread_mutex_unlock(&p->task_lock);
    pthread_mutex_unlock(&p->ask_lock);
}

static void publisher_do_task_locked(struct fsz_publisher *p)
{
    publisher_task_fn task = p->task;
    void             *argument = p->task_argument;
    p->task = NULL;
    pthread_mutex_unlock(&p->task_lock);
    task(p, argument);
    for (unsigned slot = 0; slot < p->slot_end; slot++) {
        if (p->streams[slot] != NULL) {
            p->streams[slot]->pending = true; /* the task may have used any socket */
        }
    }
    pthread_mutex_lock(&p->task_lock);
    p->task_is_done = true;
    pthread_cond_broadcast(&p->task_done);
}

/* Between prepare and commit of a change the loop takes no turn: new endpoints are open already,
 * and a connection would be judged, and sent events, by the old configuration. */
static void publisher_take_task(struct fsz_publisher *p)
{
    pthread_mutex_lock(&p->task_lock);
    while (p->task != NULL || p->next != NULL) {
        if (p->task != NULL) {
            publisher_do_task_locked(p);
        } else {
            pthread_cond_wait(&p->task_done, &p->task_lock);
        }
    }
    pthread_mutex_unlock(&p->task_lock);
}

/* ---- the stream thread ----------------------------------------------------------------------- */

/* All streams of a list of messages. */
static struct fsz_streamset publisher_targets(const struct fsz_message *first)
{
    struct fsz_streamset all = {{0}};
    for (const struct fsz_message *m = first; m != NULL; m = m->next) {
        for (unsigned i = 0; i < FSZ_STREAMSET_WORDS; i++) {
            all.words[i] |= m->streams.words[i];
        }
    }
    return all;
}

/* Sends a list of messages to each of their streams; returns their number. */
static size_t publisher_dispatch(struct fsz_publisher *p, struct fsz_message *first)
{
    struct fsz_streamset streams = publisher_targets(first);
    size_t               count = 0;
    for (int slot; (slot = fsz_streamset_take(&streams)) >= 0;) {
        if (p->streams[slot] != NULL) {
            fsz_stream_publish(p->streams[slot], first);
        }
    }
    for (struct fsz_message *next; first != NULL; first = next, count++) {
        next = first->next;
        fsz_message_unref(first);
    }
    return count;
}

/* Sends up to `most` messages; returns how many. */
static size_t publisher_drain_batch(struct fsz_publisher *p, size_t most)
{
    size_t taken = publisher_dispatch(p, fsz_queue_take(p->queue, most));
    for (unsigned slot = 0; slot < p->slot_end; slot++) {
        if (p->streams[slot] != NULL) {
            fsz_stream_settle_losses(p->streams[slot]);
        }
    }
    atomic_fetch_sub(&p->in_flight, taken);
    return taken;
}

/* Lets subscribers that read catch up, because the loop does not serve their sockets during a
 * drain. */
static void publisher_flush_blocked(struct fsz_publisher *p)
{
    for (unsigned slot = 0; slot < p->slot_end; slot++) {
        if (p->streams[slot] != NULL) {
            fsz_stream_flush_blocked(p->streams[slot]);
        }
    }
}

void fsz_publisher_drain(struct fsz_publisher *p, uint64_t count, int64_t due_ms)
{
    size_t taken = 1;
    for (; taken > 0 && count > 0 && fsz_clock_monotonic_ms() < due_ms; count -= taken) {
        taken = publisher_drain_batch(p, count < PUBLISHER_BATCH ? count : PUBLISHER_BATCH);
        publisher_flush_blocked(p);
    }
}

/* Moves the next deadline to `due_ms` if that is earlier. */
static void publisher_due(struct fsz_publisher *p, int64_t due_ms)
{
    p->next_due_ms = due_ms < p->next_due_ms ? due_ms : p->next_due_ms;
}

static void publisher_retry(struct fsz_publisher *p, struct fsz_stream *stream, int64_t now_ms)
{
    const struct fsz_endpoint_state *state = fsz_endpoints_retry(&stream->endpoints, now_ms);
    stream->used = true;
    if (state != NULL) {
        fsz_announce_retried(p->base.host, stream->endpoints.owner, state);
    }
    publisher_due(p, fsz_endpoints_next_retry_ms(&stream->endpoints));
}

static void publisher_keep_time(struct fsz_publisher *p)
{
    int64_t now_ms = fsz_clock_monotonic_ms();
    if (now_ms < p->next_due_ms) {
        return;
    }
    p->next_due_ms = now_ms + PUBLISHER_IDLE_MS;
    for (unsigned slot = 0; slot < p->slot_end; slot++) {
        struct fsz_stream *stream = p->streams[slot];
        if (stream != NULL) {
            publisher_due(p, fsz_stream_beat(stream, now_ms));
            publisher_retry(p, stream, now_ms);
        }
    }
}

/* New types are marked at once. Changed subscriptions are marked at once after a pause, else at
 * most every PUBLISHER_MARK_MS, so that a subscriber that changes them all the time costs the
 * others little. */
static void publisher_mark(struct fsz_publisher *p, bool has_new_types)
{
    int64_t now_ms = fsz_clock_monotonic_ms();
    bool    is_due = p->is_unmarked && now_ms - p->marked_ms >= PUBLISHER_MARK_MS;
    if (!is_due && !has_new_types) {
        return;
    }
    p->is_unmarked = false;
    fsz_publisher_mark_wanted(p);
    p->marked_ms =
        fsz_clock_monotonic_ms(); /* set after marking: a long marking is followed by a pause too */
}

void fsz_publisher_mark_wanted(struct fsz_publisher *p)
{
    uint32_t heard = 0;
    for (unsigned slot = 0; slot < FSZ_STREAMS_MAX; slot++) {
        struct fsz_stream *stream = p->streams[slot];
        bool               is_heard = stream != NULL && fsz_stream_has_subscribers(stream);
        fsz_streamset_share(&p->heard, slot, is_heard);
        heard += is_heard;
        if (stream != NULL) {
            fsz_stream_mark_wanted(stream);
        }
    }
    atomic_store(p->base.heard, heard);
}

/* Reads changed subscriptions, and marks types that the streams do not have yet. */
static void publisher_follow_streams(struct fsz_publisher *p)
{
    bool     has_new_types = false;
    uint32_t types = fsz_event_types_count(p->types);
    for (unsigned slot = 0; slot < p->slot_end; slot++) {
        struct fsz_stream *stream = p->streams[slot];
        if (stream != NULL) {
            fsz_stream_read_local(stream);
            p->is_unmarked |= fsz_stream_has_changed(stream);
            has_new_types |= fsz_subscriptions_types(stream->subscriptions) != types;
        }
    }
    publisher_mark(p, has_new_types);
}

/* How long to wait for the queue's descriptor and the connections; 0 while there is work. */
static int64_t publisher_patience_ns(struct fsz_publisher *p, bool batching_now)
{
    if (p->is_unmarked) {
        publisher_due(p, p->marked_ms + PUBLISHER_MARK_MS);
    }
    int64_t wait_ms = p->next_due_ms - fsz_clock_monotonic_ms();
    if (wait_ms <= 0 || fsz_queue_wait(p->queue, batching_now ? PUBLISHER_BATCH : 1)) {
        return 0;
    }
    return batching_now ? p->routes->config->batch_us * 1000 : wait_ms * 1000000;
}

/* Whether to wait for more events after `taken` of them. Only while events come: after a wait
 * without any, the next one does not batch. */
static bool publisher_batches(const struct fsz_publisher *p, size_t taken)
{
    return taken > 0 &&
           fsz_batching_is_thick(&p->batching, p->routes->config->batch_us, fsz_clock_wall_us());
}

/* Whether input on a libzmq socket is left to read. */
static bool publisher_has_pending(const struct fsz_publisher *p)
{
    bool pending = false;
    for (unsigned slot = 0; slot < p->slot_end; slot++) {
        if (p->streams[slot] != NULL) {
            fsz_stream_check_local(p->streams[slot]);
            pending |= p->streams[slot]->pending;
        }
    }
    return pending;
}

static void publisher_queue_came(void *argument, uint32_t events)
{
    struct fsz_publisher *p = argument;
    (void)events;
    fsz_queue_woken(p->queue);
    publisher_take_task(p);
}

fsz_err fsz_publisher_watch_queue(struct fsz_publisher *p)
{
    p->queue_watch = (struct fsz_loop_watch){
        .fd = fsz_queue_fd(p->queue), .ready = publisher_queue_came, .argument = p};
    return fsz_loop_add(p->loop, &p->queue_watch, EPOLLIN);
}

/* Waits for the queue or a connection, and serves the connections. `taken`: events since the last
 * turn. */
static void publisher_turn(struct fsz_publisher *p, size_t taken)
{
    bool batching_now = publisher_batches(p, taken);
    fsz_loop_turn(p->loop, publisher_has_pending(p) ? 0 : publisher_patience_ns(p, batching_now));
    publisher_follow_streams(p);
}

static void publisher_stream_closed(void *argument)
{
    struct fsz_publisher *p = argument;
    p->streams_closing--;
}

void fsz_publisher_close_stream(struct fsz_publisher *p, struct fsz_stream **stream, bool announced,
                                int64_t linger_ms)
{
    if (*stream != NULL) {
        p->streams_closing++;
        fsz_stream_free(stream, announced, linger_ms, publisher_stream_closed, p);
    }
}

static void publisher_close_streams(struct fsz_publisher *p, int64_t due_ms)
{
    for (unsigned slot = 0; slot < p->slot_end; slot++) {
        int64_t left_ms = due_ms - fsz_clock_monotonic_ms();
        fsz_publisher_close_stream(p, &p->streams[slot], true, left_ms > 0 ? left_ms : 0);
    }
    while (p->streams_closing > 0) {
        fsz_loop_turn(p->loop, PUBLISHER_CLOSE_TURN_NS);
    }
}

/* No thread offers events any more. Takes at most `linger-ms`, or PUBLISHER_DRAIN_MS if that is
 * longer. */
static void publisher_end(struct fsz_publisher *p)
{
    int64_t linger_ms = p->routes ? p->routes->config->linger_ms : 0;
    int64_t now_ms = fsz_clock_monotonic_ms();
    fsz_publisher_drain(p, UINT64_MAX,
                        now_ms + (linger_ms > PUBLISHER_DRAIN_MS ? linger_ms : PUBLISHER_DRAIN_MS));
    publisher_close_streams(p, now_ms + linger_ms);
}

void *fsz_publisher_main(void *argument)
{
    struct fsz_publisher *p = argument;
    prctl(PR_SET_TIMERSLACK, PUBLISHER_SLACK_NS, 0, 0, 0);
    while (!p->ending) {
        size_t taken = publisher_drain_batch(p, PUBLISHER_BATCH);
        publisher_keep_time(p);
        publisher_turn(p, taken);
    }
    publisher_end(p);
    return NULL;
}
