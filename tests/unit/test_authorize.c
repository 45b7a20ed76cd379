/* SPDX-License-Identifier: MPL-2.0 */
#include "auth/authorize_private.h"
#include "authorize_ask.h"

#include <stdio.h>

static const char *const operator_grants[] = {
    "api:show *",        "api:status",      "api:uuid_*", "applications:playback /sounds/*",
    "applications:set*", "files:/sounds/*", NULL};

static void test_authorize_compares_command_and_argument_with_one_space_between(void **state)
{
    static const struct question yes[] = {
        {ASK_API, "show", "channels"},
        {ASK_API, "SHOW", "channels"},
        {ASK_API, " show ", "\t channels\n"},
        {ASK_API, "status", NULL},
        {ASK_API, "status", "  "},
        {ASK_API, "uuid_kill", "x"},
        {ASK_APP, "playback", "/sounds/a.wav"},
    };
    static const struct question no[] = {
        {ASK_API, "show channels", NULL},
        {ASK_API, "status", "all"},
        {ASK_API, "", NULL},
        {ASK_API, "show\nsystem", "x"},
        {ASK_API, "reload", "mod_x"},
        {ASK_APP, "playback", " /sounds/a.wav"},
        {ASK_APP, "playback", "/etc/x"},
        {ASK_APP, "playback::x", NULL},
        {ASK_APP, "", NULL},
    };
    (void)state;
    assert_answers(yes, COUNT(yes), operator_grants, FSZ_OK);
    assert_answers(no, COUNT(no), operator_grants, FSZ_EDENIED);
}

static void test_authorize_wants_what_it_does_not_know_to_be_harmless_spelled_out(void **state)
{
    static const char *const     stars[] = {"api:s*", "api:l* x", "applications:*a*", "json-api:s*",
                                            NULL};
    static const char *const     spelled[] = {"api:system *",        "api:lua x",      "api:s*",
                                              "applications:lua x*", "json-api:store", NULL};
    static const char *const     all[] = {"api:*", "applications:*", NULL};
    static const struct question questions[] = {
        {ASK_API, "system", "x"}, {ASK_API, "lua", "x"}, {ASK_APP, "lua", "x"}};
    static const struct question harmless[] = {{ASK_API, "status", NULL},
                                               {ASK_API, "strftime", "%Y"}};
    static const struct question json[] = {{ASK_JSON, "store", "{}"}};
    (void)state;
    assert_answers(questions, COUNT(questions), stars, FSZ_EDENIED);
    assert_answers(questions, COUNT(questions), spelled, FSZ_OK);
    assert_answers(questions, COUNT(questions), all, FSZ_OK);
    assert_answers(harmless, COUNT(harmless), stars, FSZ_OK);
    assert_answers(json, COUNT(json), stars, FSZ_EDENIED);
    assert_answers(json, COUNT(json), spelled, FSZ_OK);
}

static void test_authorize_finds_what_is_hidden_in_a_text(void **state)
{
    static const struct question no[] = {
        {ASK_API, "echo", "${system(x)}"},
        {ASK_API, "echo", "${system x}"},
        {ASK_API, "echo", "${ system x}"},
        {ASK_API, "echo", "${system\tx}"},
        {ASK_API, "echo", "$${system(x)}"},
        {ASK_API, "echo", "$$${a}"},
        {ASK_API, "echo", "$$$${a}"},
        {ASK_API, "echo", "a$$$$$${a}"},
        {ASK_API, "echo", "\\$${a}"},
        {ASK_API, "echo", "\\$$${a}"},
        {ASK_API, "echo", "$\\$${a}"},
        {ASK_API, "echo", "\\${system(x)}"},
        {ASK_API, "echo", "$\\{system(x)}"},
        {ASK_API, "echo", "$\\'{system(x)}"},
        {ASK_API, "echo", "$'{system(x)}"},
        {ASK_API, "echo", "${SYSTEM(x)}"},
        {ASK_API, "echo", "${sys\\'tem(x)}"},
        {ASK_API, "echo", "${system(x)"},
        {ASK_API, "echo", "a ${b} ${c} ${system()}"},
        {ASK_API, "echo", "${a${system(x)}}"},
        {ASK_API, "echo", "${${a}(x)}"},
        {ASK_API, "echo", "${echo(${system(x)})}"},
        {ASK_API, "echo", "${echo a(b)c}"},
        {ASK_API, "echo", "${a}${b}"},
        {ASK_API, "echo", "${a}{system x}"},
        {ASK_API, "echo", "${a}\\'{system x}"},
        {ASK_API, "eval", "${a}$"},
        {ASK_API, "expand", "${a} x"},
        {ASK_API, "expand", "eval ${a}"},
        {ASK_API, "expand", "eval ${url_decode(%24%7Bsystem x%7D)}"},
        {ASK_API, "expand", "bgapi ${a}"},
        {ASK_API, "bgapi", "bgapi bgapi bgapi bgapi bgapi bgapi bgapi bgapi echo x"},
        {ASK_API, "bgapi", " \t lua x"},
        {ASK_API, "bgapi", "uuid:x"},
        {ASK_APP, "log", "%[execute_on_answer=x]INFO"},
        {ASK_APP, "log", "%|[a=b]INFO"},
        {ASK_APP, "log", "${a}"},
        {ASK_APP, "log", "$${a} x"},
        {ASK_APP, "log", "%${a}"},
        {ASK_APP, "log", "%|${a}"},
        {ASK_APP, "log", "\\'%[a=b]INFO"},
        {ASK_APP, "log", "\\'${a}"},
        {ASK_APP, "log", "%\\'[a=b]INFO"},
        {ASK_APP, "log", "%$$[a=b]INFO"},
        {ASK_APP, "log", "%|\\'[a=b]INFO"},
        {ASK_APP, "log", "{'execute'_on_answer = x}"},
        {ASK_APP, "log", "${a}_stream://x"},
    };
    static const struct question yes[] = {
        {ASK_API, "echo", "costs $5, $x and $ alone {} (a) %20 100%"},
        {ASK_API, "bgapi", "bgapi echo a"},
        {ASK_API, "expand", "echo a"},
        {ASK_APP, "log", "INFO execute_on_answer \"quoted\""},
        {ASK_APP, "log", "%(1000,0,350)"},
    };
    (void)state;
    assert_answers(no, COUNT(no), ask_nearly_all, FSZ_EDENIED);
    assert_answers(yes, COUNT(yes), ask_nearly_all, FSZ_OK);
}

static void test_authorize_denies_what_it_can_not_read_as_the_switch_does(void **state)
{
    static const struct question no[] = {
        {ASK_API, "originate", "^^|user/1|&lua(x)"},
        {ASK_API, "originate", "user/1 \\&lua(x)"},
        {ASK_API, "originate", "user/1 '&lua(x)"},
        {ASK_API, "originate", "user/1\t&lua(x)"},
        {ASK_API, "originate", "user/1 undef"},
        {ASK_API, "originate", "{a=b user/1 &park"},
        {ASK_API, "originate", "{a='b,execute_on_answer=answer'}user/1 &park"},
        {ASK_APP, "bridge", "{execute_on_answer='playback a,b'}user/1"},
        {ASK_API, "originate", "user/1 1000 LUA"},
        {ASK_API, "originate", "user/1 1000 XML:/tmp/x.xml"},
        {ASK_API, "originate", "user/1 1000 inline,XML"},
        {ASK_TRANSFER, "playback:'a,lua:b'", "inline"},
        {ASK_API, "uuid_setvar", "u x\\y z"},
        {ASK_API, "uuid_setvar", "u exec_after_bridge_arg x"},
        {ASK_API, "uuid_setvar_multi", "u x=1;'execute_on_answer'=answer"},
        {ASK_API, "global_setvar", "^^|execute_on_answer|system x"},
        {ASK_APP, "set", "${a}=b"},
        {ASK_APP, "set", "x=${url_decode(a)}"},
        {ASK_APP, "multiset", "x=${a}"},
        {ASK_APP, "bridge", "${a}"},
        {ASK_APP, "bridge", "{x={y}user/1"},
        {ASK_APP, "transfer", "${a} inline"},
        {ASK_APP, "transfer", "-x XML:/tmp/x.xml"},
        {ASK_APP, "sched_transfer", "+1 -bleg XML:/tmp/x.xml"},
        {ASK_APP, "limit", "hash r i 0 -both XML:/tmp/x.xml"},
        {ASK_API, "sched_transfer", "+1 u -bleg XML:/tmp/x.xml"},
        {ASK_API, "uuid_transfer", "u -x 1000 XML"},
        {ASK_APP, "record_session", "/a.wav {record%5Fpost%5Fprocess%5Fexec%5Fapp=answer}"},
        {ASK_APP, "record_session", "/a.wav %7Brecord_post_process_exec_app=answer}"},
        {ASK_APP, "record_session", "/a ${b}.wav"},
        {ASK_APP, "record_session", "/a.wav {record_post_process_exec_app='playback a'}"},
        {ASK_APP, "record_session", "/a.wav {x=$\\{b}}"},
        {ASK_API, "uuid_record", "u start /a.wav 60 {execute_on_record_stop=%61nswer}"},
        {ASK_VARIABLE, "xhold_music", "${a}"},
        {ASK_VARIABLE, "xhold_music", "a\"answer"},
        {ASK_VARIABLE, "xhold_music", "a,answer:"},
        {ASK_VARIABLE, "xhold_music", "a',answer:'"},
        {ASK_VARIABLE, "xhold_music", "^^:answer::x"},
        {ASK_APP, "soft_hold", "# ${a}"},
        {ASK_VARIABLE, "", "x"},
        {ASK_VARIABLE, "${x}", "y"},
        {ASK_VARIABLE, "x", "${url_decode(y)}"},
        {ASK_VARIABLE, "execute_on_answer", "ARRAY::answer|:answer"},
        {ASK_VARIABLE, "execute_on_answer", "answer!busy::x"},
        {ASK_VARIABLE, "group_confirm_key", "exec"},
        {ASK_TRANSFER, "x", "lua"},
        {ASK_TRANSFER, "x", "enum:e164.example.com"},
        {ASK_APP, "execute_extension", "answer"},
        {ASK_APP, "execute_extension", " answer"},
        {ASK_APP, "execute_extension", " "},
        {ASK_VARIABLE, "acme_x", "Shell_Stream://x"},
        {ASK_APP, "execute_extension", "'answer:x'"},
        {ASK_APP, "execute_extension", "answer ''"},
        {ASK_APP, "execute_extension", "x ${a}"},
        {ASK_APP, "read", "1 4 /a.wav xhold_music"},
        {ASK_APP, "read", "1 4 ${a} x"},
        {ASK_APP, "strftime", "execute_on_answer=%Y"},
        {ASK_APP, "strftime", "'execute'_on_answer=%Y"},
        {ASK_APP, "strftime", "x=$%Z{system x}"},
        {ASK_APP, "strftime", "x=${a}"},
        {ASK_APP, "strftime", "a ${b}"},
        {ASK_APP, "phrase", "x,${url_decode(%24%7Bsystem x%7D)}"},
        {ASK_APP, "playback", "phrase:x:${url_decode(%24%7Bsystem x%7D)}"},
        {ASK_VARIABLE, "system_on_fax_result", "x; y"},
        {ASK_VARIABLE, "spawn_instead_of_system", "true"},
        {ASK_VARIABLE, "spawn_system_shell", "/bin/x"},
        {ASK_VARIABLE, "inline_destination", "answer"},
        {ASK_VARIABLE, "valet_parking_timeout", "1,answer"},
        {ASK_VARIABLE, "campon", "true"},
        {ASK_VARIABLE, "vm_operator_extension", "answer inline"},
        {ASK_VARIABLE, "xfer_uuids", "u v"},
        {ASK_VARIABLE, "conference_auto_outcall_prefix", "{x=1}"},
        {ASK_VARIABLE, "page_data", "user/1"},
        {ASK_APP, "deflect", "${a}"},
        {ASK_APP, "deflect", "-bleg LUA"},
        {ASK_API, "uuid_deflect", "u 'x y' inline"},
        {ASK_API, "uuid_deflect", "u -x,playback:'a inline"},
        {ASK_API, "uuid_deflect", "u x:y LUA"},
        {ASK_JSON, "fsapi", "{\"cmd\":\"status\",\"CMD\":\"system\"}"},
        {ASK_JSON, "fsapi", "{\"cmd\":\"status\",\"cmd\":\"status\"}"},
        {ASK_JSON, "fsapi", "{"},
    };
    (void)state;
    assert_answers(no, COUNT(no), ask_nearly_all, FSZ_EDENIED);
}

static void test_authorize_finds_a_leg_that_quotes_hide(void **state)
{
    static const struct question no[] = {
        {ASK_APP, "bridge", "lo''opback/1000"},
        {ASK_APP, "bridge", "loopback/'app=lua:x'"},
        {ASK_APP, "bridge", "loopback/a\\pp=answer"},
        {ASK_APP, "bridge", "^^!user/1!loopback/1000"},
        {ASK_APP, "bridge", "{x=1}^^!user/1!user/2"},
        {ASK_APP, "bridge", "{x=1}<y=2>user/1"},
        {ASK_APP, "bridge", "user/1{,lo''opback/app=lua:x}"},
        {ASK_APP, "bridge", "user/1[x='|lo''opback/app=lua:x|']"},
        {ASK_APP, "bridge", "{x=':_:lo''opback/app=lua:x:_:'}user/1"},
        {ASK_APP, "att_xfer", "loopb'ac'k/app=lua:x"},
    };
    static const struct question yes[] = {
        {ASK_APP, "bridge", "{x='1 2'}[x='a']user/1,sofia/internal/2@[::1]"},
        {ASK_APP, "bridge", "{x=^^:PCMA@8000h:PCMU,y=a=b}user/1"},
    };
    (void)state;
    assert_answers(no, COUNT(no), ask_nearly_all, FSZ_EDENIED);
    assert_answers(yes, COUNT(yes), ask_nearly_all, FSZ_OK);
}

static void test_authorize_looks_into_nothing_for_who_may_do_everything(void **state)
{
    static const char *const     all[] = {"api:*", "applications:*", NULL};
    static const struct question yes[] = {
        {ASK_API, "originate", "^^|user/1|&lua(x)"},
        {ASK_API, "x y", "${${${"},
        {ASK_APP, "set", "x=${system(y)}"},
        {ASK_VARIABLE, "exec_after_bridge_arg", "x"},
        {ASK_TRANSFER, "x", "lua"},
    };
    (void)state;
    assert_answers(yes, COUNT(yes), all, FSZ_OK);
}

static fsz_err send(const char *grant, const char *name, const char *subclass,
                    const struct fsz_header *headers)
{
    struct fsz_grants *group = NULL;
    fsz_why            why;
    assert_int_equal(fsz_grants_new(&group), FSZ_OK);
    ask_grant(group, grant);
    struct fsz_principal p = {.name = "alice", .grants = {group}, .grant_count = 1};
    struct fsz_event     event = {
            .name = name, .subclass = subclass, .headers = headers, .read = fsz_headers_of_array};
    fsz_err err = fsz_authorize_send_event(&p, &event, why);
    fsz_grants_free(&group);
    return err;
}

static void test_authorize_wants_core_events_spelled_out(void **state)
{
    (void)state;
    assert_int_equal(send("send-events:CUSTOM/acme::*", "CUSTOM", "acme::order", NULL), FSZ_OK);
    assert_int_equal(send("send-events:CUSTOM", "CUSTOM", "acme::order", NULL), FSZ_OK);
    assert_int_equal(send("send-events:CUSTOM/acme::*", "CUSTOM", "acme", NULL), FSZ_EDENIED);
    assert_int_equal(send("send-events:C*", "CUSTOM", "acme::order", NULL), FSZ_EDENIED);
    assert_int_equal(send("send-events:CHANNEL_*", "CHANNEL_ANSWER", NULL, NULL), FSZ_EDENIED);
    assert_int_equal(send("send-events:CHANNEL_ANSWER", "channel_answer", NULL, NULL), FSZ_OK);
    assert_int_equal(send("send-events:CHANNEL_ANSWER", "CHANNEL_HANGUP", NULL, NULL), FSZ_EDENIED);
    assert_int_equal(send("send-events:*", "CHANNEL_ANSWER", NULL, NULL), FSZ_OK);
}

static void test_authorize_wants_subclasses_that_modules_obey_spelled_out(void **state)
{
    (void)state;
    assert_int_equal(send("send-events:CUSTOM", "CUSTOM", "SMS::SEND_MESSAGE", NULL), FSZ_EDENIED);
    assert_int_equal(send("send-events:CUSTOM/*", "CUSTOM", "fszmq::audit", NULL), FSZ_EDENIED);
    assert_int_equal(send("send-events:CUSTOM/*", "CUSTOM", "fszmq::client", NULL), FSZ_EDENIED);
    assert_int_equal(send("send-events:*", "CUSTOM", "fszmq::client", NULL), FSZ_OK);
    assert_int_equal(send("send-events:CUSTOM/SMS::*", "CUSTOM", "SMS::SEND_MESSAGE", NULL),
                     FSZ_EDENIED);
    assert_int_equal(
        send("send-events:CUSTOM/SMS::SEND_MESSAGE", "CUSTOM", "SMS::SEND_MESSAGE", NULL), FSZ_OK);
}

static void test_authorize_sends_no_commands_to_calls_as_events(void **state)
{
    static const struct fsz_header headers[] = {{.name = "Call-Command", .value = "execute"},
                                                {.name = NULL}};
    (void)state;
    assert_int_equal(send("send-events:CUSTOM/acme::*", "CUSTOM", "acme::order", headers),
                     FSZ_EDENIED);
}

static void test_authorize_knows_methods_by_their_names(void **state)
{
    struct fsz_grants *group = NULL;
    fsz_why            why;
    (void)state;
    assert_int_equal(fsz_grants_new(&group), FSZ_OK);
    ask_grant(group, "methods:server.*");
    struct fsz_principal p = {.name = "", .grants = {group}, .grant_count = 1};
    assert_int_equal(fsz_authorize_method(&p, "server.ping", why), FSZ_OK);
    assert_int_equal(fsz_authorize_method(&p, "api", why), FSZ_EDENIED);
    assert_string_equal(why, "method \"api\" is not granted");
    p.grant_count = 0;
    assert_int_equal(fsz_authorize_method(&p, "server.ping", why), FSZ_EDENIED);
    fsz_grants_free(&group);
}

static void assert_harmless(struct authorize_name (*find)(const char *), const char *words)
{
    char *copy = strdup(words), *rest = copy;
    for (char *word; (word = strsep(&rest, " ")) != NULL;) {
        struct authorize_name name = find(word);
        assert_true(authorize_is_name(word));
        assert_false(name.spelled || name.argued);
        assert_int_equal(name.slots[0], SLOT_REST);
    }
    free(copy);
}

/* The table needs its order for a binary search. */
static void test_authorize_finds_each_name_of_its_table(void **state)
{
    (void)state;
#define AUTHORIZE_HARMLESS_API(words) assert_harmless(authorize_api_name, words);
#define AUTHORIZE_HARMLESS_APP(words) assert_harmless(authorize_application_name, words);
#define AUTHORIZE_API(entry, is_spelled, first, ...)                                               \
    assert_string_equal(authorize_api_name(entry).name, entry);                                    \
    assert_int_equal(authorize_api_name(entry).slots[0], first);
#define AUTHORIZE_APP(entry, is_spelled, first, ...)                                               \
    assert_string_equal(authorize_application_name(entry).name, entry);                            \
    assert_int_equal(authorize_application_name(entry).slots[0], first);
#include "auth/authorize_names.def"
    assert_int_equal(authorize_api_name("Bgapi").slots[0], SLOT_PREFIXED);
    assert_true(authorize_api_name("lua").spelled);
    assert_true(authorize_application_name("system").spelled);
    assert_true(authorize_application_name("send_info").spelled);
}

/* We cannot know what an INFO or an event makes a peer do. */
static void test_authorize_wants_messages_to_peers_spelled_out(void **state)
{
    static const char *const wild[] = {"api:uuid_*", "applications:s*", NULL};
    static const char *const spelled[] = {"api:uuid_send_info *", "applications:send_info *", NULL};
    static const struct question messages[] = {
        {ASK_API, "uuid_send_info", "u freeswitch api-request system:x"},
        {ASK_APP, "send_info", "x"},
    };
    (void)state;
    assert_answers(messages, COUNT(messages), wild, FSZ_EDENIED);
    assert_answers(messages, COUNT(messages), spelled, FSZ_OK);
}

/* A caller's name may have quotes; a variable that is executed may not. */
static void test_authorize_takes_quotes_in_variables_that_are_members(void **state)
{
    static const char *const grants[] = {"variables:*", "applications:playback *", "files:*", NULL};
    static const struct question yes[] = {
        {ASK_VARIABLE, "origination_caller_id_name", "Shaun O'Neil, \"Jr.\" {x} [y]"},
        {ASK_VARIABLE, "acme_x", "^^:a:b"},
        {ASK_VARIABLE, "execute_on_answer", "playback /a.wav"},
    };
    static const struct question no[] = {
        {ASK_VARIABLE, "acme_x", "${system(x)}"},
        {ASK_VARIABLE, "acme_x", "a$"},
        {ASK_VARIABLE, "acme_x", "a\r\nVia: x"},
        {ASK_VARIABLE, "acme_x", "%[record_post_process_exec_api=system:x]"},
        {ASK_VARIABLE, "acme x", "1"},
        {ASK_VARIABLE, "acme_x=1,y", "1"},
        {ASK_VARIABLE, "execute_on_answer", "playback '/a.wav'"},
        {ASK_VARIABLE, "execute_on_answer", "lua x"},
        {ASK_VARIABLE, "sip_h_X-A", "a`b"},
    };
    (void)state;
    assert_answers(yes, COUNT(yes), grants, FSZ_OK);
    assert_answers(no, COUNT(no), grants, FSZ_EDENIED);
}

static void test_authorize_gives_up_on_what_is_too_long(void **state)
{
    enum { BYTES = 1 << 19 };
    static const char *const grants[] = {"api:bgapi *", "api:echo *", NULL};
    static const char        pieces[] = {'$', '{', '(', 'a', '\\'};
    char                    *text = malloc(BYTES + 8);
    fsz_why                  why;
    (void)state;
    for (size_t i = 0; i < sizeof(pieces); i++) {
        memset(text, pieces[i], BYTES + 7);
        memcpy(text, "bgapi ", 6);
        text[BYTES + 7] = '\0';
        assert_int_equal(ask(ASK_API, "bgapi", text, grants, -1, why), FSZ_EDENIED);
    }
    for (size_t i = 0; i < BYTES; i += 2) {
        memcpy(text + i, "${", 2);
    }
    assert_int_equal(ask(ASK_API, "echo", text, grants, -1, why), FSZ_EDENIED);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_authorize_compares_command_and_argument_with_one_space_between),
        cmocka_unit_test(test_authorize_wants_what_it_does_not_know_to_be_harmless_spelled_out),
        cmocka_unit_test(test_authorize_finds_what_is_hidden_in_a_text),
        cmocka_unit_test(test_authorize_denies_what_it_can_not_read_as_the_switch_does),
        cmocka_unit_test(test_authorize_finds_a_leg_that_quotes_hide),
        cmocka_unit_test(test_authorize_looks_into_nothing_for_who_may_do_everything),
        cmocka_unit_test(test_authorize_wants_core_events_spelled_out),
        cmocka_unit_test(test_authorize_wants_subclasses_that_modules_obey_spelled_out),
        cmocka_unit_test(test_authorize_sends_no_commands_to_calls_as_events),
        cmocka_unit_test(test_authorize_knows_methods_by_their_names),
        cmocka_unit_test(test_authorize_gives_up_on_what_is_too_long),
        cmocka_unit_test(test_authorize_finds_each_name_of_its_table),
        cmocka_unit_test(test_authorize_wants_messages_to_peers_spelled_out),
        cmocka_unit_test(test_authorize_takes_quotes_in_variables_that_are_members),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
