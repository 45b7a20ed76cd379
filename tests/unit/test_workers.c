/* SPDX-License-Identifier: MPL-2.0 */
#include "api/workers.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>
#include <unistd.h>

enum { DONE_BY_MS = 60000, ORDER_MAX = 64 };

/* What the tasks of a test record, and the gates at which they wait. */
struct board {
    pthread_mutex_t lock;
    pthread_cond_t  changed;
    unsigned        begun, done, abandoned;
    bool            gate;             /* open: tasks do not wait */
    bool            end_gate;         /* the same for tasks that linger */
    unsigned        order[ORDER_MAX]; /* the numbers of finished tasks, in order */

    struct fsz_workers *watched;        /* its counters are checked in `finish`; or NULL */
    unsigned            finished, more; /* `more`: with other tasks ready */
    uint32_t            busy;           /* the maximum when a task finished */
};

struct test_task {
    struct fsz_task task; /* first */
    struct board   *board;
    unsigned        number;
    bool            waits;   /* at the gate */
    bool            lingers; /* at the end gate, when it is done */

    struct fsz_workers *watched; /* the board's, which may be gone before this */
};

static void board_init(struct board *board)
{
    *board = (struct board){.gate = false};
    pthread_mutex_init(&board->lock, NULL);
    pthread_cond_init(&board->changed, NULL);
}

static void board_fini(struct board *board)
{
    pthread_cond_destroy(&board->changed);
    pthread_mutex_destroy(&board->lock);
}

static void board_open(struct board *board)
{
    pthread_mutex_lock(&board->lock);
    board->gate = true;
    pthread_cond_broadcast(&board->changed);
    pthread_mutex_unlock(&board->lock);
}

static void board_open_end(struct board *board)
{
    pthread_mutex_lock(&board->lock);
    board->end_gate = true;
    pthread_cond_broadcast(&board->changed);
    pthread_mutex_unlock(&board->lock);
}

static void board_await(struct board *board, const unsigned *count, unsigned wanted)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += DONE_BY_MS / 1000;
    pthread_mutex_lock(&board->lock);
    int error = 0;
    while (*count < wanted && error == 0) {
        error = pthread_cond_timedwait(&board->changed, &board->lock, &until);
    }
    assert_int_equal(*count, wanted);
    pthread_mutex_unlock(&board->lock);
}

static bool task_run(struct fsz_task *task, bool abandoned)
{
    struct test_task *mine = (struct test_task *)task;
    struct board     *board = mine->board;
    pthread_mutex_lock(&board->lock);
    board->begun += !abandoned;
    pthread_cond_broadcast(&board->changed);
    while (mine->waits && !abandoned && !board->gate) {
        pthread_cond_wait(&board->changed, &board->lock);
    }
    board->order[(board->done + board->abandoned) % ORDER_MAX] = mine->number;
    board->done += !abandoned;
    board->abandoned += abandoned;
    pthread_cond_broadcast(&board->changed);
    pthread_mutex_unlock(&board->lock);
    return true;
}

static void task_linger(struct board *board)
{
    pthread_mutex_lock(&board->lock);
    while (!board->end_gate) {
        pthread_cond_wait(&board->changed, &board->lock);
    }
    pthread_mutex_unlock(&board->lock);
}

static void task_finish(struct fsz_task *task, bool more)
{
    struct test_task *mine = (struct test_task *)task;
    if (mine->lingers) {
        task_linger(mine->board);
    }
    if (mine->watched != NULL) {
        struct board *board = mine->board;
        uint32_t      busy = fsz_workers_counters(mine->watched).busy;
        pthread_mutex_lock(&board->lock);
        board->busy = busy > board->busy ? busy : board->busy;
        board->more += more;
        board->finished++;
        pthread_cond_broadcast(&board->changed);
        pthread_mutex_unlock(&board->lock);
    }
    free(mine);
}

static struct test_task *task_new(struct board *board, const char *owner, const char *key)
{
    struct test_task *mine = calloc(1, sizeof(*mine));
    assert_non_null(mine);
    mine->board = board;
    mine->watched = board->watched;
    mine->task.run = task_run;
    mine->task.finish = task_finish;
    snprintf(mine->task.key, sizeof(mine->task.key), "%s", key);
    snprintf(mine->task.owner, sizeof(mine->task.owner), "%s", owner);
    return mine;
}

/* Returns the ticket; the task must be taken. */
static uint64_t submit(struct fsz_workers *workers, struct test_task *task)
{
    uint64_t ticket = 0;
    assert_int_equal(fsz_workers_submit(workers, &task->task, &ticket), FSZ_OK);
    assert_int_not_equal(ticket, 0);
    return ticket;
}

static uint64_t submit_blocker_of(struct fsz_workers *workers, struct board *board,
                                  const char *owner, const char *key)
{
    struct test_task *task = task_new(board, owner, key);
    task->waits = true;
    return submit(workers, task);
}

static uint64_t submit_blocker(struct fsz_workers *workers, struct board *board, const char *key)
{
    return submit_blocker_of(workers, board, "blocker", key);
}

static struct fsz_workers *workers_of(uint32_t threads, uint32_t stuck, uint32_t queue,
                                      uint32_t share)
{
    struct fsz_workers       *workers = NULL;
    struct fsz_workers_limits limits = {threads, stuck, queue, share};
    assert_int_equal(fsz_workers_new(&limits, &workers), FSZ_OK);
    return workers;
}

/* Waits until a counter of the pool has that value. */
static bool counts(struct fsz_workers *workers, size_t offset, uint32_t wanted)
{
    for (int64_t until = fsz_clock_monotonic_ms() + DONE_BY_MS; fsz_clock_monotonic_ms() < until;
         usleep(1000)) {
        struct fsz_workers_counters counters = fsz_workers_counters(workers);
        uint32_t                    now;
        memcpy(&now, (const char *)&counters + offset, sizeof(now));
        if (now == wanted) {
            return true;
        }
    }
    return false;
}

#define COUNTS(workers, counter, wanted)                                                           \
    counts(workers, offsetof(struct fsz_workers_counters, counter), wanted)

static void test_workers_run_each_task_once_and_in_parallel(void **state)
{
    (void)state;
    struct board        board;
    struct fsz_workers *workers = workers_of(4, 0, 100, 100);
    board_init(&board);
    for (int i = 0; i < 4; i++) {
        submit_blocker_of(workers, &board, i % 2 == 0 ? "a" : "b", "");
    }
    board_await(&board, &board.begun,
                4); /* all four run at the same time, or this waits for ever */
    submit(workers, task_new(&board, "a", ""));
    assert_int_equal(fsz_workers_counters(workers).waiting, 1);
    assert_int_equal(fsz_workers_counters(workers).busy, 4);
    board_open(&board);
    board_await(&board, &board.done, 5);
    assert_true(fsz_workers_free(&workers, DONE_BY_MS));
    assert_null(workers);
    assert_int_equal(board.begun, 5);
    board_fini(&board);
}

static void
test_workers_finish_a_task_when_its_place_is_free_and_say_whether_more_is_ready(void **state)
{
    (void)state;
    struct board        board;
    struct fsz_workers *workers = workers_of(1, 0, 100, 100);
    board_init(&board);
    board.watched = workers;
    submit_blocker(workers, &board, "call");
    for (int i = 0; i < 3; i++) {
        submit(workers, task_new(&board, "a", i == 0 ? "call" : ""));
    }
    board_open(&board);
    board_await(&board, &board.finished, 4);
    assert_int_equal(board.busy, 0);
    assert_int_equal(board.more, 3); /* no task followed the last one */
    assert_true(fsz_workers_free(&workers, DONE_BY_MS));
    board_fini(&board);
}

static void test_workers_do_others_while_one_takes_long(void **state)
{
    (void)state;
    struct board        board;
    struct fsz_workers *workers = workers_of(2, 0, 100, 100);
    board_init(&board);
    submit_blocker(workers, &board, "");
    for (unsigned i = 0; i < 50; i++) {
        submit(workers, task_new(&board, "a", ""));
        board_await(&board, &board.done, i + 1);
    }
    board_open(&board);
    board_await(&board, &board.done, 51);
    assert_true(fsz_workers_free(&workers, DONE_BY_MS));
    board_fini(&board);
}

static void test_workers_keep_the_order_of_a_key(void **state)
{
    (void)state;
    struct board        board;
    struct fsz_workers *workers = workers_of(8, 0, 100, 100);
    board_init(&board);
    submit_blocker(workers, &board, "call");
    for (unsigned i = 1; i < 40; i++) {
        struct test_task *task = task_new(&board, "a", "call");
        task->number = i;
        submit(workers, task);
    }
    board_await(&board, &board.begun, 1);
    submit(workers, task_new(&board, "a", "another call"));
    board_await(&board, &board.done, 1); /* the other key does not wait */
    assert_int_equal(fsz_workers_counters(workers).waiting, 39);
    board_open(&board);
    board_await(&board, &board.done, 41);
    for (unsigned i = 0; i < 40; i++) {
        assert_int_equal(board.order[i + 1], i);
    }
    assert_true(fsz_workers_free(&workers, DONE_BY_MS));
    board_fini(&board);
}

static void test_workers_give_owners_their_turns(void **state)
{
    (void)state;
    struct board        board;
    struct fsz_workers *workers = workers_of(1, 0, 100, 100);
    board_init(&board);
    submit_blocker(workers, &board, "");
    board_await(&board, &board.begun, 1);
    for (unsigned i = 1; i <= 20; i++) {
        struct test_task *task = task_new(&board, i <= 18 ? "flooder" : "other", "");
        task->number = i;
        submit(workers, task);
    }
    board_open(&board);
    board_await(&board, &board.done, 21);
    const unsigned first[] = {0, 1, 19, 2, 20, 3, 4};
    assert_memory_equal(board.order, first, sizeof(first));
    assert_true(fsz_workers_free(&workers, DONE_BY_MS));
    board_fini(&board);
}

static void test_workers_keep_a_quarter_of_the_threads_from_one_owner(void **state)
{
    (void)state;
    struct board        board;
    struct fsz_workers *workers = workers_of(8, 4, 100, 100);
    uint64_t            tickets[20];
    board_init(&board);
    for (int i = 0; i < 20; i++) {
        tickets[i] = submit_blocker_of(workers, &board, "flooder", "");
    }
    board_await(&board, &board.begun, 6);
    submit(workers, task_new(&board, "other", ""));
    board_await(&board, &board.done, 1);
    assert_true(COUNTS(workers, busy, 6));
    for (int i = 0; i < 6; i++) { /* stuck threads are replaced, but not all for one owner */
        assert_null(fsz_workers_give_up(workers, tickets[i]));
    }
    board_await(&board, &board.begun, 10);
    submit(workers, task_new(&board, "other", ""));
    board_await(&board, &board.done, 2);
    assert_true(COUNTS(workers, busy, 3));
    assert_true(COUNTS(workers, stuck, 6));
    assert_true(COUNTS(workers, waiting, 11));
    board_open(&board);
    board_await(&board, &board.done, 22);
    assert_true(fsz_workers_free(&workers, DONE_BY_MS));
    board_fini(&board);
}

static fsz_err submit_refused(struct fsz_workers *workers, struct board *board, const char *owner)
{
    struct test_task *task = task_new(board, owner, "");
    uint64_t          ticket = 77;
    fsz_err           err = fsz_workers_submit(workers, &task->task, &ticket);
    assert_int_equal(ticket, 77);
    free(task);
    return err;
}

static void test_workers_refuse_beyond_the_queue_and_an_owners_share(void **state)
{
    (void)state;
    struct board        board;
    struct fsz_workers *workers = workers_of(1, 0, 4, 3);
    board_init(&board);
    submit_blocker(workers, &board, "");
    board_await(&board, &board.begun, 1);
    for (int i = 0; i < 3; i++) {
        submit(workers, task_new(&board, "a", ""));
    }
    assert_int_equal(submit_refused(workers, &board, "a"), FSZ_EFULL);
    submit(workers, task_new(&board, "b", ""));
    assert_int_equal(submit_refused(workers, &board, "b"), FSZ_EFULL);
    assert_int_equal(submit_refused(workers, &board, "c"), FSZ_EFULL);
    struct fsz_workers_counters counters = fsz_workers_counters(workers);
    assert_int_equal(counters.refused_share, 1);
    assert_int_equal(counters.refused_queue, 2);
    assert_int_equal(counters.waiting_peak, 4);
    board_open(&board);
    board_await(&board, &board.done, 5);
    assert_true(COUNTS(workers, busy, 0)); /* then the share is free again */
    for (int i = 0; i < 3; i++) {
        submit(workers, task_new(&board, "a", ""));
    }
    assert_true(fsz_workers_free(&workers, DONE_BY_MS));
    board_fini(&board);
}

static void test_workers_give_back_tasks_that_had_not_begun(void **state)
{
    (void)state;
    struct board        board;
    struct fsz_workers *workers = workers_of(1, 0, 10, 10);
    board_init(&board);
    submit_blocker(workers, &board, "call");
    board_await(&board, &board.begun, 1);
    struct test_task *behind = task_new(&board, "a", "call");
    struct test_task *ready = task_new(&board, "a", "another call");
    struct test_task *next = task_new(&board, "a", "another call");
    uint64_t          behind_ticket = submit(workers, behind);
    uint64_t          ready_ticket = submit(workers, ready);
    submit(workers, next); /* after `ready`, and must not stay there */
    assert_ptr_equal(fsz_workers_give_up(workers, behind_ticket), behind);
    assert_ptr_equal(fsz_workers_give_up(workers, ready_ticket), ready);
    assert_null(fsz_workers_give_up(workers, ready_ticket));
    assert_int_equal(fsz_workers_counters(workers).waiting, 1);
    assert_int_equal(fsz_workers_counters(workers).given_up, 2);
    board_open(&board);
    board_await(&board, &board.done, 2);
    assert_true(fsz_workers_free(&workers, DONE_BY_MS));
    assert_int_equal(board.begun, 2);
    free(behind);
    free(ready);
    board_fini(&board);
}

static void test_workers_know_nothing_of_a_ticket_whose_task_has_run(void **state)
{
    (void)state;
    struct board        board;
    struct fsz_workers *workers = workers_of(1, 0, 10, 10);
    board_init(&board);
    uint64_t ticket = submit(workers, task_new(&board, "a", ""));
    board_await(&board, &board.done, 1);
    assert_true(COUNTS(workers, busy, 0));
    assert_null(fsz_workers_give_up(workers, ticket));
    assert_null(fsz_workers_give_up(workers, 0));
    assert_int_equal(fsz_workers_counters(workers).given_up, 0);
    assert_int_equal(fsz_workers_counters(workers).stuck, 0);
    assert_true(fsz_workers_free(&workers, DONE_BY_MS));
    board_fini(&board);
}

static void test_workers_replace_stuck_threads_up_to_a_cap(void **state)
{
    (void)state;
    struct board        board;
    struct fsz_workers *workers = workers_of(1, 1, 10, 10);
    board_init(&board);
    uint64_t first = submit_blocker(workers, &board, "");
    board_await(&board, &board.begun, 1);
    uint64_t second = submit_blocker(workers, &board, "");
    assert_null(fsz_workers_give_up(workers, first));
    assert_null(fsz_workers_give_up(workers, first)); /* once is enough */
    board_await(&board, &board.begun, 2);             /* on the replacement */
    assert_int_equal(fsz_workers_counters(workers).stuck, 1);
    assert_int_equal(fsz_workers_counters(workers).threads, 2);
    assert_null(fsz_workers_give_up(workers, second));
    struct test_task *third = task_new(&board, "a", "");
    /* No thread is left to run it, and no more may be started. */
    uint64_t ticket = submit(workers, third);
    assert_int_equal(fsz_workers_counters(workers).stuck, 2);
    assert_int_equal(fsz_workers_counters(workers).threads, 2);
    assert_ptr_equal(fsz_workers_give_up(workers, ticket), third);
    ticket = submit(workers, third);
    board_open(&board);
    board_await(&board, &board.done, 3);
    assert_true(COUNTS(workers, stuck, 0));
    assert_true(COUNTS(workers, threads, 1));
    assert_true(COUNTS(workers, busy, 0)); /* a task is counted a moment after it is done */
    assert_int_equal(fsz_workers_counters(workers).run, 3);
    assert_true(fsz_workers_free(&workers, DONE_BY_MS));
    board_fini(&board);
}

static void test_workers_abandon_in_order_what_waits_when_they_end(void **state)
{
    (void)state;
    struct board        board;
    struct fsz_workers *workers = workers_of(1, 0, 10, 10);
    board_init(&board);
    submit_blocker(workers, &board, "call");
    board_await(&board, &board.begun, 1);
    for (unsigned i = 0; i < 6; i++) {
        struct test_task *task = task_new(&board, "a", i % 2 ? "call" : "");
        task->number = i;
        submit(workers, task);
    }
    assert_false(fsz_workers_free(&workers, 10)); /* the blocker still runs */
    assert_int_equal(board.abandoned, 6);
    for (unsigned i = 0; i < 6; i++) {
        assert_int_equal(board.order[i], i);
    }
    board_open(&board); /* it returns into a pool that no other thread uses */
    board_await(&board, &board.done, 1);
    usleep(50000); /* lets the sanitizers see how its thread ends */
    board_fini(&board);
}

static void test_workers_that_are_idle_end_although_nobody_waits_long(void **state)
{
    (void)state;
    struct board        board;
    struct fsz_workers *workers = workers_of(16, 0, 16, 16);
    board_init(&board);
    for (int i = 0; i < 16; i++) {
        submit_blocker_of(workers, &board, i % 2 == 0 ? "a" : "b", "");
    }
    board_await(&board, &board.begun, 16);
    board_open(&board);
    board_await(&board, &board.done, 16);
    assert_true(COUNTS(workers, busy, 0));
    assert_true(fsz_workers_free(&workers, 0));
    board_fini(&board);
}

static void test_workers_end_idle_threads_but_one(void **state)
{
    (void)state;
    struct board        board;
    struct fsz_workers *workers = workers_of(4, 0, 10, 10);
    board_init(&board);
    for (int i = 0; i < 4; i++) {
        submit_blocker_of(workers, &board, i % 2 == 0 ? "a" : "b", "");
    }
    board_await(&board, &board.begun, 4);
    board_open(&board);
    assert_true(COUNTS(workers, threads, 1));
    submit(workers, task_new(&board, "a", ""));
    board_await(&board, &board.done, 5);
    assert_true(fsz_workers_free(&workers, DONE_BY_MS));
    board_fini(&board);
}

static _Atomic unsigned joins_of_self; /* threads that tried to join themselves */

int __real_pthread_join(pthread_t thread, void **ret_value);
int __wrap_pthread_join(pthread_t thread, void **ret_value);

int __wrap_pthread_join(pthread_t thread, void **ret_value)
{
    joins_of_self += pthread_equal(thread, pthread_self()) != 0;
    return __real_pthread_join(thread, ret_value);
}

/* A thread ends because it was idle. Meanwhile a task became ready after one whose thread is still
 * finishing it, so no thread was woken. */
static void test_workers_that_go_leave_what_is_ready_to_a_new_thread(void **state)
{
    (void)state;
    struct board        board;
    struct fsz_workers *workers = workers_of(2, 0, 10, 10);
    board_init(&board);
    struct test_task *lingering = task_new(&board, "a", "call");
    lingering->waits = lingering->lingers = true;
    submit(workers, lingering);
    board_await(&board, &board.begun, 1);
    submit(workers, task_new(&board, "b", ""));
    board_await(&board, &board.done, 1);
    assert_true(COUNTS(workers, busy, 1)); /* the second thread is idle from now on */
    submit(workers, task_new(&board, "a", "call"));
    usleep(100000);
    board_open(&board);
    board_await(&board, &board.done, 3);
    board_open_end(&board);
    assert_true(fsz_workers_free(&workers, DONE_BY_MS));
    assert_int_equal(joins_of_self, 0);
    board_fini(&board);
}

static void test_workers_adopt_other_limits(void **state)
{
    (void)state;
    struct board              board;
    struct fsz_workers_limits more = {3, 0, 10, 10};
    struct fsz_workers_limits less = {1, 0, 1, 10};
    struct fsz_workers       *workers = workers_of(1, 0, 10, 10);
    board_init(&board);
    for (int i = 0; i < 3; i++) {
        submit_blocker(workers, &board, "");
    }
    board_await(&board, &board.begun, 1);
    fsz_workers_limit(workers, &more);
    board_await(&board, &board.begun, 3);
    fsz_workers_limit(workers, &less);
    submit(workers, task_new(&board, "a", ""));
    assert_int_equal(submit_refused(workers, &board, "a"), FSZ_EFULL);
    board_open(&board);
    board_await(&board, &board.done, 4);
    assert_true(COUNTS(workers, threads, 1));
    assert_true(fsz_workers_free(&workers, DONE_BY_MS));
    board_fini(&board);
}

/* ---- a random schedule ------------------------------------------------------------------------
 */

enum { SCHEDULERS = 3, SCHEDULED = 6000, KEYS = 5, KEPT = 8 };

static _Atomic unsigned keys_now[KEYS + 1]; /* running tasks of each key; the last: without a key */
static _Atomic unsigned scheduled_run, scheduled_abandoned, keys_mixed;

struct scheduler {
    struct fsz_workers *workers;
    pthread_t           thread;
    unsigned            number, taken, refused, given_back;
    uint64_t            random;
};

static bool scheduled_task(struct fsz_task *task, bool abandoned)
{
    unsigned key = task->key[0] != '\0' ? (unsigned)(task->key[0] - 'a') : KEYS;
    if (abandoned) {
        scheduled_abandoned++;
        free(task);
        return false;
    }
    unsigned before = atomic_fetch_add(&keys_now[key], 1);
    keys_mixed += key != KEYS && before != 0;
    if (task->owner[1] == 's') {
        usleep(100);
    }
    bool finishes = task->owner[0] % 2 == 0;
    atomic_fetch_sub(&keys_now[key], 1);
    scheduled_run++;
    if (!finishes) {
        free(task);
    }
    return finishes;
}

static void scheduled_finish(struct fsz_task *task, bool more)
{
    (void)more;
    free(task);
}

static unsigned scheduler_random(struct scheduler *s, unsigned below)
{
    s->random = s->random * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (unsigned)(s->random >> 33) % below;
}

static void scheduler_submit(struct scheduler *s, uint64_t *ret_ticket)
{
    struct fsz_task *task = calloc(1, sizeof(*task));
    assert_non_null(task);
    unsigned key = scheduler_random(s, KEYS + 3);
    task->key[0] = (char)(key < KEYS ? 'a' + key : '\0');
    task->owner[0] = (char)('0' + scheduler_random(s, 4));
    task->owner[1] = scheduler_random(s, 20) == 0 ? 's' : 'f';
    task->run = scheduled_task;
    task->finish = scheduled_finish;
    if (fsz_workers_submit(s->workers, task, ret_ticket) == FSZ_OK) {
        s->taken++;
    } else {
        s->refused++;
        free(task);
    }
}

static void *scheduler_main(void *argument)
{
    struct scheduler *s = argument;
    uint64_t          tickets[KEPT] = {0};
    for (unsigned i = 0; i < SCHEDULED; i++) {
        scheduler_submit(s, &tickets[scheduler_random(s, KEPT)]);
        if (scheduler_random(s, 4) == 0) {
            struct fsz_task *task =
                fsz_workers_give_up(s->workers, tickets[scheduler_random(s, KEPT)]);
            s->given_back += task != NULL;
            free(task);
        }
        if (scheduler_random(s, 500) == 0) {
            struct fsz_workers_limits limits = {1 + scheduler_random(s, 6), scheduler_random(s, 3),
                                                50 + scheduler_random(s, 100), 60};
            fsz_workers_limit(s->workers, &limits);
        }
        if (scheduler_random(s, 200) == 0) {
            usleep(scheduler_random(s, 2000));
        }
    }
    return NULL;
}

/* One round; the pool ends with tasks in it. */
static void schedule(uint64_t seed)
{
    struct scheduler    s[SCHEDULERS] = {0};
    struct fsz_workers *workers = workers_of(4, 2, 100, 60);
    unsigned            taken = 0, given_back = 0;
    scheduled_run = scheduled_abandoned = 0;
    for (unsigned i = 0; i < SCHEDULERS; i++) {
        s[i].workers = workers;
        s[i].random = seed + i;
        assert_int_equal(pthread_create(&s[i].thread, NULL, scheduler_main, &s[i]), 0);
    }
    for (unsigned i = 0; i < SCHEDULERS; i++) {
        pthread_join(s[i].thread, NULL);
        taken += s[i].taken;
        given_back += s[i].given_back;
    }
    assert_true(fsz_workers_free(&workers, DONE_BY_MS));
    assert_int_equal(scheduled_run + scheduled_abandoned + given_back, taken);
    assert_true(scheduled_run > 0 && given_back > 0);
    assert_int_equal(keys_mixed, 0);
}

static void test_workers_lose_nothing_and_mix_no_keys_on_a_random_schedule(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        schedule(seed * 1000);
    }
}

/* As above, but waits until every task that was taken and not given back has run. */
static void test_workers_come_to_rest_after_a_random_schedule(void **state)
{
    (void)state;
    struct scheduler s = {.workers = workers_of(3, 2, 100, 60), .random = 4711};
    scheduled_run = scheduled_abandoned = 0;
    scheduler_main(&s);
    assert_true(COUNTS(s.workers, waiting, 0));
    assert_true(COUNTS(s.workers, busy, 0));
    assert_true(COUNTS(s.workers, stuck, 0));
    struct fsz_workers_counters counters = fsz_workers_counters(s.workers);
    assert_true(fsz_workers_free(&s.workers, DONE_BY_MS));
    assert_int_equal(counters.run, scheduled_run);
    assert_int_equal(scheduled_abandoned, 0);
    assert_int_equal(scheduled_run + s.given_back, s.taken);
    assert_int_equal(counters.refused_queue + counters.refused_share, s.refused);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_workers_run_each_task_once_and_in_parallel),
        cmocka_unit_test(
            test_workers_finish_a_task_when_its_place_is_free_and_say_whether_more_is_ready),
        cmocka_unit_test(test_workers_do_others_while_one_takes_long),
        cmocka_unit_test(test_workers_keep_the_order_of_a_key),
        cmocka_unit_test(test_workers_give_owners_their_turns),
        cmocka_unit_test(test_workers_keep_a_quarter_of_the_threads_from_one_owner),
        cmocka_unit_test(test_workers_refuse_beyond_the_queue_and_an_owners_share),
        cmocka_unit_test(test_workers_give_back_tasks_that_had_not_begun),
        cmocka_unit_test(test_workers_know_nothing_of_a_ticket_whose_task_has_run),
        cmocka_unit_test(test_workers_replace_stuck_threads_up_to_a_cap),
        cmocka_unit_test(test_workers_abandon_in_order_what_waits_when_they_end),
        cmocka_unit_test(test_workers_that_are_idle_end_although_nobody_waits_long),
        cmocka_unit_test(test_workers_end_idle_threads_but_one),
        cmocka_unit_test(test_workers_that_go_leave_what_is_ready_to_a_new_thread),
        cmocka_unit_test(test_workers_adopt_other_limits),
        cmocka_unit_test(test_workers_lose_nothing_and_mix_no_keys_on_a_random_schedule),
        cmocka_unit_test(test_workers_come_to_rest_after_a_random_schedule),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
