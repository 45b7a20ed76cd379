/* SPDX-License-Identifier: MPL-2.0 */
/* Decisions that arrive after what they are about is gone. */

#include "zmtp_rig.h"

static struct rig gated_rig(void)
{
    struct rig rig = rig_make(FSZ_ZMTP_ROUTER);
    rig.gated = true;
    rig.options.mechanism.name = FSZ_ZMTP_PLAIN;
    return rig;
}

static void *plain_peer(struct rig *rig)
{
    void *peer = peer_make(rig, ZMQ_DEALER);
    zmq_setsockopt(peer, ZMQ_PLAIN_USERNAME, "anna", 4);
    zmq_setsockopt(peer, ZMQ_PLAIN_PASSWORD, "secret", 6);
    assert_int_equal(zmq_connect(peer, rig->endpoint), 0);
    return peer;
}

/* Opens two requests: one about credentials, one about another peer's address. */
static void ask_both(struct rig *rig, void **ret_first, void **ret_second)
{
    rig_open(rig, "tcp://127.0.0.1:*");
    *ret_first = plain_peer(rig);
    RIG_UNTIL(rig, rig->gate.count == 1);
    rig_answer(rig, "200", "");
    RIG_UNTIL(rig, rig->gate.count == 1);
    *ret_second = plain_peer(rig);
    RIG_UNTIL(rig, rig->gate.count == 2);
    assert_int_equal(rig->gate.asked[0]->stage, FSZ_ADMISSION_CREDENTIALS);
    assert_int_equal(rig->gate.asked[1]->stage, FSZ_ADMISSION_ADDRESS);
}

static void test_answer_for_a_connection_that_has_ended_does_nothing(void **state)
{
    (void)state;
    struct rig rig = gated_rig();
    void      *first;
    void      *second;
    ask_both(&rig, &first, &second);
    zmq_close(first);
    zmq_close(second);
    RIG_UNTIL(&rig, rig.ended >= 1); /* nothing is read from a peer whose address is being judged */
    rig_answer(&rig, "200", "late");
    rig_answer(&rig, "200", "late");
    RIG_UNTIL(&rig, rig.ended == 2);
    while (rig.gate.count > 0) { /* the second peer could still send its credentials */
        rig_answer(&rig, "200", "late");
    }
    rig_turn(&rig);
    assert_int_equal(rig.ready, 0);
    rig_end(&rig);
}

static void test_answer_for_a_socket_that_is_closed_does_nothing(void **state)
{
    (void)state;
    struct rig rig = gated_rig();
    void      *first;
    void      *second;
    ask_both(&rig, &first, &second);
    rig_close(&rig);
    assert_int_equal(rig.endings[FSZ_ZMTP_END_STOPPED], 2);
    rig_answer(&rig, "200", "late");
    rig_answer(&rig, "400", "late");
    rig_turn(&rig);
    assert_int_equal(rig.ready, 0);
    zmq_close(first);
    zmq_close(second);
    rig_end(&rig);
}

static void test_answer_may_come_when_the_loop_is_gone(void **state)
{
    (void)state;
    struct rig rig = gated_rig();
    void      *first;
    void      *second;
    ask_both(&rig, &first, &second);
    zmq_close(first);
    zmq_close(second);
    rig_end(&rig);
    rig_answer(&rig, "200", "late");
    rig_answer(&rig, "300", "late");
}

static void test_answer_that_waits_in_a_loop_is_freed_with_it(void **state)
{
    (void)state;
    struct rig rig = gated_rig();
    void      *first;
    void      *second;
    ask_both(&rig, &first, &second);
    rig_answer(&rig, "200", "anna");
    rig_answer(&rig, "200", "anna");
    zmq_close(first);
    zmq_close(second);
    rig_end(&rig);
    assert_int_equal(rig.ready, 0);
}

/* Answers everything at once, from within `ask`. */
static void answer_at_once(void *self, struct fsz_admission *admission)
{
    const char *status = self;
    admission_answer(admission, status, "anna");
}

static void test_answer_may_come_from_within_ask(void **state)
{
    (void)state;
    struct rig rig = gated_rig();
    rig_open(&rig, NULL);
    rig.gate.gate = (struct fsz_gate){.ask = answer_at_once, .self = "200"};
    rig_bind(&rig, "tcp://127.0.0.1:*");
    void *peer = plain_peer(&rig);
    peer_ask(&rig, peer, "hello");
    assert_string_equal(rig.last_user, "anna");
    zmq_close(peer);
    rig_end(&rig);
}

/* Closes the socket at one stage, then answers. */
struct closer {
    struct rig              *rig;
    enum fsz_admission_stage stage;
};

static void close_and_answer(void *self, struct fsz_admission *admission)
{
    const struct closer *closer = self;
    if (admission->stage == closer->stage) {
        rig_close(closer->rig);
    }
    admission_answer(admission, "200", "anna");
}

static void test_ask_may_close_the_socket(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct rig    rig = gated_rig();
        struct closer closer = {.rig = &rig};
        closer.stage = i == 0 ? FSZ_ADMISSION_ADDRESS : FSZ_ADMISSION_CREDENTIALS;
        rig_open(&rig, NULL);
        rig.gate.gate = (struct fsz_gate){.ask = close_and_answer, .self = &closer};
        rig_bind(&rig, "tcp://127.0.0.1:*");
        void *peer = plain_peer(&rig);
        RIG_UNTIL(&rig, rig.closed == 1);
        assert_int_equal(rig.endings[FSZ_ZMTP_END_STOPPED], 1);
        assert_int_equal(rig.ready, 0);
        zmq_close(peer);
        rig_end(&rig);
    }
}

static void test_unknown_status_admits_nobody(void **state)
{
    (void)state;
    const char *const statuses[] = {"", "2", "20", "201", "100", "abc", "500"};
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        struct rig rig = gated_rig();
        rig_open(&rig, NULL);
        rig.gate.gate = (struct fsz_gate){.ask = answer_at_once, .self = (void *)statuses[i]};
        rig_bind(&rig, "tcp://127.0.0.1:*");
        void *peer = plain_peer(&rig);
        RIG_UNTIL(&rig, rig.endings[FSZ_ZMTP_END_REFUSED] > 0);
        assert_int_equal(rig.ready, 0);
        zmq_close(peer);
        rig_end(&rig);
    }
}

/* A thread answers while the loop turns, peers come and go, and the socket closes. */
struct answerer {
    pthread_mutex_t       lock;
    pthread_cond_t        more;
    struct fsz_admission *asked; /* linked by `link` */
    bool                  stop;
    size_t                answered;
};

static void answerer_keep(void *self, struct fsz_admission *admission)
{
    struct answerer *answerer = self;
    pthread_mutex_lock(&answerer->lock);
    admission->link = answerer->asked;
    answerer->asked = admission;
    pthread_cond_signal(&answerer->more);
    pthread_mutex_unlock(&answerer->lock);
}

static void *answerer_run(void *argument)
{
    struct answerer *answerer = argument;
    pthread_mutex_lock(&answerer->lock);
    while (!answerer->stop || answerer->asked != NULL) {
        struct fsz_admission *asked = answerer->asked;
        if (asked == NULL) {
            pthread_cond_wait(&answerer->more, &answerer->lock);
            continue;
        }
        answerer->asked = asked->link;
        pthread_mutex_unlock(&answerer->lock);
        admission_answer(asked, "200", "anna");
        pthread_mutex_lock(&answerer->lock);
        answerer->answered++;
    }
    pthread_mutex_unlock(&answerer->lock);
    return NULL;
}

static void answerer_stop(struct answerer *answerer, pthread_t thread)
{
    pthread_mutex_lock(&answerer->lock);
    answerer->stop = true;
    pthread_cond_signal(&answerer->more);
    pthread_mutex_unlock(&answerer->lock);
    pthread_join(thread, NULL);
}

static void test_answers_race_with_peers_and_the_close(void **state)
{
    (void)state;
    for (int round = 0; round < 5; round++) {
        struct rig      rig = gated_rig();
        struct answerer answerer = {
            .lock = PTHREAD_MUTEX_INITIALIZER,
            .more = PTHREAD_COND_INITIALIZER,
        };
        pthread_t thread;
        void     *peers[20];
        rig_open(&rig, NULL);
        rig.gate.gate = (struct fsz_gate){.ask = answerer_keep, .self = &answerer};
        rig_bind(&rig, "tcp://127.0.0.1:*");
        assert_int_equal(pthread_create(&thread, NULL, answerer_run, &answerer), 0);
        for (size_t i = 0; i < 20; i++) {
            peers[i] = plain_peer(&rig);
        }
        RIG_UNTIL(&rig, rig.ready >= 1 + (size_t)round * 4);
        for (size_t i = 0; i < 20; i++) {
            zmq_close(peers[i]);
        }
        rig_end(&rig); /* the thread continues to answer */
        answerer_stop(&answerer, thread);
        assert_true(answerer.answered >= 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answer_for_a_connection_that_has_ended_does_nothing),
        cmocka_unit_test(test_answer_for_a_socket_that_is_closed_does_nothing),
        cmocka_unit_test(test_answer_may_come_when_the_loop_is_gone),
        cmocka_unit_test(test_answer_that_waits_in_a_loop_is_freed_with_it),
        cmocka_unit_test(test_answer_may_come_from_within_ask),
        cmocka_unit_test(test_ask_may_close_the_socket),
        cmocka_unit_test(test_unknown_status_admits_nobody),
        cmocka_unit_test(test_answers_race_with_peers_and_the_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
