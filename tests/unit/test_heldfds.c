/* The number of a connection that has ended is nobody's until the stream thread has read what it
 * sent. */
#include "acceptguard.h"
#include "heldfds.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <zmq.h>

#include <cmocka.h>

enum { PATIENCE_MS = 10000 };

static bool is_socket(int fd)
{
    struct stat status;
    return fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode);
}

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

static bool is_readable(int fd)
{
    struct pollfd item = {.fd = fd, .events = POLLIN};
    return poll(&item, 1, 0) == 1;
}

static void pair_open(int pair[2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    fsz_heldfds_note(pair[0]);
}

static void test_held_number_is_ended_for_the_peer_and_nobodys_until_released(void **state)
{
    int  pair[2];
    char byte = 0;
    (void)state;
    fsz_heldfds_watch();
    pair_open(pair);
    assert_true(fsz_heldfds_hold(pair[0]));
    assert_int_equal(read(pair[1], &byte, 1), 0);
    assert_false(is_socket(pair[0]));
    assert_true(fcntl(pair[0], F_GETFD) & FD_CLOEXEC);
    assert_true(is_readable(fsz_heldfds_ready()));
    int other = dup(pair[1]);
    assert_int_not_equal(other, pair[0]);
    close(other);
    fsz_heldfds_release(fsz_heldfds_mark());
    assert_false(is_open(pair[0]));
    assert_false(is_readable(fsz_heldfds_ready()));
    close(pair[1]);
    fsz_heldfds_unwatch();
}

static void test_release_leaves_what_ended_after_the_mark(void **state)
{
    int early[2], late[2];
    (void)state;
    fsz_heldfds_watch();
    pair_open(early);
    pair_open(late);
    assert_true(fsz_heldfds_hold(early[0]));
    uint64_t mark = fsz_heldfds_mark();
    assert_true(fsz_heldfds_hold(late[0]));
    fsz_heldfds_release(mark);
    assert_false(is_open(early[0]));
    assert_true(is_open(late[0]));
    assert_true(is_readable(fsz_heldfds_ready()));
    close(early[1]);
    close(late[1]);
    fsz_heldfds_unwatch();
    assert_false(is_open(late[0]));
}

static void test_only_connections_are_held_once_and_only_while_somebody_watches(void **state)
{
    int pair[2];
    (void)state;
    pair_open(pair);
    assert_false(fsz_heldfds_hold(pair[0])); /* nobody watches; and it is none any more */
    fsz_heldfds_watch();
    assert_false(fsz_heldfds_hold(pair[0]));
    assert_false(fsz_heldfds_hold(pair[1]));
    assert_false(fsz_heldfds_hold(-1));
    assert_false(fsz_heldfds_hold(FSZ_HELDFDS_NUMBERS));
    assert_true(is_socket(pair[0]) && is_socket(pair[1]));
    close(pair[0]);
    close(pair[1]);
    fsz_heldfds_unwatch();
    assert_int_equal(fsz_heldfds_ready(), -1);
}

static void *release_soon(void *unused)
{
    (void)unused;
    usleep(20000);
    fsz_heldfds_release(fsz_heldfds_mark());
    return NULL;
}

static void test_with_all_places_taken_who_closes_waits_for_one(void **state)
{
    pthread_t thread;
    int       pair[2];
    (void)state;
    fsz_heldfds_watch();
    for (int i = 0; i < FSZ_HELDFDS_MAX; i++) {
        int fd = eventfd(0, EFD_CLOEXEC);
        assert_true(fd >= 0);
        fsz_heldfds_note(fd);
        assert_true(fsz_heldfds_hold(fd));
    }
    pair_open(pair);
    assert_int_equal(pthread_create(&thread, NULL, release_soon, NULL), 0);
    assert_true(fsz_heldfds_hold(pair[0]));
    pthread_join(thread, NULL);
    assert_false(is_socket(pair[0]));
    close(pair[1]);
    fsz_heldfds_unwatch();
}

/* ---- libzmq's own -------------------------------------------------------------------------- */

/* The descriptor of the next event of a monitor that is `wanted`. */
static int monitor_fd(void *monitor, uint16_t wanted)
{
    unsigned char event[6];
    for (;;) {
        assert_int_equal(zmq_recv(monitor, event, sizeof(event), 0), sizeof(event));
        zmq_recv(monitor, NULL, 0, 0);
        if (memcmp(event, &wanted, sizeof(wanted)) == 0) {
            int fd = -1;
            memcpy(&fd, event + sizeof(wanted), sizeof(fd));
            return fd;
        }
    }
}

static void *monitor_open(void *context, void *socket)
{
    int   patience = PATIENCE_MS;
    void *monitor = zmq_socket(context, ZMQ_PAIR);
    zmq_setsockopt(monitor, ZMQ_RCVTIMEO, &patience, sizeof(patience));
    assert_int_equal(zmq_socket_monitor(socket, "inproc://monitor", ZMQ_EVENT_ACCEPTED), 0);
    assert_int_equal(zmq_connect(monitor, "inproc://monitor"), 0);
    return monitor;
}

static int peer_connect(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int       length = snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "%s", name);
    int       fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, size), 0);
    return fd;
}

static void test_libzmqs_connections_keep_their_numbers_until_they_are_released(void **state)
{
    char  name[64], endpoint[80];
    void *context = zmq_ctx_new(), *publisher = zmq_socket(context, ZMQ_XPUB);
    (void)state;
    snprintf(name, sizeof(name), "fsz-heldfds-%d", (int)getpid());
    snprintf(endpoint, sizeof(endpoint), "ipc://@%s", name);
    fsz_acceptguard_take();
    fsz_heldfds_watch();
    void *monitor = monitor_open(context, publisher);
    assert_int_equal(zmq_bind(publisher, endpoint), 0);
    int peer = peer_connect(name);
    int fd = monitor_fd(monitor, ZMQ_EVENT_ACCEPTED);
    assert_true(is_socket(fd));
    close(peer);
    struct pollfd ready = {.fd = fsz_heldfds_ready(), .events = POLLIN};
    assert_int_equal(poll(&ready, 1, PATIENCE_MS), 1);
    assert_true(is_open(fd) && !is_socket(fd));
    peer = peer_connect(name);
    assert_int_not_equal(monitor_fd(monitor, ZMQ_EVENT_ACCEPTED), fd);
    fsz_heldfds_release(fsz_heldfds_mark());
    assert_false(is_open(fd));
    close(peer);
    zmq_socket_monitor(publisher, NULL, 0);
    zmq_close(monitor);
    zmq_close(publisher);
    zmq_ctx_term(context);
    fsz_heldfds_unwatch();
    fsz_acceptguard_give();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_held_number_is_ended_for_the_peer_and_nobodys_until_released),
        cmocka_unit_test(test_release_leaves_what_ended_after_the_mark),
        cmocka_unit_test(test_only_connections_are_held_once_and_only_while_somebody_watches),
        cmocka_unit_test(test_with_all_places_taken_who_closes_waits_for_one),
        cmocka_unit_test(test_libzmqs_connections_keep_their_numbers_until_they_are_released),
    };
    const struct rlimit limit = {2 * FSZ_HELDFDS_MAX, 2 * FSZ_HELDFDS_MAX};
    setrlimit(RLIMIT_NOFILE, &limit);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
