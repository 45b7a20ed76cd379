/* SPDX-License-Identifier: MPL-2.0 */
#include "api/jobs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <pthread.h>
#include <unistd.h>

enum { LONG_MS = 3600000 };

static struct fsz_jobs *jobs_of(int64_t keep_ms, int64_t count, int64_t bytes)
{
    struct fsz_jobs       *jobs = NULL;
    struct fsz_jobs_limits limits = {.keep_ms = keep_ms, .count = count, .bytes = bytes};
    assert_int_equal(fsz_jobs_new(&limits, &jobs), FSZ_OK);
    return jobs;
}

/* {"output":"…"} of that many bytes as JSON. */
static json_t *result_of(size_t bytes)
{
    static const char filler[] = "................................................................";
    return json_pack("{s:s#}", "output", filler, (int)(bytes - sizeof("{\"output\":\"\"}") + 1));
}

static fsz_err result_is(struct fsz_jobs *jobs, const char *id, const char *owner)
{
    json_t *result = NULL;
    fsz_err err = fsz_jobs_result(jobs, id, owner, &result);
    assert_int_equal(result != NULL, err == FSZ_OK);
    json_decref(result);
    return err;
}

static void job_done(struct fsz_jobs *jobs, const char *id, size_t bytes)
{
    assert_int_equal(fsz_jobs_begin(jobs, id, "alice"), FSZ_OK);
    fsz_jobs_finish(jobs, id, result_of(bytes));
}

static void test_jobs_keep_a_result_for_its_owner_only(void **state)
{
    (void)state;
    struct fsz_jobs *jobs = jobs_of(LONG_MS, 10, 1000);
    json_t          *wanted = result_of(20), *result = NULL;
    assert_int_equal(result_is(jobs, "1", "alice"), FSZ_ENOTFOUND);
    assert_int_equal(fsz_jobs_begin(jobs, "1", "alice"), FSZ_OK);
    assert_int_equal(result_is(jobs, "1", "alice"), FSZ_EBUSY);
    assert_int_equal(result_is(jobs, "1", "bob"), FSZ_ENOTFOUND);
    fsz_jobs_finish(jobs, "1", result_of(20));
    assert_int_equal(result_is(jobs, "1", "bob"), FSZ_ENOTFOUND);
    for (int i = 0; i < 2; i++) { /* the result stays */
        assert_int_equal(fsz_jobs_result(jobs, "1", "alice", &result), FSZ_OK);
        assert_true(json_equal(result, wanted));
        json_decref(result);
    }
    json_decref(wanted);
    fsz_jobs_free(&jobs);
    assert_null(jobs);
}

static void test_jobs_have_one_of_each_id(void **state)
{
    (void)state;
    struct fsz_jobs *jobs = jobs_of(LONG_MS, 10, 1000);
    assert_int_equal(fsz_jobs_begin(jobs, "1", "alice"), FSZ_OK);
    assert_int_equal(fsz_jobs_begin(jobs, "1", "alice"), FSZ_EBUSY);
    assert_int_equal(fsz_jobs_begin(jobs, "1", "bob"), FSZ_EBUSY);
    fsz_jobs_finish(jobs, "1", result_of(20));
    assert_int_equal(fsz_jobs_begin(jobs, "1", "alice"), FSZ_EBUSY); /* its result is kept */
    fsz_jobs_finish(jobs, "1", result_of(30));                       /* no longer runs: ignored */
    assert_int_equal(fsz_jobs_counters(jobs).bytes, 20);
    fsz_jobs_free(&jobs);
}

static void test_jobs_forget_what_never_ran(void **state)
{
    (void)state;
    struct fsz_jobs *jobs = jobs_of(LONG_MS, 10, 1000);
    assert_int_equal(fsz_jobs_begin(jobs, "1", "alice"), FSZ_OK);
    fsz_jobs_cancel(jobs, "1");
    assert_int_equal(result_is(jobs, "1", "alice"), FSZ_ENOTFOUND);
    job_done(jobs, "1", 20);
    fsz_jobs_cancel(jobs, "1"); /* no effect: it has run */
    fsz_jobs_cancel(jobs, "2");
    assert_int_equal(result_is(jobs, "1", "alice"), FSZ_OK);
    assert_int_equal(fsz_jobs_begin(jobs, "3", "alice"), FSZ_OK);
    fsz_jobs_finish(jobs, "3", NULL);
    assert_int_equal(result_is(jobs, "3", "alice"), FSZ_ENOTFOUND);
    assert_int_equal(fsz_jobs_counters(jobs).running, 0);
    fsz_jobs_free(&jobs);
}

static void test_jobs_bound_their_number_with_the_oldest_result_first(void **state)
{
    (void)state;
    struct fsz_jobs *jobs = jobs_of(LONG_MS, 3, 1000);
    assert_int_equal(fsz_jobs_begin(jobs, "long", "alice"), FSZ_OK);
    job_done(jobs, "1", 20);
    job_done(jobs, "2", 20);
    assert_int_equal(fsz_jobs_counters(jobs).dropped, 0);
    assert_int_equal(fsz_jobs_begin(jobs, "3", "alice"), FSZ_OK); /* makes room at once */
    assert_int_equal(result_is(jobs, "1", "alice"), FSZ_ENOTFOUND);
    assert_int_equal(result_is(jobs, "2", "alice"), FSZ_OK);
    assert_int_equal(fsz_jobs_begin(jobs, "4", "alice"), FSZ_OK);
    assert_int_equal(fsz_jobs_begin(jobs, "5", "alice"), FSZ_EFULL); /* all three run */
    struct fsz_jobs_counters counters = fsz_jobs_counters(jobs);
    assert_int_equal(counters.begun, 5);
    assert_int_equal(counters.finished, 2);
    assert_int_equal(counters.dropped, 2);
    assert_int_equal(counters.refused, 1);
    assert_int_equal(counters.running, 3);
    assert_int_equal(counters.kept, 0);
    assert_int_equal(counters.bytes, 0);
    fsz_jobs_free(&jobs);
}

static void test_jobs_bound_bytes_with_the_oldest_result_first(void **state)
{
    (void)state;
    struct fsz_jobs *jobs = jobs_of(LONG_MS, 100, 100);
    job_done(jobs, "1", 40);
    job_done(jobs, "2", 60);
    assert_int_equal(fsz_jobs_counters(jobs).bytes, 100);
    job_done(jobs, "3", 20);
    assert_int_equal(result_is(jobs, "1", "alice"), FSZ_ENOTFOUND);
    assert_int_equal(result_is(jobs, "2", "alice"), FSZ_OK);
    assert_int_equal(fsz_jobs_counters(jobs).bytes, 80);
    struct fsz_jobs_limits less = {.keep_ms = LONG_MS, .count = 100, .bytes = 79};
    fsz_jobs_limit(jobs, &less);
    assert_int_equal(result_is(jobs, "2", "alice"), FSZ_ENOTFOUND);
    assert_int_equal(result_is(jobs, "3", "alice"), FSZ_OK);
    fsz_jobs_free(&jobs);
}

static void test_jobs_drop_what_is_too_old(void **state)
{
    (void)state;
    struct fsz_jobs *jobs = jobs_of(20, 100, 1000);
    assert_int_equal(fsz_jobs_begin(jobs, "long", "alice"), FSZ_OK);
    job_done(jobs, "1", 20);
    usleep(30000);
    assert_int_equal(fsz_jobs_counters(jobs).kept, 0);
    assert_int_equal(result_is(jobs, "1", "alice"), FSZ_ENOTFOUND);
    assert_int_equal(result_is(jobs, "long", "alice"), FSZ_EBUSY); /* the age counts from the end */
    assert_int_equal(fsz_jobs_begin(jobs, "1", "alice"), FSZ_OK);
    fsz_jobs_free(&jobs);
}

/* ---- several threads --------------------------------------------------------------------------
 */

enum { THREADS = 3, ROUNDS = 2000 };

struct user {
    struct fsz_jobs *jobs;
    pthread_t        thread;
    unsigned         number, wrong;
};

static void *user_main(void *argument)
{
    struct user *user = argument;
    char         owner[16];
    snprintf(owner, sizeof(owner), "user %u", user->number);
    for (unsigned i = 0; i < ROUNDS; i++) {
        char    id[32];
        json_t *result = NULL;
        snprintf(id, sizeof(id), "%u/%u", user->number, i);
        user->wrong += fsz_jobs_begin(user->jobs, id, owner) != FSZ_OK;
        fsz_jobs_finish(user->jobs, id, json_pack("{s:s}", "job", id));
        fsz_err err = fsz_jobs_result(user->jobs, id, owner, &result);
        user->wrong += err != FSZ_OK && err != FSZ_ENOTFOUND; /* others may have displaced it */
        json_decref(result);
    }
    return NULL;
}

static void test_jobs_count_right_from_several_threads(void **state)
{
    (void)state;
    struct fsz_jobs *jobs = jobs_of(LONG_MS, 10, 1000);
    struct user      users[THREADS];
    for (unsigned i = 0; i < THREADS; i++) {
        users[i] = (struct user){.jobs = jobs, .number = i};
        assert_int_equal(pthread_create(&users[i].thread, NULL, user_main, &users[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(users[i].thread, NULL);
        assert_int_equal(users[i].wrong, 0);
    }
    struct fsz_jobs_counters counters = fsz_jobs_counters(jobs);
    assert_int_equal(counters.begun, THREADS * ROUNDS);
    assert_int_equal(counters.finished, THREADS * ROUNDS);
    assert_int_equal(counters.kept, 10);
    assert_int_equal(counters.dropped, THREADS * ROUNDS - 10);
    fsz_jobs_free(&jobs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_jobs_keep_a_result_for_its_owner_only),
        cmocka_unit_test(test_jobs_have_one_of_each_id),
        cmocka_unit_test(test_jobs_forget_what_never_ran),
        cmocka_unit_test(test_jobs_bound_their_number_with_the_oldest_result_first),
        cmocka_unit_test(test_jobs_bound_bytes_with_the_oldest_result_first),
        cmocka_unit_test(test_jobs_drop_what_is_too_old),
        cmocka_unit_test(test_jobs_count_right_from_several_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
