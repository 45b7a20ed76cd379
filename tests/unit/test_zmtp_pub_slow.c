/* SPDX-License-Identifier: MPL-2.0 */
/* Subscribers that do not read. */
#include "pub_rig.h"

enum { BODY_BYTES = 4000, SENT = 4000, BOUND_MESSAGES = 200 };

/* Informs the subscriber of its loss, as a user of the publisher would. */
static void drained_tell(void *self, struct fsz_subscriber *subscriber)
{
    struct pub_rig          *rig = self;
    struct fsz_zmtp_message *message = rig_message(".lost", 8, FSZ_ZMTP_HIGH);
    rig->notes.drained++;
    assert_int_equal(fsz_pub_send_to(rig->pub, subscriber, message), FSZ_OK);
    fsz_zmtp_message_unref(message);
}

static int setup(void **state)
{
    struct pub_rig *rig = malloc(sizeof(*rig));
    if (rig != NULL) {
        rig_init(rig);
        rig->options.send_buffer_bytes = 65536;
        rig->limits.conn.output_messages = BOUND_MESSAGES;
        rig->handler.drained = drained_tell;
    }
    *state = rig;
    return rig == NULL;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

/* A frame's body, of any size. */
static size_t read_frame(int fd, uint8_t *body, size_t room, bool *ret_more)
{
    uint8_t flags = 0, length[8] = {0};
    size_t  size = 0;
    bare_read(fd, &flags, 1);
    bare_read(fd, length, flags & FSZ_FRAME_LONG ? 8 : 1);
    for (size_t i = 0; i < (flags & FSZ_FRAME_LONG ? 8 : 1); i++) {
        size = size << 8 | length[i];
    }
    assert_true(size <= room);
    bare_read(fd, body, size);
    *ret_more = flags & FSZ_FRAME_MORE;
    return size;
}

/* Reads messages until the report of losses; counts them by their first letter. */
static void read_to_report(int fd, unsigned ret_counts[256])
{
    static uint8_t body[BODY_BYTES + 100];
    uint8_t        topic[BODY_BYTES];
    bool           more = false;
    do {
        size_t size = read_frame(fd, topic, sizeof(topic), &more);
        assert_true(size > 0 && more);
        read_frame(fd, body, sizeof(body), &more);
        assert_false(more);
        ret_counts[topic[0]]++;
    } while (topic[0] != '.');
}

/* A client that does not read loses messages; another client, which reads, gets all. */
static void test_slow_subscriber_loses_the_least_important_first_and_is_told(void **state)
{
    struct pub_rig *rig = *state;
    unsigned        counts[256] = {0};
    rig_start(rig);
    void *quick = rig_subscriber(rig, "");
    rig_wait_subscriptions(rig, 1);
    int slow = bare_subscriber(rig->endpoint);
    bare_send(slow, 1, "");
    rig_wait_subscriptions(rig, 2);
    while (rig_notes(rig).lost == 0) {
        assert_int_equal(rig_send_as(rig, "low", BODY_BYTES, FSZ_ZMTP_LOW), 2);
        assert_true(zmq_recv(quick, counts, sizeof(counts), 0) == 3);
        assert_true(zmq_recv(quick, NULL, 0, 0) == BODY_BYTES);
    }
    assert_int_equal(rig_send_as(rig, "high", 8, FSZ_ZMTP_HIGH), 2);
    assert_topic(quick, "high");
    assert_int_equal(rig_notes(rig).lost, 1);
    assert_int_equal(rig_notes(rig).lost_high, 0);
    assert_int_equal(rig_send_as(rig, "low", BODY_BYTES, FSZ_ZMTP_LOW), 2);
    assert_int_equal(rig_notes(rig).lost, 2);
    memset(counts, 0, sizeof(counts));
    read_to_report(slow, counts);
    assert_int_equal(counts['h'], 1);
    assert_int_equal(rig_notes(rig).drained, 1);
    close(slow);
    zmq_close(quick);
    rig_wait_for(rig, &rig->notes.left, 2);
    rig_stop(rig);
}

static void test_high_priority_messages_are_lost_only_when_everything_is_full(void **state)
{
    struct pub_rig *rig = *state;
    rig_start(rig);
    int slow = bare_subscriber(rig->endpoint);
    bare_send(slow, 1, "");
    rig_wait_subscriptions(rig, 1);
    unsigned sent = 0;
    for (; rig_notes(rig).lost_high == 0; sent++) {
        rig_send_as(rig, "high", BODY_BYTES, FSZ_ZMTP_HIGH);
    }
    assert_int_equal(rig_notes(rig).lost, 1);
    assert_true(sent > BOUND_MESSAGES);
    rig_send_as(rig, "normal", BODY_BYTES, FSZ_ZMTP_NORMAL);
    assert_int_equal(rig_notes(rig).lost, 2);
    close(slow);
    rig_wait_for(rig, &rig->notes.left, 1);
    rig_stop(rig);
}

/* Only the write finds out that the total budget has no room. */
static void test_messages_dropped_when_they_are_written_are_reported(void **state)
{
    struct pub_rig         *rig = *state;
    struct fsz_zmtp_figures figures;
    rig->limits.conn.output_messages = 0;
    rig->limits.output_bytes =
        2 * (SENT * sizeof(void *) + BODY_BYTES); /* includes the queue itself */
    rig_start(rig);
    int slow = bare_subscriber(rig->endpoint);
    bare_send(slow, 1, "");
    rig_wait_subscriptions(rig, 1);
    fsz_pub_lock(rig->pub);
    for (unsigned i = 0; i < SENT; i++) {
        struct fsz_zmtp_message *message = rig_message("high", BODY_BYTES, FSZ_ZMTP_HIGH);
        assert_int_equal(fsz_pub_queue(rig->pub, "high", 4, message), 1);
        fsz_zmtp_message_unref(message);
    }
    assert_int_equal(rig->notes.lost, 0);
    fsz_pub_flush(rig->pub);
    assert_true(rig->notes.lost > 0);
    assert_int_equal(rig->notes.lost, rig->notes.lost_high);
    unsigned lost = rig->notes.lost;
    fsz_pub_unlock(rig->pub);
    close(slow);
    rig_wait_for(rig, &rig->notes.left, 1);
    fsz_zmtp_socket_figures(fsz_pub_socket(rig->pub), &figures);
    assert_int_equal(figures.dropped[FSZ_ZMTP_HIGH], lost);
    rig_stop(rig);
}

static void test_loss_for_lack_of_room_in_all_is_reported_too(void **state)
{
    struct pub_rig         *rig = *state;
    struct fsz_zmtp_figures figures;
    rig->limits.output_bytes = (size_t)20 * BODY_BYTES;
    rig_start(rig);
    int slow = bare_subscriber(rig->endpoint);
    bare_send(slow, 1, "");
    rig_wait_subscriptions(rig, 1);
    unsigned sent = 0;
    for (; sent < SENT && rig_notes(rig).lost < 10; sent++) {
        rig_send_as(rig, "low", BODY_BYTES, FSZ_ZMTP_LOW);
    }
    assert_int_equal(rig_notes(rig).lost, 10);
    close(slow);
    rig_wait_for(rig, &rig->notes.left, 1);
    fsz_zmtp_socket_figures(fsz_pub_socket(rig->pub), &figures);
    assert_int_equal(figures.dropped[FSZ_ZMTP_LOW], 10);
    assert_true(figures.output_bytes_peak <= rig->limits.output_bytes);
    rig_stop(rig);
}

#define rig_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        rig_test(test_slow_subscriber_loses_the_least_important_first_and_is_told),
        rig_test(test_high_priority_messages_are_lost_only_when_everything_is_full),
        rig_test(test_messages_dropped_when_they_are_written_are_reported),
        rig_test(test_loss_for_lack_of_room_in_all_is_reported_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
