/* Calls from the dialplan: they hold a reference to the desk, and no lock, for as long as they
 * last. */
#include "call/dialplan_app.h"
#include "engine/engine_private.h"

/* A reference, or NULL: not started, or about to stop. */
static struct fsz_desk *engine_desk(struct fsz_engine *engine)
{
    pthread_rwlock_rdlock(&engine->life);
    struct fsz_desk *desk = engine->desk != NULL ? fsz_desk_ref(engine->desk) : NULL;
    pthread_rwlock_unlock(&engine->life);
    return desk;
}

void fsz_engine_serve(struct fsz_engine *engine, const struct fsz_guest *guest, const char *line)
{
    struct fsz_desk *desk = engine_desk(engine);
    if (desk == NULL) {
        guest->set(guest->self, "zmq_result", "no-service");
        return;
    }
    fsz_serve(desk, engine->host, guest, line);
    fsz_desk_unref(&desk);
}

void fsz_engine_close_calls(struct fsz_engine *engine)
{
    fsz_engine_take_control(engine, false);
    if (engine->api != NULL) {
        fsz_api_close_calls(engine->api);
    }
    fsz_engine_give_control(engine, false);
}
