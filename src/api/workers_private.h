/* SPDX-License-Identifier: MPL-2.0 */
/* workers_private.h - shared by workers.c (the public functions), workers_entry.c (tasks that wait
 * and run) and workers_thread.c (the threads).
 *
 * When does a task wake another thread? A wake-up costs more than a short task, so a thread that
 * runs short tasks also takes the next ones. If a thread took a task within the last
 * WORKERS_PATIENCE_US, the pool is *brisk*, and at most one other thread is awake, the *watcher*.
 * The watcher takes a task that has been ready for that long, or any task once the pool is no
 * longer brisk. A pool that is not brisk wakes a thread at once, so a long task does not delay
 * others. */
#ifndef FSZ_WORKERS_PRIVATE_H
#define FSZ_WORKERS_PRIVATE_H

#include "api/workers.h"

#include <pthread.h>

#define HASH_NONFATAL_OOM 1 /* uthash ends the process otherwise */
#include <uthash.h>

enum {
    WORKERS_PATIENCE_US = 200,
    WORKERS_IDLE_MS = 3000, /* after which a thread without work ends */
    WORKERS_END_MS = 10000, /* enough for threads without work to end, also on a busy machine */
};

/* The tasks of one key or one owner; exists while there are any. */
struct workers_group {
    UT_hash_handle        hh;
    uint32_t              count;  /* tasks that wait or run */
    struct workers_entry *behind; /* of a key: tasks that wait for an earlier one */

    /* For an owner: its ready tasks, how many run, and its place in `turns`. */
    struct workers_entry *ready;
    uint32_t              running, stuck;
    struct workers_group *prev, *next;
    bool                  in_turns;
    char                  name[];
};

enum workers_state { ENTRY_BEHIND, ENTRY_READY, ENTRY_RUNS, ENTRY_STUCK };

/* A task in the pool. */
struct workers_entry {
    UT_hash_handle        hh; /* by its ticket */
    uint64_t              ticket;
    struct workers_entry *prev, *next; /* in its key's `behind` or its owner's `ready` */
    struct fsz_task      *task;        /* may be gone once it runs */
    struct workers_group *key;         /* or NULL */
    struct workers_group *owner;
    int64_t               ready_us;
    enum workers_state    state;
};

struct worker {
    struct worker      *prev, *next; /* in `workers`; `ended` and `spare` have `next` only */
    struct worker      *next_idle;
    struct fsz_workers *pool;
    pthread_t           thread;
    pthread_cond_t      wake;
    bool                just_woken; /* has not looked for work since it slept */
};

/* `lock` guards the other members. It is never held while a task runs. */
struct fsz_workers {
    pthread_mutex_t             lock;
    pthread_cond_t              all_ended; /* `workers` is empty */
    struct fsz_workers_limits   limits;
    struct fsz_workers_counters counters;
    bool                        closed;
    bool orphaned; /* freed while a task ran: the last worker frees the pool */

    uint64_t              last_ticket;
    struct workers_entry *by_ticket; /* uthash, in order of submission */
    struct workers_group *keys, *owners;
    struct workers_group *turns; /* owners with a task that may run now, the next one first */

    struct worker *workers; /* their threads run */
    struct worker *ended;   /* their threads have ended or are ending: to be joined */
    struct worker *
        spare; /* joined; kept until the pool is freed, as they may be signalled without the lock */
    struct worker *idle;    /* last in, first out */
    struct worker *watcher; /* or NULL */
    struct worker *called;  /* woken or started, but has not looked for work yet; or NULL */
    struct worker *signal;  /* `called`, until fsz_workers_unlock() signals it; or NULL */
    struct worker *latest;  /* took a task at latest_us and has not slept since; or NULL */
    int64_t        latest_us;
};

/* workers_entry.c; under the lock. */
FSZ_NODISCARD fsz_err fsz_workers_enter(struct fsz_workers *pool, struct workers_entry *entry);
/* Removes an entry that has not begun, and returns its task. */
struct fsz_task *fsz_workers_withdraw(struct fsz_workers *pool, struct workers_entry *entry);
/* The entry to run next, or NULL. Owners take turns. */
struct workers_entry *fsz_workers_next(const struct fsz_workers *pool);
struct workers_entry *
fsz_workers_begin(struct fsz_workers *pool); /* the next entry, which must exist */
/* The deadline of a running entry has passed. */
void fsz_workers_stick(struct fsz_workers *pool, struct workers_entry *entry);
void fsz_workers_end(struct fsz_workers *pool, struct workers_entry *entry);
/* The limits have changed. */
void     fsz_workers_resettle(struct fsz_workers *pool);
uint32_t fsz_workers_of_owner(const struct fsz_workers *pool, const char *owner);

void fsz_workers_lock(struct fsz_workers *pool);
/* Unlocks, then signals the thread that fsz_workers_call() chose: a thread woken under the lock
 * would block on it. */
void fsz_workers_unlock(struct fsz_workers *pool);
/* Makes sure that a thread takes the entries that are ready. FSZ_ENOMEM, FSZ_ESYSTEM: there is no
 * thread. Under the lock. */
fsz_err fsz_workers_call(struct fsz_workers *pool);
/* Joins the threads that have ended. Under the lock. */
void fsz_workers_join_ended(struct fsz_workers *pool);
/* Frees a pool that no thread uses any more; without the lock. */
void fsz_workers_destroy(struct fsz_workers *pool);

#endif
