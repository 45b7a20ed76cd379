/* SPDX-License-Identifier: MPL-2.0 */
#include "net/answers.h"

#include "zmtp_conn_rig.h"

#include <pthread.h>

enum { SENDERS = 4, SENT = 3000, AT_ONCE = 100 };

/* An answer of two bytes: its thread, and its number. */
struct note {
    struct fsz_answer answer;
    _Atomic unsigned *sent;
};

static void note_sent(struct fsz_answer *answer)
{
    struct note *note = (struct note *)answer;
    assert_int_equal(answer->err, FSZ_OK);
    ++*note->sent;
    free(note);
}

static void add_note(struct fsz_answers *answers, uint8_t who, uint8_t number,
                     _Atomic unsigned *sent)
{
    const uint8_t body[] = {who, number};
    struct note  *note = calloc(1, sizeof(*note));
    assert_non_null(note);
    note->answer.message = rig_new_message(body, sizeof(body), FSZ_ZMTP_HIGH);
    note->answer.sent = note_sent;
    note->sent = sent;
    fsz_answers_add(answers, &note->answer);
}

static void ready_router(struct rig *rig)
{
    rig_router(rig);
    rig_shake_dealer(rig);
}

static void end(struct rig *rig, struct fsz_answers *answers)
{
    assert_null(atomic_load(&answers->newest));
    fsz_answers_fini(answers);
    rig_fini(rig);
}

static void test_answers_go_out_in_the_order_in_which_they_were_added(void **state)
{
    struct rig         rig;
    struct fsz_answers answers;
    _Atomic unsigned   sent = 0;
    uint8_t            got[4];
    (void)state;
    ready_router(&rig);
    assert_int_equal(fsz_answers_init(&answers), FSZ_OK);
    for (unsigned i = 0; i < AT_ONCE; i++) {
        add_note(&answers, 'a', (uint8_t)i, &sent);
    }
    assert_int_equal(sent, 0);
    fsz_answers_send(&answers, rig.conn);
    assert_int_equal(sent, AT_ONCE);
    for (unsigned i = 0; i < AT_ONCE; i++) {
        rig_read(&rig, got, sizeof(got));
        assert_int_equal(got[3], i);
    }
    end(&rig, &answers);
}

struct holder {
    struct rig         rig;
    struct fsz_answers answers;
    _Atomic unsigned   sent;
    unsigned           nested;
};

/* An answer that is added and sent while others are being reported. */
static void holder_sent(struct fsz_answer *answer)
{
    struct note   *note = (struct note *)answer;
    struct holder *holder = (struct holder *)((char *)note->sent - offsetof(struct holder, sent));
    if (holder->nested++ == 0) {
        add_note(&holder->answers, 'n', 0, &holder->sent);
        fsz_answers_send(&holder->answers, holder->rig.conn);
    }
    note_sent(answer);
}

static void test_an_answer_that_comes_while_others_are_reported_is_sent(void **state)
{
    static struct holder holder;
    uint8_t              got[4];
    (void)state;
    ready_router(&holder.rig);
    assert_int_equal(fsz_answers_init(&holder.answers), FSZ_OK);
    add_note(&holder.answers, 'f', 0, &holder.sent);
    atomic_load(&holder.answers.newest)->sent = holder_sent;
    fsz_answers_send(&holder.answers, holder.rig.conn);
    assert_int_equal(holder.sent, 2);
    rig_read(&holder.rig, got, sizeof(got));
    assert_int_equal(got[2], 'f');
    rig_read(&holder.rig, got, sizeof(got));
    assert_int_equal(got[2], 'n');
    end(&holder.rig, &holder.answers);
}

struct sender {
    struct fsz_answers *answers;
    struct fsz_conn    *conn;
    _Atomic unsigned   *sent;
    pthread_t           thread;
    uint8_t             who;
};

static void *sender_main(void *argument)
{
    struct sender *sender = argument;
    for (unsigned i = 0; i < SENT; i++) {
        add_note(sender->answers, sender->who, (uint8_t)i, sender->sent);
        fsz_answers_send(sender->answers, sender->conn);
    }
    return NULL;
}

static void test_each_answer_of_threads_at_once_is_sent_once_and_in_order(void **state)
{
    struct rig         rig;
    struct sender      senders[SENDERS];
    struct fsz_answers answers;
    _Atomic unsigned   sent = 0;
    uint8_t            got[4], next[SENDERS] = {0};
    (void)state;
    ready_router(&rig);
    assert_int_equal(fsz_answers_init(&answers), FSZ_OK);
    rig.shared.limits.output_messages = 0; /* the number of queued messages is not limited */
    for (unsigned i = 0; i < SENDERS; i++) {
        senders[i] = (struct sender){&answers, rig.conn, &sent, .who = (uint8_t)i};
        assert_int_equal(pthread_create(&senders[i].thread, NULL, sender_main, &senders[i]), 0);
    }
    for (unsigned i = 0; i < SENDERS * SENT; i++) {
        rig_read(&rig, got, sizeof(got));
        assert_in_range(got[2], 0, SENDERS - 1);
        assert_int_equal(got[3], next[got[2]]);
        next[got[2]]++;
    }
    for (unsigned i = 0; i < SENDERS; i++) {
        pthread_join(senders[i].thread, NULL);
    }
    assert_int_equal(sent, SENDERS * SENT);
    end(&rig, &answers);
}

struct counter {
    struct sender    sender;
    _Atomic unsigned added;
};

static void *counter_main(void *argument)
{
    struct counter *counter = argument;
    for (unsigned i = 0; i < SENT; i++) {
        add_note(counter->sender.answers, 0, (uint8_t)i, counter->sender.sent);
        counter->added = i + 1;
        fsz_answers_send(counter->sender.answers, counter->sender.conn);
    }
    return NULL;
}

/* `got` begins with another message, which was sent when `added` answers had been added. */
static unsigned behind_read(struct rig *rig, uint8_t got[4])
{
    uint8_t more;
    rig_read(rig, got, 4);
    if (got[1] == 2) {
        return 0;
    }
    rig_read(rig, &more, 1); /* a body of three bytes */
    return (unsigned)got[3] << 8 | more;
}

static void *behind_main(void *argument)
{
    struct counter *counter = argument;
    for (unsigned added = 0; added < SENT;) {
        added = counter->added;
        const uint8_t            body[] = {1, (uint8_t)(added >> 8), (uint8_t)added};
        struct fsz_zmtp_message *message = rig_new_message(body, sizeof(body), FSZ_ZMTP_HIGH);
        fsz_err                  err =
            fsz_answers_send_behind(counter->sender.answers, counter->sender.conn, message);
        fsz_zmtp_message_unref(message);
        assert_int_equal(err, FSZ_OK);
    }
    return NULL;
}

static void test_another_message_goes_behind_the_answers_that_were_there(void **state)
{
    struct rig         rig;
    struct fsz_answers answers;
    struct counter     counter = {0};
    pthread_t          behind;
    _Atomic unsigned   sent = 0;
    uint8_t            got[4];
    unsigned           read = 0;
    (void)state;
    ready_router(&rig);
    assert_int_equal(fsz_answers_init(&answers), FSZ_OK);
    rig.shared.limits.output_messages = 0;
    rig.shared.limits.output_bytes = 0;
    counter.sender = (struct sender){&answers, rig.conn, &sent, .who = 0};
    assert_int_equal(pthread_create(&counter.sender.thread, NULL, counter_main, &counter), 0);
    assert_int_equal(pthread_create(&behind, NULL, behind_main, &counter), 0);
    for (unsigned added = 0; added < SENT;) {
        unsigned those = behind_read(&rig, got);
        added = those > added ? those : added;
        read += got[1] == 2;
        assert_true(read >= added);
    }
    pthread_join(counter.sender.thread, NULL);
    pthread_join(behind, NULL);
    assert_int_equal(read, SENT);
    end(&rig, &answers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers_go_out_in_the_order_in_which_they_were_added),
        cmocka_unit_test(test_an_answer_that_comes_while_others_are_reported_is_sent),
        cmocka_unit_test(test_each_answer_of_threads_at_once_is_sent_once_and_in_order),
        cmocka_unit_test(test_another_message_goes_behind_the_answers_that_were_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
