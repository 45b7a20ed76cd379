/* SPDX-License-Identifier: MPL-2.0 */
/* The simulated switch's calls under control: applications, variables, hangup, transfer. */
#include "drive_sim.h"

#include <stdio.h>

/* The message of the latest operation. */
static char said[256];

static fsz_err execute(struct fsz_sim *sim, struct fsz_execute execute)
{
    struct fsz_buffer words;
    fsz_buffer_init(&words, sizeof said - 1);
    fsz_err err = fsz_sim_execute(sim, &execute, &words);
    snprintf(said, sizeof said, "%s", fsz_buffer_string(&words));
    fsz_buffer_fini(&words);
    return err;
}

/* "EVENT id" of each event of an application that the test runs, in order. */
static void executed(const struct seen *seen, char *ret_text, size_t size)
{
    size_t        index;
    const json_t *event;
    ret_text[0] = '\0';
    json_array_foreach(seen->events, index, event)
    {
        const char *name = value(event, "Event-Name"), *id = value(event, "Application-UUID");
        const char *letter = strcmp(name, "CHANNEL_EXECUTE") == 0            ? "+"
                             : strcmp(name, "CHANNEL_EXECUTE_COMPLETE") == 0 ? "-"
                                                                             : NULL;
        if (strcmp(name, "PRIVATE_COMMAND") == 0) {
            letter = ".";
            id = value(event, "Event-UUID");
        }
        if (letter != NULL && strlen(id) == 1) { /* ids of the test; captured ones are UUIDs */
            size_t length = strlen(ret_text);
            snprintf(ret_text + length, size - length, "%s%s ", letter, id);
        }
    }
}

static void assert_executed(const struct seen *seen, const char *expected)
{
    char text[512];
    executed(seen, text, sizeof text);
    assert_string_equal(text, expected);
}

static const json_t *of_id(const struct seen *seen, const char *name, const char *id)
{
    for (size_t i = json_array_size(seen->events); i-- > 0;) {
        const json_t *event = json_array_get(seen->events, i);
        if (strcmp(value(event, "Event-Name"), name) == 0 &&
            strcmp(value(event, "Application-UUID"), id) == 0) {
            return event;
        }
    }
    return NULL;
}

/* A call that stays up; sim_end() ends it. */
static struct fsz_sim *sim_with_call(struct seen *seen, char ret_uuid[37])
{
    struct fsz_sim *sim = sim_new(seen, (struct fsz_sim_options){0});
    originate(sim, "loopback/1000 &park", ret_uuid);
    return sim;
}

static void test_execute_reports_begin_and_end_with_the_id(void **state)
{
    (void)state;
    struct seen     seen;
    char            call[37];
    struct fsz_sim *sim = sim_with_call(&seen, call);
    assert_int_equal(execute(sim, (struct fsz_execute){call, "playback", "silence_stream://300",
                                                       "a", 1, false, false}),
                     FSZ_OK);
    assert_executed(&seen, "+a ");
    sim_pass(sim, &seen, 1);
    assert_executed(&seen, "+a -a .a ");
    const json_t *begun = of_id(&seen, "CHANNEL_EXECUTE", "a");
    assert_string_equal(value(begun, "Application"), "playback");
    assert_string_equal(value(begun, "Application-Data"), "silence_stream://300");
    assert_string_equal(value(begun, "Unique-ID"), call);
    assert_string_equal(value(begun, "variable_current_application"), "playback");
    const json_t *done = of_id(&seen, "CHANNEL_EXECUTE_COMPLETE", "a");
    assert_string_equal(value(done, "Application-Response"), "FILE PLAYED");
    assert_string_equal(value(done, "variable_current_application_response"), "FILE PLAYED");
    assert_true(strtoull(value(done, "Event-Sequence"), NULL, 10) >
                strtoull(value(begun, "Event-Sequence"), NULL, 10));
    sim_end(sim, &seen);
}

static void test_locked_applications_run_one_after_another(void **state)
{
    (void)state;
    struct seen     seen;
    char            call[37];
    struct fsz_sim *sim = sim_with_call(&seen, call);
    execute(sim, (struct fsz_execute){call, "sleep", "5000", "a", 1, true, false});
    execute(sim, (struct fsz_execute){call, "set", "x=1", "b", 1, true, false});
    execute(sim, (struct fsz_execute){call, "sleep", "10", "c", 1, true, false});
    assert_executed(&seen, "+a ");
    sim_pass(sim, &seen, 20);
    assert_executed(&seen, "+a -a .a +b -b .b +c -c .c ");
    assert_string_equal(value(of_id(&seen, "CHANNEL_EXECUTE_COMPLETE", "c"), "variable_x"), "1");
    assert_string_equal(
        value(of_id(&seen, "CHANNEL_EXECUTE_COMPLETE", "b"), "Application-Response"), "_none_");
    sim_end(sim, &seen);
}

static void test_an_application_without_lock_is_interrupted_by_the_next(void **state)
{
    (void)state;
    struct seen     seen;
    char            call[37];
    struct fsz_sim *sim = sim_with_call(&seen, call);
    execute(sim, (struct fsz_execute){call, "sleep", "100", "a", 1, false, false});
    execute(sim, (struct fsz_execute){call, "sleep", "5000", "b", 1, false, false});
    assert_executed(&seen, "+a +b ");
    sim_pass(sim, &seen, 2);
    assert_executed(&seen, "+a +b ");
    sim_pass(sim, &seen, 10);
    assert_executed(&seen, "+a +b -b .b -a .a ");
    sim_end(sim, &seen);
}

static void test_calls_do_not_wait_for_each_other(void **state)
{
    (void)state;
    struct seen     seen;
    char            one[37], two[37];
    struct fsz_sim *sim = sim_with_call(&seen, one);
    originate(sim, "loopback/1001 &park", two);
    execute(sim, (struct fsz_execute){one, "sleep", "9000", "a", 1, true, false});
    execute(sim, (struct fsz_execute){two, "sleep", "100", "b", 1, true, false});
    sim_pass(sim, &seen, 3);
    assert_executed(&seen, "+a +b -b .b ");
    sim_end(sim, &seen);
}

static void test_loops_are_runs_that_lasted(void **state)
{
    (void)state;
    struct seen     seen;
    char            call[37];
    struct fsz_sim *sim = sim_with_call(&seen, call);
    execute(sim, (struct fsz_execute){call, "sleep", "600", "a", 2, true, false});
    sim_pass(sim, &seen, 5);
    assert_executed(&seen, "+a -a +a -a .a ");
    execute(sim, (struct fsz_execute){call, "sleep", "100", "b", 5, true, false});
    sim_pass(sim, &seen, 5);
    assert_executed(&seen, "+a -a +a -a .a +b -b .b ");
    sim_end(sim, &seen);
}

static void test_hangup_ends_running_and_drops_waiting_applications(void **state)
{
    (void)state;
    struct seen     seen;
    char            call[37];
    struct fsz_sim *sim = sim_with_call(&seen, call);
    execute(sim, (struct fsz_execute){call, "playback", "a.wav", "a", 9, true, false});
    execute(sim, (struct fsz_execute){call, "sleep", "10", "b", 1, true, false});
    assert_int_equal(fsz_sim_hangup(sim, call, "USER_BUSY", NULL), FSZ_OK);
    assert_int_equal(execute(sim, (struct fsz_execute){call, "sleep", "1", "c", 1, true, false}),
                     FSZ_EREFUSED);
    assert_string_equal(said, "the call is hanging up");
    sim_pass(sim, &seen, 5);
    assert_executed(&seen, "+a -a .a .b ");
    const json_t *done = of_id(&seen, "CHANNEL_EXECUTE_COMPLETE", "a");
    assert_string_equal(value(done, "Application-Response"), "_none_");
    assert_string_equal(value(last_of(&seen, "CHANNEL_HANGUP", call), "Hangup-Cause"), "USER_BUSY");
    assert_int_equal(execute(sim, (struct fsz_execute){call, "sleep", "1", "c", 1, true, false}),
                     FSZ_ENOTFOUND);
    sim_end(sim, &seen);
}

static void test_hangup_application_sets_the_cause(void **state)
{
    (void)state;
    struct seen     seen;
    char            call[37];
    struct fsz_sim *sim = sim_with_call(&seen, call);
    execute(sim, (struct fsz_execute){call, "hangup", "CALL_REJECTED", "a", 1, false, false});
    sim_pass(sim, &seen, 5);
    assert_executed(&seen, "+a -a .a ");
    assert_string_equal(value(last_of(&seen, "CHANNEL_HANGUP", call), "Hangup-Cause"),
                        "CALL_REJECTED");
    assert_answer(sim, "uuid_exists", call, "false");
    sim_end(sim, &seen);
}

static void test_execute_refuses_unknown_applications_and_a_full_queue(void **state)
{
    (void)state;
    struct seen     seen;
    char            call[37];
    struct fsz_sim *sim = sim_with_call(&seen, call);
    assert_int_equal(
        execute(sim, (struct fsz_execute){call, "conference", "x", "a", 1, true, false}),
        FSZ_EREFUSED);
    assert_string_equal(said, "Invalid Application conference");
    int queued = 0;
    while (queued < 1000 &&
           execute(sim, (struct fsz_execute){call, "park", NULL, "p", 1, true, false}) == FSZ_OK) {
        queued++;
    }
    assert_int_equal(queued, 256);
    assert_string_equal(said, "the call's queue of commands is full");
    sim_end(sim, &seen);
}

static void test_unlocked_applications_nest_no_deeper_than_allowed(void **state)
{
    (void)state;
    struct seen     seen;
    char            call[37], text[512];
    struct fsz_sim *sim = sim_with_call(&seen, call);
    for (int i = 0; i < 40; i++) {
        assert_int_equal(execute(sim, (struct fsz_execute){call, "echo", "", "e", 1, false, false}),
                         FSZ_OK);
    }
    executed(&seen, text, sizeof text);
    assert_int_equal(strlen(text), 16 * 3);
    sim_end(sim, &seen);
}

static void test_event_application_fires_one_with_the_channels_headers(void **state)
{
    (void)state;
    struct seen     seen;
    char            call[37];
    struct fsz_sim *sim = sim_with_call(&seen, call);
    execute(sim, (struct fsz_execute){call, "event", "a=1,b=two words", "a", 1, true, false});
    const json_t *event = last_of(&seen, "CHANNEL_APPLICATION", call);
    assert_string_equal(value(event, "a"), "1");
    assert_string_equal(value(event, "b"), "two words");
    execute(sim, (struct fsz_execute){call, "event", "Event-Name=CUSTOM,Event-Subclass=my::own",
                                      "b", 1, true, false});
    assert_string_equal(value(last_of(&seen, "CUSTOM", call), "Event-Subclass"), "my::own");
    sim_end(sim, &seen);
}

/* Adds the variable to a JSON object. */
static void take(void *object, const char *name, const char *value)
{
    json_object_set_new(object, name, value == NULL ? json_null() : json_string(value));
}

static void test_variables_are_set_together_and_read_with_the_callers_profile(void **state)
{
    (void)state;
    struct seen       seen;
    char              call[37];
    struct fsz_sim   *sim = sim_with_call(&seen, call);
    const char *const names[] = {"one", "two", "direction"}, *const values[] = {"1", "b c", NULL};
    const char *const asked[] = {"one", "two", "direction", "destination_number", "uuid", "none"};
    json_t           *got = json_object();
    assert_int_equal(fsz_sim_set(sim, call, names, values, 3), FSZ_OK);
    assert_int_equal(fsz_sim_get(sim, call, asked, 6, take, got), FSZ_OK);
    assert_string_equal(value(got, "one"), "1");
    assert_string_equal(value(got, "two"), "b c");
    assert_true(json_is_null(json_object_get(got, "direction")));
    assert_true(json_is_null(json_object_get(got, "none")));
    assert_string_equal(value(got, "destination_number"), "1000");
    assert_string_equal(value(got, "uuid"), call);
    json_object_clear(got);
    assert_int_equal(fsz_sim_get(sim, call, NULL, 0, take, got), FSZ_OK);
    assert_true(json_object_size(got) > 10);
    assert_string_equal(value(got, "two"), "b c");
    assert_null(json_object_get(got, "direction"));
    json_decref(got);
    sim_end(sim, &seen);
}

static void test_set_is_all_or_nothing(void **state)
{
    (void)state;
    struct seen       seen;
    char              call[37];
    struct fsz_sim   *sim = sim_with_call(&seen, call);
    const char *const names[] = {"one", "x\ny"}, *const values[] = {"1", "2"};
    json_t *got = json_object();
    assert_int_equal(fsz_sim_set(sim, call, names, values, 2), FSZ_EINVALID);
    assert_int_equal(fsz_sim_get(sim, call, names, 1, take, got), FSZ_OK);
    assert_true(json_is_null(json_object_get(got, "one")));
    assert_int_equal(fsz_sim_set(sim, "nobody", names, values, 1), FSZ_ENOTFOUND);
    assert_int_equal(fsz_sim_get(sim, "nobody", names, 1, take, got), FSZ_ENOTFOUND);
    json_decref(got);
    sim_end(sim, &seen);
}

static void test_hangup_knows_causes_by_name(void **state)
{
    (void)state;
    struct seen       seen;
    char              call[37];
    struct fsz_buffer words;
    struct fsz_sim   *sim = sim_with_call(&seen, call);
    fsz_buffer_init(&words, 1000);
    assert_int_equal(fsz_sim_hangup(sim, call, "NO_SUCH_CAUSE", &words), FSZ_EREFUSED);
    assert_string_equal(fsz_buffer_string(&words), "no such hangup cause: NO_SUCH_CAUSE");
    assert_int_equal(fsz_sim_hangup(sim, "nobody", NULL, &words), FSZ_ENOTFOUND);
    assert_int_equal(fsz_sim_hangup(sim, call, NULL, &words), FSZ_OK);
    assert_int_equal(fsz_sim_hangup(sim, call, NULL, &words), FSZ_OK);
    sim_pass(sim, &seen, 1);
    assert_string_equal(value(last_of(&seen, "CHANNEL_HANGUP", call), "Hangup-Cause"),
                        "NORMAL_CLEARING");
    fsz_buffer_fini(&words);
    sim_end(sim, &seen);
}

static void test_transfer_goes_to_a_known_number_or_has_no_route(void **state)
{
    (void)state;
    struct seen       seen;
    char              call[37];
    struct fsz_buffer words;
    struct fsz_sim   *sim = sim_with_call(&seen, call);
    fsz_buffer_init(&words, 1000);
    assert_int_equal(fsz_sim_transfer(sim, call, NULL, "1002", NULL, NULL, &words), FSZ_OK);
    sim_pass(sim, &seen, 1);
    assert_answer(sim, "uuid_exists", call, "true");
    execute(sim, (struct fsz_execute){call, "answer", NULL, "a", 1, true, false});
    assert_string_equal(value(of_id(&seen, "CHANNEL_EXECUTE", "a"), "Caller-Destination-Number"),
                        "1002");
    assert_int_equal(fsz_sim_transfer(sim, call, "bleg", "1002", NULL, NULL, &words), FSZ_EREFUSED);
    assert_non_null(strstr(fsz_buffer_string(&words), "a b leg alone"));
    assert_int_equal(fsz_sim_transfer(sim, call, "aleg", "9999", "XML", "default", &words), FSZ_OK);
    sim_pass(sim, &seen, 1);
    assert_string_equal(value(last_of(&seen, "CHANNEL_HANGUP", call), "Hangup-Cause"),
                        "NO_ROUTE_DESTINATION");
    assert_int_equal(fsz_sim_transfer(sim, call, NULL, "1000", NULL, NULL, &words), FSZ_ENOTFOUND);
    fsz_buffer_fini(&words);
    sim_end(sim, &seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_execute_reports_begin_and_end_with_the_id),
        cmocka_unit_test(test_locked_applications_run_one_after_another),
        cmocka_unit_test(test_an_application_without_lock_is_interrupted_by_the_next),
        cmocka_unit_test(test_calls_do_not_wait_for_each_other),
        cmocka_unit_test(test_loops_are_runs_that_lasted),
        cmocka_unit_test(test_hangup_ends_running_and_drops_waiting_applications),
        cmocka_unit_test(test_hangup_application_sets_the_cause),
        cmocka_unit_test(test_execute_refuses_unknown_applications_and_a_full_queue),
        cmocka_unit_test(test_unlocked_applications_nest_no_deeper_than_allowed),
        cmocka_unit_test(test_event_application_fires_one_with_the_channels_headers),
        cmocka_unit_test(test_variables_are_set_together_and_read_with_the_callers_profile),
        cmocka_unit_test(test_set_is_all_or_nothing),
        cmocka_unit_test(test_hangup_knows_causes_by_name),
        cmocka_unit_test(test_transfer_goes_to_a_known_number_or_has_no_route),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
