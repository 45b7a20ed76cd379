/* SPDX-License-Identifier: MPL-2.0 */
/* Calls from the dialplan. Each has a reference to the service client, and holds no lock. */
#include "call/dialplan_app.h"
#include "engine/engine_private.h"

/* A new reference. NULL: not started, or stopping. */
static struct fsz_service_client *engine_service_client(struct fsz_engine *engine)
{
    pthread_rwlock_rdlock(&engine->life);
    struct fsz_service_client *service_client =
        engine->service_client != NULL ? fsz_service_client_ref(engine->service_client) : NULL;
    pthread_rwlock_unlock(&engine->life);
    return service_client;
}

void fsz_engine_run_dialplan_app(struct fsz_engine *engine, const struct fsz_session *session,
                                 const char *line)
{
    struct fsz_service_client *service_client = engine_service_client(engine);
    if (service_client == NULL) {
        session->set(session->self, "zmq_result", "no-service");
        return;
    }
    fsz_dialplan_app(service_client, engine->host, session, line);
    fsz_service_client_unref(&service_client);
}

void fsz_engine_close_calls(struct fsz_engine *engine)
{
    fsz_engine_lock_lifecycle(engine, false);
    if (engine->api != NULL) {
        fsz_api_close_calls(engine->api);
    }
    fsz_engine_unlock_lifecycle(engine, false);
}
