/* SPDX-License-Identifier: MPL-2.0 */
#include "net/answers.h"

#include "base/thread.h"
#include "zmtp/zmtp_message.h"

enum { ANSWERS_BATCH = 64 };

fsz_err fsz_answers_init(struct fsz_answers *answers)
{
    answers->newest = NULL;
    return fsz_thread_init_lock(&answers->sending);
}

void fsz_answers_fini(struct fsz_answers *answers)
{
    pthread_mutex_destroy(&answers->sending);
}

void fsz_answers_add(struct fsz_answers *answers, struct fsz_answer *answer)
{
    answer->next = atomic_load(&answers->newest);
    while (!atomic_compare_exchange_weak(&answers->newest, &answer->next, answer)) {
    }
}

/* Takes the whole list, the oldest first. */
static struct fsz_answer *answers_take(struct fsz_answers *answers)
{
    struct fsz_answer *newest = atomic_exchange(&answers->newest, NULL), *oldest = NULL;
    while (newest != NULL) {
        struct fsz_answer *next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    return oldest;
}

/* Sends the first replies of a list; returns the rest. */
static struct fsz_answer *answers_send_batch(struct fsz_answer *list, struct fsz_conn *conn)
{
    struct fsz_zmtp_message *messages[ANSWERS_BATCH];
    fsz_err                  errs[ANSWERS_BATCH];
    size_t                   count = 0;
    struct fsz_answer       *rest = list;
    do {
        messages[count++] = rest->message;
        rest = rest->next;
    } while (rest != NULL && count < ANSWERS_BATCH);
    fsz_conn_send_all(conn, messages, count, errs);
    for (size_t i = 0; i < count; i++, list = list->next) {
        list->err = errs[i];
        fsz_zmtp_message_unref(messages[i]);
    }
    return rest;
}

/* Sends all replies in the list and returns them. The caller holds the lock. */
static struct fsz_answer *answers_send_all(struct fsz_answers *answers, struct fsz_conn *conn)
{
    struct fsz_answer *list = answers_take(answers);
    for (struct fsz_answer *rest = list; rest != NULL;) {
        rest = answers_send_batch(rest, conn);
    }
    return list;
}

/* The caller does not hold the lock. */
static void answers_report(struct fsz_answer *list)
{
    while (list != NULL) {
        struct fsz_answer *next = list->next;
        list->sent(list);
        list = next;
    }
}

/* If a reply is added while another thread sends, that thread sends it: it looks at the list again
 * after unlocking. */
void fsz_answers_send(struct fsz_answers *answers, struct fsz_conn *conn)
{
    while (atomic_load(&answers->newest) != NULL && pthread_mutex_trylock(&answers->sending) == 0) {
        struct fsz_answer *list = answers_send_all(answers, conn);
        pthread_mutex_unlock(&answers->sending);
        atomic_thread_fence(memory_order_seq_cst);
        answers_report(list);
    }
}

fsz_err fsz_answers_send_behind(struct fsz_answers *answers, struct fsz_conn *conn,
                                struct fsz_zmtp_message *message)
{
    fsz_thread_lock(&answers->sending);
    struct fsz_answer *list = answers_send_all(answers, conn);
    fsz_err            err = fsz_conn_send(conn, message);
    pthread_mutex_unlock(&answers->sending);
    atomic_thread_fence(memory_order_seq_cst);
    answers_report(list);
    fsz_answers_send(answers, conn); /* replies added meanwhile */
    return err;
}
