/* SPDX-License-Identifier: MPL-2.0 */
/* call.originate over real sockets. docs/protocol/requests.md */
#include "api_rig.h"

static struct rig rig;

static int setup(void **state)
{
    (void)state;
    RIG_START(&rig, "-", RIG_BIND);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rig_stop(&rig);
    return 0;
}

#define ORIGINATE(id, members) CALL(id, "call.originate", "{" members "}")
#define PARK "\"then\":{\"app\":\"park\"}"

static void test_originate_passes_variables_as_they_are(void **state)
{
    (void)state;
    void *dealer = client_open(&rig, ZMQ_DEALER, NULL);
    client_expect(dealer,
                  ORIGINATE(1, "\"endpoint\":\"user/1\",\"wait\":true,\"ring_s\":7," PARK
                               ",\"variables\":{\"acme_name\":\"Shaun O'Neil, {x}\"}"),
                  RESULT(1, "{\"call\":\"user/1 acme_name=Shaun O'Neil, {x} 7 park(-) -/-/-\","
                            "\"status\":\"ok\"}"));
    client_expect(dealer,
                  ORIGINATE(2, "\"endpoint\":\"user/1\",\"wait\":true,"
                               "\"then\":{\"extension\":\"500\",\"context\":\"ivr\"}"),
                  RESULT(2, "{\"call\":\"user/1 -=- 60 -(-) 500/-/ivr\",\"status\":\"ok\"}"));
    client_refused(dealer, ORIGINATE(3, "\"endpoint\":\"busy/1\",\"wait\":true," PARK), -32005,
                   "USER_BUSY");
}

static void test_originate_is_a_job_unless_it_waits(void **state)
{
    (void)state;
    void *dealer = client_open(&rig, ZMQ_DEALER, NULL);
    client_expect(dealer, ORIGINATE(1, "\"endpoint\":\"busy/1\",\"job\":\"one\"," PARK),
                  RESULT(1, "{\"job\":\"one\"}"));
    json_t *told = client_receive(dealer);
    json_t *wanted = json_pack("{ss ss s{ss ss ss}}", "jsonrpc", "2.0", "method", "job.done",
                               "params", "job", "one", "status", "error", "reason", "USER_BUSY");
    assert_true(json_equal(told, wanted));
    json_decref(told);
    json_decref(wanted);
    client_expect(dealer, CALL(2, "job.result", "{\"job\":\"one\"}"),
                  RESULT(2, "{\"job\":\"one\",\"status\":\"error\",\"reason\":\"USER_BUSY\"}"));
}

static void test_originate_refuses_what_is_incomplete(void **state)
{
    static const struct {
        const char *request, *why;
    } bad[] = {
        {ORIGINATE(1, "\"endpoint\":\"user/1\""), "then: is missing"},
        {ORIGINATE(1, "\"endpoint\":\"user/1\",\"then\":{}"), "then: must have"},
        {ORIGINATE(1, "\"endpoint\":\"user/1\",\"then\":{\"app\":\"\"}"), "then: must have"},
        {ORIGINATE(1, "\"endpoint\":\"user/1\",\"then\":{\"app\":\"park\",\"extension\":\"1\"}"),
         "then: must have"},
        {ORIGINATE(1, "\"endpoint\":\"user/1\",\"then\":{\"extension\":1}"), "then: must have"},
        {ORIGINATE(1, "\"endpoint\":\"user/1\",\"then\":{\"context\":\"a\"}"), "then: must have"},
        {ORIGINATE(1, "\"endpoint\":\"user/1\",\"variables\":{\"a\":1}," PARK), "variables: each"},
        {ORIGINATE(1, "\"endpoint\":\"user/1\",\"variables\":{\"a[1]\":\"1\"}," PARK),
         "variables: each"},
        {ORIGINATE(1, "\"endpoint\":\"\"," PARK), "endpoint: must be"},
        {ORIGINATE(1, "\"endpoint\":\"user/1\",\"ring_s\":0," PARK), "ring_s: must be"},
    };
    (void)state;
    void *dealer = client_open(&rig, ZMQ_DEALER, NULL);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        client_refused(dealer, bad[i].request, -32602, bad[i].why);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_originate_passes_variables_as_they_are),
        TEST(test_originate_is_a_job_unless_it_waits),
        TEST(test_originate_refuses_what_is_incomplete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
