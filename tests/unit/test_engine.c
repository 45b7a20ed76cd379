/* SPDX-License-Identifier: MPL-2.0 */
/* The engine over real sockets: events with and without subscribers. */
#include "engine_rig.h"

static void test_engine_sends_each_event_to_each_subscriber(void **state)
{
    struct rig *rig = *state;
    start(rig, CONFIG("stream default", "bind=tcp://127.0.0.1:*"));
    void *all = rig_subscribe_to(rig, "default", "", 1);
    void *answers = rig_subscribe_to(rig, "default", "{\"Event-Name\":\"CHANNEL_ANSWER\"", 2);
    offer(rig, "CHANNEL_CREATE", NULL, "1");
    offer(rig, "CHANNEL_ANSWER", NULL, "2");
    assert_receives(all, "{\"Event-Name\":\"CHANNEL_CREATE\",\"N\":\"1\"}");
    assert_receives(all, "{\"Event-Name\":\"CHANNEL_ANSWER\",\"N\":\"2\"}");
    assert_receives(answers, "{\"Event-Name\":\"CHANNEL_ANSWER\",\"N\":\"2\"}");
    close_socket(all);
    close_socket(answers);
}

static void test_engine_sends_a_batch_in_order(void **state)
{
    struct rig *rig = *state;
    start(rig, CONFIG("batch-us=20000", "stream default", "bind=tcp://127.0.0.1:*"));
    void *all = rig_subscribe_to(rig, "default", "", 1);
    for (int i = 0; i < 300; i++) {
        char number[12], expected[64];
        snprintf(number, sizeof(number), "%d", i);
        offer(rig, "HEARTBEAT", NULL, number);
        if (i % 50 == 49) { /* the rest of the queue is sent even if no event follows */
            for (int j = i - 49; j <= i; j++) {
                snprintf(expected, sizeof(expected), "{\"Event-Name\":\"HEARTBEAT\",\"N\":\"%d\"}",
                         j);
                assert_receives(all, expected);
            }
        }
    }
    close_socket(all);
}

static void test_engine_encodes_nothing_without_a_subscriber(void **state)
{
    struct rig *rig = *state;
    start(rig, CONFIG("stream default", "bind=tcp://127.0.0.1:*"));
    offer(rig, "CHANNEL_CREATE", NULL, "1");
    json_t *status = rig_status(rig);
    assert_int_equal(number(json_object_get(status, "events"), "offered"), 0);
    assert_int_equal(number(json_object_get(status, "events"), "encoded"), 0);
    json_decref(status);
}

static void test_engine_encodes_no_event_without_a_matching_subscription(void **state)
{
    struct rig *rig = *state;
    start(rig, CONFIG("stream default", "bind=tcp://127.0.0.1:*"));
    void *sofia = rig_subscribe_to(rig, "default",
                                   "{\"Event-Name\":\"CUSTOM\",\"Event-Subclass\":\"sofia::", 1);
    offer(rig, "DTMF", NULL, "1"); /* the first event of a type is always written */
    offer(rig, "CUSTOM", "sofia::register", "2");
    assert_non_null(strstr(receive(sofia), "\"N\":\"2\""));
    json_t    *before = rig_status(rig);
    json_int_t encoded = number(json_object_get(before, "events"), "encoded");
    for (int i = 0; i < 100; i++) {
        offer(rig, "DTMF", NULL, "3");
    }
    json_t *after = rig_status(rig);
    assert_int_equal(number(json_object_get(after, "events"), "encoded"), encoded);
    assert_true(number(json_object_get(after, "events"), "unwanted") >= 100);
    json_decref(before);
    json_decref(after);
    close_socket(sofia);
}

/* Each event type is known, and has no subscriber yet. */
static void test_engine_sends_the_next_event_to_whoever_status_shows(void **state)
{
    enum { TYPES = 20, LOOKS_MAX = 100000 };
    struct rig *rig = *state;
    start(rig, CONFIG("stream default", "bind=tcp://127.0.0.1:*"));
    void *subscriber = rig_subscribe_to(rig, "default", "{\"Event-Name\":\"OTHER\"", 1);
    char  name[32], prefix[64];
    for (int i = 0; i < TYPES; i++) {
        snprintf(name, sizeof(name), "KIND_%02d", i);
        offer(rig, name, NULL, "0");
    }
    for (int i = 0; i < TYPES; i++) {
        snprintf(name, sizeof(name), "KIND_%02d", i);
        snprintf(prefix, sizeof(prefix), "{\"Event-Name\":\"%s\"", name);
        zmq_setsockopt(subscriber, ZMQ_SUBSCRIBE, prefix, strlen(prefix));
        json_int_t shown = 0;
        for (int looks = 0; looks < LOOKS_MAX && shown != i + 2; looks++) {
            json_t *status = rig_status(rig);
            shown = number(status_stream(status, "default"), "subscriptions");
            json_decref(status);
        }
        assert_int_equal(shown, i + 2);
        offer(rig, name, NULL, "1");
        assert_non_null(strstr(receive(subscriber), prefix));
    }
    close_socket(subscriber);
}

static void test_engine_numbers_an_envelope_and_its_type(void **state)
{
    struct rig *rig = *state;
    char        topic[256];
    start(rig, CONFIG("stream live", "bind=tcp://127.0.0.1:*", "framing=envelope"));
    void *all = rig_subscribe_to(rig, "live", "CHANNEL_", 1);
    offer(rig, "CHANNEL_CREATE", NULL, "1");
    offer(rig, "CHANNEL_ANSWER", NULL, "2");
    offer(rig, "CHANNEL_ANSWER", NULL, "3");
    static const struct {
        const char *topic, *type;
        int         seq, type_seq;
    } wanted[] = {{"CHANNEL_CREATE//", "CHANNEL_CREATE/", 1, 1},
                  {"CHANNEL_ANSWER//", "CHANNEL_ANSWER/", 2, 1},
                  {"CHANNEL_ANSWER//", "CHANNEL_ANSWER/", 3, 2}};
    for (size_t i = 0; i < 3; i++) {
        json_t *meta = receive_meta(all, topic, sizeof(topic));
        assert_string_equal(topic, wanted[i].topic);
        assert_string_equal(json_string_value(json_object_get(meta, "type")), wanted[i].type);
        assert_string_equal(json_string_value(json_object_get(meta, "stream")), "live");
        assert_int_equal(number(meta, "seq"), wanted[i].seq);
        assert_int_equal(number(meta, "type_seq"), wanted[i].type_seq);
        assert_true(number(meta, "time") > INT64_C(1700000000000000));
        json_decref(meta);
    }
    close_socket(all);
}

static void test_engine_beats_with_the_types_that_moved_and_says_bye(void **state)
{
    struct rig *rig = *state;
    char        topic[256];
    json_int_t  moved = 0;
    start(rig, CONFIG("stream live", "bind=tcp://127.0.0.1:*", "framing=envelope",
                      "beat-interval-ms=100"));
    void *own = rig_subscribe_to(rig, "live", ".", 1);
    void *dtmf = rig_subscribe_to(rig, "live", "DTMF/", 2);
    offer(rig, "DTMF", NULL, "1");
    for (int i = 0; i < 20 && moved == 0; i++) {
        json_t *meta = receive_meta(own, topic, sizeof(topic));
        assert_string_equal(topic, ".beat/");
        moved = number(json_object_get(meta, "types"), "DTMF/");
        json_decref(meta);
    }
    assert_int_equal(moved, 1);
    fsz_engine_stop(rig->engine);
    do {
        json_decref(receive_meta(own, topic, sizeof(topic)));
    } while (strcmp(topic, ".beat/") == 0);
    assert_string_equal(topic, ".bye/");
    close_socket(own);
    close_socket(dtmf);
}

static void test_engine_shows_what_the_queue_refused_as_a_gap(void **state)
{
    struct rig *rig = *state;
    char        topic[256];
    start(rig, CONFIG("queue-bytes=1M", "stream live", "bind=tcp://127.0.0.1:*", "framing=envelope",
                      "max-message-bytes=4M"));
    void *all = rig_subscribe_to(rig, "live", "CHANNEL_", 1);
    offer(rig, "CHANNEL_CREATE", NULL, "1");
    char *large = malloc(2 << 20);
    memset(large, 'x', (2 << 20) - 1);
    large[(2 << 20) - 1] = '\0';
    const struct fsz_header headers[] = {{.name = "Large", .value = large}, {.name = NULL}};
    const struct fsz_event  event = {
         .name = "CHANNEL_CREATE", .headers = headers, .read = fsz_headers_of_array};
    assert_int_equal(fsz_engine_offer(rig->engine, &event), FSZ_EFULL);
    rig_await(rig, "live", "lost", 1);
    offer(rig, "CHANNEL_CREATE", NULL, "3");
    json_t *first = receive_meta(all, topic, sizeof(topic));
    json_t *third = receive_meta(all, topic, sizeof(topic));
    assert_int_equal(number(first, "seq"), 1);
    assert_int_equal(number(third, "seq"), 3);
    assert_int_equal(number(third, "type_seq"), 3);
    json_decref(first);
    json_decref(third);
    free(large);
    close_socket(all);
}

static void test_engine_shows_a_lone_subscriber_the_pause_it_made(void **state)
{
    struct rig *rig = *state;
    char        topic[256];
    start(rig, CONFIG("stream live", "bind=tcp://127.0.0.1:*", "framing=envelope"));
    void *first = rig_subscribe_to(rig, "live", "DTMF/", 1);
    offer(rig, "DTMF", NULL, "1");
    json_t *before = receive_meta(first, topic, sizeof(topic));
    close_socket(first);
    rig_await(rig, "live", "subscriptions", 0);
    offer(rig, "DTMF", NULL, "missed");
    void *second = rig_subscribe_to(rig, "live", "DTMF/", 1);
    offer(rig, "DTMF", NULL, "2");
    json_t *after = receive_meta(second, topic, sizeof(topic));
    assert_int_equal(number(before, "type_seq"), 1);
    assert_int_equal(number(after, "type_seq"), 3);
    assert_int_equal(number(after, "seq"), 3);
    json_decref(before);
    json_decref(after);
    close_socket(second);
}

static void test_engine_refuses_an_address_outside_the_access_list(void **state)
{
    struct rig *rig = *state;
    start(rig, CONFIG("stream default", "bind=tcp://127.0.0.1:*"));
    host_self.admit = false;
    char address[256];
    rig_bound(rig, "default", address, sizeof(address));
    void *stranger = rig_subscribe(rig, address, "");
    for (int i = 0; i < DEADLINE_MS / 5; i++) {
        json_t    *status = rig_status(rig);
        json_int_t refused = number(json_object_get(status, "access"), "refused");
        json_decref(status);
        if (refused > 0) {
            rig_await(rig, "default", "subscriptions", 0);
            close_socket(stranger);
            return;
        }
        zmq_poll(NULL, 0, 5);
    }
    fail_msg("nobody was refused");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_engine_sends_each_event_to_each_subscriber),
        TEST(test_engine_sends_a_batch_in_order),
        TEST(test_engine_encodes_nothing_without_a_subscriber),
        TEST(test_engine_encodes_no_event_without_a_matching_subscription),
        TEST(test_engine_sends_the_next_event_to_whoever_status_shows),
        TEST(test_engine_numbers_an_envelope_and_its_type),
        TEST(test_engine_beats_with_the_types_that_moved_and_says_bye),
        TEST(test_engine_shows_what_the_queue_refused_as_a_gap),
        TEST(test_engine_shows_a_lone_subscriber_the_pause_it_made),
        TEST(test_engine_refuses_an_address_outside_the_access_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
