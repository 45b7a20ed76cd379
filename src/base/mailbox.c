/* SPDX-License-Identifier: MPL-2.0 */
#include "base/mailbox.h"

#include "base/ref.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct fsz_mailbox {
    _Atomic(struct fsz_mail *) newest; /* a list, newest first; or one of the two marks below */
    _Atomic(struct fsz_mail *) quiet;  /* a list of mails posted quietly; or mailbox_closed */
    struct fsz_ref             references;
    int                        fd; /* an eventfd, close-on-exec */
};

/* Marks of an empty list: the reader sleeps, or has closed the mailbox. */
static struct fsz_mail mailbox_asleep, mailbox_closed;

fsz_err fsz_mailbox_new(struct fsz_mailbox **ret_mailbox)
{
    struct fsz_mailbox *mailbox = calloc(1, sizeof(*mailbox));
    if (mailbox == NULL) {
        return FSZ_ENOMEM;
    }
    mailbox->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (mailbox->fd < 0) {
        free(mailbox);
        return FSZ_ESYSTEM;
    }
    fsz_ref_init(&mailbox->references, 1);
    *ret_mailbox = mailbox;
    return FSZ_OK;
}

struct fsz_mailbox *fsz_mailbox_ref(struct fsz_mailbox *mailbox)
{
    fsz_ref_take(&mailbox->references);
    return mailbox;
}

void fsz_mailbox_unref(struct fsz_mailbox **mailbox)
{
    if (*mailbox != NULL && fsz_ref_drop(&(*mailbox)->references)) {
        close((*mailbox)->fd);
        free(*mailbox);
    }
    *mailbox = NULL;
}

static void mailbox_signal(const struct fsz_mailbox *mailbox)
{
    uint64_t one = 1;
    ssize_t  written = write(mailbox->fd, &one, sizeof(one));
    (void)written; /* EAGAIN: the counter is at its maximum, so the descriptor is readable */
}

void fsz_mailbox_post(struct fsz_mailbox *mailbox, struct fsz_mail *mail)
{
    struct fsz_mail *newest = atomic_load(&mailbox->newest);
    do {
        if (newest == &mailbox_closed) {
            mail->open(mail, NULL);
            return;
        }
        mail->next = newest == &mailbox_asleep ? NULL : newest;
    } while (!atomic_compare_exchange_weak(&mailbox->newest, &newest, mail));
    if (newest == &mailbox_asleep) {
        mailbox_signal(mailbox);
    }
}

void fsz_mailbox_post_quietly(struct fsz_mailbox *mailbox, struct fsz_mail *mail)
{
    struct fsz_mail *newest = atomic_load(&mailbox->quiet);
    do {
        if (newest == &mailbox_closed) {
            mail->open(mail, NULL);
            return;
        }
        mail->next = newest;
    } while (!atomic_compare_exchange_weak(&mailbox->quiet, &newest, mail));
}

static size_t mailbox_open_all(struct fsz_mail *newest, void *reader)
{
    struct fsz_mail *oldest = NULL;
    size_t           count = 0;
    newest = newest == &mailbox_asleep || newest == &mailbox_closed ? NULL : newest;
    while (newest != NULL) {
        struct fsz_mail *next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    for (; oldest != NULL; count++) {
        struct fsz_mail *next = oldest->next;
        oldest->open(oldest, reader);
        oldest = next;
    }
    return count;
}

size_t fsz_mailbox_open_quiet(struct fsz_mailbox *mailbox, void *reader)
{
    if (atomic_load_explicit(&mailbox->quiet, memory_order_relaxed) == NULL) {
        return 0;
    }
    return mailbox_open_all(atomic_exchange(&mailbox->quiet, NULL), reader);
}

size_t fsz_mailbox_open(struct fsz_mailbox *mailbox, void *reader)
{
    size_t count = fsz_mailbox_open_quiet(mailbox, reader);
    if (atomic_load_explicit(&mailbox->newest, memory_order_relaxed) == NULL) {
        return count;
    }
    return count + mailbox_open_all(atomic_exchange(&mailbox->newest, NULL), reader);
}

bool fsz_mailbox_sleep(struct fsz_mailbox *mailbox)
{
    struct fsz_mail *nothing = NULL;
    return atomic_compare_exchange_strong(&mailbox->newest, &nothing, &mailbox_asleep) ||
           nothing == &mailbox_asleep;
}

int fsz_mailbox_fd(const struct fsz_mailbox *mailbox)
{
    return mailbox->fd;
}

void fsz_mailbox_woken(struct fsz_mailbox *mailbox)
{
    uint64_t count = 0;
    ssize_t  got = read(mailbox->fd, &count, sizeof(count));
    (void)got; /* EAGAIN: there was no signal */
}

void fsz_mailbox_close(struct fsz_mailbox *mailbox)
{
    mailbox_open_all(atomic_exchange(&mailbox->quiet, &mailbox_closed), NULL);
    mailbox_open_all(atomic_exchange(&mailbox->newest, &mailbox_closed), NULL);
}
