/* SPDX-License-Identifier: MPL-2.0 */
/* Results of jobs, which the API thread writes itself: they count for the client's limit, and as
 * work of the loop. */
#include "api/api_private.h"
#include "api_rig.h"

enum { RESULTS = 50 };

static struct rig rig;

/* A client with a finished job `j`, whose result has 32 KB. */
static void *client_with_result(void)
{
    void *dealer = client_open(&rig, ZMQ_DEALER, NULL);
    client_expect(dealer,
                  CALL(1, "bgapi", "{\"command\":\"lines\",\"arg\":\"1000\",\"job\":\"j\"}"),
                  RESULT(1, "{\"job\":\"j\"}"));
    json_decref(client_receive(dealer)); /* job.done */
    return dealer;
}

static void test_results_of_a_batch_are_bounded_together(void **state)
{
    char   batch[8192] = "[";
    size_t whole = 0, withheld = 0, index = 0;
    (void)state;
    RIG_START(&rig, "-", RIG_BIND, "client-bytes=131072");
    void *dealer = client_with_result();
    for (int i = 0; i < RESULTS; i++) {
        strcat(batch, i > 0 ? "," : "");
        strcat(batch, CALL(1, "job.result", "[\"j\"]"));
    }
    json_t *answers = client_ask(dealer, strcat(batch, "]")), *answer = NULL;
    assert_int_equal(json_array_size(answers), RESULTS);
    json_array_foreach(answers, index, answer)
    {
        whole += json_object_get(answer, "result") != NULL;
        withheld +=
            answer_code(answer) == -32002 && strstr(answer_message(answer), "the result of");
    }
    assert_in_range(whole, 1, 131072 / 32000);
    assert_int_equal(whole + withheld, RESULTS);
    json_decref(answers);
    rig_wait_number(&rig, "requests.held_bytes", 0);
    answer = client_ask(dealer, CALL(2, "job.result", "[\"j\"]"));
    assert_non_null(json_object_get(answer, "result"));
    json_decref(answer);
    rig_stop(&rig);
}

/* On the API thread: does that request use up a connection's share of the turn? */
static void ask_for_result(struct fsz_api *api, void *ret_used_up)
{
    static const char     request[] = CALL(2, "job.result", "[\"j\"]");
    struct fsz_loop_share share = {0};
    assert_true(fsz_loop_has_share(api->loop, &share));
    fsz_api_take_message(api, api->api_sockets[0]->clients, request, strlen(request));
    *(bool *)ret_used_up = !fsz_loop_has_share(api->loop, &share);
}

static void test_result_is_as_much_work_as_it_is_long(void **state)
{
    bool used_up = false;
    (void)state;
    RIG_START(&rig, "-", RIG_BIND);
    client_with_result();
    fsz_api_ask(rig.api, ask_for_result, &used_up);
    assert_true(used_up);
    rig_stop(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_results_of_a_batch_are_bounded_together),
        cmocka_unit_test(test_result_is_as_much_work_as_it_is_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
