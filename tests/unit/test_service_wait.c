/* SPDX-License-Identifier: MPL-2.0 */
/* Requests that wait while some providers have room and others do not. */
#include "service_rig.h"

enum { WAITING = 30 };

static _Atomic unsigned looked_up; /* grants of clients: once for each request and client */

bool __real_fsz_provider_principal(const struct fsz_provider *provider,
                                   struct fsz_principal      *ret_who);
bool __wrap_fsz_provider_principal(const struct fsz_provider *provider,
                                   struct fsz_principal      *ret_who);

bool __wrap_fsz_provider_principal(const struct fsz_provider *provider,
                                   struct fsz_principal      *ret_who)
{
    looked_up++;
    return __real_fsz_provider_principal(provider, ret_who);
}

/* The client may serve `directory`, the endpoint all sections. */
static void test_reply_is_not_slowed_down_by_requests_for_another_provider(void **state)
{
    (void)state;
    void           *context = zmq_ctx_new();
    struct rig      rig;
    struct asker    askers[WAITING + 1], other;
    struct provided taken;
    char            connect[256];
    void           *endpoint = provider_open(context, connect);
    RIG_START(&rig, "-", RIG_BIND, "service s", connect, "capacity=1", "attempt-ms=60000");
    service_wait_state(&rig, 0, "up");
    void *client = worker_open(&rig, 10);
    for (int i = 0; i <= WAITING; i++) {
        asker_start_section(&rig, &askers[i], "dialplan", "plan", 60000);
        rig_wait_number(&rig, "services.0.waiting", i);
    }
    asker_start_section(&rig, &other, "directory", "user", 60000);
    json_int_t id = client_take(client, "user");
    looked_up = 0;
    client_answer(client, id, "me");
    asker_expect(&other, "me");
    rig_wait_number(&rig, "services.0.answered", 1);
    assert_in_range(looked_up, 1, 3);
    for (int i = 0; i <= WAITING; i++) {
        taken = provider_take(endpoint);
        provider_reply(endpoint, &taken, "then");
    }
    for (int i = 0; i <= WAITING; i++) {
        asker_expect(&askers[i], "then");
    }
    zmq_close(endpoint);
    rig_stop(&rig);
    zmq_ctx_term(context);
}

/* The first waiting request was refused by one provider, and waits for the other. */
static void test_request_is_not_held_up_by_one_that_was_refused_where_there_is_room(void **state)
{
    (void)state;
    void           *context = zmq_ctx_new();
    struct rig      rig;
    struct asker    refused, busy, second, next;
    struct provided held, taken;
    char            connects[2][256];
    void           *one = provider_open(context, connects[0]);
    void           *two = provider_open(context, connects[1]);
    RIG_START(&rig, "-", RIG_BIND, "service s", connects[0], connects[1], "capacity=1",
              "attempt-ms=60000");
    service_wait_state(&rig, 0, "up");
    service_wait_state(&rig, 1, "up");
    asker_start(&rig, &busy, "busy", 60000);
    held = provider_take(one); /* both are equal: the first one */
    asker_start(&rig, &refused, "refused", 60000);
    taken = provider_take(two);
    provider_refuse(two, &taken);
    rig_wait_number(&rig, "services.0.waiting", 1);
    asker_start(&rig, &second, "second", 60000);
    taken = provider_take(two);
    asker_start(&rig, &next, "next", 60000);
    rig_wait_number(&rig, "services.0.waiting", 2);
    provider_reply(two, &taken, "2");
    asker_expect(&second, "2");
    taken = provider_take(two);
    assert_string_equal(taken.word, "next");
    provider_reply(two, &taken, "3");
    asker_expect(&next, "3");
    provider_reply(one, &held, "1");
    asker_expect(&busy, "1");
    taken = provider_take(one);
    assert_string_equal(taken.word, "refused");
    provider_reply(one, &taken, "4");
    asker_expect(&refused, "4");
    zmq_close(one);
    zmq_close(two);
    rig_stop(&rig);
    zmq_ctx_term(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reply_is_not_slowed_down_by_requests_for_another_provider),
        cmocka_unit_test(test_request_is_not_held_up_by_one_that_was_refused_where_there_is_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
