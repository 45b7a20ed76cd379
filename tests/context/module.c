/* SPDX-License-Identifier: MPL-2.0 */
/* A mod_event_zmq.so for tests: it embeds the core like the FreeSWITCH module and exports the same
 * two symbols. */
#include "module.h"

#include "config/confnode.h"
#include "engine/engine.h"

#include <pthread.h>
#include <stddef.h>

#define EXPORTED __attribute__((visibility("default")))

EXPORTED int   context_module_start(void);
EXPORTED int   context_module_offer(const char *n);
EXPORTED void  context_module_stop(void);
EXPORTED void *fszmq_module_context_take(void **ret_zmq);
EXPORTED void  fszmq_module_context_give(void *token);

static struct fsz_engine *module_engine;
static pthread_mutex_t    module_lock = PTHREAD_MUTEX_INITIALIZER;

static void host_log(void *self, enum fsz_log_level level, const char *text)
{
    (void)self;
    (void)level;
    (void)text;
}

static const struct fsz_host host = {.name = "test", .log = host_log};

static struct fsz_config *module_config(void)
{
    struct fsz_problems  problems;
    struct fsz_config   *config = NULL;
    struct fsz_confnode *root = fsz_confnode_new(NULL, "configuration", 0);
    struct fsz_confnode *stream =
        fsz_confnode_new(fsz_confnode_new(root, "streams", 0), "stream", 0);
    struct fsz_confnode *bind = fsz_confnode_new(stream, "param", 0);
    struct fsz_confnode *sockets = fsz_confnode_new(root, "api-sockets", 0); /* stays empty */
    fsz_problems_init(&problems);
    if (sockets != NULL && fsz_confnode_set(stream, "name", "inside") == FSZ_OK &&
        fsz_confnode_set(bind, "name", "bind") == FSZ_OK &&
        fsz_confnode_set(bind, "value", "inproc://events") == FSZ_OK &&
        fsz_config_load(root, &config, &problems) != FSZ_OK) {
        config = NULL;
    }
    fsz_confnode_free(&root);
    return config;
}

int context_module_start(void)
{
    struct fsz_engine *engine = NULL;
    struct fsz_config *config = module_config();
    if (config == NULL || fsz_engine_new(&engine, &host) != FSZ_OK ||
        fsz_engine_start(engine, &config) != FSZ_OK) {
        return -1;
    }
    pthread_mutex_lock(&module_lock);
    module_engine = engine;
    pthread_mutex_unlock(&module_lock);
    return 0;
}

int context_module_offer(const char *n)
{
    const struct fsz_header headers[] = {
        {.name = "Event-Name", .value = "DTMF"}, {.name = "N", .value = n}, {.name = NULL}};
    const struct fsz_event event = {
        .name = "DTMF", .headers = headers, .read = fsz_headers_of_array};
    return fsz_engine_offer(module_engine, &event) == FSZ_OK ? 0 : -1;
}

void context_module_stop(void)
{
    pthread_mutex_lock(&module_lock);
    struct fsz_engine *engine = module_engine;
    module_engine = NULL;
    pthread_mutex_unlock(&module_lock);
    fsz_engine_free(&engine);
}

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
