/* Gates, asked as a socket of our own wire asks them: who is admitted, in which stage, on which
 * thread. The connections are the test's. */
#include "access_rig.h"

#include "access_gate.h"
#include "zmtp/zmtp_socket.h"

enum { CONNECTIONS = FSZ_ACCESS_GATE_WAITING_MAX + 64, FIRST = 1000 };

/* What the gate has answered, by the connection's id less FIRST. */
struct answered {
    struct fsz_admission_answer answer;
    unsigned                    turn; /* which answer it was; 0: none yet */
    pthread_t                   thread;
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t  came;
    struct answered answers[CONNECTIONS];
    unsigned        count, repeated;
} desk = {.lock = PTHREAD_MUTEX_INITIALIZER, .came = PTHREAD_COND_INITIALIZER};

void __wrap_fsz_admission_answer(struct fsz_admission             **admission,
                                 const struct fsz_admission_answer *answer);
void __wrap_fsz_admission_answer(struct fsz_admission             **admission,
                                 const struct fsz_admission_answer *answer)
{
    struct answered *to = &desk.answers[(*admission)->connection - FIRST];
    pthread_mutex_lock(&desk.lock);
    desk.repeated += to->turn != 0;
    to->answer = *answer;
    to->turn = ++desk.count;
    to->thread = pthread_self();
    pthread_cond_broadcast(&desk.came);
    pthread_mutex_unlock(&desk.lock);
    free(*admission);
    *admission = NULL;
}

/* The connection that fsz_peer_of_conn() is asked about. */
static struct fsz_conn_facts    conn_facts;
static struct fsz_zmtp_identity conn_identity;

const struct fsz_conn_facts *__wrap_fsz_conn_facts(const struct fsz_conn *conn);
struct fsz_zmtp_identity     __wrap_fsz_zmtp_socket_identity(const struct fsz_conn *conn);

const struct fsz_conn_facts *__wrap_fsz_conn_facts(const struct fsz_conn *conn)
{
    (void)conn;
    return &conn_facts;
}

struct fsz_zmtp_identity __wrap_fsz_zmtp_socket_identity(const struct fsz_conn *conn)
{
    (void)conn;
    return conn_identity;
}

/* ---- the asker ------------------------------------------------------------------------------- */

struct asker {
    struct rig             *rig;
    struct fsz_access_gate *gate; /* of stream `s` */
    uint64_t                last; /* connection */
};

static int asker_setup(void **state)
{
    struct asker *asker = calloc(1, sizeof(*asker));
    memset(desk.answers, 0, sizeof(desk.answers));
    desk.count = desk.repeated = 0;
    asker->rig = rig_new();
    asker->last = FIRST;
    assert_int_equal(fsz_access_gate_new(asker->rig->access, DOMAIN, &asker->gate), FSZ_OK);
    *state = asker;
    return 0;
}

static int asker_teardown(void **state)
{
    struct asker *asker = *state;
    fsz_access_gate_free(&asker->gate);
    assert_null(asker->gate);
    assert_int_equal(desk.repeated, 0);
    rig_free(asker->rig);
    free(asker);
    return 0;
}

static struct fsz_admission *question(struct asker *asker, enum fsz_admission_stage stage,
                                      enum fsz_zmtp_mechanism_name mechanism, const char *address)
{
    struct fsz_admission *admission = calloc(1, sizeof(*admission));
    assert_non_null(admission);
    admission->stage = stage;
    admission->mechanism = mechanism;
    admission->connection = ++asker->last;
    admission->uid = admission->pid = -1;
    snprintf(admission->address, sizeof(admission->address), "%s", address);
    return admission;
}

static uint64_t put(struct fsz_access_gate *gate, struct fsz_admission *admission)
{
    const struct fsz_gate *to = fsz_access_gate_of_socket(gate);
    uint64_t               id = admission->connection;
    to->ask(to->self, admission);
    return id;
}

static bool is_answered(uint64_t id)
{
    pthread_mutex_lock(&desk.lock);
    bool is = desk.answers[id - FIRST].turn != 0;
    pthread_mutex_unlock(&desk.lock);
    return is;
}

static const struct answered *wait_for(uint64_t id)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 20;
    pthread_mutex_lock(&desk.lock);
    int error = 0;
    while (error == 0 && desk.answers[id - FIRST].turn == 0) {
        error = pthread_cond_timedwait(&desk.came, &desk.lock, &until);
    }
    pthread_mutex_unlock(&desk.lock);
    assert_int_equal(error, 0);
    return &desk.answers[id - FIRST];
}

static int status_of(uint64_t id)
{
    return (int)strtol(wait_for(id)->answer.status, NULL, 10);
}

static int by_address(struct asker *asker, enum fsz_zmtp_mechanism_name mechanism,
                      const char *address)
{
    return status_of(put(asker->gate, question(asker, FSZ_ADMISSION_ADDRESS, mechanism, address)));
}

static int by_uid(struct asker *asker, enum fsz_zmtp_mechanism_name mechanism, int64_t uid)
{
    struct fsz_admission *admission = question(asker, FSZ_ADMISSION_ADDRESS, mechanism, "");
    admission->uid = uid;
    admission->pid = (int64_t)asker->last;
    return status_of(put(asker->gate, admission));
}

static int by_password(struct asker *asker, const char *address, const char *user,
                       const char *password)
{
    struct fsz_admission *admission =
        question(asker, FSZ_ADMISSION_CREDENTIALS, FSZ_ZMTP_PLAIN, address);
    strcpy(admission->credentials.user, user);
    strcpy(admission->credentials.password, password);
    return status_of(put(asker->gate, admission));
}

static int by_key_of(struct asker *asker, const char *address, int64_t uid, const char *key)
{
    struct fsz_admission *admission =
        question(asker, FSZ_ADMISSION_CREDENTIALS, FSZ_ZMTP_CURVE, address);
    admission->uid = uid;
    assert_non_null(zmq_z85_decode(admission->credentials.key, key));
    return status_of(put(asker->gate, admission));
}

static int by_key(struct asker *asker, const char *address, const char *key)
{
    return by_key_of(asker, address, -1, key);
}

static const struct answered *last_answer(const struct asker *asker)
{
    return &desk.answers[asker->last - FIRST];
}

static struct fsz_access_counters counters(const struct asker *asker)
{
    return fsz_access_counters(asker->rig->access);
}

static const char *told(struct asker *asker)
{
    unsigned count = 0;
    return rig_last_record(asker->rig, &count);
}

static unsigned records(struct asker *asker)
{
    unsigned count = 0;
    rig_last_record(asker->rig, &count);
    return count;
}

/* ---- by address ------------------------------------------------------------------------------ */

static void test_gate_admits_at_once_where_nothing_has_to_be_asked(void **state)
{
    struct asker *asker = *state;
    rig_configure(asker->rig, ANY, FSZ_SECURITY_NONE, 10);
    uint64_t id =
        put(asker->gate, question(asker, FSZ_ADMISSION_ADDRESS, FSZ_ZMTP_NULL, "192.0.2.1"));
    assert_true(is_answered(id));
    assert_true(pthread_equal(last_answer(asker)->thread, pthread_self()));
    assert_string_equal(last_answer(asker)->answer.status, "200");
    assert_string_equal(last_answer(asker)->answer.user, "");
    assert_int_equal(last_answer(asker)->answer.tag, 0);
    assert_string_equal(told(asker), "connect NULL:  ok ()");
    assert_string_equal(asker->rig->last_connection, "1001");
    assert_int_equal(counters(asker).admitted, 1);
}

static void test_gate_asks_the_list_on_the_control_thread(void **state)
{
    struct asker *asker = *state;
    unsigned      lines = 0;
    rig_configure(asker->rig, LAN, FSZ_SECURITY_NONE, 10);
    assert_int_equal(by_address(asker, FSZ_ZMTP_NULL, "10.1.2.3"), 200);
    assert_false(pthread_equal(last_answer(asker)->thread, pthread_self()));
    assert_int_equal(by_address(asker, FSZ_ZMTP_NULL, "192.0.2.1"), 400);
    assert_string_equal(told(asker), "connect NULL:  refused (not in its apply-inbound-acl)");
    assert_string_equal(rig_last_line(asker->rig, &lines),
                        "stream \"s\": refused a connection from 192.0.2.1 (not in its "
                        "apply-inbound-acl); 0 more since the last such line");
    assert_int_equal(lines, 1);
    assert_int_equal(records(asker), 2);
    assert_int_equal(counters(asker).admitted, 1);
    assert_int_equal(counters(asker).refused, 1);
    assert_int_equal(counters(asker).mechanisms[FSZ_ZMTP_NULL].refused, 1);
}

static void test_gate_admits_ipc_at_once_whatever_the_list(void **state)
{
    struct asker *asker = *state;
    rig_configure(asker->rig, LAN, FSZ_SECURITY_NONE, 10);
    assert_int_equal(by_uid(asker, FSZ_ZMTP_NULL, 1000), 200);
    assert_true(pthread_equal(last_answer(asker)->thread, pthread_self()));
}

static void test_gate_of_a_stream_not_known_yet_has_the_peer_come_again(void **state)
{
    struct asker *asker = *state;
    assert_int_equal(by_address(asker, FSZ_ZMTP_NULL, "10.1.2.3"), 300);
    assert_int_equal(counters(asker).deferred, 1);
    assert_int_equal(counters(asker).refused, 0);
    assert_int_equal(records(asker), 0);
    rig_configure(asker->rig, LAN, FSZ_SECURITY_NONE, 10);
    assert_int_equal(by_address(asker, FSZ_ZMTP_NULL, "10.1.2.3"), 200);
}

/* ---- by credentials -------------------------------------------------------------------------- */

static void test_gate_reports_an_admission_once_the_credentials_are_checked(void **state)
{
    struct asker *asker = *state;
    rig_configure(asker->rig, LAN, FSZ_SECURITY_PLAIN, 10);
    assert_int_equal(by_address(asker, FSZ_ZMTP_PLAIN, "10.1.2.3"), 200);
    assert_int_equal(counters(asker).admitted, 0);
    assert_int_equal(records(asker), 0);
    assert_int_equal(by_password(asker, "10.1.2.3", "bob", "secret"), 200);
    assert_string_equal(last_answer(asker)->answer.user, "bob");
    assert_int_equal(last_answer(asker)->answer.tag, fsz_peer_proof(asker->rig->bobs_hash));
    assert_string_equal(told(asker), "connect PLAIN bob: bob ok ()");
    assert_string_equal(asker->rig->last_connection, "1002");
    assert_int_equal(counters(asker).admitted, 1);
    assert_int_equal(by_password(asker, "10.1.2.3", "bob", "Secret"), 400);
    assert_string_equal(last_answer(asker)->answer.user, "");
    assert_int_equal(last_answer(asker)->answer.tag, 0);
    assert_string_equal(told(asker), "connect PLAIN bob:  refused (no user has these credentials)");
    assert_int_equal(counters(asker).mechanisms[FSZ_ZMTP_PLAIN].refused, 1);
}

static void test_gate_refuses_an_address_before_it_shows_anything(void **state)
{
    struct asker *asker = *state;
    rig_configure(asker->rig, LAN, FSZ_SECURITY_CURVE, 10);
    assert_int_equal(by_address(asker, FSZ_ZMTP_CURVE, "192.0.2.1"), 400);
    assert_string_equal(told(asker), "connect CURVE:  refused (not in its apply-inbound-acl)");
    assert_int_equal(records(asker), 1);
    assert_int_equal(counters(asker).refused, 1);
}

static void test_gate_names_the_user_of_a_key_so_that_a_reload_can_cut_it_off(void **state)
{
    struct asker        *asker = *state;
    struct rig          *rig = asker->rig;
    struct fsz_peer      peer;
    struct fsz_principal principal;
    char                 expected[64];
    rig_configure(rig, LAN, FSZ_SECURITY_CURVE, 10);
    assert_int_equal(by_key(asker, "10.1.2.3", rig->alice.public_key), 200);
    snprintf(expected, sizeof(expected), "connect CURVE %.8s...: alice ok ()",
             rig->alice.public_key);
    assert_string_equal(told(asker), expected);
    const struct fsz_admission_answer *answer = &last_answer(asker)->answer;
    conn_facts = (struct fsz_conn_facts){.id = asker->last, .address = "10.1.2.3"};
    conn_identity = (struct fsz_zmtp_identity){answer->user, answer->tag};
    fsz_peer_of_conn(NULL, &peer);
    assert_string_equal(peer.user, "alice");
    assert_string_equal(peer.address, "10.1.2.3");
    assert_int_equal(peer.serial, asker->last);
    assert_int_equal(peer.fd, -1);

    struct fsz_policy *policy = fsz_access_policy(rig->access);
    assert_true(fsz_policy_find_peer(policy, &peer, &principal));
    assert_string_equal(principal.name, "alice");
    fsz_policy_unref(&policy);
    rig->alice = rig->stranger; /* another key for alice */
    rig_configure(rig, LAN, FSZ_SECURITY_CURVE, 10);
    policy = fsz_access_policy(rig->access);
    assert_false(fsz_policy_find_peer(policy, &peer, &principal));
    fsz_policy_unref(&policy);
}

static void test_gate_peer_without_a_name_has_the_default_group(void **state)
{
    struct asker        *asker = *state;
    struct fsz_peer      peer;
    struct fsz_principal principal;
    rig_configure(asker->rig, ANY, FSZ_SECURITY_NONE, 10);
    assert_int_equal(by_uid(asker, FSZ_ZMTP_NULL, 1000), 200);
    conn_facts = (struct fsz_conn_facts){.id = asker->last, .uid = 1000};
    conn_identity = (struct fsz_zmtp_identity){last_answer(asker)->answer.user, 0};
    fsz_peer_of_conn(NULL, &peer);
    assert_string_equal(peer.address, "");
    struct fsz_policy *policy = fsz_access_policy(asker->rig->access);
    assert_true(fsz_policy_find_peer(policy, &peer, &principal));
    assert_string_equal(principal.name, "");
    fsz_policy_unref(&policy);
}

/* ---- failures -------------------------------------------------------------------------------- */

static void fail_thrice(struct asker *asker, const char *address, int64_t uid)
{
    for (int i = 0; i < 3; i++) {
        assert_int_equal(by_key_of(asker, address, uid, asker->rig->stranger.public_key), 400);
    }
}

static void test_gate_ends_a_connection_by_its_address_beyond_its_failures(void **state)
{
    struct asker *asker = *state;
    rig_configure(asker->rig, ANY, FSZ_SECURITY_CURVE, 3);
    assert_int_equal(by_address(asker, FSZ_ZMTP_CURVE, "10.1.2.3"), 200);
    fail_thrice(asker, "10.1.2.3", -1);
    assert_int_equal(by_address(asker, FSZ_ZMTP_CURVE, "10.1.2.3"), 300);
    assert_string_equal(told(asker), "connect CURVE:  refused (failures-per-minute reached)");
    assert_int_equal(counters(asker).limited, 1);
    assert_int_equal(counters(asker).refused, 4);
    assert_int_equal(records(asker), 4);
    assert_int_equal(by_key(asker, "10.1.2.3", asker->rig->alice.public_key), 300);
    assert_int_equal(by_address(asker, FSZ_ZMTP_CURVE, "10.1.2.4"), 200);
    fail_thrice(asker, "2001:db8::1", -1);
    assert_int_equal(by_address(asker, FSZ_ZMTP_CURVE, "2001:db8::2"), 300);
    assert_int_equal(by_address(asker, FSZ_ZMTP_CURVE, "2001:db8:0:1::1"), 200);
}

static void test_gate_counts_failures_through_ipc_by_uid(void **state)
{
    struct asker *asker = *state;
    rig_configure(asker->rig, ANY, FSZ_SECURITY_CURVE, 3);
    fail_thrice(asker, "", 1000);
    assert_int_equal(by_uid(asker, FSZ_ZMTP_CURVE, 1000), 300);
    assert_int_equal(by_uid(asker, FSZ_ZMTP_CURVE, 100), 200);
    assert_int_equal(by_uid(asker, FSZ_ZMTP_CURVE, 1001), 200);
}

static void test_gate_without_a_bound_on_failures_admits_an_address_at_once(void **state)
{
    struct asker *asker = *state;
    rig_configure(asker->rig, ANY, FSZ_SECURITY_CURVE, 0);
    fail_thrice(asker, "10.1.2.3", -1);
    assert_int_equal(by_address(asker, FSZ_ZMTP_CURVE, "10.1.2.3"), 200);
    assert_true(pthread_equal(last_answer(asker)->thread, pthread_self()));
}

/* ---- a reload between the two questions ------------------------------------------------------ */

static void test_gate_judges_credentials_by_the_configuration_of_now(void **state)
{
    struct asker *asker = *state;
    struct rig   *rig = asker->rig;
    rig_configure(rig, ANY, FSZ_SECURITY_CURVE, 10);
    assert_int_equal(by_address(asker, FSZ_ZMTP_CURVE, "192.0.2.1"), 200);
    rig_configure(rig, LAN, FSZ_SECURITY_CURVE, 10);
    assert_int_equal(by_key(asker, "192.0.2.1", rig->alice.public_key), 400);
    assert_int_equal(by_address(asker, FSZ_ZMTP_CURVE, "10.1.2.3"), 200);
    rig_configure(rig, LAN, FSZ_SECURITY_NONE, 10);
    assert_int_equal(by_key(asker, "10.1.2.3", rig->alice.public_key), 300);
    rig_configure(rig, LAN, FSZ_SECURITY_CURVE, 10);
    assert_int_equal(by_address(asker, FSZ_ZMTP_CURVE, "10.1.2.3"), 200);
    struct fsz_cert alice = rig->alice;
    rig->alice = rig->stranger;
    rig_configure(rig, LAN, FSZ_SECURITY_CURVE, 10);
    assert_int_equal(by_key(asker, "10.1.2.3", alice.public_key), 400);
    assert_int_equal(counters(asker).refused, 3);
    assert_int_equal(counters(asker).admitted, 0);
}

/* ---- while the switch takes its time --------------------------------------------------------- */

static uint64_t put_held(struct asker *asker)
{
    return put(asker->gate, question(asker, FSZ_ADMISSION_ADDRESS, FSZ_ZMTP_NULL, "10.1.2.3"));
}

static void release(struct asker *asker, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        sem_post(&asker->rig->held_may_answer);
    }
}

/* The control thread is asking the switch for the first of them. */
static uint64_t put_first_held(struct asker *asker)
{
    uint64_t id = put_held(asker);
    assert_true(rig_wait(&asker->rig->held_is_asked));
    return id;
}

static void test_gate_holds_up_neither_its_loop_nor_a_reload(void **state)
{
    struct asker           *asker = *state;
    struct fsz_access_gate *other = NULL;
    const char *config = HELD CHANNEL("<param name=\"apply-inbound-acl\" value=\"any\"/>");
    rig_configure(asker->rig, config, FSZ_SECURITY_NONE, 10);
    assert_int_equal(fsz_access_gate_new(asker->rig->access, "API channel \"c\"", &other), FSZ_OK);
    uint64_t first = put_first_held(asker), second = put_held(asker);
    uint64_t through_other =
        put(other, question(asker, FSZ_ADMISSION_ADDRESS, FSZ_ZMTP_NULL, "10.1.2.3"));
    assert_true(is_answered(through_other));
    rig_configure(asker->rig, config, FSZ_SECURITY_NONE, 10);
    assert_false(is_answered(first));
    assert_false(is_answered(second));
    release(asker, 2);
    assert_int_equal(status_of(first), 200);
    assert_int_equal(status_of(second), 200);
    fsz_access_gate_free(&other);
}

static void test_gate_takes_turns_with_others(void **state)
{
    struct asker           *asker = *state;
    struct fsz_access_gate *other = NULL;
    uint64_t                last = 0;
    rig_configure(asker->rig, HELD CHANNEL("<param name=\"apply-inbound-acl\" value=\"lan\"/>"),
                  FSZ_SECURITY_NONE, 10);
    assert_int_equal(fsz_access_gate_new(asker->rig->access, "API channel \"c\"", &other), FSZ_OK);
    put_first_held(asker);
    for (int i = 0; i < 10; i++) {
        last = put_held(asker);
    }
    uint64_t through_other =
        put(other, question(asker, FSZ_ADMISSION_ADDRESS, FSZ_ZMTP_NULL, "10.1.2.3"));
    release(asker, 11);
    assert_int_equal(status_of(last), 200);
    assert_int_equal(status_of(through_other), 200);
    assert_int_equal(last_answer(asker)->turn, 2); /* behind the one that was being judged */
    fsz_access_gate_free(&other);
}

static void test_gate_bounds_how_many_wait(void **state)
{
    struct asker *asker = *state;
    uint64_t      last = 0;
    rig_configure(asker->rig, HELD, FSZ_SECURITY_NONE, 10);
    put_first_held(asker);
    for (int i = 0; i < FSZ_ACCESS_GATE_WAITING_MAX; i++) {
        last = put_held(asker);
    }
    uint64_t beyond = put_held(asker);
    assert_true(is_answered(beyond));
    assert_int_equal(status_of(beyond), 300);
    assert_int_equal(counters(asker).deferred, 1);
    release(asker, FSZ_ACCESS_GATE_WAITING_MAX + 1);
    assert_int_equal(status_of(last), 200);
    assert_int_equal(counters(asker).admitted, FSZ_ACCESS_GATE_WAITING_MAX + 1);
}

static void test_gate_freed_answers_what_still_waits(void **state)
{
    struct asker *asker = *state;
    rig_configure(asker->rig, HELD, FSZ_SECURITY_NONE, 10);
    uint64_t first = put_first_held(asker), second = put_held(asker), third = put_held(asker);
    fsz_access_gate_free(&asker->gate);
    assert_int_equal(status_of(second), 300);
    assert_int_equal(status_of(third), 300);
    assert_false(is_answered(first));
    release(asker, 1);
    assert_int_equal(status_of(first), 200);
}

static void *free_access(void *access)
{
    fsz_access_free(access);
    return NULL;
}

static void test_gate_answers_everything_when_access_ends(void **state)
{
    struct asker *asker = *state;
    pthread_t     thread;
    enum { WAITING = 100 };
    rig_configure(asker->rig, HELD, FSZ_SECURITY_NONE, 10);
    uint64_t first = put_first_held(asker);
    for (int i = 0; i < WAITING; i++) {
        put_held(asker);
    }
    assert_int_equal(pthread_create(&thread, NULL, free_access, &asker->rig->access), 0);
    release(asker, 1 + WAITING); /* as many as it may still ask */
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(desk.count, 1 + WAITING);
    assert_int_equal(status_of(first), 200);
    for (uint64_t id = first + 1; id <= asker->last; id++) {
        int status = status_of(id);
        assert_true(status == 200 || status == 300);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, asker_setup, asker_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_gate_admits_at_once_where_nothing_has_to_be_asked),
        TEST(test_gate_asks_the_list_on_the_control_thread),
        TEST(test_gate_admits_ipc_at_once_whatever_the_list),
        TEST(test_gate_of_a_stream_not_known_yet_has_the_peer_come_again),
        TEST(test_gate_reports_an_admission_once_the_credentials_are_checked),
        TEST(test_gate_refuses_an_address_before_it_shows_anything),
        TEST(test_gate_names_the_user_of_a_key_so_that_a_reload_can_cut_it_off),
        TEST(test_gate_peer_without_a_name_has_the_default_group),
        TEST(test_gate_ends_a_connection_by_its_address_beyond_its_failures),
        TEST(test_gate_counts_failures_through_ipc_by_uid),
        TEST(test_gate_without_a_bound_on_failures_admits_an_address_at_once),
        TEST(test_gate_judges_credentials_by_the_configuration_of_now),
        TEST(test_gate_holds_up_neither_its_loop_nor_a_reload),
        TEST(test_gate_takes_turns_with_others),
        TEST(test_gate_bounds_how_many_wait),
        TEST(test_gate_freed_answers_what_still_waits),
        TEST(test_gate_answers_everything_when_access_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
