/* SPDX-License-Identifier: MPL-2.0 */
/* A change of configuration, on the stream thread (net/change.h). */
#include "stream/publisher_private.h"

#include <stdlib.h>
#include <string.h>

static struct fsz_stream *change_old_stream(struct fsz_publisher *p, const char *name)
{
    for (unsigned slot = 0; slot < FSZ_STREAMS_MAX; slot++) {
        if (p->streams[slot] != NULL && strcmp(p->streams[slot]->name, name) == 0) {
            return p->streams[slot];
        }
    }
    return NULL;
}

static const struct fsz_stream_config *change_config(const struct fsz_config *config,
                                                     const char              *name)
{
    for (size_t i = 0; i < config->stream_count; i++) {
        if (strcmp(config->streams[i].name, name) == 0) {
            return &config->streams[i];
        }
    }
    return NULL;
}

static void change_release(struct fsz_publisher *p, void *argument)
{
    struct fsz_change *change = argument;
    fsz_err            err = FSZ_OK;
    for (unsigned slot = 0; err == FSZ_OK && slot < p->slot_end; slot++) {
        const struct fsz_stream *stream = p->streams[slot];
        if (stream != NULL) {
            const struct fsz_stream_config *next = change_config(change->config, stream->name);
            err = fsz_released_add(&change->released, &stream->endpoints,
                                   stream->config->socket.ipv6, next ? &next->socket : NULL);
        }
    }
    change->result = err;
}

/* ---- what can fail --------------------------------------------------------------------------- */

/* A slot that no stream has before or after: queued events must not reach another stream. */
static int change_free_slot(const struct fsz_publisher *p)
{
    for (unsigned slot = 0; slot < FSZ_STREAMS_MAX; slot++) {
        if (p->streams[slot] == NULL && p->next->created[slot] == NULL) {
            return (int)slot;
        }
    }
    return -1;
}

static fsz_err change_create_stream(struct fsz_publisher *p, struct fsz_change *change,
                                    const struct fsz_stream_config *config, unsigned *ret_slot)
{
    int slot = change_free_slot(p);
    if (slot < 0) {
        return FSZ_ELIMIT;
    }
    *ret_slot = (unsigned)slot;
    const struct fsz_stream_base base = {.loop = p->loop,
                                         .context = p->base.context,
                                         .host = p->base.host,
                                         .access = p->base.access,
                                         .audit = p->base.audit,
                                         .types = p->types,
                                         .client_events = p->base.client_events};
    return fsz_stream_new(&base, (unsigned)slot, change->config, config, &p->next->created[slot]);
}

static fsz_err change_prepare_stream(struct fsz_publisher *p, struct fsz_change *change,
                                     size_t index, unsigned *ret_slot)
{
    const struct fsz_stream_config *config = &change->config->streams[index];
    struct fsz_stream              *stream = change_old_stream(p, config->name);
    fsz_err                         err = FSZ_OK;
    if (stream != NULL) {
        *ret_slot = stream->slot;
    } else {
        err = change_create_stream(p, change, config, ret_slot);
    }
    if (err != FSZ_OK) {
        fsz_change_complain(change, config->socket.owner, "cannot be set up", fsz_err_text(err));
        return err;
    }
    stream = stream != NULL ? stream : p->next->created[*ret_slot];
    return fsz_change_open_endpoints(change, &stream->endpoints, &config->socket);
}

/* All streams are tried, so that all mistakes are reported at once. */
static fsz_err change_prepare_streams(struct fsz_publisher *p, struct fsz_change *change)
{
    unsigned slots[FSZ_STREAMS_MAX];
    fsz_err  result = FSZ_OK;
    for (size_t i = 0; i < change->config->stream_count; i++) {
        fsz_err err = change_prepare_stream(p, change, i, &slots[i]);
        result = err != FSZ_OK ? err : result;
    }
    if (result != FSZ_OK) {
        return result;
    }
    struct fsz_config *config = fsz_config_ref(change->config);
    fsz_err            err = fsz_routes_new(&config, slots, &p->next->routes);
    fsz_config_free(&config); /* NULL if the routes own it */
    return err;
}

static void change_cancel(struct fsz_publisher *p, void *unused)
{
    (void)unused;
    for (unsigned slot = 0; slot < FSZ_STREAMS_MAX; slot++) {
        fsz_publisher_close_stream(p, &p->next->created[slot], false, 0);
        if (p->streams[slot] != NULL) {
            fsz_endpoints_discard(&p->streams[slot]->endpoints);
        }
    }
    fsz_routes_free(&p->next->routes);
    free(p->next);
    p->next = NULL;
}

static void change_prepare(struct fsz_publisher *p, void *argument)
{
    struct fsz_change *change = argument;
    p->next = calloc(1, sizeof(*p->next));
    if (p->next == NULL) {
        change->result = FSZ_ENOMEM;
        return;
    }
    change->result = change_prepare_streams(p, change);
    if (change->result != FSZ_OK) {
        change_cancel(p, NULL);
    }
}

/* ---- the swap -------------------------------------------------------------------------------- */

/* Replaces the old routes, which *routes then holds. Returns how many messages written by the old
 * routes are queued. Events are written, and queued or sent, under the lock. From here on all
 * events are queued. */
static uint64_t change_swap_routes(struct fsz_publisher *p, struct fsz_routes **routes)
{
    struct fsz_queue_stats queued;
    pthread_rwlock_wrlock(&p->routes_lock);
    struct fsz_routes *old = p->routes;
    p->routes = *routes;
    *routes = old;
    atomic_fetch_add(&p->in_flight, 1);
    fsz_queue_stats(p->queue, &queued);
    pthread_rwlock_unlock(&p->routes_lock);
    return queued.events;
}

/* Replaces the old streams. `ret_removed` gets the ones that are gone. */
static void change_swap_streams(struct fsz_publisher *p,
                                struct fsz_stream    *ret_removed[FSZ_STREAMS_MAX])
{
    unsigned end = 0;
    pthread_rwlock_wrlock(&p->routes_lock);
    for (unsigned slot = 0; slot < FSZ_STREAMS_MAX; slot++) {
        struct fsz_stream *before = p->streams[slot];
        struct fsz_stream *created = p->next->created[slot];
        bool               stays = p->routes->by_slot[slot] != NULL && created == NULL;
        ret_removed[slot] = stays ? NULL : before;
        p->streams[slot] = stays ? before : created;
        end = p->streams[slot] != NULL ? slot + 1 : end;
    }
    p->slot_end = end;
    pthread_rwlock_unlock(&p->routes_lock);
}

static void change_priorities(struct fsz_publisher *p)
{
    for (uint32_t id = 0; id < fsz_event_types_count(p->types); id++) {
        struct fsz_event_type *type = fsz_event_types_at(p->types, id);
        type->priority = fsz_routes_priority(p->routes, type->name, type->subclass);
    }
}

/* Clears the bits of free slots on all types. The new routes do not use these slots, so the bits
 * are not set again, and the next stream in the slot must not inherit them. */
static void change_forget_slots(struct fsz_publisher *p)
{
    struct fsz_streamset used = {{0}};
    for (unsigned slot = 0; slot < FSZ_STREAMS_MAX; slot++) {
        fsz_streamset_put(&used, slot, p->streams[slot] != NULL);
    }
    for (uint32_t id = 0; id < fsz_event_types_count(p->types); id++) {
        fsz_streamset_keep(&fsz_event_types_at(p->types, id)->wanted, &used);
    }
}

static void change_settle_stream(struct fsz_publisher *p, struct fsz_stream *stream)
{
    const struct fsz_stream_config *config = p->routes->by_slot[stream->slot];
    fsz_endpoints_settle(&stream->endpoints, &config->socket);
    fsz_stream_configure(stream, p->routes->config, config);
    fsz_subscriptions_limit(stream->subscriptions, (uint64_t)p->routes->config->subscriptions_max);
}

/* Messages written by the old routes belong to the old streams, so they are sent between the two
 * swaps. */
static void change_commit(struct fsz_publisher *p, void *unused)
{
    (void)unused;
    struct fsz_stream *removed[FSZ_STREAMS_MAX];
    struct fsz_routes *routes = p->next->routes;
    fsz_publisher_drain(p, change_swap_routes(p, &routes), INT64_MAX);
    change_swap_streams(p, removed);
    for (unsigned slot = 0; slot < FSZ_STREAMS_MAX; slot++) {
        fsz_publisher_close_stream(p, &removed[slot], true, p->routes->config->linger_ms);
        if (p->streams[slot] != NULL) {
            change_settle_stream(p, p->streams[slot]);
        }
    }
    fsz_routes_free(&routes);
    free(p->next);
    p->next = NULL;
    fsz_queue_resize(p->queue, (uint64_t)p->routes->config->queue_events,
                     (uint64_t)p->routes->config->queue_bytes);
    change_priorities(p);
    fsz_publisher_mark_wanted(p);
    change_forget_slots(p);
    p->next_due_ms = 0;
    atomic_fetch_sub(&p->in_flight, 1);
}

/* ---- the steps ------------------------------------------------------------------------------- */

static fsz_err part_release(void *self, struct fsz_change *change)
{
    fsz_publisher_run_task(self, change_release, change);
    return change->result;
}

static fsz_err part_prepare(void *self, struct fsz_change *change)
{
    fsz_publisher_run_task(self, change_prepare, change);
    return change->result;
}

static void part_commit(void *self, struct fsz_change *change)
{
    fsz_publisher_run_task(self, change_commit, change);
}

static void part_cancel(void *self, struct fsz_change *change)
{
    fsz_publisher_run_task(self, change_cancel, change);
}

struct fsz_change_part fsz_publisher_part(struct fsz_publisher *publisher)
{
    return (struct fsz_change_part){.self = publisher,
                                    .release = part_release,
                                    .prepare = part_prepare,
                                    .commit = part_commit,
                                    .cancel = part_cancel};
}
