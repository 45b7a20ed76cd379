/* SPDX-License-Identifier: MPL-2.0 */
#include "stream/subscription_filter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct fsz_grants *grants_of(const char *const *events, const char *streams)
{
    struct fsz_grants *grants = NULL;
    assert_int_equal(fsz_grants_new(&grants), FSZ_OK);
    assert_int_equal(fsz_grants_add(grants, FSZ_RIGHT_STREAMS, streams), FSZ_OK);
    for (; *events != NULL; events++) {
        assert_int_equal(fsz_grants_add(grants, FSZ_RIGHT_EVENTS, *events), FSZ_OK);
    }
    return grants;
}

static struct fsz_stream_config stream_of(enum fsz_framing framing)
{
    static char  names[3][16] = {"Event-Name", "Event-Subclass", "Unique-ID"};
    static char *topic[] = {names[0], names[1], names[2]};
    static char  name[] = "live";
    return (struct fsz_stream_config){
        .name = name, .framing = framing, .topic = topic, .topic_count = 3};
}

static struct fsz_subscription_filter *
subscription_filter_of(const char *const *events, const char *streams,
                       const struct fsz_stream_config *stream)
{
    struct fsz_grants              *grants = grants_of(events, streams);
    struct fsz_subscription_filter *subscription_filter = NULL;
    struct fsz_principal principal = {.name = "alice", .grants = {grants}, .grant_count = 1};
    assert_int_equal(fsz_subscription_filter_new(&principal, stream, &subscription_filter), FSZ_OK);
    fsz_grants_free(&grants);
    return subscription_filter;
}

static void put(void *argument, const void *prefix, size_t size)
{
    char *text = argument;
    sprintf(text + strlen(text), "<%.*s>", (int)size, (const char *)prefix);
}

static void assert_comes_to(const struct fsz_subscription_filter *subscription_filter,
                            const char *subscription, const char *expected)
{
    char text[1024] = "";
    fsz_subscription_filter_apply(subscription_filter, subscription, strlen(subscription), put,
                                  text);
    assert_string_equal(text, expected);
}

static void test_a_grant_of_everything_leaves_subscriptions_unchanged(void **state)
{
    static const char *const        events[] = {"*", NULL};
    struct fsz_stream_config        stream = stream_of(FSZ_FRAMING_JSON);
    struct fsz_subscription_filter *subscription_filter =
        subscription_filter_of(events, "*", &stream);
    (void)state;
    assert_comes_to(subscription_filter, "", "<>");
    assert_comes_to(subscription_filter, "any", "<any>");
    fsz_subscription_filter_free(&subscription_filter);
}

static void test_json_subscriptions_are_filtered_to_the_granted_types(void **state)
{
    static const char *const        events[] = {"CHANNEL_HANGUP", "channel_a*", "CUSTOM/sofia::*",
                                                "CUSTOM/a\"b", NULL};
    struct fsz_stream_config        stream = stream_of(FSZ_FRAMING_JSON);
    struct fsz_subscription_filter *subscription_filter =
        subscription_filter_of(events, "li*", &stream);
    (void)state;
    assert_comes_to(subscription_filter, "",
                    "<{\"Event-Name\":\"CHANNEL_HANGUP\"><{\"Event-Name\":\"CHANNEL_A>"
                    "<{\"Event-Name\":\"CUSTOM\",\"Event-Subclass\":\"sofia::>"
                    "<{\"Event-Name\":\"CUSTOM\",\"Event-Subclass\":\"a\\\"b\">");
    assert_comes_to(subscription_filter, "{\"Event-Name\":\"CHANNEL_HANGUP\",\"Core",
                    "<{\"Event-Name\":\"CHANNEL_HANGUP\",\"Core>");
    assert_comes_to(subscription_filter, "{\"Event-Name\":\"CHANNEL_HANGUP_COMPLETE\"", "");
    assert_comes_to(subscription_filter, "{\"Event-Name\":\"CHANNEL_ANSWER\"",
                    "<{\"Event-Name\":\"CHANNEL_ANSWER\">");
    assert_comes_to(subscription_filter,
                    "{\"Event-Name\":\"CUSTOM\",\"Event-Subclass\":\"conference", "");
    assert_comes_to(subscription_filter, "{\"Event-Name\":\"CUSTOM\"",
                    "<{\"Event-Name\":\"CUSTOM\",\"Event-Subclass\":\"sofia::>"
                    "<{\"Event-Name\":\"CUSTOM\",\"Event-Subclass\":\"a\\\"b\">");
    fsz_subscription_filter_free(&subscription_filter);
}

static void test_topics_are_filtered_and_own_messages_stay(void **state)
{
    static const char *const        events[] = {"DTMF", "CUSTOM/a/b*", "HEART*", NULL};
    struct fsz_stream_config        stream = stream_of(FSZ_FRAMING_ENVELOPE);
    struct fsz_subscription_filter *subscription_filter =
        subscription_filter_of(events, "live", &stream);
    (void)state;
    assert_comes_to(subscription_filter, "", "<DTMF/><CUSTOM/a%2Fb><HEART><.beat/><.bye/><.lost/>");
    assert_comes_to(subscription_filter, ".", "<.beat/><.bye/><.lost/>");
    assert_comes_to(subscription_filter, ".beat/", "<.beat/>");
    assert_comes_to(subscription_filter, ".beat/0", "<.beat/0>");
    assert_comes_to(subscription_filter, ".lost/", "<.lost/>");
    assert_comes_to(subscription_filter, ".bye/", "<.bye/>");
    assert_comes_to(subscription_filter, "DTMF/", "<DTMF/>");
    assert_comes_to(subscription_filter, "DTMF", "<DTMF/>");
    assert_comes_to(subscription_filter, "CHANNEL_", "");
    fsz_subscription_filter_free(&subscription_filter);
}

static void test_topics_that_do_not_begin_with_the_type_show_nothing_when_filtered(void **state)
{
    static const char *const some[] = {"DTMF", NULL}, *const all[] = {"*", NULL};
    static char              uuid[] = "Unique-ID", name[] = "Event-Name", sub[] = "Event-Subclass";
    char                    *topic[] = {uuid, name, sub};
    struct fsz_stream_config stream = stream_of(FSZ_FRAMING_ENVELOPE);
    stream.topic = topic;
    struct fsz_subscription_filter *subscription_filter =
        subscription_filter_of(some, "*", &stream);
    (void)state;
    assert_comes_to(subscription_filter, "", "<.beat/><.bye/><.lost/>");
    assert_false(fsz_subscription_filter_shows(subscription_filter, "DTMF//", 6));
    fsz_subscription_filter_free(&subscription_filter);
    subscription_filter = subscription_filter_of(all, "*", &stream);
    assert_comes_to(subscription_filter, "", "<>");
    fsz_subscription_filter_free(&subscription_filter);
}

static void test_an_ungranted_stream_or_unknown_user_shows_nothing(void **state)
{
    static const char *const        all[] = {"*", NULL};
    struct fsz_stream_config        stream = stream_of(FSZ_FRAMING_JSON);
    struct fsz_subscription_filter *subscription_filter =
                                       subscription_filter_of(all, "other", &stream),
                                   *nobody = NULL;
    (void)state;
    assert_comes_to(subscription_filter, "", "");
    assert_int_equal(fsz_subscription_filter_new(NULL, &stream, &nobody), FSZ_OK);
    assert_comes_to(nobody, "", "");
    assert_true(fsz_subscription_filter_same(subscription_filter, nobody));
    fsz_subscription_filter_free(&subscription_filter);
    fsz_subscription_filter_free(&nobody);
}

static void test_filters_of_equal_grants_are_equal(void **state)
{
    static const char *const one[] = {"DTMF", "API", NULL}, *const two[] = {"DTMF", "APP", NULL};
    struct fsz_stream_config        stream = stream_of(FSZ_FRAMING_JSON);
    struct fsz_subscription_filter *a = subscription_filter_of(one, "*", &stream),
                                   *b = subscription_filter_of(one, "*", &stream);
    struct fsz_subscription_filter *c = subscription_filter_of(two, "*", &stream);
    (void)state;
    assert_true(fsz_subscription_filter_same(a, b));
    assert_false(fsz_subscription_filter_same(a, c));
    fsz_subscription_filter_free(&a);
    fsz_subscription_filter_free(&b);
    fsz_subscription_filter_free(&c);
}

static void test_beats_name_only_the_granted_types(void **state)
{
    static const char *const some[] = {"DTMF", "CUSTOM/a*", NULL}, *const all[] = {"*", NULL};
    struct fsz_stream_config        stream = stream_of(FSZ_FRAMING_ENVELOPE);
    struct fsz_subscription_filter *part = subscription_filter_of(some, "*", &stream),
                                   *whole = subscription_filter_of(all, "*", &stream);
    (void)state;
    assert_true(fsz_subscription_filter_shows(part, "DTMF//", 6) &&
                fsz_subscription_filter_shows(part, "CUSTOM/ab/", 10));
    assert_false(fsz_subscription_filter_shows(part, "DTMFX//", 7) ||
                 fsz_subscription_filter_shows(part, "CUSTOM/b/", 9));
    assert_false(fsz_subscription_filter_sees_all(part));
    assert_true(fsz_subscription_filter_sees_all(whole) &&
                fsz_subscription_filter_shows(whole, "X//", 3));
    fsz_subscription_filter_free(&part);
    fsz_subscription_filter_free(&whole);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_grant_of_everything_leaves_subscriptions_unchanged),
        cmocka_unit_test(test_json_subscriptions_are_filtered_to_the_granted_types),
        cmocka_unit_test(test_topics_are_filtered_and_own_messages_stay),
        cmocka_unit_test(test_topics_that_do_not_begin_with_the_type_show_nothing_when_filtered),
        cmocka_unit_test(test_an_ungranted_stream_or_unknown_user_shows_nothing),
        cmocka_unit_test(test_filters_of_equal_grants_are_equal),
        cmocka_unit_test(test_beats_name_only_the_granted_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
