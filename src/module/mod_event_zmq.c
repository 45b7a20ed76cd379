/* SPDX-License-Identifier: MPL-2.0 */
/* mod_event_zmq - FreeSWITCH over ZeroMQ: its events to any number of subscribers, its commands,
 * its XML and its calls.
 *
 * Load: configuration, engine, the switch's events, its XML lookups, then the command and the
 * application `zmq`. Unload is the exact reverse; a load that fails undoes its steps. */
#include "engine/engine.h"
#include "module/call_session.h"
#include "module/canary.h"
#include "module/events.h"
#include "module/fit.h"
#include "module/interfaces.h"
#include "module/numbers.h"
#include "module/search.h"
#include "module/settings.h"
#include "module/switch_host.h"

#include <pthread.h>
#include <switch.h>

SWITCH_MODULE_LOAD_FUNCTION(mod_event_zmq_load);
SWITCH_MODULE_SHUTDOWN_FUNCTION(mod_event_zmq_shutdown);
SWITCH_MODULE_RUNTIME_FUNCTION(mod_event_zmq_runtime);
SWITCH_MODULE_DEFINITION(mod_event_zmq, mod_event_zmq_load, mod_event_zmq_shutdown,
                         mod_event_zmq_runtime);

enum {
    COMMAND_OUTPUT_BYTES = 16 << 20,
    LEAVE_S = 5, /* for calls to leave the application at unload */
};

static pthread_mutex_t module_lock = PTHREAD_MUTEX_INITIALIZER; /* guards the next two */
/* Set by a successful load, cleared by shutdown. The switch runs events and the command only in
 * between; users of the context may come at any time. */
static struct fsz_engine *module_engine;
/* From the start of a load to the end of a shutdown. The switch forgets a module before it shuts it
 * down, and could load it again meanwhile. */
static bool module_is_taken;
/* The engine uses the default configuration. Set by load and reload. */
static _Atomic bool module_is_default;
/* The switch read-locks it around each run of the application. */
static switch_application_interface_t *module_application;

static bool module_take(void)
{
    pthread_mutex_lock(&module_lock);
    bool taken = !module_is_taken;
    module_is_taken = true;
    pthread_mutex_unlock(&module_lock);
    return taken;
}

static void module_give(void)
{
    pthread_mutex_lock(&module_lock);
    module_is_taken = false;
    pthread_mutex_unlock(&module_lock);
}

/* Returns the previous engine. */
static struct fsz_engine *module_publish(struct fsz_engine *engine)
{
    pthread_mutex_lock(&module_lock);
    struct fsz_engine *before = module_engine;
    module_engine = engine;
    pthread_mutex_unlock(&module_lock);
    return before;
}

static fsz_err module_reload(switch_stream_handle_t *stream)
{
    struct fsz_problems problems;
    struct fsz_config  *config = NULL;
    bool                is_default = false;
    fsz_problems_init(&problems);
    fsz_err err = fsz_settings_reread(module_is_default, &config, &is_default, &problems);
    if (err == FSZ_OK) {
        err = fsz_engine_reload(module_engine, &config, &problems);
    } else {
        fsz_engine_refuse_reload(module_engine, err, &problems);
    }
    if (err == FSZ_OK) {
        module_is_default = is_default;
        stream->write_function(stream, "+OK reloaded\n");
        return FSZ_OK;
    }
    stream->write_function(stream, "-ERR nothing has changed: %s\n", fsz_err_text(err));
    for (size_t i = 0; i < fsz_problems_kept(&problems); i++) {
        stream->write_function(stream, "%s\n", problems.lines[i]);
    }
    fsz_settings_log(&problems);
    return err;
}

SWITCH_STANDARD_API(zmq_command)
{
    struct fsz_buffer output;
    const char       *line = zstr(cmd) ? "help" : cmd;
    (void)session;
    if (module_engine == NULL) { /* looked up before an unload that left the code in memory */
        stream->write_function(stream, "-ERR mod_event_zmq is not loaded\n");
        return SWITCH_STATUS_SUCCESS;
    }
    if (strcmp(line, "reload") == 0) {
        module_reload(stream);
        return SWITCH_STATUS_SUCCESS;
    }
    fsz_buffer_init(&output, COMMAND_OUTPUT_BYTES);
    fsz_engine_command(module_engine, line, &output);
    stream->write_function(stream, "%s", fsz_buffer_string(&output));
    fsz_buffer_fini(&output);
    return SWITCH_STATUS_SUCCESS;
}

/* A call that arrives during an unload finds no engine; its dialplan continues. */
SWITCH_STANDARD_APP(zmq_application)
{
    if (module_engine != NULL) {
        fsz_call_serve(module_engine, session, zstr(data) ? "" : data);
    }
}

static void module_complete(const char *verb)
{
    static const char *const lines[] = {"zmq status",      "zmq status json", "zmq streams",
                                        "zmq api",         "zmq services",    "zmq bindings",
                                        "zmq cache flush", "zmq reload",      "zmq help"};
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        char command[64];
        switch_snprintf(command, sizeof(command), "%s %s", verb, lines[i]);
        switch_console_set_complete(command);
    }
}

static fsz_err module_bind_events(struct fsz_engine *engine)
{
    fsz_err err = fsz_events_bind(engine);
    if (err == FSZ_EREFUSED) {
        fsz_fit_log_misfit("it binds to all events, but no event comes");
    }
    return err;
}

static fsz_err module_bind(struct fsz_engine *engine)
{
    fsz_err err = module_bind_events(engine);
    if (err != FSZ_OK) {
        return err;
    }
    err = fsz_search_bind(engine);
    if (err == FSZ_OK) {
        err = fsz_canary_start();
        if (err == FSZ_OK) {
            return FSZ_OK;
        }
        fsz_search_unbind();
    }
    fsz_events_unbind();
    return err;
}

/* Publishes the engine last, since a failed start frees it. */
static fsz_err module_start(void)
{
    struct fsz_problems problems;
    struct fsz_config  *config = NULL;
    struct fsz_engine  *engine = NULL;
    bool                is_default = false;
    fsz_problems_init(&problems);
    fsz_events_reserve();
    fsz_err err = fsz_settings_read(&config, &is_default, &problems);
    fsz_settings_log(&problems);
    err = err != FSZ_OK ? err : fsz_engine_new(&engine, &fsz_module_host);
    err = err != FSZ_OK ? err : fsz_engine_start(engine, &config);
    err = err != FSZ_OK ? err : module_bind(engine);
    fsz_config_free(&config);
    if (err != FSZ_OK) {
        fsz_engine_free(&engine);
        fsz_events_release();
        return err;
    }
    module_is_default = is_default;
    module_publish(engine);
    return FSZ_OK;
}

/* Needs no undoing: all of it is in the module's pool. */
static fsz_err module_declare(switch_loadable_module_interface_t **module_interface,
                              switch_memory_pool_t                *pool)
{
    switch_api_interface_t *api_interface;
    *module_interface = switch_loadable_module_create_module_interface(pool, modname);
    SWITCH_ADD_API(api_interface, "zmq", "the ZeroMQ interface", zmq_command,
                   "status [json] | streams | api | services | bindings | clients [json] "
                   "[after=ID] [limit=N] [owner=OWNER] [user=USER] [address=ADDRESS] | kick ID | "
                   "cache flush [pattern] | reload | help");
    SWITCH_ADD_APP(module_application, "zmq", "gives the call to a service over ZeroMQ",
                   "docs/protocol/calls.md", zmq_application, "<service> [<argument> ...]",
                   SAF_SUPPORT_NOMEDIA | SAF_SUPPORT_TEXT_ONLY);
    if (!fsz_fit_check_api(api_interface, *module_interface) ||
        !fsz_fit_check_application(module_application, *module_interface)) {
        fsz_fit_log_misfit("different fields of an interface");
        return FSZ_EREFUSED;
    }
    return FSZ_OK;
}

SWITCH_MODULE_LOAD_FUNCTION(mod_event_zmq_load)
{
    if (!module_take()) {
        switch_log_printf(SWITCH_CHANNEL_LOG, SWITCH_LOG_ERROR,
                          "mod_event_zmq not loaded: it is still being unloaded\n");
        return SWITCH_STATUS_GENERR;
    }
    fsz_interfaces_forget();
    fsz_err err = fsz_fit_require();
    err = err != FSZ_OK ? err : module_declare(module_interface, pool);
    err = err != FSZ_OK ? err : module_start();
    if (err != FSZ_OK) {
        module_give();
        switch_log_printf(SWITCH_CHANNEL_LOG, SWITCH_LOG_ERROR, "mod_event_zmq not loaded: %s\n",
                          fsz_err_text(err));
        return SWITCH_STATUS_GENERR;
    }
    fsz_fit_log_releases();
    module_complete("add");
    return SWITCH_STATUS_SUCCESS;
}

SWITCH_MODULE_RUNTIME_FUNCTION(mod_event_zmq_runtime)
{
    fsz_interfaces_check();
    return SWITCH_STATUS_TERM; /* not again */
}

/* Have all calls left the application? */
static bool module_is_left(void)
{
    if (switch_thread_rwlock_trywrlock_timeout(module_application->rwlock, LEAVE_S) !=
        SWITCH_STATUS_SUCCESS) {
        return false;
    }
    switch_thread_rwlock_unlock(module_application->rwlock);
    return true;
}

/* The switch unloads a module with calls in it only if forced. Then each call continues in its
 * dialplan; one that does not leave in time, such as a bridge, is hung up. */
static bool module_give_calls_back(void)
{
    fsz_engine_close_calls(module_engine);
    if (module_is_left()) {
        return true;
    }
    fsz_calls_hangup(fsz_numbers.cause_manager_request);
    return module_is_left();
}

/* The switch forgets the module whatever this returns, and may load it again. So everything ends
 * here, even if a call stays: its thread has references to all that it uses, and the code stays in
 * memory.
 */
SWITCH_MODULE_SHUTDOWN_FUNCTION(mod_event_zmq_shutdown)
{
    module_complete("del");
    /* First: a thread that waits for a service may have a call, or a lock that the unbinding needs.
     */
    fsz_engine_close_lookups(module_engine);
    bool left = module_give_calls_back();
    if (!left) {
        switch_log_printf(
            SWITCH_CHANNEL_LOG, SWITCH_LOG_ERROR,
            "mod_event_zmq stays in memory: a call does not leave the application zmq\n");
    }
    fsz_canary_stop();
    fsz_search_unbind();
    fsz_events_unbind();
    struct fsz_engine *engine = module_publish(NULL);
    /* False: a command of an API worker has not returned yet, and will return into this code. */
    bool idle = fsz_engine_free(&engine);
    fsz_events_release();
    module_give();
    return left && idle ? SWITCH_STATUS_SUCCESS : SWITCH_STATUS_NOUNLOAD;
}

/* For include/fszmq/context.h, which finds these by name. */
__attribute__((visibility("default"))) void *fszmq_module_context_take(void **ret_zmq);
__attribute__((visibility("default"))) void  fszmq_module_context_give(void *token);

void *fszmq_module_context_take(void **ret_zmq)
{
    pthread_mutex_lock(&module_lock);
    struct fsz_context *context = module_engine ? fsz_engine_take_context(module_engine) : NULL;
    pthread_mutex_unlock(&module_lock);
    if (context != NULL) {
        *ret_zmq = fsz_context_zmq(context);
    }
    return context;
}

void fszmq_module_context_give(void *token)
{
    fsz_context_give(token);
}
