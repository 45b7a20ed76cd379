/* SPDX-License-Identifier: MPL-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/pretty.h"
#include "cli/text.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static char *line_of(const struct fsz_pretty *pretty, const char *text)
{
    char   *line = NULL;
    size_t  size = 0;
    json_t *event = json_loads(text, 0, NULL);
    FILE   *out = open_memstream(&line, &size);
    assert_non_null(event);
    assert_non_null(out);
    fsz_pretty_event(pretty, out, event);
    fclose(out);
    json_decref(event);
    return line;
}

static void line_is(const char *text, const char *expected)
{
    const struct fsz_pretty plain = {.utf8 = true};
    char                   *line = line_of(&plain, text);
    assert_string_equal(line, expected);
    free(line);
}

static void test_pretty_shows_time_name_call_and_numbers(void **state)
{
    (void)state;
    line_is("{\"Event-Name\":\"CHANNEL_HANGUP\",\"Event-Date-Timestamp\":\"1795402011941350\","
            "\"Unique-ID\":\"f04b34aa-3489-4946-bb7c-878aa07c72c6\",\"Caller-Caller-ID-Number\":"
            "\"1001\",\"Caller-Destination-Number\":\"1004\",\"Hangup-Cause\":\"USER_BUSY\"}",
            "02:46:51.941 CHANNEL_HANGUP             f04b34aa 1001→1004  USER_BUSY\n");
}

static void test_pretty_shows_the_subclass_of_a_custom_event(void **state)
{
    (void)state;
    line_is("{\"Event-Name\":\"CUSTOM\",\"Event-Subclass\":\"conference::maintenance\","
            "\"Conference-Name\":\"lab\",\"Action\":\"add-member\",\"Conference-Size\":\"2\"}",
            "--:--:--.000 conference::maintenance             lab add-member of 2\n");
}

#define CLIENT_EVENT "{\"Event-Name\":\"CUSTOM\",\"Event-Subclass\":\"fszmq::client\","

static void test_pretty_shows_client_events(void **state)
{
    (void)state;
    line_is(CLIENT_EVENT "\"Client-Action\":\"connect\",\"Client-Owner\":\"stream/default\","
                         "\"Client-Address\":\"tcp://127.0.0.1:40112\"}",
            "--:--:--.000 fszmq::client                       "
            "connect stream/default tcp://127.0.0.1:40112\n");
    line_is(CLIENT_EVENT "\"Client-Action\":\"disconnect\",\"Client-Owner\":\"api-socket/a\","
                         "\"Client-Address\":\"tcp://192.0.2.7:1\",\"Client-User\":\"ann\","
                         "\"Client-Reason\":\"kicked\",\"Client-Suppressed\":\"12\"}",
            "--:--:--.000 fszmq::client                       "
            "disconnect api-socket/a tcp://192.0.2.7:1 user ann: kicked, 12 suppressed\n");
    line_is(CLIENT_EVENT "\"Client-Action\":\"suppressed\",\"Client-Group\":\"traffic\","
                         "\"Client-Suppressed\":\"3\"}",
            "--:--:--.000 fszmq::client                       "
            "suppressed traffic, 3 suppressed\n");
}

static void test_pretty_omits_parts_without_a_value(void **state)
{
    (void)state;
    line_is("{\"Event-Name\":\"CHANNEL_EXECUTE_COMPLETE\",\"Application\":\"hangup\","
            "\"Application-Response\":\"_none_\"}",
            "--:--:--.000 CHANNEL_EXECUTE_COMPLETE            hangup\n");
    line_is("{\"Event-Name\":\"CHANNEL_EXECUTE_COMPLETE\",\"Application\":\"sleep\","
            "\"Application-Data\":\"100\",\"Application-Response\":\"ok\"}",
            "--:--:--.000 CHANNEL_EXECUTE_COMPLETE            sleep(100) = ok\n");
}

static void test_pretty_shows_an_unknown_event(void **state)
{
    (void)state;
    line_is("{\"Event-Name\":\"SOMETHING_NEW\"}",
            "--:--:--.000 SOMETHING_NEW                       \n");
    line_is("{}", "--:--:--.000 ?                                   \n");
    line_is("{\"Event-Name\":[],\"Unique-ID\":{\"a\":1},\"Event-Date-Timestamp\":7}",
            "--:--:--.000 ?                                   \n");
}

static void test_pretty_escapes_control_characters(void **state)
{
    (void)state;
    static const char event[] =
        "{\"Event-Name\":\"CHANNEL_ANSWER\\u001b[2J\",\"Unique-ID\":\"\\u001b]0;x\\u0007\","
        "\"Caller-Caller-ID-Number\":\"\\r\\n10\\u009b31m01\",\"Caller-Destination-Number\":"
        "\"\\u202e4001\\u007f\",\"Answer-State\":\"\\u0008\\u0085\"}";
    const struct fsz_pretty plain = {.utf8 = true};
    char                   *line = line_of(&plain, event);
    size_t                  size = strlen(line);
    for (size_t i = 0; i + 1 < size; i++) {
        assert_true((unsigned char)line[i] >= 0x20 && line[i] != 0x7f);
    }
    assert_null(strstr(line, "\xc2\x9b"));
    assert_null(strstr(line, "\xe2\x80\xae"));
    assert_non_null(strstr(line, "CHANNEL_ANSWER\\x1b[2J"));
    assert_non_null(strstr(line, "\\r\\n10\\u009b31m01→\\u202e4001\\x7f"));
    free(line);
}

static void test_pretty_cuts_long_values_between_characters(void **state)
{
    (void)state;
    char   event[2048];
    char   value[601] = "";
    size_t expected = 0;
    for (int i = 0; i < 200; i++) {
        strcat(value, "€");
    }
    snprintf(event, sizeof event, "{\"Event-Name\":\"CHANNEL_DESTROY\",\"Hangup-Cause\":\"%s\"}",
             value);
    const struct fsz_pretty plain = {.utf8 = true};
    char                   *line = line_of(&plain, event);
    for (const char *at = line; (at = strstr(at, "€")) != NULL; at += strlen("€")) {
        expected++;
    }
    assert_true(expected > 10 && expected < 100);
    assert_null(strstr(line, "\\x"));
    assert_string_equal(line + strlen(line) - strlen("…\n"), "…\n");
    free(line);
}

static void test_pretty_colours_only_if_enabled_and_always_resets(void **state)
{
    (void)state;
    static const char       event[] = "{\"Event-Name\":\"CHANNEL_HANGUP\",\"Unique-ID\":\"abc\"}";
    const struct fsz_pretty coloured = {.colour = true, .utf8 = true};
    char                   *line = line_of(&coloured, event);
    size_t                  escapes = 0;
    size_t                  resets = 0;
    for (const char *at = line; (at = strchr(at, '\x1b')) != NULL; at++) {
        escapes++;
        resets += strncmp(at, "\x1b[0m", 4) == 0;
    }
    assert_true(resets > 0);
    assert_int_equal(escapes, 2 * resets);
    assert_non_null(strstr(line, "\x1b[1;31mCHANNEL_HANGUP\x1b[0m"));
    free(line);
    const struct fsz_pretty plain = {0};
    line = line_of(&plain, event);
    assert_null(strchr(line, '\x1b'));
    free(line);
}

static void test_pretty_shows_chosen_fields_instead_of_details(void **state)
{
    (void)state;
    const struct fsz_option_list fields = {.items = {"caller-context", "Nope", "Event-Name"},
                                           .count = 3};
    const struct fsz_pretty      pretty = {.fields = &fields};
    char *line = line_of(&pretty, "{\"Event-Name\":\"DTMF\",\"Caller-Context\":[\"a\\nb\",\"c\"]}");
    assert_string_equal(line, "--:--:--.000 DTMF                       "
                              "caller-context=a\\nb Nope= Event-Name=DTMF\n");
    free(line);
}

static void test_pretty_shows_the_numbers_of_the_envelope(void **state)
{
    (void)state;
    const struct fsz_pretty plain = {0};
    char                   *text = NULL;
    size_t                  size = 0;
    json_t *meta = json_pack("{s:s, s:i, s:i}", "stream", "li\x1bve", "seq", 4711, "type_seq", 12);
    FILE   *out = open_memstream(&text, &size);
    fsz_pretty_meta(&plain, out, meta);
    fclose(out);
    assert_string_equal(text, "li\\x1bve 4711/12 ");
    json_decref(meta);
    free(text);
}

static void json_line_is(const char *bytes, bool terminal, const char *expected)
{
    char  *text = NULL;
    size_t size = 0;
    FILE  *out = open_memstream(&text, &size);
    fsz_text_put_json(out, bytes, strlen(bytes), terminal);
    fclose(out);
    assert_string_equal(text, expected);
    free(text);
}

static void test_text_writes_json_on_one_line_and_otherwise_unchanged(void **state)
{
    (void)state;
    json_line_is("{\"a\":\"\xc3\xa9\\n\xc2\x9b\"}", false, "{\"a\":\"\xc3\xa9\\n\xc2\x9b\"}");
    json_line_is("{\n\t\"a\": 1\r\n}", false, "{  \"a\": 1  }");
}

static void test_text_escapes_json_for_a_terminal_without_changing_its_meaning(void **state)
{
    (void)state;
    json_line_is("{\"a\":\"\xc3\xa9\xc2\x9b\x7f\xe2\x80\xae\"}", true,
                 "{\"a\":\"\xc3\xa9\\u009b\\u007f\\u202e\"}");
}

static void test_text_shows_invalid_utf8_as_escapes(void **state)
{
    (void)state;
    static const char bytes[] = "a\xff\xc3 \xe2\x82 \xed\xa0\x80 \xc0\xaf \xf4\x90\x80\x80 \xe2";
    char             *text = NULL;
    size_t            size = 0;
    FILE             *out = open_memstream(&text, &size);
    fsz_text_put(out, bytes, sizeof bytes - 1);
    fclose(out);
    assert_string_equal(text, "a\\xff\\xc3 \\xe2\\x82 \\xed\\xa0\\x80 \\xc0\\xaf "
                              "\\xf4\\x90\\x80\\x80 \\xe2");
    free(text);
}

static int pretty_setup(void **state)
{
    (void)state;
    setenv("TZ", "UTC", 1);
    tzset();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pretty_shows_time_name_call_and_numbers),
        cmocka_unit_test(test_pretty_shows_the_subclass_of_a_custom_event),
        cmocka_unit_test(test_pretty_shows_client_events),
        cmocka_unit_test(test_pretty_omits_parts_without_a_value),
        cmocka_unit_test(test_pretty_shows_an_unknown_event),
        cmocka_unit_test(test_pretty_escapes_control_characters),
        cmocka_unit_test(test_pretty_cuts_long_values_between_characters),
        cmocka_unit_test(test_pretty_colours_only_if_enabled_and_always_resets),
        cmocka_unit_test(test_pretty_shows_chosen_fields_instead_of_details),
        cmocka_unit_test(test_pretty_shows_the_numbers_of_the_envelope),
        cmocka_unit_test(test_text_writes_json_on_one_line_and_otherwise_unchanged),
        cmocka_unit_test(test_text_escapes_json_for_a_terminal_without_changing_its_meaning),
        cmocka_unit_test(test_text_shows_invalid_utf8_as_escapes),
    };
    return cmocka_run_group_tests(tests, pretty_setup, NULL);
}
