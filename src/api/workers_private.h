/* workers_private.h - shared by workers.c (who submits), workers_entry.c (what waits and runs) and
 * workers_thread.c (the threads).
 *
 * When is another thread woken? A futex costs more than a short task, so a thread in the middle of
 * short ones is left to take the next ones too: as long as one took something within the last
 * WORKERS_PATIENCE_US, the pool is *brisk*, and at most one other thread is awake, the *watcher*.
 * It takes part as soon as a task has been ready for that long or nobody is brisk any more. A pool
 * that is not brisk wakes a thread at once, so that a long task delays nobody. */
#ifndef FSZ_WORKERS_PRIVATE_H
#define FSZ_WORKERS_PRIVATE_H

#include "api/workers.h"

#include <pthread.h>

#define HASH_NONFATAL_OOM 1 /* uthash ends the process otherwise */
#include <uthash.h>

enum {
    WORKERS_PATIENCE_US = 200,
    WORKERS_IDLE_MS = 3000, /* after which a thread that had nothing to do ends */
    WORKERS_END_MS =
        10000, /* in which threads that have nothing to do end, on a busy machine too */
};

/* The tasks of one key or of one owner, while there are any. */
struct workers_group {
    UT_hash_handle        hh;
    uint32_t              count;  /* that wait or run */
    struct workers_entry *behind; /* of a key: those that wait for an earlier one of theirs */

    /* Of an owner: what could run now, what does, and its place in `turns`. */
    struct workers_entry *ready;
    uint32_t              running, stuck;
    struct workers_group *prev, *next;
    bool                  in_turns;
    char                  name[];
};

enum workers_state { ENTRY_BEHIND, ENTRY_READY, ENTRY_RUNS, ENTRY_STUCK };

/* A task from its submission to its end. */
struct workers_entry {
    UT_hash_handle        hh; /* by its ticket */
    uint64_t              ticket;
    struct workers_entry *prev, *next; /* in its key's `behind`, or its owner's `ready` */
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
    bool                just_woken; /* has not looked for work yet since it slept */
};

/* All but `lock` is guarded by it. It is never held while a task runs. */
struct fsz_workers {
    pthread_mutex_t             lock;
    pthread_cond_t              all_ended; /* `workers` is empty */
    struct fsz_workers_limits   limits;
    struct fsz_workers_counters counters;
    bool                        closed;
    bool                        orphaned; /* freed while a task ran: the last worker clears up */

    uint64_t              last_ticket;
    struct workers_entry *by_ticket; /* uthash, in order of submission */
    struct workers_group *keys, *owners;
    struct workers_group *turns; /* owners with something that may run, the next one first */

    struct worker *workers; /* whose threads run */
    struct worker *ended;   /* whose threads have ended, or are about to: to be joined */
    struct worker *spare;   /* joined; kept as long as the pool, since signals come unlocked */
    struct worker *idle;    /* the last that came is the first that goes */
    struct worker *watcher; /* or NULL */
    struct worker *called;  /* was woken or started and has not looked for work yet, or NULL */
    struct worker *signal;  /* the called one, until fsz_workers_unlock() signals it, or NULL */
    struct worker *latest;  /* took a task at latest_us and did not sleep since, or NULL */
    int64_t        latest_us;
};

/* workers_entry.c; under the lock */
FSZ_NODISCARD fsz_err fsz_workers_enter(struct fsz_workers *pool, struct workers_entry *entry);
/* Takes one that has not begun out again, and gives its task back. */
struct fsz_task *fsz_workers_withdraw(struct fsz_workers *pool, struct workers_entry *entry);
/* What comes next, or NULL. Owners take turns, so that one with much to do delays nobody else. */
struct workers_entry *fsz_workers_next(const struct fsz_workers *pool);
struct workers_entry *fsz_workers_begin(struct fsz_workers *pool); /* that one; there is one */
/* It outlives its deadline. */
void fsz_workers_stick(struct fsz_workers *pool, struct workers_entry *entry);
void fsz_workers_end(struct fsz_workers *pool, struct workers_entry *entry);
/* The limits are others. */
void     fsz_workers_resettle(struct fsz_workers *pool);
uint32_t fsz_workers_of_owner(const struct fsz_workers *pool, const char *owner);

void fsz_workers_lock(struct fsz_workers *pool);
/* Then wakes whom fsz_workers_call() chose: one that is woken under the lock runs into it. */
void fsz_workers_unlock(struct fsz_workers *pool);
/* Sees to it that somebody takes what is ready. FSZ_ENOMEM, FSZ_ESYSTEM: there is no thread. Under
 * the lock, like all below. */
fsz_err fsz_workers_call(struct fsz_workers *pool);
/* Joins the threads that have ended. */
void fsz_workers_join_ended(struct fsz_workers *pool);
/* Frees a pool that nobody knows any more, without the lock. */
void fsz_workers_destroy(struct fsz_workers *pool);

#endif
