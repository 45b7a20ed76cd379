/* SPDX-License-Identifier: MPL-2.0 */
/* The table of docs/access.md: each way in which a request makes the switch do something else. */
#include "authorize_ask.h"

struct road {
    enum ask    kind;
    const char *what, *with;
    const char *grants[ASK_GRANTS_MAX]; /* needed: all together, none can be missing */
};

#define U "0a1b2c3d-0000-4000-8000-000000000001"
#define REBOOT "api:system reboot"

/* clang-format off */
static const struct road roads[] = {
    /* commands that run commands */
    {ASK_API, "bgapi", "system reboot", {"api:bgapi *", REBOOT}},
    {ASK_API, "bgapi", "uuid:" U " system reboot", {"api:bgapi *", REBOOT}},
    {ASK_API, "expand", "system reboot", {"api:expand *", REBOOT}},
    {ASK_API, "expand", "uuid:" U " system reboot", {"api:expand *", REBOOT}},
    {ASK_API, "sched_api", "+1 none system reboot", {"api:sched_api *", REBOOT}},
    {ASK_API, "sched_api", "@5 group system reboot", {"api:sched_api *", REBOOT}},
    {ASK_API, "sched_api", "uuid:1 none system reboot", {"api:sched_api *", REBOOT}},
    {ASK_API, "xml_wrap", "system reboot", {"api:xml_wrap *", REBOOT}},
    {ASK_API, "xml_wrap", "encoded system reboot", {"api:xml_wrap *", REBOOT}},
    {ASK_API, "json", "{\"command\":\"fsapi\",\"data\":{\"cmd\":\"system\",\"arg\":\"reboot\"}}", {"api:json *", "json-api:fsapi", REBOOT}},
    {ASK_API, "bgapi", "expand xml_wrap system reboot", {"api:bgapi *", "api:expand *", "api:xml_wrap *", REBOOT}},
    /* commands that run applications */
    {ASK_API, "uuid_broadcast", U " lua::x.lua aleg", {"api:uuid_broadcast *", "applications:lua x.lua"}},
    {ASK_API, "uuid_broadcast", U " /etc/x.wav both", {"api:uuid_broadcast *", "applications:playback /etc/x.wav", "files:read:/etc/*"}},
    {ASK_API, "sched_broadcast", "+1 " U " lua::x.lua", {"api:sched_broadcast *", "applications:lua x.lua"}},
    {ASK_API, "originate", "user/1 &lua(x.lua)", {"api:originate *", "applications:lua x.lua", "endpoints:user/1"}},
    {ASK_API, "originate", "user/1 lua:x.lua inline", {"api:originate *", "applications:lua x.lua", "endpoints:user/1"}},
    {ASK_API, "originate", "loopback/app=lua:x.lua &park", {"api:originate *", "applications:lua x.lua", "applications:park", "endpoints:loopback/app=lua:x.lua"}},
    {ASK_API, "originate", "user/2,[a=b]LOOPBACK/lua:x.lua/default/inline &park", {"api:originate *", "variables:a", "applications:lua x.lua", "applications:park", "endpoints:LOOPBACK/lua:x.lua/default/inline", "endpoints:user/2"}},
    {ASK_API, "originate", "{execute_on_answer='lua x.lua'}user/1 &park", {"api:originate *", "applications:lua x.lua", "applications:park", "variables:execute_on_answer", "endpoints:user/1"}},
    {ASK_API, "uuid_transfer", U " lua:x.lua inline", {"api:uuid_transfer *", "applications:lua x.lua"}},
    {ASK_API, "uuid_transfer", U " -both lua:x.lua Inline", {"api:uuid_transfer *", "applications:lua x.lua"}},
    {ASK_API, "sched_transfer", "+1 " U " lua:x.lua inline", {"api:sched_transfer *", "applications:lua x.lua"}},
    {ASK_API, "uuid_dual_transfer", U " lua:a/b.lua/inline park/inline", {"api:uuid_dual_transfer *", "applications:lua a/b.lua", "applications:park"}},
    {ASK_API, "uuid_limit", U " hash r i 0 lua:x.lua inline", {"api:uuid_limit *", "applications:lua x.lua"}},
    {ASK_API, "json", "{\"COMMAND\":\"execute\",\"Data\":{\"uuid\":\"u\",\"APP\":\"lua\",\"arg\":\"x.lua\"}}", {"api:json *", "json-api:execute", "applications:lua x.lua"}},
    /* commands that set variables */
    {ASK_API, "uuid_setvar", U " acme_x 1", {"api:uuid_setvar *", "variables:acme_*"}},
    {ASK_API, "uuid_setvar", U " API_hangup_hook system reboot", {"api:uuid_setvar *", REBOOT, "variables:API_hangup_hook"}},
    {ASK_API, "uuid_setvar_multi", U " a=1;execute_on_ring_2=lua::x.lua", {"api:uuid_setvar_multi *", "variables:a", "applications:lua x.lua", "variables:execute_on_ring_2"}},
    {ASK_API, "global_setvar", "api_reporting_hook=system reboot", {"api:global_setvar *", REBOOT, "variables:api_reporting_hook"}},
    /* recordings, and their variables */
    {ASK_APP, "record_session", "/r/a.wav {a=1,record_post_process_exec_app=lua:x.lua}", {"applications:record_session *", "variables:a", "applications:lua x.lua", "variables:record_post_process_exec_app", "files:write:/r/*"}},
    {ASK_APP, "record", "/r/a.wav {execute_on_record_stop=lua:x.lua}", {"applications:record *", "applications:lua x.lua", "variables:execute_on_record_stop", "files:write:/r/*"}},
    {ASK_API, "uuid_record", U " start /r/a.wav 60 {record_post_process_exec_app=lua:x.lua}", {"api:uuid_record *", "applications:lua x.lua", "variables:record_post_process_exec_app", "files:write:/r/*"}},
    /* music, which may be an application */
    {ASK_VARIABLE, "hold_music", "silence", {"variables:hold_music"}},
    {ASK_VARIABLE, "hold_music", "local_stream://moh", {"variables:hold_music", "applications:playback local_stream://*", "files:local_stream://*"}},
    {ASK_VARIABLE, "temp_hold_music", "lua!busy::x.lua", {"variables:temp_hold_music", "applications:lua x.lua"}},
    {ASK_VARIABLE, "drop_dtmf_masking_file", "lua::x.lua", {"variables:drop_dtmf_masking_file", "applications:lua x.lua"}},
    {ASK_VARIABLE, "video_pre_call_banner_bleg", "lua::x.lua", {"variables:video_*", "applications:lua x.lua"}},
    {ASK_API, "originate", "{hold_music=lua::x.lua}user/1 &park", {"api:originate *", "variables:hold_music", "applications:lua x.lua", "applications:park", "endpoints:user/1"}},
    {ASK_APP, "soft_hold", "# lua::x /moh.wav", {"applications:soft_hold *", "applications:lua x", "applications:playback /moh.wav", "files:/moh.wav"}},
    /* variables whose value the switch sets */
    {ASK_APP, "read", "1 4 /a.wav acme_x 5000 #", {"applications:read *", "variables:acme_x", "files:read:/*"}},
    {ASK_APP, "read", "1 4 /a.wav", {"applications:read *", "files:read:/*"}},
    {ASK_APP, "strftime", "acme_x=%Y-%m", {"applications:strftime *", "variables:acme_x"}},
    {ASK_VARIABLE, "system_on_fax_result", "reboot", {REBOOT, "variables:system_on_fax_result"}},
    /* files that are programs */
    /* the JSON API */
    {ASK_JSON, "fsapi", "{\"cmd\":\"system\",\"arg\":\"reboot\"}", {"json-api:fsapi", REBOOT}},
    {ASK_JSON, "FSAPI", "{\"Cmd\":\" system \",\"ARG\":\" reboot\"}", {"json-api:fsapi", REBOOT}},
    {ASK_JSON, "execute", "{\"app\":\"lua\",\"arg\":\"x.lua\"}", {"json-api:execute", "applications:lua x.lua"}},
    {ASK_JSON, "jsjson", "{}", {"json-api:jsjson"}},
    /* applications */
    {ASK_APP, "system", "reboot", {"applications:system reboot"}},
    {ASK_APP, "set", "execute_on_answer=lua x.lua", {"applications:set *", "applications:lua x.lua", "variables:execute_on_answer"}},
    {ASK_APP, "set", "execute_on_answer,lua x.lua", {"applications:set *", "applications:lua x.lua", "variables:execute_on_answer"}},
    {ASK_APP, "export", "nolocal:api_on_answer=system reboot", {"applications:export *", REBOOT, "variables:api_on_answer"}},
    {ASK_APP, "multiset", "a=1 execute_on_ring=answer", {"applications:multiset *", "variables:a", "applications:answer", "variables:execute_on_ring"}},
    {ASK_APP, "multiset", "execute_on_ring,answer", {"applications:multiset *", "applications:answer", "variables:execute_on_ring"}},
    {ASK_APP, "unset", "acme_x", {"applications:unset *", "variables:acme_x"}},
    {ASK_APP, "set_global", "acme_x=1", {"applications:set_global *", "variables:acme_x"}},
    {ASK_APP, "set_profile_var", "acme_x=1", {"applications:set_profile_var *", "variables:acme_x"}},
    {ASK_APP, "bridge", "{sip_x='1',execute=2}user/1", {"applications:bridge *", "variables:sip_x", "variables:execute", "endpoints:user/1"}},
    {ASK_APP, "bridge", "[execute_on_answer=lua:x.lua]user/1", {"applications:bridge *", "applications:lua x.lua", "variables:execute_on_answer", "endpoints:user/1"}},
    {ASK_APP, "bridge", "user/1|loopback/app=lua:x.lua", {"applications:bridge *", "applications:lua x.lua", "endpoints:loopback/app=lua:x.lua", "endpoints:user/1"}},
    {ASK_APP, "bridge", "loopback/app=lua:x.lua:_:user/1", {"applications:bridge *", "applications:lua x.lua", "endpoints:loopback/app=lua:x.lua", "endpoints:user/1"}},
    {ASK_APP, "att_xfer", "loopback/app=lua:x.lua", {"applications:att_xfer *", "applications:lua x.lua", "endpoints:loopback/app=lua:x.lua"}},
    {ASK_APP, "transfer", "lua:x.lua inline", {"applications:transfer *", "applications:lua x.lua"}},
    {ASK_APP, "transfer", "-bleg lua:x.lua inline", {"applications:transfer *", "applications:lua x.lua"}},
    {ASK_APP, "execute_extension", "lua:x.lua inline", {"applications:execute_extension *", "applications:lua x.lua"}},
    {ASK_APP, "transfer", "1000 enum", {"applications:transfer *", "contexts:enum:*"}},
    {ASK_API, "uuid_deflect", U " lua:x.lua inline", {"api:uuid_deflect *", "applications:lua x.lua"}},
    {ASK_API, "uuid_deflect", U " sip:1@example.com", {"api:uuid_deflect *", "endpoints:sip:*@example.com"}},
    {ASK_APP, "deflect", "lua:x.lua inline default", {"applications:deflect *", "applications:lua x.lua"}},
    {ASK_APP, "execute_extension", "1000 XML", {"applications:execute_extension *", "contexts:*/1*"}},
    {ASK_APP, "sched_transfer", "+1 lua:x.lua inline", {"applications:sched_transfer *", "applications:lua x.lua"}},
    {ASK_APP, "broadcast", "lua::x.lua aleg", {"applications:broadcast *", "applications:lua x.lua"}},
    {ASK_APP, "sched_broadcast", "+1 lua::x.lua", {"applications:sched_broadcast *", "applications:lua x.lua"}},
    {ASK_APP, "bind_meta_app", "1 b s lua::x.lua y", {"applications:bind_meta_app *", "applications:lua x.lua y"}},
    {ASK_APP, "bind_meta_app", "1 b s log:x.wav", {"applications:bind_meta_app *", "applications:playback log:x.wav", "files:read:log:*"}},
    {ASK_APP, "bind_digit_action", "r,1,exec:lua,x.lua", {"applications:bind_digit_action *", "applications:lua x.lua"}},
    {ASK_APP, "bind_digit_action", "r,1,exec[i]:lua,x.lua", {"applications:bind_digit_action *", "applications:lua x.lua"}},
    {ASK_APP, "bind_digit_action", "r,1,api:system,reboot", {"applications:bind_digit_action *", REBOOT}},
    {ASK_APP, "limit", "hash r i 0 lua:x.lua inline", {"applications:limit *", "applications:lua x.lua"}},
    {ASK_APP, "limit_hash", "r i 0 lua:x.lua inline", {"applications:limit_hash *", "applications:lua x.lua"}},
    {ASK_APP, "limit_execute", "hash r i 1 lua x.lua", {"applications:limit_execute *", "applications:lua x.lua"}},
    {ASK_APP, "limit_hash_execute", "r i 1 lua x.lua", {"applications:limit_hash_execute *", "applications:lua x.lua"}},
    /* variables */
    {ASK_VARIABLE, "acme_x", "1", {"variables:acme_*"}},
    {ASK_VARIABLE, "acme_x", NULL, {"variables:acme_*"}},
    {ASK_VARIABLE, "execute_on_answer", NULL, {"variables:execute_on_*"}},
    {ASK_VARIABLE, "execute_on_answer", "lua x.lua", {"applications:lua x.lua", "variables:execute_on_answer"}},
    {ASK_VARIABLE, "execute_on_answer", "lua:x.lua", {"applications:lua x.lua", "variables:execute_on_answer"}},
    {ASK_VARIABLE, "Execute_On_Answer_1", "lua::x.lua", {"applications:lua x.lua", "variables:Execute_On_Answer_1"}},
    {ASK_VARIABLE, "sip_execute_on_image", "lua x.lua", {"applications:lua x.lua", "variables:sip_execute_on_image"}},
    {ASK_VARIABLE, "record_post_process_exec_app", "lua:x.lua", {"applications:lua x.lua", "variables:record_post_process_exec_app"}},
    {ASK_VARIABLE, "api_on_answer", "system reboot", {REBOOT, "variables:api_on_answer"}},
    {ASK_VARIABLE, "api_hangup_hook", "system reboot", {REBOOT, "variables:api_hangup_hook"}},
    {ASK_VARIABLE, "api_reporting_hook", "system reboot", {REBOOT, "variables:api_reporting_hook"}},
    {ASK_VARIABLE, "api_after_bridge", "system reboot", {REBOOT, "variables:api_after_bridge"}},
    {ASK_VARIABLE, "record_post_process_exec_api", "system:reboot", {REBOOT, "variables:record_post_process_exec_api"}},
    /* where a call continues */
    {ASK_TRANSFER, "lua:x.lua", "inline", {"applications:lua x.lua"}},
    /* endpoints, with their variables */
    {ASK_API, "originate", "<a=1>{b=2,api_on_ring='system reboot'}[c=3]user/1 1000 XML default", {"api:originate *", "variables:a", "variables:b", "variables:c", "variables:api_on_*", REBOOT, "endpoints:user/*", "contexts:default/1*"}},
    {ASK_API, "originate", "user/1@d.test 1000", {"api:originate *", "endpoints:user/*@d.test", "contexts:default"}},
    {ASK_API, "originate", "loopback/1000/outbound/XML &park", {"api:originate *", "endpoints:loopback/*/*/XML", "contexts:outbound", "applications:park"}},
    {ASK_APP, "bridge", "{a=1}user/1,user/2@d.test|sofia/gateway/g/3", {"applications:bridge *", "variables:a", "endpoints:user/*", "endpoints:user/*@d.test", "endpoints:sofia/gateway/g/*"}},
    {ASK_APP, "redirect", "sip:1@a.example,sip:2@b.example", {"applications:redirect *", "endpoints:sip:*@a.example", "endpoints:sip:*@b.example"}},
    {ASK_API, "uuid_redirect", U " sip:1@a.example", {"api:uuid_redirect *", "endpoints:sip:*@a.example"}},
    {ASK_ENDPOINT, "{acme_x=1}user/1", NULL, {"variables:acme_*", "endpoints:user/*"}},
    /* files */
    {ASK_APP, "playback", "/srv/sounds/de/../a b.wav", {"applications:playback *", "files:/srv/sounds/*"}},
    {ASK_APP, "playback", "ivr/hello.wav", {"applications:playback *", "files:ivr/*"}},
    {ASK_APP, "playback", "{loops=3}tone_stream://%(1000,0,440)", {"applications:playback *", "variables:loops", "files:tone_stream://*"}},
    {ASK_APP, "playback", "file_string:///a/1.wav!/b/2.wav", {"applications:playback *", "files:/a/*", "files:/b/*"}},
    {ASK_APP, "loop_playback", "+3 /srv/a.wav", {"applications:loop_playback *", "files:read:/srv/*"}},
    {ASK_APP, "detect_audio", "1 2 3 /srv/a.wav", {"applications:detect_audio *", "files:read:/srv/*"}},
    {ASK_API, "file_exists", "/srv/a.wav", {"api:file_exists *", "files:read:/srv/*"}},
    {ASK_API, "uuid_displace", U " start /srv/a.wav 0 mux", {"api:uuid_displace *", "files:read:/srv/*"}},
    {ASK_API, "uuid_displace", U " stop /srv/a.wav", {"api:uuid_displace *"}},
    {ASK_API, "uuid_record", U " stop all", {"api:uuid_record *"}},
    {ASK_APP, "record", "/srv/rec/a.wav 60", {"applications:record *", "files:write:/srv/rec/*"}},
    {ASK_APP, "play_and_get_digits", "1 4 3 5000 # /s/a.wav /s/b.wav acme_x [0-9]+ 500 100 XML ivr", {"applications:play_and_get_digits *", "files:/s/*", "variables:acme_x", "contexts:ivr/1*"}},
    /* contexts */
    {ASK_API, "uuid_transfer", U " 500 XML outbound", {"api:uuid_transfer *", "contexts:outbound/5*"}},
    {ASK_API, "sched_transfer", "+1 " U " 500 XML outbound", {"api:sched_transfer *", "contexts:XML:outbound"}},
    {ASK_API, "uuid_dual_transfer", U " 500/XML/a 600", {"api:uuid_dual_transfer *", "contexts:a", "contexts:*/6*"}},
    {ASK_VARIABLE, "transfer_after_bridge", "500:XML:outbound", {"variables:transfer_*", "contexts:outbound"}},
    {ASK_TRANSFER, "500", "XML", {"contexts:*/5*"}},
    {ASK_TRANSFER, "500", "XML", {"contexts:XML:/5*"}},
    {ASK_TRANSFER, "500", "lua", {"contexts:LUA:*"}},
    /* variables that change the meaning of grants */
    {ASK_VARIABLE, "sip_route_uri", "sip:127.0.0.1", {"variables:sip_route_uri"}},
    {ASK_VARIABLE, "sound_prefix", "/srv", {"variables:sound_prefix"}},
    {ASK_VARIABLE, "ringback", "/srv/a.wav", {"variables:ringback", "files:/srv/*"}},
    {ASK_VARIABLE, "ringback", "%(2000,4000,440,480)", {"variables:ringback"}},
    {ASK_VARIABLE, "acme_name", "Shaun O'Neil", {"variables:acme_*"}},
};

/* Refused unless everything is granted. */
static const struct road refused[] = {
    {ASK_API, "expand", "echo ${system(reboot)}", {NULL}},
    {ASK_API, "eval", "${system(reboot)}", {NULL}},
    {ASK_API, "eval", "uuid:" U " ${system reboot}", {NULL}},
    {ASK_API, "uuid_broadcast", U " 'lua!busy::x.lua'", {NULL}},
    {ASK_API, "originate", "user/1 '&lua(x y)' XML", {NULL}},
    {ASK_API, "originate", "user/1 'm:;:answer:;lua:x.lua' inline", {NULL}},
    {ASK_API, "originate", "<a=1>{^^:b=2:api_on_ring='system reboot'}[c=3]user/1 1000 XML default", {NULL}},
    {ASK_API, "uuid_setvar", U " execute_on_answer 'lua x.lua'", {NULL}},
    {ASK_API, "global_setvar", "a=${b}", {NULL}},
    {ASK_APP, "soft_hold", "# silence 'lua::x y'", {NULL}},
    {ASK_API, "uuid_displace", U " start shell_stream://reboot", {NULL}},
    {ASK_APP, "playback", "shell_stream://reboot", {NULL}},
    {ASK_APP, "log", "INFO ${system(reboot)}", {NULL}},
    {ASK_APP, "eval", "x ${expand(system reboot)}", {NULL}},
    {ASK_APP, "set", "acme_x=${caller_id_number}", {NULL}},
    {ASK_APP, "export", "execute_on_answer:x=lua x.lua", {NULL}},
    {ASK_APP, "multiset", "^^|a=1|api_on_answer=system reboot", {NULL}},
};
/* clang-format on */

static void test_authorize_needs_each_grant_of_a_road_and_no_other(void **state)
{
    int wrong = 0;
    (void)state;
    for (size_t i = 0; i < sizeof(roads) / sizeof(roads[0]); i++) {
        const struct road *road = &roads[i];
        fsz_why            why;
        if (ask(road->kind, road->what, road->with, road->grants, -1, why) != FSZ_OK) {
            print_error("%s %s: %s\n", road->what, road->with, why);
            wrong++;
        }
        for (int without = 0; without < ASK_GRANTS_MAX && road->grants[without] != NULL;
             without++) {
            if (ask(road->kind, road->what, road->with, road->grants, without, why) == FSZ_OK) {
                print_error("%s %s: without %s\n", road->what, road->with, road->grants[without]);
                wrong++;
            }
        }
    }
    assert_int_equal(wrong, 0);
}

static void test_authorize_refuses_texts_that_expand_or_quote(void **state)
{
    int wrong = 0;
    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        fsz_why why;
        if (ask(refused[i].kind, refused[i].what, refused[i].with, ask_nearly_all, -1, why) ==
            FSZ_OK) {
            print_error("%s %s: allowed\n", refused[i].what, refused[i].with);
            wrong++;
        } else if (strstr(why, "is not granted") != NULL) {
            print_error("%s %s: %s\n", refused[i].what, refused[i].with, why);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_authorize_needs_each_grant_of_a_road_and_no_other),
        cmocka_unit_test(test_authorize_refuses_texts_that_expand_or_quote),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
