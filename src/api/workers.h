/* workers.h - a bounded pool of threads that run what may block.
 *
 * Threads start when there is work, up to a limit, and end when they had none for a while, but one.
 * Tasks of one key run one after another, in the order of submission; others side by side. Owners
 * take turns, and a quarter of the threads is out of one owner's reach, so that who floods delays
 * nobody else. What is over the queue's bound or its owner's share is refused at once. A task that
 * outlives its deadline is given up by whoever waits for it: its thread counts as stuck, is
 * replaced within a cap, and is never killed; tasks behind it of the same key go on waiting. Any
 * thread may call. */
#ifndef FSZ_WORKERS_H
#define FSZ_WORKERS_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct fsz_workers;

struct fsz_workers_limits {
    uint32_t threads; /* at work at once, stuck ones not counted; at least one */
    uint32_t stuck;   /* so many of those given up are replaced by another thread */
    uint32_t queue;   /* tasks that have not begun */
    uint32_t share;   /* tasks of one owner, waiting and running */
};

enum { FSZ_TASK_NAME_BYTES = 128 };

struct fsz_task {
    char key[FSZ_TASK_NAME_BYTES];   /* empty: none; a call's UUID */
    char owner[FSZ_TASK_NAME_BYTES]; /* who asked */
    /* On a worker, once. `abandoned`: the pool ends before the task began, and it must not touch
     * the switch; from the thread that frees the pool then. False: the task is done with, and may
     * be gone; true: `finish` is still to be called. */
    bool (*run)(struct fsz_task *task, bool abandoned);
    /* Right after it, when the task's place in the pool is free, so that the next task of its key
     * may run already; `more`: others are ready. */
    void (*finish)(struct fsz_task *task, bool more);
};

FSZ_NODISCARD fsz_err fsz_workers_new(const struct fsz_workers_limits *limits,
                                      struct fsz_workers             **ret_workers);
/* Tasks already taken stay. Threads above the new limit end when what they run is done. */
void fsz_workers_limit(struct fsz_workers *workers, const struct fsz_workers_limits *limits);
/* The pool has the task until it has run. *ret_ticket (may be NULL) is what to give it up
 * by; never 0, never given twice, and written before the task can begin. FSZ_EFULL: refused and
 * counted. FSZ_ECLOSED: the pool ends. FSZ_ENOMEM, and FSZ_ESYSTEM when there is no thread and none
 * can be had. On failure the task stays the caller's. */
FSZ_NODISCARD fsz_err fsz_workers_submit(struct fsz_workers *workers, struct fsz_task *task,
                                         uint64_t *ret_ticket);
/* Its deadline has passed. The task: it had not begun, and is the caller's again. NULL: it runs
 * (its worker counts as stuck until it returns) or has run. */
struct fsz_task *fsz_workers_give_up(struct fsz_workers *workers, uint64_t ticket);
/* Refuses new work, abandons what waits, waits up to `wait_ms` for what runs. False: some still
 * runs; the pool stays until it returns, and its code must stay in memory. Nobody else may call
 * anything of the pool any more. */
bool fsz_workers_free(struct fsz_workers **workers, int64_t wait_ms);

struct fsz_workers_counters {
#define FSZ_COUNTERS_WORKERS(member, unit, meaning) uint64_t member;
#include "counters/counters.def"
};
struct fsz_workers_counters fsz_workers_counters(struct fsz_workers *workers);

#endif
