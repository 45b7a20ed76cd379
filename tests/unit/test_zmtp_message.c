/* SPDX-License-Identifier: MPL-2.0 */
#include "zmtp/zmtp_message.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t long_body[300] = {'l', 'o', 'n', 'g'};

static size_t count_frames(const struct fsz_zmtp_message *message)
{
    struct fsz_frame_head head;
    const uint8_t        *body;
    size_t                at = 0;
    size_t                count = 0;
    while (fsz_zmtp_message_next(message, &at, &head, &body)) {
        count++;
    }
    return count;
}

/* Three frames: `head`, an empty one, and 300 bytes. */
static struct fsz_zmtp_message *three_new(void)
{
    const struct fsz_frame   frames[] = {{(const uint8_t *)"head", 4}, {NULL, 0}, {long_body, 300}};
    struct fsz_zmtp_message *message = NULL;
    assert_int_equal(fsz_zmtp_message_new(frames, 3, FSZ_ZMTP_HIGH, &message), FSZ_OK);
    return message;
}

static void test_frames_become_the_bytes_of_the_wire(void **state)
{
    (void)state;
    struct fsz_zmtp_message *message = three_new();
    static const uint8_t     heads[] = {1, 4, 'h', 'e', 'a', 'd', 1, 0, 2, 0, 0, 0, 0, 0, 0, 1, 44};
    assert_int_equal(message->head_size, sizeof(heads) + 300);
    assert_memory_equal(message->head, heads, sizeof(heads));
    assert_memory_equal(message->head + sizeof(heads), long_body, 300);
    assert_int_equal(fsz_zmtp_message_size(message), sizeof(heads) + 300);
    assert_int_equal(count_frames(message), 3);
    assert_true(message->held_bytes >= sizeof(*message) + message->head_size);
    assert_int_equal(message->priority, FSZ_ZMTP_HIGH);
    fsz_zmtp_message_unref(message);
}

static void test_frames_are_taken_out_again(void **state)
{
    (void)state;
    struct fsz_zmtp_message *message = three_new();
    struct fsz_frame_head    head;
    const uint8_t           *body = NULL;
    size_t                   at = 0;
    assert_true(fsz_zmtp_message_next(message, &at, &head, &body));
    assert_int_equal(head.flags, FSZ_FRAME_MORE);
    assert_int_equal(head.body_size, 4);
    assert_memory_equal(body, "head", 4);
    assert_true(fsz_zmtp_message_next(message, &at, &head, &body));
    assert_int_equal(head.body_size, 0);
    assert_int_equal(head.flags, FSZ_FRAME_MORE);
    assert_true(fsz_zmtp_message_next(message, &at, &head, &body));
    assert_int_equal(head.flags, 0);
    assert_int_equal(head.body_size, 300);
    assert_memory_equal(body, long_body, 300);
    assert_false(fsz_zmtp_message_next(message, &at, &head, &body));
    fsz_zmtp_message_unref(message);
}

static void test_body_of_the_last_frame_may_stand_elsewhere(void **state)
{
    (void)state;
    static const uint8_t    bytes[] = {1, 1, 't', 2, 0, 0, 0, 0, 0, 0, 1, 44};
    struct fsz_zmtp_message message = {
        .head = bytes, .head_size = sizeof(bytes), .body = long_body, .body_size = 300};
    struct fsz_frame_head head;
    const uint8_t        *body = NULL;
    size_t                at = 0;
    assert_int_equal(fsz_zmtp_message_size(&message), sizeof(bytes) + 300);
    assert_int_equal(count_frames(&message), 2);
    assert_true(fsz_zmtp_message_next(&message, &at, &head, &body));
    assert_ptr_equal(body, bytes + 2);
    assert_true(fsz_zmtp_message_next(&message, &at, &head, &body));
    assert_ptr_equal(body, long_body);
    assert_int_equal(head.body_size, 300);
    assert_false(fsz_zmtp_message_next(&message, &at, &head, &body));
}

static void test_empty_body_may_stand_elsewhere_too(void **state)
{
    (void)state;
    static const uint8_t    bytes[] = {1, 1, 't', 0, 0};
    struct fsz_zmtp_message message = {
        .head = bytes, .head_size = sizeof(bytes), .body = long_body, .body_size = 0};
    assert_int_equal(count_frames(&message), 2);
    message.body = NULL;
    assert_int_equal(count_frames(&message), 2);
}

static void test_frames_that_add_up_beyond_memory_are_refused(void **state)
{
    (void)state;
    struct fsz_frame         frames[] = {{long_body, SIZE_MAX / 2}, {long_body, SIZE_MAX / 2}};
    struct fsz_zmtp_message *message = NULL;
    assert_int_equal(fsz_zmtp_message_new(frames, 2, FSZ_ZMTP_LOW, &message), FSZ_ENOMEM);
    frames[0].size = SIZE_MAX - 12;
    assert_int_equal(fsz_zmtp_message_new(frames, 1, FSZ_ZMTP_LOW, &message), FSZ_ENOMEM);
    assert_null(message);
}

static void test_budget_counts_a_message_once_and_gets_it_back(void **state)
{
    (void)state;
    struct fsz_zmtp_budget   budget = {0};
    struct fsz_zmtp_message *message = three_new();
    size_t                   held = message->held_bytes;
    assert_true(fsz_zmtp_message_charge(message, &budget, false));
    assert_true(fsz_zmtp_message_charge(message, &budget, false));
    assert_int_equal(budget.used, held);
    fsz_zmtp_message_ref(message);
    fsz_zmtp_message_unref(message);
    assert_int_equal(budget.used, held);
    fsz_zmtp_message_unref(message);
    assert_int_equal(budget.used, 0);
    assert_int_equal(budget.peak, held);
    fsz_zmtp_message_unref(NULL);
}

static void test_budget_without_room_changes_nothing(void **state)
{
    (void)state;
    struct fsz_zmtp_budget   budget = {0};
    struct fsz_zmtp_message *first = three_new();
    struct fsz_zmtp_message *second = three_new();
    budget.max = 2 * first->held_bytes - 1;
    assert_true(fsz_zmtp_message_charge(first, &budget, false));
    assert_false(fsz_zmtp_message_charge(second, &budget, false));
    assert_int_equal(budget.used, first->held_bytes);
    assert_int_equal(budget.peak, first->held_bytes);
    fsz_zmtp_message_unref(first);
    assert_true(fsz_zmtp_message_charge(second, &budget, false));
    fsz_zmtp_message_unref(second);
    assert_int_equal(budget.used, 0);
    budget.max = 1;
    first = three_new();
    assert_false(fsz_zmtp_message_charge(first, &budget, false));
    fsz_zmtp_message_unref(first);
}

static void test_budget_may_be_passed_up_to_twice_the_bound(void **state)
{
    (void)state;
    struct fsz_zmtp_budget budget = {.max = 100};
    assert_true(fsz_zmtp_budget_take(&budget, 100, false));
    assert_false(fsz_zmtp_budget_take(&budget, 1, false));
    assert_true(fsz_zmtp_budget_take(&budget, 100, true));
    assert_false(fsz_zmtp_budget_take(&budget, 1, true));
    fsz_zmtp_budget_give(&budget, 101);
    assert_true(fsz_zmtp_budget_take(&budget, 1, false));
    assert_int_equal(budget.used, 100);
    assert_int_equal(budget.peak, 200);
    budget.max = SIZE_MAX - 1;
    assert_true(fsz_zmtp_budget_take(&budget, 1, true));
}

enum { RACE_ROUNDS = 2000, RACE_THREADS = 3 };

struct race {
    pthread_barrier_t        barrier;
    struct fsz_zmtp_budget   budget;
    struct fsz_zmtp_message *messages[RACE_ROUNDS];
    _Atomic unsigned         refused;
};

static void *race_run(void *argument)
{
    struct race *race = argument;
    for (size_t i = 0; i < RACE_ROUNDS; i++) {
        pthread_barrier_wait(&race->barrier);
        if (!fsz_zmtp_message_charge(race->messages[i], &race->budget, false)) {
            race->refused++;
        }
        fsz_zmtp_message_unref(race->messages[i]);
    }
    return NULL;
}

static void test_threads_that_charge_one_message_charge_it_once(void **state)
{
    (void)state;
    struct race race = {0};
    pthread_t   threads[RACE_THREADS];
    assert_int_equal(pthread_barrier_init(&race.barrier, NULL, RACE_THREADS), 0);
    for (size_t i = 0; i < RACE_ROUNDS; i++) {
        race.messages[i] = three_new();
        for (int more = 1; more < RACE_THREADS; more++) {
            fsz_zmtp_message_ref(race.messages[i]);
        }
    }
    for (int i = 0; i < RACE_THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, race_run, &race), 0);
    }
    for (int i = 0; i < RACE_THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    pthread_barrier_destroy(&race.barrier);
    assert_int_equal(race.budget.used, 0);
    assert_int_equal(race.refused, 0);
    assert_true(race.budget.peak > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames_become_the_bytes_of_the_wire),
        cmocka_unit_test(test_frames_are_taken_out_again),
        cmocka_unit_test(test_body_of_the_last_frame_may_stand_elsewhere),
        cmocka_unit_test(test_empty_body_may_stand_elsewhere_too),
        cmocka_unit_test(test_frames_that_add_up_beyond_memory_are_refused),
        cmocka_unit_test(test_budget_counts_a_message_once_and_gets_it_back),
        cmocka_unit_test(test_budget_without_room_changes_nothing),
        cmocka_unit_test(test_budget_may_be_passed_up_to_twice_the_bound),
        cmocka_unit_test(test_threads_that_charge_one_message_charge_it_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
