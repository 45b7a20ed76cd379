/* SPDX-License-Identifier: MPL-2.0 */
/* Endpoints, files, contexts and variables that requests name. Each stays within its grant. */
#include "authorize_ask.h"

#include "base/buffer.h"

/* The example of docs/access.md. */
static const char *const dialler[] = {"api:originate *", "endpoints:sofia/gateway/carrier/*",
                                      "contexts:outbound", "variables:acme_campaign", NULL};

static void test_authorize_keeps_a_dialler_in_its_gateway(void **state)
{
    static const struct question yes[] = {
        {ASK_API, "originate", "{acme_campaign=7}sofia/gateway/carrier/100 200 XML outbound"},
        {ASK_API, "originate",
         "{acme_campaign=7}sofia/gateway/carrier/1,sofia/gateway/carrier/2 200 XML outbound"},
        {ASK_API, "originate",
         "{acme_campaign='7 8'}sofia/gateway/carrier/1|sofia/gateway/carrier/2 200 XML outbound"},
        {ASK_API, "originate",
         "{acme_campaign=7}[acme_campaign=1,acme_campaign=2]sofia/gateway/carrier/+1 2 XML "
         "outbound"},
        {ASK_ENDPOINT, "sofia/gateway/carrier/100", NULL},
    };
    static const struct question no[] = {
        {ASK_API, "originate", "{acme_campaign=7}sofia/gateway/other/100 200 XML outbound"},
        {ASK_API, "originate", "{acme_campaign=7}sofia/gateway/carrier/100 &park() XML outbound"},
        {ASK_API, "originate", "{acme_campaign=7}sofia/gateway/carrier/100 200 XML default"},
        {ASK_API, "originate", "{acme_campaign=7}sofia/gateway/carrier/100 200"},
        {ASK_API, "originate", "{acme_campaign=7,x=1}sofia/gateway/carrier/1 200 XML outbound"},
        {ASK_API, "originate",
         "{acme_campaign=7}sofia/gateway/carrier/1,sofia/gateway/other/2 200 XML outbound"},
        {ASK_API, "originate",
         "{acme_campaign=7}sofia/gateway/carrier/1|sofia/gateway/other/2 200 XML outbound"},
        {ASK_API, "originate",
         "{acme_campaign=7}sofia/gateway/carrier/1:_:sofia/gateway/other/2 200 XML outbound"},
        {ASK_API, "originate",
         "{acme_campaign=7}sofia/gateway/carrier/'1,sofia/gateway/other/2' 200 XML outbound"},
        {ASK_API, "originate",
         "{acme_campaign=7}[acme_campaign={]sofia/gateway/carrier/1,sofia/gateway/other/2 2 XML "
         "outbound"},
        {ASK_API, "originate",
         "{acme_campaign={7}}sofia/gateway/carrier/1{,sofia/gateway/other/2} 2 XML outbound"},
        {ASK_API, "originate", "{acme_campaign='1,x=2'}sofia/gateway/carrier/1 2 XML outbound"},
        {ASK_API, "originate",
         "{acme_campaign=1:_:sofia/gateway/other/2}sofia/gateway/carrier/1 2 XML outbound"},
        {ASK_API, "originate",
         "[acme_campaign=1|sofia/gateway/other/2]sofia/gateway/carrier/1 2 XML outbound"},
        {ASK_API, "originate",
         "{acme_campaign=7}sofia/gateway/carrier/1,loopback/app=lua:x 200 XML outbound"},
        {ASK_API, "originate",
         "{acme_campaign=7}sofia/gateway/carrier/1 lua:x inline XML outbound"},
        {ASK_API, "originate",
         "{acme_campaign=${system(x)}}sofia/gateway/carrier/1 200 XML outbound"},
    };
    (void)state;
    assert_answers(yes, COUNT(yes), dialler, FSZ_OK);
    assert_answers(no, COUNT(no), dialler, FSZ_EDENIED);
}

/* Another host, another profile, another context, parameters of the address. */
static void test_authorize_keeps_a_dialler_from_other_hosts_and_contexts(void **state)
{
    static const struct question no[] = {
        {ASK_API, "originate", "sofia/gateway/carrier/5@127.0.0.1:7002 200 XML outbound"},
        {ASK_API, "originate", "sofia/gateway/carrier/5:7002 200 XML outbound"},
        {ASK_API, "originate", "sofia/gateway/carrier/5;fs_path=sip:127.0.0.1 200 XML outbound"},
        {ASK_API, "originate", "sofia/gateway/carrier/5?Route=x 200 XML outbound"},
        {ASK_API, "originate", "sofia/gateway/carrier/5^6@x 200 XML outbound"},
        {ASK_API, "originate", "sofia/gateway/carrier/5%other 200 XML outbound"},
        {ASK_API, "originate", "sofia/gateway/carrier/../internal/5@x 200 XML outbound"},
        {ASK_API, "originate",
         "{acme_campaign=x}sofia/internal/5@x}sofia/gateway/carrier/1 2 XML "
         "outbound"},
        {ASK_API, "originate", "sofia/gateway/carrier/5 1000 XML secret XML outbound"},
        {ASK_API, "originate", "sofia/gateway/carrier/5 x/y XML secret"},
        {ASK_API, "originate", "sofia/gateway/carrier/5 200 XML:/tmp/x.xml outbound"},
        {ASK_API, "originate",
         "{sip_route_uri=sip:127.0.0.1:7002}sofia/gateway/carrier/5 2 XML "
         "outbound"},
        {ASK_ENDPOINT, "sofia/gateway/carrier/100 x", NULL},
        {ASK_ENDPOINT, "carrier", NULL},
    };
    (void)state;
    assert_answers(no, COUNT(no), dialler, FSZ_EDENIED);
}

static const char *const files[] = {"applications:playback *",
                                    "applications:record *",
                                    "api:uuid_record *",
                                    "api:uuid_broadcast *",
                                    "files:read:/srv/sounds/*",
                                    "files:write:/srv/rec/*",
                                    "files:/srv/*/greeting.wav",
                                    "files:tone_stream://*",
                                    "files:music-*",
                                    NULL};

static void test_authorize_keeps_what_is_written_in_its_folder(void **state)
{
    static const struct question yes[] = {
        {ASK_APP, "record", "/srv/rec/x.wav"},
        {ASK_APP, "record", "/srv/rec/a/./b/../c/x.wav"},
        {ASK_APP, "record", "//srv//rec/x.wav"},
        {ASK_APP, "record", "/srv/alice/greeting.wav"},
        {ASK_API, "uuid_record", "u start /srv/rec/x.wav"},
    };
    static const struct question no[] = {
        {ASK_APP, "record", "/srv/rec/../outside/x.wav"},
        {ASK_APP, "record", "/srv/rec/a/../../outside/x.wav"},
        {ASK_APP, "record", "/srv/rec/.."},
        {ASK_APP, "record", "/srv/rec"},
        {ASK_APP, "record", "/../srv/rec/x.wav"},
        {ASK_APP, "record", "/srv/recordings/x.wav"},
        {ASK_APP, "record", "/srv/sounds/x.wav"},
        {ASK_APP, "record", "/srv/a/b/greeting.wav"},
        {ASK_APP, "record", "srv/rec/x.wav"},
        {ASK_APP, "record", "{a=1}/srv/rec/x.wav"},
        {ASK_APP, "record", "[a=/../../x]/srv/rec/x.wav"},
        {ASK_APP, "record", " "},
        {ASK_APP, "record", "/srv/rec/%2e%2e/x.wav"},
        {ASK_APP, "record", "shout:///srv/rec/x.wav"},
        {ASK_API, "uuid_record", "u start /srv/rec/../x.wav"},
    };
    (void)state;
    assert_answers(yes, COUNT(yes), files, FSZ_OK);
    assert_answers(no, COUNT(no), files, FSZ_EDENIED);
}

static void test_authorize_keeps_what_is_played_in_its_folder(void **state)
{
    static const struct question yes[] = {
        {ASK_APP, "playback", "/srv/sounds/de/x.wav"},
        {ASK_APP, "playback", "/srv/sounds/de/x.wav@@8000"},
        {ASK_APP, "playback", "file_string:///srv/sounds/x.wav!/srv/sounds/y.wav"},
        {ASK_APP, "playback", "music-1.wav"},
        {ASK_APP, "playback", "tone_stream://%(1000,0,440);loops=2"},
        {ASK_API, "uuid_broadcast", "u /srv/sounds/x.wav both"},
    };
    static const struct question no[] = {
        {ASK_APP, "playback", "/srv/rec/x.wav"},
        {ASK_APP, "playback", "/srv/sounds/x.wav!/etc/passwd"},
        {ASK_APP, "playback", "file_string:///srv/sounds/x.wav!/etc/passwd"},
        {ASK_APP, "playback", "../srv/sounds/x.wav"},
        {ASK_APP, "playback", "music-../x.wav"},
        {ASK_APP, "playback", "music-1/x.wav"},
        {ASK_APP, "playback", "tone_stream:///../x"},
        {ASK_APP, "playback", "tone_stream://path=/etc/x"},
        {ASK_APP, "playback", " /srv/sounds/x.wav"},
        {ASK_APP, "playback", " "},
        {ASK_APP, "playback", "/srv/sounds/..@@8000"},
        {ASK_APP, "playback", "/srv/sounds/..@@/x.wav"},
        {ASK_APP, "playback", "file_string:///srv/sounds/.. !/srv/sounds/x.wav"},
        {ASK_APP, "playback", "file_string:///srv/sounds/x.wav! /etc/x"},
        {ASK_APP, "playback", "httapi://x"},
        {ASK_APP, "playback", "vlc:///srv/sounds/x.wav"},
        {ASK_APP, "playback", "[a=1]/srv/sounds/x.wav"},
        {ASK_API, "uuid_broadcast", "u /srv/sounds/../x.wav"},
    };
    (void)state;
    assert_answers(yes, COUNT(yes), files, FSZ_OK);
    assert_answers(no, COUNT(no), files, FSZ_EDENIED);
}

static void test_authorize_lets_a_star_cross_no_separator(void **state)
{
    static const char *const     grants[] = {"api:uuid_setvar * acme_x *",
                                             "api:lua /srv/*/x.lua *",
                                             "api:system /bin/report *",
                                             "api:sofia status *",
                                             "variables:*",
                                             "api:uuid_transfer *",
                                             "contexts:ivr/5*",
                                             "endpoints:user/*",
                                             "applications:bridge *",
                                             NULL};
    static const struct question yes[] = {
        {ASK_API, "uuid_setvar", "u acme_x 1 2"},    {ASK_API, "lua", "/srv/a/x.lua b c"},
        {ASK_API, "system", "/bin/report daily 1"},  {ASK_API, "sofia", "status profile internal"},
        {ASK_API, "uuid_transfer", "u 500 XML ivr"}, {ASK_APP, "bridge", "user/1000"},
    };
    static const struct question no[] = {
        {ASK_API, "uuid_setvar", "u other acme_x 1"},
        {ASK_API, "lua", "/srv/a/b/x.lua b"},
        {ASK_API, "lua", "/srv/a/x.lua ../../y"},
        {ASK_API, "lua", "/srv/a b/x.lua c"},
        {ASK_API, "system", "/bin/report x; reboot"},
        {ASK_API, "system", "/bin/report x|reboot"},
        {ASK_API, "system", "/bin/report $HOME"},
        {ASK_API, "system", "/bin/report ../x"},
        {ASK_API, "uuid_transfer", "u 500"},
        {ASK_API, "uuid_transfer", "u 500/x XML ivr"},
        {ASK_API, "uuid_transfer", "u 5,0 XML ivr"},
        {ASK_API, "uuid_transfer", "u -bleg 600 XML ivr"},
        {ASK_API, "uuid_transfer", "u 500 enum ivr"},
        {ASK_APP, "bridge", "user/1000@other.example"},
        {ASK_APP, "bridge", "user/1000/2"},
        {ASK_APP, "bridge", "group/1000"},
    };
    (void)state;
    assert_answers(yes, COUNT(yes), grants, FSZ_OK);
    assert_answers(no, COUNT(no), grants, FSZ_EDENIED);
}

/* Words after a context, and missing ones. */
static void test_authorize_judges_the_words_that_the_switch_takes_for_a_place(void **state)
{
    static const char *const     grants[] = {"applications:transfer *",
                                             "applications:playback *",
                                             "api:uuid_transfer *",
                                             "api:uuid_dual_transfer *",
                                             "api:originate *",
                                             "endpoints:user/*",
                                             "contexts:ivr",
                                             "files:a/inline/*",
                                             NULL};
    static const struct question yes[] = {
        {ASK_APP, "transfer", "-both 5 XML ivr"},
        {ASK_API, "uuid_dual_transfer", "u 5/XML/ivr 6/XML/ivr"},
        {ASK_API, "originate", "user/1 5 XML ivr name 7 60"},
        {ASK_APP, "transfer", "playback:a/inline/x inline"},
    };
    static const struct question no[] = {
        {ASK_APP, "transfer", "-both"},
        {ASK_APP, "transfer", "-bleg 5 XML ivr x"},
        {ASK_API, "uuid_transfer", "u -both"},
        {ASK_API, "uuid_transfer", "u 5 XML ivr x"},
        {ASK_API, "originate", "user/1 \f"},
        {ASK_API, "originate", "user/1 5 XML"},
        {ASK_APP, "transfer", "playback::a/inline/x inline"},
    };
    (void)state;
    assert_answers(yes, COUNT(yes), grants, FSZ_OK);
    assert_answers(no, COUNT(no), grants, FSZ_EDENIED);
}

/* A grant for a context is not one for an endpoint. */
static void test_authorize_knows_addresses_behind_a_blank(void **state)
{
    static const char *const     grants[] = {"applications:deflect *", "applications:redirect *",
                                             "endpoints:sip:*@a.example", "contexts:*", NULL};
    static const struct question no[] = {{ASK_APP, "deflect", " sip:5@b.example"},
                                         {ASK_APP, "deflect", "5@b.example"},
                                         {ASK_APP, "redirect", " 5@b.example"}};
    (void)state;
    assert_answers(no, COUNT(no), grants, FSZ_EDENIED);
}

static void test_authorize_wants_variables_that_steer_spelled_out(void **state)
{
    static const char *const     wild[] = {"variables:s*", "variables:p*", "endpoints:user/*",
                                           "files:/srv/*", NULL};
    static const char *const     spelled[] = {"variables:sip_h_Route", "variables:spool_path",
                                              "variables:sip_destination_prefix", NULL};
    static const char *const     all[] = {"variables:*", "files:/srv/*", NULL};
    static const struct question steering[] = {
        {ASK_VARIABLE, "sip_h_Route", "<sip:127.0.0.1;lr>"},
        {ASK_VARIABLE, "spool_path", "/etc"},
        {ASK_VARIABLE, "sip_destination_prefix", "1@127.0.0.1;x="},
    };
    static const struct question no[] = {
        {ASK_VARIABLE, "sip_redirect_dialplan", "inline"},
        {ASK_VARIABLE, "record_play_video", "/etc/x.mp4"},
        {ASK_VARIABLE, "record_indication", "/etc/x.wav"},
    };
    (void)state;
    assert_answers(steering, COUNT(steering), wild, FSZ_EDENIED);
    assert_answers(steering, COUNT(steering), spelled, FSZ_OK);
    assert_answers(no, COUNT(no), all, FSZ_EDENIED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_authorize_keeps_a_dialler_in_its_gateway),
        cmocka_unit_test(test_authorize_keeps_a_dialler_from_other_hosts_and_contexts),
        cmocka_unit_test(test_authorize_keeps_what_is_written_in_its_folder),
        cmocka_unit_test(test_authorize_keeps_what_is_played_in_its_folder),
        cmocka_unit_test(test_authorize_lets_a_star_cross_no_separator),
        cmocka_unit_test(test_authorize_judges_the_words_that_the_switch_takes_for_a_place),
        cmocka_unit_test(test_authorize_knows_addresses_behind_a_blank),
        cmocka_unit_test(test_authorize_wants_variables_that_steer_spelled_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
