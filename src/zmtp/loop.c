/* SPDX-License-Identifier: MPL-2.0 */
#include "zmtp/loop.h"

#include "base/clock.h"
#include "base/container_of.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)

/* No task is missed: the loop sets `sleeps`, then reads `posted`, then waits. A poster pushes its
 * task, then reads `sleeps`. Both are sequentially consistent, so at least one of the two sees the
 * other. The first poster that clears `sleeps` writes the eventfd. */
struct fsz_loop {
    int epoll, event;

    _Atomic(struct fsz_loop_task *) posted; /* newest first */
    atomic_bool                     sleeps;
    atomic_uint                     posters; /* threads in fsz_loop_post() */

    /* Only for the loop's thread: */
    struct fsz_loop_task *first_task, *last_task; /* taken from `posted`, oldest first */
    struct fsz_heap       timers;
    int64_t               now_ns;
    bool                  lacks_pwait2; /* a kernel before 5.11, or a filter of system calls */
    struct epoll_event    batch[FSZ_LOOP_EVENTS]; /* found ready; removed watches are NULL */
    int                   batch_count, batch_at;  /* next event to serve */
    uint64_t              turn, spent;            /* number of turns; total work */
    uint8_t               scratch[FSZ_LOOP_SCRATCH_BYTES];
};

static fsz_err loop_open(struct fsz_loop *loop)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = loop};
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    loop->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    bool is_open = loop->epoll >= 0 && loop->event >= 0 &&
                   epoll_ctl(loop->epoll, EPOLL_CTL_ADD, loop->event, &event) == 0;
    return is_open ? FSZ_OK : FSZ_ESYSTEM;
}

static void loop_close(struct fsz_loop *loop)
{
    int error = errno;
    if (loop->epoll >= 0) {
        close(loop->epoll);
    }
    if (loop->event >= 0) {
        close(loop->event);
    }
    errno = error;
}

fsz_err fsz_loop_new(struct fsz_loop **ret_loop)
{
    struct fsz_loop *loop = calloc(1, sizeof(*loop));
    if (loop == NULL) {
        return FSZ_ENOMEM;
    }
    if (loop_open(loop) != FSZ_OK) {
        loop_close(loop);
        free(loop);
        return FSZ_ESYSTEM;
    }
    loop->now_ns = fsz_clock_monotonic_ns();
    *ret_loop = loop;
    return FSZ_OK;
}

/* Appends posted tasks to the tasks to run. */
static void loop_take_posted(struct fsz_loop *loop)
{
    struct fsz_loop_task *task = atomic_exchange(&loop->posted, NULL);
    struct fsz_loop_task *first = NULL, *last = task;
    while (task != NULL) {
        struct fsz_loop_task *next = task->next;
        task->next = first;
        first = task;
        task = next;
    }
    if (first == NULL) {
        return;
    }
    if (loop->first_task == NULL) {
        loop->first_task = first;
    } else {
        loop->last_task->next = first;
    }
    loop->last_task = last;
}

static bool loop_may_continue(const struct fsz_loop *loop, uint64_t spent_before)
{
    return loop->spent - spent_before < FSZ_LOOP_WORK;
}

static size_t loop_run_tasks(struct fsz_loop *loop)
{
    size_t   count = 0;
    uint64_t before = loop->spent;
    loop_take_posted(loop);
    while (loop->first_task != NULL && count < FSZ_LOOP_TASKS && loop_may_continue(loop, before)) {
        struct fsz_loop_task *task = loop->first_task;
        loop->first_task = task->next;
        task->run(task);
        count++;
    }
    return count;
}

/* A task may run before its poster has left fsz_loop_post(), so this waits for posters. They have
 * only a few instructions and at most one write to the eventfd left. */
void fsz_loop_free(struct fsz_loop **loop)
{
    struct fsz_loop *l = *loop;
    *loop = NULL;
    if (l == NULL) {
        return;
    }
    while (loop_run_tasks(l) > 0) {
    }
    while (atomic_load(&l->posters) > 0) {
        sched_yield();
    }
    fsz_heap_fini(&l->timers);
    loop_close(l);
    free(l);
}

fsz_err fsz_loop_add(struct fsz_loop *loop, struct fsz_loop_watch *watch, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = watch};
    if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, watch->fd, &event) == 0) {
        return FSZ_OK;
    }
    return errno == ENOMEM ? FSZ_ENOMEM : FSZ_ESYSTEM;
}

void fsz_loop_modify(struct fsz_loop *loop, struct fsz_loop_watch *watch, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = watch};
    epoll_ctl(loop->epoll, EPOLL_CTL_MOD, watch->fd, &event);
}

void fsz_loop_remove(struct fsz_loop *loop, struct fsz_loop_watch *watch)
{
    epoll_ctl(loop->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
    for (int i = 0; i < loop->batch_count; i++) {
        if (loop->batch[i].data.ptr == watch) {
            loop->batch[i].data.ptr = NULL;
        }
    }
}

int64_t fsz_loop_now_ms(const struct fsz_loop *loop)
{
    return loop->now_ns / NS_PER_MS;
}

void fsz_loop_update_time(struct fsz_loop *loop)
{
    loop->now_ns = fsz_clock_monotonic_ns();
}

/* A timer that is already due waits for the next turn, so that a timer that sets itself again
 * cannot block this one. */
fsz_err fsz_loop_set_timer(struct fsz_loop *loop, struct fsz_loop_timer *timer, int64_t due_ms)
{
    int64_t due_ns = due_ms < INT64_MAX / NS_PER_MS ? due_ms * NS_PER_MS : INT64_MAX;
    if (due_ms < 0 || due_ns <= loop->now_ns) {
        due_ns = loop->now_ns + 1;
    }
    return fsz_heap_set(&loop->timers, &timer->timer, (uint64_t)due_ns);
}

void fsz_loop_cancel_timer(struct fsz_loop *loop, struct fsz_loop_timer *timer)
{
    fsz_heap_remove(&loop->timers, &timer->timer);
}

/* Only the first thread that finds the loop asleep writes. */
static void loop_rouse(struct fsz_loop *loop)
{
    if (atomic_load(&loop->sleeps) && atomic_exchange(&loop->sleeps, false)) {
        eventfd_write(loop->event, 1);
    }
}

void fsz_loop_post(struct fsz_loop *loop, struct fsz_loop_task *task)
{
    atomic_fetch_add(&loop->posters, 1);
    struct fsz_loop_task *newest = atomic_load(&loop->posted);
    do {
        task->next = newest;
    } while (!atomic_compare_exchange_weak(&loop->posted, &newest, task));
    loop_rouse(loop);
    atomic_fetch_sub(&loop->posters, 1);
}

/* How long this turn may sleep; INT64_MAX: forever. */
static int64_t loop_wait_ns(const struct fsz_loop *loop, int64_t most_ns)
{
    const struct fsz_timer *first = fsz_heap_first(&loop->timers);
    if (loop->first_task != NULL || most_ns <= 0) {
        return 0;
    }
    if (first == NULL || first->due_ns >= INT64_MAX) {
        return most_ns;
    }
    int64_t left_ns = (int64_t)first->due_ns - fsz_clock_monotonic_ns();
    if (left_ns <= 0) {
        return 0;
    }
    return left_ns < most_ns ? left_ns : most_ns;
}

static int loop_epoll_wait_ms(struct fsz_loop *loop, int64_t wait_ns)
{
    int64_t wait_ms = wait_ns / NS_PER_MS + (wait_ns % NS_PER_MS > 0);
    int     most = wait_ns == INT64_MAX ? -1 : wait_ms < INT_MAX ? (int)wait_ms : INT_MAX;
    return epoll_wait(loop->epoll, loop->batch, FSZ_LOOP_EVENTS, most);
}

/* Returns the number of ready descriptors; 0 after a signal. */
static int loop_epoll_wait(struct fsz_loop *loop, int64_t wait_ns)
{
    struct timespec wait = {.tv_sec = wait_ns / NS_PER_S, .tv_nsec = wait_ns % NS_PER_S};
    int             count = -1;
    if (!loop->lacks_pwait2) {
        count = epoll_pwait2(loop->epoll, loop->batch, FSZ_LOOP_EVENTS,
                             wait_ns == INT64_MAX ? NULL : &wait, NULL);
        loop->lacks_pwait2 = count < 0 && (errno == ENOSYS || errno == EPERM);
    }
    if (loop->lacks_pwait2) {
        count = loop_epoll_wait_ms(loop, wait_ns);
    }
    return count > 0 ? count : 0;
}

static void loop_wait(struct fsz_loop *loop, int64_t most_ns)
{
    int64_t wait_ns = loop_wait_ns(loop, most_ns);
    if (wait_ns > 0) {
        atomic_store(&loop->sleeps, true);
        if (atomic_load(&loop->posted) != NULL) {
            wait_ns = 0;
        }
    }
    loop->batch_count = loop_epoll_wait(loop, wait_ns);
    loop->batch_at = 0;
    atomic_store(&loop->sleeps, false);
}

static bool loop_has_batch(const struct fsz_loop *loop)
{
    return loop->batch_at < loop->batch_count;
}

static size_t loop_serve_descriptors(struct fsz_loop *loop)
{
    size_t   served = 0;
    uint64_t before = loop->spent;
    while (loop_has_batch(loop) && loop_may_continue(loop, before)) {
        const struct epoll_event *event = &loop->batch[loop->batch_at++];
        struct fsz_loop_watch    *watch = event->data.ptr;
        eventfd_t                 ignored;
        if (watch == NULL) {
            continue;
        }
        if (event->data.ptr == (void *)loop) {
            eventfd_read(loop->event, &ignored);
            continue;
        }
        watch->ready(watch->argument, event->events);
        served++;
    }
    return served;
}

static size_t loop_fire_timers(struct fsz_loop *loop)
{
    struct fsz_timer *first;
    size_t            fired = 0;
    uint64_t          before = loop->spent;
    while (fired < FSZ_LOOP_TIMERS && (first = fsz_heap_first(&loop->timers)) != NULL &&
           first->due_ns <= (uint64_t)loop->now_ns && loop_may_continue(loop, before)) {
        struct fsz_loop_timer *timer = FSZ_CONTAINER_OF(first, struct fsz_loop_timer, timer);
        fsz_heap_remove(&loop->timers, first);
        timer->fire(timer->argument);
        fired++;
    }
    return fired;
}

size_t fsz_loop_turn(struct fsz_loop *loop, int64_t most_ns)
{
    loop->turn++;
    if (!loop_has_batch(loop)) {
        loop_wait(loop, most_ns);
    }
    loop->now_ns = fsz_clock_monotonic_ns();
    size_t served = loop_serve_descriptors(loop);
    served += loop_run_tasks(loop);
    return served + loop_fire_timers(loop);
}

void fsz_loop_spend(struct fsz_loop *loop, size_t units)
{
    loop->spent += units;
}

/* The share of a connection that was last served `turns` turns ago. */
static uint64_t loop_share(uint64_t turns)
{
    uint64_t units = turns <= FSZ_LOOP_ROUND ? FSZ_LOOP_SHARE
                                             : (uint64_t)FSZ_LOOP_SHARE * FSZ_LOOP_ROUND / turns;
    return units > FSZ_LOOP_SHARE_MIN ? units : FSZ_LOOP_SHARE_MIN;
}

bool fsz_loop_has_share(const struct fsz_loop *loop, struct fsz_loop_share *share)
{
    if (share->turn != loop->turn) {
        uint64_t units = loop_share(loop->turn - share->turn);
        *share = (struct fsz_loop_share){loop->turn, loop->spent + units};
    }
    return loop->spent < share->end;
}

uint8_t *fsz_loop_scratch(struct fsz_loop *loop)
{
    return loop->scratch;
}
