/* SPDX-License-Identifier: MPL-2.0 */
/* Streams on our own wire, with SUB sockets of libzmq as subscribers: what each of them loses,
 * limits on its subscriptions, and what an inproc subscriber gets beside them. */
#include "engine_rig.h"

enum {
    PADDING = 8000 /* bytes of an event that fills buffers */
};

/* ---- events ---------------------------------------------------------------------------------- */

static void offer_padded(struct rig *rig, const char *name)
{
    static char padding[PADDING + 1];
    memset(padding, 'x', PADDING);
    const struct fsz_header headers[] = {
        {.name = "Event-Name", .value = name}, {.name = "P", .value = padding}, {.name = NULL}};
    const struct fsz_event event = {.name = name, .headers = headers, .read = fsz_headers_of_array};
    assert_int_equal(fsz_engine_offer(rig->engine, &event), FSZ_OK);
}

static json_int_t sent(struct rig *rig, const char *stream)
{
    json_t    *status = rig_status(rig);
    json_int_t count = number(status_stream(status, stream), "events_sent");
    json_decref(status);
    return count;
}

/* One at a time, so that the queue is never full. */
static void offer_many(struct rig *rig, const char *stream, const char *name, int count)
{
    json_int_t before = sent(rig, stream);
    for (int i = 0; i < count; i++) {
        offer_padded(rig, name);
        if (i % 100 == 99 || i == count - 1) {
            rig_await(rig, stream, "events_sent", before + i + 1);
        }
    }
}

static json_int_t dropped(struct rig *rig, const char *stream, const char *priority)
{
    json_t    *status = rig_status(rig);
    json_int_t count = number(json_object_get(status_stream(status, stream), "dropped"), priority);
    json_decref(status);
    return count;
}

/* ---- losses of one subscriber ---------------------------------------------------------------- */

/* What a subscriber has received up to the first `.lost/` message. */
struct received {
    json_int_t events, first_missing, last_seq;
    json_t    *lost; /* its meta */
};

static void *slow_subscriber(struct rig *rig, const char *address)
{
    int   one = 1, small = 4096, deadline = DEADLINE_MS;
    void *socket = zmq_socket(rig->context, ZMQ_SUB);
    zmq_setsockopt(socket, ZMQ_RCVHWM, &one, sizeof(one));
    zmq_setsockopt(socket, ZMQ_RCVBUF, &small, sizeof(small));
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &deadline, sizeof(deadline));
    zmq_setsockopt(socket, ZMQ_SUBSCRIBE, "", 0);
    assert_int_equal(zmq_connect(socket, address), 0);
    return socket;
}

static void receive_until_lost(void *subscriber, struct received *ret)
{
    *ret = (struct received){0};
    while (ret->lost == NULL) {
        char       topic[256];
        json_t    *meta = receive_meta(subscriber, topic, sizeof(topic));
        json_int_t seq = number(meta, "seq");
        if (strcmp(topic, ".lost/") == 0) {
            ret->lost = json_incref(meta);
        } else if (topic[0] != '.') {
            ret->events++;
            if (ret->last_seq != 0 && seq != ret->last_seq + 1 && ret->first_missing == 0) {
                ret->first_missing = ret->last_seq + 1;
            }
            ret->last_seq = seq;
        }
        json_decref(meta);
    }
    ret->first_missing = ret->first_missing != 0 ? ret->first_missing : ret->last_seq + 1;
}

/* The slow subscriber reads nothing until the switch has dropped messages for it. */
static void test_stream_reports_to_one_subscriber_what_it_alone_has_lost(void **state)
{
    struct rig     *rig = *state;
    struct received got;
    char            address[256];
    start(rig,
          CONFIG("queue-events=100000", "stream s", "bind=tcp://127.0.0.1:*", "framing=envelope",
                 "beat-interval-ms=0", "send-buffer-bytes=8192", "send-hwm=20"));
    rig_bound(rig, "s", address, sizeof(address));
    void *slow = slow_subscriber(rig, address);
    rig_await(rig, "s", "subscriptions", 1);
    offer_many(rig, "s", "DTMF", 300);
    json_int_t lost = dropped(rig, "s", "normal");
    assert_true(lost > 0);
    void *other = rig_subscribe(rig, address, "MESSAGE");
    rig_await(rig, "s", "subscriptions", 2);
    receive_until_lost(slow, &got);
    const json_t *numbers = json_object_get(got.lost, "lost");
    assert_int_equal(number(numbers, "normal"), lost);
    assert_int_equal(json_object_size(numbers), 3);
    assert_non_null(json_object_get(numbers, "low"));
    assert_non_null(json_object_get(numbers, "high"));
    assert_int_equal(number(numbers, "low"), 0);
    assert_int_equal(number(numbers, "high"), 0);
    assert_int_equal(got.events, 300 - lost);
    assert_int_equal(number(got.lost, "first_seq"), got.first_missing);
    assert_int_equal(number(got.lost, "last_seq"), 300);
    json_decref(got.lost);
    offer(rig, "MESSAGE", NULL, "1");
    char    topic[256];
    json_t *meta = receive_meta(other, topic, sizeof(topic));
    assert_string_equal(topic, "MESSAGE//"); /* it lost nothing, so no `.lost/` came before */
    json_decref(meta);
    meta = receive_meta(slow, topic, sizeof(topic));
    assert_string_equal(topic, "MESSAGE//"); /* reported only once */
    json_decref(meta);
    close_socket(slow);
    close_socket(other);
}

static void test_stream_drops_low_before_normal_and_normal_before_high(void **state)
{
    struct rig *rig = *state;
    char        address[256];
    start(rig, CONFIG("queue-events=100000", "low-priority-events=PRESENCE_IN",
                      "high-priority-events=HEARTBEAT", "stream s", "bind=tcp://127.0.0.1:*",
                      "framing=envelope", "beat-interval-ms=0", "send-buffer-bytes=8192",
                      "send-hwm=100"));
    rig_bound(rig, "s", address, sizeof(address));
    void *slow = slow_subscriber(rig, address);
    rig_await(rig, "s", "subscriptions", 1);
    while (dropped(rig, "s", "low") == 0) {
        offer_many(rig, "s", "PRESENCE_IN", 1);
    }
    assert_int_equal(dropped(rig, "s", "normal"), 0);
    offer_many(rig, "s", "DTMF", 1);
    assert_int_equal(dropped(rig, "s", "normal"), 0); /* still has room */
    while (dropped(rig, "s", "normal") == 0) {
        offer_many(rig, "s", "DTMF", 1);
    }
    assert_int_equal(dropped(rig, "s", "high"), 0);
    offer_many(rig, "s", "HEARTBEAT", 1);
    assert_int_equal(dropped(rig, "s", "high"), 0);
    close_socket(slow);
}

/* ---- subscriptions over a limit -------------------------------------------------------------- */

static void test_stream_refuses_subscriptions_over_a_limit_and_counts_them(void **state)
{
    struct rig *rig = *state;
    char        address[256];
    start(rig, CONFIG("stream s", "bind=tcp://127.0.0.1:*", "subscriber-subscriptions-max=3"));
    rig_bound(rig, "s", address, sizeof(address));
    void *one = rig_subscribe(rig, address, "{\"Event-Name\":\"DTMF\"");
    rig_await(rig, "s", "subscriptions", 1);
    for (int i = 0; i < 10; i++) {
        char prefix[32];
        snprintf(prefix, sizeof(prefix), "{\"Event-Name\":\"X%d", i);
        zmq_setsockopt(one, ZMQ_SUBSCRIBE, prefix, strlen(prefix));
    }
    rig_await(rig, "s", "subscriptions_over", 8);
    rig_await(rig, "s", "subscriptions", 3);
    rig_await(rig, "s", "connections", 1);
    assert_non_null(strstr(host_self.last_warning, "tcp://127.0.0.1:"));
    assert_non_null(strstr(host_self.last_warning, "subscriptions is reached"));
    void *other = rig_subscribe_to(rig, "s", "", 4);
    offer(rig, "DTMF", NULL, "1");
    assert_receives(one, "{\"Event-Name\":\"DTMF\",\"N\":\"1\"}");
    assert_receives(other, "{\"Event-Name\":\"DTMF\",\"N\":\"1\"}");
    close_socket(one);
    close_socket(other);
}

/* ---- several streams and transports ---------------------------------------------------------- */

static void test_stream_sends_the_bytes_of_one_event_to_two_streams(void **state)
{
    struct rig *rig = *state;
    start(rig, CONFIG("stream a", "bind=tcp://127.0.0.1:*", "stream b", "bind=tcp://127.0.0.1:*"));
    void *of_a = rig_subscribe_to(rig, "a", "", 1);
    void *of_b = rig_subscribe_to(rig, "b", "", 1);
    for (int i = 0; i < 100; i++) {
        char n[16], text[64];
        snprintf(n, sizeof(n), "%d", i);
        snprintf(text, sizeof(text), "{\"Event-Name\":\"DTMF\",\"N\":\"%d\"}", i);
        offer(rig, "DTMF", NULL, n);
        assert_receives(of_a, text);
        assert_receives(of_b, text);
    }
    json_t *status = rig_status(rig);
    assert_int_equal(number(json_object_get(status, "events"), "encoded"), 100);
    json_decref(status);
    close_socket(of_a);
    close_socket(of_b);
}

static void test_stream_serves_inproc_beside_tcp(void **state)
{
    struct rig *rig = *state;
    int         deadline = DEADLINE_MS;
    start(rig, CONFIG("stream s", "bind=tcp://127.0.0.1:*", "bind=inproc://s"));
    void               *outside = rig_subscribe_to(rig, "s", "", 1);
    struct fsz_context *context = fsz_engine_take_context(rig->engine);
    void               *inside = zmq_socket(fsz_context_zmq(context), ZMQ_SUB);
    zmq_setsockopt(inside, ZMQ_RCVTIMEO, &deadline, sizeof(deadline));
    zmq_setsockopt(inside, ZMQ_SUBSCRIBE, "", 0);
    assert_int_equal(zmq_connect(inside, "inproc://s"), 0);
    rig_await(rig, "s", "subscriptions", 2);
    offer(rig, "DTMF", NULL, "1");
    assert_receives(outside, "{\"Event-Name\":\"DTMF\",\"N\":\"1\"}");
    assert_receives(inside, "{\"Event-Name\":\"DTMF\",\"N\":\"1\"}");
    close_socket(inside);
    fsz_context_give(context);
    close_socket(outside);
}

/* ---- its own messages ------------------------------------------------------------------------ */

static void test_stream_sends_one_beat_for_each_interval_and_bye_at_its_end(void **state)
{
    struct rig *rig = *state;
    char        topic[256];
    start(rig,
          CONFIG("stream s", "bind=tcp://127.0.0.1:*", "framing=envelope", "beat-interval-ms=50"));
    void *all = rig_subscribe_to(rig, "s", "", 1);
    offer(rig, "DTMF", NULL, "1");
    json_t *types = NULL;
    while (types == NULL) {
        json_t *meta = receive_meta(all, topic, sizeof(topic));
        types = json_incref(json_object_get(json_object_get(meta, "types"), "DTMF/"));
        json_decref(meta);
    }
    assert_int_equal(json_integer_value(types), 1);
    json_decref(types);
    struct fsz_config  *config = CONFIG("stream other", "bind=tcp://127.0.0.1:*");
    struct fsz_problems problems;
    fsz_problems_init(&problems);
    assert_int_equal(fsz_engine_reload(rig->engine, &config, &problems), FSZ_OK);
    do {
        json_decref(receive_meta(all, topic, sizeof(topic)));
    } while (strcmp(topic, ".beat/") == 0);
    assert_string_equal(topic, ".bye/");
    close_socket(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_stream_reports_to_one_subscriber_what_it_alone_has_lost),
        TEST(test_stream_drops_low_before_normal_and_normal_before_high),
        TEST(test_stream_refuses_subscriptions_over_a_limit_and_counts_them),
        TEST(test_stream_sends_the_bytes_of_one_event_to_two_streams),
        TEST(test_stream_serves_inproc_beside_tcp),
        TEST(test_stream_sends_one_beat_for_each_interval_and_bye_at_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
