/* SPDX-License-Identifier: MPL-2.0 */
/* The text of `zmq status`, `zmq streams`, `zmq api` and `zmq services`. */
#include "engine/status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char full[] =
    "{\"version\":\"1.2.3\",\"host\":\"sim\",\"uptime_ms\":93784000,\"reloads\":4,"
    "\"events\":{\"offered\":10,\"unwanted\":11,\"encoded\":12,\"failed\":13},"
    "\"queue\":{\"events\":20,\"events_max\":21,\"events_peak\":22,\"bytes\":23,\"bytes_max\":24,"
    "\"bytes_peak\":25,\"refused\":{\"low\":30,\"normal\":31,\"high\":32}},"
    "\"access\":{\"admitted\":40,\"refused\":41},"
    "\"client_events\":{\"fired\":42,\"suppressed\":43,\"overflowed\":20,\"refused\":24},"
    "\"audit\":{\"commands\":90,\"refusals\":91,\"suppressed\":92},"
    "\"api\":{\"requests\":{\"ok\":70,\"failed\":71,\"invalid\":72,\"refused\":73,"
    "\"overloaded\":74,\"deadline\":75,\"in_flight\":76},"
    "\"workers\":{\"threads\":1,\"busy\":2,\"stuck\":3,\"waiting\":4,\"waiting_peak\":5,\"run\":6,"
    "\"given_up\":7,\"refused_queue\":8,\"refused_share\":9},"
    "\"background\":{\"threads\":11,\"busy\":12,\"stuck\":13,\"waiting\":14,\"waiting_peak\":15,"
    "\"run\":16,\"given_up\":17,\"refused_queue\":18,\"refused_share\":19},"
    "\"jobs\":{\"kept\":80,\"bytes\":81,\"running\":82,\"refused\":83,\"dropped\":84},"
    "\"sockets\":[{\"name\":\"main\",\"clients\":60,\"messages\":61,\"answers\":62,"
    "\"answers_lost\":63,\"answers_dropped\":64,\"bytes_held\":59,\"endpoints\":["
    "{\"address\":\"ipc:///a\",\"mode\":\"bind\",\"open\":true,\"bound\":\"ipc:///a\"}]}]},"
    "\"streams\":[{\"name\":\"live\",\"framing\":\"envelope\",\"epoch\":\"e-1\",\"seq\":50,"
    "\"subscribers\":51,\"connections\":52,\"subscriptions\":53,\"accepted\":54,"
    "\"handshakes_failed\":55,\"disconnected\":56,\"events_sent\":57,\"bytes_sent\":58,"
    "\"lost\":59,\"truncated\":60,\"send_failures\":61,\"endpoints\":["
    "{\"address\":\"tcp://*:5556\",\"mode\":\"bind\",\"open\":true,\"bound\":\"tcp://[::]:5556\"},"
    "{\"address\":\"tcp://*:5557\",\"mode\":\"bind\",\"open\":false,\"why\":\"in use\"}]}]}";

typedef void (*write_fn)(const json_t *status, struct fsz_buffer *out);

static char *text_of(const char *json, write_fn write)
{
    struct fsz_buffer out;
    json_t           *status = json_loads(json, 0, NULL);
    assert_non_null(status);
    fsz_buffer_init(&out, 1 << 16);
    write(status, &out);
    json_decref(status);
    char *text = fsz_buffer_give(&out);
    assert_non_null(text);
    return text;
}

static void test_summary_begins_with_the_release_and_problems(void **state)
{
    (void)state;
    char       *text = text_of("{\"switch\":{\"version\":\"1.11.2\",\"built_against\":\"1.10.12\"},"
                                     "\"troubles\":[\"no events\",\"no command\"]}",
                               fsz_status_write_summary);
    const char *expected = "\nswitch   release 1.11.2; the module was built against 1.10.12\n"
                           "TROUBLE  no events\nTROUBLE  no command\nevents   0 offered";
    assert_ptr_equal(strstr(text, expected), strchr(text, '\n'));
    free(text);
}

static void host_troubles(void *self, struct fsz_problems *problems)
{
    fsz_problems_add(problems, "%s", (const char *)self);
}

static json_t *status_of(const struct fsz_host *host, const char *version)
{
    struct fsz_host_identity identity = {.built_against = "1.10.12"};
    json_t                  *status = json_object();
    strncat(identity.version, version, sizeof identity.version - 1);
    fsz_status_add_switch(status, host, &identity);
    return status;
}

static void assert_status(json_t *status, const char *expected)
{
    json_t *wanted = json_loads(expected, 0, NULL);
    assert_true(json_equal(status, wanted));
    json_decref(wanted);
    json_decref(status);
}

static void test_status_has_the_hosts_release_and_troubles(void **state)
{
    (void)state;
    const struct fsz_host silent = {.name = "sim"};
    const struct fsz_host talks = {.self = (char[]){"deaf"}, .troubles = host_troubles};
    assert_status(status_of(&silent, ""), "{\"troubles\":[]}");
    assert_status(status_of(&talks, "1.11.2"),
                  "{\"troubles\":[\"deaf\"],\"switch\":{\"version\":\"1.11.2\","
                  "\"built_against\":\"1.10.12\"}}");
}

static void test_summary_has_every_number_in_its_place(void **state)
{
    (void)state;
    char *text = text_of(full, fsz_status_write_summary);
    assert_string_equal(
        text,
        "event_zmq 1.2.3 on sim, up 1d 02:03:04, reloaded 4 times\n"
        "events   10 offered, 11 unwanted, 12 written, 13 lost (out of memory)\n"
        "queue    20 of 21 events (peak 22), 23 of 24 bytes (peak 25)\n"
        "refused  30 low, 31 normal, 32 high\n"
        "access   40 admitted, 41 refused\n"
        "clients  42 events fired, 43 suppressed, 44 lost\n"
        "requests 70 ok, 71 failed, 72 invalid, 73 refused, 74 overloaded, 75 past "
        "their deadline, 76 in flight\n"
        "stream   live (envelope): 51 subscribers, 57 events, 58 bytes out\n"
        "  bind tcp://*:5556 as tcp://[::]:5556\n"
        "  bind tcp://*:5557 NOT OPEN: in use\n"
        "api      main: 60 clients, 61 messages in, 62 out, 63 lost, 64 dropped, 59 bytes held\n"
        "  bind ipc:///a as ipc:///a\n");
    free(text);
}

static void test_api_has_every_number_in_its_place(void **state)
{
    (void)state;
    char *text = text_of(full, fsz_status_write_api);
    assert_string_equal(
        text,
        "requests 70 ok, 71 failed, 72 invalid, 73 refused, 74 overloaded, 75 past their "
        "deadline, 76 in flight\n"
        "workers  1 threads, 2 busy, 3 stuck, 4 waiting (peak 5), 6 run, 7 given up, refused "
        "8 by queue, 9 by share\n"
        "jobs     11 threads, 12 busy, 13 stuck, 14 waiting (peak 15), 16 run, 17 given up, "
        "refused 18 by queue, 19 by share\n"
        "results  80 kept, 81 bytes, 82 running, 83 refused, 84 dropped\n"
        "audit    90 commands, 91 refusals, 92 suppressed\n"
        "api      main: 60 clients, 61 messages in, 62 out, 63 lost, 64 dropped, 59 bytes held\n"
        "  bind ipc:///a as ipc:///a\n");
    free(text);
}

static void test_streams_have_all_their_numbers(void **state)
{
    (void)state;
    char *text = text_of(full, fsz_status_write_streams);
    assert_string_equal(text, "live (envelope)\n"
                              "  epoch e-1, seq 50\n"
                              "  51 subscribers, 52 connections, 53 subscriptions\n"
                              "  54 accepted, 55 handshakes failed, 56 disconnected\n"
                              "  57 events, 58 bytes out, 59 lost, 60 truncated, 61 not sent\n"
                              "  bind tcp://*:5556 as tcp://[::]:5556\n"
                              "  bind tcp://*:5557 NOT OPEN: in use\n");
    free(text);
}

static void test_services_have_all_numbers_of_each_provider(void **state)
{
    (void)state;
    char *text = text_of(
        "{\"services\":[{\"name\":\"users\",\"asked\":1,\"answered\":2,\"errors\":3,"
        "\"deadline\":4,\"no_provider\":5,\"overloaded\":6,\"cancelled\":31,"
        "\"in_flight\":7,\"waiting\":8,"
        "\"providers\":[{\"name\":\"tcp://a:1\",\"state\":\"ejected\",\"was_connected\":false,"
        "\"in_flight\":9,"
        "\"capacity\":10,\"asked\":11,\"answered\":12,\"errors\":13,\"missed\":14,"
        "\"late\":15,\"bad\":16,\"ejections\":17,\"latency_us\":{\"p50\":18,\"p99\":19}}]}],"
        "\"calls\":{\"controlled\":20,\"accepted\":21,\"released\":22,\"handed_over\":23,\"lost\":"
        "24,"
        "\"hangup\":25,\"elsewhere\":26,\"closed\":27,\"refused\":28,\"fenced\":29,"
        "\"events\":30}}",
        fsz_status_write_services);
    assert_string_equal(
        text,
        "users\n"
        "  1 requests, 2 replies, 3 errors, 4 past their deadline, 5 with no provider, "
        "6 refused, 31 cancelled; 7 in flight, 8 waiting\n"
        "  tcp://a:1 is ejected, never connected: 9 of 10 in flight, 11 requests, 12 replies (13 "
        "errors), 14 missed, 15 late, 16 bad, ejected 17 times; p50 18, p99 19 µs\n"
        "calls    20 controlled; 21 accepted, 22 released, 23 handed over, 24 lost, 25 hung "
        "up, 26 gone elsewhere, 27 closed; 28 replies refused, 29 commands fenced, 30 "
        "events\n");
    free(text);
    text = text_of("{}", fsz_status_write_services);
    assert_string_equal(text, "no services\n");
    free(text);
}

static void test_status_of_an_engine_that_is_not_started_is_all_zero(void **state)
{
    (void)state;
    char *text = text_of("{}", fsz_status_write_summary);
    assert_non_null(strstr(text, "up 0d 00:00:00"));
    assert_non_null(strstr(text, "0 of 0 events"));
    free(text);
    text = text_of("{}", fsz_status_write_streams);
    assert_string_equal(text, "");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_summary_begins_with_the_release_and_problems),
        cmocka_unit_test(test_status_has_the_hosts_release_and_troubles),
        cmocka_unit_test(test_summary_has_every_number_in_its_place),
        cmocka_unit_test(test_api_has_every_number_in_its_place),
        cmocka_unit_test(test_streams_have_all_their_numbers),
        cmocka_unit_test(test_services_have_all_numbers_of_each_provider),
        cmocka_unit_test(test_status_of_an_engine_that_is_not_started_is_all_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
