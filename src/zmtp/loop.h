/* loop.h - descriptors, timers and tasks of one thread: epoll(7), with a bound on what one turn
 * does.
 *
 * Work is counted in units of about a microsecond. Callbacks say how much they did
 * (fsz_loop_spend()). Once that reaches FSZ_LOOP_WORK, the turn serves no more descriptors, tasks
 * or timers; the next turn begins with those that are left. So a turn is short however much peers
 * send, and peers are served round robin.
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
    FSZ_LOOP_WORK = 2048,  /* units of work in one turn, for each of these three */
    FSZ_LOOP_SHARE = 128,  /* of them for one connection; its last message may exceed it */
    FSZ_LOOP_SHARE_MIN = 8,
    FSZ_LOOP_ROUND = 8, /* turns in which all busy connections are served with their whole share */
    FSZ_LOOP_SCRATCH_BYTES = 1 << 16 /* see fsz_loop_scratch() */
};

/* Embedded by its owner, which keeps it in place while it is added. */
struct fsz_loop_watch {
    int fd;
    void (*ready)(void *argument, uint32_t events); /* EPOLLIN and others */
    void *argument;
};

/* Embedded likewise. Begins zeroed but for `fire` and `argument`. */
struct fsz_loop_timer {
    struct fsz_timer timer;
    void (*fire)(void *argument); /* the timer is no longer set when this is called */
    void *argument;
};

/* Embedded likewise; the loop does not touch it any more once `run` is called. */
struct fsz_loop_task {
    struct fsz_loop_task *next;
    void (*run)(struct fsz_loop_task *task);
};

/* FSZ_ENOMEM, FSZ_ESYSTEM. */
FSZ_NODISCARD fsz_err fsz_loop_new(struct fsz_loop **ret_loop);
/* Runs the tasks that are left, and those that they post. Watches and timers are their owners' to
 * take out before. */
void fsz_loop_free(struct fsz_loop **loop);

/* FSZ_ENOMEM, FSZ_ESYSTEM (errno says why). Level-triggered. */
FSZ_NODISCARD fsz_err fsz_loop_add(struct fsz_loop *loop, struct fsz_loop_watch *watch,
                                   uint32_t events);
/* Other events. Any thread, while the watch stays added. */
void fsz_loop_modify(struct fsz_loop *loop, struct fsz_loop_watch *watch, uint32_t events);
/* Its `ready` will not be called again, not even for what this turn has already found. */
void fsz_loop_remove(struct fsz_loop *loop, struct fsz_loop_watch *watch);

/* Monotonic milliseconds, read once at the beginning of a turn's work. */
int64_t fsz_loop_now_ms(const struct fsz_loop *loop);
/* Reads the clock again, where much has been done since. */
void fsz_loop_update_time(struct fsz_loop *loop);
/* Sets a timer, or moves it; one that is due already fires in the next turn. FSZ_ENOMEM only when
 * it was not set. */
fsz_err fsz_loop_set_timer(struct fsz_loop *loop, struct fsz_loop_timer *timer, int64_t due_ms);
void    fsz_loop_cancel_timer(struct fsz_loop *loop, struct fsz_loop_timer *timer);

/* Has `run` called on the loop's thread. Any thread; never waits; wakes the loop only when it
 * sleeps. Tasks run in the order of posting. */
void fsz_loop_post(struct fsz_loop *loop, struct fsz_loop_task *task);

/* Waits at most `most_ns` (INT64_MAX: without end; 0: not at all) for a descriptor, a timer or a
 * task, and serves what is due; returns how many that were. Bounded by FSZ_LOOP_EVENTS,
 * FSZ_LOOP_TASKS, FSZ_LOOP_TIMERS and FSZ_LOOP_WORK: what is left is served by the next turn, which
 * does not wait.
 */
size_t fsz_loop_turn(struct fsz_loop *loop, int64_t most_ns);

/* Counts work that a callback has done. */
void fsz_loop_spend(struct fsz_loop *loop, size_t units);
/* One connection's share of a turn. Begins zeroed. The more turns have passed since it was last
 * served, the smaller it is, down to FSZ_LOOP_SHARE_MIN: where thousands of connections are busy,
 * each does less, and all others wait for less. */
struct fsz_loop_share {
    uint64_t turn, end;
};
/* Has the loop done less than the share since it was first asked this in this turn? */
bool fsz_loop_has_share(const struct fsz_loop *loop, struct fsz_loop_share *share);

/* Memory of FSZ_LOOP_SCRATCH_BYTES that whoever is called by the loop may use until it returns. */
uint8_t *fsz_loop_scratch(struct fsz_loop *loop);

#endif
