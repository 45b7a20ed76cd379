/* SPDX-License-Identifier: MPL-2.0 */
#include "zmtp/resolver.h"

#include <dlfcn.h>
#include <netdb.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "zmtp_turns.h"

/* Lookups wait for this lock. */
static pthread_mutex_t name_server = PTHREAD_MUTEX_INITIALIZER;

int getaddrinfo(const char *restrict node, const char *restrict service,
                const struct addrinfo *restrict hints, struct addrinfo **restrict result)
{
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **) =
        (int (*)(const char *, const char *, const struct addrinfo *, struct addrinfo **))dlsym(
            RTLD_NEXT, "getaddrinfo");
    pthread_mutex_lock(&name_server);
    pthread_mutex_unlock(&name_server);
    return real(node, service, hints, result);
}

struct answer {
    unsigned           calls;
    fsz_err            err;
    size_t             count;
    struct fsz_address first;
    char               why[128];
};

static void answer_done(void *argument, fsz_err err, const struct fsz_address *addresses,
                        size_t count, const char *why)
{
    struct answer *answer = argument;
    answer->calls++;
    answer->err = err;
    answer->count = count;
    if (count > 0) {
        answer->first = addresses[0];
    }
    snprintf(answer->why, sizeof(answer->why), "%s", why);
}

static int set_up(void **state)
{
    struct fsz_loop *loop = NULL;
    fsz_err          err = fsz_loop_new(&loop);
    *state = loop;
    return err == FSZ_OK ? 0 : -1;
}

static void wait_for_threads(void)
{
    assert_true(fsz_resolver_wait(TURNS_PATIENCE_MS));
}

static int tear_down(void **state)
{
    struct fsz_loop *loop = *state;
    fsz_loop_free(&loop);
    wait_for_threads();
    return 0;
}

static void test_a_name_of_this_host_is_found(void **state)
{
    struct answer          answer = {.calls = 0};
    struct fsz_resolution *resolution = NULL;
    char                   text[FSZ_ADDRESS_TEXT_BYTES];
    assert_int_equal(
        fsz_resolver_start(*state, "localhost", 5556, false, answer_done, &answer, &resolution),
        FSZ_OK);
    TURN_UNTIL((struct fsz_loop *)*state, answer.calls == 1);
    assert_int_equal(answer.err, FSZ_OK);
    fsz_address_write(&answer.first, text);
    assert_string_equal(text, "tcp://127.0.0.1:5556");
}

static void test_a_name_that_does_not_exist_is_explained(void **state)
{
    struct answer          answer = {.calls = 0};
    struct fsz_resolution *resolution = NULL;
    /* A label of 64 bytes is not valid (RFC 1035), so no name server is asked. */
    const char *name = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.invalid";
    assert_int_equal(
        fsz_resolver_start(*state, name, 5556, true, answer_done, &answer, &resolution), FSZ_OK);
    TURN_UNTIL((struct fsz_loop *)*state, answer.calls == 1);
    assert_int_equal(answer.err, FSZ_ENOTFOUND);
    assert_int_equal(answer.count, 0);
    assert_true(strlen(answer.why) > 0);
}

static void test_a_cancelled_look_up_is_not_reported(void **state)
{
    struct answer          answer = {.calls = 0};
    struct fsz_resolution *resolution = NULL;
    for (unsigned i = 0; i < 50; i++) {
        assert_int_equal(
            fsz_resolver_start(*state, "127.0.0.1", 1, false, answer_done, &answer, &resolution),
            FSZ_OK);
        if (i % 2 == 0) {
            wait_for_threads(); /* the result is posted, but not delivered yet */
        }
        fsz_resolver_cancel(&resolution);
        assert_null(resolution);
        fsz_loop_turn(*state, 0);
        wait_for_threads();
    }
    fsz_loop_turn(*state, 0);
    assert_int_equal(answer.calls, 0);
    fsz_resolver_cancel(&resolution); /* NULL is accepted */
}

static void test_the_number_of_threads_is_bounded(void **state)
{
    static struct answer   answers[FSZ_RESOLVER_THREADS_MAX + 1];
    struct fsz_resolution *resolutions[FSZ_RESOLVER_THREADS_MAX + 1] = {NULL};
    pthread_mutex_lock(&name_server);
    for (size_t i = 0; i <= FSZ_RESOLVER_THREADS_MAX; i++) {
        assert_int_equal(fsz_resolver_start(*state, "localhost", 1, true, answer_done, &answers[i],
                                            &resolutions[i]),
                         i < FSZ_RESOLVER_THREADS_MAX ? FSZ_OK : FSZ_ELIMIT);
    }
    pthread_mutex_unlock(&name_server);
    for (size_t i = 0; i < FSZ_RESOLVER_THREADS_MAX; i++) {
        TURN_UNTIL((struct fsz_loop *)*state, answers[i].calls == 1);
    }
    wait_for_threads();
    assert_int_equal(fsz_resolver_start(*state, "localhost", 1, true, answer_done,
                                        &answers[FSZ_RESOLVER_THREADS_MAX], &resolutions[0]),
                     FSZ_OK);
    TURN_UNTIL((struct fsz_loop *)*state, answers[FSZ_RESOLVER_THREADS_MAX].calls == 1);
}

#define RESOLVER_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RESOLVER_TEST(test_a_name_of_this_host_is_found),
        RESOLVER_TEST(test_a_name_that_does_not_exist_is_explained),
        RESOLVER_TEST(test_a_cancelled_look_up_is_not_reported),
        RESOLVER_TEST(test_the_number_of_threads_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
