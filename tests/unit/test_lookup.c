/* SPDX-License-Identifier: MPL-2.0 */
/* Which service gets which lookups, and what happens to the replies. */
#include "service/lookup.h"

#include "lookup_rig.h"
#include "service/xmlcheck.h"

#include <pthread.h>

/* ---- which lookups --------------------------------------------------------------------------- */

static void test_lookup_without_bindings_asks_nobody(void **state)
{
    (void)state;
    begin("");
    service_client_says(FOUND(""));
    assert_not_found();
    assert_int_equal(service_client.asked, 0);
    end();
}

static void test_lookup_goes_where_section_and_patterns_fit(void **state)
{
    (void)state;
    begin(CONFIG(BIND("b", PARAM("tag", "domain") PARAM("key", "n*") PARAM("value", "*.org"))));
    service_client_says(FOUND("<a/>"));
    assert_found(XML("<a/>"));
    const struct fsz_lookup others[] = {
        {"dialplan", "domain", "name", "example.org", NULL, NULL},
        {"phrases", "domain", "name", "example.org", NULL, NULL},
        {"directory", "domains", "name", "example.org", NULL, NULL},
        {"directory", "domain", "id", "example.org", NULL, NULL},
        {"directory", "domain", "name", "example.com", NULL, NULL},
        {"directory", NULL, NULL, NULL, NULL, NULL},
    };
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_int_equal(find(&others[i]), FSZ_ENOTFOUND);
    }
    assert_int_equal(service_client.asked, 1);
    end();
}

static void test_lookup_of_its_own_configuration_asks_nobody(void **state)
{
    (void)state;
    const struct fsz_lookup own = {
        "configuration", "configuration", "name", "event_zmq.conf", NULL, NULL};
    const struct fsz_lookup other = {
        "configuration", "configuration", "name", "acl.conf", NULL, NULL};
    begin(SERVICE("") "<bindings><binding name=\"b\">" PARAM("service", "d")
              PARAM("sections", "configuration") "</binding></bindings>");
    service_client_says(NOT_FOUND);
    assert_int_equal(find(&own), FSZ_ENOTFOUND);
    assert_int_equal(service_client.asked, 0);
    assert_int_equal(find(&other), FSZ_ENOTFOUND);
    assert_int_equal(service_client.asked, 1);
    end();
}

static void test_lookup_not_found_goes_to_the_next_binding(void **state)
{
    (void)state;
    begin(CONFIG(BIND("first", "") BIND("second", PARAM("deadline-ms", "77"))));
    service_client_says(NOT_FOUND);
    assert_not_found();
    assert_int_equal(service_client.asked, 2);
    assert_int_equal(service_client.deadline_ms, 77);
    service_client_says(
        "{\"xml\":\"<d><section name='result'><result status='not found'/></section></d>\"}");
    assert_not_found();
    assert_int_equal(service_client.asked, 4);
    service_client_says(FOUND(""));
    assert_found(XML(""));
    assert_int_equal(service_client.asked, 5);
    assert_int_equal(number_of("first", "found"), 1);
    assert_int_equal(number_of("first", "not_found"), 2);
    assert_int_equal(number_of("second", "asked"), 2);
    assert_int_equal(lines, 0);
    end();
}

static void test_lookup_waits_as_long_as_the_binding_says_or_else_its_service(void **state)
{
    (void)state;
    begin(SERVICE(PARAM("deadline-ms", "1234")) "<bindings>" BIND("b", "") "</bindings>");
    service_client_says(NOT_FOUND);
    assert_not_found();
    assert_int_equal(service_client.deadline_ms, 1234);
    end();
    begin(SERVICE(PARAM("deadline-ms", "1234")) "<bindings>" BIND(
        "b", PARAM("deadline-ms", "77")) "</bindings>");
    service_client_says(NOT_FOUND);
    assert_not_found();
    assert_int_equal(service_client.deadline_ms, 77);
    end();
}

/* ---- failures -------------------------------------------------------------------------------- */

static void test_lookup_failure_falls_back_and_logs_provider_and_reason(void **state)
{
    (void)state;
    begin(CONFIG(BIND("b", "")));
    service_client_says("{\"xml\":\"<document>\\n <secret></hidden>\"}");
    assert_not_found();
    assert_string_equal(logged, "binding \"b\": lookup of directory domain name=\"example.org\": "
                                "service \"d\", tcp://127.0.0.1:5560: document, line 2, column "
                                "12: mismatched tag: close the element that was opened last");
    assert_int_equal(number_of("b", "failed"), 1);
    end();
}

static void test_lookup_failures_are_logged_at_a_limited_rate(void **state)
{
    (void)state;
    begin(CONFIG(BIND("b", "") BIND("c", "")));
    service_client_fails(FSZ_ETIMEOUT, "no answer within 2000 ms");
    for (int i = 0; i < 50; i++) {
        assert_not_found();
    }
    assert_int_equal(lines, 2);
    assert_non_null(strstr(logged, "tcp://127.0.0.1:5560: no answer within 2000 ms"));
    assert_int_equal(number_of("b", "failed"), 50);
    assert_int_equal(number_of("c", "failed"), 50);
    end();
}

static void test_lookup_failure_line_is_one_line(void **state)
{
    (void)state;
    struct fsz_lookup lookup = example;
    lookup.value = "a\nb\x7f\x1b[0m";
    begin(CONFIG(BIND("b", "")));
    service_client_fails(FSZ_EREFUSED, "first\r\nsecond");
    assert_int_equal(find(&lookup), FSZ_ENOTFOUND);
    assert_non_null(strstr(logged, "name=\"a?b??[0m\""));
    assert_non_null(strstr(logged, "first??second"));
    end();
}

static void test_lookup_refuses_invalid_replies(void **state)
{
    static const struct {
        const char *result, *why;
    } bad[] = {
        {"[]", "its result is not an object"},
        {"null", "its result is not an object"},
        {"{}", "its result has neither a string `xml` nor `found` false"},
        {"{\"found\":true}", "its result has neither"},
        {"{\"xml\":5}", "its result has neither"},
        {"{\"xml\":\"<document>\"}", "document, line 1, column 11: the text ends too early"},
        {"{\"xml\":\"<d><section name='dialplan'/></d>\"}", "no <section> with the requested name"},
        {"{\"xml\":\"<!DOCTYPE d><d/>\"}", "has a DOCTYPE"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        begin(CONFIG(BIND("b", "")));
        service_client_says(bad[i].result);
        assert_not_found();
        assert_int_equal(lines, 1);
        assert_non_null(strstr(logged, bad[i].why));
        end();
    }
}

static void test_lookup_bounds_the_document(void **state)
{
    (void)state;
    char result[1024];
    begin(CONFIG(BIND("b", PARAM("xml-bytes", "256"))));
    snprintf(result, sizeof(result), FOUND("%s%*s"), "", 256 - (int)strlen(XML("")), "");
    service_client_says(result);
    assert_int_equal(find(&example), FSZ_OK);
    assert_int_equal(xml.size, 256);
    snprintf(result, sizeof(result), FOUND("%s%*s"), "", 257 - (int)strlen(XML("")), "");
    assert_not_found();
    assert_non_null(strstr(logged, "a document of 257 bytes exceeds xml-bytes, 256"));
    end();
}

static void test_lookup_failure_may_mean_not_found(void **state)
{
    (void)state;
    char              why[FSZ_XML_WHY_BYTES];
    struct fsz_lookup lookup = example;
    begin(CONFIG(BIND("b", PARAM("on-failure", "not-found")) BIND("c", "")));
    service_client_fails(FSZ_ETIMEOUT, NULL);
    assert_found("<document type=\"freeswitch/xml\"><section name=\"directory\"><domain "
                 "name=\"example.org\"/></section></document>");
    assert_int_equal(service_client.asked, 1);
    lookup.value = "a&<>\"\x01'\xff\xc3\xbc";
    assert_int_equal(find(&lookup), FSZ_OK);
    assert_non_null(
        strstr(fsz_buffer_string(&xml), "name=\"a&amp;&lt;&gt;&quot;?'\xef\xbf\xbd\xc3\xbc\"/>"));
    assert_int_equal(fsz_xmlcheck((char *)xml.data, xml.size, "directory", why, sizeof(why)),
                     FSZ_OK);
    lookup.tag = NULL;
    assert_int_equal(find(&lookup), FSZ_OK);
    assert_string_equal(fsz_buffer_string(&xml), "<document type=\"freeswitch/xml\"><section "
                                                 "name=\"directory\"></section></document>");
    lookup.tag = "a b/><evil";
    assert_int_equal(find(&lookup), FSZ_OK);
    assert_int_equal(fsz_xmlcheck((char *)xml.data, xml.size, "directory", why, sizeof(why)),
                     FSZ_OK);
    assert_null(strstr(fsz_buffer_string(&xml), "evil"));
    service_client_says(NOT_FOUND);
    assert_not_found();
    end();
}

/* ---- the cache ------------------------------------------------------------------------------- */

static void test_lookup_without_cache_asks_each_time(void **state)
{
    (void)state;
    begin(CONFIG(BIND("b", "")));
    service_client_says(FOUND(""));
    assert_found(XML(""));
    assert_found(XML(""));
    assert_int_equal(service_client.asked, 2);
    assert_int_equal(number_of(NULL, "entries"), 0);
    end();
}

static void test_lookup_serves_fresh_documents_from_the_cache(void **state)
{
    (void)state;
    struct fsz_lookup other = example;
    other.value = "example.com";
    begin(CONFIG(BIND("b", PARAM("cache-s", "1000"))));
    service_client_says(FOUND("<a/>"));
    assert_found(XML("<a/>"));
    service_client_says(FOUND("<b/>"));
    assert_found(XML("<a/>"));
    assert_int_equal(service_client.asked, 1);
    assert_int_equal(number_of("b", "cache_hits"), 1);
    assert_int_equal(find(&other), FSZ_OK);
    assert_string_equal(fsz_buffer_string(&xml), XML("<b/>"));
    assert_int_equal(fsz_lookups_flush(lookups, "b/directory/domain/name/example.org"), 1);
    assert_found(XML("<b/>"));
    assert_int_equal(fsz_lookups_flush(lookups, NULL), 2);
    end();
}

static void test_lookup_caches_not_found_if_configured(void **state)
{
    (void)state;
    begin(CONFIG(BIND("positive", PARAM("cache-s", "1000"))
                     BIND("both", PARAM("cache-s", "1000") PARAM("cache-negative-s", "1000"))));
    service_client_says(NOT_FOUND);
    assert_not_found();
    assert_not_found();
    assert_int_equal(service_client.asked, 3);
    assert_int_equal(number_of("both", "cache_hits"), 1);
    assert_int_equal(number_of("both", "not_found"), 2);
    end();
}

static void test_lookup_heeds_ttl_s_where_it_may(void **state)
{
    (void)state;
    begin(CONFIG(BIND("deaf", "") BIND("b", PARAM("cache-ttl-max-s", "1000"))));
    service_client_says("{\"found\":false,\"ttl_s\":1e30}");
    assert_not_found();
    assert_not_found();
    assert_int_equal(service_client.asked, 3);
    end();
    begin(CONFIG(BIND("b", PARAM("cache-s", "1000") PARAM("cache-ttl-max-s", "1000"))));
    service_client_says("{\"xml\":\"" XML("") "\",\"ttl_s\":0}");
    assert_found(XML(""));
    assert_found(XML(""));
    assert_int_equal(service_client.asked, 2);
    service_client_says("{\"xml\":\"" XML("") "\",\"ttl_s\":-1}");
    assert_found(XML(""));
    assert_found(XML(""));
    assert_int_equal(service_client.asked, 3);
    end();
}

static void test_lookup_failure_serves_a_stale_document(void **state)
{
    (void)state;
    begin(CONFIG(BIND("b", PARAM("stale-s", "1000"))));
    service_client_says(FOUND("<a/>"));
    assert_found(XML("<a/>"));
    service_client_fails(FSZ_ETIMEOUT, NULL);
    assert_found(XML("<a/>"));
    assert_int_equal(service_client.asked, 2);
    assert_int_equal(number_of("b", "stale"), 1);
    assert_int_equal(number_of("b", "found"), 2);
    assert_int_equal(number_of("b", "failed"), 0);
    assert_int_equal(lines, 1);
    service_client_says(NOT_FOUND);
    assert_not_found();
    service_client_fails(FSZ_ETIMEOUT, NULL);
    assert_not_found();
    assert_int_equal(number_of("b", "failed"), 1);
    end();
}

/* Every kind of "not found" removes the document for good. */
static void test_lookup_not_found_never_serves_a_stale_document(void **state)
{
    static const char *const answers[] = {
        NOT_FOUND,
        "{\"xml\":\"\"}",
        "{\"xml\":\" \\r\\n\"}",
        "{\"xml\":\"<document type='freeswitch/xml'/>\"}",
        "{\"xml\":\"<document><section name='result'><result status='not found'/></section>"
        "</document>\"}",
        "{\"xml\":\"" XML("<result status='not found'/>") "\"}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        begin(CONFIG(BIND("b", PARAM("stale-s", "1000") PARAM("cache-negative-s", "1000"))));
        service_client_says(FOUND("<a/>"));
        assert_found(XML("<a/>"));
        service_client_says(answers[i]);
        assert_not_found();
        service_client_fails(FSZ_ETIMEOUT, NULL);
        assert_not_found();
        assert_int_equal(service_client.asked, 2); /* the third came from the cache */
        assert_int_equal(number_of("b", "not_found"), 2);
        assert_int_equal(number_of("b", "failed"), 0);
        assert_int_equal(number_of("b", "stale"), 0);
        assert_int_equal(lines, 0);
        end();
    }
}

/* ---- several threads, and reloads ------------------------------------------------------------ */

enum { ASKERS = 8 };

static void *asker_main(void *argument)
{
    struct fsz_buffer *out = argument;
    fsz_buffer_init(out, 1 << 20);
    return fsz_lookups_find(lookups, NULL, &example, out) == FSZ_OK ? NULL : "failed";
}

static void test_lookup_of_many_at_once_is_one_request(void **state)
{
    pthread_t         threads[ASKERS];
    struct fsz_buffer out[ASKERS];
    void             *wrong = NULL;
    (void)state;
    begin(CONFIG(BIND("b", PARAM("cache-s", "1000") PARAM("deadline-ms", "60000"))));
    service_client_says(FOUND("<a/>"));
    service_client.held = 1;
    for (int i = 0; i < ASKERS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, asker_main, &out[i]), 0);
    }
    while (number_of("b", "asked") < ASKERS || number_of(NULL, "coalesced") < ASKERS - 1) {
        usleep(1000);
    }
    service_client.held = 0;
    for (int i = 0; i < ASKERS; i++) {
        assert_int_equal(pthread_join(threads[i], &wrong), 0);
        assert_null(wrong);
        assert_string_equal(fsz_buffer_string(&out[i]), XML("<a/>"));
        fsz_buffer_fini(&out[i]);
    }
    assert_int_equal(service_client.asked, 1);
    assert_int_equal(number_of("b", "coalesced"), ASKERS - 1);
    end();
}

static void reload(const char *inner)
{
    struct fsz_config *config = load(inner);
    assert_non_null(config);
    assert_int_equal(fsz_lookups_prepare(lookups, config), FSZ_OK);
    fsz_config_free(&config);
    fsz_lookups_commit(lookups);
}

static void test_lookup_reload_keeps_cache_and_counters(void **state)
{
    (void)state;
    begin(CONFIG(BIND("b", PARAM("cache-s", "1000"))));
    service_client_says(FOUND("<a/>"));
    assert_found(XML("<a/>"));
    reload(CONFIG(BIND("new", PARAM("tag", "nothing")) BIND("b", PARAM("cache-s", "500"))));
    assert_found(XML("<a/>"));
    assert_int_equal(service_client.asked, 1);
    assert_int_equal(number_of("b", "asked"), 2);
    reload("");
    assert_not_found();
    reload("<settings>" PARAM("cache-bytes", "64K") "</settings>" CONFIG(BIND("b", "")));
    assert_int_equal(number_of(NULL, "bytes_max"), 65536);
    assert_int_equal(number_of("b", "asked"), 0);
    end();
}

static void test_lookup_goes_on_by_the_configuration_it_began_with(void **state)
{
    pthread_t         thread;
    struct fsz_buffer out;
    void             *wrong = NULL;
    (void)state;
    begin(CONFIG(BIND("b", "")));
    service_client_says(FOUND("<a/>"));
    service_client.held = 1;
    assert_int_equal(pthread_create(&thread, NULL, asker_main, &out), 0);
    while (service_client.asked == 0) {
        usleep(1000);
    }
    reload("");
    struct fsz_lookups *mine = lookups;
    fsz_lookups_ref(mine);
    fsz_lookups_unref(&mine);
    service_client.held = 0;
    assert_int_equal(pthread_join(thread, &wrong), 0);
    assert_null(wrong);
    assert_string_equal(fsz_buffer_string(&out), XML("<a/>"));
    fsz_buffer_fini(&out);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lookup_without_bindings_asks_nobody),
        cmocka_unit_test(test_lookup_goes_where_section_and_patterns_fit),
        cmocka_unit_test(test_lookup_of_its_own_configuration_asks_nobody),
        cmocka_unit_test(test_lookup_not_found_goes_to_the_next_binding),
        cmocka_unit_test(test_lookup_waits_as_long_as_the_binding_says_or_else_its_service),
        cmocka_unit_test(test_lookup_failure_falls_back_and_logs_provider_and_reason),
        cmocka_unit_test(test_lookup_failures_are_logged_at_a_limited_rate),
        cmocka_unit_test(test_lookup_failure_line_is_one_line),
        cmocka_unit_test(test_lookup_refuses_invalid_replies),
        cmocka_unit_test(test_lookup_bounds_the_document),
        cmocka_unit_test(test_lookup_failure_may_mean_not_found),
        cmocka_unit_test(test_lookup_without_cache_asks_each_time),
        cmocka_unit_test(test_lookup_serves_fresh_documents_from_the_cache),
        cmocka_unit_test(test_lookup_caches_not_found_if_configured),
        cmocka_unit_test(test_lookup_heeds_ttl_s_where_it_may),
        cmocka_unit_test(test_lookup_failure_serves_a_stale_document),
        cmocka_unit_test(test_lookup_not_found_never_serves_a_stale_document),
        cmocka_unit_test(test_lookup_of_many_at_once_is_one_request),
        cmocka_unit_test(test_lookup_reload_keeps_cache_and_counters),
        cmocka_unit_test(test_lookup_goes_on_by_the_configuration_it_began_with),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
