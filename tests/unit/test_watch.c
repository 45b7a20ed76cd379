/* SPDX-License-Identifier: MPL-2.0 */
/* Events of controlled calls for the API thread. */
#include "call/watch.h"
#include "host/host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LARGE_BYTES = 500000, LARGE_ALL = FSZ_WATCH_BYTES_MAX / LARGE_BYTES };

struct rig {
    struct fsz_mailbox *mailbox;
    struct fsz_watch   *watch;
    struct fsz_control *control;
    _Atomic uint32_t    watched;
    size_t              taken, last;
};

static void rig_take(void *reader, struct fsz_control *control, const char *type,
                     const struct fsz_buffer *text, bool last)
{
    struct rig *rig = reader;
    (void)type;
    assert_ptr_equal(control, rig->control);
    assert_true(text->size > LARGE_BYTES);
    rig->taken++;
    rig->last += last;
}

static void rig_init(struct rig *rig)
{
    static const struct fsz_host host = {.self = NULL};
    struct fsz_selection        *types = NULL;
    memset(rig, 0, sizeof(*rig));
    assert_int_equal(fsz_mailbox_new(&rig->mailbox), FSZ_OK);
    assert_int_equal(fsz_watch_new(rig->mailbox, &rig->watched, rig_take, &rig->watch), FSZ_OK);
    assert_int_equal(fsz_control_new(&host, "c1", &rig->control), FSZ_OK);
    assert_int_equal(fsz_watch_add(rig->watch, rig->control), FSZ_OK);
    assert_int_equal(fsz_selection_new("DTMF", &types, NULL), FSZ_OK);
    fsz_watch_subscribe(rig->watch, rig->control, &types);
}

static void rig_fini(struct rig *rig)
{
    fsz_mailbox_close(rig->mailbox);
    fsz_watch_free(&rig->watch);
    fsz_control_unref(&rig->control);
    fsz_mailbox_unref(&rig->mailbox);
}

static void see(struct rig *rig, const char *name, size_t count)
{
    char *value = malloc(LARGE_BYTES + 1);
    memset(value, 'x', LARGE_BYTES);
    value[LARGE_BYTES] = '\0';
    const struct fsz_header headers[] = {
        {.name = "Unique-ID", .value = "c1"}, {.name = "Large", .value = value}, {.name = NULL}};
    const struct fsz_event event = {.name = name, .headers = headers, .read = fsz_headers_of_array};
    for (size_t i = 0; i < count; i++) {
        fsz_watch_see(rig->watch, &event);
    }
    free(value);
}

static void test_more_than_the_bound_is_dropped_and_counted(void **state)
{
    struct rig rig;
    (void)state;
    rig_init(&rig);
    see(&rig, "DTMF", LARGE_ALL + 10);
    uint64_t dropped = fsz_watch_dropped(rig.watch);
    assert_in_range(dropped, 10, LARGE_ALL);
    fsz_mailbox_open(rig.mailbox, &rig);
    assert_int_equal(rig.taken + dropped, LARGE_ALL + 10);
    rig_fini(&rig);
}

static void test_the_last_event_is_never_dropped(void **state)
{
    struct rig rig;
    (void)state;
    rig_init(&rig);
    see(&rig, "DTMF", LARGE_ALL + 10);
    see(&rig, "CHANNEL_HANGUP_COMPLETE", 1);
    fsz_mailbox_open(rig.mailbox, &rig);
    assert_int_equal(rig.last, 1);
    rig_fini(&rig);
}

static void test_what_was_taken_makes_room(void **state)
{
    struct rig rig;
    (void)state;
    rig_init(&rig);
    for (int i = 0; i < 3; i++) {
        see(&rig, "DTMF", LARGE_ALL / 4);
        fsz_mailbox_open(rig.mailbox, &rig);
    }
    assert_int_equal(fsz_watch_dropped(rig.watch), 0);
    see(&rig, "DTMF", 3); /* no thread reads them: closing the mailbox frees them */
    rig_fini(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_more_than_the_bound_is_dropped_and_counted),
        cmocka_unit_test(test_the_last_event_is_never_dropped),
        cmocka_unit_test(test_what_was_taken_makes_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
