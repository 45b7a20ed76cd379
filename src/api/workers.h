/* SPDX-License-Identifier: MPL-2.0 */
/* workers.h - a bounded pool of threads for tasks that may block.
 *
 * Threads start when there is work, up to a limit, and all but one end after a time without work.
 * Tasks with the same key run one after another, in the order of submission; others run in
 * parallel. Owners take turns, and no owner gets more than three quarters of the threads, so a
 * flood from one does not delay the others. A task over the limit of the queue or of its owner's
 * share is refused at once. A task whose deadline has passed is given up: its thread counts as
 * stuck and is replaced, up to a limit, but never killed; later tasks with its key keep waiting.
 * Any thread may call. */
#ifndef FSZ_WORKERS_H
#define FSZ_WORKERS_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct fsz_workers;

struct fsz_workers_limits {
    uint32_t threads; /* in use at a time, without stuck ones; at least one */
    uint32_t stuck;   /* so many stuck threads are replaced */
    uint32_t queue;   /* tasks that wait */
    uint32_t share;   /* tasks of one owner, waiting and running */
};

enum { FSZ_TASK_NAME_BYTES = 128 };

struct fsz_task {
    char key[FSZ_TASK_NAME_BYTES];   /* a call's UUID; empty: no key */
    char owner[FSZ_TASK_NAME_BYTES]; /* whose request it is */
    /* Once, on a worker. With `abandoned`, on the thread that frees the pool: the pool closes
     * before the task began, and the task must not touch the switch. False: the pool is done with
     * the task, which may be gone; true: the pool calls `finish`. */
    bool (*run)(struct fsz_task *task, bool abandoned);
    /* After `run`, when the task no longer occupies the pool and the next task with its key may
     * already run. `more`: other tasks are ready. */
    void (*finish)(struct fsz_task *task, bool more);
};

FSZ_NODISCARD fsz_err fsz_workers_new(const struct fsz_workers_limits *limits,
                                      struct fsz_workers             **ret_workers);
/* Tasks already in the pool stay. Threads above the new limit end after the task that they run. */
void fsz_workers_limit(struct fsz_workers *workers, const struct fsz_workers_limits *limits);
/* The task belongs to the pool until it has run. *ret_ticket (may be NULL) identifies it for
 * fsz_workers_give_up(): never 0, unique, and written before the task can begin. FSZ_EFULL: refused
 * and counted. FSZ_ECLOSED: the pool is closing. FSZ_ENOMEM; FSZ_ESYSTEM: there is no thread and
 * none can be started. On failure the task stays the caller's. */
FSZ_NODISCARD fsz_err fsz_workers_submit(struct fsz_workers *workers, struct fsz_task *task,
                                         uint64_t *ret_ticket);
/* Gives up a task whose deadline has passed. Returns the task if it had not begun: it is the
 * caller's again. NULL: it runs (its worker counts as stuck until it returns), or has run. */
struct fsz_task *fsz_workers_give_up(struct fsz_workers *workers, uint64_t ticket);
/* Refuses new tasks, abandons those that wait, and waits up to `wait_ms` for those that run. False:
 * one still runs; the pool stays until it returns, and the code must stay in memory. No other
 * thread may use the pool any more. */
bool fsz_workers_free(struct fsz_workers **workers, int64_t wait_ms);

struct fsz_workers_counters {
#define FSZ_COUNTERS_WORKERS(member, unit, meaning) uint64_t member;
#include "counters/counters.def"
};
struct fsz_workers_counters fsz_workers_counters(struct fsz_workers *workers);

#endif
