/* SPDX-License-Identifier: MPL-2.0 */
/* Waits for the end of an application: by id, by call, by number of loops. */
#include "call/waits.h"
#include "event/ending.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { ENDED_BYTES = 512 };

static _Atomic uint32_t    watched;
static struct fsz_waits   *waits;
static struct fsz_mailbox *mailbox;

static int setup(void **state)
{
    (void)state;
    watched = 0;
    assert_int_equal(fsz_waits_new(&watched, &waits), FSZ_OK);
    assert_int_equal(fsz_mailbox_new(&mailbox), FSZ_OK);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    assert_int_equal(watched, 0);
    fsz_waits_free(&waits);
    fsz_mailbox_unref(&mailbox);
    return 0;
}

/* The reader is the list of ids that ended. */
static void wait_open(struct fsz_mail *mail, void *reader)
{
    const struct fsz_wait *wait = (const struct fsz_wait *)(const void *)mail;
    char                  *ended = reader;
    size_t                 used = strlen(ended);
    snprintf(ended + used, ENDED_BYTES - used, "%s%s", wait->id, wait->ended != NULL ? "! " : " ");
}

static void wait_for(struct fsz_wait *wait, const char *call, const char *id, int64_t loops)
{
    *wait = (struct fsz_wait){
        .mail = {.open = wait_open}, .mailbox = mailbox, .call = call, .loops = loops};
    snprintf(wait->id, sizeof(wait->id), "%s", id);
    fsz_waits_add(waits, wait);
}

static void see(const char *name, const char *call, const char *id, const char *response)
{
    const struct fsz_header headers[] = {{.name = "Unique-ID", .value = call},
                                         {.name = "Application-UUID", .value = id},
                                         {.name = "Event-UUID", .value = id},
                                         {.name = "Application-Response", .value = response},
                                         {.name = "variable_digits", .value = "42"},
                                         {.name = NULL}};
    const struct fsz_event event = {.name = name, .headers = headers, .read = fsz_headers_of_array};
    fsz_waits_see_begin(waits, &event);
    fsz_waits_see(waits, &event);
}

static void expect_ended(const char *ids)
{
    char ended[ENDED_BYTES] = "";
    fsz_mailbox_open(mailbox, ended);
    assert_string_equal(ended, ids);
}

static const char *response(const struct fsz_wait *wait)
{
    return json_string_value(json_object_get(wait->result, "response"));
}

static void test_waits_end_with_their_own_application_only(void **state)
{
    struct fsz_wait a, b;
    (void)state;
    wait_for(&a, "call", "a", 1);
    wait_for(&b, "call", "b", 1);
    assert_int_equal(watched, 2);
    see("CHANNEL_EXECUTE_COMPLETE", "call", "other", "x");
    see("CHANNEL_EXECUTE_COMPLETE", "another", "b", "x");
    see("CHANNEL_EXECUTE", "call", "b", "x");
    expect_ended("");
    see("CHANNEL_EXECUTE_COMPLETE", "call", "b", "FILE PLAYED");
    expect_ended("b ");
    assert_string_equal(response(&b), "FILE PLAYED");
    assert_true(fsz_waits_remove(waits, &a));
    assert_false(fsz_waits_remove(waits, &b));
    json_decref(b.result);
}

static void test_waits_of_a_call_end_with_it(void **state)
{
    struct fsz_wait a, b, other;
    (void)state;
    wait_for(&a, "call", "a", 1);
    wait_for(&b, "call", "b", 3);
    wait_for(&other, "other", "o", 1);
    see("CHANNEL_EXECUTE_COMPLETE", "call", "b", "1");
    see("CHANNEL_HANGUP_COMPLETE", "call", NULL, NULL);
    char ended[ENDED_BYTES] = "";
    fsz_mailbox_open(mailbox, ended);
    assert_non_null(strstr(ended, "a! "));
    assert_non_null(strstr(ended, "b! "));
    assert_null(a.result);
    assert_string_equal(response(&b), "1");
    assert_true(fsz_waits_remove(waits, &other));
    json_decref(b.result);
}

static void test_waits_for_loops_end_with_the_last_or_when_no_more_come(void **state)
{
    struct fsz_wait three, five;
    (void)state;
    wait_for(&three, "call", "three", 3);
    wait_for(&five, "call", "five", 5);
    see("CHANNEL_EXECUTE_COMPLETE", "call", "three", "1");
    see("CHANNEL_EXECUTE_COMPLETE", "call", "three", "2");
    see("CHANNEL_EXECUTE_COMPLETE", "call", "five", "1");
    expect_ended("");
    see("CHANNEL_EXECUTE_COMPLETE", "call", "three", "3");
    expect_ended("three ");
    assert_string_equal(response(&three), "3");
    see("PRIVATE_COMMAND", "call", "five", NULL);
    expect_ended("five ");
    assert_string_equal(response(&five), "1");
    json_decref(three.result);
    json_decref(five.result);
}

static void test_waits_give_the_variables_that_were_wanted(void **state)
{
    struct fsz_wait wait;
    json_t         *names = json_pack("[ss]", "digits", "none");
    (void)state;
    wait_for(&wait, "call", "a", 1);
    wait.names = names;
    see("CHANNEL_EXECUTE_COMPLETE", "call", "a", NULL);
    expect_ended("a ");
    json_t *expected = json_pack("{sn s{ss sn}}", "response", "variables", "digits", "42", "none");
    assert_true(json_equal(wait.result, expected));
    json_decref(expected);
    json_decref(wait.result);
    json_decref(names);
}

static void test_waits_tell_what_did_not_run_or_was_cut_short(void **state)
{
    struct fsz_wait never, cut;
    (void)state;
    wait_for(&never, "call", "never", 1);
    wait_for(&cut, "call", "cut", 3);
    see("PRIVATE_COMMAND", "call", "never", NULL); /* the switch would not */
    expect_ended("never ");
    assert_null(never.result);
    assert_null(never.ended);
    see("CHANNEL_EXECUTE_COMPLETE", "call", "cut", "1");
    see("CHANNEL_HANGUP_COMPLETE", "call", NULL, NULL);
    expect_ended("cut! ");
    assert_string_equal(response(&cut), "1");
    assert_string_equal(cut.ended, FSZ_ENDING_HANGUP);
    json_decref(cut.result);
}

static void test_waits_mark_what_runs_uppermost_or_all(void **state)
{
    struct fsz_wait below, above, queued, fresh;
    (void)state;
    wait_for(&below, "call", "below", 1);
    wait_for(&above, "call", "above", 1);
    wait_for(&queued, "call", "queued", 1);
    see("CHANNEL_EXECUTE", "call", "below", NULL);
    see("CHANNEL_EXECUTE", "call", "stranger", NULL);
    fsz_waits_mark(waits, "call", FSZ_ENDING_STOPPED, false); /* of another wait */
    see("CHANNEL_EXECUTE_COMPLETE", "call", "stranger", "x");
    see("CHANNEL_EXECUTE", "call", "above", NULL);
    fsz_waits_mark(waits, "another", FSZ_ENDING_STOPPED, true);
    fsz_waits_mark(waits, "call", FSZ_ENDING_STOPPED, false);
    see("CHANNEL_EXECUTE_COMPLETE", "call", "above", "x");
    assert_string_equal(above.ended, FSZ_ENDING_STOPPED);
    see("CHANNEL_EXECUTE_COMPLETE", "call", "below", "x");
    assert_null(below.ended);
    see("CHANNEL_EXECUTE", "call", "queued", NULL);
    fsz_waits_mark(waits, "call", FSZ_ENDING_LOST, true);
    see("CHANNEL_EXECUTE_COMPLETE", "call", "queued", "x");
    assert_string_equal(queued.ended, FSZ_ENDING_LOST);
    wait_for(&fresh, "call", "fresh", 1);
    fsz_waits_mark(waits, "call", FSZ_ENDING_STOPPED, false);
    /* `fresh` runs, but its begin is not reported yet. */
    fsz_waits_mark(waits, "call", FSZ_ENDING_LOST, true);
    see("CHANNEL_EXECUTE", "call", "fresh", NULL);
    see("CHANNEL_EXECUTE_COMPLETE", "call", "fresh", "x");
    assert_string_equal(fresh.ended, FSZ_ENDING_LOST);
    expect_ended("above! below queued! fresh! ");
    json_decref(below.result);
    json_decref(above.result);
    json_decref(queued.result);
    json_decref(fresh.result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_waits_end_with_their_own_application_only, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_waits_of_a_call_end_with_it, setup, teardown),
        cmocka_unit_test_setup_teardown(test_waits_for_loops_end_with_the_last_or_when_no_more_come,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_waits_tell_what_did_not_run_or_was_cut_short, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_waits_mark_what_runs_uppermost_or_all, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_waits_give_the_variables_that_were_wanted, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
