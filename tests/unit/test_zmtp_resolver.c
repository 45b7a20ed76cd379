#include "zmtp/resolver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "zmtp_turns.h"

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
    assert_int_equal(fsz_resolver_running(), 0);
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
            wait_for_threads(); /* the result is posted, and not yet delivered */
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
    enum { MANY = 2000 };
    static struct answer          answers[MANY];
    static struct fsz_resolution *resolutions[MANY];
    unsigned                      started = 0, refused = 0, done = 0;
    for (size_t i = 0; i < MANY; i++) {
        fsz_err err = fsz_resolver_start(*state, "localhost", 1, true, answer_done, &answers[i],
                                         &resolutions[i]);
        assert_true(err == FSZ_OK || err == FSZ_ELIMIT);
        assert_true(fsz_resolver_running() <= FSZ_RESOLVER_THREADS_MAX + 1);
        started += err == FSZ_OK;
        refused += err == FSZ_ELIMIT;
    }
    assert_int_equal(started + refused, MANY);
    int64_t end_ms = turns_now_ms() + TURNS_PATIENCE_MS;
    while (done < started) {
        assert_true(turns_now_ms() < end_ms);
        fsz_loop_turn(*state, INT64_C(20000000));
        done = 0;
        for (size_t i = 0; i < MANY; i++) {
            done += answers[i].calls;
        }
    }
    assert_int_equal(done, started);
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
