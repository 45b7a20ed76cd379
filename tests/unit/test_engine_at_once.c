/* SPDX-License-Identifier: MPL-2.0 */
/* The two ways an event takes to subscribers: sent at once by the thread that offers it, or through
 * the queue. In both cases the numbers have no gaps and a thread's events stay in order. */
#include "engine_rig.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

enum {
    OFFERERS = 3,
    EVENTS = 2000,     /* of each thread */
    BURST = 12,        /* frequent from the fifth on */
    PAUSE_US = 3000,   /* longer than batch-us: no longer frequent */
    AT_ONCE_MOST = 8,  /* subscribers */
    SWAPS = 20,        /* of framings */
    UNREAD = 20000,    /* events; more than sockets hold */
    UNREAD_BYTES = 500 /* of each */
};

static json_int_t stream_number(struct rig *rig, const char *name)
{
    json_t    *status = rig_status(rig);
    json_int_t value = number(status_stream(status, "s"), name);
    json_decref(status);
    return value;
}

/* The stream thread may hold the lock at that moment, so this makes several attempts. */
static bool one_goes_at_once(struct rig *rig, void *subscriber)
{
    json_int_t before = stream_number(rig, "events_at_once");
    for (int i = 0; i < DEADLINE_MS / 5; i++) {
        offer(rig, "DTMF", NULL, "0");
        receive(subscriber);
        if (stream_number(rig, "events_at_once") > before) {
            return true;
        }
        zmq_poll(NULL, 0, 5);
    }
    return false;
}

/* ---- several threads ------------------------------------------------------------------------- */

struct offerer {
    struct rig        *rig;
    int                index;
    pthread_t          thread;
    const atomic_bool *ending; /* or NULL: after EVENTS */
};

static void *offerer_main(void *argument)
{
    const struct offerer *o = argument;
    for (int i = 0; o->ending != NULL ? !*o->ending : i < EVENTS; i++) {
        char text[24];
        snprintf(text, sizeof(text), "%d", o->index * 1000000 + i);
        offer(o->rig, o->index % 2 ? "DTMF" : "HEARTBEAT", NULL, text);
        if (i % BURST == BURST - 1) {
            usleep(PAUSE_US);
        }
    }
    return NULL;
}

static void offerers_start(struct offerer offerers[OFFERERS], struct rig *rig,
                           const atomic_bool *ending)
{
    for (int i = 0; i < OFFERERS; i++) {
        offerers[i] = (struct offerer){.rig = rig, .index = i, .ending = ending};
        assert_int_equal(pthread_create(&offerers[i].thread, NULL, offerer_main, &offerers[i]), 0);
    }
}

static void offerers_join(struct offerer offerers[OFFERERS])
{
    for (int i = 0; i < OFFERERS; i++) {
        pthread_join(offerers[i].thread, NULL);
    }
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void test_a_lone_event_is_sent_by_the_thread_that_offers_it(void **state)
{
    struct rig *rig = *state;
    start(rig, CONFIG("stream s", "bind=tcp://127.0.0.1:*"));
    void *subscriber = rig_subscribe_to(rig, "s", "", 1);
    assert_true(one_goes_at_once(rig, subscriber));
    close_socket(subscriber);
}

static void test_more_subscribers_than_a_few_are_left_to_the_stream_thread(void **state)
{
    struct rig *rig = *state;
    void       *subscribers[AT_ONCE_MOST + 1];
    start(rig, CONFIG("stream s", "bind=tcp://127.0.0.1:*"));
    for (int i = 0; i < AT_ONCE_MOST; i++) {
        subscribers[i] = rig_subscribe_to(rig, "s", "", i + 1);
    }
    offer(rig, "DTMF", NULL, "1");
    for (int i = 0; i < AT_ONCE_MOST; i++) {
        receive(subscribers[i]);
    }
    subscribers[AT_ONCE_MOST] = rig_subscribe_to(rig, "s", "", AT_ONCE_MOST + 1);
    json_int_t before = stream_number(rig, "events_at_once");
    offer(rig, "DTMF", NULL, "2");
    for (int i = 0; i <= AT_ONCE_MOST; i++) {
        assert_non_null(strstr(receive(subscribers[i]), "\"N\":\"2\""));
        close_socket(subscribers[i]);
    }
    assert_int_equal(stream_number(rig, "events_at_once"), before);
}

static void test_a_stream_with_an_endpoint_of_libzmq_is_left_to_the_stream_thread(void **state)
{
    struct rig *rig = *state;
    start(rig, CONFIG("stream s", "bind=tcp://127.0.0.1:*", "bind=inproc://s"));
    void *subscriber = rig_subscribe_to(rig, "s", "", 1);
    for (int i = 0; i < 20; i++) {
        offer(rig, "DTMF", NULL, "1");
        receive(subscriber);
    }
    assert_int_equal(stream_number(rig, "events_at_once"), 0);
    close_socket(subscriber);
}

static void test_numbers_have_no_holes_and_threads_keep_their_order(void **state)
{
    struct rig    *rig = *state;
    struct offerer offerers[OFFERERS];
    char           topic[256];
    int            next[OFFERERS] = {0};
    json_int_t     seq = 0;
    start(rig, CONFIG("stream s", "bind=tcp://127.0.0.1:*", "framing=envelope"));
    void *subscriber = rig_subscribe_to(rig, "s", "", 1);
    offerers_start(offerers, rig, NULL);
    while (next[0] + next[1] + next[2] < OFFERERS * EVENTS) {
        snprintf(topic, sizeof(topic), "%.255s", receive(subscriber));
        json_t *meta = receive_json(subscriber), *event = receive_json(subscriber);
        if (topic[0] != '.') {
            int n = atoi(json_string_value(json_object_get(event, "N")));
            assert_int_equal(number(meta, "seq"), ++seq);
            assert_int_equal(n % 1000000, next[n / 1000000]++);
            assert_int_equal(number(meta, "type_seq"),
                             n / 1000000 == 1 ? next[1] : next[0] + next[2]);
        } else {
            assert_int_equal(number(meta, "seq"), seq); /* a beat reports what has been sent */
        }
        json_decref(meta);
        json_decref(event);
    }
    offerers_join(offerers);
    json_int_t sent = stream_number(rig, "events_sent");
    assert_int_equal(sent, OFFERERS * EVENTS);
    assert_true(stream_number(rig, "events_at_once") > 0);
    assert_true(stream_number(rig, "events_at_once") < sent);
    close_socket(subscriber);
}

static void test_what_was_sent_at_once_arrives_though_the_engine_stops(void **state)
{
    struct rig *rig = *state;
    start(rig, CONFIG("stream s", "bind=tcp://127.0.0.1:*"));
    void *subscriber = rig_subscribe_to(rig, "s", "", 1);
    assert_true(one_goes_at_once(rig, subscriber));
    for (int i = 0; i < 3; i++) {
        offer(rig, "DTMF", NULL, "1");
    }
    fsz_engine_stop(rig->engine);
    for (int i = 0; i < 3; i++) {
        receive(subscriber);
    }
    close_socket(subscriber);
}

static void test_a_reload_under_load_sends_whole_messages_in_either_framing(void **state)
{
    struct rig    *rig = *state;
    struct offerer offerers[OFFERERS];
    atomic_bool    ending = false;
    char           address[256], bind[300];
    start(rig, CONFIG("stream s", "bind=tcp://127.0.0.1:*"));
    void *subscriber = rig_subscribe_to(rig, "s", "", 1);
    rig_bound(rig, "s", address, sizeof(address));
    snprintf(bind, sizeof(bind), "bind=%s", address);
    offerers_start(offerers, rig, &ending);
    for (int i = 1; i <= SWAPS; i++) {
        struct fsz_config *config =
            i % 2 ? CONFIG("stream s", bind, "framing=envelope") : CONFIG("stream s", bind);
        struct fsz_problems problems;
        fsz_problems_init(&problems);
        assert_int_equal(fsz_engine_reload(rig->engine, &config, &problems), FSZ_OK);
        for (int n = 0; n < 50; n++) {
            int    more = 0, frames = 1;
            size_t size = sizeof(more);
            char   first = receive(subscriber)[0];
            while (zmq_getsockopt(subscriber, ZMQ_RCVMORE, &more, &size) == 0 && more) {
                receive(subscriber);
                frames++;
            }
            assert_int_equal(frames, first == '{' ? 1 : 3);
        }
    }
    ending = true;
    offerers_join(offerers);
    close_socket(subscriber);
}

static void test_a_subscriber_that_stops_reading_gets_all_in_order_later(void **state)
{
    struct rig *rig = *state;
    int         one = 1, small = 4096, deadline = DEADLINE_MS;
    char        address[256], text[UNREAD_BYTES + 1], expected[24];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    start(rig, CONFIG("batch-us=0", "queue-events=100000", "stream s", "bind=tcp://127.0.0.1:*",
                      "send-hwm=100000"));
    rig_bound(rig, "s", address, sizeof(address));
    void *subscriber = zmq_socket(rig->context, ZMQ_SUB);
    zmq_setsockopt(subscriber, ZMQ_RCVHWM, &one, sizeof(one));
    zmq_setsockopt(subscriber, ZMQ_RCVBUF, &small, sizeof(small));
    zmq_setsockopt(subscriber, ZMQ_RCVTIMEO, &deadline, sizeof(deadline));
    zmq_setsockopt(subscriber, ZMQ_SUBSCRIBE, "", 0);
    assert_int_equal(zmq_connect(subscriber, address), 0);
    rig_await(rig, "s", "subscriptions", 1);
    for (int i = 0; i < UNREAD; i++) {
        memcpy(text, expected, (size_t)snprintf(expected, sizeof(expected), "%08d", i));
        offer(rig, "DTMF", NULL, text);
    }
    for (int i = 0; i < UNREAD; i++) {
        snprintf(expected, sizeof(expected), "\"N\":\"%08dx", i);
        assert_non_null(strstr(receive(subscriber), expected));
    }
    assert_true(stream_number(rig, "events_at_once") < UNREAD);
    close_socket(subscriber);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_lone_event_is_sent_by_the_thread_that_offers_it),
        TEST(test_more_subscribers_than_a_few_are_left_to_the_stream_thread),
        TEST(test_a_stream_with_an_endpoint_of_libzmq_is_left_to_the_stream_thread),
        TEST(test_numbers_have_no_holes_and_threads_keep_their_order),
        TEST(test_what_was_sent_at_once_arrives_though_the_engine_stops),
        TEST(test_a_reload_under_load_sends_whole_messages_in_either_framing),
        TEST(test_a_subscriber_that_stops_reading_gets_all_in_order_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
