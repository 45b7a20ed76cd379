/* SPDX-License-Identifier: MPL-2.0 */
/* A request that its switch thread takes a provider for, and then cannot send. */
#include "api/api_private.h"
#include "call_rig.h"

static bool has_had_enough(void *self)
{
    (void)self;
    return false;
}

struct figures {
    uint64_t asked, missed, asked_next, answers, lost;
    size_t   load;
    fsz_err  err;
};

static struct figures figures_of(const struct fsz_api *api)
{
    const struct fsz_provider            *first = api->services->list[0]->providers;
    const struct fsz_rpc_socket_counters *channel = &api->api_sockets[0]->counters;
    return (struct figures){.asked = first->counters.asked,
                            .missed = first->counters.missed,
                            .asked_next = first->next->counters.asked,
                            .answers = channel->answers,
                            .lost = channel->answers_lost,
                            .load = first->direct.load};
}

/* The API thread plays the switch thread. So the request, the news that it could not be sent, and
 * its cancellation are all posted before any of these mails is opened. */
static fsz_err ask_in_vain(struct fsz_api *api)
{
    const struct fsz_request_spec ask = {.service = "s",
                                         .method = "test.ask",
                                         .params = "{}",
                                         .params_bytes = 2,
                                         .goes_on = has_had_enough,
                                         .poll_ms = 1};
    struct fsz_reply              reply;
    fsz_err                       err = fsz_service_client_ask(api->service_client, &ask, &reply);
    fsz_mailbox_open(api->mailbox, api);
    return err;
}

/* Before and after. */
static void ask_whose_connection_ends(struct fsz_api *api, void *ret_figures)
{
    const struct fsz_client *first = api->services->list[0]->providers->client;
    struct figures          *figures = ret_figures;
    figures[0] = figures_of(api);
    fsz_conn_finish(first->conn, fsz_loop_now_ms(api->loop) + RIG_PATIENCE_MS);
    fsz_err err = ask_in_vain(api);
    figures[1] = figures_of(api);
    figures[1].err = err;
}

static void test_request_that_could_not_be_sent_was_not_asked(void **state)
{
    (void)state;
    struct rig     rig;
    struct figures seen[2];
    RIG_START(&rig, "-", RIG_BIND, "service s", "deadline-ms=60000");
    void *first = worker_open(&rig, 10), *second = worker_open(&rig, 10);
    client_expect(first, CALL(2, "server.ping", "{}"), RESULT(2, "{}"));
    client_expect(second, CALL(2, "server.ping", "{}"), RESULT(2, "{}"));
    fsz_api_ask(rig.api, ask_whose_connection_ends, seen);
    assert_int_equal(seen[1].err, FSZ_ECLOSED);
    assert_int_equal(seen[1].asked, 0);
    assert_int_equal(seen[1].missed, 0);
    assert_int_equal(seen[1].load, 0);
    assert_int_equal(seen[1].asked_next, 1);
    assert_int_equal(seen[1].answers, seen[0].answers + 1);
    assert_int_equal(seen[1].lost, seen[0].lost + 1);
    json_decref(worker_take(second, "test.ask", NULL));
    rig_wait_number(&rig, "services.0.cancelled", 1);
    rig_stop(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_that_could_not_be_sent_was_not_asked)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
