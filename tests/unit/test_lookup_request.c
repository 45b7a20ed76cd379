/* SPDX-License-Identifier: MPL-2.0 */
/* The params of xml.fetch: the switch's headers. */
#include "service/lookup.h"

#include "lookup_rig.h"

/* ---- the request ----------------------------------------------------------------------------- */

static void test_lookup_asks_as_mod_xml_curl_posts(void **state)
{
    (void)state;
    static const char *const two[] = {"a\"b", "c"};
    const struct fsz_header  headers[] = {{.name = "USER", .value = "before"},
                                          {.name = "Section", .value = "not mine"},
                                          {.name = "user", .value = "J\xc3\xbcrgen\n"},
                                          {.name = "list", .values = two, .value_count = 2},
                                          {.name = "bad\xff", .value = NULL},
                                          {0}};
    struct fsz_lookup        lookup = example;
    lookup.params = headers;
    lookup.read = fsz_headers_of_array;
    begin(CONFIG(BIND("b", "")));
    service_client_says(NOT_FOUND);
    assert_int_equal(find(&lookup), FSZ_ENOTFOUND);
    assert_string_equal(
        service_client.params,
        "{\"section\":\"directory\",\"tag\":\"domain\",\"key\":\"name\",\"value\":\"example.org\","
        "\"params\":{\"hostname\":\"switch\",\"section\":\"directory\",\"tag_name\":\"domain\","
        "\"key_name\":\"name\",\"key_value\":\"example.org\",\"user\":\"J\xc3\xbcrgen\\n\","
        "\"list\":[\"a\\\"b\",\"c\"],\"bad\xef\xbf\xbd\":\"\"}}");
    end();
}

/* Several lookups add to one list. */
static const struct fsz_header added_to[] = {
    {.name = "key", .value = "id"},     {.name = "user", .value = "1001"},
    {.name = "secret", .value = "old"}, {.name = "domain", .value = "example.org"},
    {.name = "key", .value = "id"},     {.name = "User", .value = "1002"},
    {.name = "secret", .value = "new"}, {.name = "domain", .value = "example.org"},
    {.name = "user", .value = "1003"},  {0}};

static void test_lookup_asks_for_whom_the_switch_added_last(void **state)
{
    (void)state;
    struct fsz_lookup lookup = example;
    lookup.params = added_to;
    lookup.read = fsz_headers_of_array;
    begin(CONFIG(BIND("b", "")));
    service_client_says(NOT_FOUND);
    assert_int_equal(find(&lookup), FSZ_ENOTFOUND);
    assert_non_null(strstr(service_client.params, "\"key_value\":\"example.org\",\"key\":\"id\","
                                                  "\"secret\":\"new\",\"domain\":\"example.org\","
                                                  "\"user\":\"1003\"}}"));
    end();
}

static void test_lookup_repeated_or_not_what_is_not_among_the_params_stays_out(void **state)
{
    (void)state;
    struct fsz_lookup lookup = example;
    lookup.params = added_to;
    lookup.read = fsz_headers_of_array;
    begin(CONFIG(BIND("b", PARAM("params", "user"))));
    service_client_says(NOT_FOUND);
    assert_int_equal(find(&lookup), FSZ_ENOTFOUND);
    assert_non_null(
        strstr(service_client.params, "\"key_value\":\"example.org\",\"user\":\"1003\"}}"));
    end();
}

static void test_lookup_array_of_one_value_is_that_value(void **state)
{
    (void)state;
    static const char *const one[] = {"x"}, *const none[] = {NULL};
    const struct fsz_header headers[] = {{.name = "one", .values = one, .value_count = 1},
                                         {.name = "none", .values = none, .value_count = 1},
                                         {0}};
    struct fsz_lookup       lookup = example;
    lookup.params = headers;
    lookup.read = fsz_headers_of_array;
    begin(CONFIG(BIND("b", "")));
    service_client_says(NOT_FOUND);
    assert_int_equal(find(&lookup), FSZ_ENOTFOUND);
    assert_non_null(strstr(service_client.params, "\"one\":\"x\",\"none\":\"\"}}"));
    end();
}

static void test_lookup_of_a_whole_section_has_no_element(void **state)
{
    (void)state;
    const struct fsz_lookup whole = {.section = "directory"};
    begin(CONFIG(BIND("b", "")));
    service_client_says(NOT_FOUND);
    assert_int_equal(find(&whole), FSZ_ENOTFOUND);
    assert_string_equal(service_client.params,
                        "{\"section\":\"directory\",\"params\":{\"hostname\":\"switch\","
                        "\"section\":\"directory\",\"tag_name\":\"\",\"key_name\":\"\","
                        "\"key_value\":\"\"}}");
    end();
}

static void test_lookup_sends_only_the_params_named(void **state)
{
    (void)state;
    const struct fsz_header headers[] = {{.name = "user", .value = "1000"},
                                         {.name = "sip_auth_nonce", .value = "x"},
                                         {.name = "ip", .value = "y"},
                                         {0}};
    struct fsz_lookup       lookup = example;
    lookup.params = headers;
    lookup.read = fsz_headers_of_array;
    begin(CONFIG(BIND("b", PARAM("params", "user sip_*"))));
    service_client_says(NOT_FOUND);
    assert_int_equal(find(&lookup), FSZ_ENOTFOUND);
    assert_non_null(strstr(service_client.params, "\"key_value\":\"example.org\",\"user\":\"1000\","
                                                  "\"sip_auth_nonce\":\"x\"}}"));
    end();
}

static void test_lookup_with_very_many_headers_has_the_last_of_each(void **state)
{
    enum { HEADERS = 2000 };
    (void)state;
    struct fsz_header *headers = calloc(HEADERS + 1, sizeof(*headers));
    assert_non_null(headers);
    char(*names)[16] = calloc(HEADERS, sizeof(*names));
    assert_non_null(names);
    for (int i = 0; i < HEADERS; i++) {
        snprintf(names[i], sizeof(names[i]), "h%d", i % (HEADERS / 2));
        headers[i].name = names[i];
        headers[i].value = i < HEADERS / 2 ? "first" : "second";
    }
    struct fsz_lookup lookup = example;
    lookup.params = headers;
    lookup.read = fsz_headers_of_array;
    begin(CONFIG(BIND("b", "")));
    service_client_says(NOT_FOUND);
    assert_int_equal(find(&lookup), FSZ_ENOTFOUND);
    json_t *request = json_loads(service_client.params, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(request);
    assert_int_equal(json_object_size(json_object_get(request, "params")), 5 + HEADERS / 2);
    assert_null(strstr(service_client.params, "first"));
    json_decref(request);
    end();
    free(names);
    free(headers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lookup_asks_as_mod_xml_curl_posts),
        cmocka_unit_test(test_lookup_asks_for_whom_the_switch_added_last),
        cmocka_unit_test(test_lookup_repeated_or_not_what_is_not_among_the_params_stays_out),
        cmocka_unit_test(test_lookup_array_of_one_value_is_that_value),
        cmocka_unit_test(test_lookup_of_a_whole_section_has_no_element),
        cmocka_unit_test(test_lookup_sends_only_the_params_named),
        cmocka_unit_test(test_lookup_with_very_many_headers_has_the_last_of_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
