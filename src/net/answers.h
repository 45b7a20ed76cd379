/* SPDX-License-Identifier: MPL-2.0 */
/* answers.h - replies of workers to one client, sent by one thread at a time.
 *
 * Workers that write to one connection at once would wait for each other. So a worker adds its
 * reply without a lock, then sends all replies in the list unless another thread is already
 * sending. That thread then also takes the new reply and writes several at once. A message that the
 * API thread sends goes behind the replies added before it. */
#ifndef FSZ_ANSWERS_H
#define FSZ_ANSWERS_H

#include "zmtp/conn.h"

#include <pthread.h>
#include <stdatomic.h>

/* Embedded in the request that it belongs to. */
struct fsz_answer {
    struct fsz_answer       *next;
    struct fsz_zmtp_message *message;        /* a reference; dropped once it is sent */
    fsz_err                  err;            /* result of sending; read in `sent` and after it */
    size_t                   size;           /* bytes of the message */
    void (*sent)(struct fsz_answer *answer); /* on the thread that sent it; may free it */
};

struct fsz_answers {
    _Atomic(struct fsz_answer *) newest; /* linked list, the newest first */
    pthread_mutex_t              sending;
};

/* FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_answers_init(struct fsz_answers *answers);
void                  fsz_answers_fini(struct fsz_answers *answers);

/* For all functions below, the caller keeps `answers` alive. `conn` is the connection to which its
 * replies go. */

/* Adds a reply; order is kept. Any thread; never blocks. */
void fsz_answers_add(struct fsz_answers *answers, struct fsz_answer *answer);
/* Sends the replies in the list without waiting for the peer. Does nothing if another thread is
 * sending. Any thread. */
void fsz_answers_send(struct fsz_answers *answers, struct fsz_conn *conn);
/* Sends a message behind the replies added before. Waits for a thread that is sending, but not for
 * the peer. Errors as for fsz_conn_send(). */
FSZ_NODISCARD fsz_err fsz_answers_send_behind(struct fsz_answers *answers, struct fsz_conn *conn,
                                              struct fsz_zmtp_message *message);

#endif
