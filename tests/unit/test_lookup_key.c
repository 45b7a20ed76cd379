/* What the cache goes by: which lookups share an answer, and which must not. */
#include "lookup.h"

#include "lookup_rig.h"

#include <stdarg.h>

enum { HEADERS_MAX = 24 };

#define KEPT(inner) CONFIG(BIND_OF("directory dialplan languages chatplan configuration", inner))
#define BIND_OF(sections, inner)                                                                   \
    "<binding name=\"b\">" PARAM("service", "d") PARAM("sections", sections)                       \
        PARAM("cache-s", "1000") inner "</binding>"
#define DOCUMENTED PARAM("cache-params", "user domain action purpose")

/* One lookup: section, value of the element (NULL: the section as a whole), then its headers, name
 * and value in turn. */
struct look {
    const char *section, *value;
    const char *headers[2 * HEADERS_MAX];
};

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
    desk_says(answer);
    return find(&lookup);
}

/* Each pair is asked for, one after the other: do they share one answer? */
struct pair {
    const char *what;
    bool        shared;
    struct look one, other;
};

static void assert_pairs(const char *config, const struct pair *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        begin(config);
        assert_int_equal(look(&pairs[i].one), FSZ_OK);
        assert_int_equal(look(&pairs[i].other), FSZ_OK);
        if (desk.asked != (pairs[i].shared ? 1 : 2)) {
            fail_msg("%s: asked %d times", pairs[i].what, (int)desk.asked);
        }
        end();
    }
}

#define PAIRS(config, pairs) assert_pairs(config, pairs, sizeof(pairs) / sizeof((pairs)[0]))
#define USER "user", "1000", "domain", "example.org"

/* Lookups of FreeSWITCH that ask for different things, as its modules make them. */
static const struct pair different[] = {
    {"group_call: group",
     false,
     {"directory", "d", {"group", "sales", "domain", "d", "action", "group_call"}},
     {"directory", "d", {"group", "support", "domain", "d", "action", "group_call"}}},
    {"group_call, and one of its pointers",
     false,
     {"directory",
      "d",
      {"group", "a", "domain", "d", "action", "group_call", "key", "id", "user", "1"}},
     {"directory",
      "d",
      {"group", "a", "domain", "d", "action", "group_call", "key", "id", "user", "2"}}},
    {"in_group: group_name",
     false,
     {"directory", "d", {USER, "group_name", "sales"}},
     {"directory", "d", {USER, "group_name", "support"}}},
    {"user_data: by id, then by number-alias",
     false,
     {"directory", "d", {USER, "type", "param", "key", "id"}},
     {"directory", "d", {USER, "type", "param", "key", "number-alias"}}},
    {"user_data: type",
     false,
     {"directory", "d", {USER, "type", "param", "key", "id"}},
     {"directory", "d", {USER, "type", "attr", "key", "id"}}},
    {"voicemail: by id, then by number-alias",
     false,
     {"directory", "d", {"action", "voicemail-lookup", "key", "id", USER}},
     {"directory", "d", {"action", "voicemail-lookup", "key", "number-alias", USER}}},
    {"publish-vm: a user and all",
     false,
     {"directory", "d", {"user", "1000", "domain", "d", "purpose", "publish-vm"}},
     {"directory", "d", {"user", "_all_", "domain", "d", "purpose", "publish-vm"}}},
    {"publish-vm: a group",
     false,
     {"directory", "d", {"group", "a", "domain", "d", "purpose", "publish-vm"}},
     {"directory", "d", {"group", "b", "domain", "d", "purpose", "publish-vm"}}},
    {"publish-vm: forwarded by",
     false,
     {"directory", "d", {"user", "1", "domain", "d", "purpose", "publish-vm"}},
     {"directory",
      "d",
      {"user", "1", "Forwarded-By", "x", "domain", "d", "purpose", "publish-vm"}}},
    {"gateways: profile",
     false,
     {"directory", NULL, {"purpose", "gateways", "profile", "internal"}},
     {"directory", NULL, {"purpose", "gateways", "profile", "external"}}},
    {"gateways and network-list of a domain",
     false,
     {"directory", "d", {"purpose", "gateways", "domain", "d"}},
     {"directory", "d", {"purpose", "network-list", "domain", "d"}}},
    {"who asks, where nothing says what for",
     false,
     {"directory", "d", {"Event-Calling-Function", "populate_database"}},
     {"directory", "d", {"Event-Calling-Function", "switch_xml_locate_domain"}}},
    {"sip_auth and reverse-auth-lookup",
     false,
     {"directory", "d", {"action", "sip_auth", "key", "id", USER}},
     {"directory", "d", {"action", "reverse-auth-lookup", "key", "id", USER}}},
    {"sip_auth: profile",
     false,
     {"directory", "d", {"action", "sip_auth", "sip_profile", "internal", USER}},
     {"directory", "d", {"action", "sip_auth", "sip_profile", "external", USER}}},
    {"sip_auth: method",
     false,
     {"directory", "d", {"action", "sip_auth", "sip_auth_method", "REGISTER", USER}},
     {"directory", "d", {"action", "sip_auth", "sip_auth_method", "INVITE", USER}}},
    {"sip_auth: address",
     false,
     {"directory", "d", {"action", "sip_auth", USER, "ip", "192.0.2.1"}},
     {"directory", "d", {"action", "sip_auth", USER, "ip", "192.0.2.2"}}},
    {"user_call: as a channel",
     false,
     {"directory", "d", {"action", "user_call", USER, "as_channel", "true"}},
     {"directory", "d", {"action", "user_call", USER}}},
    {"user_call: kind of user",
     false,
     {"directory", "d", {"action", "user_call", USER, "user_type", "any"}},
     {"directory", "d", {"action", "user_call", USER}}},
    {"verto: password",
     false,
     {"directory", "d", {"user_supplied_pass", "a", "action", "jsonrpc-authenticate", USER}},
     {"directory", "d", {"user_supplied_pass", "b", "action", "jsonrpc-authenticate", USER}}},
    {"something that FreeSWITCH does not ask",
     false,
     {"directory", "d", {USER, "action", "price", "tenant", "a"}},
     {"directory", "d", {USER, "action", "price", "tenant", "b"}}},
    {"sofia.conf: profile",
     false,
     {"configuration", "sofia.conf", {"profile", "internal"}},
     {"configuration", "sofia.conf", {"profile", "external"}}},
    {"sofia.conf: gateway",
     false,
     {"configuration", "sofia.conf", {"profile", "a", "reconfig", "true", "gateway", "x"}},
     {"configuration", "sofia.conf", {"profile", "a", "reconfig", "true", "gateway", "y"}}},
    {"callcenter.conf: queue",
     false,
     {"configuration", "callcenter.conf", {"CC-Queue", "a"}},
     {"configuration", "callcenter.conf", {"CC-Queue", "b"}}},
    {"presence_map.conf: extension",
     false,
     {"configuration", "presence_map.conf", {"domain", "d", "exten", "1"}},
     {"configuration", "presence_map.conf", {"domain", "d", "exten", "2"}}},
    {"ivr.conf: menu",
     false,
     {"configuration", "ivr.conf", {"Menu-Name", "a"}},
     {"configuration", "ivr.conf", {"Menu-Name", "b"}}},
    {"conference.conf: controls",
     false,
     {"configuration", "conference.conf", {"Conf-Name", "c", "Controls", "a"}},
     {"configuration", "conference.conf", {"Conf-Name", "c", "Controls", "b"}}},
    {"phrases: language",
     false,
     {"languages", NULL, {"macro_name", "m", "lang", "en"}},
     {"languages", NULL, {"macro_name", "m", "lang", "de"}}},
    {"phrases: macro",
     false,
     {"languages", NULL, {"macro_name", "m", "lang", "en"}},
     {"languages", NULL, {"macro_name", "n", "lang", "en"}}},
    {"dialplan: where a call goes after a transfer",
     false,
     {"dialplan", NULL, {"Caller-Destination-Number", "1", "Hunt-Destination-Number", "1"}},
     {"dialplan", NULL, {"Caller-Destination-Number", "1", "Hunt-Destination-Number", "2"}}},
    {"dialplan: context",
     false,
     {"dialplan", NULL, {"Caller-Context", "a", "Hunt-Context", "a"}},
     {"dialplan", NULL, {"Caller-Context", "a", "Hunt-Context", "b"}}},
    {"chatplan: to",
     false,
     {"chatplan", NULL, {"context", "public", "to", "1000@d"}},
     {"chatplan", NULL, {"context", "public", "to", "1001@d"}}},
    {"a value at the place of another",
     false,
     {"directory", "d", {"user", "a", "group", ""}},
     {"directory", "d", {"user", "", "group", "a"}}},
    {"an empty value, and none",
     false,
     {"directory", "d", {"user", "a", "group", ""}},
     {"directory", "d", {"user", "a"}}},
};

static void test_key_is_never_one_for_different_questions(void **state)
{
    (void)state;
    PAIRS(KEPT(""), different);
}

static void test_key_is_never_one_for_different_questions_whatever_cache_params_say(void **state)
{
    (void)state;
    PAIRS(KEPT(DOCUMENTED), different);
    PAIRS(KEPT(PARAM("cache-params", "nothing")), different);
}

static const struct pair same[] = {
    {"the same once more",
     true,
     {"directory", "d", {"group", "sales", "action", "group_call"}},
     {"directory", "d", {"group", "sales", "action", "group_call"}}},
    {"when it was asked",
     true,
     {"directory",
      "d",
      {"Event-Date-Local", "1", "Event-Date-GMT", "1", "Event-Date-Timestamp", "1",
       "Event-Sequence", "1", USER}},
     {"directory",
      "d",
      {"Event-Date-Local", "2", "Event-Date-GMT", "2", "Event-Date-Timestamp", "2",
       "Event-Sequence", "2", USER}}},
    {"a phone that registers again",
     true,
     {"directory",
      "d",
      {"action", "sip_auth", USER, "sip_auth_nonce", "1", "sip_auth_nc", "1", "sip_auth_cnonce",
       "1", "sip_auth_response", "1", "sip_call_id", "1", "client_port", "1"}},
     {"directory",
      "d",
      {"action", "sip_auth", USER, "sip_auth_nonce", "2", "sip_auth_nc", "2", "sip_auth_cnonce",
       "2", "sip_auth_response", "2", "sip_call_id", "2", "client_port", "2"}}},
    {"a gateway that is challenged again",
     true,
     {"directory", "d", {"action", "reverse-auth-lookup", "sip_call_id", "1", USER}},
     {"directory", "d", {"action", "reverse-auth-lookup", "sip_call_id", "2", USER}}},
};

static void test_key_leaves_out_what_differs_each_time(void **state)
{
    (void)state;
    PAIRS(KEPT(""), same);
    PAIRS(KEPT(DOCUMENTED), same);
}

/* What describes the call that asks, or its message. */
static const struct pair by_caller[] = {
    {"user_call: a variable",
     true,
     {"directory", "d", {"action", "user_call", "key", "id", USER, "caller", "a"}},
     {"directory", "d", {"action", "user_call", "key", "id", USER, "caller", "b"}}},
    {"sip_auth: user agent",
     true,
     {"directory", "d", {"action", "sip_auth", USER, "sip_user_agent", "a"}},
     {"directory", "d", {"action", "sip_auth", USER, "sip_user_agent", "b"}}},
    {"voicemail: caller",
     true,
     {"directory", "d", {"action", "voicemail-lookup", USER, "caller_id_number", "1"}},
     {"directory", "d", {"action", "voicemail-lookup", USER, "caller_id_number", "2"}}},
    {"dialplan: call",
     true,
     {"dialplan", NULL, {"Unique-ID", "1", "Hunt-Context", "c", "Hunt-Destination-Number", "1"}},
     {"dialplan", NULL, {"Unique-ID", "2", "Hunt-Context", "c", "Hunt-Destination-Number", "1"}}},
    {"phrases: call",
     true,
     {"languages", NULL, {"macro_name", "m", "lang", "en", "Unique-ID", "1"}},
     {"languages", NULL, {"macro_name", "m", "lang", "en", "Unique-ID", "2"}}},
    {"ivr.conf: call",
     true,
     {"configuration", "ivr.conf", {"Menu-Name", "m", "Unique-ID", "1"}},
     {"configuration", "ivr.conf", {"Menu-Name", "m", "Unique-ID", "2"}}},
    {"conference.conf: call",
     true,
     {"configuration", "conference.conf", {"conference_name", "c", "Fetch-Call-UUID", "1"}},
     {"configuration", "conference.conf", {"conference_name", "c", "Fetch-Call-UUID", "2"}}},
};

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
    PAIRS(KEPT(PARAM("cache-params", "Caller unique-id sip_user_agent caller_id_number "
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

static void test_answer_is_not_kept_where_a_call_counts_or_something_is_done(void **state)
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
        assert_int_equal(desk.asked, 2);
        assert_int_equal(number_of(NULL, "entries"), 0);
        end();
    }
    begin(KEPT(DOCUMENTED));
    assert_int_equal(look(&calls[3]), FSZ_OK);
    assert_int_equal(look(&calls[3]), FSZ_OK);
    assert_int_equal(desk.asked, 2);
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
    desk_says(FOUND("<a/>"));
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
    assert_int_equal(desk.asked, 2);
    assert_int_equal(find_as(last), FSZ_OK);
    assert_int_equal(desk.asked, 2);
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
    assert_int_equal(desk.asked, 1);
    assert_int_equal(find_as(two), FSZ_OK);
    assert_int_equal(desk.asked, 2);
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
        assert_int_equal(desk.asked, i + 1);
    }
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_key_is_never_one_for_different_questions),
        cmocka_unit_test(test_key_is_never_one_for_different_questions_whatever_cache_params_say),
        cmocka_unit_test(test_key_leaves_out_what_differs_each_time),
        cmocka_unit_test(test_key_leaves_the_caller_out_once_cache_params_say_what_counts),
        cmocka_unit_test(test_key_of_what_is_sent_only),
        cmocka_unit_test(test_answer_is_not_kept_where_a_call_counts_or_something_is_done),
        cmocka_unit_test(test_key_has_names_and_values_for_a_flush),
        cmocka_unit_test(test_key_has_what_the_switch_added_last),
        cmocka_unit_test(test_key_has_an_array_of_one_value_as_that_value),
        cmocka_unit_test(test_key_has_as_many_cache_params_as_may_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
