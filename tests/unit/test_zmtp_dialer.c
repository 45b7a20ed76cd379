/* SPDX-License-Identifier: MPL-2.0 */
#include "zmtp/dialer_private.h"

#include "zmtp/listener.h"
#include "zmtp/resolver.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "zmtp_turns.h"

/* A loop, a listener, a dialer, and the last descriptor of both. */
struct rig {
    struct fsz_loop     *loop;
    struct fsz_listener *listener;
    struct fsz_dialer   *dialer;
    struct fsz_address   from, to;
    int                  accepted_fd, connected_fd;
    unsigned             accepted, connected;
    bool                 frees; /* the callback frees the dialer */
    int                  error;
    char                 why[FSZ_ADDRESS_WHY_BYTES];
};

static void keep(int *slot, int fd)
{
    if (*slot >= 0) {
        close(*slot);
    }
    *slot = fd;
}

static void rig_accepted(void *argument, int fd, const struct fsz_address *peer)
{
    struct rig *rig = argument;
    keep(&rig->accepted_fd, fd);
    rig->from = *peer;
    rig->accepted++;
}

static void rig_connected(void *argument, int fd, const struct fsz_address *peer)
{
    struct rig *rig = argument;
    keep(&rig->connected_fd, fd);
    rig->to = *peer;
    rig->connected++;
    if (rig->frees) {
        fsz_dialer_free(&rig->dialer);
    }
}

static int set_up(void **state)
{
    struct rig *rig = calloc(1, sizeof(*rig));
    rig->accepted_fd = rig->connected_fd = -1;
    *state = rig;
    return fsz_loop_new(&rig->loop) == FSZ_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    struct rig *rig = *state;
    fsz_dialer_free(&rig->dialer);
    fsz_listener_free(&rig->listener);
    keep(&rig->accepted_fd, -1);
    keep(&rig->connected_fd, -1);
    fsz_loop_free(&rig->loop);
    free(rig);
    return fsz_resolver_wait(TURNS_PATIENCE_MS) ? 0 : -1;
}

static const struct fsz_dialer_options quick = {
    .ipv6 = true, .connect_timeout_ms = 10000, .reconnect_ms = 5, .reconnect_max_ms = 20};

static fsz_err rig_dial(struct rig *rig, const char *endpoint,
                        const struct fsz_dialer_options *options)
{
    return fsz_dialer_new(rig->loop, endpoint, options, rig_connected, rig, &rig->dialer, rig->why);
}

static void rig_listen(struct rig *rig, const char *endpoint)
{
    static const struct fsz_listener_options options = {.ipv6 = true};
    assert_int_equal(fsz_listener_new(rig->loop, endpoint, &options, rig_accepted, rig,
                                      &rig->listener, &rig->error, rig->why),
                     FSZ_OK);
}

static const char *rig_port(const struct rig *rig)
{
    return strrchr(fsz_listener_endpoint(rig->listener), ':') + 1;
}

static void test_a_tcp_connection_is_handed_over(void **state)
{
    struct rig *rig = *state;
    int         on = 0;
    socklen_t   size = sizeof(on);
    char        text[FSZ_ADDRESS_TEXT_BYTES];
    rig_listen(rig, "tcp://127.0.0.1:0");
    assert_int_equal(rig_dial(rig, fsz_listener_endpoint(rig->listener), &quick), FSZ_OK);
    assert_int_equal(rig->connected, 0);
    TURN_UNTIL(rig->loop, rig->connected == 1 && rig->accepted == 1);
    fsz_address_write(&rig->to, text);
    assert_string_equal(text, fsz_listener_endpoint(rig->listener));
    assert_string_equal(fsz_dialer_endpoint(rig->dialer), text);
    assert_string_equal(rig->dialer->why, "");
    assert_int_equal(rig->dialer->attempts, 1);
    assert_int_equal(getsockopt(rig->connected_fd, IPPROTO_TCP, TCP_NODELAY, &on, &size), 0);
    assert_int_equal(on, 1);
    assert_true(fcntl(rig->connected_fd, F_GETFD) & FD_CLOEXEC);
    assert_true(fcntl(rig->connected_fd, F_GETFL) & O_NONBLOCK);
}

static void test_a_listener_that_comes_later_is_found(void **state)
{
    struct rig *rig = *state;
    char        endpoint[FSZ_ADDRESS_TEXT_BYTES];
    rig_listen(rig, "tcp://127.0.0.1:0");
    snprintf(endpoint, sizeof(endpoint), "%s", fsz_listener_endpoint(rig->listener));
    fsz_listener_free(&rig->listener);
    assert_int_equal(rig_dial(rig, endpoint, &quick), FSZ_OK);
    TURN_UNTIL(rig->loop, rig->dialer->attempts >= 3);
    assert_non_null(strstr(rig->dialer->why, "refused"));
    assert_non_null(strstr(rig->dialer->why, endpoint));
    rig_listen(rig, endpoint);
    TURN_UNTIL(rig->loop, rig->connected == 1 && rig->accepted == 1);
    assert_string_equal(rig->dialer->why, "");
}

static void test_ipc_is_connected_and_again_when_its_owner_says_so(void **state)
{
    struct rig *rig = *state;
    char        endpoint[64];
    snprintf(endpoint, sizeof(endpoint), "ipc://@fszmq-dialer-%d", (int)getpid());
    assert_int_equal(rig_dial(rig, endpoint, &quick), FSZ_OK);
    TURN_UNTIL(rig->loop, rig->dialer->attempts >= 2);
    rig_listen(rig, endpoint);
    TURN_UNTIL(rig->loop, rig->connected == 1);
    fsz_dialer_again(rig->dialer);
    TURN_UNTIL(rig->loop, rig->connected == 2 && rig->accepted == 2);
    assert_int_equal(rig->to.any.sa_family, AF_UNIX);
}

static void test_the_source_address_is_used(void **state)
{
    struct rig *rig = *state;
    char        endpoint[64], host[FSZ_ADDRESS_HOST_BYTES];
    rig_listen(rig, "tcp://127.0.0.1:0");
    snprintf(endpoint, sizeof(endpoint), "tcp://127.0.0.7:0;127.0.0.1:%s", rig_port(rig));
    assert_int_equal(rig_dial(rig, endpoint, &quick), FSZ_OK);
    TURN_UNTIL(rig->loop, rig->connected == 1 && rig->accepted == 1);
    fsz_address_write_host(&rig->from, host);
    assert_string_equal(host, "127.0.0.7");
}

static void test_a_source_that_this_host_does_not_have_is_explained(void **state)
{
    struct rig *rig = *state;
    char        endpoint[64];
    rig_listen(rig, "tcp://127.0.0.1:0");
    snprintf(endpoint, sizeof(endpoint), "tcp://192.0.2.9:0;127.0.0.1:%s", rig_port(rig));
    assert_int_equal(rig_dial(rig, endpoint, &quick), FSZ_OK);
    TURN_UNTIL(rig->loop, rig->dialer->attempts >= 2);
    assert_non_null(strstr(rig->dialer->why, "assign requested address"));
    assert_int_equal(rig->accepted, 0);
}

/* The listener is IPv4 only; if the name also has an IPv6 address, that one is refused first. */
static void test_a_names_addresses_are_tried_in_turn(void **state)
{
    struct rig *rig = *state;
    char        endpoint[64];
    rig_listen(rig, "tcp://127.0.0.1:0");
    snprintf(endpoint, sizeof(endpoint), "tcp://localhost:%s", rig_port(rig));
    assert_int_equal(rig_dial(rig, endpoint, &quick), FSZ_OK);
    TURN_UNTIL(rig->loop, rig->connected == 1 && rig->accepted == 1);
    assert_int_equal(rig->dialer->attempts, 1);
}

static void test_a_name_that_does_not_exist_is_looked_up_again(void **state)
{
    struct rig *rig = *state;
    const char *name =
        "tcp://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.invalid:1";
    assert_int_equal(rig_dial(rig, name, &quick), FSZ_OK);
    TURN_UNTIL(rig->loop, rig->dialer->attempts >= 3);
    assert_non_null(strstr(rig->dialer->why, "aaaa"));
}

static void test_an_ipv6_number_without_ipv6_is_explained(void **state)
{
    struct rig               *rig = *state;
    struct fsz_dialer_options options = quick;
    options.ipv6 = false;
    assert_int_equal(rig_dial(rig, "tcp://[::1]:1", &options), FSZ_OK);
    TURN_UNTIL(rig->loop, rig->dialer->attempts >= 2);
    assert_non_null(strstr(rig->dialer->why, "ipv6 is off"));
}

/* The backlog is full: Linux drops the SYN, so connect(2) stays in progress. */
static void test_a_connect_that_is_not_answered_ends_after_its_time(void **state)
{
    struct rig               *rig = *state;
    struct fsz_dialer_options options = quick;
    struct fsz_address        address;
    char                      endpoint[FSZ_ADDRESS_TEXT_BYTES];
    int                       fillers[2];
    int                       fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(fsz_address_of_number("127.0.0.1", 0, false, &address), FSZ_OK);
    assert_int_equal(bind(fd, &address.any, address.size), 0);
    assert_int_equal(listen(fd, 0), 0);
    assert_int_equal(getsockname(fd, &address.any, &address.size), 0);
    for (size_t i = 0; i < 2; i++) {
        fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        (void)connect(fillers[i], &address.any, address.size);
    }
    fsz_address_write(&address, endpoint);
    options.connect_timeout_ms = 50;
    assert_int_equal(rig_dial(rig, endpoint, &options), FSZ_OK);
    TURN_UNTIL(rig->loop, rig->dialer->attempts >= 2);
    assert_non_null(strstr(rig->dialer->why, "timed out"));
    assert_int_equal(rig->connected, 0);
    close(fillers[0]);
    close(fillers[1]);
    close(fd);
}

static int64_t next_attempt_takes(struct rig *rig)
{
    uint64_t tries = rig->dialer->attempts;
    int64_t  start_ms = turns_now_ms();
    TURN_UNTIL(rig->loop, rig->dialer->attempts > tries);
    return turns_now_ms() - start_ms;
}

static void test_pauses_grow_up_to_a_bound(void **state)
{
    struct rig               *rig = *state;
    struct fsz_dialer_options options = quick;
    options.reconnect_ms = 20;
    options.reconnect_max_ms = 80;
    assert_int_equal(rig_dial(rig, "ipc:///no/such/folder/x", &options), FSZ_OK);
    TURN_UNTIL(rig->loop, rig->dialer->attempts == 1);
    assert_true(next_attempt_takes(rig) >=
                18); /* 20, 40, 80, 80; the time of a turn is rounded down */
    assert_true(next_attempt_takes(rig) >= 38);
    assert_true(next_attempt_takes(rig) >= 78);
    assert_true(next_attempt_takes(rig) >= 78);
}

static void test_a_connection_that_stands_makes_the_pauses_short_again(void **state)
{
    struct rig               *rig = *state;
    struct fsz_dialer_options options = quick;
    options.reconnect_max_ms = INT64_MAX;
    assert_int_equal(rig_dial(rig, "ipc:///no/such/folder/x", &options), FSZ_OK);
    for (unsigned i = 0; i < 100; i++) {
        fsz_dialer_again(rig->dialer);
    }
    assert_int_equal(fsz_loop_turn(rig->loop, INT64_C(50000000)), 0);
    fsz_dialer_stands(rig->dialer);
    fsz_dialer_again(rig->dialer);
    (void)next_attempt_takes(rig);
}

static void test_a_callback_may_free_the_dialer(void **state)
{
    struct rig *rig = *state;
    rig_listen(rig, "tcp://127.0.0.1:0");
    rig->frees = true;
    assert_int_equal(rig_dial(rig, fsz_listener_endpoint(rig->listener), &quick), FSZ_OK);
    TURN_UNTIL(rig->loop, rig->connected == 1);
    assert_null(rig->dialer);
}

static void test_a_dialer_may_be_freed_while_it_looks_up_or_connects(void **state)
{
    struct rig *rig = *state;
    for (unsigned turns = 0; turns < 6; turns++) {
        assert_int_equal(rig_dial(rig, "tcp://localhost:1", &quick), FSZ_OK);
        for (unsigned i = 0; i < turns; i++) {
            fsz_loop_turn(rig->loop, 0);
        }
        fsz_dialer_free(&rig->dialer);
    }
    assert_int_equal(rig->connected, 0);
}

static void test_endpoints_that_are_not_valid_are_refused(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(rig_dial(rig, "tcp://*:5556", &quick), FSZ_EINVALID);
    assert_non_null(strstr(rig->why, "host:port"));
    assert_null(rig->dialer);
}

#define DIALER_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DIALER_TEST(test_a_tcp_connection_is_handed_over),
        DIALER_TEST(test_a_listener_that_comes_later_is_found),
        DIALER_TEST(test_ipc_is_connected_and_again_when_its_owner_says_so),
        DIALER_TEST(test_the_source_address_is_used),
        DIALER_TEST(test_a_source_that_this_host_does_not_have_is_explained),
        DIALER_TEST(test_a_names_addresses_are_tried_in_turn),
        DIALER_TEST(test_a_name_that_does_not_exist_is_looked_up_again),
        DIALER_TEST(test_an_ipv6_number_without_ipv6_is_explained),
        DIALER_TEST(test_a_connect_that_is_not_answered_ends_after_its_time),
        DIALER_TEST(test_pauses_grow_up_to_a_bound),
        DIALER_TEST(test_a_connection_that_stands_makes_the_pauses_short_again),
        DIALER_TEST(test_a_callback_may_free_the_dialer),
        DIALER_TEST(test_a_dialer_may_be_freed_while_it_looks_up_or_connects),
        DIALER_TEST(test_endpoints_that_are_not_valid_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
