/* SPDX-License-Identifier: MPL-2.0 */
/* A socket's configuration as options and limits of our own wire. */
#include "net/wire_options.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define SECRET "uXur70mI[i3?m7bsR^}ZkxzUR)/]}vf76S}x&eLJ"
#define OTHER_SECRET "vXur70mI[i3?m7bsR^}ZkxzUR)/]}vf76S}x&eLJ"

static struct fsz_socket_config config_with(enum fsz_security security, const char *secret)
{
    return (struct fsz_socket_config){.owner = "API socket \"c\"",
                                      .security = security,
                                      .secret_key = secret,
                                      .send_hwm = 7,
                                      .send_bytes = 70000,
                                      .send_total_bytes = 80000,
                                      .handshake_timeout_ms = 1000,
                                      .heartbeat_ms = 250,
                                      .heartbeat_timeout_ms = 900,
                                      .ipc_mode = 0600,
                                      .backlog = 10};
}

static void test_wire_options_name_the_mechanism_and_the_server(void **state)
{
    struct fsz_socket_config none = config_with(FSZ_SECURITY_NONE, NULL);
    struct fsz_socket_config plain = config_with(FSZ_SECURITY_PLAIN, NULL);
    struct fsz_zmtp_options  options;
    (void)state;
    fsz_wire_options(&none, FSZ_ZMTP_ROUTER, &options);
    assert_int_equal(options.mechanism.name, FSZ_ZMTP_NULL);
    assert_int_equal(options.mechanism.type, FSZ_ZMTP_ROUTER);
    assert_false(options.mechanism.as_server);
    fsz_wire_options(&plain, FSZ_ZMTP_XPUB, &options);
    assert_int_equal(options.mechanism.name, FSZ_ZMTP_PLAIN);
    assert_true(options.mechanism.as_server);
}

static void test_wire_options_have_the_pair_of_the_secret_key(void **state)
{
    struct fsz_socket_config curve = config_with(FSZ_SECURITY_CURVE, SECRET);
    struct fsz_zmtp_options  options;
    unsigned char            secret[32], public_key[32];
    (void)state;
    fsz_wire_options(&curve, FSZ_ZMTP_ROUTER, &options);
    assert_true(fsz_key_bytes(SECRET, secret));
    assert_int_equal(crypto_scalarmult_base(public_key, secret), 0);
    assert_int_equal(options.mechanism.name, FSZ_ZMTP_CURVE);
    assert_true(options.mechanism.as_server);
    assert_memory_equal(options.mechanism.secret_key, secret, sizeof(secret));
    assert_memory_equal(options.mechanism.public_key, public_key, sizeof(public_key));
}

static void test_wire_options_of_a_service_with_a_server_key_are_never_null(void **state)
{
    struct fsz_service_config service = {.socket = config_with(FSZ_SECURITY_NONE, NULL)};
    struct fsz_zmtp_options   options;
    (void)state;
    fsz_wire_options_of_service(&service, &options);
    assert_int_equal(options.mechanism.name, FSZ_ZMTP_NULL);
    strcpy(service.server_key, "no key");
    fsz_wire_options_of_service(&service, &options);
    assert_int_equal(options.mechanism.name, FSZ_ZMTP_CURVE);
    assert_false(options.mechanism.as_server);
}

static void test_wire_options_take_times_and_limits_over(void **state)
{
    struct fsz_socket_config     none = config_with(FSZ_SECURITY_NONE, NULL);
    const struct fsz_config      whole = {.connections_max = 100,
                                          .address_connections_max = 20,
                                          .address_connections_per_second = 30,
                                          .address_connections_burst = 40};
    const struct fsz_wire_bounds bounds = {
        .message_bytes = 1000, .message_frames = 3, .input_bytes = 5000};
    struct fsz_zmtp_options options;
    struct fsz_zmtp_limits  limits;
    (void)state;
    fsz_wire_options(&none, FSZ_ZMTP_ROUTER, &options);
    assert_int_equal(options.times.handshake_ms, 1000);
    assert_int_equal(options.times.heartbeat_ms, 250);
    assert_int_equal(options.times.heartbeat_timeout_ms, 900);
    assert_int_equal(options.ipc_mode, 0600);
    fsz_wire_limits(&whole, &none, &bounds, &limits);
    assert_int_equal(limits.conn.output_messages, 7);
    assert_int_equal(limits.conn.output_bytes, 70000);
    assert_int_equal(limits.output_bytes, 80000);
    assert_int_equal(limits.connections, 100);
    assert_int_equal(limits.address_connections, 20);
    assert_int_equal(limits.address_rate.per_second, 30);
    assert_int_equal(limits.address_rate.burst, 40);
    assert_int_equal(limits.input_bytes, 5000);
    assert_int_equal(limits.conn.message_bytes, 1000 + 3 * FSZ_CONN_FRAME_OVERHEAD);
}

static void test_wire_security_differs_in_the_mechanism_and_in_the_key_alone(void **state)
{
    struct fsz_socket_config none = config_with(FSZ_SECURITY_NONE, NULL);
    struct fsz_socket_config plain = config_with(FSZ_SECURITY_PLAIN, NULL);
    struct fsz_socket_config curve = config_with(FSZ_SECURITY_CURVE, SECRET);
    struct fsz_socket_config other = config_with(FSZ_SECURITY_CURVE, OTHER_SECRET);
    struct fsz_socket_config small = none;
    (void)state;
    small.send_hwm = 1;
    assert_false(fsz_wire_security_differs(&curve, &curve));
    assert_true(fsz_wire_security_differs(&none, &plain));
    assert_true(fsz_wire_security_differs(&plain, &curve));
    assert_true(fsz_wire_security_differs(&curve, &other));
    assert_false(fsz_wire_security_differs(&none, &small));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wire_options_name_the_mechanism_and_the_server),
        cmocka_unit_test(test_wire_options_have_the_pair_of_the_secret_key),
        cmocka_unit_test(test_wire_options_of_a_service_with_a_server_key_are_never_null),
        cmocka_unit_test(test_wire_options_take_times_and_limits_over),
        cmocka_unit_test(test_wire_security_differs_in_the_mechanism_and_in_the_key_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
