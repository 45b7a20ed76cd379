/* SPDX-License-Identifier: MPL-2.0 */
/* A reload: one change of configuration for all parts (net/change.h). */
#include "engine/engine_private.h"

/* ---- access ---------------------------------------------------------------------------------- */

static fsz_err access_prepare(void *self, struct fsz_change *change)
{
    struct fsz_engine *engine = self;
    return fsz_access_prepare(engine->access, change->config);
}

/* An fsz_publisher_view_fn: reduces subscriptions to what the new policy grants. */
static void access_review(const struct fsz_publisher_view *view, void *unused)
{
    (void)unused;
    for (size_t slot = 0; slot < view->stream_count; slot++) {
        if (view->streams[slot] != NULL) {
            fsz_stream_review(view->streams[slot]);
        }
    }
}

static void access_commit(void *self, struct fsz_change *change)
{
    struct fsz_engine *engine = self;
    fsz_access_commit(engine->access, change->config, change->policy);
    fsz_publisher_ask(engine->publisher, access_review, NULL);
    fsz_audit_set_rate(engine->audit, change->config->audit_rate);
    fsz_client_events_set_rate(engine->client_events, change->config->client_events_rate);
}

static void access_cancel(void *self, struct fsz_change *unused)
{
    struct fsz_engine *engine = self;
    (void)unused;
    fsz_access_cancel(engine->access);
}

/* ---- all parts ------------------------------------------------------------------------------- */

/* The publisher stays the last part: its thread waits from its prepare to its commit, which must
 * follow at once. Commits run in the reverse order: streams first, then access, then the API. So
 * new connections are judged by the new policy before the API disconnects clients whose user is
 * gone. Access changes after the streams: until then a new stream admits nobody, and its
 * subscribers try again. */
static fsz_err reload_all(struct fsz_engine *engine, struct fsz_config *config,
                          struct fsz_policy *policy, struct fsz_problems *problems)
{
    const struct fsz_change_part parts[] = {
        fsz_engine_lookups_part(engine),
        fsz_api_part(engine->api),
        {.self = engine,
         .prepare = access_prepare,
         .commit = access_commit,
         .cancel = access_cancel},
        fsz_publisher_part(engine->publisher),
    };
    struct fsz_change change;
    fsz_change_init(&change, engine->host, config, policy, problems);
    fsz_err err = fsz_change_make(&change, parts, sizeof(parts) / sizeof(parts[0]));
    fsz_change_fini(&change);
    return err;
}

static fsz_err reload_locked(struct fsz_engine *engine, struct fsz_config *config,
                             struct fsz_problems *problems)
{
    struct fsz_policy *policy = NULL;
    if (engine->publisher == NULL) {
        return FSZ_ECLOSED;
    }
    fsz_err err = fsz_engine_load(config, &policy, problems);
    err = err != FSZ_OK ? err : reload_all(engine, config, policy, problems);
    fsz_policy_unref(&policy);
    if (err == FSZ_OK) {
        engine->reloads++;
        fsz_engine_announce(engine);
        fsz_engine_log_problems(engine, FSZ_LOG_WARNING, config->warnings);
    }
    return err;
}

fsz_err fsz_engine_reload(struct fsz_engine *engine, struct fsz_config **config,
                          struct fsz_problems *problems)
{
    fsz_err err = FSZ_ECLOSED;
    if (fsz_engine_try_lifecycle(engine)) {
        err = reload_locked(engine, *config, problems);
        fsz_engine_keep_refusal(engine, err, problems);
        fsz_engine_unlock_lifecycle(engine, false);
    }
    fsz_config_free(config);
    return err;
}
