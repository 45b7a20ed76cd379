#include "audience.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* What libzmq was told last, and who may see what: a user of the name of an event may see it. */
struct stage {
    struct fsz_subscriptions *subscriptions;
    struct fsz_audience      *audience;
    const char               *also; /* granted to all, too */
    char                      told[512];
    int                       pairs[2][2];
    struct fsz_peer           peers[2];
};

static void stage_give(void *self, bool give, const void *prefix, size_t size)
{
    struct stage *stage = self;
    size_t        length = strlen(stage->told);
    bool          beat = size > 6 && memcmp(prefix, ".beat/", 6) == 0; /* without its number */
    snprintf(stage->told + length, sizeof stage->told - length, "%c%.*s;", give ? '+' : '-',
             beat ? 6 : (int)size, (const char *)prefix);
}

static struct fsz_narrow *stage_narrow(void *self, const struct fsz_peer *peer)
{
    struct stage            *stage = self;
    struct fsz_narrow       *narrow = NULL;
    struct fsz_grants       *grants = NULL;
    static char              name[] = "live", field[3][16] = {"Event-Name", "Event-Subclass", "X"};
    char                    *topic[] = {field[0], field[1], field[2]};
    struct fsz_stream_config stream = {
        .name = name, .framing = FSZ_FRAMING_ENVELOPE, .topic = topic, .topic_count = 3};
    assert_int_equal(fsz_grants_new(&grants), FSZ_OK);
    assert_int_equal(fsz_grants_add(grants, FSZ_RIGHT_STREAMS, "*"), FSZ_OK);
    assert_int_equal(fsz_grants_add(grants, FSZ_RIGHT_EVENTS, peer->user[0] ? peer->user : "*"),
                     FSZ_OK);
    if (stage->also != NULL) {
        assert_int_equal(fsz_grants_add(grants, FSZ_RIGHT_EVENTS, stage->also), FSZ_OK);
    }
    const struct fsz_principal principal = {.name = "", .grants = {grants}, .grant_count = 1};
    assert_int_equal(fsz_narrow_new(&principal, &stream, &narrow), FSZ_OK);
    fsz_grants_free(&grants);
    return narrow;
}

static int stage_set_up(void **state)
{
    struct stage            *stage = calloc(1, sizeof(*stage));
    struct fsz_audience_ways ways = {stage, stage_give, stage_narrow};
    assert_int_equal(fsz_subscriptions_new(&stage->subscriptions, 8, 100), FSZ_OK);
    assert_int_equal(fsz_audience_new(stage->subscriptions, &ways, &stage->audience), FSZ_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, stage->pairs[i]), 0);
        stage->peers[i] = (struct fsz_peer){.serial = (uint64_t)i + 1, .fd = stage->pairs[i][0]};
    }
    strcpy(stage->peers[0].user, "DTMF");
    strcpy(stage->peers[1].user, "API*");
    *state = stage;
    return 0;
}

static void stage_close(struct stage *stage, int peer)
{
    for (int end = 0; end < 2; end++) {
        if (stage->pairs[peer][end] >= 0) {
            close(stage->pairs[peer][end]);
            stage->pairs[peer][end] = -1;
        }
    }
}

static int stage_tear_down(void **state)
{
    struct stage *stage = *state;
    fsz_audience_free(&stage->audience);
    assert_int_equal(fsz_subscriptions_count(stage->subscriptions), 0);
    fsz_subscriptions_free(&stage->subscriptions);
    stage_close(stage, 0);
    stage_close(stage, 1);
    free(stage);
    return 0;
}

static size_t change(struct stage *stage, int peer, bool came, const char *prefix)
{
    static const struct fsz_peer inside = {.fd = -1};
    stage->told[0] = '\0';
    return fsz_audience_change(stage->audience, peer < 0 ? &inside : &stage->peers[peer], came,
                               prefix, strlen(prefix));
}

static void sweep_until_count(struct stage *stage, size_t count)
{
    const struct timespec pause = {.tv_nsec = 20 * 1000000};
    for (int i = 0; i < 500 && fsz_audience_count(stage->audience) != count; i++) {
        fsz_audience_sweep(stage->audience);
        nanosleep(&pause, NULL);
    }
    assert_int_equal(fsz_audience_count(stage->audience), count);
}

static void test_a_connection_gets_what_it_may_have(void **state)
{
    struct stage *stage = *state;
    assert_int_equal(change(stage, 0, true, ""), 3);
    assert_string_equal(stage->told, "+DTMF/;+.beat/;+.bye/;");
    assert_int_equal(change(stage, 1, true, "API/"), 1);
    assert_string_equal(stage->told, "+API/;");
    assert_int_equal(change(stage, 1, true, "DTMF/"), 0);
    assert_string_equal(stage->told, "");
    assert_int_equal(fsz_subscriptions_count(stage->subscriptions), 4);
}

static void test_those_with_the_same_grants_have_one_view(void **state)
{
    struct stage *stage = *state;
    assert_null(fsz_audience_views(stage->audience));
    strcpy(stage->peers[1].user, "DTMF");
    change(stage, 0, true, "");
    struct fsz_view *view = fsz_audience_views(stage->audience);
    assert_true(view->news && view->members == 1 && view->next == NULL);
    view->news = false;
    change(stage, 1, true, "DTMF/");
    assert_ptr_equal(fsz_audience_views(stage->audience), view);
    assert_true(view->news && view->members == 2 && view->next == NULL);
    change(stage, -1, true, ""); /* may see everything */
    assert_int_equal(fsz_audience_views(stage->audience)->members, 1);
    assert_true(fsz_narrow_sees_all(fsz_audience_views(stage->audience)->narrow));
    stage_close(stage, 0);
    fsz_audience_gone(stage->audience, "", 0);
    sweep_until_count(stage, 2);
    assert_int_equal(view->members, 1);
}

static void test_wishes_that_come_down_to_the_same_are_given_once_and_taken_back_last(void **state)
{
    struct stage *stage = *state;
    change(stage, 0, true, "D");
    assert_string_equal(stage->told, "+DTMF/;");
    change(stage, 0, true, "DT");
    assert_string_equal(stage->told, "");
    change(stage, 0, false, "D");
    assert_string_equal(stage->told, "");
    change(stage, 0, false, "DT");
    assert_string_equal(stage->told, "-DTMF/;");
    assert_int_equal(fsz_subscriptions_count(stage->subscriptions), 0);
}

static void test_the_same_wish_twice_counts_once(void **state)
{
    struct stage *stage = *state;
    change(stage, 0, true, "DTMF/a");
    assert_int_equal(change(stage, 0, true, "DTMF/a"), 1);
    assert_string_equal(stage->told, "");
    change(stage, 0, false, "DTMF/a");
    assert_string_equal(stage->told, "-DTMF/a;");
    change(stage, 0, false, "DTMF/a");
    assert_string_equal(stage->told, "");
}

static void test_an_ended_connection_is_found_though_libzmq_does_not_name_it(void **state)
{
    struct stage *stage = *state;
    change(stage, 0, true, "");
    change(stage, 1, true, "");
    fsz_audience_gone(stage->audience, "", 0); /* told before the descriptor is closed */
    assert_false(fsz_audience_sweep(stage->audience));
    assert_int_not_equal(fsz_audience_next_sweep_ms(stage->audience), INT64_MAX);
    stage_close(stage, 0);
    sweep_until_count(stage, 1);
    assert_int_equal(fsz_subscriptions_count(stage->subscriptions), 3);
}

static void test_a_number_used_again_is_another_connection(void **state)
{
    struct stage *stage = *state;
    change(stage, 0, true, "");
    int number = stage->pairs[0][0];
    stage_close(stage, 0);
    int other[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, other), 0);
    assert_int_equal(dup2(other[0], number), number);
    fsz_audience_gone(stage->audience, "", 0);
    sweep_until_count(stage, 0);
    close(number);
    if (other[0] != number) {
        close(other[0]);
    }
    close(other[1]);
}

static void test_a_subscriber_inside_is_never_taken_for_an_ended_connection(void **state)
{
    struct stage *stage = *state;
    change(stage, -1, true, "DTMF/");
    change(stage, 0, true, "DTMF/");
    fsz_audience_gone(stage->audience, "DTMF/", 5);
    stage_close(stage, 0);
    sweep_until_count(stage, 1);
    assert_int_equal(fsz_subscriptions_count(stage->subscriptions), 1);
    fsz_audience_gone(stage->audience, "DTMF/", 5); /* now it can only be the one inside */
    assert_int_equal(fsz_subscriptions_count(stage->subscriptions), 0);
}

static void test_a_review_cuts_off_those_whose_grants_changed(void **state)
{
    struct stage *stage = *state;
    char          byte;
    change(stage, 0, true, "");
    assert_int_equal(fsz_audience_review(stage->audience), 0);
    stage->also = "HEARTBEAT";
    assert_int_equal(fsz_audience_review(stage->audience), 1);
    assert_int_equal(read(stage->pairs[0][1], &byte, 1), 0); /* end of file, at the other end */
}

int main(void)
{
#define AUDIENCE_TEST(test) cmocka_unit_test_setup_teardown(test, stage_set_up, stage_tear_down)
    static const struct CMUnitTest tests[] = {
        AUDIENCE_TEST(test_a_connection_gets_what_it_may_have),
        AUDIENCE_TEST(test_those_with_the_same_grants_have_one_view),
        AUDIENCE_TEST(test_wishes_that_come_down_to_the_same_are_given_once_and_taken_back_last),
        AUDIENCE_TEST(test_the_same_wish_twice_counts_once),
        AUDIENCE_TEST(test_an_ended_connection_is_found_though_libzmq_does_not_name_it),
        AUDIENCE_TEST(test_a_number_used_again_is_another_connection),
        AUDIENCE_TEST(test_a_subscriber_inside_is_never_taken_for_an_ended_connection),
        AUDIENCE_TEST(test_a_review_cuts_off_those_whose_grants_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
