/* Who holds a port, as the error of an endpoint that could not be bound names it. */
#include "portholder.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* A socket of that family on a free port of the loopback; listening if wanted. */
static int hold(int family, int listening, unsigned *ret_port)
{
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct sockaddr_in  four = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr    *address = family == AF_INET ? (void *)&four : (void *)&six;
    socklen_t           size = family == AF_INET ? sizeof(four) : sizeof(six);
    int                 fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
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
    char address[64], text[FSZ_PORTHOLDER_BYTES], wanted[FSZ_PORTHOLDER_BYTES], name[16];
    snprintf(address, sizeof(address), format, port);
    assert_int_equal(prctl(PR_GET_NAME, name), 0);
    snprintf(wanted, sizeof(wanted), ", held by %s (pid %d)", name, (int)getpid());
    fsz_portholder_find(address, text);
    assert_string_equal(text, wanted);
}

static void assert_nobody(const char *address)
{
    char text[FSZ_PORTHOLDER_BYTES];
    fsz_portholder_find(address, text);
    assert_string_equal(text, "");
}

static void test_portholder_names_a_listener_on_ipv4(void **state)
{
    (void)state;
    unsigned port = 0;
    int      fd = hold(AF_INET, 1, &port);
    assert_held_by_us("tcp://*:%u", port);
    assert_held_by_us("tcp://127.0.0.1:%u", port);
    close(fd);
}

static void test_portholder_names_a_listener_on_ipv6(void **state)
{
    (void)state;
    unsigned port = 0;
    int      fd = hold(AF_INET6, 1, &port);
    assert_held_by_us("tcp://[::1]:%u", port);
    close(fd);
}

static void test_portholder_passes_over_sockets_that_do_not_listen(void **state)
{
    (void)state;
    unsigned port = 0;
    char     address[64];
    int      fd = hold(AF_INET, 0, &port);
    snprintf(address, sizeof(address), "tcp://*:%u", port);
    assert_nobody(address);
    close(fd);
}

static void test_portholder_says_nothing_of_what_is_not_a_tcp_port(void **state)
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
        cmocka_unit_test(test_portholder_names_a_listener_on_ipv4),
        cmocka_unit_test(test_portholder_names_a_listener_on_ipv6),
        cmocka_unit_test(test_portholder_passes_over_sockets_that_do_not_listen),
        cmocka_unit_test(test_portholder_says_nothing_of_what_is_not_a_tcp_port),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
