/* SPDX-License-Identifier: MPL-2.0 */
#include "pub_rig.h"

enum { FLOOD = 200000, ORACLE_STEPS = 400, ORACLE_TOPICS = 15 };

static int setup(void **state)
{
    struct pub_rig *rig = malloc(sizeof(*rig));
    if (rig != NULL) {
        rig_init(rig);
    }
    *state = rig;
    return rig == NULL;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

/* ---- the set --------------------------------------------------------------------------------- */

static void test_second_subscription_to_one_prefix_is_the_same_one(void **state)
{
    struct pub_rig *rig = *state;
    rig_start(rig);
    int fd = bare_subscriber(rig->endpoint);
    bare_send(fd, 1, "twice");
    bare_send(fd, 1, "twice");
    bare_send(fd, 1, "once");
    rig_wait_subscriptions(rig, 2);
    assert_int_equal(rig_figures(rig).subscription_bytes, 9);
    bare_send(fd, 0, "twice");
    rig_wait_subscriptions(rig, 1);
    assert_int_equal(rig_send(rig, "twice"), 0);
    assert_int_equal(rig_send(rig, "once"), 1);
    close(fd);
    rig_wait_for(rig, &rig->notes.left, 1);
    assert_int_equal(rig_figures(rig).subscription_bytes, 0);
    rig_stop(rig);
}

static void test_cancel_of_what_was_never_asked_changes_nothing(void **state)
{
    struct pub_rig *rig = *state;
    char            prefix[16];
    rig_start(rig);
    int other = bare_subscriber(rig->endpoint);
    bare_send(other, 1, "p7");
    int fd = bare_subscriber(rig->endpoint);
    for (int i = 0; i < 2000; i++) {
        snprintf(prefix, sizeof(prefix), "p%d", i);
        bare_send(fd, 0, prefix);
    }
    bare_send(fd, 1, "x");
    rig_wait_subscriptions(rig, 2);
    assert_int_equal(rig_send(rig, "p7"), 1);
    assert_int_equal(rig_send(rig, "x"), 1);
    assert_int_equal(rig_notes(rig).left, 0);
    close(fd);
    close(other);
    rig_wait_for(rig, &rig->notes.left, 2);
    rig_stop(rig);
}

static void test_subscriptions_may_come_as_commands(void **state)
{
    static const uint8_t subscribe[] = "\4\15\11SUBSCRIBEabc";
    static const uint8_t cancel[] = "\4\12\6CANCELabc";
    struct pub_rig      *rig = *state;
    rig_start(rig);
    int fd = bare_subscriber(rig->endpoint);
    bare_write(fd, subscribe, sizeof(subscribe) - 1);
    rig_wait_subscriptions(rig, 1);
    assert_int_equal(rig_send(rig, "abcd"), 1);
    bare_write(fd, cancel, sizeof(cancel) - 1);
    rig_wait_subscriptions(rig, 0);
    bare_send(fd, 1, "abc");
    rig_wait_subscriptions(rig, 1);
    bare_write(fd, cancel, sizeof(cancel) - 1);
    rig_wait_subscriptions(rig, 0);
    close(fd);
    rig_wait_for(rig, &rig->notes.left, 1);
    rig_stop(rig);
}

/* Which of the topics 'a' to 'o' a publisher sends to a client after these actions. */
struct oracle {
    int      fd;
    unsigned seed;
    char     prefix[4];
};

static void oracle_step(struct oracle *oracle)
{
    oracle->seed = oracle->seed * 1103515245U + 12345U;
    unsigned size = (oracle->seed >> 16) % 3;
    for (unsigned i = 0; i < size; i++) {
        oracle->prefix[i] = (char)('a' + (oracle->seed >> (20 + 3 * i)) % 3);
    }
    oracle->prefix[size] = '\0';
    bare_send(oracle->fd, (oracle->seed >> 29) % 2, oracle->prefix);
}

/* The n-th topic of up to two letters. */
static void oracle_topic(unsigned n, char ret_topic[4])
{
    snprintf(ret_topic, 4, "%s", "");
    if (n >= 3) {
        snprintf(ret_topic, 4, "%c%c", 'a' + (n - 3) / 3, 'a' + (n - 3) % 3);
    } else {
        snprintf(ret_topic, 4, "%c", 'a' + n);
    }
}

/* When libzmq's XPUB reports the mark, it has processed what was sent before it. */
static void oracle_settle(int fd, void *xpub)
{
    char got[64] = "";
    bare_send(fd, 1, "mark");
    while (strcmp(got, "\1mark") != 0) {
        int size = zmq_recv(xpub, got, sizeof(got) - 1, 0);
        assert_true(size >= 0);
        got[size] = '\0';
    }
}

static void oracle_send(struct pub_rig *rig, void *xpub, bool own, const char *topic)
{
    if (own) {
        rig_send(rig, topic);
    } else {
        zmq_send(xpub, topic, strlen(topic), 0);
    }
}

static void oracle_outcome(struct pub_rig *rig, void *xpub, bool own, int fd, char ret_got[256])
{
    char topic[256];
    for (unsigned i = 0; i < 12; i++) {
        oracle_topic(i, topic);
        oracle_send(rig, xpub, own, topic);
    }
    oracle_send(rig, xpub, own, "mark");
    ret_got[0] = '\0';
    do {
        bare_receive(fd, topic);
        size_t used = strlen(ret_got);
        snprintf(ret_got + used, 256 - used, "%s ", topic);
    } while (strcmp(topic, "mark") != 0);
}

static void test_any_order_of_subscriptions_has_the_outcome_of_libzmq(void **state)
{
    struct pub_rig *rig = *state;
    char            endpoint[64], own[256], theirs[256];
    size_t          size = sizeof(endpoint);
    rig_start(rig);
    void *xpub = rig_client(rig, ZMQ_XPUB);
    assert_int_equal(zmq_bind(xpub, "tcp://127.0.0.1:*"), 0);
    zmq_getsockopt(xpub, ZMQ_LAST_ENDPOINT, endpoint, &size);
    struct oracle a = {.fd = bare_subscriber(rig->endpoint), .seed = 10};
    struct oracle b = {.fd = bare_subscriber(endpoint), .seed = 10};
    for (unsigned i = 0; i < ORACLE_STEPS; i++) {
        oracle_step(&a);
        oracle_step(&b);
        if (i % 8 == 7) {
            bare_send(a.fd, 1, "mark");
            bare_settle(rig, a.fd);
            oracle_settle(b.fd, xpub);
            oracle_outcome(rig, xpub, true, a.fd, own);
            oracle_outcome(rig, xpub, false, b.fd, theirs);
            assert_string_equal(own, theirs);
            bare_send(a.fd, 0, "mark");
            bare_send(b.fd, 0, "mark");
        }
    }
    close(a.fd);
    close(b.fd);
    zmq_close(xpub);
    rig_wait_for(rig, &rig->notes.left, 1);
    rig_stop(rig);
}

/* ---- messages that are not subscriptions ----------------------------------------------------- */

static void check_stray(struct pub_rig *rig, const void *bytes, size_t size)
{
    uint64_t strays = rig_figures(rig).strays;
    unsigned left = rig_notes(rig).left;
    int      fd = bare_subscriber(rig->endpoint);
    bare_send(fd, 1, "had");
    rig_wait_subscriptions(rig, 1);
    bare_write(fd, bytes, size);
    rig_wait_for(rig, &rig->notes.left, left + 1);
    assert_true(bare_is_cut(fd));
    assert_int_equal(rig_figures(rig).strays, strays + 1);
    assert_int_equal(rig_figures(rig).subscriptions, 0);
    assert_int_equal(rig_notes(rig).ending, FSZ_ZMTP_END_PROTOCOL);
    close(fd);
}

static void test_message_that_is_no_subscription_disconnects_its_sender(void **state)
{
    struct pub_rig *rig = *state;
    rig_start(rig);
    check_stray(rig, "\0\0", 2);                /* nothing */
    check_stray(rig, "\0\3\2ab", 5);            /* another first byte */
    check_stray(rig, "\1\2\1a\0\5extra", 11);   /* a different one after it */
    check_stray(rig, "\1\5extra\0\2\1a", 11);   /* a different one before it */
    check_stray(rig, "\1\2\1a\1\0\0\2\1b", 10); /* an empty one in between */
    assert_int_equal(rig_notes(rig).wanted, 5);
    rig_stop(rig);
}

static void test_each_frame_of_a_message_may_be_a_subscription(void **state)
{
    struct pub_rig *rig = *state;
    rig_start(rig);
    int fd = bare_subscriber(rig->endpoint);
    bare_write(fd, "\1\2\1a\1\2\1b\1\2\0a\0\2\1c", 16);
    rig_wait_subscriptions(rig, 2);
    assert_int_equal(rig_send(rig, "a"), 0);
    assert_int_equal(rig_send(rig, "b"), 1);
    assert_int_equal(rig_send(rig, "c"), 1);
    close(fd);
    rig_wait_for(rig, &rig->notes.left, 1);
    rig_stop(rig);
}

static void test_client_cut_over_a_stray_frame_comes_back_and_is_served(void **state)
{
    struct pub_rig *rig = *state;
    int             soon_ms = 10;
    int             patience_ms = RIG_PATIENCE_MS;
    int64_t         end_ms = rig_now_ms() + RIG_PATIENCE_MS;
    rig_start(rig);
    void *client = rig_client(rig, ZMQ_XSUB);
    assert_int_equal(zmq_connect(client, rig->endpoint), 0);
    rig_wait_for(rig, &rig->notes.joined, 1);
    zmq_send(client, "\1two", 4, ZMQ_SNDMORE);
    zmq_send(client, "extra", 5, 0);
    rig_wait_for(rig, &rig->notes.left, 1);
    rig_wait_for(rig, &rig->notes.joined, 2);
    char spare[8];
    zmq_setsockopt(client, ZMQ_RCVTIMEO, &soon_ms, sizeof(soon_ms));
    while (rig_figures(rig).subscriptions != 1 && rig_now_ms() < end_ms) {
        zmq_recv(client, spare, sizeof(spare), 0); /* libzmq subscribes again in this call */
    }
    zmq_setsockopt(client, ZMQ_RCVTIMEO, &patience_ms, sizeof(patience_ms));
    assert_int_equal(rig_send(rig, "two.1"), 1);
    assert_topic(client, "two.1");
    zmq_close(client);
    rig_wait_for(rig, &rig->notes.left, 2);
    rig_stop(rig);
}

/* ---- bounds ---------------------------------------------------------------------------------- */

static void test_prefix_that_is_too_long_disconnects_its_sender(void **state)
{
    struct pub_rig *rig = *state;
    rig->pub_limits.prefix_bytes = 10;
    rig_start(rig);
    int fd = bare_subscriber(rig->endpoint);
    bare_send(fd, 1, "0123456789");
    rig_wait_subscriptions(rig, 1);
    bare_send(fd, 1, "0123456789x");
    rig_wait_for(rig, &rig->notes.left, 1);
    assert_int_equal(rig_notes(rig).ending, FSZ_ZMTP_END_MESSAGE_BYTES);
    close(fd);
    rig_stop(rig);
}

static void check_bound(struct pub_rig *rig, int fd, const char *bound)
{
    uint64_t refused = rig_figures(rig).refused_subscriptions;
    uint64_t before = rig_figures(rig).subscriptions;
    int64_t  end_ms = rig_now_ms() + RIG_PATIENCE_MS;
    bare_send(fd, 1, "long-one");
    while (rig_figures(rig).refused_subscriptions == refused && rig_now_ms() < end_ms) {
        rig_pause();
    }
    assert_int_equal(rig_figures(rig).refused_subscriptions, refused + 1);
    assert_int_equal(rig_figures(rig).subscriptions, before);
    assert_string_equal(rig_notes(rig).bound, bound);
    assert_int_equal(rig_send(rig, "long-one"), 0);
}

static void test_subscriptions_over_a_bound_are_refused_and_others_stay(void **state)
{
    struct pub_rig *rig = *state;
    rig_start(rig);
    int fd = bare_subscriber(rig->endpoint);
    bare_send(fd, 1, "1234");
    bare_send(fd, 1, "5");
    rig_wait_subscriptions(rig, 2);
    struct fsz_pub_limits wide = rig->pub_limits;
    rig->pub_limits.subscriptions = 2;
    rig_run(rig, rig_configure);
    check_bound(rig, fd, "subscriptions");
    rig->pub_limits = wide;
    rig->pub_limits.subscription_bytes = 12;
    rig_run(rig, rig_configure);
    check_bound(rig, fd, "subscription_bytes");
    rig->pub_limits = wide;
    rig->pub_limits.all_subscriptions = 3; /* one address may have 3 of them */
    rig_run(rig, rig_configure);
    bare_send(fd, 1, "6");
    rig_wait_subscriptions(rig, 3);
    check_bound(rig, fd, "address_subscriptions");
    rig->pub_limits = wide;
    rig->pub_limits.all_subscription_bytes = 16; /* 12 */
    rig_run(rig, rig_configure);
    check_bound(rig, fd, "address_subscription_bytes");
    bare_send(fd, 0, "1234");
    rig_wait_subscriptions(rig, 2);
    rig->pub_limits = wide;
    rig_run(rig, rig_configure);
    bare_send(fd, 1, "long-one");
    rig_wait_subscriptions(rig, 3);
    assert_int_equal(rig_send(rig, "long-one"), 1);
    close(fd);
    rig_wait_for(rig, &rig->notes.left, 1);
    rig_stop(rig);
}

/* A client from 127.0.0.`last`. */
static void *subscriber_from(struct pub_rig *rig, int last, const char *prefix)
{
    char  endpoint[128];
    void *client = rig_client(rig, ZMQ_SUB);
    snprintf(endpoint, sizeof(endpoint), "tcp://127.0.0.%d:0;%s", last, rig->endpoint + 6);
    zmq_setsockopt(client, ZMQ_SUBSCRIBE, prefix, strlen(prefix));
    assert_int_equal(zmq_connect(client, endpoint), 0);
    return client;
}

static void test_one_address_leaves_a_quarter_to_others(void **state)
{
    struct pub_rig *rig = *state;
    void           *clients[5];
    rig->pub_limits.all_subscriptions = 4;
    rig_start(rig);
    for (int i = 0; i < 3; i++) {
        clients[i] = subscriber_from(rig, 1, "one");
        rig_wait_subscriptions(rig, (uint64_t)i + 1);
    }
    zmq_setsockopt(clients[0], ZMQ_SUBSCRIBE, "more", 4);
    clients[3] = subscriber_from(rig, 2, "two");
    rig_wait_subscriptions(rig, 4);
    assert_string_equal(rig_notes(rig).bound, "address_subscriptions");
    clients[4] = subscriber_from(rig, 3, "three");
    int64_t end_ms = rig_now_ms() + RIG_PATIENCE_MS;
    while (rig_figures(rig).refused_subscriptions < 2 && rig_now_ms() < end_ms) {
        rig_pause();
    }
    assert_string_equal(rig_notes(rig).bound, "all_subscriptions");
    assert_int_equal(rig_send(rig, "one"), 3);
    assert_int_equal(rig_send(rig, "two"), 1);
    assert_int_equal(rig_send(rig, "three"), 0);
    for (int i = 0; i < 5; i++) {
        zmq_close(clients[i]);
    }
    rig_wait_for(rig, &rig->notes.left, 5);
    rig_stop(rig);
}

static void test_flood_of_subscriptions_and_cancels_leaves_nothing(void **state)
{
    struct pub_rig *rig = *state;
    char            bytes[12 * 100];
    rig_start(rig);
    void *other = rig_subscriber(rig, "other");
    rig_wait_subscriptions(rig, 1);
    int fd = bare_subscriber(rig->endpoint);
    for (unsigned i = 0; i < FLOOD; i += 100) {
        for (unsigned n = 0; n < 100; n++) {
            unsigned value = (i + n) * 2654435761U;
            char    *at = bytes + n * sizeof(bytes) / 100;
            memcpy(at, "\0\4\1", 3);
            memcpy(at + 3, &value, 3);
            memcpy(at + 6, "\0\4\0", 3);
            memcpy(at + 9, &value, 3);
        }
        bare_write(fd, bytes, sizeof(bytes));
        if (i % (FLOOD / 20) == 0) {
            assert_int_equal(rig_send(rig, "other"), 1);
            assert_topic(other, "other");
        }
    }
    bare_settle(rig, fd);
    assert_int_equal(rig_figures(rig).prefixes, 1);
    assert_int_equal(rig_figures(rig).subscriptions, 1);
    assert_int_equal(rig_notes(rig).left, 0);
    close(fd);
    zmq_close(other);
    rig_wait_for(rig, &rig->notes.left, 2);
    rig_stop(rig);
}

/* ---- subscription filter --------------------------------------------------------------------- */

/* The filter allows single letters; a subscription is filtered to those that begin it or that it
 * begins. */
static void filter_to_letters(void *self, struct fsz_subscriber *subscriber, const void *prefix,
                              size_t size, fsz_pub_take_fn take, void *argument)
{
    const struct pub_rig *rig = self;
    (void)subscriber;
    for (const char *letter = rig->test; *letter != '\0'; letter++) {
        if (size == 0) {
            take(argument, letter, 1);
        } else if (*(const char *)prefix == *letter) {
            take(argument, size > 1 ? prefix : letter, size);
        }
    }
}

static void test_subscription_comes_down_to_what_is_granted(void **state)
{
    struct pub_rig *rig = *state;
    rig->handler.subscription_filter = filter_to_letters;
    rig->test = "ab";
    rig_start(rig);
    int fd = bare_subscriber(rig->endpoint);
    bare_send(fd, 1, "");
    rig_wait_subscriptions(rig, 1);
    assert_int_equal(rig_figures(rig).prefixes, 2);
    assert_string_equal(rig_notes(rig).changes, "+a +b ");
    assert_int_equal(rig_send(rig, "a1"), 1);
    assert_int_equal(rig_send(rig, "c1"), 0);
    bare_send(fd, 1, "a");
    rig_wait_subscriptions(rig, 2);
    bare_send(fd, 0, "");
    rig_wait_subscriptions(rig, 1);
    assert_string_equal(rig_notes(rig).changes, "+a +b -b ");
    assert_int_equal(rig_send(rig, "a2"), 1);
    assert_int_equal(rig_send(rig, "b2"), 0);
    bare_send(fd, 1, "c");
    rig_wait_subscriptions(rig, 2);
    assert_int_equal(rig_figures(rig).denied_subscriptions, 1);
    assert_int_equal(rig_notes(rig).denied, 1);
    assert_int_equal(rig_figures(rig).refused_subscriptions, 0);
    assert_int_equal(rig_send(rig, "c2"), 0);
    close(fd);
    rig_wait_for(rig, &rig->notes.left, 1);
    assert_string_equal(rig_notes(rig).changes, "+a +b -b -a ");
    rig_stop(rig);
}

static void test_review_reports_what_came_and_what_went_and_nothing_else(void **state)
{
    struct pub_rig *rig = *state;
    rig->handler.subscription_filter = filter_to_letters;
    rig->test = "ab";
    rig_start(rig);
    int first = bare_subscriber(rig->endpoint);
    int second = bare_subscriber(rig->endpoint);
    bare_send(first, 1, "");
    rig_wait_subscriptions(rig, 1);
    bare_send(second, 1, "b");
    bare_send(second, 1, "c");
    rig_wait_subscriptions(rig, 3);
    assert_string_equal(rig_notes(rig).changes, "+a +b ");
    rig->test = "bc";
    rig_forget_changes(rig);
    rig_run(rig, rig_review);
    assert_string_equal(rig_notes(rig).changes, "+c -a ");
    assert_int_equal(rig_send(rig, "a"), 0);
    assert_int_equal(rig_send(rig, "b"), 2);
    assert_int_equal(rig_send(rig, "c"), 2);
    rig_run(rig, rig_review);
    assert_string_equal(rig_notes(rig).changes, "+c -a ");
    bare_send(second, 0, "c");
    bare_send(second, 0, "b");
    rig_wait_subscriptions(rig, 1);
    assert_string_equal(rig_notes(rig).changes, "+c -a ");
    close(first);
    close(second);
    rig_wait_for(rig, &rig->notes.left, 2);
    assert_int_equal(rig_figures(rig).prefixes, 0);
    rig_stop(rig);
}

static void *review_main(void *argument)
{
    struct pub_rig *rig = argument;
    for (int i = 0; i < 50; i++) {
        rig_run(rig, rig_review);
    }
    return NULL;
}

static void filter_in_turns(void *self, struct fsz_subscriber *subscriber, const void *prefix,
                            size_t size, fsz_pub_take_fn take, void *argument)
{
    struct pub_rig *rig = self;
    static unsigned turn;
    char            other[8];
    (void)subscriber;
    snprintf(other, sizeof(other), "o%u", turn++ % 5);
    take(argument, prefix, size);
    if (rig->test != NULL) {
        take(argument, other, 2);
    }
}

static void test_no_message_is_lost_for_a_prefix_that_stays_during_reviews(void **state)
{
    struct pub_rig *rig = *state;
    pthread_t       thread;
    char            topic[32];
    rig->handler.subscription_filter = filter_in_turns;
    rig_start(rig);
    void *clients[4];
    for (int i = 0; i < 4; i++) {
        clients[i] = rig_subscriber(rig, "stays");
    }
    rig_wait_subscriptions(rig, 4);
    rig->test = rig;
    assert_int_equal(pthread_create(&thread, NULL, review_main, rig), 0);
    for (int i = 0; i < 500; i++) {
        snprintf(topic, sizeof(topic), "stays.%d", i);
        assert_int_equal(rig_send(rig, topic), 4);
    }
    pthread_join(thread, NULL);
    for (int n = 0; n < 4; n++) {
        for (int i = 0; i < 500; i++) {
            snprintf(topic, sizeof(topic), "stays.%d", i);
            assert_topic(clients[n], topic);
        }
        zmq_close(clients[n]);
    }
    rig_wait_for(rig, &rig->notes.left, 4);
    rig_stop(rig);
}

#define rig_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        rig_test(test_second_subscription_to_one_prefix_is_the_same_one),
        rig_test(test_cancel_of_what_was_never_asked_changes_nothing),
        rig_test(test_subscriptions_may_come_as_commands),
        rig_test(test_any_order_of_subscriptions_has_the_outcome_of_libzmq),
        rig_test(test_message_that_is_no_subscription_disconnects_its_sender),
        rig_test(test_each_frame_of_a_message_may_be_a_subscription),
        rig_test(test_client_cut_over_a_stray_frame_comes_back_and_is_served),
        rig_test(test_prefix_that_is_too_long_disconnects_its_sender),
        rig_test(test_subscriptions_over_a_bound_are_refused_and_others_stay),
        rig_test(test_one_address_leaves_a_quarter_to_others),
        rig_test(test_flood_of_subscriptions_and_cancels_leaves_nothing),
        rig_test(test_subscription_comes_down_to_what_is_granted),
        rig_test(test_review_reports_what_came_and_what_went_and_nothing_else),
        rig_test(test_no_message_is_lost_for_a_prefix_that_stays_during_reviews),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
