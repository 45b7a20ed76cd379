/* SPDX-License-Identifier: MPL-2.0 */
/* The simulated switch on the test's clock: its events and its replies. */
#include "drive_sim.h"

#include <stdio.h>
#include <unistd.h>

/* Per leg: CHANNEL_CREATE first, one hangup, CHANNEL_DESTROY last except for its state. */
static void test_sim_events_of_each_leg_come_in_the_order_of_a_call(void **state)
{
    (void)state;
    struct seen     seen;
    struct fsz_sim *sim =
        sim_new(&seen, (struct fsz_sim_options){.calls_per_second = 20, .seed = 7});
    sim_pass(sim, &seen, 15);
    json_t       *stages = json_object();
    size_t        index;
    const json_t *event;
    json_array_foreach(seen.events, index, event)
    {
        const char *uuid = value(event, "Unique-ID"), *name = value(event, "Event-Name");
        json_int_t  stage = json_integer_value(json_object_get(stages, uuid));
        if (strcmp(name, "CHANNEL_CREATE") == 0) {
            assert_int_equal(stage, 0);
            json_object_set_new(stages, uuid, json_integer(1));
        } else if (strcmp(name, "CHANNEL_HANGUP") == 0) {
            assert_int_equal(stage, 1);
            json_object_set_new(stages, uuid, json_integer(2));
        } else if (strcmp(name, "CHANNEL_HANGUP_COMPLETE") == 0) {
            assert_int_equal(stage, 2);
            json_object_set_new(stages, uuid, json_integer(3));
        } else if (strcmp(name, "CHANNEL_DESTROY") == 0) {
            assert_int_equal(stage, 3);
            json_object_set_new(stages, uuid, json_integer(4));
        }
    }
    assert_true(json_object_size(stages) > 200);
    json_decref(stages);
    sim_end(sim, &seen);
}

static void test_sim_sequence_has_no_gap_and_core_uuid_is_one(void **state)
{
    (void)state;
    struct seen     seen;
    struct fsz_sim *sim = sim_new(&seen, (struct fsz_sim_options){.calls_per_second = 10});
    char            host[256] = "";
    size_t          index;
    const json_t   *event;
    gethostname(host, sizeof host - 1);
    sim_pass(sim, &seen, 3);
    const char *core = value(json_array_get(seen.events, 0), "Core-UUID");
    json_array_foreach(seen.events, index, event)
    {
        assert_int_equal(strtoull(value(event, "Event-Sequence"), NULL, 10), index + 1);
        assert_string_equal(value(event, "Core-UUID"), core);
        assert_string_equal(value(event, "FreeSWITCH-Hostname"), host);
    }
    sim_end(sim, &seen);
}

/* No identity of a captured call appears in an event, and no two calls share one. */
static void test_sim_identities_are_new_and_agree_within_a_call(void **state)
{
    (void)state;
    struct seen     seen;
    struct fsz_sim *sim = sim_new(&seen, (struct fsz_sim_options){.calls_per_second = 10});
    size_t          index;
    const json_t   *event;
    json_t         *sessions = json_object(); /* session id → UUID */
    sim_pass(sim, &seen, 12);
    char *all = json_dumps(seen.events, 0);
    assert_null(strstr(all, "68b44155-163d-4574-983e-72ae5745a2fe"));
    assert_null(strstr(all, "27e039c6-e1b1-4d98-9ea3-5a22f56e6bf7"));
    assert_null(strstr(all, "2026-11-23 02:4"));
    assert_null(strstr(all, "\"17954020"));
    free(all);
    json_array_foreach(seen.events, index, event)
    {
        const char *uuid = value(event, "Unique-ID");
        const char *session = value(event, "variable_session_id");
        if (*session == '\0') {
            continue;
        }
        assert_string_equal(value(event, "variable_uuid"), uuid);
        assert_string_equal(value(event, "Caller-Unique-ID"), uuid);
        const char *known = json_string_value(json_object_get(sessions, session));
        if (known == NULL) {
            json_object_set_new(sessions, session, json_string(uuid));
        } else {
            assert_string_equal(known, uuid);
        }
    }
    assert_true(json_object_size(sessions) > 100);
    json_decref(sessions);
    sim_end(sim, &seen);
}

static void test_sim_times_are_of_today_and_epochs_agree(void **state)
{
    (void)state;
    struct seen     seen;
    struct fsz_sim *sim = sim_new(&seen, (struct fsz_sim_options){.calls_per_second = 10});
    sim_pass(sim, &seen, 5);
    const json_t *event = last_of(&seen, "CHANNEL_HANGUP_COMPLETE", NULL);
    int64_t       now_s = time(NULL);
    int64_t       start_us = strtoll(value(event, "variable_start_uepoch"), NULL, 10);
    assert_in_range(start_us / 1000000, now_s - 60, now_s + 60);
    assert_int_equal(strtoll(value(event, "variable_start_epoch"), NULL, 10), start_us / 1000000);
    assert_string_equal(value(event, "variable_resurrect_epoch"), "0");
    char      stamp[32];
    time_t    start_s = (time_t)(start_us / 1000000);
    struct tm local;
    localtime_r(&start_s, &local);
    strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S", &local);
    assert_string_equal(value(event, "variable_start_stamp"), stamp);
    sim_end(sim, &seen);
}

static void test_sim_same_seed_gives_the_same_calls(void **state)
{
    (void)state;
    struct seen     a, b;
    struct fsz_sim *one = sim_new(&a, (struct fsz_sim_options){.calls_per_second = 10, .seed = 42});
    struct fsz_sim *two = sim_new(&b, (struct fsz_sim_options){.calls_per_second = 10, .seed = 42});
    sim_pass(one, &a, 2);
    sim_pass(two, &b, 2);
    assert_true(json_array_size(a.events) > 100);
    for (size_t i = 0; i < 100; i++) {
        const json_t *left = json_array_get(a.events, i), *right = json_array_get(b.events, i);
        assert_string_equal(value(left, "Event-Name"), value(right, "Event-Name"));
        assert_string_equal(value(left, "Unique-ID"), value(right, "Unique-ID"));
    }
    sim_end(one, &a);
    sim_end(two, &b);
}

static void test_sim_starts_calls_at_the_given_rate(void **state)
{
    (void)state;
    struct seen          seen;
    struct fsz_sim_stats stats;
    struct fsz_sim      *sim =
        sim_new(&seen, (struct fsz_sim_options){.calls_per_second = 50, .sink = seen_count});
    sim_pass(sim, &seen, 10);
    fsz_sim_stats(sim, &stats);
    assert_in_range(stats.calls_started, 498, 502);
    assert_int_equal(stats.calls_refused + stats.calls_skipped, 0);
    assert_int_equal(stats.events, seen.count);
    sim_end(sim, &seen);
}

static void test_sim_refuses_and_counts_calls_over_the_cap(void **state)
{
    (void)state;
    struct seen          seen;
    struct fsz_sim_stats stats;
    struct fsz_sim      *sim = sim_new(
             &seen,
             (struct fsz_sim_options){.calls_per_second = 50, .calls_max = 3, .sink = seen_count});
    sim_pass(sim, &seen, 2);
    fsz_sim_stats(sim, &stats);
    assert_true(stats.calls <= 3);
    assert_true(stats.calls_refused > 10);
    sim_end(sim, &seen);
}

static void note_log(void *self, enum fsz_log_level level, const char *text)
{
    assert_int_equal(level, FSZ_LOG_WARNING);
    assert_non_null(strstr(text, "could not keep up"));
    ++*(int *)self;
}

static void test_sim_leaves_calls_out_and_warns_when_it_is_late(void **state)
{
    (void)state;
    struct seen          seen;
    struct fsz_sim_stats stats;
    int                  told = 0;
    struct fsz_sim      *sim = sim_new(&seen, (struct fsz_sim_options){.calls_per_second = 100,
                                                                       .sink = seen_count,
                                                                       .log = note_log,
                                                                       .log_self = &told});
    fsz_sim_run(sim, monotonic_ns() + 60 * SECOND_NS);
    fsz_sim_stats(sim, &stats);
    assert_in_range(stats.calls_skipped, 5900, 6000);
    assert_int_equal(told, 1);
    sim_end(sim, &seen);
}

static void test_sim_parked_call_stays_until_killed_with_its_cause(void **state)
{
    (void)state;
    struct seen     seen;
    char            uuid[37];
    struct fsz_sim *sim = sim_new(&seen, (struct fsz_sim_options){0});
    originate(sim, "loopback/1003/default &park()", uuid);
    assert_answer(sim, "uuid_exists", uuid, "true");
    sim_pass(sim, &seen, 120);
    assert_answer(sim, "uuid_exists", uuid, "true");
    const json_t *created = last_of(&seen, "CHANNEL_CREATE", uuid);
    assert_string_equal(value(created, "Caller-Destination-Number"), "1003");
    assert_string_equal(value(created, "Channel-Name"), "loopback/1003-a");
    assert_non_null(last_of(&seen, "CHANNEL_PARK", uuid));
    assert_null(last_of(&seen, "CHANNEL_HANGUP", NULL));
    char arg[64];
    snprintf(arg, sizeof arg, "%s USER_BUSY", uuid);
    assert_answer(sim, "uuid_kill", arg, "+OK\n");
    sim_pass(sim, &seen, 2);
    assert_answer(sim, "uuid_exists", uuid, "false");
    const json_t *done = last_of(&seen, "CHANNEL_HANGUP_COMPLETE", uuid);
    assert_string_equal(value(done, "Hangup-Cause"), "USER_BUSY");
    assert_string_equal(value(done, "variable_hangup_cause_q850"), "17");
    assert_non_null(last_of(&seen, "CHANNEL_DESTROY", uuid));
    assert_answer(sim, "uuid_kill", uuid, "-ERR No such channel!\n");
    sim_end(sim, &seen);
}

static void test_sim_duration_of_a_killed_call_is_how_long_it_lasted(void **state)
{
    (void)state;
    struct seen     seen;
    char            uuid[37];
    struct fsz_sim *sim = sim_new(&seen, (struct fsz_sim_options){0});
    originate(sim, "loopback/1000 &park", uuid);
    usleep(300000);
    assert_answer(sim, "uuid_kill", uuid, "+OK\n");
    sim_pass(sim, &seen, 1);
    const json_t *done = last_of(&seen, "CHANNEL_HANGUP_COMPLETE", uuid);
    int64_t       duration_us = strtoll(value(done, "variable_uduration"), NULL, 10);
    int64_t       end_us = strtoll(value(done, "variable_end_uepoch"), NULL, 10);
    assert_true(duration_us >= 300000);
    assert_int_equal(end_us - strtoll(value(done, "variable_start_uepoch"), NULL, 10), duration_us);
    assert_int_equal(strtoll(value(done, "variable_mduration"), NULL, 10), duration_us / 1000);
    sim_end(sim, &seen);
}

static void test_sim_variables_set_are_read_back_and_are_in_later_events(void **state)
{
    (void)state;
    struct seen     seen;
    char            uuid[37], arg[128];
    struct fsz_sim *sim = sim_new(&seen, (struct fsz_sim_options){0});
    originate(sim, "{tenant=acme}loopback/1000 &echo", uuid);
    assert_null(last_of(&seen, "CHANNEL_PARK", uuid)); /* it echoes */
    assert_string_equal(value(last_of(&seen, "CHANNEL_CREATE", uuid), "variable_tenant"), "acme");
    snprintf(arg, sizeof arg, "%s direction own \"text\"", uuid);
    assert_answer(sim, "uuid_setvar", arg, "+OK\n");
    snprintf(arg, sizeof arg, "%s direction", uuid);
    assert_answer(sim, "uuid_getvar", arg, "own \"text\"");
    snprintf(arg, sizeof arg, "%s nothing", uuid);
    assert_answer(sim, "uuid_getvar", arg, "_undef_");
    snprintf(arg, sizeof arg, "%s uuid", uuid);
    assert_answer(sim, "uuid_getvar", arg, uuid);
    assert_answer(sim, "uuid_kill", uuid, "+OK\n");
    sim_pass(sim, &seen, 1);
    const json_t *done = last_of(&seen, "CHANNEL_HANGUP_COMPLETE", uuid);
    assert_string_equal(value(done, "variable_direction"), "own \"text\"");
    assert_string_equal(value(done, "variable_tenant"), "acme");
    sim_end(sim, &seen);
}

static void test_sim_hupall_ends_every_call_and_only_once(void **state)
{
    (void)state;
    struct seen          seen;
    struct fsz_sim_stats stats;
    char                 uuid[37];
    struct fsz_sim      *sim = sim_new(&seen, (struct fsz_sim_options){0});
    for (int i = 0; i < 5; i++) {
        originate(sim, "loopback/1001 &park", uuid);
    }
    assert_answer(sim, "hupall", NULL, "+OK hangup all channels with cause MANAGER_REQUEST\n");
    assert_answer(sim, "hupall", "normal_clearing",
                  "+OK hangup all channels with cause NORMAL_CLEARING\n");
    sim_pass(sim, &seen, 1);
    fsz_sim_stats(sim, &stats);
    assert_int_equal(stats.calls, 0);
    assert_int_equal(stats.channels, 0);
    sim_end(sim, &seen);
}

static void test_sim_show_lists_its_commands(void **state)
{
    (void)state;
    struct seen     seen;
    struct fsz_sim *sim = sim_new(&seen, (struct fsz_sim_options){0});
    char           *text = sim_ask(sim, "show", "api as json");
    json_t         *list = json_loads(text, JSON_REJECT_DUPLICATES, NULL), *row = NULL;
    size_t          index = 0, found = 0;
    assert_int_equal(json_integer_value(json_object_get(list, "row_count")),
                     json_array_size(json_object_get(list, "rows")));
    json_array_foreach(json_object_get(list, "rows"), index, row)
    {
        const char *name = json_string_value(json_object_get(row, "name"));
        found += strcmp(name, "uuid_kill") == 0 &&
                 strcmp(json_string_value(json_object_get(row, "syntax")), "<uuid> [cause]") == 0;
    }
    assert_int_equal(found, 1);
    json_decref(list);
    free(text);
    text = sim_ask(sim, "show", "api");
    assert_non_null(strstr(text, "\nuuid_kill,,<uuid> [cause],sim\n"));
    free(text);
    sim_end(sim, &seen);
}

static void test_sim_show_lists_what_is_up(void **state)
{
    (void)state;
    struct seen     seen;
    char            uuid[37];
    struct fsz_sim *sim = sim_new(&seen, (struct fsz_sim_options){0});
    assert_answer(sim, "show", "channels", "\n0 total.\n");
    assert_answer(sim, "show", "channels as json", "{\"row_count\":0}\n");
    originate(sim, "loopback/1002 &park", uuid);
    assert_answer(sim, "show", "channels count", "\n2 total.\n");
    char   *text = sim_ask(sim, "show", "channels as json");
    json_t *list = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    json_t *row = json_array_get(json_object_get(list, "rows"), 0);
    assert_int_equal(json_integer_value(json_object_get(list, "row_count")), 2);
    assert_int_equal(json_array_size(json_object_get(list, "rows")), 2);
    assert_string_equal(value(row, "uuid"), uuid);
    assert_string_equal(value(row, "dest"), "1002");
    assert_string_equal(value(row, "callstate"), "ACTIVE");
    json_decref(list);
    free(text);
    text = sim_ask(sim, "show", "calls");
    assert_non_null(strstr(text, "uuid,direction,created,"));
    assert_non_null(strstr(text, ",b_uuid,"));
    assert_non_null(strstr(text, uuid));
    free(text);
    sim_end(sim, &seen);
}

static void test_sim_bridged_legs_are_one_call_with_both_uuids(void **state)
{
    (void)state;
    struct seen     seen;
    struct fsz_sim *sim = sim_new(&seen, (struct fsz_sim_options){.calls_per_second = 50});
    bool            found = false;
    for (int i = 0; i < 2000 && !found; i++) {
        sim_pass(sim, &seen, 0.005);
        char   *text = sim_ask(sim, "show", "calls as json");
        json_t *list = json_loads(text, 0, NULL);
        size_t  index;
        json_t *row;
        json_array_foreach(json_object_get(list, "rows"), index, row)
        {
            const json_t *bridge = last_of(&seen, "CHANNEL_BRIDGE", value(row, "uuid"));
            if (*value(row, "b_uuid") != '\0' && bridge != NULL) {
                assert_string_equal(value(row, "b_uuid"), value(bridge, "Bridge-B-Unique-ID"));
                found = true;
            }
        }
        json_decref(list);
        free(text);
    }
    assert_true(found);
    sim_end(sim, &seen);
}

static void test_sim_dump_is_the_current_channel(void **state)
{
    (void)state;
    struct seen     seen;
    char            uuid[37], arg[64];
    struct fsz_sim *sim = sim_new(&seen, (struct fsz_sim_options){0});
    originate(sim, "loopback/1002 &park", uuid);
    snprintf(arg, sizeof arg, "%s json", uuid);
    char   *text = sim_ask(sim, "uuid_dump", arg);
    json_t *dump = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_string_equal(value(dump, "Event-Name"), "CHANNEL_DATA");
    assert_string_equal(value(dump, "Unique-ID"), uuid);
    json_decref(dump);
    free(text);
    text = sim_ask(sim, "uuid_dump", uuid);
    snprintf(arg, sizeof arg, "\nUnique-ID: %s\n", uuid);
    assert_memory_equal(text, "Event-Name: CHANNEL_DATA\n", 25);
    assert_non_null(strstr(text, arg));
    free(text);
    sim_end(sim, &seen);
}

static void test_sim_refuses_what_it_does_not_simulate_with_a_cause(void **state)
{
    (void)state;
    struct seen     seen;
    struct fsz_sim *sim = sim_new(&seen, (struct fsz_sim_options){0});
    assert_answer(sim, "originate", "loopback/9999 &park", "-ERR NO_ROUTE_DESTINATION\n");
    assert_answer(sim, "originate", "sofia/gateway/x/1 &park", "-ERR CHAN_NOT_IMPLEMENTED\n");
    assert_answer(sim, "originate", "error/USER_BUSY &park", "-ERR USER_BUSY\n");
    assert_answer(sim, "originate", "{x=y &park", "-ERR INVALID_NUMBER_FORMAT\n");
    assert_answer(sim, "originate", "loopback/1000",
                  "-USAGE: <call url> <exten>|&<application_name>(<app_args>) [<dialplan>] "
                  "[<context>] [<cid_name>] [<cid_num>] [<timeout_sec>]\n");
    assert_answer(sim, "uuid_setvar", "nobody a b", "-ERR No such channel!\n");
    assert_answer(sim, "hupall", "NO_SUCH_CAUSE", "-ERR Invalid hangup cause NO_SUCH_CAUSE\n");
    assert_answer(sim, "frobnicate", "now", "-ERR frobnicate Command not found!\n");
    struct fsz_buffer out;
    fsz_buffer_init(&out, 1000);
    assert_int_equal(fsz_sim_command(sim, "frobnicate", NULL, &out), FSZ_ENOTFOUND);
    fsz_buffer_fini(&out);
    sim_end(sim, &seen);
}

static void test_sim_commands_fire_an_api_event(void **state)
{
    (void)state;
    struct seen     seen;
    struct fsz_sim *sim = sim_new(&seen, (struct fsz_sim_options){0});
    assert_answer(sim, "echo", "two  words", "two  words");
    const json_t *event = last_of(&seen, "API", NULL);
    assert_string_equal(value(event, "API-Command"), "echo");
    assert_string_equal(value(event, "API-Command-Argument"), "two  words");
    sim_end(sim, &seen);
}

static void test_sim_heartbeat_has_current_figures(void **state)
{
    (void)state;
    struct seen     seen;
    char            uuid[37];
    struct fsz_sim *sim = sim_new(&seen, (struct fsz_sim_options){0});
    originate(sim, "loopback/1000 &park", uuid);
    sim_pass(sim, &seen, 25);
    const json_t *beat = last_of(&seen, "HEARTBEAT", NULL);
    assert_string_equal(value(beat, "Session-Count"), "2");
    const json_t *job = last_of(&seen, "BACKGROUND_JOB", NULL);
    assert_memory_equal(value(job, "_body"), "UP 0 years", 10);
    assert_non_null(strstr(value(job, "_body"), "simulated"));
    sim_end(sim, &seen);
}

static void test_sim_thread_emits_by_itself_and_stops(void **state)
{
    (void)state;
    struct seen          seen;
    struct fsz_sim_stats before, after;
    struct fsz_sim      *sim =
        sim_new(&seen, (struct fsz_sim_options){.calls_per_second = 100, .sink = seen_count});
    assert_int_equal(fsz_sim_start(sim), FSZ_OK);
    for (int i = 0; i < 1000; i++) {
        usleep(10000);
        fsz_sim_stats(sim, &after);
        if (after.events > 500) {
            break;
        }
    }
    assert_true(after.events > 500);
    fsz_sim_stop(sim);
    fsz_sim_stats(sim, &before);
    usleep(50000);
    fsz_sim_stats(sim, &after);
    assert_int_equal(before.events, after.events);
    sim_end(sim, &seen);
}

static void test_sim_reports_bad_flows_with_their_line(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"flow\":\"x\",\"weight\":1,\"legs\":[],\"fresh\":[]}\n{]\n",
        "{\"Event-Name\":\"A\"}\n",
        "{\"flow\":\"x\",\"weight\":1,\"legs\":[],\"fresh\":[]}\n{\"Event-Name\":\"A\"}\n",
        "{\"flow\":\"x\",\"weight\":1,\"legs\":[],\"fresh\":[1]}\n",
        "{\"flow\":\"x\",\"weight\":1,\"legs\":[],\"fresh\":[]}\n",
        "[]\n",
    };
    char path[] = "/tmp/fsz-flows-XXXXXX";
    int  fd = mkstemp(path);
    assert_true(fd >= 0);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct fsz_problems problems;
        struct fsz_sim     *sim = NULL;
        fsz_problems_init(&problems);
        assert_int_equal(ftruncate(fd, 0), 0);
        assert_int_equal(pwrite(fd, texts[i], strlen(texts[i]), 0), strlen(texts[i]));
        assert_int_equal(
            fsz_sim_new(&sim, &(struct fsz_sim_options){.flows_path = path}, &problems),
            FSZ_EINVALID);
        assert_null(sim);
        assert_int_equal(problems.count, 1);
    }
    close(fd);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sim_events_of_each_leg_come_in_the_order_of_a_call),
        cmocka_unit_test(test_sim_sequence_has_no_gap_and_core_uuid_is_one),
        cmocka_unit_test(test_sim_identities_are_new_and_agree_within_a_call),
        cmocka_unit_test(test_sim_times_are_of_today_and_epochs_agree),
        cmocka_unit_test(test_sim_same_seed_gives_the_same_calls),
        cmocka_unit_test(test_sim_starts_calls_at_the_given_rate),
        cmocka_unit_test(test_sim_refuses_and_counts_calls_over_the_cap),
        cmocka_unit_test(test_sim_leaves_calls_out_and_warns_when_it_is_late),
        cmocka_unit_test(test_sim_parked_call_stays_until_killed_with_its_cause),
        cmocka_unit_test(test_sim_duration_of_a_killed_call_is_how_long_it_lasted),
        cmocka_unit_test(test_sim_variables_set_are_read_back_and_are_in_later_events),
        cmocka_unit_test(test_sim_hupall_ends_every_call_and_only_once),
        cmocka_unit_test(test_sim_show_lists_its_commands),
        cmocka_unit_test(test_sim_show_lists_what_is_up),
        cmocka_unit_test(test_sim_bridged_legs_are_one_call_with_both_uuids),
        cmocka_unit_test(test_sim_dump_is_the_current_channel),
        cmocka_unit_test(test_sim_refuses_what_it_does_not_simulate_with_a_cause),
        cmocka_unit_test(test_sim_commands_fire_an_api_event),
        cmocka_unit_test(test_sim_heartbeat_has_current_figures),
        cmocka_unit_test(test_sim_thread_emits_by_itself_and_stops),
        cmocka_unit_test(test_sim_reports_bad_flows_with_their_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
