/* SPDX-License-Identifier: MPL-2.0 */
/* The cache's key: which lookups share a reply, and which must not. */
#include "service/lookup.h"

#include "lookup_pairs.h"
#include "lookup_rig.h"

#define KEPT(inner) CONFIG(BIND_OF("directory dialplan languages chatplan configuration", inner))
#define BIND_OF(sections, inner)                                                                   \
    "<binding name=\"b\">" PARAM("service", "d") PARAM("sections", sections)                       \
        PARAM("cache-s", "1000") inner "</binding>"
#define DOCUMENTED PARAM("cache-params", "user domain action purpose")

static fsz_err look(const struct look *look)
{
    struct fsz_header headers[HEADERS_MAX + 1] = {{0}};
    char              answer[256];
    for (size_t i = 0; look->headers[2 * i] != NULL; i++) {
        headers[i] =
            (struct fsz_header){.name = look->headers[2 * i], .value = look->headers[2 * i + 1]};
    }
    struct fsz_lookup lookup = {.section = look->section,
                                .tag = look->value == NULL ? NULL : "domain",
                                .key = look->value == NULL ? NULL : "name",
                                .value = look->value,
                                .params = headers,
                                .read = fsz_headers_of_array};
    snprintf(answer, sizeof(answer), "{\"xml\":\"<d><section name='%s'><a/></section></d>\"}",
             look->section);
    service_client_says(answer);
    return find(&lookup);
}

static void assert_pairs(const char *config, const struct pair *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        begin(config);
        assert_int_equal(look(&pairs[i].one), FSZ_OK);
        assert_int_equal(look(&pairs[i].other), FSZ_OK);
        if (service_client.asked != (pairs[i].shared ? 1 : 2)) {
            fail_msg("%s: asked %d times", pairs[i].what, (int)service_client.asked);
        }
        end();
    }
}

#define PAIRS(config, pairs) assert_pairs(config, pairs, sizeof(pairs) / sizeof((pairs)[0]))

static void test_key_is_never_one_for_different_requests(void **state)
{
    (void)state;
    PAIRS(KEPT(""), different);
}

static void test_key_is_never_one_for_different_requests_whatever_cache_params_say(void **state)
{
    (void)state;
    PAIRS(KEPT(DOCUMENTED), different);
    PAIRS(KEPT(PARAM("cache-params", "nothing")), different);
}

static void test_key_leaves_out_what_differs_each_time(void **state)
{
    (void)state;
    PAIRS(KEPT(""), same);
    PAIRS(KEPT(DOCUMENTED), same);
}

static void test_key_leaves_the_caller_out_once_cache_params_say_what_counts(void **state)
{
    struct pair apart[sizeof(by_caller) / sizeof(by_caller[0])];
    (void)state;
    PAIRS(KEPT(DOCUMENTED), by_caller);
    memcpy(apart, by_caller, sizeof(apart));
    for (size_t i = 0; i < sizeof(apart) / sizeof(apart[0]); i++) {
        apart[i].shared = false;
    }
    PAIRS(KEPT(""), apart);
    PAIRS(KEPT(PARAM("cache-params", "Caller unique-id sip_user_agent sip_to_user "
                                     "fetch-call-uuid")),
          apart);
}

static void test_key_of_what_is_sent_only(void **state)
{
    static const struct pair pairs[] = {
        {"not sent",
         true,
         {"dialplan", NULL, {"Hunt-Context", "c", "Unique-ID", "1"}},
         {"dialplan", NULL, {"Hunt-Context", "c", "Unique-ID", "2"}}},
        {"sent",
         false,
         {"dialplan", NULL, {"Hunt-Context", "c", "Unique-ID", "1"}},
         {"dialplan", NULL, {"Hunt-Context", "d", "Unique-ID", "2"}}},
    };
    (void)state;
    PAIRS(KEPT(PARAM("params", "Hunt-*")), pairs);
}

static void test_reply_is_not_kept_if_it_depends_on_a_call_or_changes_something(void **state)
{
    static const struct look calls[] = {
        {"dialplan", NULL, {"Hunt-Context", "c", "Unique-ID", "1"}},
        {"directory", "d", {USER, "Channel-Call-UUID", "1"}},
        {"configuration", "conference.conf", {"conference_name", "c", "Fetch-Call-UUID", "1"}},
        {"directory", "d", {"VM-Action", "change-password", "VM-User-Password", "1", USER}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        begin(KEPT(PARAM("stale-s", "1000")));
        assert_int_equal(look(&calls[i]), FSZ_OK);
        assert_int_equal(look(&calls[i]), FSZ_OK);
        assert_int_equal(service_client.asked, 2);
        assert_int_equal(number_of(NULL, "entries"), 0);
        end();
    }
    begin(KEPT(DOCUMENTED));
    assert_int_equal(look(&calls[3]), FSZ_OK);
    assert_int_equal(look(&calls[3]), FSZ_OK);
    assert_int_equal(service_client.asked, 2);
    end();
}

/* ---- the text of a key ----------------------------------------------------------------------- */

static void test_key_has_names_and_values_for_a_flush(void **state)
{
    static const struct look user = {"directory", "d", {"key", "id", "User", "1000", "none", NULL}};
    static const struct look call = {"directory", "d", {"action", "user_call", "user", "1000"}};
    (void)state;
    begin(KEPT(DOCUMENTED));
    assert_int_equal(look(&user), FSZ_OK);
    assert_int_equal(look(&call), FSZ_OK);
    assert_int_equal(fsz_lookups_flush(lookups, "b/directory/domain/name/d/user/1000/*"), 0);
    assert_int_equal(
        fsz_lookups_flush(lookups, "b/directory/domain/name/d/key/id/User/1000/none//"), 1);
    assert_int_equal(
        fsz_lookups_flush(lookups, "b/directory/domain/name/d//action/user_call/user/1000/*/"), 1);
    end();
}

static fsz_err find_as(const struct fsz_header *headers)
{
    struct fsz_lookup lookup = example;
    lookup.params = headers;
    lookup.read = fsz_headers_of_array;
    service_client_says(FOUND("<a/>"));
    return find(&lookup);
}

static void test_key_has_what_the_switch_added_last(void **state)
{
    (void)state;
    const struct fsz_header twice[] = {
        {.name = "user", .value = "1000"}, {.name = "USER", .value = "1001"}, {0}};
    const struct fsz_header first[] = {{.name = "user", .value = "1000"}, {0}};
    const struct fsz_header last[] = {{.name = "USER", .value = "1001"}, {0}};
    begin(KEPT(""));
    assert_int_equal(find_as(twice), FSZ_OK);
    assert_int_equal(find_as(first), FSZ_OK);
    assert_int_equal(service_client.asked, 2);
    assert_int_equal(find_as(last), FSZ_OK);
    assert_int_equal(service_client.asked, 2);
    end();
}

static void test_key_has_an_array_of_one_value_as_that_value(void **state)
{
    (void)state;
    static const char *const users[] = {"1000", "1001"};
    const struct fsz_header  text[] = {{.name = "user", .value = "1000"}, {0}};
    const struct fsz_header  one[] = {{.name = "user", .values = users, .value_count = 1}, {0}};
    const struct fsz_header  two[] = {{.name = "user", .values = users, .value_count = 2}, {0}};
    begin(KEPT(""));
    assert_int_equal(find_as(text), FSZ_OK);
    assert_int_equal(find_as(one), FSZ_OK);
    assert_int_equal(service_client.asked, 1);
    assert_int_equal(find_as(two), FSZ_OK);
    assert_int_equal(service_client.asked, 2);
    assert_int_equal(fsz_lookups_flush(lookups, "b/*/example.org/user/ARRAY::1000|:1001/"), 1);
    end();
}

static void test_key_has_as_many_cache_params_as_may_be(void **state)
{
    enum { NAMES = 16 };
    (void)state;
    struct fsz_header headers[NAMES + 2] = {{.name = "action", .value = "user_call"}};
    char              names[NAMES][16];
    for (int i = 0; i < NAMES; i++) {
        snprintf(names[i], sizeof(names[i]), "h%d", i);
        headers[i + 1] = (struct fsz_header){.name = names[i], .value = "x"};
    }
    begin(KEPT(PARAM("cache-params", "h0 h1 h2 h3 h4 h5 h6 h7 h8 h9 h10 h11 h12 h13 h14 h15")));
    for (int i = 0; i < NAMES; i++) {
        headers[i + 1].value = "y";
        assert_int_equal(find_as(headers), FSZ_OK);
        assert_int_equal(service_client.asked, i + 1);
    }
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_key_is_never_one_for_different_requests),
        cmocka_unit_test(test_key_is_never_one_for_different_requests_whatever_cache_params_say),
        cmocka_unit_test(test_key_leaves_out_what_differs_each_time),
        cmocka_unit_test(test_key_leaves_the_caller_out_once_cache_params_say_what_counts),
        cmocka_unit_test(test_key_of_what_is_sent_only),
        cmocka_unit_test(test_reply_is_not_kept_if_it_depends_on_a_call_or_changes_something),
        cmocka_unit_test(test_key_has_names_and_values_for_a_flush),
        cmocka_unit_test(test_key_has_what_the_switch_added_last),
        cmocka_unit_test(test_key_has_an_array_of_one_value_as_that_value),
        cmocka_unit_test(test_key_has_as_many_cache_params_as_may_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
