/* SPDX-License-Identifier: MPL-2.0 */
#include "engine/engine.h"

#include "engine/engine_private.h"

#include <stdlib.h>

/* Writers go before new readers; otherwise a steady flow of events and lookups could keep a stop or
 * a reload waiting for ever. No reader takes the lock twice. */
static void engine_init_life(struct fsz_engine *engine)
{
    pthread_rwlockattr_t attributes;
    pthread_rwlockattr_init(&attributes);
    pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&engine->life, &attributes);
    pthread_rwlockattr_destroy(&attributes);
}

fsz_err fsz_engine_new(struct fsz_engine **ret_engine, const struct fsz_host *host)
{
    struct fsz_engine *engine = calloc(1, sizeof(*engine));
    if (engine == NULL) {
        return FSZ_ENOMEM;
    }
    engine->host = host;
    pthread_mutex_init(&engine->lifecycle, NULL);
    pthread_cond_init(&engine->lifecycle_changed, NULL);
    engine_init_life(engine);
    *ret_engine = engine;
    return FSZ_OK;
}

bool fsz_engine_free(struct fsz_engine **engine)
{
    if (*engine == NULL) {
        return true;
    }
    bool idle = fsz_engine_stop(*engine);
    pthread_rwlock_destroy(&(*engine)->life);
    pthread_cond_destroy(&(*engine)->lifecycle_changed);
    pthread_mutex_destroy(&(*engine)->lifecycle);
    free(*engine);
    *engine = NULL;
    return idle;
}

void fsz_engine_lock_lifecycle(struct fsz_engine *engine, bool stopping)
{
    pthread_mutex_lock(&engine->lifecycle);
    if (stopping) {
        engine->stopping = true;
        pthread_cond_broadcast(&engine->lifecycle_changed);
    }
    while (engine->lifecycle_locked) {
        pthread_cond_wait(&engine->lifecycle_changed, &engine->lifecycle);
    }
    engine->lifecycle_locked = true;
    pthread_mutex_unlock(&engine->lifecycle);
}

bool fsz_engine_try_lifecycle(struct fsz_engine *engine)
{
    pthread_mutex_lock(&engine->lifecycle);
    while (engine->lifecycle_locked && !engine->stopping) {
        pthread_cond_wait(&engine->lifecycle_changed, &engine->lifecycle);
    }
    bool taken = !engine->stopping;
    if (taken) {
        engine->lifecycle_locked = true;
    }
    pthread_mutex_unlock(&engine->lifecycle);
    return taken;
}

void fsz_engine_unlock_lifecycle(struct fsz_engine *engine, bool stopping)
{
    pthread_mutex_lock(&engine->lifecycle);
    engine->lifecycle_locked = false;
    if (stopping) {
        engine->stopping = false;
    }
    pthread_cond_broadcast(&engine->lifecycle_changed);
    pthread_mutex_unlock(&engine->lifecycle);
}

fsz_err fsz_engine_offer(struct fsz_engine *engine, const struct fsz_event *event)
{
    fsz_err err = FSZ_OK;
    bool    heard = atomic_load_explicit(&engine->heard, memory_order_relaxed) != 0;
    bool    watched = atomic_load_explicit(&engine->watched, memory_order_relaxed) != 0;
    if (!heard && !watched) {
        return FSZ_OK;
    }
    pthread_rwlock_rdlock(&engine->life);
    if (watched && engine->api != NULL) {
        fsz_api_see(engine->api, event);
    }
    if (heard && engine->publisher != NULL) {
        err = fsz_publisher_offer(engine->publisher, event);
    }
    pthread_rwlock_unlock(&engine->life);
    return err;
}

struct fsz_context *fsz_engine_take_context(struct fsz_engine *engine)
{
    fsz_engine_lock_lifecycle(engine, false);
    struct fsz_context *context = engine->context;
    if (context != NULL && !fsz_context_take(context)) {
        context = NULL;
    }
    fsz_engine_unlock_lifecycle(engine, false);
    return context;
}
