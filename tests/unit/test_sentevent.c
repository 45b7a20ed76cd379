/* SPDX-License-Identifier: MPL-2.0 */
/* The object of event.send as an event. */
#include "api/sentevent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void refuse(const char *text, const char *expected)
{
    struct fsz_sentevent event = {0};
    char                 why[FSZ_SENTEVENT_WHY_BYTES] = "";
    json_t              *object = json_loads(text, 0, NULL);
    assert_non_null(object);
    assert_int_equal(fsz_sentevent_init(&event, object, why), FSZ_EINVALID);
    if (strstr(why, expected) == NULL) {
        fail_msg("%s: \"%s\" does not say \"%s\"", text, why, expected);
    }
    fsz_sentevent_fini(&event);
    json_decref(object);
}

static void test_sentevent_members_become_headers_as_they_are(void **state)
{
    struct fsz_sentevent event;
    struct fsz_header    header;
    char                 why[FSZ_SENTEVENT_WHY_BYTES];
    json_t              *object =
        json_loads("{\"Event-Name\":\"CUSTOM\",\"Event-Subclass\":\"acme::x\",\"a\":\"%s%n\",\"n\":"
                   "12,\"t\":true,"
                   "\"list\":[\"x\",2],\"Content-Length\":\"99\",\"_body\":\"%s body\"}",
                   0, NULL);
    (void)state;
    assert_int_equal(fsz_sentevent_init(&event, object, why), FSZ_OK);
    assert_string_equal(event.view.name, "CUSTOM");
    assert_string_equal(event.view.subclass, "acme::x");
    assert_string_equal(event.view.body, "%s body");
    assert_true(fsz_event_find(&event.view, "a", &header));
    assert_string_equal(header.value, "%s%n");
    assert_true(fsz_event_find(&event.view, "n", &header));
    assert_string_equal(header.value, "12");
    assert_true(fsz_event_find(&event.view, "t", &header));
    assert_string_equal(header.value, "true");
    assert_true(fsz_event_find(&event.view, "list", &header));
    assert_int_equal(header.value_count, 2);
    assert_string_equal(header.values[0], "x");
    assert_string_equal(header.values[1], "2");
    assert_false(fsz_event_find(&event.view, "Content-Length", &header));
    assert_false(fsz_event_find(&event.view, "_body", &header));
    fsz_sentevent_fini(&event);
    json_decref(object);
}

static void test_sentevent_name_is_as_the_switch_writes_it(void **state)
{
    (void)state;
    static const char *const names[] = {"CUSTOM", "custom", "SWITCH_EVENT_CUSTOM",
                                        "switch_event_Custom"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct fsz_sentevent event;
        char                 why[FSZ_SENTEVENT_WHY_BYTES];
        json_t *object = json_pack("{ss ss}", "Event-Name", names[i], "Event-Subclass", "acme::x");
        assert_int_equal(fsz_sentevent_init(&event, object, why), FSZ_OK);
        assert_string_equal(event.view.name, "CUSTOM");
        fsz_sentevent_fini(&event);
        json_decref(object);
    }
}

static void test_sentevent_mistakes_are_reported_with_the_member(void **state)
{
    (void)state;
    refuse("{}", "event.Event-Name: is missing");
    refuse("{\"Event-Name\":\"ALL\"}", "event.Event-Name: must be one event");
    refuse("{\"Event-Name\":\"SWITCH_EVENT_ALL\"}", "event.Event-Name: must be one event");
    refuse("{\"Event-Name\":\"CHANNEL_*\"}", "event.Event-Name: must be one event");
    refuse("{\"Event-Name\":\"CUSTOM acme::x\"}", "use Event-Subclass");
    refuse("{\"Event-Name\":\"CUSTOM/acme::x\"}", "use Event-Subclass");
    refuse("{\"Event-Name\":7}", "event.Event-Name: must be a string");
    refuse("{\"Event-Name\":\"\"}", "event.Event-Name: must be a string");
    refuse("{\"Event-Name\":\"CUSTOM\"}", "event.Event-Subclass: is missing");
    refuse("{\"Event-Name\":\"MESSAGE\",\"Event-Subclass\":\"x\"}",
           "is allowed only with Event-Name CUSTOM");
    refuse("{\"event-name\":\"MESSAGE\"}", "must be spelt Event-Name");
    refuse("{\"Event-Name\":\"MESSAGE\",\"x\":{}}", "event.x: must be a string");
    refuse("{\"Event-Name\":\"MESSAGE\",\"x\":[[]]}", "event.x: must be a string");
    refuse("{\"Event-Name\":\"MESSAGE\",\"x\":[]}", "event.x: an array must not be empty");
    refuse("{\"Event-Name\":\"MESSAGE\",\"a\\r\\nb\":\"x\"}",
           "a header name must not contain control characters");
    refuse("{\"Event-Name\":\"MESSAGE\",\"a[3]\":\"x\"}",
           "a header name must not contain control characters");
    refuse("{\"Event-Name\":\"MESSAGE\",\"_body\":1}", "event._body: must be a string");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sentevent_members_become_headers_as_they_are),
        cmocka_unit_test(test_sentevent_name_is_as_the_switch_writes_it),
        cmocka_unit_test(test_sentevent_mistakes_are_reported_with_the_member),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
