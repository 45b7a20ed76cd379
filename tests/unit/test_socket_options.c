/* Options as libzmq has them after they were applied. */
#include "socket_options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <zmq.h>

#define SECRET "uXur70mI[i3?m7bsR^}ZkxzUR)/]}vf76S}x&eLJ"
#define OTHER_SECRET "vXur70mI[i3?m7bsR^}ZkxzUR)/]}vf76S}x&eLJ"

struct rig {
    void *context, *socket;
};

static int rig_setup(void **state)
{
    static struct rig rig;
    rig.context = zmq_ctx_new();
    rig.socket = zmq_socket(rig.context, ZMQ_ROUTER);
    *state = &rig;
    return rig.socket == NULL;
}

static int rig_teardown(void **state)
{
    struct rig *rig = *state;
    zmq_close(rig->socket);
    zmq_ctx_term(rig->context);
    return 0;
}

static struct fsz_socket_config config_with(enum fsz_security security, const char *secret)
{
    return (struct fsz_socket_config){.owner = "API channel \"c\"",
                                      .security = security,
                                      .secret_key = secret,
                                      .send_hwm = 7,
                                      .handshake_timeout_ms = 1000,
                                      .backlog = 10};
}

static int mechanism_of(void *socket)
{
    int    mechanism = -1;
    size_t size = sizeof(mechanism);
    assert_int_equal(zmq_getsockopt(socket, ZMQ_MECHANISM, &mechanism, &size), 0);
    return mechanism;
}

static void assert_domain(void *socket, const char *wanted)
{
    char   domain[256] = "";
    size_t size = sizeof(domain);
    assert_int_equal(zmq_getsockopt(socket, ZMQ_ZAP_DOMAIN, domain, &size), 0);
    assert_string_equal(domain, wanted);
}

static void test_socket_options_set_the_mechanism_and_back(void **state)
{
    struct rig              *rig = *state;
    struct fsz_socket_config none = config_with(FSZ_SECURITY_NONE, NULL);
    struct fsz_socket_config plain = config_with(FSZ_SECURITY_PLAIN, NULL);
    struct fsz_socket_config curve = config_with(FSZ_SECURITY_CURVE, SECRET);
    fsz_socket_options_apply(rig->socket, &none);
    assert_int_equal(mechanism_of(rig->socket), ZMQ_NULL);
    fsz_socket_options_apply(rig->socket, &curve);
    assert_int_equal(mechanism_of(rig->socket), ZMQ_CURVE);
    fsz_socket_options_apply(rig->socket, &plain);
    assert_int_equal(mechanism_of(rig->socket), ZMQ_PLAIN);
    fsz_socket_options_apply(rig->socket, &curve);
    assert_int_equal(mechanism_of(rig->socket), ZMQ_CURVE);
    fsz_socket_options_apply(rig->socket, &none);
    assert_int_equal(mechanism_of(rig->socket), ZMQ_NULL);
}

static void test_socket_options_curve_has_the_key_and_is_the_server(void **state)
{
    struct rig              *rig = *state;
    struct fsz_socket_config curve = config_with(FSZ_SECURITY_CURVE, SECRET);
    char                     key[41] = "";
    int                      server = 0;
    size_t                   key_size = sizeof(key);
    size_t                   server_size = sizeof(server);
    fsz_socket_options_apply(rig->socket, &curve);
    assert_int_equal(zmq_getsockopt(rig->socket, ZMQ_CURVE_SECRETKEY, key, &key_size), 0);
    assert_string_equal(key, SECRET);
    assert_int_equal(zmq_getsockopt(rig->socket, ZMQ_CURVE_SERVER, &server, &server_size), 0);
    assert_int_equal(server, 1);
}

static void test_socket_options_ask_who_comes_only_with_a_list(void **state)
{
    struct rig              *rig = *state;
    struct fsz_socket_config config = config_with(FSZ_SECURITY_NONE, NULL);
    fsz_socket_options_apply(rig->socket, &config);
    assert_domain(rig->socket, "");
    config.acl_count = 1;
    fsz_socket_options_apply(rig->socket, &config);
    assert_domain(rig->socket, "API channel \"c\"");
}

static void test_socket_options_ask_who_comes_with_security_alone(void **state)
{
    struct rig              *rig = *state;
    struct fsz_socket_config config = config_with(FSZ_SECURITY_PLAIN, NULL);
    fsz_socket_options_apply(rig->socket, &config);
    assert_domain(rig->socket, "API channel \"c\"");
}

static void test_socket_options_differ_in_security_and_in_the_key(void **state)
{
    (void)state;
    struct fsz_socket_config none = config_with(FSZ_SECURITY_NONE, NULL);
    struct fsz_socket_config plain = config_with(FSZ_SECURITY_PLAIN, NULL);
    struct fsz_socket_config curve = config_with(FSZ_SECURITY_CURVE, SECRET);
    struct fsz_socket_config other = config_with(FSZ_SECURITY_CURVE, OTHER_SECRET);
    struct fsz_socket_config limited = none;
    struct fsz_socket_config small = none;
    limited.acl_count = 1;
    small.send_hwm = 1;
    assert_false(fsz_socket_options_differ(&curve, &curve));
    assert_true(fsz_socket_options_differ(&none, &plain));
    assert_true(fsz_socket_options_differ(&plain, &curve));
    assert_true(fsz_socket_options_differ(&curve, &other));
    assert_true(fsz_socket_options_differ(&none, &limited));
    assert_true(fsz_socket_options_differ(&none, &small));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_socket_options_set_the_mechanism_and_back),
        TEST(test_socket_options_curve_has_the_key_and_is_the_server),
        TEST(test_socket_options_ask_who_comes_only_with_a_list),
        TEST(test_socket_options_ask_who_comes_with_security_alone),
        TEST(test_socket_options_differ_in_security_and_in_the_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
