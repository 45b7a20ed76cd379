/* SPDX-License-Identifier: MPL-2.0 */
/* The outbox of events CUSTOM fszmq::client, with a switch that may refuse events or block. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/client_note.h"

enum { PATIENCE_MS = 60000, RATE_MAX = 1000000, THREADS = 4, PUTS = 2000 };

struct rig {
    struct fsz_host           host;
    struct fsz_client_events *events;
    pthread_mutex_t           gate; /* while locked, the switch takes no event */
    fsz_err                   answer;
    _Atomic uint64_t          sent;
    /* Read after the thread has ended, or while it waits. */
    uint64_t reported; /* sum of Client-Suppressed */
    char     last[4096], actions[1024];
};

static void rig_keep(struct rig *rig, const struct fsz_event *event)
{
    struct fsz_header headers[FSZ_HEADER_BATCH];
    const void       *cursor = event->headers;
    size_t            size =
        (size_t)snprintf(rig->last, sizeof(rig->last), "%s/%s\n", event->name, event->subclass);
    size_t count = event->read(&cursor, headers, FSZ_HEADER_BATCH);
    for (size_t i = 0; i < count; i++) {
        size += (size_t)snprintf(rig->last + size, sizeof(rig->last) - size, "%s: %s\n",
                                 headers[i].name, headers[i].value);
        if (strcmp(headers[i].name, "Client-Suppressed") == 0) {
            rig->reported += strtoull(headers[i].value, NULL, 10);
        }
        if ((strcmp(headers[i].name, "Client-Action") == 0 ||
             strcmp(headers[i].name, "Client-Group") == 0) &&
            strlen(rig->actions) + 16 < sizeof(rig->actions)) {
            strcat(strcat(rig->actions, headers[i].value), " ");
        }
    }
}

static fsz_err rig_send(void *self, const struct fsz_event *event, struct fsz_buffer *words)
{
    struct rig *rig = self;
    pthread_mutex_lock(&rig->gate);
    rig_keep(rig, event);
    pthread_mutex_unlock(&rig->gate);
    fsz_buffer_text(words, "why not");
    rig->sent++;
    return rig->answer;
}

static struct rig *rig_new(int64_t rate)
{
    struct rig *rig = calloc(1, sizeof(*rig));
    rig->host = (struct fsz_host){
        .self = rig, .name = "test", .capabilities = FSZ_CAN_SEND, .send_event = rig_send};
    pthread_mutex_init(&rig->gate, NULL);
    assert_int_equal(fsz_client_events_new(&rig->host, rate, &rig->events), FSZ_OK);
    return rig;
}

static void rig_free(struct rig *rig)
{
    fsz_client_events_free(&rig->events);
    assert_null(rig->events);
    pthread_mutex_destroy(&rig->gate);
    free(rig);
}

static void rig_await_sent(struct rig *rig, uint64_t count)
{
    int64_t until_ms = fsz_clock_monotonic_ms() + PATIENCE_MS;
    while (rig->sent < count) {
        struct timespec pause = {.tv_nsec = 1000000};
        assert_true(fsz_clock_monotonic_ms() < until_ms);
        nanosleep(&pause, NULL);
    }
}

/* Waits for events, one at a time, until `done`. */
static void rig_await(struct rig *rig, bool (*done)(const struct rig *rig, const void *argument),
                      const void *argument)
{
    bool found = false;
    for (uint64_t sent = 0; !found;) {
        rig_await_sent(rig, sent + 1);
        sent = rig->sent;
        pthread_mutex_lock(&rig->gate);
        found = done(rig, argument);
        pthread_mutex_unlock(&rig->gate);
    }
}

static bool has_reported(const struct rig *rig, const void *count)
{
    return rig->reported == *(const uint64_t *)count;
}

/* A header of the last event. */
static bool has_reason(const struct rig *rig, const void *reason)
{
    return strstr(rig->last, reason) != NULL;
}

static bool has_action(const struct rig *rig, const void *action)
{
    return strstr(rig->actions, action) != NULL;
}

static void put_as(struct rig *rig, enum fsz_client_action action, enum fsz_zmtp_ending ending)
{
    struct fsz_client_note note = {.action = action,
                                   .ending = ending,
                                   .id = 7,
                                   .version = FSZ_ZMTP_3_1,
                                   .mechanism = FSZ_ZMTP_CURVE,
                                   .uid = -1,
                                   .pid = -1,
                                   .age_ms = 1500,
                                   .dropped = {3, 2, 1},
                                   .owner = "stream/live",
                                   .user = "alice",
                                   .address = "tcp://192.0.2.1:40000",
                                   .endpoint = "tcp://0.0.0.0:5558"};
    fsz_client_events_put(rig->events, &note);
}

static void put(struct rig *rig, enum fsz_client_action action)
{
    put_as(rig, action, FSZ_ZMTP_END_KICKED);
}

static void put_ended(struct rig *rig, enum fsz_zmtp_ending ending)
{
    put_as(rig, FSZ_CLIENT_DISCONNECT, ending);
}

static void test_an_event_has_the_facts_of_its_note(void **state)
{
    struct rig *rig = rig_new(RATE_MAX);
    (void)state;
    put(rig, FSZ_CLIENT_DISCONNECT);
    rig_await_sent(rig, 1);
    assert_string_equal(rig->last, "CUSTOM/fszmq::client\n"
                                   "Client-Action: disconnect\n"
                                   "Client-Id: 7\n"
                                   "Client-Owner: stream/live\n"
                                   "Client-Direction: accepted\n"
                                   "Client-Endpoint: tcp://0.0.0.0:5558\n"
                                   "Client-Address: tcp://192.0.2.1:40000\n"
                                   "Client-User: alice\n"
                                   "Client-Mechanism: CURVE\n"
                                   "Client-Age-ms: 1500\n"
                                   "Client-Reason: kicked\n"
                                   "Client-Dropped-Low: 3\n"
                                   "Client-Dropped-Normal: 2\n"
                                   "Client-Dropped-High: 1\n");
    rig_free(rig);
}

static void test_a_connection_closed_at_once_has_only_an_address(void **state)
{
    struct rig                    *rig = rig_new(RATE_MAX);
    const struct fsz_client_source source = {rig->events, "stream", "live"};
    struct fsz_address             peer;
    (void)state;
    assert_int_equal(fsz_address_of_number("192.0.2.1", 40000, false, &peer), FSZ_OK);
    fsz_client_turned_away(&source, &peer, FSZ_ZMTP_END_ADDRESS_RATE);
    rig_await_sent(rig, 1);
    assert_string_equal(rig->last, "CUSTOM/fszmq::client\n"
                                   "Client-Action: reject\n"
                                   "Client-Owner: stream/live\n"
                                   "Client-Direction: accepted\n"
                                   "Client-Address: tcp://192.0.2.1:40000\n"
                                   "Client-Reason: address-rate\n");
    rig_free(rig);
}

static void test_events_keep_the_order_of_their_notes(void **state)
{
    struct rig *rig = rig_new(RATE_MAX);
    (void)state;
    for (enum fsz_client_action action = 0; action < FSZ_CLIENT_SUPPRESSED; action++) {
        put(rig, action);
    }
    rig_await_sent(rig, FSZ_CLIENT_SUPPRESSED);
    assert_string_equal(rig->actions, "connect leave reject disconnect lag caught-up ");
    rig_free(rig);
}

static void test_notes_do_not_wait_for_a_switch_that_blocks(void **state)
{
    struct rig *rig = rig_new(RATE_MAX);
    (void)state;
    pthread_mutex_lock(&rig->gate);
    for (int i = 0; i < 3 * FSZ_CLIENT_OUTBOX; i++) {
        put(rig, FSZ_CLIENT_CONNECT);
    }
    uint64_t overflowed = fsz_client_events_counters(rig->events).overflowed;
    pthread_mutex_unlock(&rig->gate);
    /* The switch may have one more than the outbox holds, if the thread was quick to take it. */
    assert_in_range(overflowed, 2 * FSZ_CLIENT_OUTBOX - 1, 2 * FSZ_CLIENT_OUTBOX);
    rig_await_sent(rig, 3 * FSZ_CLIENT_OUTBOX - overflowed + 1);
    fsz_client_events_stop(rig->events);
    assert_int_equal(rig->reported, overflowed);
    assert_int_equal(fsz_client_events_counters(rig->events).suppressed, 0);
    rig_free(rig);
}

static void test_events_suppressed_by_a_flood_are_reported_after_it(void **state)
{
    enum { FLOOD = 500 };
    struct rig *rig = rig_new(5);
    (void)state;
    for (int i = 0; i < FLOOD; i++) {
        put(rig, FSZ_CLIENT_CONNECT);
    }
    uint64_t suppressed = fsz_client_events_counters(rig->events).suppressed;
    assert_true(suppressed > 0);
    rig_await(rig, has_reported, &suppressed);
    fsz_client_events_stop(rig->events);
    assert_int_equal(rig->reported, suppressed);
    rig_free(rig);
}

static void test_a_flood_of_connections_does_not_hide_trouble(void **state)
{
    struct rig *rig = rig_new(1);
    (void)state;
    for (int i = 0; i < 500; i++) {
        put(rig, FSZ_CLIENT_CONNECT);
        put(rig, FSZ_CLIENT_REJECT);
        put_ended(rig, FSZ_ZMTP_END_PROTOCOL);
    }
    put(rig, FSZ_CLIENT_LAG);
    rig_await(rig, has_action, "lag ");
    rig_free(rig);
}

static void test_rejected_connections_do_not_hide_clients_that_connect(void **state)
{
    struct rig *rig = rig_new(1);
    (void)state;
    for (int i = 0; i < 500; i++) {
        put(rig, FSZ_CLIENT_REJECT);
    }
    put(rig, FSZ_CLIENT_CONNECT);
    rig_await(rig, has_action, "connect ");
    rig_free(rig);
}

static void test_rubbish_of_one_peer_does_not_hide_that_another_was_kicked(void **state)
{
    struct rig *rig = rig_new(1);
    (void)state;
    for (int i = 0; i < 500; i++) {
        put_ended(rig, FSZ_ZMTP_END_MESSAGE_BYTES);
    }
    put_ended(rig, FSZ_ZMTP_END_KICKED);
    rig_await(rig, has_reason, "Client-Reason: kicked\n");
    rig_free(rig);
}

static void test_suppressed_events_are_reported_while_clients_come_and_go(void **state)
{
    struct rig *rig = rig_new(5);
    (void)state;
    for (int i = 0; i < 500; i++) {
        put_ended(rig, FSZ_ZMTP_END_PROTOCOL);
    }
    int64_t end_ms = fsz_clock_monotonic_ms() + PATIENCE_MS;
    bool    found = false;
    while (!found && fsz_clock_monotonic_ms() < end_ms) {
        put(rig, FSZ_CLIENT_CONNECT); /* wakes the thread again and again */
        usleep(10000);
        pthread_mutex_lock(&rig->gate);
        found = has_action(rig, "suppressed offences ");
        pthread_mutex_unlock(&rig->gate);
    }
    assert_true(found);
    rig_free(rig);
}

static void test_nothing_is_fired_after_a_stop(void **state)
{
    struct rig *rig = rig_new(RATE_MAX);
    (void)state;
    put(rig, FSZ_CLIENT_CONNECT);
    fsz_client_events_stop(rig->events);
    uint64_t sent = rig->sent;
    put(rig, FSZ_CLIENT_DISCONNECT);
    fsz_client_events_stop(rig->events);
    assert_int_equal(rig->sent, sent);
    assert_int_equal(fsz_client_events_counters(rig->events).fired, sent);
    rig_free(rig);
}

static void test_a_rate_of_0_is_off(void **state)
{
    struct rig *rig = rig_new(0);
    (void)state;
    put(rig, FSZ_CLIENT_CONNECT);
    fsz_client_events_set_rate(rig->events, 10);
    put(rig, FSZ_CLIENT_LAG);
    rig_await_sent(rig, 1);
    fsz_client_events_stop(rig->events);
    assert_string_equal(rig->actions, "lag ");
    assert_int_equal(fsz_client_events_counters(rig->events).suppressed, 0);
    rig_free(rig);
}

static void test_what_the_switch_refuses_is_counted(void **state)
{
    struct rig *rig = rig_new(RATE_MAX);
    (void)state;
    rig->answer = FSZ_EREFUSED;
    put(rig, FSZ_CLIENT_CONNECT);
    rig_await_sent(rig, 1);
    fsz_client_events_stop(rig->events);
    struct fsz_client_events_counters counters = fsz_client_events_counters(rig->events);
    assert_int_equal(counters.refused, 1);
    assert_int_equal(counters.fired, 0);
    rig_free(rig);
}

static void test_a_switch_that_cannot_fire_events_gets_none(void **state)
{
    const struct fsz_host          host = {.name = "test"};
    struct fsz_client_events      *events = NULL;
    const struct fsz_client_source source = {.type = "stream", .name = "live"};
    (void)state;
    assert_int_equal(fsz_client_events_new(&host, 10, &events), FSZ_OK);
    assert_null(events);
    fsz_client_events_set_rate(events, 20);
    fsz_client_came(&source, NULL);
    assert_int_equal(fsz_client_events_counters(events).fired, 0);
    fsz_client_events_stop(events);
    fsz_client_events_free(&events);
}

static void test_lag_of_one_connection_is_reported_once_an_interval(void **state)
{
    const struct fsz_client_source source = {.type = "stream", .name = "live"};
    struct fsz_client_lag          lag = {0};
    (void)state;
    fsz_client_lost(&lag, &source, NULL);
    assert_true(lag.reported);
    int64_t next_ms = lag.next_ms;
    fsz_client_lost(&lag, &source, NULL);
    assert_int_equal(lag.next_ms, next_ms);
    fsz_client_caught_up(&lag, &source, NULL);
    assert_false(lag.reported);

    lag.next_ms = fsz_clock_monotonic_ms() + PATIENCE_MS;
    fsz_client_lost(&lag, &source, NULL);
    assert_false(lag.reported);
    lag.next_ms = fsz_clock_monotonic_ms();
    fsz_client_lost(&lag, &source, NULL);
    assert_true(lag.reported);
    assert_true(lag.next_ms > fsz_clock_monotonic_ms());
}

static void *put_many(void *argument)
{
    for (int i = 0; i < PUTS; i++) {
        put(argument, i % FSZ_CLIENT_SUPPRESSED);
    }
    return NULL;
}

static void test_several_threads_add_notes(void **state)
{
    struct rig *rig = rig_new(RATE_MAX);
    pthread_t   threads[THREADS];
    (void)state;
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, put_many, rig), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        fsz_client_events_set_rate(rig->events, RATE_MAX - i);
        pthread_join(threads[i], NULL);
    }
    uint64_t overflowed = fsz_client_events_counters(rig->events).overflowed;
    uint64_t suppressed = fsz_client_events_counters(rig->events).suppressed;
    rig_await_sent(rig, (uint64_t)THREADS * PUTS - overflowed - suppressed);
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_event_has_the_facts_of_its_note),
        cmocka_unit_test(test_a_connection_closed_at_once_has_only_an_address),
        cmocka_unit_test(test_events_keep_the_order_of_their_notes),
        cmocka_unit_test(test_notes_do_not_wait_for_a_switch_that_blocks),
        cmocka_unit_test(test_events_suppressed_by_a_flood_are_reported_after_it),
        cmocka_unit_test(test_a_flood_of_connections_does_not_hide_trouble),
        cmocka_unit_test(test_rejected_connections_do_not_hide_clients_that_connect),
        cmocka_unit_test(test_rubbish_of_one_peer_does_not_hide_that_another_was_kicked),
        cmocka_unit_test(test_suppressed_events_are_reported_while_clients_come_and_go),
        cmocka_unit_test(test_nothing_is_fired_after_a_stop),
        cmocka_unit_test(test_a_rate_of_0_is_off),
        cmocka_unit_test(test_what_the_switch_refuses_is_counted),
        cmocka_unit_test(test_a_switch_that_cannot_fire_events_gets_none),
        cmocka_unit_test(test_lag_of_one_connection_is_reported_once_an_interval),
        cmocka_unit_test(test_several_threads_add_notes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
