/* SPDX-License-Identifier: MPL-2.0 */
#include "load_config.h"

static const char *const good_endpoints[][2] = {
    {"bind", "tcp://*:5601"},
    {"bind", "tcp://*:*"},
    {"bind", "tcp://127.0.0.1:0"},
    {"bind", "tcp://eth0.100:1"},
    {"bind", "tcp://[::1]:65535"},
    {"bind", "tcp://[fe80::1%eth0]:5601"},
    {"bind", "ipc:///run/events.sock"},
    {"bind", "ipc://@events"},
    {"bind", "inproc://events"},
    {"bind", "epgm://eth0;239.192.1.1:5601"},
    {"bind", "pgm://192.0.2.1;239.192.1.1:5601"},
    {"connect", "tcp://collector.example.org:5601"},
    {"connect", "tcp://[2001:db8::1]:5601"},
    {"connect", "tcp://192.0.2.1:*;192.0.2.2:5601"},
    {"connect", "ipc:///run/collector.sock"},
    {NULL, NULL},
};

static const char *const bad_endpoints[][2] = {
    {"bind", ""},
    {"bind", "5556"},
    {"bind", "*:5556"},
    {"bind", "udp://127.0.0.1:5556"},
    {"bind", "TCP://127.0.0.1:5556"},
    {"bind", "tcp://"},
    {"bind", "tcp://127.0.0.1"},
    {"bind", "tcp://127.0.0.1:"},
    {"bind", "tcp://127.0.0.1:65536"},
    {"bind", "tcp://127.0.0.1:http"},
    {"bind", "tcp://127.0.0.256:5556"},
    {"bind", "tcp://::1:5556"},
    {"bind", "tcp://[::g]:5556"},
    {"bind", "tcp://localhost:5556"},
    {"bind", "tcp://a-name-that-is-no-interface:5556"},
    {"bind", "tcp:// 127.0.0.1:5556"},
    {"connect", "tcp://*:5556"},
    {"connect", "tcp://host:*"},
    {"connect", "tcp://host:0"},
    {"connect", "tcp://source;host:5556"},
    {"bind", "ipc://"},
    {"bind", "ipc:///"},
    {"bind", "ipc://relative.sock"},
    {"bind", "inproc://"},
    {"bind", "epgm://239.192.1.1:5556"},
    {"bind", "epgm://eth0;10.0.0.1:5556"},
    {"bind", "epgm://eth0;239.192.1.1"},
    {"bind", "epgm://;239.192.1.1:5556"},
    {NULL, NULL},
};

static bool loads_with_endpoint(const char *key, const char *address)
{
    char inner[1024];
    snprintf(inner, sizeof inner,
             "<streams><stream name=\"s\"><param name=\"%s\" value=\"%s\"/></stream></streams>",
             key, address);
    struct fsz_config *config = load(inner);
    bool               loads = config != NULL;
    fsz_config_free(&config);
    return loads;
}

static void test_config_endpoint_forms_are_those_that_can_be_opened(void **state)
{
    (void)state;
    for (size_t i = 0; good_endpoints[i][0] != NULL; i++) {
        if (!loads_with_endpoint(good_endpoints[i][0], good_endpoints[i][1])) {
            fail_msg("%s", problems.lines[0]);
        }
    }
    for (size_t i = 0; bad_endpoints[i][0] != NULL; i++) {
        if (loads_with_endpoint(bad_endpoints[i][0], bad_endpoints[i][1])) {
            fail_msg("%s %s was taken", bad_endpoints[i][0], bad_endpoints[i][1]);
        }
        assert_int_equal(problems.count, 1);
        assert_non_null(strstr(problems.lines[0], bad_endpoints[i][1]));
    }
}

static void test_config_ipc_path_fits_the_system(void **state)
{
    (void)state;
    char address[200] = "ipc:///";
    memset(address + 7, 'a', 106);
    assert_true(loads_with_endpoint("bind", address));
    strcat(address, "a");
    assert_false(loads_with_endpoint("bind", address));
    assert_non_null(strstr(problems.lines[0], "at most 107 bytes after ipc://"));
}

static const char two_streams[] =
    "<streams><stream name=\"a\"><param name=\"bind\" value=\"%s\"/><param name=\"ipv6\" "
    "value=\"%s\"/></stream>\n<stream name=\"b\"><param name=\"%s\" "
    "value=\"%s\"/></stream></streams>";

static bool load_both(const char *first, const char *ipv6, const char *key, const char *second)
{
    char inner[1024];
    snprintf(inner, sizeof inner, two_streams, first, ipv6, key, second);
    struct fsz_config *config = load(inner);
    bool               loads = config != NULL;
    fsz_config_free(&config);
    return loads;
}

static void test_config_same_address_is_bound_once(void **state)
{
    (void)state;
    assert_false(load_both("tcp://*:5601", "true", "bind", "tcp://127.0.0.1:5601"));
    assert_string_equal(problems.lines[0],
                        "line 2: stream \"b\": bind=\"tcp://127.0.0.1:5601\" is taken by "
                        "bind=\"tcp://*:5601\" of stream \"a\"");
    assert_false(load_both("ipc://@x", "true", "bind", "ipc://@x"));
    assert_false(load_both("inproc://x", "true", "bind", "inproc://x"));
    assert_false(load_both("tcp://127.0.0.1:5601", "true", "bind", "tcp://127.0.0.1:05601"));
    assert_false(load_both("tcp://127.0.0.1:5601", "true", "bind", "tcp://0.0.0.0:5601"));
    assert_false(load_both("tcp://*:5601", "true", "bind", "tcp://[::1]:5601"));
    assert_false(
        load_both("epgm://eth0;239.192.1.1:5601", "1", "connect", "epgm://eth0;239.192.1.1:5601"));
    assert_true(load_both("tcp://*:5601", "false", "bind", "tcp://[::1]:5601"));
    assert_true(load_both("tcp://0.0.0.0:5601", "true", "bind", "tcp://[::1]:5601"));
    assert_true(load_both("tcp://127.0.0.1:5601", "true", "bind", "tcp://127.0.0.2:5601"));
    assert_true(load_both("tcp://*:5601", "true", "bind", "tcp://*:5602"));
    assert_true(load_both("tcp://*:*", "true", "bind", "tcp://*:*"));
    assert_true(load_both("tcp://127.0.0.1:5601", "true", "connect", "tcp://127.0.0.1:5601"));
    refuse(STREAM("<param name=\"bind\" value=\"tcp://127.0.0.1:5601\"/>"),
           "line 1: stream \"s\": bind=\"tcp://127.0.0.1:5601\" is taken by "
           "bind=\"tcp://127.0.0.1:5601\" of stream \"s\"");
}

static void test_config_acl_cannot_promise_to_protect_multicast(void **state)
{
    (void)state;
    const char *format = "<streams><stream name=\"m\"><param name=\"bind\" "
                         "value=\"epgm://eth0;239.192.1.1:5601\"/>%s</stream></streams>";
    char        inner[512];
    snprintf(inner, sizeof inner, format, "");
    accept_config(inner);
    snprintf(inner, sizeof inner, format, "<param name=\"apply-inbound-acl\" value=\"any\"/>");
    accept_config(inner);
    snprintf(inner, sizeof inner, format, "<param name=\"apply-inbound-acl\" value=\"lan\"/>");
    refuse(inner,
           "line 1: stream \"m\": apply-inbound-acl cannot protect multicast, which everyone "
           "on the network may receive: remove it, or write any");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_config_endpoint_forms_are_those_that_can_be_opened),
        cmocka_unit_test(test_config_ipc_path_fits_the_system),
        cmocka_unit_test(test_config_same_address_is_bound_once),
        cmocka_unit_test(test_config_acl_cannot_promise_to_protect_multicast),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
