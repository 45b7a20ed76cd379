/* SPDX-License-Identifier: MPL-2.0 */
#include "event/event.h"
#include "event/filter.h"
#include "load_config.h"

static bool filter_of(const char *inner_filter, const struct fsz_event *event)
{
    char inner[2048];
    snprintf(inner, sizeof inner, STREAM("%s"), inner_filter);
    struct fsz_config *config = load(inner);
    if (config == NULL) {
        fail_msg("%s", problems.lines[0]);
    }
    bool passes = fsz_filter_passes(config->streams[0].filter, event);
    fsz_config_free(&config);
    return passes;
}

static void test_config_filters_say_what_they_are_written_to_say(void **state)
{
    (void)state;
    const struct fsz_header headers[] = {{.name = "Caller-Context", .value = "public"},
                                         {.name = "Direction", .value = "inbound"},
                                         {0}};
    const struct fsz_event  event = {
         .name = "DTMF", .headers = headers, .read = fsz_headers_of_array};
    const char *yes = "<filter><header name=\"Caller-Context\" equals=\"public\"/></filter>";
    assert_true(filter_of(yes, &event));
    assert_true(filter_of("<filter match=\"all\"><header name=\"direction\" matches=\"^in\"/>"
                          "<header name=\"X\" exists=\"true\" not=\"true\"/></filter>",
                          &event));
    assert_true(filter_of("<filter><header name=\"X\" exists=\"false\"/></filter>", &event));
    assert_false(filter_of("<filter not=\"true\"><header name=\"Direction\" exists=\"true\"/>"
                           "</filter>",
                           &event));
    assert_true(
        filter_of("<filter match=\"any\"><header name=\"X\" equals=\"\"/>"
                  "<filter><header name=\"Direction\" equals=\"inbound\"/></filter></filter>",
                  &event));
    assert_false(filter_of("<filter><header name=\"Caller-Context\" equals=\"public\"/></filter>"
                           "<filter><header name=\"Direction\" equals=\"outbound\"/></filter>",
                           &event));
}

static void test_config_tells_mistakes_in_filters(void **state)
{
    (void)state;
    refuse(STREAM("<filter><header name=\"X\" matches=\"^(49\"/></filter>"),
           "line 1: stream \"s\": matches=\"^(49\" is not valid: missing closing parenthesis at "
           "character 5");
    refuse(STREAM("<filter><header name=\"X\"/></filter>"),
           "line 1: stream \"s\": <header> needs exactly one of equals, matches and exists");
    refuse(STREAM("<filter><header name=\"X\" equals=\"1\" matches=\"1\"/></filter>"),
           "line 1: stream \"s\": <header> needs exactly one of equals, matches and exists");
    refuse(STREAM("<filter><header equals=\"1\"/></filter>"),
           "line 1: stream \"s\": <header> needs a name");
    refuse(STREAM("<filter match=\"some\"><header name=\"X\" equals=\"1\"/></filter>"),
           "line 1: stream \"s\": match=\"some\" is not valid: all or any");
    refuse(STREAM("<filter><header name=\"X\" equal=\"1\" equals=\"1\"/></filter>"),
           "line 1: stream \"s\": <header> has no attribute equal");
    refuse(STREAM("<filter><header name=\"X\" equals=\"1\" not=\"perhaps\"/></filter>"),
           "line 1: stream \"s\": not=\"perhaps\" is not valid: true or false");
    refuse(STREAM("<filter/>"),
           "line 1: stream \"s\": <filter> needs a <header> or <filter> in it");
    refuse(STREAM("<filter><param/></filter>"),
           "line 1: stream \"s\": <param> is not known in <filter>: header or filter");
}

static void test_config_refuses_filters_beyond_their_limits(void **state)
{
    (void)state;
    char deep[1024] = "";
    char inner[2048];
    for (int i = 0; i < 9; i++) {
        strcat(deep, "<filter>");
    }
    strcat(deep, "<header name=\"X\" equals=\"1\"/>");
    for (int i = 0; i < 9; i++) {
        strcat(deep, "</filter>");
    }
    snprintf(inner, sizeof inner, STREAM("%s"), deep);
    assert_null(load(inner));
    assert_non_null(strstr(problems.lines[0], "deeper than 8"));
    char *wide = calloc(1, 20000);
    assert_non_null(wide);
    strcpy(wide, "<streams><stream name=\"s\"><param name=\"bind\" value=\"inproc://a\"/><filter>");
    for (int i = 0; i < 300; i++) {
        strcat(wide, "<header name=\"X\" equals=\"1\"/>");
    }
    strcat(wide, "</filter></stream></streams>");
    assert_null(load(wide));
    assert_non_null(strstr(problems.lines[0], "more than 256 conditions"));
    free(wide);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_config_filters_say_what_they_are_written_to_say),
        cmocka_unit_test(test_config_tells_mistakes_in_filters),
        cmocka_unit_test(test_config_refuses_filters_beyond_their_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
