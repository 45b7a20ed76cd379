#include "answers.h"

#include "zmtp/zmtp_message.h"

enum { ANSWERS_BATCH = 64 };

void fsz_answers_add(struct fsz_answers *answers, struct fsz_answer *answer)
{
    answer->next = atomic_load(&answers->newest);
    while (!atomic_compare_exchange_weak(&answers->newest, &answer->next, answer)) {
    }
}

/* All that is there, the oldest first. */
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

/* Sends the first ones of a list; returns the others. */
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

void fsz_answers_send(struct fsz_answers *answers, struct fsz_conn *conn)
{
    struct fsz_answer *done = NULL, **end = &done;
    while (atomic_load(&answers->newest) != NULL && !atomic_exchange(&answers->sending, true)) {
        *end = answers_take(answers);
        for (struct fsz_answer *rest = *end; rest != NULL;) {
            rest = answers_send_batch(rest, conn);
        }
        atomic_store(&answers->sending, false);
        while (*end != NULL) {
            end = &(*end)->next;
        }
    }
    /* Last: this may free the ones that keep the connection. */
    while (done != NULL) {
        struct fsz_answer *next = done->next;
        done->sent(done);
        done = next;
    }
}
