/* SPDX-License-Identifier: MPL-2.0 */
/* Each allocation fails in turn: no peer is served wrongly, nothing leaks, and the next peer is
 * served. */

#include "zmtp_rig.h"

#include "failing_malloc.h"

static void answer_now(void *self, struct fsz_admission *admission)
{
    (void)self;
    admission_answer(admission, "200", "anna");
}

enum { GREETING_AND_WELCOME = 64 + 10 };

/* Reads; true: the connection has ended, or the peer has been admitted. */
static bool has_answer(int fd, size_t *got)
{
    char    bytes[256];
    ssize_t size = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
    *got += size > 0 ? (size_t)size : 0;
    return size == 0 || *got >= GREETING_AND_WELCOME;
}

/* A peer that shows a user name. */
static void serve_one(struct rig *rig)
{
    static const char hello[] = "\xff\0\0\0\0\0\0\0\1\x7f\3\0PLAIN\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                                "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                                "\4\x0d\5HELLO\1u\4pass";
    struct fsz_zmtp_figures figures;
    size_t                  got = 0;
    int                     fd = raw_connect(rig, "127.0.0.1");
    raw_say(fd, hello, sizeof(hello) - 1);
    RIG_UNTIL(rig, has_answer(fd, &got));
    assert_true(allocation_failed || got >= GREETING_AND_WELCOME);
    allocation_countdown = 0;
    close(fd);
    RIG_UNTIL(rig, (figures = rig_figures(rig)).open_now == 0 && figures.accepted == 1);
    assert_int_equal(figures.endings[FSZ_ZMTP_END_PEER] + figures.endings[FSZ_ZMTP_END_MEMORY] +
                         figures.endings[FSZ_ZMTP_END_SYSTEM],
                     1);
}

/* One life of a socket in which that allocation fails. */
static void live_without(long countdown)
{
    struct rig  rig = rig_make(FSZ_ZMTP_ROUTER);
    char        why[FSZ_ADDRESS_WHY_BYTES];
    const char *bound = NULL;
    int         error = 0;
    rig.options.mechanism.name = FSZ_ZMTP_PLAIN;
    rig.gate.gate = (struct fsz_gate){.ask = answer_now};
    assert_int_equal(fsz_loop_new(&rig.loop), FSZ_OK);
    allocation_failed = false;
    allocation_countdown = countdown;
    if (fsz_zmtp_socket_new(rig.loop, &rig.options, &rig.limits, &rig.handler, &rig, &rig.gate.gate,
                            &rig.socket) == FSZ_OK &&
        fsz_zmtp_socket_bind(rig.socket, "tcp://127.0.0.1:*", &bound, &error, why) == FSZ_OK) {
        snprintf(rig.endpoint, sizeof(rig.endpoint), "%s", bound);
        serve_one(&rig);
    }
    allocation_countdown = 0;
    if (rig.socket != NULL) {
        rig_close(&rig);
    }
    fsz_loop_free(&rig.loop);
}

static void test_each_allocation_may_fail(void **state)
{
    (void)state;
    long countdown = 1;
    do {
        live_without(countdown++);
        assert_true(countdown < 1000);
    } while (allocation_failed);
    assert_true(countdown > 10); /* some allocations failed */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
