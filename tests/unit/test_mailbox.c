/* SPDX-License-Identifier: MPL-2.0 */
/* Mails from several threads: none is lost, a sleeping reader is woken, a closed mailbox frees. */
#include "base/mailbox.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <cmocka.h>

enum { POSTERS = 4, MAILS = 20000, DEADLINE_MS = 20000 };

struct note {
    struct fsz_mail mail;
    unsigned        poster, number;
};

struct reader {
    unsigned next[POSTERS];
    unsigned count, disordered;
};

static atomic_uint freed;

static void note_open(struct fsz_mail *mail, void *reader_or_null)
{
    struct note   *note = (struct note *)(void *)mail;
    struct reader *reader = reader_or_null;
    if (reader == NULL) {
        freed++;
    } else {
        reader->disordered += note->number != reader->next[note->poster]++;
        reader->count++;
    }
    free(note);
}

static void post(struct fsz_mailbox *mailbox, unsigned poster, unsigned number)
{
    struct note *note = calloc(1, sizeof(*note));
    assert_non_null(note);
    *note = (struct note){.mail = {.open = note_open}, .poster = poster, .number = number};
    fsz_mailbox_post(mailbox, &note->mail);
}

struct poster {
    struct fsz_mailbox *mailbox;
    unsigned            number;
    pthread_t           thread;
};

static void *poster_main(void *argument)
{
    struct poster *poster = argument;
    for (unsigned i = 0; i < MAILS; i++) {
        post(poster->mailbox, poster->number, i);
    }
    return NULL;
}

static void test_mailbox_all_posters_are_read_in_their_order(void **state)
{
    struct fsz_mailbox *mailbox = NULL;
    struct poster       posters[POSTERS];
    struct reader       reader = {.count = 0};
    (void)state;
    assert_int_equal(fsz_mailbox_new(&mailbox), FSZ_OK);
    for (unsigned i = 0; i < POSTERS; i++) {
        posters[i] = (struct poster){.mailbox = mailbox, .number = i};
        assert_int_equal(pthread_create(&posters[i].thread, NULL, poster_main, &posters[i]), 0);
    }
    while (reader.count < POSTERS * MAILS) {
        struct pollfd item = {.fd = fsz_mailbox_fd(mailbox), .events = POLLIN};
        if (fsz_mailbox_open(mailbox, &reader) == 0 && fsz_mailbox_sleep(mailbox)) {
            assert_int_equal(poll(&item, 1, DEADLINE_MS), 1);
            fsz_mailbox_woken(mailbox);
        }
    }
    for (unsigned i = 0; i < POSTERS; i++) {
        pthread_join(posters[i].thread, NULL);
    }
    assert_int_equal(reader.disordered, 0);
    fsz_mailbox_unref(&mailbox);
}

static void test_mailbox_wakes_only_a_sleeping_reader(void **state)
{
    struct fsz_mailbox *mailbox = NULL;
    struct reader       reader = {.count = 0};
    (void)state;
    assert_int_equal(fsz_mailbox_new(&mailbox), FSZ_OK);
    struct pollfd item = {.fd = fsz_mailbox_fd(mailbox), .events = POLLIN};
    post(mailbox, 0, 0);
    assert_int_equal(poll(&item, 1, 0), 0);
    assert_false(fsz_mailbox_sleep(mailbox));
    assert_int_equal(fsz_mailbox_open(mailbox, &reader), 1);
    assert_true(fsz_mailbox_sleep(mailbox));
    assert_true(fsz_mailbox_sleep(mailbox));
    post(mailbox, 0, 1);
    assert_int_equal(poll(&item, 1, 0), 1);
    fsz_mailbox_woken(mailbox);
    assert_int_equal(poll(&item, 1, 0), 0);
    assert_int_equal(fsz_mailbox_open(mailbox, &reader), 1);
    assert_int_equal(reader.disordered, 0);
    fsz_mailbox_unref(&mailbox);
}

static void test_mailbox_closed_frees_present_and_later_mail(void **state)
{
    struct fsz_mailbox *mailbox = NULL;
    (void)state;
    freed = 0;
    assert_int_equal(fsz_mailbox_new(&mailbox), FSZ_OK);
    struct fsz_mailbox *held = fsz_mailbox_ref(mailbox);
    post(mailbox, 0, 0);
    fsz_mailbox_close(mailbox);
    assert_int_equal(freed, 1);
    fsz_mailbox_unref(&mailbox);
    post(held, 0, 1);
    assert_int_equal(freed, 2);
    fsz_mailbox_unref(&held);
    assert_null(held);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mailbox_all_posters_are_read_in_their_order),
        cmocka_unit_test(test_mailbox_wakes_only_a_sleeping_reader),
        cmocka_unit_test(test_mailbox_closed_frees_present_and_later_mail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
