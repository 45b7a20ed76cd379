#include "hold_private.h"
#include "question.h"
#include "ratelimit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <utlist.h>

/* The API thread ends each question in time, and says how far it came. Should it be held up itself,
 * whoever asked leaves so much later. */
enum { DESK_GRACE_MS = 100 };

struct fsz_desk {
    _Atomic unsigned       references;
    struct fsz_mailbox    *mailbox; /* a reference */
    struct fsz_desk_reader reader;
    pthread_mutex_t        lock; /* held for a few instructions */
    bool                   closed;
    struct fsz_question   *asked; /* those whose askers wait */
};

fsz_err fsz_desk_new(struct fsz_mailbox *mailbox, const struct fsz_desk_reader *reader,
                     struct fsz_desk **ret_desk)
{
    struct fsz_desk *desk = calloc(1, sizeof(*desk));
    if (desk == NULL) {
        return FSZ_ENOMEM;
    }
    desk->references = 1;
    desk->mailbox = fsz_mailbox_ref(mailbox);
    desk->reader = *reader;
    pthread_mutex_init(&desk->lock, NULL);
    *ret_desk = desk;
    return FSZ_OK;
}

struct fsz_desk *fsz_desk_ref(struct fsz_desk *desk)
{
    desk->references++;
    return desk;
}

void fsz_desk_unref(struct fsz_desk **desk)
{
    if (*desk != NULL && --(*desk)->references == 0) {
        pthread_mutex_destroy(&(*desk)->lock);
        fsz_mailbox_unref(&(*desk)->mailbox);
        free(*desk);
    }
    *desk = NULL;
}

/* ---- questions ------------------------------------------------------------------------------- */

static fsz_err question_init_wake(pthread_cond_t *wake)
{
    pthread_condattr_t attributes;
    if (pthread_condattr_init(&attributes) != 0) {
        return FSZ_ENOMEM;
    }
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    int error = pthread_cond_init(wake, &attributes);
    pthread_condattr_destroy(&attributes);
    return error == 0 ? FSZ_OK : FSZ_ENOMEM;
}

/* With two references: the asker's, and the API thread's. */
static fsz_err question_new(struct fsz_desk *desk, const struct fsz_ask *ask,
                            struct fsz_question **ret_question)
{
    struct fsz_question *question = calloc(1, sizeof(*question) + ask->params_bytes);
    if (question == NULL || question_init_wake(&question->wake) != FSZ_OK) {
        free(question);
        return FSZ_ENOMEM;
    }
    question->references = 2;
    question->desk = fsz_desk_ref(desk);
    question->mail.open = desk->reader.ask;
    question->withdrawn.open = desk->reader.withdraw;
    question->hold = ask->hold ? fsz_hold_ref(ask->hold) : NULL;
    snprintf(question->service_name, sizeof(question->service_name), "%s", ask->service);
    question->method = ask->method;
    snprintf(question->section, sizeof(question->section), "%s", ask->section ? ask->section : "");
    question->deadline_ms = ask->deadline_ms;
    question->params_bytes = ask->params_bytes;
    memcpy(question->params, ask->params, ask->params_bytes);
    *ret_question = question;
    return FSZ_OK;
}

struct fsz_question *fsz_question_ref(struct fsz_question *question)
{
    question->references++;
    return question;
}

void fsz_question_unref(struct fsz_question **question)
{
    struct fsz_question *q = *question;
    *question = NULL;
    if (q == NULL || --q->references > 0) {
        return;
    }
    json_decref(q->told.result);
    fsz_hold_unref(&q->hold);
    pthread_cond_destroy(&q->wake);
    fsz_desk_unref(&q->desk);
    free(q);
}

static void question_leave_locked(struct fsz_question *question, fsz_err result)
{
    if (!question->ended) {
        question->ended = true;
        question->result = result;
        DL_DELETE2(question->desk->asked, question, previous_asked, next_asked);
    }
}

static void question_end_locked(struct fsz_question *question, fsz_err result)
{
    question_leave_locked(question, result);
    pthread_cond_signal(&question->wake);
}

/* Who waits is woken without the lock, which it would only wait for. */
void fsz_question_end(struct fsz_question *question, fsz_err result)
{
    pthread_mutex_lock(&question->desk->lock);
    question->told_whole = !question->ended;
    question_leave_locked(question, result);
    pthread_mutex_unlock(&question->desk->lock);
    pthread_cond_signal(&question->wake);
}

void fsz_desk_close(struct fsz_desk *desk)
{
    pthread_mutex_lock(&desk->lock);
    desk->closed = true;
    while (desk->asked != NULL) {
        question_end_locked(desk->asked, FSZ_ECLOSED);
    }
    pthread_mutex_unlock(&desk->lock);
}

/* ---- asking ---------------------------------------------------------------------------------- */

static bool desk_add(struct fsz_desk *desk, struct fsz_question *question)
{
    pthread_mutex_lock(&desk->lock);
    bool open = !desk->closed;
    if (open) {
        DL_APPEND2(desk->asked, question, previous_asked, next_asked);
    }
    pthread_mutex_unlock(&desk->lock);
    return open;
}

static struct timespec desk_time(int64_t ms)
{
    return (struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
}

/* Nobody waits for it any more: whoever was sent it is told, if it is an offer. */
static void desk_withdraw_locked(struct fsz_desk *desk, struct fsz_question *question)
{
    question_end_locked(question, FSZ_ECLOSED);
    fsz_question_ref(question);
    fsz_mailbox_post(desk->mailbox, &question->withdrawn);
}

static void desk_wait_locked(struct fsz_desk *desk, struct fsz_question *question,
                             const struct fsz_ask *ask)
{
    int64_t until_ms = question->deadline_ms > 0
                           ? fsz_now_ms() + question->deadline_ms + DESK_GRACE_MS
                           : INT64_MAX;
    while (!question->ended && fsz_now_ms() < until_ms) {
        int64_t         poll_ms = ask->goes_on ? fsz_now_ms() + ask->poll_ms : INT64_MAX;
        int64_t         wake_ms = poll_ms < until_ms ? poll_ms : until_ms;
        struct timespec wake = desk_time(wake_ms);
        if (wake_ms == INT64_MAX) {
            pthread_cond_wait(&question->wake, &desk->lock);
        } else {
            pthread_cond_timedwait(&question->wake, &desk->lock, &wake);
        }
        if (!question->ended && ask->goes_on != NULL && !ask->goes_on(ask->goes_on_self)) {
            desk_withdraw_locked(desk, question);
        }
    }
    question_end_locked(question, FSZ_ETIMEOUT);
}

/* What the API thread has written is the asker's once the question has ended by it, and only then.
 */
static fsz_err desk_wait(struct fsz_desk *desk, struct fsz_question *question,
                         const struct fsz_ask *ask, struct fsz_told *ret_told)
{
    pthread_mutex_lock(&desk->lock);
    desk_wait_locked(desk, question, ask);
    fsz_err result = question->result;
    bool    told = question->told_whole;
    pthread_mutex_unlock(&desk->lock);
    if (told) {
        *ret_told = question->told;
        question->told.result = NULL;
    } else {
        snprintf(ret_told->why, sizeof(ret_told->why), "%s", fsz_err_text(result));
    }
    return result;
}

fsz_err fsz_desk_ask(struct fsz_desk *desk, const struct fsz_ask *ask, struct fsz_told *ret_told)
{
    struct fsz_question *question = NULL;
    *ret_told = (struct fsz_told){.result = NULL};
    fsz_err err = question_new(desk, ask, &question);
    if (err == FSZ_OK && !desk_add(desk, question)) {
        question->references--; /* the API thread does not get it */
        err = FSZ_ECLOSED;
    }
    if (err != FSZ_OK) {
        snprintf(ret_told->why, sizeof(ret_told->why), "%s", fsz_err_text(err));
    } else {
        fsz_mailbox_post(desk->mailbox, &question->mail);
        err = desk_wait(desk, question, ask, ret_told);
    }
    fsz_question_unref(&question);
    return err;
}

void fsz_desk_leave(struct fsz_desk *desk, struct fsz_hold_leave *leave)
{
    leave->mail.open = desk->reader.leave;
    fsz_mailbox_post(desk->mailbox, &leave->mail);
}
