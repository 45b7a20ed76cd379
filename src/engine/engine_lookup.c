/* SPDX-License-Identifier: MPL-2.0 */
/* Lookups. The lock is held only to take references, not while a lookup waits. */
#include "engine/engine_private.h"

#include <string.h>

/* New references to what answers lookups. False: not started, or closed. */
static bool engine_take_lookups(struct fsz_engine *engine, struct fsz_lookups **ret_lookups,
                                struct fsz_service_client **ret_service_client)
{
    pthread_rwlock_rdlock(&engine->life);
    bool open = engine->lookups != NULL;
    if (open) {
        *ret_lookups = fsz_lookups_ref(engine->lookups);
        *ret_service_client = fsz_service_client_ref(engine->service_client);
    }
    pthread_rwlock_unlock(&engine->life);
    return open;
}

fsz_err fsz_engine_lookup(struct fsz_engine *engine, const struct fsz_lookup *lookup,
                          struct fsz_buffer *xml)
{
    struct fsz_lookups        *lookups = NULL;
    struct fsz_service_client *service_client = NULL;
    if (!atomic_load_explicit(&engine->bound, memory_order_relaxed) ||
        !engine_take_lookups(engine, &lookups, &service_client)) {
        return FSZ_ENOTFOUND;
    }
    fsz_err err = fsz_lookups_find(lookups, service_client, lookup, xml);
    fsz_service_client_unref(&service_client);
    fsz_lookups_unref(&lookups);
    return err;
}

fsz_err fsz_engine_open_lookups(struct fsz_engine *engine, struct fsz_config *config)
{
    const struct fsz_host   *host = engine->host;
    struct fsz_host_identity identity = {.switchname = ""};
    struct fsz_lookups      *lookups = NULL;
    if (host->identify != NULL) {
        host->identify(host->self, &identity);
    }
    fsz_err err = fsz_lookups_new(host, identity.switchname, config, &lookups);
    if (err != FSZ_OK) {
        return err;
    }
    struct fsz_service_client *service_client = fsz_api_service_client(engine->api);
    pthread_rwlock_wrlock(&engine->life);
    engine->lookups = lookups;
    engine->service_client = service_client;
    pthread_rwlock_unlock(&engine->life);
    atomic_store(&engine->bound, config->binding_count > 0);
    return FSZ_OK;
}

void fsz_engine_close_lookups(struct fsz_engine *engine)
{
    atomic_store(&engine->bound, false);
    pthread_rwlock_wrlock(&engine->life);
    struct fsz_lookups        *lookups = engine->lookups;
    struct fsz_service_client *service_client = engine->service_client;
    engine->lookups = NULL;
    engine->service_client = NULL;
    pthread_rwlock_unlock(&engine->life);
    if (service_client != NULL) {
        fsz_service_client_close(service_client);
    }
    fsz_service_client_unref(&service_client);
    fsz_lookups_unref(&lookups);
}

/* A new reference. NULL: not started, or closed. */
static struct fsz_lookups *engine_ref_lookups(struct fsz_engine *engine)
{
    pthread_rwlock_rdlock(&engine->life);
    struct fsz_lookups *lookups = engine->lookups != NULL ? fsz_lookups_ref(engine->lookups) : NULL;
    pthread_rwlock_unlock(&engine->life);
    return lookups;
}

json_t *fsz_engine_lookups_status(struct fsz_engine *engine)
{
    struct fsz_lookups *lookups = engine_ref_lookups(engine);
    if (lookups == NULL) {
        return NULL;
    }
    json_t *status = fsz_lookups_status(lookups);
    fsz_lookups_unref(&lookups);
    return status;
}

fsz_err fsz_engine_flush_lookups(struct fsz_engine *engine, const char *pattern, size_t *ret_count)
{
    struct fsz_lookups *lookups = engine_ref_lookups(engine);
    if (lookups == NULL) {
        return FSZ_ECLOSED;
    }
    *ret_count = fsz_lookups_flush(lookups, pattern);
    fsz_lookups_unref(&lookups);
    return FSZ_OK;
}

/* ---- a change of configuration --------------------------------------------------------------- */

static fsz_err lookups_prepare(void *self, struct fsz_change *change)
{
    struct fsz_lookups *lookups = engine_ref_lookups(self);
    if (lookups == NULL) {
        return FSZ_OK; /* closed: the engine is about to stop */
    }
    fsz_err err = fsz_lookups_prepare(lookups, change->config);
    fsz_lookups_unref(&lookups);
    return err;
}

static void lookups_commit(void *self, struct fsz_change *change)
{
    struct fsz_engine  *engine = self;
    struct fsz_lookups *lookups = engine_ref_lookups(engine);
    if (lookups == NULL) {
        return;
    }
    fsz_lookups_commit(lookups);
    atomic_store(&engine->bound, change->config->binding_count > 0);
    fsz_lookups_unref(&lookups);
}

static void lookups_cancel(void *self, struct fsz_change *unused)
{
    struct fsz_lookups *lookups = engine_ref_lookups(self);
    (void)unused;
    if (lookups == NULL) {
        return;
    }
    fsz_lookups_cancel(lookups);
    fsz_lookups_unref(&lookups);
}

struct fsz_change_part fsz_engine_lookups_part(struct fsz_engine *engine)
{
    return (struct fsz_change_part){.self = engine,
                                    .prepare = lookups_prepare,
                                    .commit = lookups_commit,
                                    .cancel = lookups_cancel};
}
