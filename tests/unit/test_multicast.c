/* SPDX-License-Identifier: MPL-2.0 */
/* Multicast endpoints: every fault is returned as an error, although libzmq would end the process.
 * Loopback only. */
#include "config/config_endpoint.h"
#include "multicast_rig.h"

#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static void test_multicast_knows_its_schemes(void **state)
{
    (void)state;
    assert_true(fsz_endpoint_is_multicast("pgm://a;b:1"));
    assert_true(fsz_endpoint_is_multicast("epgm://a;b:1"));
    assert_false(fsz_endpoint_is_multicast("tcp://*:5556"));
    assert_false(fsz_endpoint_is_multicast("inproc://pgm://"));
}

static void test_multicast_refuses_malformed_addresses(void **state)
{
    static const char *const malformed[] = {
        "epgm://",
        "epgm://lo",
        "epgm://127.0.0.1;239.192.1.1",
        "epgm://127.0.0.1:239.192.1.1;5555",
        "epgm://127.0.0.1;239.192.1.1:",
        "epgm://127.0.0.1;239.192.1.1:0",
        "epgm://127.0.0.1;239.192.1.1:65536",
        "epgm://127.0.0.1;239.192.1.1:-1",
        "epgm://127.0.0.1;239.192.1.1:55x",
        "epgm://127.0.0.1;239.192.1:5555",
        "epgm://127.0.0.1;10.0.0.1:5555",
        "epgm://127.0.0.1;240.0.0.1:5555",
        "epgm://127.0.0.1;[ff02::1]:5555",
        "pgm://;;;:5555",
        ("pgm://"
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa;239.1.1.1:"
         "1"),
    };
    for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
        assert_refused(*state, malformed[i], EINVAL, "interface;group:port");
    }
}

static void test_multicast_refuses_an_unknown_interface(void **state)
{
    assert_refused(*state, "epgm://nosuch0;239.192.1.1:5599", ENODEV, "interface");
    assert_refused(*state, "epgm://203.0.113.77;239.192.1.1:5599", ENODEV, "interface");
    assert_refused(*state, "pgm://nosuch0;239.192.1.1:5599", ENODEV, "interface");
}

/* A port used by a socket with that option set, or 0 for no option. */
static int hold_port(int option, unsigned *ret_port)
{
    struct sockaddr_in any = {.sin_family = AF_INET};
    socklen_t          size = sizeof(any);
    int                one = 1, fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (option != 0) {
        assert_int_equal(setsockopt(fd, SOL_SOCKET, option, &one, sizeof(one)), 0);
    }
    assert_int_equal(bind(fd, (struct sockaddr *)&any, sizeof(any)), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&any, &size), 0);
    *ret_port = ntohs(any.sin_port);
    return fd;
}

static void test_multicast_refuses_a_port_that_the_library_could_not_share(void **state)
{
    static const struct {
        int         option; /* of the existing socket */
        const char *scheme;
        int         error;
    } cases[] = {
        {0, "epgm", EADDRINUSE},
        {SO_REUSEADDR, "epgm", EADDRINUSE},
        {SO_REUSEPORT, "epgm", 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char     address[128];
        unsigned port = 0;
        int      fd = hold_port(cases[i].option, &port);
        snprintf(address, sizeof(address), "%s://127.0.0.1;239.192.1.1:%u", cases[i].scheme, port);
        if (cases[i].error != 0) {
            assert_refused(*state, address, cases[i].error, "port");
        } else {
            assert_opens(*state, address);
        }
        close(fd);
    }
}

static void test_multicast_refuses_a_rate_below_a_packet_a_second(void **state)
{
    struct rig *rig = *state;
    set_option(rig, ZMQ_RATE, 11);
    assert_refused(rig, free_address("epgm"), EINVAL, "multicast-rate-kbit");
    set_option(rig, ZMQ_RATE, 12);
    assert_opens(rig, free_address("epgm"));
}

static void test_multicast_refuses_a_rate_that_overflows_in_libzmq(void **state)
{
    struct rig *rig = *state;
    set_option(rig, ZMQ_RECOVERY_IVL, 1);
    set_option(rig, ZMQ_RATE, FSZ_MULTICAST_RATE_MAX + 1);
    assert_refused(rig, free_address("epgm"), EINVAL, "multicast-rate-kbit");
    set_option(rig, ZMQ_RATE, FSZ_MULTICAST_RATE_MAX);
    assert_opens(rig, free_address("epgm"));
}

static void test_multicast_refuses_a_window_over_the_limit(void **state)
{
    struct rig *rig = *state;
    set_option(rig, ZMQ_RATE, 1000000);
    set_option(rig, ZMQ_RECOVERY_IVL, 600000);
    assert_refused(rig, free_address("epgm"), ENOMEM, "multicast-recovery-ms");
}

/* ---- in a child process: things that cannot be undone ---------------------------------------- */

typedef int (*child_fn)(void);

/* Returns the exit status of the child; fails the test if a signal ended it, as abort() does. */
static int in_child(child_fn body)
{
    int   status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        _exit(body());
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int open_here(const char *address, char *why, size_t why_bytes)
{
    void *context = zmq_ctx_new();
    void *sender = zmq_socket(context, ZMQ_XPUB);
    int   error = fsz_multicast_open(sender, address, why, why_bytes);
    nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL); /* time for an I/O thread to fail */
    zmq_close(sender);
    zmq_ctx_term(context);
    return error;
}

static int child_without_rights(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct   none[2] = {{0}, {0}};
    char                            why[256] = "";
    if (syscall(SYS_capset, &header, none) != 0) {
        return 255;
    }
    if (open_here("pgm://127.0.0.1;239.192.77.1:5599", why, sizeof(why)) != EPERM ||
        strstr(why, "CAP_NET_RAW") == NULL) {
        return 1;
    }
    return open_here(free_address("epgm"), why, sizeof(why)) == 0 ? 0 : 2;
}

static void test_multicast_refuses_pgm_without_cap_net_raw_but_not_epgm(void **state)
{
    (void)state;
    assert_int_equal(in_child(child_without_rights), 0);
}

/* Opens with `room` descriptors free beyond those of the context and socket; -1: the limit could
 * not be set. */
static int open_with_room_for(int room, const char *address)
{
    char  why[256];
    void *context = zmq_ctx_new();
    void *sender = zmq_socket(context, ZMQ_XPUB);
    int   next = dup(0);
    close(next);
    struct rlimit limit = {.rlim_cur = (rlim_t)(next + room), .rlim_max = (rlim_t)(next + room)};
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return -1;
    }
    int error = fsz_multicast_open(sender, address, why, sizeof(why));
    nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
    return error;
}

static int child_without_descriptors(void)
{
    char address[128];
    snprintf(address, sizeof(address), "%s", free_address("epgm"));
    for (int room = FSZ_MULTICAST_DESCRIPTORS; room > 0; room -= 3) {
        pid_t pid = fork();
        if (pid == 0) {
            _exit(open_with_room_for(room, address) == EMFILE ? 0 : 1);
        }
        int status = 0;
        if (waitpid(pid, &status, 0) != pid || status != 0) {
            return room;
        }
    }
    return 0;
}

static void test_multicast_refuses_when_descriptors_run_short(void **state)
{
    (void)state;
    assert_int_equal(in_child(child_without_descriptors), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_multicast_knows_its_schemes),
        TEST(test_multicast_refuses_malformed_addresses),
        TEST(test_multicast_refuses_an_unknown_interface),
        TEST(test_multicast_refuses_a_port_that_the_library_could_not_share),
        TEST(test_multicast_refuses_a_rate_below_a_packet_a_second),
        TEST(test_multicast_refuses_a_rate_that_overflows_in_libzmq),
        TEST(test_multicast_refuses_a_window_over_the_limit),
        cmocka_unit_test(test_multicast_refuses_pgm_without_cap_net_raw_but_not_epgm),
        cmocka_unit_test(test_multicast_refuses_when_descriptors_run_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
