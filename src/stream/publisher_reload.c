/* A change of configuration, on the stream thread: first everything that can fail, then the swap.
 */
#include "stream/publisher_private.h"

#include <stdio.h>
#include <string.h>

struct change_stage {
    struct fsz_publisher    *p;
    struct publisher_change *change;
    struct fsz_stream       *created[FSZ_STREAMS_MAX]; /* by slot; not in service yet */
};

static struct fsz_stream *change_old_stream(struct fsz_publisher *p, const char *name)
{
    for (unsigned slot = 0; slot < FSZ_STREAMS_MAX; slot++) {
        if (p->streams[slot] != NULL && strcmp(p->streams[slot]->name, name) == 0) {
            return p->streams[slot];
        }
    }
    return NULL;
}

/* A slot that no stream has before or after: what is queued must not reach another one. */
static int change_free_slot(const struct change_stage *stage)
{
    for (unsigned slot = 0; slot < FSZ_STREAMS_MAX; slot++) {
        if (stage->p->streams[slot] == NULL && stage->created[slot] == NULL) {
            return (int)slot;
        }
    }
    return -1;
}

static fsz_err change_create_stream(struct change_stage            *stage,
                                    const struct fsz_stream_config *config, unsigned *ret_slot)
{
    int slot = change_free_slot(stage);
    if (slot < 0) {
        return FSZ_ELIMIT;
    }
    *ret_slot = (unsigned)slot;
    const struct fsz_stream_base base = {.loop = stage->p->loop,
                                         .context = stage->p->base.context,
                                         .host = stage->p->base.host,
                                         .access = stage->p->base.access,
                                         .audit = stage->p->base.audit,
                                         .types = stage->p->types,
                                         .client_events = stage->p->base.client_events};
    return fsz_stream_new(&base, (unsigned)slot, stage->change->config, config,
                          &stage->created[slot]);
}

static void change_complain(struct change_stage *stage, const char *stream, const char *what,
                            const char *why)
{
    if (stage->change->problems != NULL) {
        fsz_problems_add(stage->change->problems, "stream \"%s\": %s: %s", stream, what, why);
    } else {
        fsz_publisher_log(stage->p, FSZ_LOG_ERROR, "stream \"%s\": %s: %s", stream, what, why);
    }
}

static fsz_err change_open_endpoint(struct change_stage *stage, struct fsz_stream *stream,
                                    const struct fsz_endpoint *wanted, bool ipv6)
{
    struct fsz_endpoint_state *state = NULL;
    if (fsz_endpoints_find(&stream->endpoints, wanted->address, wanted->connect) != NULL) {
        return FSZ_OK;
    }
    if (fsz_released_blocks(stage->change->released, wanted, ipv6)) {
        return fsz_endpoints_defer(&stream->endpoints, wanted);
    }
    fsz_err err = fsz_endpoints_open(&stream->endpoints, wanted, true, &state);
    if (err == FSZ_ESYSTEM) {
        char what[FSZ_ENDPOINT_WHY_BYTES];
        snprintf(what, sizeof(what), "cannot %s %s", wanted->connect ? "connect to" : "bind",
                 wanted->address);
        change_complain(stage, stream->name, what, state->why);
        return stage->change->problems ? FSZ_EINVALID : FSZ_OK;
    }
    return err;
}

static fsz_err change_stage_stream(struct change_stage *stage, size_t index)
{
    const struct fsz_stream_config *config = &stage->change->config->streams[index];
    struct fsz_stream              *old = change_old_stream(stage->p, config->name);
    unsigned                        slot = old ? old->slot : 0;
    fsz_err                         err = old ? FSZ_OK : change_create_stream(stage, config, &slot);
    if (err != FSZ_OK) {
        change_complain(stage, config->name, "cannot be set up", fsz_err_text(err));
        return err;
    }
    stage->change->slots[index] = slot;
    struct fsz_stream *stream = old ? old : stage->created[slot];
    fsz_err            result = FSZ_OK;
    for (size_t i = 0; i < config->socket.endpoint_count; i++) {
        err =
            change_open_endpoint(stage, stream, &config->socket.endpoints[i], config->socket.ipv6);
        result = err != FSZ_OK ? err : result;
    }
    return result;
}

static fsz_err change_stage_all(struct change_stage *stage)
{
    fsz_err result = FSZ_OK;
    for (size_t i = 0; i < stage->change->config->stream_count; i++) {
        fsz_err err = change_stage_stream(stage, i);
        result = err != FSZ_OK ? err : result;
    }
    return result;
}

static void change_undo(struct change_stage *stage)
{
    for (unsigned slot = 0; slot < FSZ_STREAMS_MAX; slot++) {
        fsz_publisher_close_stream(stage->p, &stage->created[slot], false, 0);
        if (stage->p->streams[slot] != NULL) {
            fsz_endpoints_discard(&stage->p->streams[slot]->endpoints);
        }
    }
    fsz_config_free(&stage->change->config);
}

/* Puts the new routes in place of the old, which *routes gets; returns how many messages are queued
 * that were written by the old ones. An event is written and queued, or sent, under the lock. From
 * here on all are queued. */
static uint64_t change_swap_routes(struct fsz_publisher *p, struct fsz_routes **routes)
{
    struct fsz_queue_stats queued;
    pthread_rwlock_wrlock(&p->routes_lock);
    struct fsz_routes *old = p->routes;
    p->routes = *routes;
    *routes = old;
    atomic_fetch_add(&p->underway, 1);
    fsz_queue_stats(p->queue, &queued);
    pthread_rwlock_unlock(&p->routes_lock);
    return queued.events;
}

/* Puts the new streams in place of the old; `ret_removed` gets those that are no more. */
static void change_swap_streams(struct change_stage *stage,
                                struct fsz_stream   *ret_removed[FSZ_STREAMS_MAX])
{
    struct fsz_publisher *p = stage->p;
    unsigned              end = 0;
    pthread_rwlock_wrlock(&p->routes_lock);
    for (unsigned slot = 0; slot < FSZ_STREAMS_MAX; slot++) {
        struct fsz_stream *before = p->streams[slot];
        struct fsz_stream *created = stage->created[slot];
        bool               stays = p->routes->by_slot[slot] != NULL && created == NULL;
        ret_removed[slot] = stays ? NULL : before;
        p->streams[slot] = stays ? before : created;
        end = p->streams[slot] != NULL ? slot + 1 : end;
    }
    p->slot_end = end;
    pthread_rwlock_unlock(&p->routes_lock);
}

static void change_reclass(struct fsz_publisher *p)
{
    for (uint32_t id = 0; id < fsz_event_types_count(p->types); id++) {
        struct fsz_event_type *type = fsz_event_types_at(p->types, id);
        type->priority = fsz_routes_priority(p->routes, type->name, type->subclass);
    }
}

/* The new routes name no slot that has become free, so no kind gets its bit again; whoever has the
 * slot next must not find it. */
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

/* What was written by the old routes goes to the old streams: so it is sent between the two swaps.
 */
static void change_commit(struct change_stage *stage, struct fsz_routes *routes)
{
    struct fsz_publisher *p = stage->p;
    struct fsz_stream    *removed[FSZ_STREAMS_MAX];
    fsz_publisher_drain(p, change_swap_routes(p, &routes), INT64_MAX);
    change_swap_streams(stage, removed);
    for (unsigned slot = 0; slot < FSZ_STREAMS_MAX; slot++) {
        fsz_publisher_close_stream(p, &removed[slot], true, p->routes->config->linger_ms);
        if (p->streams[slot] != NULL) {
            fsz_endpoints_settle(&p->streams[slot]->endpoints, &p->routes->by_slot[slot]->socket);
            fsz_stream_configure(p->streams[slot], p->routes->config, p->routes->by_slot[slot]);
            fsz_subscriptions_limit(p->streams[slot]->subscriptions,
                                    (uint64_t)p->routes->config->subscriptions_max);
        }
    }
    fsz_routes_free(&routes);
    fsz_queue_resize(p->queue, (uint64_t)p->routes->config->queue_events,
                     (uint64_t)p->routes->config->queue_bytes);
    change_reclass(p);
    fsz_publisher_mark_wanted(p);
    change_forget_slots(p);
    p->next_due_ms = 0;
    atomic_fetch_sub(&p->underway, 1);
}

static const struct fsz_stream_config *change_next(const struct fsz_config *config,
                                                   const char              *name)
{
    for (size_t i = 0; i < config->stream_count; i++) {
        if (strcmp(config->streams[i].name, name) == 0) {
            return &config->streams[i];
        }
    }
    return NULL;
}

void fsz_publisher_depart(struct fsz_publisher *p, void *argument)
{
    struct publisher_departure *departure = argument;
    fsz_err                     err = FSZ_OK;
    for (unsigned slot = 0; err == FSZ_OK && slot < p->slot_end; slot++) {
        const struct fsz_stream *stream = p->streams[slot];
        if (stream != NULL) {
            const struct fsz_stream_config *next = change_next(departure->config, stream->name);
            err = fsz_released_add(departure->released, &stream->endpoints,
                                   stream->config->socket.ipv6, next ? &next->socket : NULL);
        }
    }
    departure->result = err;
}

void fsz_publisher_change(struct fsz_publisher *p, void *argument)
{
    struct publisher_change *change = argument;
    struct change_stage      stage = {.p = p, .change = change};
    struct fsz_routes       *routes = NULL;
    change->result = change_stage_all(&stage);
    if (change->result == FSZ_OK) {
        change->result = fsz_routes_new(&change->config, change->slots, &routes);
    }
    if (change->result != FSZ_OK) {
        change_undo(&stage);
        return;
    }
    change_commit(&stage, routes);
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
