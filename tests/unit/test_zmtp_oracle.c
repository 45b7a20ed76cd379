/* SPDX-License-Identifier: MPL-2.0 */
/* The same bytes after a handshake, to libzmq and to our frame reader: both must behave the same,
 * except in the marked rows. */
#include "handshake_rig.h"

static void link_ready(struct link *link, int type, enum fsz_zmtp_type own)
{
    struct fsz_mechanism_config config = {.name = FSZ_ZMTP_NULL, .type = own};
    int64_t                     most = INT64_MAX;
    link_new(link, type);
    /* Otherwise libzmq allocates as much memory as a frame announces. */
    zmq_setsockopt(link->socket, ZMQ_MAXMSGSIZE, &most, sizeof(most));
    link_connect(link);
    link_greet(link, &config);
    handshake(link, "");
    assert_int_equal(fsz_mechanism_state(link->mechanism), FSZ_MECHANISM_READY);
}

#define ROW(text) (const uint8_t *)(text), sizeof(text) - 1

static const struct {
    const uint8_t *bytes;
    size_t         size;
    fsz_err        ours;
    bool           libzmq_goes_on;
} rows[] = {
    {ROW("\0\1x"), FSZ_OK, true},
    {ROW("\2\0\0\0\0\0\0\0\1x"), FSZ_OK, true}, /* longer than needed */
    {ROW("\1\1x\0\1y"), FSZ_OK, true},          /* two frames */
    {ROW("\4\4\3FOO"), FSZ_OK, true},           /* an unknown command */
    {ROW("\4\7\4PING\0\0"), FSZ_OK, true},
    {ROW("\2\x80\0\0\0\0\0\0\0"), FSZ_EINVALID, false}, /* 2^63 bytes */
    {ROW("\2\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"), FSZ_EINVALID, false},
    /* RFC 23: "Bits 7-3: Reserved. Bits 7-3 are reserved for future use and MUST be zero." libzmq
     * ignores them. */
    {ROW("\x08\1x"), FSZ_EINVALID, true},
    {ROW("\x80\1x"), FSZ_EINVALID, true},
};

/* A libzmq DEALER that is still connected receives the frame that we send next. */
static bool libzmq_goes_on(const uint8_t *bytes, size_t size)
{
    struct link link;
    char        body[8] = "";
    bool        goes_on = false;
    link_ready(&link, ZMQ_DEALER, FSZ_ZMTP_ROUTER);
    libzmq_watch(&link, ZMQ_EVENT_DISCONNECTED);
    link_send(&link, bytes, size);
    ssize_t        sent = send(link.fd, "\0\3end", 5, MSG_NOSIGNAL);
    zmq_pollitem_t items[] = {{.socket = link.socket, .events = ZMQ_POLLIN},
                              {.socket = link.monitor, .events = ZMQ_POLLIN}};
    while (sent == 5 && !goes_on && zmq_poll(items, 2, PATIENCE_S * 1000L) > 0 &&
           (items[0].revents & ZMQ_POLLIN)) {
        int got = zmq_recv(link.socket, body, sizeof(body), 0);
        goes_on = got == 3 && memcmp(body, "end", 3) == 0;
    }
    link_end(&link);
    return goes_on;
}

static void test_frames_are_judged_as_libzmq_judges_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fsz_frame_head head;
        assert_int_equal(fsz_frame_read(rows[i].bytes, rows[i].size, &head), rows[i].ours);
        assert_int_equal(libzmq_goes_on(rows[i].bytes, rows[i].size), rows[i].libzmq_goes_on);
    }
}

static void test_subscriptions_of_both_kinds_reach_libzmq(void **state)
{
    (void)state;
    struct link link;
    char        got[16] = "";
    link_ready(&link, ZMQ_XPUB, FSZ_ZMTP_SUB);
    frame_send(&link, 0, "\1old", 4);
    assert_int_equal(zmq_recv(link.socket, got, sizeof(got), 0), 4);
    assert_memory_equal(got, "\1old", 4);
    frame_send(&link, FSZ_FRAME_COMMAND, "\x09SUBSCRIBEnew", 13);
    assert_int_equal(zmq_recv(link.socket, got, sizeof(got), 0), 4);
    assert_memory_equal(got, "\1new", 4);
    frame_send(&link, FSZ_FRAME_COMMAND, "\6CANCELnew", 10);
    assert_int_equal(zmq_recv(link.socket, got, sizeof(got), 0), 4);
    assert_memory_equal(got, "\0new", 4);
    link_end(&link);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames_are_judged_as_libzmq_judges_them),
        cmocka_unit_test(test_subscriptions_of_both_kinds_reach_libzmq),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
