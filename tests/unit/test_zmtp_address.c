/* SPDX-License-Identifier: MPL-2.0 */
#include "zmtp/address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char why[FSZ_ADDRESS_WHY_BYTES];

static void test_tcp_and_ipc_are_ours(void **state)
{
    (void)state;
    assert_true(fsz_address_is_ours("tcp://*:1"));
    assert_true(fsz_address_is_ours("ipc://@x"));
    assert_false(fsz_address_is_ours("tcp:/"));
    assert_false(fsz_address_is_ours("inproc://x"));
    assert_false(fsz_address_is_ours("epgm://eth0;239.0.0.1:5"));
    assert_false(fsz_address_is_ours(""));
}

static void test_endpoints_to_bind_are_taken_apart(void **state)
{
    (void)state;
    static const struct {
        const char *text, *host;
        uint16_t    port;
    } rows[] = {
        {"tcp://*:5556", "*", 5556},           {"tcp://*:*", "*", 0},
        {"tcp://127.0.0.1:0", "127.0.0.1", 0}, {"tcp://[::1]:65535", "[::1]", 65535},
        {"tcp://eth0:1", "eth0", 1},           {"tcp://[fe80::1%eth0]:7", "[fe80::1%eth0]", 7},
        {"tcp://eth0.100:2", "eth0.100", 2},   {"tcp://::1:5", "::1", 5},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fsz_endpoint_parts parts;
        assert_int_equal(fsz_address_parse(rows[i].text, false, &parts, why), FSZ_OK);
        assert_false(parts.is_ipc);
        assert_string_equal(parts.host, rows[i].host);
        assert_int_equal(parts.port, rows[i].port);
        assert_string_equal(parts.source, "");
    }
}

static void test_endpoints_to_connect_to_may_have_a_source(void **state)
{
    (void)state;
    struct fsz_endpoint_parts parts;
    assert_int_equal(fsz_address_parse("tcp://127.0.0.1:0;pbx.example.org:5555", true, &parts, why),
                     FSZ_OK);
    assert_string_equal(parts.source, "127.0.0.1");
    assert_int_equal(parts.source_port, 0);
    assert_string_equal(parts.host, "pbx.example.org");
    assert_int_equal(parts.port, 5555);
    assert_int_equal(fsz_address_parse("tcp://*:*;[::1]:1", true, &parts, why), FSZ_OK);
    assert_string_equal(parts.source, "*");
    assert_int_equal(fsz_address_parse("tcp://eth0:99;h:1", true, &parts, why), FSZ_OK);
    assert_int_equal(parts.source_port, 99);
}

static void test_what_is_not_valid_is_refused_with_the_form(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool        connect;
    } rows[] = {
        {"tcp://", false},
        {"tcp://*", false},
        {"tcp://:5556", false},
        {"tcp://*:", false},
        {"tcp://*:65536", false},
        {"tcp://*:99999999999999999999", false},
        {"tcp://*:+1", false},
        {"tcp://*: 1", false},
        {"tcp://*:-1", false},
        {"tcp://[::1:5556", false},
        {"tcp://::1]:5556", false},
        {"tcp://[]:5556", false},
        {"tcp://[:5556", false},
        {"tcp://a b:1", false},
        {"tcp://a/b:1", false},
        {"tcp://127.0.0.1:0;127.0.0.1:1", false},
        {"tcp://*:5556", true},
        {"tcp://h:0", true},
        {"tcp://h:*", true},
        {"tcp://;h:1", true},
        {"tcp://a:0;b:0;h:1", true},
        {"tcp://127.0.0.1;h:1", true},
        {"ipc://", false},
        {"ipc://@", false},
        {"ipc:///", false},
        {"ipc://*", false},
        {"ipc://relative", false},
        {"inproc://x", false},
        {"5556", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fsz_endpoint_parts parts = {.port = 4711};
        why[0] = '\0';
        if (fsz_address_parse(rows[i].text, rows[i].connect, &parts, why) != FSZ_EINVALID) {
            fail_msg("%s was accepted", rows[i].text);
        }
        assert_int_equal(parts.port, 4711);
        assert_non_null(strstr(why, "expected "));
    }
}

static void test_a_host_or_path_that_is_too_long_is_refused(void **state)
{
    (void)state;
    char                      text[2000] = "tcp://";
    struct fsz_endpoint_parts parts;
    memset(text + 6, 'a', FSZ_ADDRESS_HOST_BYTES - 1);
    strcpy(text + 6 + FSZ_ADDRESS_HOST_BYTES - 1, ":5556");
    assert_int_equal(fsz_address_parse(text, true, &parts, why), FSZ_OK);
    strcpy(text + 6 + FSZ_ADDRESS_HOST_BYTES - 1, "a:5556");
    assert_int_equal(fsz_address_parse(text, true, &parts, why), FSZ_EINVALID);

    memset(text, 'a', sizeof(text));
    memcpy(text, "ipc:///", 7);
    text[6 + 107] = '\0';
    assert_int_equal(fsz_address_parse(text, false, &parts, why), FSZ_OK);
    assert_int_equal(strlen(parts.path), 107);
    text[6 + 107] = 'a';
    text[6 + 108] = '\0';
    assert_int_equal(fsz_address_parse(text, false, &parts, why), FSZ_EINVALID);
    assert_non_null(strstr(why, "107"));
    struct fsz_address address;
    assert_int_equal(fsz_address_of_path(text + 6, &address, why), FSZ_EINVALID);
}

static void written(const char *endpoint, bool ipv6, const char *expected)
{
    struct fsz_endpoint_parts parts;
    struct fsz_address        address;
    char                      text[FSZ_ADDRESS_TEXT_BYTES];
    assert_int_equal(fsz_address_parse(endpoint, false, &parts, why), FSZ_OK);
    assert_int_equal(fsz_address_of_listener(&parts, ipv6, &address, why), FSZ_OK);
    fsz_address_write(&address, text);
    assert_string_equal(text, expected);
}

static void test_addresses_of_listeners_are_written_as_endpoints(void **state)
{
    (void)state;
    written("tcp://*:5556", false, "tcp://0.0.0.0:5556");
    written("tcp://*:5556", true, "tcp://[::]:5556");
    written("tcp://127.0.0.1:*", false, "tcp://127.0.0.1:0");
    written("tcp://[::1]:5556", true, "tcp://[::1]:5556");
    written("tcp://lo:5556", false, "tcp://127.0.0.1:5556");
    written("tcp://[fe80::1%lo]:5556", true, "tcp://[fe80::1%lo]:5556");
    written("ipc:///run/x", false, "ipc:///run/x");
    written("ipc://@x", false, "ipc://@x");
}

static void test_a_zone_is_a_name_or_a_number_of_an_interface(void **state)
{
    (void)state;
    struct fsz_address         address;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&address.storage;
    char                       host[64];
    unsigned                   lo = if_nametoindex("lo");
    assert_int_equal(fsz_address_of_number("fe80::1%lo", 1, true, &address), FSZ_OK);
    assert_int_equal(v6->sin6_scope_id, lo);
    snprintf(host, sizeof(host), "[fe80::1%%%u]", lo);
    assert_int_equal(fsz_address_of_number(host, 1, true, &address), FSZ_OK);
    assert_int_equal(v6->sin6_scope_id, lo);
    assert_int_equal(fsz_address_of_number("fe80::1%nosuch0", 1, true, &address), FSZ_ENOTFOUND);
    assert_int_equal(fsz_address_of_number("fe80::1%", 1, true, &address), FSZ_ENOTFOUND);
    assert_int_equal(fsz_address_of_number("fe80::1%0", 1, true, &address), FSZ_ENOTFOUND);
}

static void test_a_listener_without_an_address_of_this_host_is_explained(void **state)
{
    (void)state;
    static const char *const hosts[] = {"nosuch0", "localhost", "[::1]", "[fe80::1%nosuch0]"};
    for (size_t i = 0; i < 4; i++) {
        struct fsz_endpoint_parts parts = {.port = 1};
        struct fsz_address        address;
        strcpy(parts.host, hosts[i]);
        why[0] = '\0';
        assert_int_equal(fsz_address_of_listener(&parts, false, &address, why), FSZ_EINVALID);
        assert_non_null(strstr(why, hosts[i]));
    }
}

static void test_names_are_left_to_a_resolver(void **state)
{
    (void)state;
    struct fsz_address address;
    assert_int_equal(fsz_address_of_number("localhost", 1, true, &address), FSZ_ENOTFOUND);
    assert_int_equal(fsz_address_of_number("", 1, true, &address), FSZ_ENOTFOUND);
    assert_int_equal(fsz_address_of_number("::1", 1, false, &address), FSZ_ENOTFOUND);
    assert_int_equal(fsz_address_of_number("127.0.0.1", 1, false, &address), FSZ_OK);
}

static void test_abstract_names_have_no_nul_at_their_end(void **state)
{
    (void)state;
    struct fsz_address address;
    size_t             start = offsetof(struct sockaddr_un, sun_path);
    assert_int_equal(fsz_address_of_path("@abc", &address, why), FSZ_OK);
    assert_int_equal(address.size, start + 4);
    assert_memory_equal(address.local.sun_path, "\0abc", 4);
    assert_int_equal(fsz_address_of_path("/abc", &address, why), FSZ_OK);
    assert_int_equal(address.size, start + 5);
}

static void test_names_that_a_peer_chose_are_written_in_printable_ascii(void **state)
{
    (void)state;
    struct fsz_address address = {.size = offsetof(struct sockaddr_un, sun_path)};
    char               text[FSZ_ADDRESS_TEXT_BYTES];
    address.any.sa_family = AF_UNIX;
    fsz_address_write(&address, text);
    assert_string_equal(text, "ipc://"); /* the socket has no name */
    static const char name[] = "\0a\n\0b\x7F~\x9B\xC3\xA9\xFF";
    memcpy(address.local.sun_path, name, sizeof(name) - 1);
    address.size += sizeof(name) - 1;
    fsz_address_write(&address, text);
    assert_string_equal(text, "ipc://@a??b?~????");
    memset(address.local.sun_path, 'x', sizeof(address.local.sun_path));
    address.size = sizeof(address.local);
    fsz_address_write(&address, text);
    assert_int_equal(strlen(text), 6 + sizeof(address.local.sun_path));
}

static void host_is(const char *number, const char *expected)
{
    struct fsz_address address;
    char               text[FSZ_ADDRESS_HOST_BYTES];
    assert_int_equal(fsz_address_of_number(number, 5, true, &address), FSZ_OK);
    fsz_address_write_host(&address, text);
    assert_string_equal(text, expected);
}

static void test_an_ipv4_address_over_ipv6_is_written_as_ipv4(void **state)
{
    (void)state;
    struct fsz_address address;
    char               text[FSZ_ADDRESS_HOST_BYTES];
    host_is("::ffff:192.0.2.1", "192.0.2.1");
    host_is("192.0.2.1", "192.0.2.1");
    host_is("2001:db8::7", "2001:db8::7");
    assert_int_equal(fsz_address_of_path("@x", &address, why), FSZ_OK);
    fsz_address_write_host(&address, text);
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tcp_and_ipc_are_ours),
        cmocka_unit_test(test_endpoints_to_bind_are_taken_apart),
        cmocka_unit_test(test_endpoints_to_connect_to_may_have_a_source),
        cmocka_unit_test(test_what_is_not_valid_is_refused_with_the_form),
        cmocka_unit_test(test_a_host_or_path_that_is_too_long_is_refused),
        cmocka_unit_test(test_addresses_of_listeners_are_written_as_endpoints),
        cmocka_unit_test(test_a_zone_is_a_name_or_a_number_of_an_interface),
        cmocka_unit_test(test_a_listener_without_an_address_of_this_host_is_explained),
        cmocka_unit_test(test_names_are_left_to_a_resolver),
        cmocka_unit_test(test_abstract_names_have_no_nul_at_their_end),
        cmocka_unit_test(test_names_that_a_peer_chose_are_written_in_printable_ascii),
        cmocka_unit_test(test_an_ipv4_address_over_ipv6_is_written_as_ipv4),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
