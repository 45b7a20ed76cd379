/* answers.h - answers that workers have for one client, sent by one thread at a time.
 *
 * Workers that write to one connection at once would wait for each other. So a worker adds what it
 * has, which takes no lock, and sends all that is there unless somebody is sending already: that
 * thread then takes the new one too, with others in one write. What the API thread sends itself
 * goes behind the answers that were added before. */
#ifndef FSZ_ANSWERS_H
#define FSZ_ANSWERS_H

#include "zmtp/conn.h"

#include <pthread.h>
#include <stdatomic.h>

/* Embedded in what is answered. */
struct fsz_answer {
    struct fsz_answer       *next;
    struct fsz_zmtp_message *message;        /* a reference; given up when it is sent */
    fsz_err                  err;            /* of sending; read in `sent` and after it */
    size_t                   size;           /* bytes of the message */
    void (*sent)(struct fsz_answer *answer); /* on the thread that has sent it; may free it */
};

struct fsz_answers {
    _Atomic(struct fsz_answer *) newest; /* a list */
    pthread_mutex_t              sending;
};

/* FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_answers_init(struct fsz_answers *answers);
void                  fsz_answers_fini(struct fsz_answers *answers);

/* All below: the caller keeps `answers` in memory, and what it sends goes to `conn`. */

/* Adds one; order is kept. Any thread; never blocks. */
void fsz_answers_add(struct fsz_answers *answers, struct fsz_answer *answer);
/* Sends what is there without waiting for the peer; nothing if another thread is at it. Any thread.
 */
void fsz_answers_send(struct fsz_answers *answers, struct fsz_conn *conn);
/* Sends another message, behind what was added before. Waits for a thread that is sending, but not
 * for the peer. As fsz_conn_send(). */
FSZ_NODISCARD fsz_err fsz_answers_send_behind(struct fsz_answers *answers, struct fsz_conn *conn,
                                              struct fsz_zmtp_message *message);

#endif
