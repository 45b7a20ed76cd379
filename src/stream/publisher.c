/* SPDX-License-Identifier: MPL-2.0 */
#include "stream/publisher.h"

#include "base/thread.h"
#include "stream/publisher_private.h"

#include <stdlib.h>

/* Limits on what the offering thread sends itself; the stream thread sends the rest. */
enum { PUBLISHER_WRITES = 8, PUBLISHER_WRITE_BYTES = 1 << 16 };

static fsz_err publisher_allocate(struct fsz_publisher *p, const struct fsz_config *config)
{
    pthread_rwlockattr_t attributes;
    pthread_rwlockattr_init(&attributes);
    /* A reload must get the lock even if some switch thread is always encoding. */
    pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&p->routes_lock, &attributes);
    pthread_rwlockattr_destroy(&attributes);
    pthread_mutex_init(&p->ask_lock, NULL);
    pthread_mutex_init(&p->task_lock, NULL);
    pthread_cond_init(&p->task_done, NULL);
    fsz_err err = fsz_event_types_new(&p->types, (uint32_t)config->event_types_max);
    err = err != FSZ_OK ? err
                        : fsz_queue_new(&p->queue, (uint64_t)config->queue_events,
                                        (uint64_t)config->queue_bytes);
    err = err != FSZ_OK ? err : fsz_loop_new(&p->loop);
    return err != FSZ_OK ? err : fsz_publisher_watch_queue(p);
}

static void publisher_release(struct fsz_publisher *p)
{
    if (p->queue_watch.ready != NULL) {
        fsz_loop_remove(p->loop, &p->queue_watch);
    }
    if (p->loop != NULL) {
        fsz_loop_free(&p->loop);
    }
    fsz_queue_free(&p->queue);
    fsz_routes_free(&p->routes);
    fsz_event_types_free(&p->types);
    pthread_cond_destroy(&p->task_done);
    pthread_mutex_destroy(&p->task_lock);
    pthread_mutex_destroy(&p->ask_lock);
    pthread_rwlock_destroy(&p->routes_lock);
    free(p);
}

static void publisher_end(struct fsz_publisher *p, void *unused)
{
    (void)unused;
    p->ending = true;
}

fsz_err fsz_publisher_new(const struct fsz_publisher_base *base, struct fsz_change *change,
                          struct fsz_publisher **ret_publisher)
{
    struct fsz_publisher *p = calloc(1, sizeof(*p));
    if (p == NULL) {
        return FSZ_ENOMEM;
    }
    p->base = *base;
    fsz_err err = publisher_allocate(p, change->config);
    if (err == FSZ_OK) {
        err = fsz_thread_start(&p->thread, "fszmq-streams", fsz_publisher_main, p);
    }
    if (err != FSZ_OK) {
        publisher_release(p);
        return err;
    }
    const struct fsz_change_part part = fsz_publisher_part(p);
    err = fsz_change_make(change, &part, 1);
    if (err != FSZ_OK) {
        fsz_publisher_free(&p);
        return err;
    }
    *ret_publisher = p;
    return FSZ_OK;
}

void fsz_publisher_free(struct fsz_publisher **publisher)
{
    if (*publisher == NULL) {
        return;
    }
    fsz_publisher_run_task(*publisher, publisher_end, NULL);
    pthread_join((*publisher)->thread, NULL);
    publisher_release(*publisher);
    *publisher = NULL;
}

/* Streams that select the type and have a subscriber. The stream thread later says more exactly
 * which want it. */
static struct fsz_streamset publisher_guess(struct fsz_publisher *p, const struct fsz_event *event)
{
    return fsz_routes_select(p->routes, fsz_streamset_read(&p->heard), event->name,
                             event->subclass);
}

/* The event type and the streams that want it. NULL if the table is full; the type is then not
 * stored. */
static struct fsz_event_type *publisher_type(struct fsz_publisher *p, const struct fsz_event *event,
                                             enum fsz_priority    *ret_priority,
                                             struct fsz_streamset *ret_wanted)
{
    struct fsz_event_type *type = fsz_event_types_find(p->types, event->name, event->subclass);
    if (type == NULL) {
        *ret_wanted = publisher_guess(p, event);
        *ret_priority = fsz_routes_priority(p->routes, event->name, event->subclass);
        if (fsz_event_types_add(p->types, event->name, event->subclass, *ret_priority, ret_wanted,
                                &type) != FSZ_OK) {
            return NULL;
        }
        fsz_queue_wake(p->queue);
    }
    *ret_priority = atomic_load_explicit(&type->priority, memory_order_relaxed);
    *ret_wanted = fsz_streamset_read(&type->wanted);
    return type;
}

static void publisher_lose(struct fsz_publisher *p, const struct fsz_event_type *type,
                           struct fsz_streamset streams)
{
    for (int slot; (slot = fsz_streamset_take(&streams)) >= 0;) {
        if (p->streams[slot] != NULL) {
            fsz_stream_lose(p->streams[slot], type);
        }
    }
}

/* Sends a message to the streams where that is possible at once, and removes these from its set. */
static void publisher_send_now(struct fsz_publisher *p, struct fsz_message *message)
{
    struct fsz_streamset streams = message->streams;
    size_t               writes = PUBLISHER_WRITES;
    for (int slot; (slot = fsz_streamset_take(&streams)) >= 0;) {
        if (p->streams[slot] == NULL || fsz_stream_send_now(p->streams[slot], message, &writes)) {
            fsz_streamset_put(&message->streams, (unsigned)slot, false);
        }
    }
}

/* Sends at once if nothing is in flight and events are few, else queues. This keeps the events of
 * one thread in order. Takes ownership of the message. */
static fsz_err publisher_send(struct fsz_publisher *p, struct fsz_message *message)
{
    bool thick = fsz_batching_note(&p->batching, p->routes->config->batch_us, message->time_us);
    if (!thick && message->json_size <= PUBLISHER_WRITE_BYTES && atomic_load(&p->in_flight) == 0) {
        publisher_send_now(p, message);
        if (fsz_streamset_empty(&message->streams)) {
            fsz_message_unref(message);
            return FSZ_OK;
        }
    }
    atomic_fetch_add(&p->in_flight, 1);
    fsz_err err = fsz_queue_push(p->queue, message);
    if (err != FSZ_OK) {
        atomic_fetch_sub(&p->in_flight, 1);
        publisher_lose(p, message->type, message->streams);
        fsz_message_unref(message);
    }
    return err;
}

static fsz_err publisher_write(struct fsz_publisher *p, const struct fsz_event *event,
                               const struct fsz_variant *variant, const struct fsz_event_type *type,
                               enum fsz_priority priority, const struct fsz_streamset *streams)
{
    struct fsz_message *message = NULL;
    if (fsz_queue_refuses(p->queue, priority)) {
        publisher_lose(p, type, *streams);
        return FSZ_EFULL;
    }
    fsz_err err = fsz_message_new(event, variant, type, priority, streams, &message);
    if (err != FSZ_OK) {
        atomic_fetch_add(&p->failed, 1);
        publisher_lose(p, type, *streams);
        return err;
    }
    atomic_fetch_add_explicit(&p->encoded, 1, memory_order_relaxed);
    return publisher_send(p, message);
}

static fsz_err publisher_offer_locked(struct fsz_publisher *p, const struct fsz_event *event)
{
    enum fsz_priority            priority = FSZ_PRIORITY_NORMAL;
    struct fsz_streamset         wanted;
    const struct fsz_event_type *type = publisher_type(p, event, &priority, &wanted);
    wanted = fsz_routes_filter(p->routes, wanted, event);
    atomic_fetch_add_explicit(&p->offered, 1, memory_order_relaxed);
    if (fsz_streamset_empty(&wanted)) {
        atomic_fetch_add_explicit(&p->unwanted, 1, memory_order_relaxed);
        return FSZ_OK;
    }
    fsz_err result = FSZ_OK;
    for (size_t i = 0; i < p->routes->variant_count; i++) {
        const struct fsz_variant *variant = &p->routes->variants[i];
        struct fsz_streamset      streams = fsz_streamset_and(&wanted, &variant->streams);
        if (!fsz_streamset_empty(&streams)) {
            fsz_err err = publisher_write(p, event, variant, type, priority, &streams);
            result = err != FSZ_OK ? err : result;
        }
    }
    return result;
}

fsz_err fsz_publisher_offer(struct fsz_publisher *publisher, const struct fsz_event *event)
{
    pthread_rwlock_rdlock(&publisher->routes_lock);
    fsz_err err = publisher_offer_locked(publisher, event);
    pthread_rwlock_unlock(&publisher->routes_lock);
    return err;
}

struct publisher_view_task {
    fsz_publisher_view_fn view;
    void                 *argument;
};

static void publisher_run_view(struct fsz_publisher *p, void *argument)
{
    const struct publisher_view_task *task = argument;
    fsz_publisher_mark_wanted(p); /* so that a subscriber that is shown gets the next event */
    const struct fsz_publisher_view view = {
        .streams = p->streams,
        .stream_count = FSZ_STREAMS_MAX,
        .queue = p->queue,
        .types = p->types,
        .config = p->routes->config,
        .offered = p->offered,
        .unwanted = p->unwanted,
        .encoded = p->encoded,
        .failed = p->failed,
    };
    task->view(&view, task->argument);
}

void fsz_publisher_ask(struct fsz_publisher *publisher, fsz_publisher_view_fn ask, void *argument)
{
    struct publisher_view_task task = {ask, argument};
    fsz_publisher_run_task(publisher, publisher_run_view, &task);
}
