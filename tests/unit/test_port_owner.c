/* Who holds a port, as the error of an endpoint that could not be bound names it. */
#include "net/port_owner.h"
#include "quiet_port.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* A socket of that family on a free port of the loopback; listening if wanted. */
static int hold(int family, int listening, unsigned *ret_port)
{
    in_port_t           port = htons((in_port_t)quiet_port());
    struct sockaddr_in6 six = {
        .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT, .sin6_port = port};
    struct sockaddr_in four = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = port};
    struct sockaddr *address = family == AF_INET ? (void *)&four : (void *)&six;
    socklen_t        size = family == AF_INET ? sizeof(four) : sizeof(six);
    int              fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, address, size) != 0) {
        skip(); /* no IPv6 here */
    }
    assert_int_equal(listening ? listen(fd, 1) : 0, 0);
    assert_int_equal(getsockname(fd, address, &size), 0);
    *ret_port = ntohs(family == AF_INET ? four.sin_port : six.sin6_port);
    return fd;
}

static void assert_held_by_us(const char *format, unsigned port)
{
    char address[64], text[FSZ_PORT_OWNER_BYTES], wanted[FSZ_PORT_OWNER_BYTES], name[16];
    snprintf(address, sizeof(address), format, port);
    assert_int_equal(prctl(PR_GET_NAME, name), 0);
    snprintf(wanted, sizeof(wanted), ", held by %s (pid %d)", name, (int)getpid());
    fsz_port_owner_find(address, text);
    assert_string_equal(text, wanted);
}

static void assert_nobody(const char *address)
{
    char text[FSZ_PORT_OWNER_BYTES];
    fsz_port_owner_find(address, text);
    assert_string_equal(text, "");
}

static void test_port_owner_names_a_listener_on_ipv4(void **state)
{
    (void)state;
    unsigned port = 0;
    int      fd = hold(AF_INET, 1, &port);
    assert_held_by_us("tcp://*:%u", port);
    assert_held_by_us("tcp://127.0.0.1:%u", port);
    close(fd);
}

static void test_port_owner_names_a_listener_on_ipv6(void **state)
{
    (void)state;
    unsigned port = 0;
    int      fd = hold(AF_INET6, 1, &port);
    assert_held_by_us("tcp://[::1]:%u", port);
    close(fd);
}

/* A listener on that port of 127.0.0.`last`, in a process of its own; its id. */
static pid_t hold_elsewhere(unsigned port, unsigned last, int *ret_end)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(0x7f000000 + last)};
    int                end[2], ready[2];
    char               byte = 0;
    assert_int_equal(pipe(end), 0);
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        close(end[1]);
        if (bind(fd, (void *)&address, sizeof(address)) == 0 && listen(fd, 1) == 0) {
            prctl(PR_SET_NAME, "other");
            (void)!write(ready[1], "x", 1);
            (void)!read(end[0], &byte, 1);
        }
        _exit(0);
    }
    close(end[0]);
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    *ret_end = end[1];
    return pid;
}

static void test_port_owner_tells_listeners_on_one_port_apart(void **state)
{
    (void)state;
    unsigned port = 0;
    int      fd = hold(AF_INET, 1, &port), end = -1;
    pid_t    pid = hold_elsewhere(port, 2, &end);
    char     address[64], other[FSZ_PORT_OWNER_BYTES];
    snprintf(other, sizeof(other), ", held by other (pid %d)", (int)pid);
    char text[FSZ_PORT_OWNER_BYTES];
    snprintf(address, sizeof(address), "tcp://127.0.0.2:%u", port);
    assert_int_equal(fsz_port_owner_find(address, text), pid);
    assert_string_equal(text, other);
    snprintf(address, sizeof(address), "tcp://[::ffff:127.0.0.2]:%u", port);
    assert_int_equal(fsz_port_owner_find(address, text), pid);
    assert_held_by_us("tcp://127.0.0.1:%u", port);
    assert_held_by_us("tcp://[::ffff:127.0.0.1]:%u", port);
    snprintf(address, sizeof(address), "tcp://127.0.0.3:%u", port);
    assert_nobody(address);
    snprintf(address, sizeof(address), "tcp://[::1]:%u", port);
    assert_nobody(address);
    close(fd);
    snprintf(address, sizeof(address), "tcp://*:%u", port);
    assert_int_equal(fsz_port_owner_find(address, text), pid);
    close(end);
    waitpid(pid, NULL, 0);
}

static void test_port_owner_finds_a_wildcard_and_the_addresses_of_an_interface(void **state)
{
    (void)state;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = INADDR_ANY};
    socklen_t          size = sizeof(address);
    int                fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (void *)&address, size) + listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (void *)&address, &size), 0);
    assert_held_by_us("tcp://127.0.0.7:%u", ntohs(address.sin_port));
    assert_held_by_us("tcp://0.0.0.0:%u", ntohs(address.sin_port));
    assert_held_by_us("tcp://[::]:%u", ntohs(address.sin_port));
    assert_held_by_us("tcp://lo:%u", ntohs(address.sin_port));
    close(fd);
    unsigned port = 0;
    fd = hold(AF_INET, 1, &port);
    assert_held_by_us("tcp://lo:%u", port);
    close(fd);
}

static void test_port_owner_names_who_listens_at_a_path(void **state)
{
    (void)state;
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    char               address[sizeof(at.sun_path) + 8], text[FSZ_PORT_OWNER_BYTES];
    int                fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(at.sun_path, sizeof(at.sun_path), "/tmp/fsz-test-%d", (int)getpid());
    snprintf(address, sizeof(address), "ipc://%s", at.sun_path);
    assert_nobody(address);
    assert_int_equal(bind(fd, (void *)&at, sizeof(at)) + listen(fd, 1), 0);
    assert_int_equal(fsz_port_owner_find(address, text), getpid());
    close(fd);
    assert_nobody(address);
    unlink(at.sun_path);
}

static void test_port_owner_passes_over_sockets_that_do_not_listen(void **state)
{
    (void)state;
    unsigned port = 0;
    char     address[64];
    int      fd = hold(AF_INET, 0, &port);
    snprintf(address, sizeof(address), "tcp://*:%u", port);
    assert_nobody(address);
    close(fd);
}

static void test_port_owner_says_nothing_of_what_is_not_a_tcp_port(void **state)
{
    (void)state;
    assert_nobody("ipc:///tmp/x:5556");
    assert_nobody("tcp://*");
    assert_nobody("tcp://*:*");
    assert_nobody("tcp://*:99999999999999999999");
    assert_nobody("");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_port_owner_names_a_listener_on_ipv4),
        cmocka_unit_test(test_port_owner_names_a_listener_on_ipv6),
        cmocka_unit_test(test_port_owner_tells_listeners_on_one_port_apart),
        cmocka_unit_test(test_port_owner_finds_a_wildcard_and_the_addresses_of_an_interface),
        cmocka_unit_test(test_port_owner_names_who_listens_at_a_path),
        cmocka_unit_test(test_port_owner_passes_over_sockets_that_do_not_listen),
        cmocka_unit_test(test_port_owner_says_nothing_of_what_is_not_a_tcp_port),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
