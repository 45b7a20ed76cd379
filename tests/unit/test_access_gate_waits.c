/* SPDX-License-Identifier: MPL-2.0 */
/* Gates while the switch is slow, with many waiting peers, and at the end. */
#include "access_gate_rig.h"

static uint64_t put_held(struct asker *asker)
{
    return put(asker->gate, question(asker, FSZ_ADMISSION_ADDRESS, FSZ_ZMTP_NULL, "10.1.2.3"));
}

static void release(struct asker *asker, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        sem_post(&asker->rig->slow_may_answer);
    }
}

/* The access thread is asking the switch for the first of them. */
static uint64_t put_first_held(struct asker *asker)
{
    uint64_t id = put_held(asker);
    assert_true(rig_wait(&asker->rig->slow_is_asked));
    return id;
}

static void test_gate_holds_up_neither_its_loop_nor_a_reload(void **state)
{
    struct asker           *asker = *state;
    struct fsz_access_gate *other = NULL;
    const char *config = SLOW API_SOCKET("<param name=\"apply-inbound-acl\" value=\"any\"/>");
    rig_configure(asker->rig, config, FSZ_SECURITY_NONE, 10);
    assert_int_equal(fsz_access_gate_new(asker->rig->access, "API socket \"c\"", &other), FSZ_OK);
    uint64_t first = put_first_held(asker), second = put_held(asker);
    uint64_t through_other =
        put(other, question(asker, FSZ_ADMISSION_ADDRESS, FSZ_ZMTP_NULL, "10.1.2.3"));
    assert_true(is_answered(through_other));
    rig_configure(asker->rig, config, FSZ_SECURITY_NONE, 10);
    assert_false(is_answered(first));
    assert_false(is_answered(second));
    release(asker, 2);
    assert_int_equal(status_of(first), 200);
    assert_int_equal(status_of(second), 200);
    fsz_access_gate_free(&other);
}

static void test_gate_takes_turns_with_others(void **state)
{
    struct asker           *asker = *state;
    struct fsz_access_gate *other = NULL;
    uint64_t                last = 0;
    rig_configure(asker->rig, SLOW API_SOCKET("<param name=\"apply-inbound-acl\" value=\"lan\"/>"),
                  FSZ_SECURITY_NONE, 10);
    assert_int_equal(fsz_access_gate_new(asker->rig->access, "API socket \"c\"", &other), FSZ_OK);
    put_first_held(asker);
    for (int i = 0; i < 10; i++) {
        last = put_held(asker);
    }
    uint64_t through_other =
        put(other, question(asker, FSZ_ADMISSION_ADDRESS, FSZ_ZMTP_NULL, "10.1.2.3"));
    release(asker, 11);
    assert_int_equal(status_of(last), 200);
    assert_int_equal(status_of(through_other), 200);
    assert_int_equal(last_answer(asker)->turn, 2); /* after the check in progress */
    fsz_access_gate_free(&other);
}

static void test_gate_bounds_how_many_wait(void **state)
{
    struct asker *asker = *state;
    uint64_t      last = 0;
    rig_configure(asker->rig, SLOW, FSZ_SECURITY_NONE, 10);
    put_first_held(asker);
    for (int i = 0; i < FSZ_ACCESS_GATE_WAITING_MAX; i++) {
        last = put_held(asker);
    }
    uint64_t beyond = put_held(asker);
    assert_true(is_answered(beyond));
    assert_int_equal(status_of(beyond), 300);
    assert_int_equal(counters(asker).deferred, 1);
    release(asker, FSZ_ACCESS_GATE_WAITING_MAX + 1);
    assert_int_equal(status_of(last), 200);
    assert_int_equal(counters(asker).admitted, FSZ_ACCESS_GATE_WAITING_MAX + 1);
}

static void test_gate_freed_answers_what_still_waits(void **state)
{
    struct asker *asker = *state;
    rig_configure(asker->rig, SLOW, FSZ_SECURITY_NONE, 10);
    uint64_t first = put_first_held(asker), second = put_held(asker), third = put_held(asker);
    fsz_access_gate_free(&asker->gate);
    assert_int_equal(status_of(second), 300);
    assert_int_equal(status_of(third), 300);
    assert_false(is_answered(first));
    release(asker, 1);
    assert_int_equal(status_of(first), 200);
}

static void *free_access(void *access)
{
    fsz_access_free(access);
    return NULL;
}

static void test_gate_answers_everything_when_access_ends(void **state)
{
    struct asker *asker = *state;
    pthread_t     thread;
    enum { WAITING = 100 };
    rig_configure(asker->rig, SLOW, FSZ_SECURITY_NONE, 10);
    uint64_t first = put_first_held(asker);
    for (int i = 0; i < WAITING; i++) {
        put_held(asker);
    }
    assert_int_equal(pthread_create(&thread, NULL, free_access, &asker->rig->access), 0);
    release(asker, 1 + WAITING); /* as many as it may still ask */
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(service_client.count, 1 + WAITING);
    assert_int_equal(status_of(first), 200);
    for (uint64_t id = first + 1; id <= asker->last; id++) {
        int status = status_of(id);
        assert_true(status == 200 || status == 300);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_gate_holds_up_neither_its_loop_nor_a_reload),
        TEST(test_gate_takes_turns_with_others),
        TEST(test_gate_bounds_how_many_wait),
        TEST(test_gate_freed_answers_what_still_waits),
        TEST(test_gate_answers_everything_when_access_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
