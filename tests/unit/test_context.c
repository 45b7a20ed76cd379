/* SPDX-License-Identifier: MPL-2.0 */
/* The shared context: when it ends, who ends it, and what its other users see. */
#include "net/zmq_context.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>
#include <zmq.h>

#include <cmocka.h>

static struct fsz_context *context_new(void)
{
    struct fsz_context *context = NULL;
    assert_int_equal(fsz_context_new(1, 100, &context), FSZ_OK);
    return context;
}

static void test_context_ends_at_once_without_users(void **state)
{
    (void)state;
    struct fsz_context *context = context_new();
    assert_true(fsz_context_end(&context));
    assert_null(context);
}

static void test_context_has_the_limits_it_was_given(void **state)
{
    (void)state;
    struct fsz_context *context = NULL;
    assert_int_equal(fsz_context_new(2, 64, &context), FSZ_OK);
    assert_int_equal(zmq_ctx_get(fsz_context_zmq(context), ZMQ_IO_THREADS), 2);
    assert_int_equal(zmq_ctx_get(fsz_context_zmq(context), ZMQ_MAX_SOCKETS), 64);
    assert_true(fsz_context_end(&context));
}

/* A user that blocks in receive, closes when the context ends, and gives it back. */
static void *user_run(void *argument)
{
    struct fsz_context *context = argument;
    char                byte = 0;
    void               *socket = zmq_socket(fsz_context_zmq(context), ZMQ_SUB);
    int                 failed = zmq_recv(socket, &byte, 1, 0) == 0 || zmq_errno() != ETERM;
    zmq_close(socket);
    fsz_context_give(context);
    return failed ? argument : NULL;
}

static void test_context_end_wakes_a_user_and_waits_for_it(void **state)
{
    (void)state;
    struct fsz_context *context = context_new();
    pthread_t           thread;
    void               *failed = NULL;
    assert_true(fsz_context_take(context));
    assert_int_equal(pthread_create(&thread, NULL, user_run, context), 0);
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    assert_true(fsz_context_end(&context));
    assert_int_equal(pthread_join(thread, &failed), 0);
    assert_null(failed);
}

static void test_context_outlives_its_owner_while_a_user_keeps_it(void **state)
{
    (void)state;
    struct fsz_context *context = context_new(), *kept = context;
    char                byte = 0;
    assert_true(fsz_context_take(kept));
    void *socket = zmq_socket(fsz_context_zmq(kept), ZMQ_SUB);
    assert_false(fsz_context_end(&context));
    assert_false(fsz_context_take(kept)); /* no new user */
    assert_int_equal(zmq_recv(socket, &byte, 1, 0), -1);
    assert_int_equal(zmq_errno(), ETERM);
    assert_int_equal(zmq_close(socket), 0);
    fsz_context_give(kept); /* the last user frees it */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_context_ends_at_once_without_users),
        cmocka_unit_test(test_context_has_the_limits_it_was_given),
        cmocka_unit_test(test_context_end_wakes_a_user_and_waits_for_it),
        cmocka_unit_test(test_context_outlives_its_owner_while_a_user_keeps_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
