/* SPDX-License-Identifier: MPL-2.0 */
/* loop.h - descriptors, timers and tasks of one thread on epoll(7), with a bound on the work of one
 * turn.
 *
 * Work is counted in units of about a microsecond. Callbacks report how much they did
 * (fsz_loop_spend()). Once a turn has spent FSZ_LOOP_WORK, it serves no more descriptors, tasks or
 * timers; the next turn begins with the rest. So a turn is short however much peers send, and peers
 * are served round robin.
 *
 * The thread that calls fsz_loop_turn() owns the loop. Other threads may call only fsz_loop_post()
 * and fsz_loop_modify(). */
#ifndef FSZ_ZMTP_LOOP_H
#define FSZ_ZMTP_LOOP_H

#include "base/heap.h"
#include "zmtp/zmtp.h"

#include <sys/epoll.h>

struct fsz_loop;

enum {
    FSZ_LOOP_EVENTS = 64,  /* descriptors served in one turn */
    FSZ_LOOP_TASKS = 256,  /* tasks run in one turn */
    FSZ_LOOP_TIMERS = 256, /* timers fired in one turn */
    FSZ_LOOP_WORK = 2048,  /* units of work in one turn, for each of the three */
    FSZ_LOOP_SHARE = 128,  /* of FSZ_LOOP_WORK for one connection; its last message may exceed it */
    FSZ_LOOP_SHARE_MIN = 8,
    FSZ_LOOP_ROUND = 8,              /* turns in which every busy connection gets its whole share */
    FSZ_LOOP_SCRATCH_BYTES = 1 << 16 /* see fsz_loop_scratch() */
};

/* Embedded by its owner, which keeps it in place while it is added. */
struct fsz_loop_watch {
    int fd;
    void (*ready)(void *argument, uint32_t events); /* EPOLLIN and others */
    void *argument;
};

/* Embedded by its owner. Initially zero, except `fire` and `argument`. */
struct fsz_loop_timer {
    struct fsz_timer timer;
    void (*fire)(void *argument); /* called after the timer has been removed */
    void *argument;
};

/* Embedded by its owner. The loop does not touch it once `run` is called. */
struct fsz_loop_task {
    struct fsz_loop_task *next;
    void (*run)(struct fsz_loop_task *task);
};

/* FSZ_ENOMEM, FSZ_ESYSTEM. */
FSZ_NODISCARD fsz_err fsz_loop_new(struct fsz_loop **ret_loop);
/* Runs all remaining tasks and those that they post. Owners must remove their watches and timers
 * before. */
void fsz_loop_free(struct fsz_loop **loop);

/* FSZ_ENOMEM, FSZ_ESYSTEM (errno says why). Level-triggered. */
FSZ_NODISCARD fsz_err fsz_loop_add(struct fsz_loop *loop, struct fsz_loop_watch *watch,
                                   uint32_t events);
/* Changes the events. Any thread, while the watch is added. */
void fsz_loop_modify(struct fsz_loop *loop, struct fsz_loop_watch *watch, uint32_t events);
/* `ready` is not called any more, not even for events that this turn has already found. */
void fsz_loop_remove(struct fsz_loop *loop, struct fsz_loop_watch *watch);

/* Monotonic milliseconds, read once at the start of a turn's work. */
int64_t fsz_loop_now_ms(const struct fsz_loop *loop);
/* Reads the clock again, after long work. */
void fsz_loop_update_time(struct fsz_loop *loop);
/* Sets or moves a timer. One that is already due fires in the next turn. FSZ_ENOMEM is possible
 * only if it was not set. */
fsz_err fsz_loop_set_timer(struct fsz_loop *loop, struct fsz_loop_timer *timer, int64_t due_ms);
void    fsz_loop_cancel_timer(struct fsz_loop *loop, struct fsz_loop_timer *timer);

/* Calls `run` on the loop's thread. Any thread. Never waits; wakes the loop only if it sleeps.
 * Tasks run in the order in which they were posted. */
void fsz_loop_post(struct fsz_loop *loop, struct fsz_loop_task *task);

/* Waits up to `most_ns` (INT64_MAX: forever; 0: not at all) for a descriptor, a timer or a task,
 * then serves what is due. Returns the number of callbacks. Bounded by FSZ_LOOP_EVENTS,
 * FSZ_LOOP_TASKS, FSZ_LOOP_TIMERS and FSZ_LOOP_WORK; the next turn serves the rest without waiting.
 */
size_t fsz_loop_turn(struct fsz_loop *loop, int64_t most_ns);

/* Reports work that a callback has done. */
void fsz_loop_spend(struct fsz_loop *loop, size_t units);
/* One connection's share of a turn. Initially zero. The more turns have passed since the connection
 * was last served, the smaller its share, down to FSZ_LOOP_SHARE_MIN: when thousands of connections
 * are busy, each does less and the others wait less. */
struct fsz_loop_share {
    uint64_t turn, end;
};
/* Has the loop done less than the share since the first call of this function in this turn? */
bool fsz_loop_has_share(const struct fsz_loop *loop, struct fsz_loop_share *share);

/* FSZ_LOOP_SCRATCH_BYTES of memory that a callback may use until it returns. */
uint8_t *fsz_loop_scratch(struct fsz_loop *loop);

#endif
