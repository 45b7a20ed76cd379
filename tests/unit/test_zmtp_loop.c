/* SPDX-License-Identifier: MPL-2.0 */
#include "zmtp/loop.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { LOOP_PATIENCE_MS = 20000 };

static int64_t clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static struct fsz_loop *loop_of(void **state)
{
    return *state;
}

static int set_up(void **state)
{
    struct fsz_loop *loop = NULL;
    fsz_err          err = fsz_loop_new(&loop);
    *state = loop;
    return err == FSZ_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fsz_loop *loop = *state;
    fsz_loop_free(&loop);
    fsz_loop_free(&loop); /* NULL is accepted */
    return loop == NULL ? 0 : -1;
}

/* A watched eventfd, and what happened to it. */
struct door {
    struct fsz_loop_watch watch;
    struct fsz_loop      *loop;
    struct door          *removes; /* removed when this one is ready */
    unsigned              calls;
    uint32_t              events;
};

static void door_ready(void *argument, uint32_t events)
{
    struct door *door = argument;
    door->calls++;
    door->events = events;
    if (door->removes != NULL) {
        fsz_loop_remove(door->loop, &door->removes->watch);
    }
}

static void door_open(struct fsz_loop *loop, struct door *door, unsigned value)
{
    *door = (struct door){
        .loop = loop,
        .watch = {.fd = eventfd(value, EFD_CLOEXEC | EFD_NONBLOCK), .ready = door_ready}};
    door->watch.argument = door;
    assert_true(door->watch.fd >= 0);
    assert_int_equal(fsz_loop_add(loop, &door->watch, EPOLLIN), FSZ_OK);
}

static void door_close(struct door *door)
{
    fsz_loop_remove(door->loop, &door->watch);
    close(door->watch.fd);
}

static void test_a_ready_descriptor_is_reported_until_it_is_read(void **state)
{
    struct door door;
    door_open(loop_of(state), &door, 0);
    assert_int_equal(fsz_loop_turn(loop_of(state), 0), 0);
    eventfd_write(door.watch.fd, 1);
    assert_int_equal(fsz_loop_turn(loop_of(state), INT64_MAX), 1);
    assert_int_equal(fsz_loop_turn(loop_of(state), INT64_MAX), 1);
    assert_int_equal(door.calls, 2);
    assert_int_equal(door.events, EPOLLIN);
    fsz_loop_modify(loop_of(state), &door.watch, 0);
    assert_int_equal(fsz_loop_turn(loop_of(state), 0), 0);
    fsz_loop_modify(loop_of(state), &door.watch, EPOLLOUT);
    assert_int_equal(fsz_loop_turn(loop_of(state), INT64_MAX), 1);
    assert_int_equal(door.events, EPOLLOUT);
    door_close(&door);
}

static void test_a_descriptor_that_cannot_be_watched_is_refused(void **state)
{
    struct fsz_loop_watch watch = {.fd = -1, .ready = door_ready};
    assert_int_equal(fsz_loop_add(loop_of(state), &watch, EPOLLIN), FSZ_ESYSTEM);
}

static void test_a_watch_removed_during_dispatch_is_not_called(void **state)
{
    struct door doors[8];
    for (size_t i = 0; i < 8; i++) {
        door_open(loop_of(state), &doors[i], 1);
    }
    for (size_t i = 0; i < 8; i++) {
        doors[i].removes = &doors[(i + 1) % 8];
    }
    assert_int_equal(fsz_loop_turn(loop_of(state), INT64_MAX), 4);
    unsigned calls = 0;
    for (size_t i = 0; i < 8; i++) {
        calls += doors[i].calls;
    }
    assert_int_equal(calls, 4);
    for (size_t i = 0; i < 8; i++) {
        door_close(&doors[i]);
    }
}

static void test_more_ready_descriptors_than_one_turn_takes_are_all_served(void **state)
{
    static struct door doors[3 * FSZ_LOOP_EVENTS];
    for (size_t i = 0; i < 3 * FSZ_LOOP_EVENTS; i++) {
        door_open(loop_of(state), &doors[i], 1);
    }
    for (unsigned turn = 0; turn < 3; turn++) {
        assert_int_equal(fsz_loop_turn(loop_of(state), INT64_MAX), FSZ_LOOP_EVENTS);
    }
    for (size_t i = 0; i < 3 * FSZ_LOOP_EVENTS; i++) {
        assert_int_equal(doors[i].calls,
                         1); /* all stay ready; none is served twice before the others */
        door_close(&doors[i]);
    }
}

/* A timer that records when it fired, and sets itself again. */
struct alarm_clock {
    struct fsz_loop_timer timer;
    struct fsz_loop      *loop;
    unsigned              fired;
    int64_t               again_ms; /* the delay after that; -1: never */
    unsigned             *order, place;
};

static void alarm_fire(void *argument)
{
    struct alarm_clock *alarm = argument;
    alarm->fired++;
    if (alarm->order != NULL) {
        alarm->place = ++*alarm->order;
    }
    if (alarm->again_ms >= 0) {
        int64_t due_ms = fsz_loop_now_ms(alarm->loop) + alarm->again_ms;
        assert_int_equal(fsz_loop_set_timer(alarm->loop, &alarm->timer, due_ms), FSZ_OK);
    }
}

static void alarm_set(struct fsz_loop *loop, struct alarm_clock *alarm, int64_t in_ms)
{
    *alarm = (struct alarm_clock){.loop = loop, .again_ms = -1, .timer = {.fire = alarm_fire}};
    alarm->timer.argument = alarm;
    assert_int_equal(fsz_loop_set_timer(loop, &alarm->timer, fsz_loop_now_ms(loop) + in_ms),
                     FSZ_OK);
}

static void test_timers_fire_in_order_and_not_early(void **state)
{
    struct fsz_loop   *loop = loop_of(state);
    struct alarm_clock late, early, never;
    unsigned           order = 0;
    int64_t            start_ms = fsz_loop_now_ms(loop);
    alarm_set(loop, &late, 30);
    alarm_set(loop, &early, 10);
    alarm_set(loop, &never, 20);
    late.order = early.order = &order;
    fsz_loop_cancel_timer(loop, &never.timer);
    fsz_loop_cancel_timer(loop, &never.timer);
    while (early.fired == 0) {
        fsz_loop_turn(loop, INT64_MAX);
    }
    assert_true(fsz_loop_now_ms(loop) >= start_ms + 10);
    while (late.fired == 0) {
        fsz_loop_turn(loop, INT64_MAX);
    }
    assert_true(fsz_loop_now_ms(loop) >= start_ms + 30);
    assert_int_equal(early.place, 1);
    assert_int_equal(late.place, 2);
    assert_int_equal(never.fired, 0);
}

static void test_a_timer_far_away_does_not_overflow(void **state)
{
    struct fsz_loop   *loop = loop_of(state);
    struct alarm_clock far, past;
    alarm_set(loop, &far, 0);
    assert_int_equal(fsz_loop_set_timer(loop, &far.timer, INT64_MAX), FSZ_OK);
    alarm_set(loop, &past, 1000000);
    assert_int_equal(fsz_loop_set_timer(loop, &past.timer, INT64_MIN), FSZ_OK);
    assert_int_equal(fsz_loop_turn(loop, INT64_MAX), 1);
    assert_int_equal(past.fired, 1);
    assert_int_equal(fsz_loop_turn(loop, 1000000), 0);
    assert_int_equal(far.fired, 0);
    fsz_loop_cancel_timer(loop, &far.timer);
}

static void test_a_timer_that_sets_itself_again_starves_nobody(void **state)
{
    struct fsz_loop   *loop = loop_of(state);
    struct alarm_clock restless, other;
    struct door        door;
    door_open(loop, &door, 1);
    alarm_set(loop, &restless, -1000);
    restless.again_ms = 0;
    alarm_set(loop, &other, 5);
    for (unsigned turn = 1; other.fired == 0; turn++) {
        fsz_loop_turn(loop, INT64_MAX);
        assert_int_equal(door.calls, turn);
        assert_true(restless.fired <= turn);
    }
    assert_true(restless.fired > 0);
    fsz_loop_cancel_timer(loop, &restless.timer);
    door_close(&door);
}

static void test_timers_of_one_turn_are_bounded_and_none_is_forgotten(void **state)
{
    static struct alarm_clock alarms[FSZ_LOOP_TIMERS + 10];
    struct fsz_loop          *loop = loop_of(state);
    for (size_t i = 0; i < FSZ_LOOP_TIMERS + 10; i++) {
        alarm_set(loop, &alarms[i], 0);
    }
    assert_int_equal(fsz_loop_turn(loop, INT64_MAX), FSZ_LOOP_TIMERS);
    assert_int_equal(fsz_loop_turn(loop, INT64_MAX), 10);
}

/* A task that records its turn and may post others. */
struct errand {
    struct fsz_loop_task task;
    struct fsz_loop     *loop;
    atomic_uint         *done;
    unsigned             place, again;
};

static void errand_run(struct fsz_loop_task *task)
{
    struct errand *errand = (struct errand *)((char *)task - offsetof(struct errand, task));
    errand->place = atomic_fetch_add(errand->done, 1) + 1;
    if (errand->again > 0) {
        errand->again--;
        fsz_loop_post(errand->loop, task);
    }
}

static void errand_post(struct fsz_loop *loop, struct errand *errand, atomic_uint *done)
{
    *errand =
        (struct errand){.loop = loop, .done = done, .again = errand->again, .task.run = errand_run};
    fsz_loop_post(loop, &errand->task);
}

static void test_tasks_run_in_order_and_a_turn_takes_a_bounded_number(void **state)
{
    static struct errand errands[FSZ_LOOP_TASKS + 100];
    atomic_uint          done = 0;
    for (size_t i = 0; i < FSZ_LOOP_TASKS + 100; i++) {
        errand_post(loop_of(state), &errands[i], &done);
    }
    assert_int_equal(fsz_loop_turn(loop_of(state), INT64_MAX), FSZ_LOOP_TASKS);
    assert_int_equal(fsz_loop_turn(loop_of(state), INT64_MAX), 100);
    for (size_t i = 0; i < FSZ_LOOP_TASKS + 100; i++) {
        assert_int_equal(errands[i].place, i + 1);
    }
}

static void test_a_task_that_posts_itself_again_starves_nobody(void **state)
{
    struct fsz_loop   *loop = loop_of(state);
    struct errand      errand = {.again = 1000000000};
    struct alarm_clock alarm;
    struct door        door;
    atomic_uint        done = 0;
    door_open(loop, &door, 1);
    alarm_set(loop, &alarm, 5);
    errand_post(loop, &errand, &done);
    for (unsigned turn = 1; alarm.fired == 0; turn++) {
        fsz_loop_turn(loop, INT64_MAX);
        assert_int_equal(door.calls, turn);
        assert_int_equal(atomic_load(&done), turn);
    }
    errand.again = 0;
    fsz_loop_turn(loop, INT64_MAX);
    door_close(&door);
}

static void test_tasks_that_are_left_run_when_the_loop_is_freed(void **state)
{
    (void)state;
    struct errand    errands[3] = {{.again = 0}, {.again = 5}, {.again = 0}};
    atomic_uint      done = 0;
    struct fsz_loop *loop = NULL;
    assert_int_equal(fsz_loop_new(&loop), FSZ_OK);
    for (size_t i = 0; i < 3; i++) {
        errand_post(loop, &errands[i], &done);
    }
    fsz_loop_free(&loop);
    assert_int_equal(atomic_load(&done), 8);
}

enum { POSTERS = 4, POSTS = 20000 };

struct poster {
    pthread_t        thread;
    struct fsz_loop *loop;
    struct errand   *errands;
    atomic_uint     *done;
    unsigned         seen; /* loop's thread: how many of its errands have run, in order */
};

static void *poster_main(void *argument)
{
    struct poster *poster = argument;
    for (size_t i = 0; i < POSTS; i++) {
        errand_post(poster->loop, &poster->errands[i], poster->done);
        if (i % 512 == 0) { /* lets the loop fall asleep */
            nanosleep(&(struct timespec){.tv_nsec = 300000}, NULL);
        }
    }
    return NULL;
}

static void test_posts_of_several_threads_all_run_and_wake_a_loop_that_sleeps(void **state)
{
    struct poster posters[POSTERS];
    atomic_uint   done = 0;
    int64_t       end_ns = clock_ns() + LOOP_PATIENCE_MS * INT64_C(1000000);
    for (size_t i = 0; i < POSTERS; i++) {
        posters[i] = (struct poster){
            .loop = loop_of(state), .errands = calloc(POSTS, sizeof(struct errand)), .done = &done};
        assert_non_null(posters[i].errands);
        assert_int_equal(pthread_create(&posters[i].thread, NULL, poster_main, &posters[i]), 0);
    }
    while (atomic_load(&done) < POSTERS * POSTS) {
        assert_true(fsz_loop_turn(loop_of(state), end_ns - clock_ns()) > 0 || clock_ns() < end_ns);
    }
    for (size_t i = 0; i < POSTERS; i++) {
        pthread_join(posters[i].thread, NULL);
        for (size_t n = 1; n < POSTS; n++) {
            assert_true(posters[i].errands[n].place > posters[i].errands[n - 1].place);
        }
        free(posters[i].errands);
    }
}

static void *free_main(void *argument)
{
    struct errand *errand = argument;
    fsz_loop_post(errand->loop, &errand->task);
    return NULL;
}

static void test_a_loop_may_be_freed_as_soon_as_the_last_task_has_run(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 300; i++) {
        pthread_t     thread;
        atomic_uint   done = 0;
        struct errand errand = {.done = &done, .task.run = errand_run};
        assert_int_equal(fsz_loop_new(&errand.loop), FSZ_OK);
        assert_int_equal(pthread_create(&thread, NULL, free_main, &errand), 0);
        struct fsz_loop *loop = errand.loop;
        while (atomic_load(&done) == 0) {
            fsz_loop_turn(loop, INT64_MAX);
        }
        fsz_loop_free(&loop);
        pthread_join(thread, NULL);
    }
}

static void test_a_wait_ends_in_time_and_not_early(void **state)
{
    static const int64_t waits_ns[] = {1, 200000, 3000000};
    for (size_t i = 0; i < sizeof(waits_ns) / sizeof(waits_ns[0]); i++) {
        int64_t start_ns = clock_ns();
        assert_int_equal(fsz_loop_turn(loop_of(state), waits_ns[i]), 0);
        assert_true(clock_ns() - start_ns >= waits_ns[i]);
    }
}

static bool     lacks_pwait2;
static unsigned pwait2_calls;

int __real_epoll_pwait2(int epoll, struct epoll_event *events, int most,
                        const struct timespec *wait, const sigset_t *mask);
int __wrap_epoll_pwait2(int epoll, struct epoll_event *events, int most,
                        const struct timespec *wait, const sigset_t *mask);

int __wrap_epoll_pwait2(int epoll, struct epoll_event *events, int most,
                        const struct timespec *wait, const sigset_t *mask)
{
    if (lacks_pwait2) {
        pwait2_calls++;
        errno = ENOSYS;
        return -1;
    }
    return __real_epoll_pwait2(epoll, events, most, wait, mask);
}

static void test_a_kernel_without_epoll_pwait2_is_asked_once_and_waits_are_not_early(void **state)
{
    struct door door;
    lacks_pwait2 = true;
    pwait2_calls = 0;
    test_a_wait_ends_in_time_and_not_early(state);
    door_open(loop_of(state), &door, 1);
    assert_int_equal(fsz_loop_turn(loop_of(state), INT64_MAX), 1);
    door_close(&door);
    lacks_pwait2 = false;
    assert_int_equal(pwait2_calls, 1);
}

static void on_signal(int number)
{
    (void)number;
}

static void test_a_signal_does_no_harm(void **state)
{
    struct sigaction action = {.sa_handler = on_signal}, before;
    timer_t          timer;
    struct sigevent  notify = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    sigaction(SIGUSR1, &action, &before);
    assert_int_equal(timer_create(CLOCK_MONOTONIC, &notify, &timer), 0);
    struct itimerspec often = {.it_interval.tv_nsec = 1000000, .it_value.tv_nsec = 1000000};
    timer_settime(timer, 0, &often, NULL);
    struct alarm_clock alarm;
    alarm_set(loop_of(state), &alarm, 20);
    while (alarm.fired == 0) {
        assert_true(fsz_loop_turn(loop_of(state), INT64_MAX) <= 1);
    }
    timer_delete(timer);
    sigaction(SIGUSR1, &before, NULL);
}

static void test_scratch_memory_is_as_large_as_said(void **state)
{
    memset(fsz_loop_scratch(loop_of(state)), 0xA5, FSZ_LOOP_SCRATCH_BYTES);
    assert_int_equal(fsz_loop_turn(loop_of(state), 0), 0);
}

#define LOOP_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOOP_TEST(test_a_ready_descriptor_is_reported_until_it_is_read),
        LOOP_TEST(test_a_descriptor_that_cannot_be_watched_is_refused),
        LOOP_TEST(test_a_watch_removed_during_dispatch_is_not_called),
        LOOP_TEST(test_more_ready_descriptors_than_one_turn_takes_are_all_served),
        LOOP_TEST(test_timers_fire_in_order_and_not_early),
        LOOP_TEST(test_a_timer_far_away_does_not_overflow),
        LOOP_TEST(test_a_timer_that_sets_itself_again_starves_nobody),
        LOOP_TEST(test_timers_of_one_turn_are_bounded_and_none_is_forgotten),
        LOOP_TEST(test_tasks_run_in_order_and_a_turn_takes_a_bounded_number),
        LOOP_TEST(test_a_task_that_posts_itself_again_starves_nobody),
        cmocka_unit_test(test_tasks_that_are_left_run_when_the_loop_is_freed),
        LOOP_TEST(test_posts_of_several_threads_all_run_and_wake_a_loop_that_sleeps),
        cmocka_unit_test(test_a_loop_may_be_freed_as_soon_as_the_last_task_has_run),
        LOOP_TEST(test_a_wait_ends_in_time_and_not_early),
        LOOP_TEST(test_a_kernel_without_epoll_pwait2_is_asked_once_and_waits_are_not_early),
        LOOP_TEST(test_a_signal_does_no_harm),
        LOOP_TEST(test_scratch_memory_is_as_large_as_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
