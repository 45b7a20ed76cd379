/* SPDX-License-Identifier: MPL-2.0 */
/* mailbox.h - passes mails from any thread to one thread, the reader.
 *
 * Posting takes no lock and wakes the reader only if it sleeps. Reference-counted, because a thread
 * that is stuck in the switch may keep its reference longer than the reader lives. */
#ifndef FSZ_MAILBOX_H
#define FSZ_MAILBOX_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

/* Embedded in what is passed. */
struct fsz_mail {
    struct fsz_mail *next;
    /* Called on the reader's thread with the `reader` of fsz_mailbox_open(). Once the mailbox is
     * closed, called on any thread with NULL; it then only frees. */
    void (*open)(struct fsz_mail *mail, void *reader);
};

struct fsz_mailbox;

FSZ_NODISCARD fsz_err fsz_mailbox_new(struct fsz_mailbox **ret_mailbox);
struct fsz_mailbox   *fsz_mailbox_ref(struct fsz_mailbox *mailbox);
/* Accepts NULL in *mailbox. */
void fsz_mailbox_unref(struct fsz_mailbox **mailbox);

/* Posts `mail`, which its open() owns from now on. Any thread; never blocks. */
void fsz_mailbox_post(struct fsz_mailbox *mailbox, struct fsz_mail *mail);

/* The same, but does not wake the reader, which opens the mail when it next calls
 * fsz_mailbox_open(). */
void fsz_mailbox_post_quietly(struct fsz_mailbox *mailbox, struct fsz_mail *mail);

/* The reader alone calls all functions below. */

/* Opens first the mails that were posted quietly, then the others, both in the order of posting.
 * Returns how many. */
size_t fsz_mailbox_open(struct fsz_mailbox *mailbox, void *reader);
/* Opens only the mails that were posted quietly. */
size_t fsz_mailbox_open_quiet(struct fsz_mailbox *mailbox, void *reader);
/* True: the next post makes the descriptor readable. False: a mail is already there. */
bool fsz_mailbox_sleep(struct fsz_mailbox *mailbox);
int  fsz_mailbox_fd(const struct fsz_mailbox *mailbox);
/* Clears the descriptor's signal. */
void fsz_mailbox_woken(struct fsz_mailbox *mailbox);
/* Opens all mails with NULL, now and in the future. */
void fsz_mailbox_close(struct fsz_mailbox *mailbox);

#endif
