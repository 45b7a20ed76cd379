/* SPDX-License-Identifier: MPL-2.0 */
/* <services> and <bindings>. */
#include "config/config_keys.h"
#include "event/fields.h"
#include "load_config.h"

#include <unistd.h>

#define PARAM(name, value) "<param name=\"" name "\" value=\"" value "\"/>"
#define Z85 "Yne@$w-vo&lt;fVvi]a&lt;NY6T1ed:M$fCG*[IaLV{hID"
#define Z85_TEXT "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
#define KEY_FILE "<settings>" PARAM("curve-key-file", "/etc/switch.key_secret") "</settings>"
#define SERVICES "<services><service name=\"d\"/></services>"
#define USES PARAM("service", "d") PARAM("sections", "directory")

static void test_config_without_lists_has_no_services_and_no_bindings(void **state)
{
    (void)state;
    struct fsz_config *config = load("");
    assert_int_equal(config->service_count, 0);
    assert_int_equal(config->binding_count, 0);
    assert_int_equal(config->cache_entries, 10000);
    assert_int_equal(config->cache_bytes, 64 << 20);
    fsz_config_free(&config);
    accept_config("<services/><bindings/>");
}

static void test_config_service_has_the_defaults_of_the_table(void **state)
{
    (void)state;
    struct fsz_config               *config = load(SERVICES);
    const struct fsz_service_config *service = &config->services[0];
    assert_string_equal(service->name, "d");
    assert_string_equal(service->socket.owner, "service \"d\"");
    assert_int_equal(service->socket.endpoint_count, 0);
    assert_true(service->registration);
    assert_string_equal(service->server_key, "");
    assert_null(service->socket.secret_key);
    assert_int_equal(service->capacity, 100);
    assert_int_equal(service->requests_max, 1000);
    assert_int_equal(service->requests_bytes, 64 << 20);
    assert_int_equal(service->reply_bytes, 4 << 20);
    assert_int_equal(service->deadline_ms, 2000);
    assert_int_equal(service->attempt_ms, 500);
    assert_int_equal(service->failures_max, 3);
    assert_int_equal(service->probe_ms, 500);
    assert_int_equal(service->socket.heartbeat_ms, 2000);
    assert_true(service->socket.ipv6);
    assert_true(service->socket.tcp_keepalive);
    assert_int_equal(service->socket.handshake_timeout_ms, 30000);
    assert_int_equal(service->socket.acl_count, 0);
    fsz_config_free(&config);
}

static void test_config_service_reads_values_into_their_members(void **state)
{
    (void)state;
    struct fsz_config *config = load(KEY_FILE SERVICE(
        PARAM("connect", "tcp://127.0.0.1:1") PARAM("connect", "ipc:///tmp/d")
            PARAM("server-key", Z85) PARAM("registration", "false") PARAM("capacity", "7")
                PARAM("heartbeat-timeout-ms", "11") PARAM("ipv6", "false")));
    assert_non_null(config);
    const struct fsz_service_config *service = &config->services[0];
    assert_int_equal(service->socket.endpoint_count, 2);
    assert_true(service->socket.endpoints[1].connect);
    assert_string_equal(service->socket.endpoints[1].address, "ipc:///tmp/d");
    assert_string_equal(service->server_key, Z85_TEXT);
    assert_ptr_equal(service->socket.secret_key, config->curve_secret_key);
    assert_false(service->registration);
    assert_int_equal(service->capacity, 7);
    assert_int_equal(service->socket.heartbeat_timeout_ms, 11);
    assert_false(service->socket.ipv6);
    fsz_config_free(&config);
}

static void test_config_service_refuses_what_nobody_could_answer(void **state)
{
    (void)state;
    refuse(SERVICE(PARAM("registration", "false")),
           "line 1: service \"d\": has no providers: add connect, or set registration "
           "to true");
    refuse(SERVICE(PARAM("connect", "epgm://eth0;239.192.1.1:5556")),
           "line 1: service \"d\": a service cannot use multicast: use tcp, ipc or inproc");
    refuse(SERVICE(PARAM("connect", "tcp://h:1") PARAM("connect", "tcp://h:1")),
           "line 1: service \"d\": connect=\"tcp://h:1\" is given twice");
    refuse(SERVICE(PARAM("bind", "tcp://*:1")),
           "line 1: service \"d\": bind belongs in <stream> or <api-socket>");
    refuse("<services><service name=\"d\"/>\n<service name=\"d\"/></services>",
           "line 2: service \"d\" is given twice: names must differ");
    refuse("<services><service/></services>", "line 1: <service> needs a name");
}

static void test_config_service_key_is_a_key_or_a_path(void **state)
{
    (void)state;
    refuse(SERVICE(PARAM("connect", "tcp://h:1") PARAM("server-key", Z85)),
           "line 1: service \"d\": server-key needs curve-key-file in <settings>");
    refuse(KEY_FILE SERVICE(PARAM("server-key", Z85)),
           "line 1: service \"d\": server-key only applies to connect: add connect, or remove "
           "server-key");
    refuse(KEY_FILE SERVICE(PARAM("connect", "tcp://h:1") PARAM("server-key", "provider.key")),
           "line 1: service \"d\": server-key=\"provider.key\" is not valid: a public key (40 "
           "characters of Z85), or the path of its certificate, which begins with /");
}

struct key_files {
    char            folder[32], secret[64], public[64];
    struct fsz_cert cert;
};

static void make_key_files(struct key_files *files)
{
    char why[256] = "";
    strcpy(files->folder, "/tmp/fsz-service-XXXXXX");
    assert_non_null(mkdtemp(files->folder));
    snprintf(files->public, sizeof files->public, "%s/pair", files->folder);
    snprintf(files->secret, sizeof files->secret, "%s/pair_secret", files->folder);
    assert_int_equal(fsz_cert_make("provider", &files->cert), FSZ_OK);
    assert_int_equal(fsz_cert_write(files->public, &files->cert, why, sizeof why), FSZ_OK);
}

static void remove_key_files(const struct key_files *files)
{
    unlink(files->public);
    unlink(files->secret);
    rmdir(files->folder);
}

/* The configuration of a service with that server-key; the pair is this side's key. */
static struct fsz_config *load_with_key(const struct key_files *files, const char *server)
{
    char inner[1024];
    snprintf(inner, sizeof inner,
             "<settings><param name=\"curve-key-file\" value=\"%s\"/></settings>" SERVICE(
                 PARAM("connect", "tcp://h:1") PARAM("server-key", "%s")),
             files->secret, server);
    struct fsz_config *config = load(inner);
    assert_non_null(config);
    return config;
}

static void test_config_service_key_is_read_from_its_certificate(void **state)
{
    (void)state;
    struct key_files files = {0};
    make_key_files(&files);
    struct fsz_config *config = load_with_key(&files, files.public);
    assert_string_equal(config->services[0].server_key, "");
    assert_int_equal(fsz_config_load_files(config, &problems), FSZ_OK);
    assert_string_equal(config->services[0].server_key, files.cert.public_key);
    assert_string_equal(config->services[0].socket.secret_key, files.cert.secret_key);
    fsz_config_free(&config);
    remove_key_files(&files);
}

static void test_config_service_key_that_looks_like_a_path_is_a_key(void **state)
{
    (void)state;
    static const char key[] = "/ne@$w-vo$fVvi]a$NY6T1ed:M$fCG*[IaLV{hID";
    struct key_files  files = {0};
    make_key_files(&files);
    assert_true(fsz_key_is_valid(key));
    struct fsz_config *config = load_with_key(&files, key);
    assert_int_equal(fsz_config_load_files(config, &problems), FSZ_OK);
    assert_string_equal(config->services[0].server_key, key);
    fsz_config_free(&config);
    remove_key_files(&files);
}

static void test_config_service_key_file_that_is_missing_is_told(void **state)
{
    (void)state;
    struct key_files files = {0};
    make_key_files(&files);
    struct fsz_config *config = load_with_key(&files, "/nonexistent/provider.key");
    assert_int_not_equal(fsz_config_load_files(config, &problems), FSZ_OK);
    assert_non_null(strstr(problems.lines[0], "service \"d\": server-key: /nonexistent/provider"));
    fsz_config_free(&config);
    remove_key_files(&files);
}

static void test_config_binding_has_the_defaults_of_the_table(void **state)
{
    (void)state;
    struct fsz_config               *config = load(BINDING(USES));
    const struct fsz_binding_config *binding = &config->bindings[0];
    assert_string_equal(binding->name, "b");
    assert_string_equal(binding->service, "d");
    assert_int_equal(binding->sections, FSZ_SECTION_DIRECTORY);
    assert_null(binding->tag);
    assert_null(binding->key);
    assert_null(binding->value);
    assert_null(binding->params);
    assert_int_equal(binding->deadline_ms, 0);
    assert_int_equal(binding->xml_bytes, 1 << 20);
    assert_int_equal(binding->on_failure, FSZ_ON_FAILURE_FALLBACK);
    assert_int_equal(binding->cache_s, 0);
    assert_int_equal(binding->cache_negative_s, 0);
    assert_int_equal(binding->cache_ttl_max_s, 0);
    assert_int_equal(binding->stale_s, 0);
    assert_int_equal(binding->cache_param_count, 0);
    fsz_config_free(&config);
}

static void test_config_binding_reads_values_into_their_members(void **state)
{
    (void)state;
    struct fsz_config *config =
        load("<bindings><binding name=\"b\">" PARAM("service", "d")
                 PARAM("sections", "configuration,\tchatplan dialplan") PARAM("tag", "domain")
                     PARAM("key", "name") PARAM("value", "*.example.org")
                         PARAM("params", "user sip_*") PARAM("on-failure", "not-found")
                             PARAM("cache-params", "user domain") "</binding></bindings>" SERVICES);
    assert_non_null(config);
    const struct fsz_binding_config *binding = &config->bindings[0];
    assert_int_equal(binding->sections,
                     FSZ_SECTION_CONFIGURATION | FSZ_SECTION_CHATPLAN | FSZ_SECTION_DIALPLAN);
    assert_string_equal(binding->tag, "domain");
    assert_string_equal(binding->key, "name");
    assert_string_equal(binding->value, "*.example.org");
    assert_int_equal(fsz_fields_rule(binding->params, "sip_auth", 8), FSZ_FIELD_KEEP);
    assert_int_equal(fsz_fields_rule(binding->params, "ip", 2), FSZ_FIELD_OMIT);
    assert_int_equal(binding->on_failure, FSZ_ON_FAILURE_NOT_FOUND);
    assert_int_equal(binding->cache_param_count, 2);
    assert_string_equal(binding->cache_params[1], "domain");
    fsz_config_free(&config);
}

static void test_config_binding_that_would_keep_nothing_is_a_warning(void **state)
{
    static const struct {
        const char *keys;
        bool        warns;
    } bindings[] = {
        {PARAM("sections", "dialplan") PARAM("cache-s", "1"), true},
        {PARAM("sections", "dialplan languages") PARAM("stale-s", "1"), true},
        {PARAM("sections", "dialplan"), false},
        {PARAM("sections", "dialplan directory") PARAM("cache-s", "1"), false},
        {PARAM("sections", "dialplan") PARAM("cache-s", "1") PARAM("cache-params", "x"), false},
        {PARAM("sections", "dialplan") PARAM("cache-s", "1") PARAM("params", "Hunt-*"), false},
    };
    char text[1024];
    (void)state;
    for (size_t i = 0; i < sizeof(bindings) / sizeof(bindings[0]); i++) {
        snprintf(text, sizeof(text),
                 SERVICES
                 "<bindings><binding name=\"b\">" PARAM("service", "d") "%s</binding></bindings>",
                 bindings[i].keys);
        struct fsz_config *config = load(text);
        assert_non_null(config);
        assert_int_equal(config->warnings != NULL, bindings[i].warns);
        if (bindings[i].warns) {
            assert_non_null(strstr(
                config->warnings->lines[0],
                "binding \"b\": caches nothing, since each of its lookups describes a call"));
        }
        fsz_config_free(&config);
    }
}

static void test_config_binding_names_its_service_and_sections(void **state)
{
    (void)state;
    refuse("<bindings>\n<binding name=\"b\">" USES "</binding></bindings>",
           "line 2: binding \"b\": service=\"d\" is not in <services>");
    refuse(BINDING(PARAM("sections", "directory")), "line 1: binding \"b\": needs a service");
    refuse(
        BINDING(PARAM("service", "d")),
        "line 1: binding \"b\": needs sections: which of the switch's lookups go to the service");
    refuse(BINDING(PARAM("service", "d") PARAM("sections", "")),
           "line 1: binding \"b\": sections=\"\" is not valid: configuration, directory, dialplan, "
           "languages or chatplan; several with blanks or commas between them");
    refuse(BINDING(PARAM("service", "d") PARAM("sections", "directory phrases")),
           "line 1: binding \"b\": sections: \"phrases\" is not valid: configuration, directory, "
           "dialplan, languages or chatplan; several with blanks or commas between them");
    refuse(BINDING(USES PARAM("tag", "")),
           "line 1: binding \"b\": tag=\"\" is not valid: a pattern of at least one character; * "
           "stands for any text");
    refuse(BINDING(USES PARAM("on-failure", "ignore")),
           "line 1: binding \"b\": on-failure=\"ignore\" is not valid: fallback or not-found");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_config_without_lists_has_no_services_and_no_bindings),
        cmocka_unit_test(test_config_service_has_the_defaults_of_the_table),
        cmocka_unit_test(test_config_service_reads_values_into_their_members),
        cmocka_unit_test(test_config_service_refuses_what_nobody_could_answer),
        cmocka_unit_test(test_config_service_key_is_a_key_or_a_path),
        cmocka_unit_test(test_config_service_key_is_read_from_its_certificate),
        cmocka_unit_test(test_config_service_key_that_looks_like_a_path_is_a_key),
        cmocka_unit_test(test_config_service_key_file_that_is_missing_is_told),
        cmocka_unit_test(test_config_binding_has_the_defaults_of_the_table),
        cmocka_unit_test(test_config_binding_reads_values_into_their_members),
        cmocka_unit_test(test_config_binding_that_would_keep_nothing_is_a_warning),
        cmocka_unit_test(test_config_binding_names_its_service_and_sections),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
