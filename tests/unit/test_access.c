/* The ZAP handler as libzmq asks it (RFC 27), by hand. */
#include "access_rig.h"

struct asker {
    struct rig *rig;
    void       *socket;
    char        user_id[FSZ_PEER_ID_BYTES]; /* of the last answer */
};

static int asker_setup(void **state)
{
    struct asker *asker = calloc(1, sizeof(*asker));
    int           timeout_ms = 20000, linger_ms = 0;
    asker->rig = rig_new();
    asker->socket = zmq_socket(asker->rig->context, ZMQ_REQ);
    zmq_setsockopt(asker->socket, ZMQ_RCVTIMEO, &timeout_ms, sizeof(timeout_ms));
    zmq_setsockopt(asker->socket, ZMQ_LINGER, &linger_ms, sizeof(linger_ms));
    assert_int_equal(zmq_connect(asker->socket, "inproc://zeromq.zap.01"), 0);
    *state = asker;
    return 0;
}

static int asker_teardown(void **state)
{
    struct asker *asker = *state;
    zmq_close(asker->socket);
    rig_free(asker->rig);
    free(asker);
    return 0;
}

static void ask_with(struct asker *asker, const char *const *frames, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int flags = i + 1 < count ? ZMQ_SNDMORE : 0;
        assert_true(zmq_send(asker->socket, frames[i], strlen(frames[i]), flags) >= 0);
    }
}

/* The status of the answer to the last question; all its frames are looked at. */
static int answer(struct asker *asker)
{
    char   frames[6][FSZ_PEER_ID_BYTES];
    size_t count = 0;
    int    more = 1;
    size_t more_size = sizeof(more);
    while (more) {
        assert_true(count < 6);
        int size = zmq_recv(asker->socket, frames[count], sizeof(frames[0]) - 1, 0);
        assert_true(size >= 0);
        frames[count++][size] = '\0';
        zmq_getsockopt(asker->socket, ZMQ_RCVMORE, &more, &more_size);
    }
    assert_int_equal(count, 6);
    assert_string_equal(frames[0], "1.0");
    assert_string_equal(frames[1], "request-1");
    assert_string_equal(frames[5], "");
    assert_int_equal(frames[4][0] != '\0', strcmp(frames[2], "200") == 0);
    strcpy(asker->user_id, frames[4]);
    return (int)strtol(frames[2], NULL, 10);
}

static int ask(struct asker *asker, const char *domain, const char *address, const char *mechanism)
{
    const char *const frames[] = {"1.0", "request-1", domain, address, "", mechanism};
    ask_with(asker, frames, 6);
    return answer(asker);
}

static int ask_plain(struct asker *asker, const char *address, const char *user,
                     const char *password)
{
    const char *const frames[] = {"1.0", "request-1", DOMAIN, address, "", "PLAIN", user, password};
    ask_with(asker, frames, 8);
    return answer(asker);
}

static int ask_curve(struct asker *asker, const char *address, const char *key)
{
    const char *const frames[] = {"1.0", "request-1", DOMAIN, address, "", "CURVE"};
    unsigned char     bytes[32];
    assert_non_null(zmq_z85_decode(bytes, key));
    for (size_t i = 0; i < 6; i++) {
        zmq_send(asker->socket, frames[i], strlen(frames[i]), ZMQ_SNDMORE);
    }
    assert_int_equal(zmq_send(asker->socket, bytes, 32, 0), 32);
    return answer(asker);
}

static struct fsz_access_counters counters(const struct asker *asker)
{
    return fsz_access_counters(asker->rig->access);
}

/* What the audit was told last. */
static const char *told(struct asker *asker)
{
    unsigned count = 0;
    return rig_last_record(asker->rig, &count);
}

/* ---- addresses ------------------------------------------------------------------------------- */

static void test_access_admits_by_the_list_of_the_stream(void **state)
{
    struct asker *asker = *state;
    rig_configure(asker->rig, LAN, FSZ_SECURITY_NONE, 10);
    assert_int_equal(ask(asker, DOMAIN, "10.1.2.3", "NULL"), 200);
    assert_int_equal(ask(asker, DOMAIN, "192.0.2.1", "NULL"), 400);
    assert_int_equal(ask(asker, DOMAIN, "::ffff:10.1.2.3", "NULL"), 200);
    assert_int_equal(ask(asker, DOMAIN, "::ffff:192.0.2.1", "NULL"), 400);
    assert_int_equal(counters(asker).admitted, 2);
    assert_int_equal(counters(asker).refused, 2);
    assert_int_equal(counters(asker).mechanisms[FSZ_ZMTP_NULL].refused, 2);
}

static void test_access_admits_ipc_whatever_the_list(void **state)
{
    struct asker *asker = *state;
    rig_configure(asker->rig, LAN, FSZ_SECURITY_NONE, 10);
    assert_int_equal(ask(asker, DOMAIN, "", "NULL"), 200);
    assert_int_equal(ask(asker, DOMAIN, "localhost:1000:1000:4711", "NULL"), 200);
    assert_int_equal(ask(asker, DOMAIN, ":1000:1000:4711", "NULL"), 200);
    assert_int_equal(ask(asker, DOMAIN, "::1", "NULL"), 400);
}

static void test_access_of_any_admits_everybody(void **state)
{
    struct asker *asker = *state;
    rig_configure(asker->rig, ANY, FSZ_SECURITY_NONE, 10);
    assert_int_equal(ask(asker, DOMAIN, "192.0.2.1", "NULL"), 200);
}

static void test_access_of_a_stream_not_known_yet_is_asked_again_later(void **state)
{
    struct asker *asker = *state;
    assert_int_equal(ask(asker, DOMAIN, "10.1.2.3", "NULL"), 300);
    rig_configure(asker->rig, LAN, FSZ_SECURITY_NONE, 10);
    assert_int_equal(ask(asker, DOMAIN, "10.1.2.3", "NULL"), 200);
    assert_int_equal(ask(asker, "stream \"other\"", "10.1.2.3", "NULL"), 300);
    assert_int_equal(counters(asker).deferred, 2);
}

static void test_access_asks_the_list_before_the_password(void **state)
{
    struct asker *asker = *state;
    rig_configure(asker->rig, LAN, FSZ_SECURITY_PLAIN, 10);
    assert_int_equal(ask_plain(asker, "192.0.2.1", "bob", "secret"), 400);
    assert_int_equal(counters(asker).passwords_checked, 0);
}

static void test_access_tells_of_refusals_once_an_interval(void **state)
{
    struct asker *asker = *state;
    unsigned      lines = 0, records = 0;
    rig_configure(asker->rig, LAN, FSZ_SECURITY_NONE, 10);
    for (int i = 0; i < 50; i++) {
        assert_int_equal(ask(asker, DOMAIN, "192.0.2.1", "NULL"), 400);
    }
    assert_int_equal(counters(asker).refused, 50);
    assert_string_equal(rig_last_line(asker->rig, &lines),
                        "stream \"s\": refused a connection from 192.0.2.1 (not in its "
                        "apply-inbound-acl); 0 more since the last such line");
    assert_string_equal(rig_last_record(asker->rig, &records),
                        "connect NULL:  refused (not in its apply-inbound-acl)");
    assert_int_equal(lines, 1);
    assert_int_equal(records, 50);
}

/* ---- users ----------------------------------------------------------------------------------- */

static void test_access_names_each_connection(void **state)
{
    struct asker *asker = *state;
    char          first[FSZ_PEER_ID_BYTES];
    rig_configure(asker->rig, LAN, FSZ_SECURITY_CURVE, 10);
    assert_int_equal(ask_curve(asker, "10.1.2.3", asker->rig->alice.public_key), 200);
    assert_memory_equal(asker->user_id, "alice#", 6);
    strcpy(first, asker->user_id);
    assert_int_equal(ask_curve(asker, "10.1.2.3", asker->rig->alice.public_key), 200);
    assert_memory_equal(asker->user_id, "alice#", 6);
    assert_string_not_equal(asker->user_id, first);
    rig_configure(asker->rig, LAN, FSZ_SECURITY_NONE, 10);
    assert_int_equal(ask(asker, DOMAIN, "10.1.2.3", "NULL"), 200);
    assert_int_equal(asker->user_id[0], '#');
}

static void test_access_admits_a_user_by_password(void **state)
{
    struct asker *asker = *state;
    rig_configure(asker->rig, LAN, FSZ_SECURITY_PLAIN, 10);
    assert_int_equal(ask_plain(asker, "10.1.2.3", "bob", "secret"), 200);
    assert_memory_equal(asker->user_id, "bob#", 4);
    assert_int_equal(ask_plain(asker, "10.1.2.3", "bob", "secret"), 200);
    assert_int_equal(ask_plain(asker, "10.1.2.3", "bob", "Secret"), 400);
    assert_int_equal(ask_plain(asker, "10.1.2.3", "nobody", "secret"), 400);
    assert_int_equal(counters(asker).passwords_checked, 3);
    assert_int_equal(counters(asker).passwords_remembered, 1);
    assert_int_equal(counters(asker).mechanisms[FSZ_ZMTP_PLAIN].admitted, 2);
    assert_int_equal(counters(asker).mechanisms[FSZ_ZMTP_PLAIN].refused, 2);
}

static void test_access_tells_the_audit_who_and_why(void **state)
{
    struct asker *asker = *state;
    struct rig   *rig = asker->rig;
    char          expected[256];
    rig_configure(rig, LAN, FSZ_SECURITY_CURVE, 10);
    assert_int_equal(ask_curve(asker, "10.1.2.3", rig->alice.public_key), 200);
    snprintf(expected, sizeof(expected), "connect CURVE %.8s...: alice ok ()",
             rig->alice.public_key);
    assert_string_equal(told(asker), expected);
    rig_configure(rig, LAN, FSZ_SECURITY_PLAIN, 10);
    assert_int_equal(ask_plain(asker, "10.1.2.3", "bob", "x"), 400);
    assert_string_equal(told(asker), "connect PLAIN bob:  refused (no user has these credentials)");
    assert_int_equal(ask_plain(asker, "10.1.2.3", "my secret!", ""), 400);
    assert_string_equal(told(asker), "connect PLAIN:  refused (no user has these credentials)");
}

static void test_access_refuses_another_mechanism_than_the_stream_has(void **state)
{
    struct asker *asker = *state;
    rig_configure(asker->rig, LAN, FSZ_SECURITY_NONE, 10);
    assert_int_equal(ask_plain(asker, "10.1.2.3", "bob", "secret"), 300);
    assert_int_equal(ask_curve(asker, "10.1.2.3", asker->rig->alice.public_key), 300);
    assert_int_equal(ask(asker, DOMAIN, "10.1.2.3", "GSSAPI"), 300);
    rig_configure(asker->rig, LAN, FSZ_SECURITY_CURVE, 10);
    assert_int_equal(ask(asker, DOMAIN, "10.1.2.3", "NULL"), 300);
    assert_int_equal(counters(asker).refused, 4);
    assert_int_equal(counters(asker).admitted, 0);
    assert_int_equal(counters(asker).mechanisms[FSZ_ZMTP_NULL].refused, 1);
}

static void test_access_does_not_look_at_what_an_address_shows_beyond_its_failures(void **state)
{
    struct asker *asker = *state;
    unsigned      lines = 0;
    rig_configure(asker->rig, LAN, FSZ_SECURITY_CURVE, 3);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ask_curve(asker, "10.1.2.3", asker->rig->stranger.public_key), 400);
    }
    for (int i = 0; i < 10000; i++) {
        assert_int_equal(ask_curve(asker, "10.1.2.3", asker->rig->alice.public_key), 300);
    }
    assert_int_equal(ask_curve(asker, "10.1.2.4", asker->rig->alice.public_key), 200);
    assert_int_equal(counters(asker).limited, 10000);
    assert_int_equal(counters(asker).refused, 10003);
    rig_last_line(asker->rig, &lines);
    assert_int_equal(lines, 1);
}

static void test_access_of_passwords_is_limited_too(void **state)
{
    struct asker *asker = *state;
    rig_configure(asker->rig, LAN, FSZ_SECURITY_PLAIN, 2);
    assert_int_equal(ask_plain(asker, "10.1.2.3", "bob", "x"), 400);
    assert_int_equal(ask_plain(asker, "10.1.2.3", "nobody", "x"), 400);
    assert_int_equal(ask_plain(asker, "10.1.2.3", "bob", "secret"), 300);
    assert_int_equal(counters(asker).passwords_checked, 2);
}

static void test_access_after_a_reload_knows_the_new_users_only(void **state)
{
    struct asker      *asker = *state;
    struct fsz_policy *first = NULL, *second = NULL;
    assert_null(fsz_access_policy(asker->rig->access));
    rig_configure(asker->rig, LAN, FSZ_SECURITY_CURVE, 10);
    first = fsz_access_policy(asker->rig->access);
    assert_non_null(fsz_users_find(fsz_policy_users(first), "alice"));
    assert_int_equal(ask_curve(asker, "10.1.2.3", asker->rig->alice.public_key), 200);
    struct fsz_cert alice = asker->rig->alice;
    asker->rig->alice = asker->rig->stranger;
    rig_configure(asker->rig, LAN, FSZ_SECURITY_CURVE, 10);
    assert_int_equal(ask_curve(asker, "10.1.2.3", alice.public_key), 400);
    second = fsz_access_policy(asker->rig->access);
    assert_ptr_not_equal(first, second);
    assert_non_null(fsz_users_find_key(fsz_policy_users(first), alice.public_key));
    fsz_policy_unref(&first);
    fsz_policy_unref(&second);
}

/* ---- what is no question --------------------------------------------------------------------- */

static void test_access_answers_what_is_no_zap_and_goes_on(void **state)
{
    struct asker     *asker = *state;
    const char *const old[] = {"0.9", "request-1", DOMAIN, "10.1.2.3", "", "NULL"};
    const char *const few[] = {"1.0", "request-1", DOMAIN};
    const char *const many[] = {"1.0",  "request-1", DOMAIN,     "10.1.2.3", "",
                                "NULL", "user",      "password", "more",     "still more"};
    rig_configure(asker->rig, LAN, FSZ_SECURITY_NONE, 10);
    ask_with(asker, old, 6);
    assert_int_equal(answer(asker), 500);
    ask_with(asker, few, 3);
    assert_int_equal(answer(asker), 500);
    ask_with(asker, many, 10);
    assert_int_equal(answer(asker), 500);
    assert_int_equal(ask(asker, DOMAIN, "10.1.2.3", "NULL"), 200);
    assert_int_equal(counters(asker).malformed, 3);
}

static void test_access_answers_frames_longer_than_any_may_be(void **state)
{
    struct asker *asker = *state;
    char          endless[5000];
    memset(endless, '1', sizeof(endless) - 1);
    endless[sizeof(endless) - 1] = '\0';
    rig_configure(asker->rig, LAN, FSZ_SECURITY_NONE, 10);
    assert_int_equal(ask(asker, endless, "10.1.2.3", "NULL"), 500);
    assert_int_equal(ask(asker, DOMAIN, endless, "NULL"), 500);
    assert_int_equal(ask(asker, DOMAIN, "10.1.2.3", endless), 500);
    assert_int_equal(ask(asker, DOMAIN, "10.1.2.3", "NULL"), 200);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, asker_setup, asker_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_access_admits_by_the_list_of_the_stream),
        TEST(test_access_admits_ipc_whatever_the_list),
        TEST(test_access_of_any_admits_everybody),
        TEST(test_access_of_a_stream_not_known_yet_is_asked_again_later),
        TEST(test_access_asks_the_list_before_the_password),
        TEST(test_access_tells_of_refusals_once_an_interval),
        TEST(test_access_names_each_connection),
        TEST(test_access_admits_a_user_by_password),
        TEST(test_access_tells_the_audit_who_and_why),
        TEST(test_access_refuses_another_mechanism_than_the_stream_has),
        TEST(test_access_does_not_look_at_what_an_address_shows_beyond_its_failures),
        TEST(test_access_of_passwords_is_limited_too),
        TEST(test_access_after_a_reload_knows_the_new_users_only),
        TEST(test_access_answers_what_is_no_zap_and_goes_on),
        TEST(test_access_answers_frames_longer_than_any_may_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
