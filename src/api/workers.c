/* SPDX-License-Identifier: MPL-2.0 */
#include "api/workers.h"

#include "api/workers_private.h"
#include "base/clock.h"
#include "base/thread.h"

#include <stdlib.h>
#include <utlist.h>

fsz_err fsz_workers_new(const struct fsz_workers_limits *limits, struct fsz_workers **ret_workers)
{
    struct fsz_workers *pool = calloc(1, sizeof(*pool));
    if (pool == NULL) {
        return FSZ_ENOMEM;
    }
    if (fsz_thread_init_cond(&pool->all_ended) != FSZ_OK) {
        free(pool);
        return FSZ_ESYSTEM;
    }
    pthread_mutex_init(&pool->lock, NULL);
    pool->limits = *limits;
    *ret_workers = pool;
    return FSZ_OK;
}

void fsz_workers_limit(struct fsz_workers *workers, const struct fsz_workers_limits *limits)
{
    fsz_workers_lock(workers);
    workers->limits = *limits;
    fsz_workers_resettle(workers);
    (void)fsz_workers_call(workers); /* on failure the existing threads stay */
    fsz_workers_unlock(workers);
}

static fsz_err workers_admit_locked(struct fsz_workers *workers, const struct fsz_task *task)
{
    if (workers->closed) {
        return FSZ_ECLOSED;
    }
    if (workers->counters.waiting >= workers->limits.queue) {
        workers->counters.refused_queue++;
        return FSZ_EFULL;
    }
    if (fsz_workers_of_owner(workers, task->owner) >= workers->limits.share) {
        workers->counters.refused_share++;
        return FSZ_EFULL;
    }
    return FSZ_OK;
}

static fsz_err workers_submit_locked(struct fsz_workers *workers, struct fsz_task *task,
                                     uint64_t *ret_ticket)
{
    fsz_err err = workers_admit_locked(workers, task);
    if (err != FSZ_OK) {
        return err;
    }
    struct workers_entry *entry = calloc(1, sizeof(*entry));
    if (entry == NULL) {
        return FSZ_ENOMEM;
    }
    entry->task = task;
    err = fsz_workers_enter(workers, entry);
    if (err != FSZ_OK) {
        free(entry);
        return err;
    }
    err = fsz_workers_call(workers);
    if (err != FSZ_OK) {
        fsz_workers_withdraw(workers, entry);
        return err;
    }
    if (ret_ticket != NULL) {
        *ret_ticket = entry->ticket;
    }
    return FSZ_OK;
}

fsz_err fsz_workers_submit(struct fsz_workers *workers, struct fsz_task *task, uint64_t *ret_ticket)
{
    fsz_workers_lock(workers);
    fsz_err err = workers_submit_locked(workers, task, ret_ticket);
    fsz_workers_unlock(workers);
    return err;
}

static struct fsz_task *workers_give_up_locked(struct fsz_workers *workers, uint64_t ticket)
{
    struct workers_entry *entry = NULL;
    HASH_FIND(hh, workers->by_ticket, &ticket, sizeof(ticket), entry);
    if (entry == NULL || entry->state == ENTRY_STUCK) {
        return NULL;
    }
    workers->counters.given_up++;
    if (entry->state != ENTRY_RUNS) {
        return fsz_workers_withdraw(workers, entry);
    }
    fsz_workers_stick(workers, entry);
    (void)fsz_workers_call(
        workers); /* if no thread can be started, the next submission tries again */
    return NULL;
}

struct fsz_task *fsz_workers_give_up(struct fsz_workers *workers, uint64_t ticket)
{
    fsz_workers_lock(workers);
    struct fsz_task *task = workers_give_up_locked(workers, ticket);
    fsz_workers_unlock(workers);
    return task;
}

struct fsz_workers_counters fsz_workers_counters(struct fsz_workers *workers)
{
    fsz_workers_lock(workers);
    struct fsz_workers_counters counters = workers->counters;
    fsz_workers_unlock(workers);
    return counters;
}

/* ---- the end --------------------------------------------------------------------------------- */

/* The oldest task that has not begun, or NULL. The loop is short: the older ones are running. */
static struct fsz_task *workers_withdraw_oldest(struct fsz_workers *workers)
{
    fsz_workers_lock(workers);
    struct workers_entry *entry = workers->by_ticket;
    while (entry != NULL && entry->state >= ENTRY_RUNS) {
        entry = entry->hh.next;
    }
    struct fsz_task *task = entry != NULL ? fsz_workers_withdraw(workers, entry) : NULL;
    fsz_workers_unlock(workers);
    return task;
}

static void workers_close(struct fsz_workers *workers)
{
    struct worker *each = NULL;
    fsz_workers_lock(workers);
    workers->closed = true;
    DL_FOREACH(workers->workers, each)
    {
        pthread_cond_signal(&each->wake);
    }
    fsz_workers_unlock(workers);
}

/* Waits until all threads have ended, at most that long. */
static void workers_await_locked(struct fsz_workers *workers, int64_t wait_ms)
{
    int64_t until_ms = fsz_clock_monotonic_ms() + wait_ms;
    bool    in_time = true;
    while (in_time && workers->workers != NULL) {
        in_time = fsz_thread_wait_ms(&workers->all_ended, &workers->lock, until_ms);
    }
}

/* True: all threads have ended. Threads that still run a task are detached. */
static bool workers_await_end(struct fsz_workers *workers, int64_t wait_ms)
{
    struct worker *each = NULL;
    fsz_workers_lock(workers);
    workers_await_locked(workers, wait_ms);
    if (workers->counters.busy + workers->counters.stuck == 0) {
        workers_await_locked(workers, WORKERS_END_MS);
    }
    DL_FOREACH(workers->workers, each)
    {
        pthread_detach(each->thread);
    }
    fsz_workers_join_ended(workers);
    bool ended = workers->workers == NULL;
    workers->orphaned = !ended;
    fsz_workers_unlock(workers);
    return ended;
}

bool fsz_workers_free(struct fsz_workers **workers, int64_t wait_ms)
{
    struct fsz_workers *pool = *workers;
    if (pool == NULL) {
        return true;
    }
    *workers = NULL;
    workers_close(pool);
    for (struct fsz_task *task; (task = workers_withdraw_oldest(pool)) != NULL;) {
        if (task->run(task, true)) {
            task->finish(task, false);
        }
    }
    bool ended = workers_await_end(pool, wait_ms);
    if (ended) {
        fsz_workers_destroy(pool);
    }
    return ended;
}
