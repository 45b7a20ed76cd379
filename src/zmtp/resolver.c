/* SPDX-License-Identifier: MPL-2.0 */
#include "zmtp/resolver.h"

#include "base/clock.h"
#include "base/container_of.h"
#include "base/thread.h"

#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RESOLVER_WHY_BYTES = 128 };

/* It has two owners: the thread that looks up, and the loop's side until `done` or
 * fsz_resolver_cancel(). */
struct fsz_resolution {
    struct fsz_loop_task task;
    struct fsz_loop     *loop;
    fsz_resolver_fn      done;
    void                *argument;
    char                 host[FSZ_ADDRESS_HOST_BYTES];
    uint16_t             port;
    bool                 ipv6;
    struct fsz_address   addresses[FSZ_RESOLVER_ADDRESSES_MAX];
    size_t               count;
    char                 why[RESOLVER_WHY_BYTES];

    pthread_mutex_t lock;
    bool            is_cancelled, is_posted;
    unsigned        owners;
};

/* All threads of the process. Each thread that ends joins the one that ended before it, so joining
 * the last one waits for all. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t  changed;
    unsigned        running;
    bool            has_last;
    pthread_t       last;
} threads = {.lock = PTHREAD_MUTEX_INITIALIZER};

static pthread_once_t threads_once = PTHREAD_ONCE_INIT;

static void threads_init(void)
{
    fsz_err err = fsz_thread_init_cond(&threads.changed);
    (void)err; /* cannot fail on Linux; otherwise a wait would end at once */
}

/* Called by a thread that ends. */
static void threads_leave(void)
{
    pthread_mutex_lock(&threads.lock);
    bool      has_before = threads.has_last;
    pthread_t before = threads.last;
    threads.has_last = true;
    threads.last = pthread_self();
    threads.running--;
    pthread_cond_broadcast(&threads.changed);
    pthread_mutex_unlock(&threads.lock);
    if (has_before) {
        pthread_join(before, NULL);
    }
}

/* With the lock held. */
static bool threads_wait(int64_t wait_ms)
{
    int64_t until_ms = fsz_clock_monotonic_ms() + wait_ms;
    while (threads.running > 0 && fsz_thread_wait_ms(&threads.changed, &threads.lock, until_ms)) {
    }
    return threads.running == 0;
}

bool fsz_resolver_wait(int64_t wait_ms)
{
    pthread_once(&threads_once, threads_init);
    pthread_mutex_lock(&threads.lock);
    bool      is_idle = threads_wait(wait_ms);
    bool      has_last = is_idle && threads.has_last;
    pthread_t last = threads.last;
    threads.has_last = threads.has_last && !has_last;
    pthread_mutex_unlock(&threads.lock);
    if (has_last) {
        pthread_join(last, NULL);
    }
    return is_idle;
}

static void resolution_unlock_and_leave(struct fsz_resolution *resolution)
{
    bool is_last = --resolution->owners == 0;
    pthread_mutex_unlock(&resolution->lock);
    if (is_last) {
        pthread_mutex_destroy(&resolution->lock);
        free(resolution);
    }
}

static void resolution_keep(struct fsz_resolution *resolution, const struct addrinfo *list)
{
    for (; list != NULL && resolution->count < FSZ_RESOLVER_ADDRESSES_MAX; list = list->ai_next) {
        struct fsz_address *address = &resolution->addresses[resolution->count];
        if ((list->ai_family == AF_INET || list->ai_family == AF_INET6) &&
            list->ai_addrlen <= sizeof(address->storage)) {
            memcpy(&address->storage, list->ai_addr, list->ai_addrlen);
            address->size = list->ai_addrlen;
            resolution->count++;
        }
    }
}

static void resolution_look_up(struct fsz_resolution *resolution)
{
    const struct addrinfo hints = {.ai_family = resolution->ipv6 ? AF_UNSPEC : AF_INET,
                                   .ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_NUMERICSERV};
    struct addrinfo      *list = NULL;
    char                  port[8];
    (void)snprintf(port, sizeof(port), "%u", (unsigned)resolution->port);
    int error = getaddrinfo(resolution->host, port, &hints, &list);
    if (error != 0) {
        (void)snprintf(resolution->why, sizeof(resolution->why), "%s", gai_strerror(error));
        return;
    }
    resolution_keep(resolution, list);
    freeaddrinfo(list);
    if (resolution->count == 0) {
        (void)snprintf(resolution->why, sizeof(resolution->why), "the name has no IP address");
    }
}

/* Posts under the lock: once `done` has run, the loop may be freed. */
static void *resolver_main(void *argument)
{
    struct fsz_resolution *resolution = argument;
    resolution_look_up(resolution);
    pthread_mutex_lock(&resolution->lock);
    if (!resolution->is_cancelled) {
        resolution->is_posted = true;
        fsz_loop_post(resolution->loop, &resolution->task);
    }
    resolution_unlock_and_leave(resolution);
    threads_leave();
    return NULL;
}

static void resolution_arrived(struct fsz_loop_task *task)
{
    struct fsz_resolution *resolution = FSZ_CONTAINER_OF(task, struct fsz_resolution, task);
    pthread_mutex_lock(&resolution->lock);
    bool is_cancelled = resolution->is_cancelled;
    pthread_mutex_unlock(&resolution->lock);
    if (!is_cancelled) {
        resolution->done(resolution->argument, resolution->count > 0 ? FSZ_OK : FSZ_ENOTFOUND,
                         resolution->addresses, resolution->count, resolution->why);
    }
    pthread_mutex_lock(&resolution->lock);
    resolution_unlock_and_leave(resolution);
}

/* Starts the thread under the lock, so that no thread joins it before it is set up. */
static fsz_err resolver_run(struct fsz_resolution *resolution)
{
    pthread_t thread;
    fsz_err   err = FSZ_ELIMIT;
    pthread_once(&threads_once, threads_init);
    pthread_mutex_lock(&threads.lock);
    if (threads.running < FSZ_RESOLVER_THREADS_MAX) {
        err = fsz_thread_start(&thread, "fszmq-resolver", resolver_main, resolution);
        threads.running += err == FSZ_OK;
    }
    pthread_mutex_unlock(&threads.lock);
    return err;
}

fsz_err fsz_resolver_start(struct fsz_loop *loop, const char *host, uint16_t port, bool ipv6,
                           fsz_resolver_fn done, void *argument,
                           struct fsz_resolution **ret_resolution)
{
    struct fsz_resolution *resolution = calloc(1, sizeof(*resolution));
    if (resolution == NULL || pthread_mutex_init(&resolution->lock, NULL) != 0) {
        free(resolution);
        return FSZ_ENOMEM;
    }
    resolution->task.run = resolution_arrived;
    resolution->loop = loop;
    resolution->done = done;
    resolution->argument = argument;
    (void)snprintf(resolution->host, sizeof(resolution->host), "%s", host);
    resolution->port = port;
    resolution->ipv6 = ipv6;
    resolution->owners = 2;
    fsz_err err = resolver_run(resolution);
    if (err != FSZ_OK) {
        pthread_mutex_destroy(&resolution->lock);
        free(resolution);
        return err;
    }
    *ret_resolution = resolution;
    return FSZ_OK;
}

/* If a task is posted already, it drops this reference when it runs. */
void fsz_resolver_cancel(struct fsz_resolution **resolution)
{
    struct fsz_resolution *r = *resolution;
    *resolution = NULL;
    if (r == NULL) {
        return;
    }
    pthread_mutex_lock(&r->lock);
    r->is_cancelled = true;
    if (r->is_posted) {
        pthread_mutex_unlock(&r->lock);
    } else {
        resolution_unlock_and_leave(r);
    }
}
