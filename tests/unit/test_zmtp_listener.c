/* SPDX-License-Identifier: MPL-2.0 */
#include "zmtp/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "zmtp_turns.h"

enum { PEERS_MAX = 256 };

/* A loop, a folder for ipc, and the descriptors that a listener handed over. */
struct rig {
    struct fsz_loop     *loop;
    struct fsz_listener *listener;
    struct fsz_address   peer;
    int                  fds[PEERS_MAX];
    size_t               count;
    bool                 frees; /* the callback frees the listener */
    int                  error;
    char                 why[FSZ_ADDRESS_WHY_BYTES], folder[64], path[96], endpoint[112];
};

static void rig_accepted(void *argument, int fd, const struct fsz_address *peer)
{
    struct rig *rig = argument;
    rig->peer = *peer;
    rig->fds[rig->count++] = fd;
    if (rig->frees) {
        fsz_listener_free(&rig->listener);
    }
}

static int set_up(void **state)
{
    struct rig *rig = calloc(1, sizeof(*rig));
    *state = rig;
    strcpy(rig->folder, "/tmp/fszmq-listener-XXXXXX");
    if (mkdtemp(rig->folder) == NULL || fsz_loop_new(&rig->loop) != FSZ_OK) {
        return -1;
    }
    snprintf(rig->path, sizeof(rig->path), "%s/events.sock", rig->folder);
    snprintf(rig->endpoint, sizeof(rig->endpoint), "ipc://%s", rig->path);
    return 0;
}

static int tear_down(void **state)
{
    struct rig *rig = *state;
    fsz_listener_free(&rig->listener);
    for (size_t i = 0; i < rig->count; i++) {
        close(rig->fds[i]);
    }
    fsz_loop_free(&rig->loop);
    (void)unlink(rig->path);
    int error = rmdir(rig->folder); /* fails if anything else is left */
    free(rig);
    return error;
}

static fsz_err rig_listen(struct rig *rig, const char *endpoint,
                          const struct fsz_listener_options *options)
{
    return fsz_listener_new(rig->loop, endpoint, options, rig_accepted, rig, &rig->listener,
                            &rig->error, rig->why);
}

static const struct fsz_listener_options plain = {.ipv6 = false};

/* A peer that has called connect(2) without waiting; -1: refused. */
static int peer_connect(const char *endpoint, bool ipv6)
{
    struct fsz_endpoint_parts parts;
    struct fsz_address        address;
    char                      why[FSZ_ADDRESS_WHY_BYTES];
    assert_int_equal(fsz_address_parse(endpoint, true, &parts, why), FSZ_OK);
    assert_int_equal(fsz_address_of_listener(&parts, ipv6, &address, why), FSZ_OK);
    int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    if (connect(fd, &address.any, address.size) != 0 && errno != EINPROGRESS) {
        close(fd);
        return -1;
    }
    return fd;
}

static void test_tcp_peers_are_handed_over_with_their_address(void **state)
{
    struct rig *rig = *state;
    char        host[FSZ_ADDRESS_HOST_BYTES];
    assert_int_equal(rig_listen(rig, "tcp://127.0.0.1:*", &plain), FSZ_OK);
    assert_int_equal(strncmp(fsz_listener_endpoint(rig->listener), "tcp://127.0.0.1:", 16), 0);
    assert_int_not_equal(atoi(fsz_listener_endpoint(rig->listener) + 16), 0);
    int peer = peer_connect(fsz_listener_endpoint(rig->listener), false);
    TURN_UNTIL(rig->loop, rig->count == 1);
    fsz_address_write_host(&rig->peer, host);
    assert_string_equal(host, "127.0.0.1");
    int       on = 0;
    socklen_t size = sizeof(on);
    assert_int_equal(getsockopt(rig->fds[0], IPPROTO_TCP, TCP_NODELAY, &on, &size), 0);
    assert_int_equal(on, 1);
    assert_true(fcntl(rig->fds[0], F_GETFD) & FD_CLOEXEC);
    assert_true(fcntl(rig->fds[0], F_GETFL) & O_NONBLOCK);
    assert_int_equal(fsz_listener_figures(rig->listener).accepted, 1);
    assert_false(fsz_listener_is_lost(rig->listener));
    close(peer);
}

static void test_a_wildcard_with_ipv6_takes_ipv4_too(void **state)
{
    struct rig                       *rig = *state;
    const struct fsz_listener_options options = {.ipv6 = true};
    char                              endpoint[64], host[FSZ_ADDRESS_HOST_BYTES];
    assert_int_equal(rig_listen(rig, "tcp://*:0", &options), FSZ_OK);
    const char *port = strrchr(fsz_listener_endpoint(rig->listener), ':');
    snprintf(endpoint, sizeof(endpoint), "tcp://127.0.0.1%s", port);
    int peer = peer_connect(endpoint, false);
    TURN_UNTIL(rig->loop, rig->count == 1);
    fsz_address_write_host(&rig->peer, host);
    assert_string_equal(host, "127.0.0.1");
    close(peer);
}

static void test_a_port_in_use_is_said_so(void **state)
{
    struct rig *rig = *state;
    char        endpoint[FSZ_ADDRESS_TEXT_BYTES];
    assert_int_equal(rig_listen(rig, "tcp://127.0.0.1:0", &plain), FSZ_OK);
    struct fsz_listener *first = rig->listener;
    snprintf(endpoint, sizeof(endpoint), "%s", fsz_listener_endpoint(first));
    assert_int_equal(rig_listen(rig, endpoint, &plain), FSZ_ESYSTEM);
    assert_ptr_equal(rig->listener, first);
    assert_int_equal(rig->error, EADDRINUSE);
    assert_non_null(strstr(rig->why, "in use"));
    fsz_listener_free(&rig->listener);
    assert_int_equal(rig_listen(rig, endpoint, &plain), FSZ_OK);
}

static void test_endpoints_that_are_not_valid_are_explained(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(rig_listen(rig, "tcp://nosuch0:1", &plain), FSZ_EINVALID);
    assert_non_null(strstr(rig->why, "nosuch0"));
    assert_int_equal(rig_listen(rig, "tcp://192.0.2.77:1", &plain), FSZ_ESYSTEM);
    assert_int_equal(rig->error, EADDRNOTAVAIL);
    assert_int_equal(rig_listen(rig, "ipc:///no/such/folder/x", &plain), FSZ_ESYSTEM);
    assert_int_equal(rig->error, ENOENT);
    assert_null(rig->listener);
}

static void test_a_port_is_bound_again_while_old_connections_wait_to_end(void **state)
{
    struct rig *rig = *state;
    char        endpoint[FSZ_ADDRESS_TEXT_BYTES];
    assert_int_equal(rig_listen(rig, "tcp://127.0.0.1:0", &plain), FSZ_OK);
    snprintf(endpoint, sizeof(endpoint), "%s", fsz_listener_endpoint(rig->listener));
    int peer = peer_connect(endpoint, false);
    TURN_UNTIL(rig->loop, rig->count == 1);
    close(rig->fds[--rig->count]); /* closed here first, so that TIME_WAIT is on the listener's port
                                    */
    fsz_listener_free(&rig->listener);
    close(peer);
    assert_int_equal(rig_listen(rig, endpoint, &plain), FSZ_OK);
}

static void test_ipc_peers_are_handed_over_and_the_file_goes_with_the_listener(void **state)
{
    struct rig                       *rig = *state;
    const struct fsz_listener_options options = {.ipc_mode = 0640};
    struct stat                       file;
    assert_int_equal(rig_listen(rig, rig->endpoint, &options), FSZ_OK);
    assert_string_equal(fsz_listener_endpoint(rig->listener), rig->endpoint);
    assert_int_equal(stat(rig->path, &file), 0);
    assert_int_equal(file.st_mode & 0777, 0640);
    int peer = peer_connect(rig->endpoint, false);
    TURN_UNTIL(rig->loop, rig->count == 1);
    assert_int_equal(rig->peer.any.sa_family, AF_UNIX);
    fsz_listener_free(&rig->listener);
    assert_int_equal(lstat(rig->path, &file), -1);
    close(peer);
}

static void test_abstract_names_are_served_and_may_be_in_use(void **state)
{
    struct rig *rig = *state;
    char        endpoint[64];
    snprintf(endpoint, sizeof(endpoint), "ipc://@fszmq-test-%d", (int)getpid());
    assert_int_equal(rig_listen(rig, endpoint, &plain), FSZ_OK);
    struct fsz_listener *first = rig->listener;
    assert_int_equal(rig_listen(rig, endpoint, &plain), FSZ_ESYSTEM);
    assert_int_equal(rig->error, EADDRINUSE);
    assert_ptr_equal(rig->listener, first);
    int peer = peer_connect(endpoint, false);
    TURN_UNTIL(rig->loop, rig->count == 1);
    assert_false(fsz_listener_is_lost(rig->listener));
    close(peer);
}

static void test_a_file_without_a_listener_is_replaced(void **state)
{
    struct rig        *rig = *state;
    struct fsz_address address;
    int                fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(fsz_address_of_path(rig->path, &address, rig->why), FSZ_OK);
    assert_int_equal(bind(fd, &address.any, address.size), 0);
    close(fd);
    assert_int_equal(rig_listen(rig, rig->endpoint, &plain), FSZ_OK);
    assert_false(fsz_listener_is_lost(rig->listener));
    close(peer_connect(rig->endpoint, false));
}

struct racer {
    pthread_t            thread;
    const char          *endpoint;
    pthread_barrier_t   *start;
    struct fsz_loop     *loop;
    struct fsz_listener *listener;
    int                  error;
};

static void *racer_main(void *argument)
{
    struct racer *racer = argument;
    char          why[FSZ_ADDRESS_WHY_BYTES];
    pthread_barrier_wait(racer->start);
    fsz_err err = fsz_listener_new(racer->loop, racer->endpoint, &plain, rig_accepted, NULL,
                                   &racer->listener, &racer->error, why);
    return err == FSZ_OK ? racer : NULL;
}

/* One wins, and no other takes the path from it. */
static void test_of_binders_that_race_for_a_stale_path_one_wins(void **state)
{
    enum { RACERS = 4, ROUNDS = 200 };
    struct rig       *rig = *state;
    struct racer      racers[RACERS];
    pthread_barrier_t start;
    pthread_barrier_init(&start, NULL, RACERS);
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct fsz_address address;
        unsigned           winners = 0;
        int                fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(fsz_address_of_path(rig->path, &address, rig->why), FSZ_OK);
        assert_int_equal(bind(fd, &address.any, address.size), 0);
        close(fd);
        for (size_t i = 0; i < RACERS; i++) {
            racers[i] =
                (struct racer){.endpoint = rig->endpoint, .start = &start, .loop = rig->loop};
            assert_int_equal(pthread_create(&racers[i].thread, NULL, racer_main, &racers[i]), 0);
        }
        for (size_t i = 0; i < RACERS; i++) {
            pthread_join(racers[i].thread, NULL);
            winners += racers[i].listener != NULL;
        }
        for (size_t i = 0; i < RACERS; i++) {
            assert_true(racers[i].listener == NULL || !fsz_listener_is_lost(racers[i].listener));
        }
        assert_int_equal(winners, 1);
        for (size_t i = 0; i < RACERS; i++) {
            fsz_listener_free(&racers[i].listener);
        }
        (void)unlink(rig->path);
    }
    pthread_barrier_destroy(&start);
}

static void test_a_path_with_a_listener_is_left_to_it(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(rig_listen(rig, rig->endpoint, &plain), FSZ_OK);
    struct fsz_listener *first = rig->listener;
    assert_int_equal(rig_listen(rig, rig->endpoint, &plain), FSZ_ESYSTEM);
    assert_int_equal(rig->error, EADDRINUSE);
    assert_non_null(strstr(rig->why, "another process listens"));
    assert_ptr_equal(rig->listener, first);
    assert_false(fsz_listener_is_lost(first));
    int peer = peer_connect(rig->endpoint, false);
    assert_true(peer >= 0);
    close(peer);
}

static void test_a_file_that_is_no_socket_is_left_alone(void **state)
{
    struct rig *rig = *state;
    struct stat before, after;
    close(open(rig->path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    assert_int_equal(lstat(rig->path, &before), 0);
    assert_int_equal(rig_listen(rig, rig->endpoint, &plain), FSZ_ESYSTEM);
    assert_int_equal(rig->error, ENOTSOCK);
    assert_int_equal(lstat(rig->path, &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
    unlink(rig->path);
    assert_int_equal(symlink("/nonexistent", rig->path), 0);
    assert_int_equal(rig_listen(rig, rig->endpoint, &plain), FSZ_ESYSTEM);
    assert_int_equal(rig->error, ENOTSOCK);
}

static void test_a_file_that_was_deleted_or_replaced_is_lost_and_not_deleted(void **state)
{
    struct rig *rig = *state;
    struct stat file;
    assert_int_equal(rig_listen(rig, rig->endpoint, &plain), FSZ_OK);
    assert_false(fsz_listener_is_lost(rig->listener));
    assert_int_equal(unlink(rig->path), 0);
    assert_true(fsz_listener_is_lost(rig->listener));
    close(open(rig->path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    assert_true(fsz_listener_is_lost(rig->listener));
    fsz_listener_free(&rig->listener);
    assert_int_equal(lstat(rig->path, &file), 0);
}

static void test_a_callback_may_free_the_listener(void **state)
{
    struct rig *rig = *state;
    int         peers[3];
    rig->frees = true;
    assert_int_equal(rig_listen(rig, rig->endpoint, &plain), FSZ_OK);
    for (size_t i = 0; i < 3; i++) {
        peers[i] = peer_connect(rig->endpoint, false);
    }
    TURN_UNTIL(rig->loop, rig->listener == NULL);
    assert_int_equal(rig->count, 1);
    for (size_t i = 0; i < 3; i++) {
        close(peers[i]);
    }
}

/* Uses up all descriptors of this process. Returns how many. */
static size_t take_descriptors(int fds[PEERS_MAX])
{
    size_t count = 0;
    while (count < PEERS_MAX && (fds[count] = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0) {
        count++;
    }
    assert_true(count < PEERS_MAX);
    return count;
}

static bool is_at_end(int fd)
{
    char byte;
    return read(fd, &byte, 1) == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

static void limit_descriptors(rlim_t number)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = number;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void test_without_descriptors_peers_are_turned_away_and_counted(void **state)
{
    struct rig   *rig = *state;
    struct rlimit before;
    int           fds[PEERS_MAX];
    assert_int_equal(rig_listen(rig, rig->endpoint, &plain), FSZ_OK);
    getrlimit(RLIMIT_NOFILE, &before);
    int first = peer_connect(rig->endpoint, false), second = peer_connect(rig->endpoint, false);
    limit_descriptors(128);
    size_t taken = take_descriptors(fds);
    TURN_UNTIL(rig->loop, fsz_listener_figures(rig->listener).turned_away == 2);
    assert_int_equal(rig->count, 0);
    assert_true(is_at_end(first) && is_at_end(second));
    while (taken > 0) {
        close(fds[--taken]);
    }
    setrlimit(RLIMIT_NOFILE, &before);
    int third = peer_connect(rig->endpoint, false);
    TURN_UNTIL(rig->loop, rig->count == 1);
    close(first);
    close(second);
    close(third);
}

/* Another thread may use the reserve's descriptor while it is given up; here the limit shrinks
 * instead. */
static void test_without_any_descriptor_the_listener_rests_instead_of_spinning(void **state)
{
    struct rig   *rig = *state;
    struct rlimit before;
    int           fds[PEERS_MAX];
    assert_int_equal(rig_listen(rig, rig->endpoint, &plain), FSZ_OK);
    getrlimit(RLIMIT_NOFILE, &before);
    int peer = peer_connect(rig->endpoint, false);
    limit_descriptors(128);
    size_t taken = take_descriptors(fds);
    limit_descriptors(
        3); /* below every open descriptor, so the reserve's number is not free either */
    int64_t  end_ms = turns_now_ms() + 300;
    unsigned turns = 0;
    while (turns_now_ms() < end_ms) {
        fsz_loop_turn(rig->loop, INT64_C(300000000));
        turns++;
    }
    assert_true(turns < 40);
    assert_int_equal(rig->count, 0);
    while (taken > 0) {
        close(fds[--taken]);
    }
    setrlimit(RLIMIT_NOFILE, &before);
    TURN_UNTIL(rig->loop, rig->count == 1);
    close(peer);
}

#define LISTENER_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LISTENER_TEST(test_tcp_peers_are_handed_over_with_their_address),
        LISTENER_TEST(test_a_wildcard_with_ipv6_takes_ipv4_too),
        LISTENER_TEST(test_a_port_in_use_is_said_so),
        LISTENER_TEST(test_endpoints_that_are_not_valid_are_explained),
        LISTENER_TEST(test_a_port_is_bound_again_while_old_connections_wait_to_end),
        LISTENER_TEST(test_ipc_peers_are_handed_over_and_the_file_goes_with_the_listener),
        LISTENER_TEST(test_abstract_names_are_served_and_may_be_in_use),
        LISTENER_TEST(test_a_file_without_a_listener_is_replaced),
        LISTENER_TEST(test_of_binders_that_race_for_a_stale_path_one_wins),
        LISTENER_TEST(test_a_path_with_a_listener_is_left_to_it),
        LISTENER_TEST(test_a_file_that_is_no_socket_is_left_alone),
        LISTENER_TEST(test_a_file_that_was_deleted_or_replaced_is_lost_and_not_deleted),
        LISTENER_TEST(test_a_callback_may_free_the_listener),
        LISTENER_TEST(test_without_descriptors_peers_are_turned_away_and_counted),
        LISTENER_TEST(test_without_any_descriptor_the_listener_rests_instead_of_spinning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
