/* SPDX-License-Identifier: MPL-2.0 */
/* The simulated switch as a whole under control: identity, JSON API, events, a slow command. */
#include "drive_sim.h"

#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static void test_identity_is_the_one_in_events(void **state)
{
    (void)state;
    struct seen              seen;
    struct fsz_host_identity identity;
    char                     host[256] = "";
    struct fsz_sim          *sim = sim_new(&seen, (struct fsz_sim_options){0});
    fsz_sim_identify(sim, &identity);
    assert_answer(sim, "echo", "x", "x");
    gethostname(host, sizeof host - 1);
    assert_string_equal(identity.core_uuid, value(last_of(&seen, "API", NULL), "Core-UUID"));
    assert_string_equal(identity.hostname, host);
    assert_string_equal(identity.switchname, host);
    sim_end(sim, &seen);
}

/* The reply of the JSON API; the caller frees it. NULL: it is not JSON. */
static json_t *json_ask(struct fsz_sim *sim, const char *request, fsz_err expected)
{
    struct fsz_buffer answer;
    fsz_buffer_init(&answer, 1 << 20);
    assert_int_equal(fsz_sim_json_api(sim, request, &answer), expected);
    json_t *json = json_loads(fsz_buffer_string(&answer), JSON_DECODE_ANY, NULL);
    fsz_buffer_fini(&answer);
    return json;
}

static void test_json_api_has_status_and_fsapi(void **state)
{
    (void)state;
    struct seen     seen;
    char            call[37];
    struct fsz_sim *sim = sim_new(&seen, (struct fsz_sim_options){.calls_max = 77});
    originate(sim, "loopback/1000 &park", call);
    json_t    *status = json_ask(sim, "{\"command\":\"status\",\"data\":{}}", FSZ_OK);
    json_int_t active = -1, limit = -1;
    assert_int_equal(json_unpack(status, "{s:{s:{s:I, s:I}}}", "sessions", "count", "active",
                                 &active, "limit", &limit),
                     0);
    assert_int_equal(active, 2);
    assert_int_equal(limit, 77);
    assert_string_equal(value(status, "systemStatus"), "ready");
    json_decref(status);
    json_t *output = json_ask(
        sim, "{\"command\":\"fsapi\",\"data\":{\"cmd\":\"echo\",\"arg\":\"a b\"}}", FSZ_OK);
    assert_string_equal(value(output, "message"), "a b");
    json_decref(output);
    output = json_ask(sim, "{\"command\":\"fsapi\",\"data\":{\"cmd\":\"nosuch\"}}", FSZ_EREFUSED);
    assert_string_equal(value(output, "message"), "INVALID CALL");
    json_decref(output);
    assert_null(json_ask(sim, "{\"command\":\"mediaStats\",\"data\":{}}", FSZ_ENOTFOUND));
    assert_null(json_ask(sim, "{\"data\":{}}", FSZ_ENOTFOUND));
    assert_null(json_ask(sim, "{", FSZ_EINVALID));
    sim_end(sim, &seen);
}

static void test_sent_event_comes_out_with_stamps_of_the_switch(void **state)
{
    (void)state;
    struct seen              seen;
    struct fsz_buffer        words;
    const char *const        values[] = {"a", "", "c"};
    const struct fsz_header  headers[] = {{.name = "To", .value = "x"},
                                          {.name = "event-sequence", .value = "1"},
                                          {.name = "Core-UUID", .value = "forged"},
                                          {.name = "empty", .value = ""},
                                          {.name = "list", .values = values, .value_count = 3},
                                          {0}};
    struct fsz_event         event = {.name = "custom",
                                      .subclass = "my::own",
                                      .body = "100 %s",
                                      .headers = headers,
                                      .read = fsz_headers_of_array};
    struct fsz_host_identity identity;
    struct fsz_sim          *sim = sim_new(&seen, (struct fsz_sim_options){0});
    fsz_buffer_init(&words, 1000);
    fsz_sim_identify(sim, &identity);
    assert_answer(sim, "echo", "x", "x");
    assert_int_equal(fsz_sim_send(sim, &event, &words), FSZ_OK);
    const json_t *sent = last_of(&seen, "CUSTOM", NULL);
    assert_string_equal(value(sent, "Event-Subclass"), "my::own");
    assert_string_equal(value(sent, "Core-UUID"), identity.core_uuid);
    assert_string_equal(value(sent, "Event-Sequence"), "2");
    assert_string_equal(value(sent, "To"), "x");
    assert_string_equal(value(sent, "_body"), "100 %s");
    assert_null(json_object_get(sent, "empty"));
    assert_int_equal(json_array_size(json_object_get(sent, "list")), 3);
    event.name = "NO_SUCH_EVENT";
    assert_int_equal(fsz_sim_send(sim, &event, &words), FSZ_EREFUSED);
    assert_string_equal(fsz_buffer_string(&words), "no such event: NO_SUCH_EVENT");
    event.name = "DTMF";
    assert_int_equal(fsz_sim_send(sim, &event, &words), FSZ_EREFUSED);
    assert_int_equal(json_array_size(seen.events), 2);
    fsz_buffer_fini(&words);
    sim_end(sim, &seen);
}

static void *sleeping(void *sim)
{
    char *answer = sim_ask(sim, "msleep", "60000000");
    free(answer);
    return NULL;
}

/* It sleeps for an hour: the test would hang if anything waited for it. */
static void test_slow_command_delays_no_other_command_and_not_the_end(void **state)
{
    (void)state;
    struct seen          seen;
    struct fsz_sim_stats stats;
    pthread_t            thread;
    struct fsz_sim      *sim = sim_new(&seen, (struct fsz_sim_options){.sink = seen_count});
    assert_int_equal(pthread_create(&thread, NULL, sleeping, sim), 0);
    do { /* until its API event has been fired */
        usleep(1000);
        fsz_sim_stats(sim, &stats);
    } while (stats.events == 0);
    assert_answer(sim, "echo", "here", "here");
    sim_end(sim, &seen);
    pthread_detach(thread);
}

struct outside {
    struct fsz_sim *sim;
    char            asked[512];
    const char     *xml; /* NULL: not found */
};

/* Like fsz_engine_lookup(). Also calls the switch, which must not be locked. */
static fsz_err outside_locate(void *self, const struct fsz_lookup *lookup, struct fsz_buffer *xml)
{
    struct outside   *outside = self;
    struct fsz_header headers[8];
    const void       *cursor = lookup->params;
    int    used = snprintf(outside->asked, sizeof outside->asked, "%s %s %s %s:", lookup->section,
                        lookup->tag ? lookup->tag : "-", lookup->key ? lookup->key : "-",
                        lookup->value ? lookup->value : "-");
    size_t count = lookup->read(&cursor, headers, 8);
    for (size_t i = 0; i < count; i++) {
        used += snprintf(outside->asked + used, sizeof outside->asked - (size_t)used, " %s=%s",
                         headers[i].name, headers[i].value);
    }
    assert_answer(outside->sim, "echo", "here", "here");
    return outside->xml == NULL ? FSZ_ENOTFOUND : fsz_buffer_text(xml, outside->xml);
}

static void assert_begins(struct fsz_sim *sim, const char *arg, const char *beginning)
{
    char *text = sim_ask(sim, "xml_locate", arg);
    assert_memory_equal(text, beginning, strlen(beginning));
    free(text);
}

#define OWN(section) "<document type=\"freeswitch/xml\"><section name=\"" section "\">"

static void test_xml_locate_has_built_in_documents(void **state)
{
    (void)state;
    struct seen     seen;
    struct fsz_sim *sim = sim_new(&seen, (struct fsz_sim_options){.sink = seen_count});
    assert_begins(sim, "configuration configuration name acl.conf", OWN("configuration"));
    assert_begins(sim, "directory domain name sim.invalid", OWN("directory"));
    assert_begins(sim, "languages language name en", OWN("languages"));
    assert_begins(sim, "dialplan", OWN("dialplan"));
    assert_answer(sim, "xml_locate", "directory domain name example.org", "can't find anything\n");
    assert_answer(sim, "xml_locate", "chatplan", "can't find anything\n");
    assert_answer(sim, "xml_locate", "directory domain", "-ERR bad args\n");
    assert_begins(sim, "", "-USAGE: <section>");
    sim_end(sim, &seen);
}

static void test_xml_locate_looks_outside_first(void **state)
{
    (void)state;
    struct seen     seen;
    struct outside  outside = {.xml = "<outside/>"};
    struct fsz_sim *sim =
        sim_new(&seen, (struct fsz_sim_options){
                           .sink = seen_count, .locate = outside_locate, .locate_self = &outside});
    outside.sim = sim;
    assert_answer(sim, "xml_locate", "directory domain name sim.invalid user=1000 a= =b c",
                  "<outside/>");
    assert_string_equal(outside.asked,
                        "directory domain name sim.invalid: section=directory tag=domain "
                        "tag_attr_name=name tag_attr_val=sim.invalid user=1000 a=");
    assert_answer(sim, "xml_locate", "dialplan", "<outside/>");
    assert_string_equal(outside.asked, "dialplan - - -: section=dialplan");
    outside.xml = NULL;
    assert_begins(sim, "directory domain name sim.invalid", OWN("directory"));
    sim_end(sim, &seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_identity_is_the_one_in_events),
        cmocka_unit_test(test_json_api_has_status_and_fsapi),
        cmocka_unit_test(test_sent_event_comes_out_with_stamps_of_the_switch),
        cmocka_unit_test(test_slow_command_delays_no_other_command_and_not_the_end),
        cmocka_unit_test(test_xml_locate_has_built_in_documents),
        cmocka_unit_test(test_xml_locate_looks_outside_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
