/* SPDX-License-Identifier: MPL-2.0 */
/* The status of an engine, collected from its parts. */
#include "base/clock.h"
#include "counters/counters.h"
#include "engine/engine_private.h"
#include "engine/status.h"
#include "fszmq/wire.h"
#include "rpc/json.h"

static const struct fsz_counter audit_counters[] = {
#define FSZ_COUNTERS_AUDIT(member, unit, meaning) FSZ_COUNTER(struct fsz_audit_counters, member),
#include "counters/counters.def"
};

static const struct fsz_counter client_event_counters[] = {
#define FSZ_COUNTERS_CLIENT_EVENTS(member, unit, meaning)                                          \
    FSZ_COUNTER(struct fsz_client_events_counters, member),
#include "counters/counters.def"
};

static json_t *engine_status_of_audit(const struct fsz_engine *engine)
{
    struct fsz_audit_counters counters = fsz_audit_counters(engine->audit);
    return FSZ_COUNTERS_JSON(audit_counters, &counters);
}

static json_t *engine_status_of_client_events(const struct fsz_engine *engine)
{
    struct fsz_client_events_counters counters = fsz_client_events_counters(engine->client_events);
    return FSZ_COUNTERS_JSON(client_event_counters, &counters);
}

static json_t *engine_status_locked(struct fsz_engine *engine)
{
    json_t *status = NULL;
    if (engine->publisher == NULL || engine->api == NULL) {
        return NULL;
    }
    fsz_publisher_ask(engine->publisher, fsz_status_of_publisher, &status);
    json_t *own =
        json_pack("{ss ss ss sI sI so so so}", "version", FSZ_VERSION, "protocol", FSZMQ_PROTOCOL,
                  "host", engine->host->name, "uptime_ms",
                  (json_int_t)(fsz_clock_monotonic_ms() - engine->started_ms), "reloads",
                  (json_int_t)engine->reloads, "access", fsz_status_access(engine->access), "api",
                  fsz_api_status(engine->api), "audit", engine_status_of_audit(engine));
    fsz_status_add_switch(own, engine->host, &engine->identity);
    json_object_set_new(own, "reload_refused", fsz_engine_refusal_status(engine));
    json_object_set_new(own, "client_events", engine_status_of_client_events(engine));
    json_object_set_new(own, "calls", fsz_api_calls_status(engine->api));
    json_object_set_new(own, "services", fsz_api_services_status(engine->api));
    fsz_json_merge(own, status);
    fsz_json_merge(own, fsz_engine_lookups_status(engine));
    return own;
}

json_t *fsz_engine_status(struct fsz_engine *engine)
{
    json_t *status = NULL;
    if (fsz_engine_try_lifecycle(engine)) {
        status = engine_status_locked(engine);
        fsz_engine_unlock_lifecycle(engine, false);
    }
    return status;
}
