/* SPDX-License-Identifier: MPL-2.0 */
/* A turn ends when enough work is done, and the next one continues there. */
#include "zmtp/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

enum { HALF = FSZ_LOOP_WORK / 2, COUNT = 10 };

/* A ready descriptor, a task or a timer, each of which does half a turn's work. */
struct worker {
    struct fsz_loop_watch watch;
    struct fsz_loop_task  task;
    struct fsz_loop_timer timer;
    struct fsz_loop      *loop;
    unsigned              calls;
};

static void worker_ready(void *argument, uint32_t events)
{
    struct worker *worker = argument;
    (void)events;
    worker->calls++;
    fsz_loop_spend(worker->loop, HALF);
}

static void worker_run(struct fsz_loop_task *task)
{
    worker_ready((char *)task - offsetof(struct worker, task), 0);
}

static void worker_fire(void *argument)
{
    worker_ready(argument, 0);
}

static void workers_init(struct worker *workers, struct fsz_loop *loop)
{
    for (size_t i = 0; i < COUNT; i++) {
        workers[i] = (struct worker){.loop = loop,
                                     .task = {.run = worker_run},
                                     .timer = {.fire = worker_fire, .argument = &workers[i]}};
    }
}

static void workers_open(struct worker *workers, struct fsz_loop *loop)
{
    workers_init(workers, loop);
    for (size_t i = 0; i < COUNT; i++) {
        int fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
        assert_true(fd >= 0);
        workers[i].watch = (struct fsz_loop_watch){fd, worker_ready, &workers[i]};
        assert_int_equal(fsz_loop_add(loop, &workers[i].watch, EPOLLIN), FSZ_OK);
    }
}

static void workers_close(struct worker *workers, struct fsz_loop *loop)
{
    for (size_t i = 0; i < COUNT; i++) {
        fsz_loop_remove(loop, &workers[i].watch);
        close(workers[i].watch.fd);
    }
}

static unsigned calls_of(const struct worker *workers)
{
    unsigned calls = 0;
    for (size_t i = 0; i < COUNT; i++) {
        calls += workers[i].calls;
    }
    return calls;
}

static void expect_each(const struct worker *workers, unsigned calls)
{
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(workers[i].calls, calls);
    }
}

static int set_up(void **state)
{
    return fsz_loop_new((struct fsz_loop **)state) == FSZ_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    fsz_loop_free((struct fsz_loop **)state);
    return 0;
}

static void test_descriptors_that_are_left_come_first_in_the_next_turn(void **state)
{
    struct worker workers[COUNT];
    workers_open(workers, *state);
    for (unsigned turn = 1; turn <= COUNT / 2; turn++) {
        assert_int_equal(fsz_loop_turn(*state, INT64_MAX), 2);
        assert_int_equal(calls_of(workers), 2 * turn);
    }
    expect_each(workers, 1); /* all were always ready, and none was served twice */
    assert_int_equal(fsz_loop_turn(*state, INT64_MAX), 2);
    workers_close(workers, *state);
}

static void test_a_descriptor_that_is_left_and_removed_is_not_called(void **state)
{
    struct worker workers[COUNT];
    workers_open(workers, *state);
    assert_int_equal(fsz_loop_turn(*state, INT64_MAX), 2);
    for (size_t i = 0; i < COUNT; i++) {
        fsz_loop_remove(*state, &workers[i].watch);
    }
    assert_int_equal(fsz_loop_turn(*state, 0), 0);
    assert_int_equal(calls_of(workers), 2);
    workers_close(workers, *state);
}

static void test_tasks_and_timers_have_turns_of_their_own_beside_busy_descriptors(void **state)
{
    struct worker doors[COUNT], posted[COUNT], timed[COUNT];
    workers_open(doors, *state);
    workers_init(posted, *state);
    workers_init(timed, *state);
    for (size_t i = 0; i < COUNT; i++) {
        fsz_loop_post(*state, &posted[i].task);
        assert_int_equal(fsz_loop_set_timer(*state, &timed[i].timer, 0), FSZ_OK);
    }
    for (unsigned turn = 1; turn <= COUNT / 2; turn++) {
        assert_int_equal(fsz_loop_turn(*state, INT64_MAX), 6);
        assert_int_equal(calls_of(posted), 2 * turn);
        assert_int_equal(calls_of(timed), 2 * turn);
    }
    expect_each(doors, 1);
    expect_each(posted, 1);
    expect_each(timed, 1);
    workers_close(doors, *state);
}

static void test_a_share_is_used_up_in_a_turn_and_new_in_the_next(void **state)
{
    struct fsz_loop_share share = {0}, other = {0};
    fsz_loop_turn(*state, 0);
    assert_true(fsz_loop_has_share(*state, &share));
    fsz_loop_spend(*state, FSZ_LOOP_SHARE - 1);
    assert_true(fsz_loop_has_share(*state, &share));
    fsz_loop_spend(*state, 1);
    assert_false(fsz_loop_has_share(*state, &share));
    assert_true(fsz_loop_has_share(*state, &other));
    fsz_loop_turn(*state, 0);
    assert_true(fsz_loop_has_share(*state, &share));
}

/* The units of a share that was last used `turns` turns ago. */
static uint64_t share_after(struct fsz_loop *loop, uint64_t turns)
{
    struct fsz_loop_share share = {0};
    uint64_t              units = 0;
    (void)fsz_loop_has_share(loop, &share);
    for (uint64_t i = 0; i < turns; i++) {
        fsz_loop_turn(loop, 0);
    }
    for (; fsz_loop_has_share(loop, &share); units++) {
        fsz_loop_spend(loop, 1);
    }
    return units;
}

static void test_a_share_is_smaller_where_many_were_served_in_between(void **state)
{
    assert_int_equal(share_after(*state, 1), FSZ_LOOP_SHARE);
    assert_int_equal(share_after(*state, FSZ_LOOP_ROUND), FSZ_LOOP_SHARE);
    assert_int_equal(share_after(*state, (uint64_t)4 * FSZ_LOOP_ROUND), FSZ_LOOP_SHARE / 4);
    assert_int_equal(share_after(*state, 1000), FSZ_LOOP_SHARE_MIN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_descriptors_that_are_left_come_first_in_the_next_turn),
        TEST(test_a_descriptor_that_is_left_and_removed_is_not_called),
        TEST(test_tasks_and_timers_have_turns_of_their_own_beside_busy_descriptors),
        TEST(test_a_share_is_used_up_in_a_turn_and_new_in_the_next),
        TEST(test_a_share_is_smaller_where_many_were_served_in_between),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
