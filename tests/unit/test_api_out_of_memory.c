/* SPDX-License-Identifier: MPL-2.0 */
/* Each allocation of the API's parts fails in turn, jansson's too: the result is FSZ_ENOMEM or
 * success, and the next attempt works. The sanitizers find leaks and wild pointers. */
#include "api/jobs.h"
#include "api/workers.h"
#include "rpc/rpc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "failing_malloc.h"

enum { ROUNDS_MAX = 2000, WAIT_MS = 60000 };

/* Runs it once for each allocation, which fails, until no allocation is left. */
static void fail_each(void (*scenario)(void), long least)
{
    long nth = 0;
    do {
        allocation_failed = false;
        atomic_store(&allocation_countdown, ++nth);
        scenario();
        atomic_store(&allocation_countdown, 0);
        assert_true(nth < ROUNDS_MAX);
    } while (allocation_failed);
    assert_true(nth > least);
}

/* ---- messages -------------------------------------------------------------------------------- */

static const struct fsz_rpc_limits rpc_limits = {.bytes = 1000, .depth = 8, .batch = 4};

/* FSZ_OK: the message was read, and `wrong` of its requests are refused. */
static fsz_err message_read(const char *text, size_t wrong)
{
    struct fsz_rpc_message message;
    fsz_err                err = fsz_rpc_read(text, strlen(text), &rpc_limits, &message);
    if (err != FSZ_OK) {
        assert_int_equal(err, FSZ_ENOMEM);
        assert_true(allocation_failed);
        return err;
    }
    for (size_t i = 0; i < message.count; i++) {
        wrong -= message.requests[i].error != NULL;
    }
    assert_int_equal(wrong, 0);
    fsz_rpc_message_fini(&message);
    return FSZ_OK;
}

static void scenario_messages(void)
{
    (void)message_read("[{\"jsonrpc\":\"2.0\",\"method\":\"a\",\"params\":{\"b\":[1.5,\"c\"]}},1]",
                       1);
    (void)message_read("{\"jsonrpc\":\"2.0\",\"method\":\"\\u00e4\",\"id\":[]}", 1);
    (void)message_read("{\"a\":1,\"a\":2}", 1);
    (void)message_read("[[[[[[[[[[", 1);
    (void)message_read("[]", 1);
}

static void scenario_answers(void)
{
    struct fsz_buffer out;
    json_t           *text = fsz_rpc_text("a\0\xff", 3);
    json_t           *error = fsz_rpc_error(FSZ_RPC_REFUSED, NULL, text);
    json_t           *id = json_real(0.1);
    fsz_buffer_init(&out, 1000);
    if (error != NULL && id != NULL) {
        fsz_err err = fsz_rpc_write_answer(&out, id, NULL, error);
        assert_true(err == FSZ_OK || (allocation_failed && out.size == 0));
    }
    json_decref(error);
    json_decref(id);
    fsz_buffer_fini(&out);
}

static void test_rpc_survives_each_allocation_that_fails(void **state)
{
    (void)state;
    json_set_alloc_funcs(__wrap_malloc, free);
    fail_each(scenario_messages, 40);
    fail_each(scenario_answers, 10);
    json_set_alloc_funcs(__real_malloc, free);
}

/* ---- jobs and workers ------------------------------------------------------------------------ */

static void scenario_jobs(void)
{
    struct fsz_jobs             *jobs = NULL;
    const struct fsz_jobs_limits limits = {.keep_ms = WAIT_MS, .count = 1, .bytes = 1000};
    if (fsz_jobs_new(&limits, &jobs) != FSZ_OK) {
        return;
    }
    for (int i = 0; i < 3; i++) {
        const char id[] = {(char)('a' + i), '\0'};
        fsz_err    err = fsz_jobs_begin(jobs, id, "alice");
        assert_true(err == FSZ_OK || (err == FSZ_ENOMEM && allocation_failed));
        fsz_jobs_finish(jobs, id, json_object());
    }
    fsz_jobs_free(&jobs);
}

static bool task_run(struct fsz_task *task, bool abandoned)
{
    (void)task;
    (void)abandoned;
    return true;
}

static void task_finish(struct fsz_task *task, bool more)
{
    (void)more;
    free(task);
}

static void scenario_workers(void)
{
    struct fsz_workers             *workers = NULL;
    const struct fsz_workers_limits limits = {.threads = 2, .queue = 10, .share = 10};
    if (fsz_workers_new(&limits, &workers) != FSZ_OK) {
        return;
    }
    for (int i = 0; i < 4; i++) {
        struct fsz_task *task = __real_calloc(1, sizeof(*task));
        task->key[0] = (char)(i % 2 ? 'a' : '\0');
        task->owner[0] = (char)('a' + i);
        task->run = task_run;
        task->finish = task_finish;
        fsz_err err = fsz_workers_submit(workers, task, NULL);
        if (err != FSZ_OK) {
            assert_true(allocation_failed);
            free(task);
        }
    }
    assert_true(fsz_workers_free(&workers, WAIT_MS));
}

static void test_jobs_and_workers_survive_each_allocation_that_fails(void **state)
{
    (void)state;
    fail_each(scenario_jobs, 4);
    fail_each(scenario_workers, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rpc_survives_each_allocation_that_fails),
        cmocka_unit_test(test_jobs_and_workers_survive_each_allocation_that_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
