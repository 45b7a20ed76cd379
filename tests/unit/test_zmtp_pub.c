/* SPDX-License-Identifier: MPL-2.0 */
#include "pub_rig.h"

#include <sodium.h>

enum { MANY_SUBSCRIBERS = 200, MANY_PREFIXES = 300, FLOW_ROUNDS = 300, FLOW_THREADS = 2 };

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

static void test_subscriber_gets_what_it_subscribed_to_once(void **state)
{
    struct pub_rig *rig = *state;
    rig_start(rig);
    void *client = rig_subscriber(rig, "call");
    zmq_setsockopt(client, ZMQ_SUBSCRIBE, "call.hangup", 11);
    zmq_setsockopt(client, ZMQ_SUBSCRIBE, "", 0);
    rig_wait_subscriptions(rig, 3);
    assert_int_equal(rig_send(rig, "call.hangup.1"), 1);
    assert_int_equal(rig_send(rig, "other"), 1);
    assert_topic(client, "call.hangup.1");
    assert_topic(client, "other");
    zmq_setsockopt(client, ZMQ_UNSUBSCRIBE, "", 0);
    rig_wait_subscriptions(rig, 2);
    assert_int_equal(rig_send(rig, "other"), 0);
    assert_int_equal(rig_send(rig, "call.2"), 1);
    assert_topic(client, "call.2");
    zmq_close(client);
    rig_wait_subscriptions(rig, 0);
    rig_stop(rig);
}

static void test_message_nobody_wants_goes_nowhere(void **state)
{
    struct pub_rig *rig = *state;
    rig_start(rig);
    assert_int_equal(rig_send(rig, "x"), 0);
    void *client = rig_subscriber(rig, "abc");
    rig_wait_subscriptions(rig, 1);
    fsz_pub_lock(rig->pub);
    assert_true(fsz_pub_wants(rig->pub, "ab", 2));
    assert_true(fsz_pub_wants(rig->pub, "abcd", 4));
    assert_false(fsz_pub_wants(rig->pub, "x", 1));
    fsz_pub_unlock(rig->pub);
    assert_int_equal(rig_send(rig, "ab"), 0);
    zmq_close(client);
    rig_wait_subscriptions(rig, 0);
    rig_stop(rig);
}

/* What a walk over all subscribers finds. */
struct look {
    struct pub_rig *rig;
    unsigned        count, seeing;
};

static bool look_at(void *argument, struct fsz_subscriber *subscriber)
{
    struct look *look = argument;
    look->count++;
    look->seeing += fsz_pub_sees(look->rig->pub, subscriber, "b.topic", 7);
    assert_string_equal(subscriber->data, "data");
    assert_int_equal(subscriber->subscriptions, 1);
    return true;
}

static void look_at_all(struct pub_rig *rig)
{
    struct look *look = rig->test;
    fsz_pub_each(rig->pub, look_at, look);
}

static void test_each_shows_subscribers_and_what_they_see(void **state)
{
    struct pub_rig *rig = *state;
    struct look     look = {.rig = rig};
    rig_start(rig);
    void *a = rig_subscriber(rig, "a.");
    void *b = rig_subscriber(rig, "b.");
    void *c = rig_subscriber(rig, "b.topic.more");
    rig_wait_subscriptions(rig, 3);
    rig->test = &look;
    rig_run(rig, look_at_all);
    assert_int_equal(look.count, 3);
    assert_int_equal(look.seeing, 1);
    fsz_pub_lock(rig->pub);
    assert_int_equal(fsz_pub_count(rig->pub), 3);
    assert_true(fsz_pub_is_idle(rig->pub, 3));
    assert_false(fsz_pub_is_idle(rig->pub, 2));
    fsz_pub_unlock(rig->pub);
    zmq_close(a);
    zmq_close(b);
    zmq_close(c);
    rig_wait_for(rig, &rig->notes.left, 3);
    rig_stop(rig);
}

static bool send_one(void *argument, struct fsz_subscriber *subscriber)
{
    struct pub_rig          *rig = argument;
    struct fsz_zmtp_message *message = rig_message("private", 4, FSZ_ZMTP_HIGH);
    assert_int_equal(fsz_pub_send_to(rig->pub, subscriber, message), FSZ_OK);
    fsz_zmtp_message_unref(message);
    return false;
}

static void send_to_first(struct pub_rig *rig)
{
    fsz_pub_each(rig->pub, send_one, rig);
}

static void test_one_subscriber_may_be_sent_what_it_did_not_ask_for(void **state)
{
    struct pub_rig *rig = *state;
    rig_start(rig);
    int  fd = bare_subscriber(rig->endpoint);
    char topic[256];
    rig_wait_for(rig, &rig->notes.joined, 1);
    rig_run(rig, send_to_first);
    bare_receive(fd, topic);
    assert_string_equal(topic, "private");
    close(fd);
    rig_wait_for(rig, &rig->notes.left, 1);
    assert_int_equal(rig_notes(rig).ending, FSZ_ZMTP_END_PEER);
    rig_stop(rig);
}

static bool kick_one(void *argument, struct fsz_subscriber *subscriber)
{
    (void)argument;
    fsz_conn_kick(subscriber->conn);
    return true;
}

static void kick_all(struct pub_rig *rig)
{
    fsz_pub_each(rig->pub, kick_one, NULL);
}

static void test_kicked_subscriber_leaves_with_what_it_had(void **state)
{
    struct pub_rig *rig = *state;
    rig_start(rig);
    int fd = bare_subscriber(rig->endpoint);
    bare_send(fd, 1, "some");
    rig_wait_subscriptions(rig, 1);
    rig_run(rig, kick_all);
    rig_wait_for(rig, &rig->notes.left, 1);
    assert_int_equal(rig_notes(rig).ending, FSZ_ZMTP_END_KICKED);
    assert_true(bare_is_cut(fd));
    assert_int_equal(rig_figures(rig).subscriptions, 0);
    assert_int_equal(rig_figures(rig).prefixes, 0);
    assert_string_equal(rig_notes(rig).changes, "+some -some ");
    close(fd);
    rig_stop(rig);
}

static void failed_note(void *self, struct fsz_conn *conn, enum fsz_zmtp_ending ending)
{
    struct pub_rig *rig = self;
    (void)conn;
    fsz_pub_lock(rig->pub);
    rig->notes.ending = ending;
    rig->notes.denied++;
    fsz_pub_unlock(rig->pub);
}

static void test_connection_that_never_was_a_subscriber_is_reported_as_failed(void **state)
{
    struct pub_rig *rig = *state;
    rig->handler.failed = failed_note;
    rig_start(rig);
    int fd = bare_open(rig->endpoint);
    bare_write(fd, "GET / HTTP/1.1\r\n\r\n", 18);
    rig_wait_for(rig, &rig->notes.denied, 1);
    assert_int_equal(rig_notes(rig).ending, FSZ_ZMTP_END_PROTOCOL);
    assert_int_equal(rig_notes(rig).joined, 0);
    close(fd);
    rig_stop(rig);
}

static void test_hundreds_of_subscribers_and_prefixes_get_their_own(void **state)
{
    struct pub_rig *rig = *state;
    void           *clients[MANY_SUBSCRIBERS];
    char            topic[64];
    rig_start(rig);
    for (unsigned i = 0; i < MANY_SUBSCRIBERS; i++) {
        snprintf(topic, sizeof(topic), "own/%u/", i);
        clients[i] = rig_subscriber(rig, topic);
        zmq_setsockopt(clients[i], ZMQ_SUBSCRIBE, "all/", 4);
    }
    for (unsigned i = 0; i < MANY_PREFIXES; i++) {
        snprintf(topic, sizeof(topic), "many/%u/", i);
        zmq_setsockopt(clients[0], ZMQ_SUBSCRIBE, topic, strlen(topic));
    }
    rig_wait_subscriptions(rig, 2 * MANY_SUBSCRIBERS + MANY_PREFIXES);
    assert_int_equal(rig_figures(rig).prefixes, MANY_SUBSCRIBERS + MANY_PREFIXES + 1);
    for (unsigned i = 0; i < MANY_PREFIXES; i++) {
        snprintf(topic, sizeof(topic), "many/%u/x", i);
        assert_int_equal(rig_send(rig, topic), 1);
        assert_topic(clients[0], topic);
    }
    assert_int_equal(rig_send(rig, "all/"), MANY_SUBSCRIBERS);
    for (unsigned i = 0; i < MANY_SUBSCRIBERS; i++) {
        snprintf(topic, sizeof(topic), "own/%u/x", i);
        assert_int_equal(rig_send(rig, topic), 1);
        assert_topic(clients[i], "all/");
        assert_topic(clients[i], topic);
        zmq_close(clients[i]);
    }
    rig_wait_for(rig, &rig->notes.left, MANY_SUBSCRIBERS);
    assert_int_equal(rig_figures(rig).prefixes, 0);
    rig_stop(rig);
}

/* Several messages before one flush; some match no subscriber. */
static void test_flush_writes_all_that_was_queued_in_order(void **state)
{
    struct pub_rig          *rig = *state;
    struct fsz_zmtp_message *messages[100];
    char                     topics[100][16];
    rig_start(rig);
    void *all = rig_subscriber(rig, "t");
    void *some = rig_subscriber(rig, "t5");
    rig_wait_subscriptions(rig, 2);
    fsz_pub_lock(rig->pub);
    for (int i = 0; i < 100; i++) {
        snprintf(topics[i], sizeof(topics[i]), "t%d", i);
        messages[i] = rig_message(topics[i], 100, FSZ_ZMTP_NORMAL);
        fsz_pub_queue(rig->pub, topics[i], strlen(topics[i]), messages[i]);
    }
    fsz_pub_flush(rig->pub);
    fsz_pub_unlock(rig->pub);
    for (int i = 0; i < 100; i++) {
        fsz_zmtp_message_unref(messages[i]);
        assert_topic(all, topics[i]);
    }
    assert_topic(some, "t5");
    assert_topic(some, "t50");
    zmq_close(all);
    zmq_close(some);
    rig_wait_for(rig, &rig->notes.left, 2);
    rig_stop(rig);
}

/* Subscribers that come, subscribe, cancel and leave while messages are sent. */
struct flow {
    struct pub_rig *rig;
    unsigned        seed;
};

static void *flow_main(void *argument)
{
    const struct flow *flow = argument;
    for (unsigned i = 0; i < FLOW_ROUNDS / 10; i++) {
        char prefix[16];
        int  fd = bare_subscriber(flow->rig->endpoint);
        for (unsigned n = 0; n < 20; n++) {
            snprintf(prefix, sizeof(prefix), "f%u", (n * flow->seed + i) % 7);
            bare_send(fd, n % 3 != 2, prefix);
        }
        close(fd);
    }
    return NULL;
}

static void test_subscribers_come_and_go_while_messages_flow(void **state)
{
    struct pub_rig *rig = *state;
    pthread_t       threads[FLOW_THREADS];
    struct flow     flows[FLOW_THREADS];
    char            topic[16];
    rig_start(rig);
    void *steady = rig_subscriber(rig, "f");
    rig_wait_subscriptions(rig, 1);
    for (unsigned i = 0; i < FLOW_THREADS; i++) {
        flows[i] = (struct flow){rig, i + 2};
        assert_int_equal(pthread_create(&threads[i], NULL, flow_main, &flows[i]), 0);
    }
    for (unsigned i = 0; i < FLOW_ROUNDS; i++) {
        snprintf(topic, sizeof(topic), "f%u.%u", i % 7, i);
        assert_true(rig_send(rig, topic) >= 1);
        assert_topic(steady, topic);
    }
    for (unsigned i = 0; i < FLOW_THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    zmq_close(steady);
    rig_wait_for(rig, &rig->notes.left, 1 + FLOW_THREADS * (FLOW_ROUNDS / 10));
    rig_wait_subscriptions(rig, 0);
    assert_int_equal(rig_figures(rig).subscription_bytes, 0);
    rig_stop(rig);
}

static void test_subscriber_with_curve_gets_what_it_subscribed_to(void **state)
{
    struct pub_rig *rig = *state;
    uint8_t         public_key[32], secret_key[32];
    rig->options.mechanism.name = FSZ_ZMTP_CURVE;
    crypto_box_keypair(rig->options.mechanism.public_key, rig->options.mechanism.secret_key);
    crypto_box_keypair(public_key, secret_key);
    rig_start(rig);
    void *client = rig_client(rig, ZMQ_SUB);
    zmq_setsockopt(client, ZMQ_CURVE_SERVERKEY, rig->options.mechanism.public_key, 32);
    zmq_setsockopt(client, ZMQ_CURVE_PUBLICKEY, public_key, 32);
    zmq_setsockopt(client, ZMQ_CURVE_SECRETKEY, secret_key, 32);
    zmq_setsockopt(client, ZMQ_SUBSCRIBE, "secret", 6);
    assert_int_equal(zmq_connect(client, rig->endpoint), 0);
    rig_wait_subscriptions(rig, 1);
    for (size_t i = 0; i < 100; i++) {
        char topic[32];
        snprintf(topic, sizeof(topic), "secret.%zu", i);
        assert_int_equal(rig_send_as(rig, topic, i * 100, FSZ_ZMTP_NORMAL), 1);
        assert_int_equal(rig_send(rig, "open"), 0);
    }
    for (size_t i = 0; i < 100; i++) {
        char topic[32], got[16384];
        snprintf(topic, sizeof(topic), "secret.%zu", i);
        assert_int_equal(zmq_recv(client, got, sizeof(got), 0), strlen(topic));
        assert_memory_equal(got, topic, strlen(topic));
        assert_int_equal(zmq_recv(client, got, sizeof(got), 0), i * 100);
    }
    zmq_close(client);
    rig_wait_for(rig, &rig->notes.left, 1);
    rig_stop(rig);
}

static void test_closing_ends_all_subscribers(void **state)
{
    struct pub_rig *rig = *state;
    rig_start(rig);
    int fds[3];
    for (int i = 0; i < 3; i++) {
        fds[i] = bare_subscriber(rig->endpoint);
        bare_send(fds[i], 1, "same");
    }
    rig_wait_subscriptions(rig, 3);
    rig_stop(rig);
    assert_int_equal(rig->notes.left, 3);
    assert_int_equal(rig->notes.ending, FSZ_ZMTP_END_STOPPED);
    assert_string_equal(rig->notes.changes, "+same -same ");
    for (int i = 0; i < 3; i++) {
        assert_true(bare_is_cut(fds[i]));
        close(fds[i]);
    }
}

#define rig_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        rig_test(test_subscriber_gets_what_it_subscribed_to_once),
        rig_test(test_message_nobody_wants_goes_nowhere),
        rig_test(test_each_shows_subscribers_and_what_they_see),
        rig_test(test_one_subscriber_may_be_sent_what_it_did_not_ask_for),
        rig_test(test_kicked_subscriber_leaves_with_what_it_had),
        rig_test(test_connection_that_never_was_a_subscriber_is_reported_as_failed),
        rig_test(test_hundreds_of_subscribers_and_prefixes_get_their_own),
        rig_test(test_flush_writes_all_that_was_queued_in_order),
        rig_test(test_subscribers_come_and_go_while_messages_flow),
        rig_test(test_subscriber_with_curve_gets_what_it_subscribed_to),
        rig_test(test_closing_ends_all_subscribers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
