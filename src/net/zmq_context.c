/* SPDX-License-Identifier: MPL-2.0 */
#include "net/zmq_context.h"

#include "base/clock.h"
#include "base/thread.h"

#include <pthread.h>
#include <stdlib.h>
#include <zmq.h>

struct fsz_context {
    void           *zmq;
    pthread_mutex_t lock; /* guards the members below */
    pthread_cond_t  given;
    unsigned        users; /* without the owner */
    bool            ending;
    bool            orphaned; /* the owner has ended: the last user frees it */
};

static fsz_err context_init_lock(struct fsz_context *context)
{
    pthread_mutex_init(&context->lock, NULL);
    return fsz_thread_init_cond(&context->given);
}

fsz_err fsz_context_new(int io_threads, int max_sockets, struct fsz_context **ret_context)
{
    struct fsz_context *context = calloc(1, sizeof(*context));
    if (context == NULL) {
        return FSZ_ENOMEM;
    }
    context->zmq = zmq_ctx_new();
    if (context->zmq == NULL || context_init_lock(context) != FSZ_OK) {
        free(context);
        return FSZ_ESYSTEM;
    }
    zmq_ctx_set(context->zmq, ZMQ_IO_THREADS, io_threads);
    zmq_ctx_set(context->zmq, ZMQ_MAX_SOCKETS, max_sockets);
    *ret_context = context;
    return FSZ_OK;
}

void *fsz_context_zmq(struct fsz_context *context)
{
    return context->zmq;
}

static void context_free(struct fsz_context *context)
{
    zmq_ctx_term(context->zmq);
    pthread_cond_destroy(&context->given);
    pthread_mutex_destroy(&context->lock);
    free(context);
}

bool fsz_context_take(struct fsz_context *context)
{
    pthread_mutex_lock(&context->lock);
    bool taken = !context->ending;
    context->users += taken;
    pthread_mutex_unlock(&context->lock);
    return taken;
}

void fsz_context_give(struct fsz_context *context)
{
    pthread_mutex_lock(&context->lock);
    context->users--;
    bool last = context->orphaned && context->users == 0;
    pthread_cond_broadcast(&context->given);
    pthread_mutex_unlock(&context->lock);
    if (last) {
        context_free(context);
    }
}

static void context_wait_locked(struct fsz_context *context)
{
    int64_t end_ms = fsz_clock_monotonic_ms() + FSZ_CONTEXT_END_MS;
    while (context->users > 0 && fsz_thread_wait_ms(&context->given, &context->lock, end_ms)) {
    }
}

bool fsz_context_end(struct fsz_context **context)
{
    struct fsz_context *ending = *context;
    *context = NULL;
    pthread_mutex_lock(&ending->lock);
    ending->ending = true;
    if (ending->users > 0) {
        zmq_ctx_shutdown(ending->zmq);
        context_wait_locked(ending);
    }
    bool last = ending->users == 0;
    ending->orphaned = !last;
    pthread_mutex_unlock(&ending->lock);
    if (last) {
        context_free(ending);
    }
    return last;
}
