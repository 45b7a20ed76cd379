#include "base/ratelimit.h"
#include "service/direct_send.h"

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
    struct fsz_direct      direct;
    _Atomic unsigned       leaves; /* on their way to the reader */
    pthread_mutex_t        lock;   /* held for a few instructions */
    bool                   closed;
    struct fsz_question   *asked; /* those whose askers wait */
};

fsz_err fsz_desk_new(struct fsz_mailbox *mailbox, const struct fsz_desk_reader *reader,
                     struct fsz_desk **ret_desk)
{
    struct fsz_desk *desk = calloc(1, sizeof(*desk));
    if (desk == NULL || fsz_direct_init(&desk->direct) != FSZ_OK) {
        free(desk);
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
        fsz_direct_fini(&(*desk)->direct);
        fsz_mailbox_unref(&(*desk)->mailbox);
        free(*desk);
    }
    *desk = NULL;
}

struct fsz_direct *fsz_desk_direct(struct fsz_desk *desk)
{
    return &desk->direct;
}

/* ---- questions ------------------------------------------------------------------------------- */

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

static int64_t desk_least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void desk_sleep_locked(struct fsz_desk *desk, struct fsz_question *question, int64_t wake_ms)
{
    struct timespec wake = desk_time(wake_ms);
    if (wake_ms == INT64_MAX) {
        pthread_cond_wait(&question->wake, &desk->lock);
    } else {
        pthread_cond_timedwait(&question->wake, &desk->lock, &wake);
    }
}

/* `late_ms`: when the API thread, which may sleep, is woken for a question that this thread sent.
 */
static void desk_wait_locked(struct fsz_desk *desk, struct fsz_question *question,
                             const struct fsz_ask *ask, int64_t late_ms)
{
    int64_t until_ms = question->deadline_ms > 0
                           ? fsz_now_ms() + question->deadline_ms + DESK_GRACE_MS
                           : INT64_MAX;
    while (!question->ended && fsz_now_ms() < until_ms) {
        int64_t poll_ms = ask->goes_on ? fsz_now_ms() + ask->poll_ms : INT64_MAX;
        desk_sleep_locked(desk, question, desk_least(desk_least(poll_ms, until_ms), late_ms));
        if (!question->ended && fsz_now_ms() >= late_ms) {
            late_ms = INT64_MAX;
            fsz_direct_hand_over(desk->mailbox, question);
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
                         const struct fsz_ask *ask, int64_t late_ms, struct fsz_told *ret_told)
{
    pthread_mutex_lock(&desk->lock);
    desk_wait_locked(desk, question, ask, late_ms);
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

/* An offer stays behind what its call's thread has posted before: the end of the offer before, and
 * with it the call.end of whoever held the call. */
static bool desk_may_send(struct fsz_desk *desk, const struct fsz_question *question)
{
    return question->call == NULL || desk->leaves == 0;
}

/* The thread itself sends it where it can; else the API thread does. As fsz_direct_send() returns.
 */
static int64_t desk_send(struct fsz_desk *desk, struct fsz_question *question)
{
    int64_t late_ms =
        desk_may_send(desk, question) ? fsz_direct_send(&desk->direct, desk->mailbox, question) : 0;
    if (late_ms == 0) {
        fsz_mailbox_post(desk->mailbox, &question->mail);
    }
    return late_ms == 0 ? INT64_MAX : late_ms;
}

static fsz_err desk_new_question(struct fsz_desk *desk, const struct fsz_ask *ask,
                                 struct fsz_question **ret_question)
{
    fsz_err err = fsz_question_new(desk, ask, ret_question);
    if (err != FSZ_OK) {
        return err;
    }
    (*ret_question)->mail.open = desk->reader.ask;
    (*ret_question)->withdrawn.open = desk->reader.withdraw;
    (*ret_question)->late.open = desk->reader.late;
    if (!desk_add(desk, *ret_question)) {
        (*ret_question)->references--; /* the API thread does not get it */
        return FSZ_ECLOSED;
    }
    return FSZ_OK;
}

fsz_err fsz_desk_ask(struct fsz_desk *desk, const struct fsz_ask *ask, struct fsz_told *ret_told)
{
    struct fsz_question *question = NULL;
    *ret_told = (struct fsz_told){.result = NULL};
    fsz_err err = desk_new_question(desk, ask, &question);
    if (err != FSZ_OK) {
        snprintf(ret_told->why, sizeof(ret_told->why), "%s", fsz_err_text(err));
    } else {
        err = desk_wait(desk, question, ask, desk_send(desk, question), ret_told);
    }
    fsz_question_unref(&question);
    return err;
}

void fsz_desk_leave(struct fsz_desk *desk, struct fsz_mail *leave)
{
    desk->leaves++;
    leave->open = desk->reader.leave;
    fsz_mailbox_post(desk->mailbox, leave);
}

void fsz_desk_left(struct fsz_desk *desk)
{
    desk->leaves--;
}
