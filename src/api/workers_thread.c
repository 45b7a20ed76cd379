/* SPDX-License-Identifier: MPL-2.0 */
/* The threads: when one is woken, started and ended (the rule is in workers_private.h). */
#include "api/workers_private.h"
#include "base/clock.h"
#include "base/thread.h"

#include <stdlib.h>
#include <utlist.h>

void fsz_workers_lock(struct fsz_workers *pool)
{
    fsz_thread_lock(&pool->lock);
}

void fsz_workers_unlock(struct fsz_workers *pool)
{
    struct worker *signal = pool->signal;
    pool->signal = NULL;
    pthread_mutex_unlock(&pool->lock);
    if (signal != NULL) {
        pthread_cond_signal(&signal->wake);
    }
}

void fsz_workers_join_ended(struct fsz_workers *pool)
{
    while (pool->ended != NULL) {
        struct worker *worker = pool->ended;
        pool->ended = worker->next;
        pthread_join(worker->thread, NULL);
        LL_PREPEND(pool->spare, worker);
    }
}

void fsz_workers_destroy(struct fsz_workers *pool)
{
    while (pool->spare != NULL) {
        struct worker *worker = pool->spare;
        pool->spare = worker->next;
        pthread_cond_destroy(&worker->wake);
        free(worker);
    }
    pthread_cond_destroy(&pool->all_ended);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

static bool pool_has_room(const struct fsz_workers *pool, uint32_t threads)
{
    const struct fsz_workers_limits *limits = &pool->limits;
    uint32_t                         stuck = pool->counters.stuck;
    uint64_t                         replaced = stuck < limits->stuck ? stuck : limits->stuck;
    return threads <= (limits->threads > 0 ? limits->threads : 1) + replaced;
}

static bool pool_is_brisk(const struct fsz_workers *pool, int64_t now_us)
{
    return pool->latest != NULL && now_us - pool->latest_us < WORKERS_PATIENCE_US;
}

/* ---- a worker's life; under the lock --------------------------------------------------------- */

/* Sleeps until it is called. False: it slept so long that it may end. */
static bool worker_sleep(struct worker *self)
{
    struct fsz_workers *pool = self->pool;
    int64_t             until_ms = fsz_clock_monotonic_ms() + WORKERS_IDLE_MS;
    bool                in_time = true;
    pool->latest = pool->latest == self ? NULL : pool->latest;
    LL_PREPEND2(pool->idle, self, next_idle);
    while (in_time && pool->called != self && !pool->closed) {
        in_time = fsz_thread_wait_ms(&self->wake, &pool->lock, until_ms);
    }
    if (pool->called == self) {
        pool->called = NULL; /* worker_call() has removed it from `idle` */
        self->just_woken = true;
        return true;
    }
    LL_DELETE2(pool->idle, self, next_idle);
    return pool->counters.threads == pool->counters.stuck + 1;
}

/* Leaves ready tasks to the brisk thread until that time. */
static void worker_watch(struct worker *self, int64_t until_us)
{
    struct fsz_workers *pool = self->pool;
    bool                in_time = true;
    pool->watcher = self;
    while (in_time && pool->called != self && !pool->closed) {
        in_time = fsz_thread_wait_ns(&self->wake, &pool->lock, until_us * 1000);
    }
    pool->watcher = pool->watcher == self ? NULL : pool->watcher;
    pool->called = pool->called == self ? NULL : pool->called;
}

static struct workers_entry *worker_take(struct worker *self, int64_t now_us)
{
    struct fsz_workers   *pool = self->pool;
    struct workers_entry *entry = fsz_workers_begin(pool);
    self->just_woken = false;
    pool->latest = self;
    pool->latest_us = now_us;
    (void)fsz_workers_call(pool); /* on failure, this thread takes the other ready tasks later */
    return entry;
}

/* Waits for a task and takes it. NULL: the worker must end. */
static struct workers_entry *worker_next(struct worker *self)
{
    struct fsz_workers *pool = self->pool;
    bool                wanted = true;
    while (wanted && !pool->closed && pool_has_room(pool, pool->counters.threads)) {
        const struct workers_entry *next = fsz_workers_next(pool);
        if (next == NULL) {
            wanted = worker_sleep(self);
            continue;
        }
        int64_t now_us = fsz_clock_monotonic_us();
        int64_t due_us = next->ready_us + WORKERS_PATIENCE_US;
        if (self->just_woken && now_us < due_us && pool_is_brisk(pool, now_us)) {
            worker_watch(self, due_us);
        } else {
            return worker_take(self, now_us);
        }
    }
    return NULL;
}

/* Releases the lock. fsz_workers_call() may join the threads in `ended`, so this one is added after
 * it. */
static void worker_leave(struct worker *self)
{
    struct fsz_workers *pool = self->pool;
    pool->latest = pool->latest == self ? NULL : pool->latest;
    DL_DELETE(pool->workers, self);
    pool->counters.threads--;
    bool last = pool->workers == NULL;
    bool orphaned = pool->orphaned;
    if (orphaned) {
        LL_PREPEND(pool->spare, self); /* its thread was detached */
    } else {
        (void)fsz_workers_call(pool); /* a called thread may end because of a lower limit */
        LL_PREPEND(pool->ended, self);
    }
    if (last && !orphaned) {
        pthread_cond_signal(&pool->all_ended);
    }
    fsz_workers_unlock(pool);
    if (last && orphaned) {
        fsz_workers_destroy(pool);
    }
}

static void *worker_main(void *argument)
{
    struct worker      *self = argument;
    struct fsz_workers *pool = self->pool;
    fsz_workers_lock(pool);
    pool->called = pool->called == self ? NULL : pool->called;
    for (struct workers_entry *entry; (entry = worker_next(self)) != NULL;) {
        struct fsz_task *task = entry->task;
        fsz_workers_unlock(pool);
        bool finishes = task->run(task, false);
        fsz_workers_lock(pool);
        fsz_workers_end(pool, entry);
        if (finishes) {
            bool more = fsz_workers_next(pool) != NULL;
            fsz_workers_unlock(pool);
            task->finish(task, more);
            fsz_workers_lock(pool);
        }
    }
    worker_leave(self);
    return NULL;
}

/* ---- calling a worker; under the lock -------------------------------------------------------- */

/* A spare one or a new one. */
static fsz_err worker_allocate(struct fsz_workers *pool, struct worker **ret_worker)
{
    struct worker *worker = pool->spare;
    if (worker != NULL) {
        pool->spare = worker->next;
        *ret_worker = worker;
        return FSZ_OK;
    }
    worker = calloc(1, sizeof(*worker));
    if (worker == NULL) {
        return FSZ_ENOMEM;
    }
    worker->pool = pool;
    fsz_err err = fsz_thread_init_cond(&worker->wake);
    if (err != FSZ_OK) {
        free(worker);
        return err;
    }
    *ret_worker = worker;
    return FSZ_OK;
}

static fsz_err worker_start(struct fsz_workers *pool)
{
    struct worker *worker = NULL;
    fsz_workers_join_ended(pool);
    fsz_err err = worker_allocate(pool, &worker);
    if (err != FSZ_OK) {
        return err;
    }
    worker->just_woken = true;
    err = fsz_thread_start(&worker->thread, "fszmq-worker", worker_main, worker);
    if (err != FSZ_OK) {
        LL_PREPEND(pool->spare, worker);
        return err;
    }
    DL_APPEND(pool->workers, worker);
    pool->counters.threads++;
    pool->called = worker;
    return FSZ_OK;
}

static void worker_call(struct fsz_workers *pool, struct worker *worker)
{
    if (worker == pool->watcher) {
        pool->watcher = NULL;
    } else {
        LL_DELETE2(pool->idle, worker, next_idle);
    }
    pool->called = worker;
    pool->signal = worker;
}

/* Will a thread that is awake, or about to be, take the ready tasks? */
static bool pool_is_covered(const struct fsz_workers *pool)
{
    if (fsz_workers_next(pool) == NULL || pool->closed || pool->called != NULL) {
        return true;
    }
    return pool->watcher != NULL && pool_is_brisk(pool, fsz_clock_monotonic_us());
}

fsz_err fsz_workers_call(struct fsz_workers *pool)
{
    if (pool_is_covered(pool)) {
        return FSZ_OK;
    }
    struct worker *sleeper = pool->watcher != NULL ? pool->watcher : pool->idle;
    if (sleeper != NULL) {
        worker_call(pool, sleeper);
        return FSZ_OK;
    }
    if (!pool_has_room(pool, pool->counters.threads + 1)) {
        return FSZ_OK; /* the next thread that finishes takes it */
    }
    fsz_err err = worker_start(pool);
    return pool->counters.threads > pool->counters.stuck ? FSZ_OK : err;
}
