/* SPDX-License-Identifier: MPL-2.0 */
/* Gates: who is admitted, in which stage, on which thread. */
#include "access_gate_rig.h"

#include "zmtp/zmtp_socket.h"

#include <zmq.h>

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

/* ---- checks ---------------------------------------------------------------------------------- */

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
    snprintf(admission->credentials.user, sizeof(admission->credentials.user), "%s", user);
    snprintf(admission->credentials.password, sizeof(admission->credentials.password), "%s",
             password);
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

static void test_gate_logs_refusals_once_an_interval_and_audits_each(void **state)
{
    struct asker *asker = *state;
    unsigned      lines = 0;
    rig_configure(asker->rig, LAN, FSZ_SECURITY_NONE, 10);
    for (int i = 0; i < 50; i++) {
        assert_int_equal(by_address(asker, FSZ_ZMTP_NULL, "192.0.2.1"), 400);
    }
    assert_int_equal(counters(asker).refused, 50);
    rig_last_line(asker->rig, &lines);
    assert_int_equal(lines, 1);
    assert_int_equal(records(asker), 50);
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

static void test_gate_remembers_passwords_that_were_right(void **state)
{
    struct asker *asker = *state;
    rig_configure(asker->rig, LAN, FSZ_SECURITY_PLAIN, 10);
    assert_int_equal(by_password(asker, "10.1.2.3", "bob", "secret"), 200);
    assert_int_equal(by_password(asker, "10.1.2.3", "bob", "secret"), 200);
    assert_int_equal(by_password(asker, "10.1.2.3", "bob", "Secret"), 400);
    assert_int_equal(by_password(asker, "10.1.2.3", "nobody", "secret"), 400);
    assert_int_equal(counters(asker).passwords_checked, 3);
    assert_int_equal(counters(asker).passwords_remembered, 1);
    assert_int_equal(counters(asker).mechanisms[FSZ_ZMTP_PLAIN].admitted, 2);
    assert_int_equal(counters(asker).mechanisms[FSZ_ZMTP_PLAIN].refused, 2);
}

static void test_gate_audits_no_name_that_may_be_a_password(void **state)
{
    struct asker *asker = *state;
    rig_configure(asker->rig, LAN, FSZ_SECURITY_PLAIN, 10);
    assert_int_equal(by_password(asker, "10.1.2.3", "my secret!", ""), 400);
    assert_string_equal(told(asker), "connect PLAIN:  refused (no user has these credentials)");
}

static void test_gate_refuses_another_mechanism_than_the_stream_has(void **state)
{
    struct asker *asker = *state;
    rig_configure(asker->rig, LAN, FSZ_SECURITY_NONE, 10);
    assert_int_equal(by_password(asker, "10.1.2.3", "bob", "secret"), 300);
    assert_int_equal(by_address(asker, FSZ_ZMTP_CURVE, "10.1.2.3"), 300);
    rig_configure(asker->rig, LAN, FSZ_SECURITY_CURVE, 10);
    assert_int_equal(by_address(asker, FSZ_ZMTP_NULL, "10.1.2.3"), 300);
    assert_int_equal(counters(asker).refused, 3);
    assert_int_equal(counters(asker).admitted, 0);
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

static void test_gate_does_not_look_at_what_a_limited_address_shows(void **state)
{
    struct asker *asker = *state;
    unsigned      lines = 0;
    enum { LIMITED = 10000 };
    rig_configure(asker->rig, ANY, FSZ_SECURITY_CURVE, 3);
    fail_thrice(asker, "10.1.2.3", -1);
    for (int i = 0; i < LIMITED; i++) {
        service_client_clear(asker);
        assert_int_equal(by_key(asker, "10.1.2.3", asker->rig->alice.public_key), 300);
    }
    assert_int_equal(by_key(asker, "10.1.2.4", asker->rig->alice.public_key), 200);
    assert_int_equal(counters(asker).limited, LIMITED);
    assert_int_equal(counters(asker).refused, LIMITED + 3);
    rig_last_line(asker->rig, &lines);
    assert_int_equal(lines, 1);
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

/* ---- a reload between the two checks --------------------------------------------------------- */

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_gate_admits_at_once_where_nothing_has_to_be_asked),
        TEST(test_gate_asks_the_list_on_the_control_thread),
        TEST(test_gate_admits_ipc_at_once_whatever_the_list),
        TEST(test_gate_of_a_stream_not_known_yet_has_the_peer_come_again),
        TEST(test_gate_logs_refusals_once_an_interval_and_audits_each),
        TEST(test_gate_reports_an_admission_once_the_credentials_are_checked),
        TEST(test_gate_remembers_passwords_that_were_right),
        TEST(test_gate_audits_no_name_that_may_be_a_password),
        TEST(test_gate_refuses_another_mechanism_than_the_stream_has),
        TEST(test_gate_refuses_an_address_before_it_shows_anything),
        TEST(test_gate_names_the_user_of_a_key_so_that_a_reload_can_cut_it_off),
        TEST(test_gate_peer_without_a_name_has_the_default_group),
        TEST(test_gate_ends_a_connection_by_its_address_beyond_its_failures),
        TEST(test_gate_does_not_look_at_what_a_limited_address_shows),
        TEST(test_gate_counts_failures_through_ipc_by_uid),
        TEST(test_gate_judges_credentials_by_the_configuration_of_now),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
