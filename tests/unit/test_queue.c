/* SPDX-License-Identifier: MPL-2.0 */
#include "base/blocks.h"
#include "stream/queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <poll.h>
#include <pthread.h>

enum { EACH_BYTES = 100 };

/* As in fsz_message_new(): dropping the last reference returns the block. */
static void message_release(struct fsz_zmtp_message *wire)
{
    fsz_block_give(wire);
}

static struct fsz_message *message_allocate(void)
{
    size_t              capacity = 0;
    struct fsz_message *message = fsz_block_take(sizeof(*message), &capacity);
    assert_non_null(message);
    memset(message, 0, sizeof(*message));
    return message;
}

static struct fsz_message *message_of(enum fsz_priority priority)
{
    struct fsz_message *message = message_allocate();
    assert_non_null(message);
    fsz_ref_init(&message->wire.refs, 1);
    message->wire.release = message_release;
    message->priority = priority;
    message->allocated_bytes = EACH_BYTES;
    return message;
}

/* True if the queue took a message of that priority. */
static bool push(struct fsz_queue *queue, enum fsz_priority priority)
{
    struct fsz_message *message = message_of(priority);
    fsz_err             err = fsz_queue_push(queue, message);
    if (err != FSZ_OK) {
        assert_int_equal(err, FSZ_EFULL);
        fsz_message_unref(message);
    }
    return err == FSZ_OK;
}

static unsigned push_until_refused(struct fsz_queue *queue, enum fsz_priority priority)
{
    unsigned taken = 0;
    while (push(queue, priority)) {
        taken++;
    }
    return taken;
}

static struct fsz_queue_stats stats_of(struct fsz_queue *queue)
{
    struct fsz_queue_stats stats;
    fsz_queue_stats(queue, &stats);
    return stats;
}

static struct fsz_queue *queue_of(uint64_t events_max, uint64_t bytes_max)
{
    struct fsz_queue *queue = NULL;
    assert_int_equal(fsz_queue_new(&queue, events_max, bytes_max), FSZ_OK);
    return queue;
}

static void assert_refuses_by_priority(struct fsz_queue *queue)
{
    assert_int_equal(push_until_refused(queue, FSZ_PRIORITY_LOW), 50);
    assert_int_equal(push_until_refused(queue, FSZ_PRIORITY_NORMAL), 30);
    assert_false(push(queue, FSZ_PRIORITY_LOW));
    assert_int_equal(push_until_refused(queue, FSZ_PRIORITY_HIGH), 20);
    struct fsz_queue_stats stats = stats_of(queue);
    assert_int_equal(stats.refused[FSZ_PRIORITY_LOW], 2);
    assert_int_equal(stats.refused[FSZ_PRIORITY_NORMAL], 1);
    assert_int_equal(stats.refused[FSZ_PRIORITY_HIGH], 1);
    assert_int_equal(stats.pushed, 100);
    assert_int_equal(stats.events, 100);
    assert_int_equal(stats.bytes, 100 * EACH_BYTES);
}

static void test_queue_refuses_low_priority_from_half_full_and_high_when_full(void **state)
{
    (void)state;
    struct fsz_queue *queue = queue_of(100, UINT64_MAX / 1000);
    assert_refuses_by_priority(queue);
    fsz_queue_free(&queue);
    assert_null(queue);
}

static void test_queue_limits_bytes_in_the_same_way(void **state)
{
    (void)state;
    struct fsz_queue *queue = queue_of(UINT32_MAX, 100 * EACH_BYTES);
    assert_refuses_by_priority(queue);
    fsz_queue_free(&queue);
}

static void test_queue_refuses_before_encoding_and_counts_it(void **state)
{
    (void)state;
    struct fsz_queue *queue = queue_of(10, 1 << 20);
    assert_false(fsz_queue_refuses(queue, FSZ_PRIORITY_LOW));
    push_until_refused(queue, FSZ_PRIORITY_NORMAL);
    assert_true(fsz_queue_refuses(queue, FSZ_PRIORITY_LOW));
    assert_true(fsz_queue_refuses(queue, FSZ_PRIORITY_NORMAL));
    assert_false(fsz_queue_refuses(queue, FSZ_PRIORITY_HIGH));
    struct fsz_queue_stats stats = stats_of(queue);
    assert_int_equal(stats.refused[FSZ_PRIORITY_LOW], 1);
    assert_int_equal(stats.refused[FSZ_PRIORITY_NORMAL], 2);
    assert_int_equal(stats.refused[FSZ_PRIORITY_HIGH], 0);
    fsz_queue_free(&queue);
}

static void test_queue_gives_messages_in_order_and_at_most_max(void **state)
{
    (void)state;
    struct fsz_queue   *queue = queue_of(100, 1 << 20);
    struct fsz_message *given[5];
    assert_null(fsz_queue_take(queue, 10));
    for (int i = 0; i < 5; i++) {
        given[i] = message_of(FSZ_PRIORITY_NORMAL);
        assert_int_equal(fsz_queue_push(queue, given[i]), FSZ_OK);
    }
    struct fsz_message *first = fsz_queue_take(queue, 3);
    struct fsz_message *second = fsz_queue_take(queue, 3);
    assert_ptr_equal(first, given[0]);
    assert_ptr_equal(first->next->next, given[2]);
    assert_null(given[2]->next);
    assert_ptr_equal(second, given[3]);
    assert_ptr_equal(second->next, given[4]);
    assert_null(given[4]->next);
    assert_int_equal(stats_of(queue).events, 0);
    assert_int_equal(stats_of(queue).bytes, 0);
    assert_int_equal(stats_of(queue).events_peak, 5);
    assert_int_equal(stats_of(queue).bytes_peak, 5 * EACH_BYTES);
    for (int i = 0; i < 5; i++) {
        fsz_message_unref(given[i]);
    }
    fsz_queue_free(&queue);
}

static void test_queue_keeps_its_messages_when_made_smaller(void **state)
{
    (void)state;
    struct fsz_queue *queue = queue_of(10, 1 << 20);
    assert_int_equal(push_until_refused(queue, FSZ_PRIORITY_HIGH), 10);
    fsz_queue_resize(queue, 2, 1 << 20);
    assert_false(push(queue, FSZ_PRIORITY_HIGH));
    assert_int_equal(stats_of(queue).events, 10);
    fsz_queue_resize(queue, 11, 1 << 20);
    assert_int_equal(push_until_refused(queue, FSZ_PRIORITY_HIGH), 1);
    fsz_queue_free(&queue);
}

static bool is_readable(struct fsz_queue *queue)
{
    struct pollfd item = {.fd = fsz_queue_fd(queue), .events = POLLIN};
    return poll(&item, 1, 0) == 1;
}

static void test_queue_descriptor_wakes_only_a_declared_wait(void **state)
{
    (void)state;
    struct fsz_queue *queue = queue_of(10, 1 << 20);
    push(queue, FSZ_PRIORITY_HIGH);
    assert_false(is_readable(queue));
    assert_true(fsz_queue_wait(queue, 1)); /* a message is there: do not wait */
    fsz_message_unref(fsz_queue_take(queue, 1));
    assert_false(fsz_queue_wait(queue, 1));
    assert_false(is_readable(queue));
    push(queue, FSZ_PRIORITY_HIGH);
    assert_true(is_readable(queue));
    fsz_queue_woken(queue);
    assert_false(is_readable(queue));
    fsz_queue_wake(queue);
    assert_true(is_readable(queue));
    fsz_queue_free(&queue);
}

static void take_one(struct fsz_queue *queue)
{
    fsz_message_unref(fsz_queue_take(queue, 1));
}

static void test_queue_descriptor_wakes_when_the_awaited_number_is_there(void **state)
{
    (void)state;
    struct fsz_queue *queue = queue_of(100, 1 << 20);
    assert_false(fsz_queue_wait(queue, 3));
    push(queue, FSZ_PRIORITY_HIGH);
    push(queue, FSZ_PRIORITY_HIGH);
    assert_false(is_readable(queue));
    push(queue, FSZ_PRIORITY_HIGH);
    assert_true(is_readable(queue));
    fsz_queue_woken(queue);
    assert_true(fsz_queue_wait(queue, 3));
    take_one(queue);
    assert_false(fsz_queue_wait(queue, 3)); /* two are left: too few */
    push(queue, FSZ_PRIORITY_HIGH);
    assert_true(is_readable(queue));
    fsz_queue_woken(queue);
    assert_false(fsz_queue_wait(queue, 4));
    take_one(queue); /* taking ends the wait */
    push(queue, FSZ_PRIORITY_HIGH);
    push(queue, FSZ_PRIORITY_HIGH);
    assert_false(is_readable(queue));
    fsz_queue_free(&queue);
}

static void test_queue_wakes_at_a_fourth_of_a_limit(void **state)
{
    (void)state;
    struct fsz_queue *events = queue_of(12, 1 << 20), *bytes = queue_of(100, 12 * EACH_BYTES);
    struct fsz_queue *tiny = queue_of(1, 1 << 20);
    for (int i = 0; i < 3; i++) {
        assert_false(fsz_queue_wait(events, 64));
        assert_false(fsz_queue_wait(bytes, 64));
        push(events, FSZ_PRIORITY_LOW);
        push(bytes, FSZ_PRIORITY_LOW);
    }
    assert_true(is_readable(events)); /* a fourth of 12 */
    assert_true(is_readable(bytes));
    assert_true(fsz_queue_wait(events, 64));
    assert_false(fsz_queue_wait(tiny, 64)); /* an empty queue never has enough */
    push(tiny, FSZ_PRIORITY_HIGH);
    assert_true(is_readable(tiny));
    fsz_queue_free(&events);
    fsz_queue_free(&bytes);
    fsz_queue_free(&tiny);
}

/* ---- several threads ------------------------------------------------------------------------- */

enum { PUSHERS = 4, PUSHES = 20000 };

struct pusher {
    struct fsz_queue *queue;
    pthread_t         thread;
    unsigned          number, taken;
};

static void *pusher_main(void *argument)
{
    struct pusher *pusher = argument;
    for (int64_t i = 0; i < PUSHES; i++) {
        struct fsz_message *message = message_allocate();
        fsz_ref_init(&message->wire.refs, 1);
        message->wire.release = message_release;
        message->priority = FSZ_PRIORITY_HIGH;
        message->allocated_bytes = 1;
        message->time_us = (int64_t)pusher->number << 32 | i; /* which thread pushed it, and when */
        if (fsz_queue_push(pusher->queue, message) == FSZ_OK) {
            pusher->taken++;
        } else {
            fsz_message_unref(message);
        }
    }
    return NULL;
}

/* Takes messages until none arrives for a second; checks that those of each thread are in order. */
static unsigned take_all(struct fsz_queue *queue)
{
    int64_t  last[PUSHERS] = {-1, -1, -1, -1};
    unsigned count = 0;
    for (;;) {
        struct pollfd       item = {.fd = fsz_queue_fd(queue), .events = POLLIN};
        struct fsz_message *message = fsz_queue_take(queue, 64);
        if (message == NULL && !fsz_queue_wait(queue, 1)) {
            if (poll(&item, 1, 1000) == 0) {
                return count;
            }
            fsz_queue_woken(queue);
        }
        while (message != NULL) {
            struct fsz_message *next = message->next;
            int64_t             number = message->time_us & UINT32_MAX;
            int64_t            *before = &last[message->time_us >> 32];
            assert_true(number > *before);
            *before = number;
            fsz_message_unref(message);
            message = next;
            count++;
        }
    }
}

static void test_queue_loses_no_message_of_several_threads(void **state)
{
    (void)state;
    struct fsz_queue *queue = queue_of(500, 1 << 20);
    struct pusher     pushers[PUSHERS];
    unsigned          taken = 0;
    for (unsigned i = 0; i < PUSHERS; i++) {
        pushers[i] = (struct pusher){.queue = queue, .number = i};
        assert_int_equal(pthread_create(&pushers[i].thread, NULL, pusher_main, &pushers[i]), 0);
    }
    unsigned received = take_all(queue);
    for (unsigned i = 0; i < PUSHERS; i++) {
        pthread_join(pushers[i].thread, NULL);
        taken += pushers[i].taken;
    }
    received += take_all(queue);
    struct fsz_queue_stats stats = stats_of(queue);
    assert_int_equal(received, taken);
    assert_int_equal(stats.pushed, taken);
    assert_int_equal(stats.pushed + stats.refused[FSZ_PRIORITY_HIGH], PUSHERS * PUSHES);
    assert_true(stats.events_peak <= 500);
    assert_int_equal(stats.bytes, 0);
    fsz_queue_free(&queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_queue_refuses_low_priority_from_half_full_and_high_when_full),
        cmocka_unit_test(test_queue_limits_bytes_in_the_same_way),
        cmocka_unit_test(test_queue_refuses_before_encoding_and_counts_it),
        cmocka_unit_test(test_queue_gives_messages_in_order_and_at_most_max),
        cmocka_unit_test(test_queue_keeps_its_messages_when_made_smaller),
        cmocka_unit_test(test_queue_descriptor_wakes_only_a_declared_wait),
        cmocka_unit_test(test_queue_descriptor_wakes_when_the_awaited_number_is_there),
        cmocka_unit_test(test_queue_wakes_at_a_fourth_of_a_limit),
        cmocka_unit_test(test_queue_loses_no_message_of_several_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
