/* mailbox.h - what other threads hand to one thread, its reader.
 *
 * Posting takes no lock, and wakes the reader only when it sleeps. Counted, because what a thread
 * that is stuck in the switch still holds may outlive the reader. */
#ifndef FSZ_MAILBOX_H
#define FSZ_MAILBOX_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

/* Embedded in what is handed over. */
struct fsz_mail {
    struct fsz_mail *next;
    /* On the reader's thread with what fsz_mailbox_open() was given; with NULL once the mailbox is
     * closed, on any thread: then there is only to be freed. */
    void (*open)(struct fsz_mail *mail, void *reader);
};

struct fsz_mailbox;

FSZ_NODISCARD fsz_err fsz_mailbox_new(struct fsz_mailbox **ret_mailbox);
struct fsz_mailbox   *fsz_mailbox_ref(struct fsz_mailbox *mailbox);
/* Accepts NULL in *mailbox. */
void fsz_mailbox_unref(struct fsz_mailbox **mailbox);

/* Hands `mail` over; it is its opener's from now on. Any thread; never blocks. */
void fsz_mailbox_post(struct fsz_mailbox *mailbox, struct fsz_mail *mail);

/* The same, but does not wake the reader: it opens this when it next calls fsz_mailbox_open(). */
void fsz_mailbox_post_quietly(struct fsz_mailbox *mailbox, struct fsz_mail *mail);

/* All below: the reader. */

/* Opens what was posted, in the order of posting, and before that what was posted quietly; returns
 * how many that were. */
size_t fsz_mailbox_open(struct fsz_mailbox *mailbox, void *reader);
/* Opens what was posted quietly only. */
size_t fsz_mailbox_open_quiet(struct fsz_mailbox *mailbox, void *reader);
/* Whoever posts next makes the descriptor readable. False: something is there already. */
bool fsz_mailbox_sleep(struct fsz_mailbox *mailbox);
int  fsz_mailbox_fd(const struct fsz_mailbox *mailbox);
/* Takes the signal of the descriptor. */
void fsz_mailbox_woken(struct fsz_mailbox *mailbox);
/* Opens what is there, and what will still come, with NULL. */
void fsz_mailbox_close(struct fsz_mailbox *mailbox);

#endif
