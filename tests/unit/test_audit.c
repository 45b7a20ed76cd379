/* SPDX-License-Identifier: MPL-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/audit.h"

enum { THREADS = 4, WRITES = 2000 };

/* Counts of what the audit reported, and the texts of its last event and line. */
struct told {
    struct fsz_host    host;
    struct fsz_audit  *audit;
    _Atomic int        events, lines;
    fsz_err            answer;
    enum fsz_log_level level;
    char               line[4096], event[8192];
    bool               keeps;
};

static void told_log(void *self, enum fsz_log_level level, const char *text)
{
    struct told *told = self;
    told->lines++;
    if (told->keeps) {
        told->level = level;
        snprintf(told->line, sizeof(told->line), "%s", text);
    }
}

static void told_identify(void *self, struct fsz_host_identity *ret_identity)
{
    (void)self;
    *ret_identity = (struct fsz_host_identity){.core_uuid = "core-1", .hostname = "sw1"};
}

static fsz_err told_offer(void *self, const struct fsz_event *event)
{
    struct told *told = self;
    told->events++;
    if (told->keeps) {
        struct fsz_header headers[FSZ_HEADER_BATCH];
        const void       *cursor = event->headers;
        size_t size = (size_t)snprintf(told->event, sizeof(told->event), "%s/%s\n", event->name,
                                       event->subclass);
        size_t count = event->read(&cursor, headers, FSZ_HEADER_BATCH);
        for (size_t i = 0; i < count; i++) {
            size += (size_t)snprintf(told->event + size, sizeof(told->event) - size, "%s: %s\n",
                                     headers[i].name, headers[i].value);
        }
    }
    return told->answer;
}

static int told_setup(void **state)
{
    struct told *told = calloc(1, sizeof(*told));
    told->host =
        (struct fsz_host){.self = told, .name = "test", .log = told_log, .identify = told_identify};
    told->keeps = true;
    *state = told;
    return fsz_audit_new(&told->host, told_offer, told, &told->audit) == FSZ_OK ? 0 : -1;
}

static int told_teardown(void **state)
{
    struct told *told = *state;
    fsz_audit_free(&told->audit);
    free(told);
    return 0;
}

static const struct fsz_peer         alice = {.user = "alice", .serial = 7, .address = "192.0.2.1"};
static const struct fsz_audit_record status = {.peer = &alice,
                                               .socket = "default",
                                               .action = "api",
                                               .what = "status",
                                               .outcome = "ok",
                                               .took_us = 1500,
                                               .weight = FSZ_AUDIT_CHANGE};

static void assert_has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("no \"%s\" in:\n%s", part, text);
    }
}

static void test_audit_tells_a_command_as_event_and_line(void **state)
{
    struct told *told = *state;
    fsz_audit_write(told->audit, &status);
    static const char *const parts[] = {
        "CUSTOM/fszmq::audit\n",   "Core-UUID: core-1\n",     "FreeSWITCH-Hostname: sw1\n",
        "Event-Date-Timestamp: 1", "Audit-User: alice\n",     "Audit-Address: 192.0.2.1\n",
        "Audit-Connection: 7\n",   "Audit-Socket: default\n", "Audit-Action: api\n",
        "Audit-What: status\n",    "Audit-Outcome: ok\n",     "Audit-Took-us: 1500\n"};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        assert_has(told->event, parts[i]);
    }
    assert_null(strstr(told->event, "Audit-Why"));
    assert_null(strstr(told->event, "Audit-Suppressed"));
    assert_int_equal(told->level, FSZ_LOG_INFO);
    assert_string_equal(told->line, "audit: alice at 192.0.2.1, default: api status: ok");
}

static void test_audit_tells_a_refusal_as_a_warning_with_its_reason(void **state)
{
    struct told            *told = *state;
    struct fsz_audit_record refused = status;
    refused.weight = FSZ_AUDIT_REFUSAL;
    refused.outcome = "refused";
    refused.why = "api \"system\" is not granted";
    refused.what = "system\nrm password=abc";
    refused.took_us = -1;
    fsz_audit_write(told->audit, &refused);
    assert_int_equal(told->level, FSZ_LOG_WARNING);
    assert_string_equal(told->line,
                        "audit: alice at 192.0.2.1, default: api system rm password=***: "
                        "refused, api \"system\" is not granted");
    assert_has(told->event, "Audit-What: system rm password=***\n");
    assert_has(told->event, "Audit-Why: api \"system\" is not granted\n");
    assert_null(strstr(told->event, "Took"));
}

static void test_audit_names_peers_without_name_and_address(void **state)
{
    struct told            *told = *state;
    struct fsz_peer         local = {.serial = 0};
    struct fsz_audit_record record = status;
    record.peer = &local;
    record.what = NULL;
    fsz_audit_write(told->audit, &record);
    assert_string_equal(told->line, "audit: nobody at local, default: api : ok");
    assert_null(strstr(told->event, "Audit-User"));
    assert_null(strstr(told->event, "Audit-What"));
}

static void test_audit_holds_back_what_is_over_the_rate_and_counts_it(void **state)
{
    struct told *told = *state;
    fsz_audit_set_rate(told->audit, 50);
    for (int i = 0; i < WRITES; i++) {
        fsz_audit_write(told->audit, &status);
    }
    struct fsz_audit_counters counters = fsz_audit_counters(told->audit);
    assert_int_equal(counters.commands, WRITES);
    assert_int_equal(counters.refusals, 0);
    assert_in_range(told->events, 50, WRITES / 2);
    assert_in_range(told->lines, FSZ_AUDIT_LOG_BURST, told->events);
    assert_int_equal(counters.suppressed, WRITES - told->events);

    struct fsz_audit_record refused = status;
    int                     events = told->events;
    refused.weight = FSZ_AUDIT_REFUSAL;
    fsz_audit_write(told->audit, &refused);
    assert_int_equal(told->events, events + 1); /* commands took no tokens of the refusals */
    assert_int_equal(fsz_audit_counters(told->audit).refusals, 1);
}

static void test_audit_logs_refusals_and_changes_but_no_routine(void **state)
{
    struct told            *told = *state;
    struct fsz_audit_record record = status;
    record.weight = FSZ_AUDIT_ROUTINE;
    for (int i = 0; i < 50; i++) {
        fsz_audit_write(told->audit, &record);
    }
    assert_int_equal(told->events, 50);
    assert_int_equal(told->lines, 0);
    record.weight = FSZ_AUDIT_CHANGE;
    fsz_audit_write(told->audit, &record);
    assert_int_equal(told->lines, 1); /* routine records took no tokens of the lines */
    assert_null(strstr(told->line, "suppressed"));
}

static void test_audit_without_a_rate_only_counts(void **state)
{
    struct told *told = *state;
    fsz_audit_set_rate(told->audit, 0);
    fsz_audit_write(told->audit, &status);
    assert_int_equal(told->events + told->lines, 0);
    assert_int_equal(fsz_audit_counters(told->audit).commands, 1);
    assert_int_equal(fsz_audit_counters(told->audit).suppressed, 1);
}

static void test_audit_counts_events_that_the_engine_refused(void **state)
{
    struct told *told = *state;
    told->answer = FSZ_EFULL;
    fsz_audit_write(told->audit, &status);
    assert_int_equal(told->lines, 1);
    assert_int_equal(fsz_audit_counters(told->audit).suppressed, 1);
}

static void *told_writer(void *argument)
{
    struct told *told = argument;
    for (int i = 0; i < WRITES; i++) {
        fsz_audit_write(told->audit, &status);
        fsz_audit_set_rate(told->audit, 50 + i % 50);
    }
    return NULL;
}

static void test_audit_may_be_written_by_many_threads(void **state)
{
    struct told *told = *state;
    pthread_t    threads[THREADS];
    told->keeps = false;
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, told_writer, told), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    struct fsz_audit_counters counters = fsz_audit_counters(told->audit);
    assert_int_equal(counters.commands, THREADS * WRITES);
    assert_int_equal(counters.suppressed + (uint64_t)told->events, THREADS * WRITES);
}

#define AUDIT_TEST(f) cmocka_unit_test_setup_teardown(f, told_setup, told_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        AUDIT_TEST(test_audit_tells_a_command_as_event_and_line),
        AUDIT_TEST(test_audit_tells_a_refusal_as_a_warning_with_its_reason),
        AUDIT_TEST(test_audit_names_peers_without_name_and_address),
        AUDIT_TEST(test_audit_holds_back_what_is_over_the_rate_and_counts_it),
        AUDIT_TEST(test_audit_logs_refusals_and_changes_but_no_routine),
        AUDIT_TEST(test_audit_without_a_rate_only_counts),
        AUDIT_TEST(test_audit_counts_events_that_the_engine_refused),
        AUDIT_TEST(test_audit_may_be_written_by_many_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
