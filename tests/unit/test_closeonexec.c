/* SPDX-License-Identifier: MPL-2.0 */
/* No descriptor that a library opened behind our back lives on in a program that the switch runs.
 */
#include "base/closeonexec.h"
#include "net/multicast.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#include <cmocka.h>

static bool closes(int fd)
{
    return fcntl(fd, F_GETFD) & FD_CLOEXEC;
}

static void test_closeonexec_marks_what_such_libraries_open(void **state)
{
    (void)state;
    static struct fsz_closeonexec before;
    fsz_closeonexec_begin(&before);
    int ends[2] = {-1, -1};
    assert_int_equal(pipe(ends), 0);
    const int opened[] = {eventfd(0, 0),
                          epoll_create1(0),
                          timerfd_create(CLOCK_MONOTONIC, 0),
                          socket(AF_INET, SOCK_DGRAM, 0),
                          ends[0],
                          ends[1]};
    enum { OPENED = sizeof(opened) / sizeof(opened[0]) };
    assert_int_equal(fsz_closeonexec_end(&before, FSZ_MULTICAST_SETTLE_MS, NULL, NULL), OPENED);
    for (size_t i = 0; i < OPENED; i++) {
        assert_true(closes(opened[i]));
        close(opened[i]);
    }
}

static void test_closeonexec_leaves_alone_what_was_there_and_what_is_not_a_librarys(void **state)
{
    (void)state;
    static struct fsz_closeonexec before;
    int                           old = eventfd(0, 0);
    fsz_closeonexec_begin(&before);
    int file = open("/dev/null", O_RDONLY), stream = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(fsz_closeonexec_end(&before, 50, NULL, NULL), 0);
    assert_false(closes(old));
    assert_false(closes(file));
    assert_false(closes(stream));
    close(old);
    close(file);
    close(stream);
}

static void test_closeonexec_returns_in_time_when_nothing_comes(void **state)
{
    (void)state;
    static struct fsz_closeonexec before;
    fsz_closeonexec_begin(&before);
    assert_int_equal(fsz_closeonexec_end(&before, 0, NULL, NULL), 0);
}

/* How many of this process's descriptors would live on in another program; 0 to 2 are meant to. */
static int count_leaks(void)
{
    DIR *directory = opendir("/proc/self/fd");
    int  leaks = 0;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        int fd = atoi(entry->d_name);
        leaks += fd > 2 && !closes(fd);
    }
    closedir(directory);
    return leaks;
}

static void test_closeonexec_covers_every_multicast_transport(void **state)
{
    (void)state;
    static const char *const addresses[] = {"epgm://127.0.0.1;239.192.78.1:39001",
                                            "pgm://127.0.0.1;239.192.78.3:39003"};
    int                      leaks = count_leaks(); /* of the process that runs this test */
    void                    *context = zmq_ctx_new();
    void                    *sender = zmq_socket(context, ZMQ_XPUB);
    int                      rate_kbit = 10000, linger = 0;
    zmq_setsockopt(sender, ZMQ_RATE, &rate_kbit, sizeof(rate_kbit));
    zmq_setsockopt(sender, ZMQ_LINGER, &linger, sizeof(linger));
    for (size_t i = 0; i < 2; i++) {
        char why[256];
        int  error = fsz_multicast_open(sender, addresses[i], why, sizeof(why));
        assert_true(error == 0 || (i == 1 && error == EPERM));
        zmq_send(sender, "x", 1, ZMQ_DONTWAIT);
    }
    assert_int_equal(count_leaks(), leaks);
    nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
    assert_int_equal(count_leaks(), leaks);
    zmq_close(sender);
    zmq_ctx_term(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_closeonexec_marks_what_such_libraries_open),
        cmocka_unit_test(test_closeonexec_leaves_alone_what_was_there_and_what_is_not_a_librarys),
        cmocka_unit_test(test_closeonexec_returns_in_time_when_nothing_comes),
        cmocka_unit_test(test_closeonexec_covers_every_multicast_transport),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
