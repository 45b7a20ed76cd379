/* SPDX-License-Identifier: MPL-2.0 */
#include "load_config.h"

static void test_config_without_api_api_sockets_has_one_for_loopback(void **state)
{
    (void)state;
    struct fsz_config *config = load("");
    assert_int_equal(config->api_socket_count, 1);
    const struct fsz_api_socket_config *api_socket = &config->api_sockets[0];
    assert_string_equal(api_socket->name, "default");
    assert_string_equal(api_socket->socket.owner, "API socket \"default\"");
    assert_int_equal(api_socket->socket.endpoint_count, 1);
    assert_string_equal(api_socket->socket.endpoints[0].address, "tcp://*:5557");
    assert_false(api_socket->socket.endpoints[0].connect);
    assert_int_equal(api_socket->socket.acl_count, 1);
    assert_string_equal(api_socket->socket.acls[0], "loopback.auto");
    assert_int_equal(api_socket->socket.security, FSZ_SECURITY_NONE);
    assert_null(api_socket->socket.secret_key);
    assert_int_equal(api_socket->request_bytes, 1048576);
    assert_int_equal(api_socket->deadline_ms, 30000);
    fsz_config_free(&config);
}

static void test_config_empty_api_api_sockets_are_none(void **state)
{
    (void)state;
    struct fsz_config *config = load("<api-sockets/>");
    assert_int_equal(config->api_socket_count, 0);
    assert_int_equal(config->stream_count, 2);
    assert_int_equal(fsz_config_socket_count(config), 2);
    fsz_config_free(&config);
}

static void test_config_reads_an_api_api_socket_into_its_members(void **state)
{
    (void)state;
    struct fsz_config *config =
        load(API_SOCKET("<param name=\"connect\" value=\"tcp://broker.example:5600\"/>"
                        "<param name=\"apply-inbound-acl\" value=\"any\"/>"
                        "<param name=\"send-hwm\" value=\"7\"/>"
                        "<param name=\"ipv6\" value=\"false\"/>"
                        "<param name=\"request-bytes\" value=\"64K\"/>"
                        "<param name=\"request-depth\" value=\"9\"/>"
                        "<param name=\"batch-max\" value=\"10\"/>"
                        "<param name=\"reply-bytes\" value=\"1M\"/>"
                        "<param name=\"deadline-ms\" value=\"11\"/>"
                        "<param name=\"deadline-max-ms\" value=\"12\"/>"));
    assert_non_null(config);
    const struct fsz_api_socket_config *api_socket = &config->api_sockets[0];
    assert_int_equal(api_socket->socket.endpoint_count, 2);
    assert_true(api_socket->socket.endpoints[1].connect);
    assert_int_equal(api_socket->socket.acl_count, 0);
    assert_int_equal(api_socket->socket.send_hwm, 7);
    assert_false(api_socket->socket.ipv6);
    assert_int_equal(api_socket->request_bytes, 65536);
    assert_int_equal(api_socket->request_depth, 9);
    assert_int_equal(api_socket->batch_max, 10);
    assert_int_equal(api_socket->reply_bytes, 1048576);
    assert_int_equal(api_socket->deadline_ms, 11);
    assert_int_equal(api_socket->deadline_max_ms, 12);
    fsz_config_free(&config);
}

static void test_config_no_deadline_is_over_the_longest(void **state)
{
    (void)state;
    struct fsz_config *config = load(API_SOCKET("<param name=\"deadline-max-ms\" value=\"500\"/>"));
    assert_int_equal(config->api_sockets[0].deadline_ms, 500);
    fsz_config_free(&config);
}

static void test_config_sockets_are_streams_then_api_api_sockets(void **state)
{
    (void)state;
    struct fsz_config *config = load(STREAM("") API_SOCKET(""));
    assert_int_equal(fsz_config_socket_count(config), 2);
    assert_ptr_equal(fsz_config_socket_at(config, 0), &config->streams[0].socket);
    assert_ptr_equal(fsz_config_socket_at(config, 1), &config->api_sockets[0].socket);
    fsz_config_free(&config);
}

static void test_config_stream_and_api_api_socket_may_have_one_name(void **state)
{
    (void)state;
    struct fsz_config *config =
        load(STREAM("") "<api-sockets><api-socket name=\"s\"><param name=\"bind\" "
                        "value=\"inproc://api\"/></api-socket></api-sockets>");
    assert_non_null(config);
    assert_string_equal(config->streams[0].name, config->api_sockets[0].name);
    assert_string_not_equal(config->streams[0].socket.owner, config->api_sockets[0].socket.owner);
    fsz_config_free(&config);
}

static void test_config_longest_name_fits_what_a_socket_is_called(void **state)
{
    (void)state;
    char name[FSZ_CONFIG_NAME_MAX + 1];
    char inner[512];
    char owner[512];
    memset(name, 'x', FSZ_CONFIG_NAME_MAX);
    name[FSZ_CONFIG_NAME_MAX] = '\0';
    snprintf(inner, sizeof inner,
             "<api-sockets><api-socket name=\"%s\"><param name=\"bind\" "
             "value=\"inproc://api\"/></api-socket></api-sockets>",
             name);
    snprintf(owner, sizeof owner, "API socket \"%s\"", name);
    struct fsz_config *config = load(inner);
    assert_string_equal(config->api_sockets[0].socket.owner, owner);
    fsz_config_free(&config);
}

static void test_config_endpoints_clash_across_streams_and_api_api_sockets(void **state)
{
    (void)state;
    refuse(STREAM("") "\n<api-sockets>\n<api-socket name=\"c\"><param name=\"bind\" "
                      "value=\"tcp://*:5601\"/></api-socket></api-sockets>",
           "line 3: API socket \"c\": bind=\"tcp://*:5601\" is taken by "
           "bind=\"tcp://127.0.0.1:5601\" of stream \"s\"");
    refuse(API_SOCKET("<param name=\"bind\" value=\"tcp://127.0.0.1:5602\"/>"),
           "line 1: API socket \"c\": bind=\"tcp://127.0.0.1:5602\" is taken by "
           "bind=\"tcp://127.0.0.1:5602\" of API socket \"c\"");
    refuse("<streams><stream name=\"s\"><param name=\"bind\" value=\"tcp://*:5557\"/></stream>"
           "</streams>",
           "API socket \"default\": bind=\"tcp://*:5557\" is taken by bind=\"tcp://*:5557\" of "
           "stream \"s\"");
}

static void test_config_tells_mistakes_in_api_api_sockets(void **state)
{
    (void)state;
    refuse("<api-sockets><api-socket name=\"c\"/></api-sockets>",
           "line 1: API socket \"c\": needs at least one bind or connect");
    refuse("<api-sockets><api-socket><param name=\"bind\" value=\"inproc://a\"/></api-socket>"
           "</api-sockets>",
           "line 1: <api-socket> needs a name");
    refuse("<api-sockets><channel/></api-sockets>",
           "line 1: <channel> is not known in <api-sockets>: api-socket");
    refuse(API_SOCKET("<filter/>"),
           "line 1: API socket \"c\": <filter> is not known in <api-socket>: param");
    refuse(API_SOCKET("<param name=\"framing\" value=\"json\"/>"),
           "line 1: API socket \"c\": framing belongs in <stream>");
    refuse(STREAM("<param name=\"batch-max\" value=\"1\"/>"),
           "line 1: stream \"s\": batch-max belongs in <api-socket>");
    refuse(API_SOCKET("<param name=\"request-byte\" value=\"1M\"/>"),
           "line 1: API socket \"c\": request-byte is not known; did you mean request-bytes?");
    refuse(API_SOCKET("<param name=\"bind\" value=\"epgm://eth0;239.192.1.1:5556\"/>"),
           "line 1: API socket \"c\": an API socket cannot use multicast: use tcp, ipc or inproc");
    refuse("<api-sockets>\n<api-socket name=\"c\"><param name=\"bind\" value=\"inproc://a\"/>"
           "</api-socket>\n<api-socket name=\"c\"><param name=\"bind\" value=\"inproc://b\"/>"
           "</api-socket></api-sockets>",
           "line 3: api-socket \"c\" is given twice: names must differ");
}

static void test_config_refuses_more_api_api_sockets_than_its_cap(void **state)
{
    (void)state;
    enum { BYTES = 16 * 1024 };
    char *inner = calloc(1, BYTES);
    assert_non_null(inner);
    size_t used = (size_t)snprintf(inner, BYTES, "<api-sockets>");
    for (int i = 0; i < FSZ_API_SOCKETS_MAX + 2; i++) {
        used += (size_t)snprintf(inner + used, BYTES - used,
                                 "<api-socket name=\"c%d\"><param name=\"bind\" "
                                 "value=\"inproc://%d\"/></api-socket>",
                                 i, i);
    }
    snprintf(inner + used, BYTES - used, "</api-sockets>");
    refuse(inner, "line 1: more than 64 in <api-sockets>");
    free(inner);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_config_without_api_api_sockets_has_one_for_loopback),
        cmocka_unit_test(test_config_empty_api_api_sockets_are_none),
        cmocka_unit_test(test_config_reads_an_api_api_socket_into_its_members),
        cmocka_unit_test(test_config_no_deadline_is_over_the_longest),
        cmocka_unit_test(test_config_sockets_are_streams_then_api_api_sockets),
        cmocka_unit_test(test_config_stream_and_api_api_socket_may_have_one_name),
        cmocka_unit_test(test_config_longest_name_fits_what_a_socket_is_called),
        cmocka_unit_test(test_config_endpoints_clash_across_streams_and_api_api_sockets),
        cmocka_unit_test(test_config_tells_mistakes_in_api_api_sockets),
        cmocka_unit_test(test_config_refuses_more_api_api_sockets_than_its_cap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
