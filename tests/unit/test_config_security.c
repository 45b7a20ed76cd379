/* SPDX-License-Identifier: MPL-2.0 */
#include "load_config.h"

#define USERS "<param name=\"users-file\" value=\"/etc/users.json\"/>"
#define KEY "<param name=\"curve-key-file\" value=\"/etc/switch.key_secret\"/>"
#define PLAIN "<param name=\"security\" value=\"plain\"/>"
#define CURVE "<param name=\"security\" value=\"curve\"/>"

static void test_config_curve_sockets_share_the_key_of_the_configuration(void **state)
{
    (void)state;
    struct fsz_config *config =
        load("<settings>" USERS KEY "</settings>" STREAM(PLAIN) API_SOCKET(CURVE));
    assert_non_null(config);
    assert_string_equal(config->users_file, "/etc/users.json");
    assert_string_equal(config->curve_key_file, "/etc/switch.key_secret");
    assert_string_equal(config->curve_secret_key, "");
    assert_int_equal(config->streams[0].socket.security, FSZ_SECURITY_PLAIN);
    assert_null(config->streams[0].socket.secret_key);
    assert_int_equal(config->api_sockets[0].socket.security, FSZ_SECURITY_CURVE);
    assert_ptr_equal(config->api_sockets[0].socket.secret_key, config->curve_secret_key);
    fsz_config_free(&config);
}

static void test_config_security_needs_its_files(void **state)
{
    (void)state;
    refuse(STREAM(PLAIN),
           "line 1: stream \"s\": security=\"plain\" needs users-file in <settings>");
    refuse("<settings>" USERS "</settings>\n" API_SOCKET(CURVE),
           "line 2: API socket \"c\": security=\"curve\" needs curve-key-file in <settings>");
    accept_config("<settings>" USERS "</settings>" STREAM(PLAIN));
    assert_null(load(API_SOCKET(CURVE)));
    assert_int_equal(problems.count, 2);
}

static void test_config_security_is_one_of_three(void **state)
{
    (void)state;
    refuse(API_SOCKET("<param name=\"security\" value=\"tls\"/>"),
           "line 1: API socket \"c\": security=\"tls\" is not valid: none, plain or curve");
}

static void test_config_security_is_not_promised_for_multicast(void **state)
{
    (void)state;
    refuse(
        "<settings>" USERS
        "</settings>" STREAM(PLAIN "<param name=\"bind\" value=\"pgm://eth0;239.192.1.1:5556\"/>"),
        "line 1: stream \"s\": security=\"plain\" cannot protect multicast, which everyone on the "
        "network may receive: give multicast its own stream");
}

static void test_config_paths_are_absolute(void **state)
{
    (void)state;
    refuse("<settings><param name=\"users-file\" value=\"users.json\"/></settings>",
           "line 1: settings: users-file=\"users.json\" is not valid: a path that begins with /");
    refuse("<settings><param name=\"curve-key-file\" value=\"\"/></settings>",
           "line 1: settings: curve-key-file=\"\" is not valid: a path that begins with /");
    refuse("<settings>" USERS USERS "</settings>",
           "line 1: settings: users-file is given more than once");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_config_curve_sockets_share_the_key_of_the_configuration),
        cmocka_unit_test(test_config_security_needs_its_files),
        cmocka_unit_test(test_config_security_is_one_of_three),
        cmocka_unit_test(test_config_security_is_not_promised_for_multicast),
        cmocka_unit_test(test_config_paths_are_absolute),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
