/* SPDX-License-Identifier: MPL-2.0 */
/* Starts and stops the parts of an engine. */
#include "api/api.h"
#include "auth/access.h"
#include "auth/audit.h"
#include "base/blocks.h"
#include "base/clock.h"
#include "engine/engine_private.h"
#include "host/log.h"
#include "net/announce.h"
#include "net/client_events.h"
#include "stream/publisher.h"
#include "zmtp/resolver.h"

enum { ENGINE_RESOLVER_WAIT_MS = 200 }; /* how long a stop waits for name servers */

/* Events go to these from now on. On return, no thread offers an event to the previous ones. */
static void engine_offer_to(struct fsz_engine *engine, struct fsz_publisher *publisher,
                            struct fsz_api *api)
{
    pthread_rwlock_wrlock(&engine->life);
    engine->publisher = publisher;
    engine->api = api;
    pthread_rwlock_unlock(&engine->life);
}

/* The reverse of engine_start_locked(), also of one that failed half-way. False: a command or the
 * look-up of a name still runs. */
static bool engine_stop_locked(struct fsz_engine *engine)
{
    struct fsz_publisher *publisher = engine->publisher;
    struct fsz_api       *api = engine->api;
    fsz_engine_close_lookups(engine);
    fsz_client_events_stop(engine->client_events);
    engine_offer_to(engine, publisher, NULL);
    bool idle = fsz_api_free(&api);
    engine_offer_to(engine, NULL, NULL);
    fsz_publisher_free(&publisher);
    atomic_store(&engine->heard, 0);
    fsz_client_events_free(&engine->client_events);
    fsz_access_free(&engine->access);
    fsz_audit_free(&engine->audit);
    if (engine->context != NULL && !fsz_context_end(&engine->context)) {
        fsz_host_log(engine->host, FSZ_LOG_WARNING,
                     "other code still uses the ZeroMQ context; stopping without ending it");
    }
    if (!idle) {
        fsz_host_log(engine->host, FSZ_LOG_WARNING,
                     "a command of an API client still runs; stopping without waiting for it");
    }
    bool looked_up = fsz_resolver_wait(ENGINE_RESOLVER_WAIT_MS);
    if (!looked_up) {
        fsz_host_log(
            engine->host, FSZ_LOG_WARNING,
            "the name of an endpoint is still being looked up; stopping without waiting for it");
    }
    fsz_blocks_trim();
    return idle && looked_up;
}

/* An fsz_publisher_view_fn, so on the stream thread; `argument` is the host. */
static void engine_announce_streams(const struct fsz_publisher_view *view, void *argument)
{
    for (size_t slot = 0; slot < view->stream_count; slot++) {
        const struct fsz_stream *stream = view->streams[slot];
        if (stream != NULL) {
            fsz_announce_endpoints(argument, &stream->config->socket, &stream->endpoints);
        }
    }
}

void fsz_engine_announce(struct fsz_engine *engine)
{
    fsz_publisher_ask(engine->publisher, engine_announce_streams, (void *)(uintptr_t)engine->host);
}

/* An fsz_audit_offer_fn, and an fsz_api_base.offer. */
static fsz_err engine_offer_own(void *engine, const struct fsz_event *event)
{
    return fsz_engine_offer(engine, event);
}

static fsz_err engine_start_access(struct fsz_engine *engine, struct fsz_config *config,
                                   struct fsz_policy **ret_policy)
{
    struct fsz_problems problems;
    fsz_problems_init(&problems);
    fsz_err err = fsz_audit_new(engine->host, engine_offer_own, engine, &engine->audit);
    if (err != FSZ_OK) {
        return err;
    }
    fsz_audit_set_rate(engine->audit, config->audit_rate);
    err = fsz_access_new(engine->host, engine->audit, &engine->access);
    err = err != FSZ_OK ? err : fsz_engine_load(config, ret_policy, &problems);
    err = err != FSZ_OK ? err : fsz_access_configure(engine->access, config, *ret_policy);
    fsz_engine_log_problems(engine, FSZ_LOG_ERROR, &problems);
    return err;
}

/* An fsz_api_server.stats; on an API worker. The text of a configuration mistake may name users and
 * files, so only clients that may run the command `zmq` see it. */
static json_t *engine_server_stats(void *engine)
{
    json_t *status = fsz_engine_status(engine);
    json_object_del(json_object_get(status, "reload_refused"), "first");
    return status;
}

/* An fsz_api_server.clients; on an API worker. */
static json_t *engine_server_clients(void *engine, const struct fsz_connections_query *query)
{
    return fsz_engine_clients(engine, query);
}

/* An fsz_api_server.kick; on an API worker. */
static fsz_err engine_server_kick(void *engine, uint64_t id)
{
    return fsz_engine_kick(engine, id);
}

/* The API comes last: its audit events need the streams. */
static fsz_err engine_start_sockets(struct fsz_engine *engine, struct fsz_change *change)
{
    struct fsz_publisher           *publisher = NULL;
    struct fsz_api                 *api = NULL;
    void                           *zmq = fsz_context_zmq(engine->context);
    const struct fsz_publisher_base streams = {.context = zmq,
                                               .host = engine->host,
                                               .access = engine->access,
                                               .audit = engine->audit,
                                               .client_events = engine->client_events,
                                               .heard = &engine->heard};
    fsz_err                         err = fsz_publisher_new(&streams, change, &publisher);
    if (err != FSZ_OK) {
        return err;
    }
    engine_offer_to(engine, publisher, NULL);
    const struct fsz_api_base base = {.context = zmq,
                                      .access = engine->access,
                                      .host = engine->host,
                                      .audit = engine->audit,
                                      .client_events = engine->client_events,
                                      .watched = &engine->watched,
                                      .offer = engine_offer_own,
                                      .offer_self = engine,
                                      .server = {.stats = engine_server_stats,
                                                 .clients = engine_server_clients,
                                                 .kick = engine_server_kick,
                                                 .self = engine}};
    err = fsz_api_new(&base, change, &api);
    engine_offer_to(engine, publisher, api);
    return err != FSZ_OK ? err : fsz_engine_open_lookups(engine, change->config);
}

static fsz_err engine_start_parts(struct fsz_engine *engine, struct fsz_config *config,
                                  struct fsz_policy **ret_policy)
{
    struct fsz_change change;
    fsz_err           err = engine_start_access(engine, config, ret_policy);
    if (err != FSZ_OK) {
        return err;
    }
    err = fsz_client_events_new(engine->host, config->client_events_rate, &engine->client_events);
    if (err != FSZ_OK) {
        return err;
    }
    fsz_change_init(&change, engine->host, config, *ret_policy, NULL);
    err = engine_start_sockets(engine, &change);
    fsz_change_fini(&change);
    return err;
}

static fsz_err engine_start_locked(struct fsz_engine *engine, struct fsz_config *config)
{
    struct fsz_policy *policy = NULL;
    if (engine->context != NULL) {
        return FSZ_EBUSY;
    }
    fsz_err err =
        fsz_context_new((int)config->io_threads, (int)config->max_sockets, &engine->context);
    if (err != FSZ_OK) {
        return err;
    }
    err = engine_start_parts(engine, config, &policy);
    fsz_policy_unref(&policy);
    if (err != FSZ_OK) {
        engine_stop_locked(engine);
        return err;
    }
    if (engine->host->identify != NULL) {
        engine->host->identify(engine->host->self, &engine->identity);
    }
    engine->started_ms = fsz_clock_monotonic_ms();
    engine->reloads = 0;
    engine->refused = (struct engine_refusal){.is_there = false};
    fsz_engine_announce(engine);
    fsz_engine_log_problems(engine, FSZ_LOG_WARNING, config->warnings);
    return FSZ_OK;
}

fsz_err fsz_engine_start(struct fsz_engine *engine, struct fsz_config **config)
{
    fsz_engine_lock_lifecycle(engine, false);
    fsz_err err = engine_start_locked(engine, *config);
    fsz_engine_unlock_lifecycle(engine, false);
    fsz_config_free(config);
    return err;
}

bool fsz_engine_stop(struct fsz_engine *engine)
{
    fsz_engine_lock_lifecycle(engine, true);
    bool idle = engine_stop_locked(engine);
    fsz_engine_unlock_lifecycle(engine, true);
    return idle;
}
