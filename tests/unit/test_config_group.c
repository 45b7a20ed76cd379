/* SPDX-License-Identifier: MPL-2.0 */
#include "config/config_keys.h"
#include "config/grants.h"
#include "load_config.h"

static bool may(const struct fsz_config *config, enum fsz_right right, const char *what)
{
    return fsz_grants_allow(config->groups[0].grants, right, what);
}

static void test_config_without_groups_may_see_but_not_touch(void **state)
{
    (void)state;
    struct fsz_config *config = load("");
    assert_int_equal(config->group_count, 1);
    assert_string_equal(config->groups[0].name, FSZ_DEFAULT_GROUP);
    assert_true(may(config, FSZ_RIGHT_STREAMS, "default"));
    assert_true(may(config, FSZ_RIGHT_EVENTS, "CUSTOM/sofia::register"));
    assert_true(may(config, FSZ_RIGHT_METHODS, "server.hello"));
    assert_true(may(config, FSZ_RIGHT_METHODS, "bgapi"));
    assert_true(may(config, FSZ_RIGHT_METHODS, "call.get"));
    assert_true(may(config, FSZ_RIGHT_API, "show channels as json"));
    assert_true(may(config, FSZ_RIGHT_API, "uuid_dump 9f2c json"));
    assert_true(may(config, FSZ_RIGHT_API, "sofia status profile internal"));
    assert_true(may(config, FSZ_RIGHT_JSON_API, "status"));
    static const char *const commands[] = {
        "originate user/1 &park",
        "uuid_kill 9f2c",
        "system id",
        "sofia profile internal stop",
        "status ${system id}",
        "global_getvar",
        "user_data a param password",
        "conference 1 kick all",
        "conference listx",
        "sofia statusx",
        "fsctl shutdown",
    };
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        assert_false(may(config, FSZ_RIGHT_API, commands[i]));
    }
    static const char *const methods[] = {"event.send", "call.execute",  "call.hangup",
                                          "call.set",   "call.transfer", "service.register"};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        assert_false(may(config, FSZ_RIGHT_METHODS, methods[i]));
    }
    assert_int_equal(fsz_grants_count(config->groups[0].grants, FSZ_RIGHT_APPLICATIONS), 0);
    assert_int_equal(fsz_grants_count(config->groups[0].grants, FSZ_RIGHT_VARIABLES), 0);
    assert_int_equal(fsz_grants_count(config->groups[0].grants, FSZ_RIGHT_SEND_EVENTS), 0);
    fsz_config_free(&config);
}

static void test_config_empty_groups_are_none(void **state)
{
    (void)state;
    struct fsz_config *config = load("<groups/>");
    assert_int_equal(config->group_count, 0);
    fsz_config_free(&config);
}

static void test_config_every_right_is_a_key(void **state)
{
    (void)state;
    size_t keys = 0;
    for (enum fsz_right right = 0; right < FSZ_RIGHTS; right++) {
        assert_non_null(fsz_config_key_find(FSZ_SCOPE_GROUP, fsz_right_name(right)));
    }
    for (size_t i = 0; i < FSZ_CONFIG_KEYS; i++) {
        keys += fsz_config_keys[i].scope == FSZ_SCOPE_GROUP;
    }
    assert_int_equal(keys, FSZ_RIGHTS);
}

static void test_config_a_key_grants_its_own_right_only(void **state)
{
    (void)state;
    char inner[512];
    for (enum fsz_right right = 0; right < FSZ_RIGHTS; right++) {
        snprintf(inner, sizeof inner, GROUP("<param name=\"%s\" value=\"*\"/>"),
                 fsz_right_name(right));
        struct fsz_config *config = load(inner);
        assert_non_null(config);
        for (enum fsz_right other = 0; other < FSZ_RIGHTS; other++) {
            assert_int_equal(fsz_grants_count(config->groups[0].grants, other), other == right);
        }
        fsz_config_free(&config);
    }
}

static void test_config_api_is_one_pattern_and_others_are_lists(void **state)
{
    (void)state;
    struct fsz_config *config =
        load("<groups><group name=\"a\"/><group name=\"b\">"
             "<param name=\"api\" value=\"uuid_transfer * a,b\"/>"
             "<param name=\"api\" value=\"show *\"/>"
             "<param name=\"applications\" value=\"bridge sofia/gateway/x/*\"/>"
             "<param name=\"methods\" value=\" server.*, api\tbgapi\"/>"
             "<param name=\"methods\" value=\"call.*\"/></group></groups>");
    assert_non_null(config);
    assert_int_equal(config->group_count, 2);
    assert_int_equal(fsz_grants_count(config->groups[0].grants, FSZ_RIGHT_API), 0);
    const struct fsz_grants *grants = config->groups[1].grants;
    assert_int_equal(fsz_grants_count(grants, FSZ_RIGHT_API), 2);
    assert_string_equal(fsz_grants_pattern(grants, FSZ_RIGHT_API, 0), "uuid_transfer * a,b");
    assert_int_equal(fsz_grants_count(grants, FSZ_RIGHT_APPLICATIONS), 1);
    assert_int_equal(fsz_grants_count(grants, FSZ_RIGHT_METHODS), 4);
    assert_string_equal(fsz_grants_pattern(grants, FSZ_RIGHT_METHODS, 0), "server.*");
    assert_string_equal(fsz_grants_pattern(grants, FSZ_RIGHT_METHODS, 2), "bgapi");
    fsz_config_free(&config);
}

static void test_config_tells_mistakes_in_groups(void **state)
{
    (void)state;
    refuse(
        GROUP("<param name=\"events\" value=\"CHANNEL_* *_STATE\"/>"),
        "line 1: group \"g\": events: \"*_STATE\" is not valid: patterns, separated by blanks or "
        "commas; * stands for any text, only at the end");
    refuse(GROUP("<param name=\"api\" value=\"\"/>"),
           "line 1: group \"g\": api=\"\" is not valid: one pattern, without blanks at its ends");
    refuse(GROUP("<param name=\"api\" value=\"show channels \"/>"),
           "line 1: group \"g\": api=\"show channels \" is not valid: one pattern, without blanks "
           "at its ends");
    refuse(GROUP("<param name=\"method\" value=\"*\"/>"),
           "line 1: group \"g\": method is not known; did you mean methods?");
    refuse(GROUP("<param name=\"bind\" value=\"inproc://a\"/>"),
           "line 1: group \"g\": bind belongs in <stream> or <api-socket>");
    refuse(GROUP("<user/>"), "line 1: group \"g\": <user> is not known in <group>: param");
    refuse("<groups><users/></groups>", "line 1: <users> is not known in <groups>: group");
    refuse("<groups><group/></groups>", "line 1: <group> needs a name");
    refuse("<groups><group name=\"a@b\"/></groups>",
           "line 1: group name=\"a@b\" is not valid: 1 to 64 letters, digits, - _ .");
    refuse("<groups>\n<group name=\"a\"/>\n<group name=\"b\"/>\n<group name=\"a\"/></groups>",
           "line 4: group \"a\" is given twice: names must differ");
    refuse("<groups/><groups/>", "line 1: <groups> is given twice");
}

static void test_config_refuses_more_grants_than_its_caps(void **state)
{
    (void)state;
    enum { BYTES = 128 * 1024 };
    char *inner = calloc(1, BYTES);
    assert_non_null(inner);
    size_t used = (size_t)snprintf(inner, BYTES, "<groups><group name=\"g\">");
    for (int i = 0; i <= FSZ_GRANTS_PER_RIGHT; i++) {
        used += (size_t)snprintf(inner + used, BYTES - used,
                                 "<param name=\"api\" value=\"command%d\"/>", i);
    }
    snprintf(inner + used, BYTES - used, "</group></groups>");
    refuse(inner, "line 1: group \"g\": api: at most 1000 patterns of 512 bytes each");
    used = (size_t)snprintf(inner, BYTES, "<groups>");
    for (int i = 0; i <= FSZ_GROUPS_MAX; i++) {
        used += (size_t)snprintf(inner + used, BYTES - used, "<group name=\"g%d\"/>", i);
    }
    snprintf(inner + used, BYTES - used, "</groups>");
    refuse(inner, "line 1: more than 256 in <groups>");
    free(inner);
}

#define GRANTS(right, value) GROUP("<param name=\"" right "\" value=\"" value "\"/>")

static void test_config_refuses_grants_that_could_never_match(void **state)
{
    (void)state;
    static const char service[] = "<services><service name=\"billing\"/></services>";
    char              inner[1024];
    refuse(GRANTS("streams", "defualt"), "line 1: group \"g\": streams: \"defualt\" matches no "
                                         "stream of <streams>; did you mean default?");
    refuse(GRANTS("services", "billing"),
           "line 1: group \"g\": services: \"billing\" matches no service of <services>");
    refuse(GRANTS("sections", "directory phrases"), "line 1: group \"g\": sections: \"phrases\" "
                                                    "matches no section of the switch's XML");
    refuse(GRANTS("events", "CUSTOM sofia::register"),
           "line 1: group \"g\": events: \"sofia::register\" is not valid: a subclass follows a "
           "slash: write CUSTOM/sofia::register");
    refuse(GRANTS("send-events", "ALL/acme"), "line 1: group \"g\": send-events: \"ALL/acme\" is "
                                              "not valid: only CUSTOM has subclasses: write "
                                              "CUSTOM/acme");
    snprintf(inner, sizeof inner, "%s%s", service, GRANTS("services", "bill*"));
    struct fsz_config *config = load(inner);
    assert_non_null(config);
    fsz_config_free(&config);
    snprintf(inner, sizeof inner, "<settings>%s</settings>%s%s",
             "<param name=\"literal-service\" value=\"billing\"/>", service,
             GRANTS("services", "tcp://127.0.0.1:*"));
    config = load(inner);
    assert_non_null(config);
    fsz_config_free(&config);
}

static void test_config_understands_events_as_the_switch_writes_them(void **state)
{
    (void)state;
    struct fsz_config *config = load(GRANTS("events", "all"));
    assert_non_null(config);
    assert_true(fsz_grants_allow_all(config->groups[0].grants, FSZ_RIGHT_EVENTS));
    fsz_config_free(&config);
    config = load(GRANTS("send-events", "SWITCH_EVENT_CUSTOM/acme::*"));
    assert_non_null(config);
    assert_true(may(config, FSZ_RIGHT_SEND_EVENTS, "CUSTOM/acme::x"));
    assert_null(config->warnings);
    fsz_config_free(&config);
    config = load(GRANTS("events", "CHANNEL_ANSWERED"));
    assert_non_null(config);
    assert_int_equal(config->warnings->count, 1);
    assert_string_equal(config->warnings->lines[0],
                        "line 1: group \"g\": events: FreeSWITCH 1.10 and 1.11 have no event "
                        "CHANNEL_ANSWERED; did you mean CHANNEL_ANSWER?");
    fsz_config_free(&config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_config_without_groups_may_see_but_not_touch),
        cmocka_unit_test(test_config_empty_groups_are_none),
        cmocka_unit_test(test_config_every_right_is_a_key),
        cmocka_unit_test(test_config_a_key_grants_its_own_right_only),
        cmocka_unit_test(test_config_api_is_one_pattern_and_others_are_lists),
        cmocka_unit_test(test_config_tells_mistakes_in_groups),
        cmocka_unit_test(test_config_refuses_grants_that_could_never_match),
        cmocka_unit_test(test_config_understands_events_as_the_switch_writes_them),
        cmocka_unit_test(test_config_refuses_more_grants_than_its_caps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
