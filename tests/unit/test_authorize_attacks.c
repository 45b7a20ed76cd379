/* SPDX-License-Identifier: MPL-2.0 */
/* Requests that an earlier version let pass, and forms that honest users write. */
#include "auth/authorize_private.h"
#include "authorize_ask.h"

#include <stdio.h>

/* Each ran a program, reached another place or crashed the switch, in a real FreeSWITCH. */
static void test_authorize_refuses_what_attackers_tried(void **state)
{
    static const char *const     grants[] = {"api:uuid_*",
                                             "api:originate *",
                                             "api:sched_*",
                                             "applications:r*",
                                             "applications:p*",
                                             "applications:l*",
                                             "applications:transfer *",
                                             "applications:d*",
                                             "applications:s*",
                                             "applications:bridge *",
                                             "contexts:default",
                                             "endpoints:user/*",
                                             "files:read:/srv/snd/*",
                                             "files:write:/srv/rec/*",
                                             "variables:*",
                                             NULL};
    static const struct question no[] = {
        {ASK_API, "uuid_drop_dtmf", "u on mask_file system::/x"},
        {ASK_API, "uuid_record",
         "u start /srv/rec/a.wav 60 {acme_x=1} {{x},record_post_process_exec_app=system /x"},
        {ASK_API, "uuid_record", "u start /srv/rec/a.wav 60 x {acme_x=1}"},
        {ASK_APP, "record_session", "/srv/rec/a.wav +60 {acme_x=1} {{x},execute_on_x=lua x"},
        {ASK_APP, "playback",
         "/srv/snd/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA://x"},
        {ASK_APP, "playback",
         "a_kind_that_is_longer_than_the_room_that_the_switch_has_for_its_name://x"},
        {ASK_APP, "playback", "{a=1} {{x},execute_on_x=lua x}/srv/snd/a.wav"},
        {ASK_APP, "loop_playback", NULL},
        {ASK_APP, "preprocess", ""},
        {ASK_APP, "record_session_mask", " "},
        {ASK_APP, "stop_displace_session", NULL},
        {ASK_APP, "deflect", NULL},
        {ASK_API, "originate", "user/1 &loop_playback"},
        {ASK_API, "originate", "user/1 stop_record_session inline"},
        {ASK_VARIABLE, "execute_on_answer", "loop_playback"},
        {ASK_API, "uuid_redirect", "u sip:5@198.51.100.7 XML default"},
        {ASK_API, "uuid_redirect", "u 5@198.51.100.7"},
        {ASK_APP, "redirect", "user/1,<sip:5@198.51.100.7>"},
        {ASK_APP, "deflect", "<sip:5@198.51.100.7> XML default"},
        {ASK_APP, "deflect", "5@198.51.100.7"},
        {ASK_APP, "respond", "302<sip:5@198.51.100.7>"},
        {ASK_APP, "respond", "302 Moved"},
        {ASK_APP, "respond", "503;x"},
        {ASK_VARIABLE, "sip_route_uri", "sip:127.0.0.1:7002"},
        {ASK_VARIABLE, "sip_destination_prefix", "x@127.0.0.1:7002;a="},
        {ASK_VARIABLE, "sip_h_Route", "<sip:127.0.0.1:7002;lr>"},
        {ASK_VARIABLE, "accountcode", "../../x"},
        {ASK_VARIABLE, "conference_auto_record", "/etc/x"},
        {ASK_VARIABLE, "group_context", "secret"},
        {ASK_VARIABLE, "bridge_to", "u"},
        {ASK_APP, "playback", "phrase:vm:arg/../ivr/x.wav"},
        {ASK_APP, "phrase", "plural_msg,1:/any/file.wav:x"},
        {ASK_API, "uuid_transfer", "u -bleg"},
        {ASK_API, "sched_transfer", "+1 u"},
        {ASK_APP, "transfer", "-both"},
        {ASK_APP, "presence", "in|a@b|x"},
        {ASK_APP, "playback", "tone_stream://path=/etc/passwd"},
        {ASK_APP, "record", "/srv/rec/a:/.//../../x"},
        {ASK_APP, "record", "/srv/rec/a:/./b/../../../x"},
        {ASK_APP, "bridge", "{nolocal:acme_x=1}user/1"},
    };
    (void)state;
    assert_answers(no, COUNT(no), grants, FSZ_EDENIED);
}

static void test_authorize_refuses_more_pieces_than_the_switch_divides(void **state)
{
    static const struct {
        enum ask    kind;
        const char *what, *before, *piece;
    } texts[] = {
        {ASK_API, "uuid_setvar_multi", "u ", "acme_x=1;"},
        {ASK_APP, "multiset", "", "acme_x=1 "},
        {ASK_APP, "multiunset", "", "acme_x "},
        {ASK_TRANSFER, NULL, "", "answer,"},
        {ASK_APP, "playback", "file_string://a.wav", "!a.wav"},
        {ASK_APP, "bridge", "user/1", ",user/1"},
        {ASK_APP, "bridge", "user/1", "|user/1"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        for (size_t pieces = AUTHORIZE_PIECES_MAX / 2; pieces <= 2 * AUTHORIZE_PIECES_MAX;
             pieces += AUTHORIZE_PIECES_MAX) {
            char    text[2048];
            fsz_why why;
            size_t  used = (size_t)snprintf(text, sizeof(text), "%s", texts[i].before);
            for (size_t piece = 0; piece < pieces; piece++) {
                used += (size_t)snprintf(text + used, sizeof(text) - used, "%s", texts[i].piece);
            }
            bool    transfer = texts[i].kind == ASK_TRANSFER;
            fsz_err err = ask(texts[i].kind, transfer ? text : texts[i].what,
                              transfer ? "inline" : text, ask_nearly_all, -1, why);
            if (err != (pieces < AUTHORIZE_PIECES_MAX ? FSZ_OK : FSZ_EDENIED)) {
                fail_msg("%zu of %s: %s", pieces, texts[i].piece, why);
            }
        }
    }
}

/* Forms that honest users write. */
static void test_authorize_takes_the_usual_forms(void **state)
{
    static const char *const     grants[] = {"applications:bridge *",
                                             "applications:limit *",
                                             "applications:playback *",
                                             "applications:respond *",
                                             "applications:redirect *",
                                             "applications:phrase *",
                                             "applications:record_session *",
                                             "api:uuid_record *",
                                             "variables:acme_*",
                                             "endpoints:user/*",
                                             "endpoints:sip:*@pbx.example.com",
                                             "files:read:http_cache://http://good.example/*",
                                             "files:phrase:*",
                                             "files:write:/srv/rec/*",
                                             NULL};
    static const struct question yes[] = {
        {ASK_APP, "bridge", "{acme_x=1} user/1000"},
        {ASK_APP, "bridge", "user/1000, user/1001"},
        {ASK_APP, "limit", "hash r i 5 !USER_BUSY"},
        {ASK_APP, "limit", "hash r i 5"},
        {ASK_APP, "playback", "http_cache://http://good.example/a/x.wav"},
        {ASK_APP, "respond", "486"},
        {ASK_APP, "respond", "503 Maintenance"},
        {ASK_APP, "redirect", "sip:1@pbx.example.com,sip:2@pbx.example.com"},
        {ASK_APP, "phrase", "time,10"},
        {ASK_APP, "playback", "phrase:time:10"},
        {ASK_APP, "record_session", "/srv/rec/a.wav +60 {acme_x=1}"},
        {ASK_API, "uuid_record", "u start /srv/rec/a.wav 60 {acme_x=1,acme_y=2}"},
        {ASK_VARIABLE, "acme_order", "7"},
    };
    static const struct question no[] = {
        {ASK_APP, "playback", "http_cache://http://good.example/../evil"},
        {ASK_APP, "playback", "http_cache://http://evil.example/x.wav"},
        {ASK_APP, "bridge", "{acme_x=1} {{x},execute_on_x=lua}user/1000"},
        {ASK_APP, "bridge", "user/1000, group/1"},
    };
    (void)state;
    assert_answers(yes, COUNT(yes), grants, FSZ_OK);
    assert_answers(no, COUNT(no), grants, FSZ_EDENIED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_authorize_refuses_what_attackers_tried),
        cmocka_unit_test(test_authorize_refuses_more_pieces_than_the_switch_divides),
        cmocka_unit_test(test_authorize_takes_the_usual_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
