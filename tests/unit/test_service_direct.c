/* SPDX-License-Identifier: MPL-2.0 */
/* Requests that switch threads send themselves, while the API thread is busy. */
#include "call_rig.h"

#include <semaphore.h>

/* ---- a busy API thread ----------------------------------------------------------------------- */

static sem_t stall_began, stall_go;

static void stall_news(void)
{
    rig_on_news = NULL;
    sem_post(&stall_began);
    sem_wait(&stall_go);
}

/* Makes the next event about a provider slow. */
static void stall_init(void)
{
    sem_init(&stall_began, 0, 0);
    sem_init(&stall_go, 0, 0);
    rig_on_news = stall_news;
}

/* A client registers for the service "t", and the event about it is slow. The ping before it leaves
 * the API thread with an empty mailbox. */
static void *stall_begin(struct rig *rig)
{
    void *client = client_open(rig, ZMQ_DEALER, NULL);
    client_expect(client, CALL(1, "server.ping", "{}"), RESULT(1, "{}"));
    stall_init();
    client_send(client, CALL(2, "service.register", "{\"service\":\"t\"}"));
    sem_wait(&stall_began);
    return client;
}

static void stall_end(void *client)
{
    sem_post(&stall_go);
    json_decref(client_receive(client)); /* the reply to the registration */
    sem_destroy(&stall_began);
    sem_destroy(&stall_go);
}

static bool has_come(void *socket, int within_ms)
{
    zmq_pollitem_t item = {.socket = socket, .events = ZMQ_POLLIN};
    return zmq_poll(&item, 1, within_ms) > 0;
}

/* A provider of the service "s", which is up; a service "t" exists as well. */
static void *provider_up(void *context, struct rig *rig, const char *more)
{
    char  connect[256];
    void *provider = provider_open(context, connect);
    RIG_START(rig, "-", RIG_BIND, "service t", "service s", connect, more);
    for (const char *seen = ""; seen[0] == '\0'; usleep(1000)) {
        pthread_mutex_lock(&rig_switch.lock);
        seen = strstr(rig_switch.news, "up") != NULL ? "up" : "";
        pthread_mutex_unlock(&rig_switch.lock);
    }
    return provider;
}

static void all_close(void *context, struct rig *rig, void *provider)
{
    zmq_close(provider);
    rig_stop(rig);
    zmq_ctx_term(context);
}

/* ---- requests -------------------------------------------------------------------------------- */

static void test_request_is_sent_though_the_api_thread_is_busy(void **state)
{
    (void)state;
    void        *context = zmq_ctx_new();
    struct rig   rig;
    struct asker asker;
    void        *provider = provider_up(context, &rig, "attempt-ms=20000");
    void        *stall = stall_begin(&rig);
    asker_start(&rig, &asker, "x", 20000);
    struct provided request = provider_take(provider);
    provider_reply(provider, &request, "y"); /* it waits for the API thread */
    stall_end(stall);
    asker_expect(&asker, "y");
    assert_int_equal(rig_number(&rig, "services.1.answered"), 1);
    assert_int_equal(rig_number(&rig, "services.1.in_flight"), 0);
    assert_int_equal(rig_number(&rig, "services.1.providers.0.asked"), 1);
    assert_int_equal(rig_number(&rig, "services.1.providers.0.late"), 0);
    all_close(context, &rig, provider);
}

static void test_request_beyond_the_capacity_waits(void **state)
{
    (void)state;
    void           *context = zmq_ctx_new();
    struct rig      rig;
    struct asker    first, second;
    struct provided taken;
    void           *provider = provider_up(context, &rig, "capacity=1");
    void           *stall = stall_begin(&rig);
    asker_start(&rig, &first, "x", 20000);
    taken = provider_take(provider);
    asker_start(&rig, &second, "z", 20000);
    assert_false(has_come(provider, 50));
    stall_end(stall);
    rig_wait_number(&rig, "services.1.waiting", 1);
    provider_reply(provider, &taken, "a");
    asker_expect(&first, "a");
    taken = provider_take(provider);
    assert_string_equal(taken.word, "z");
    provider_reply(provider, &taken, "b");
    asker_expect(&second, "b");
    all_close(context, &rig, provider);
}

static void test_request_beyond_the_services_bound_is_refused(void **state)
{
    (void)state;
    void        *context = zmq_ctx_new();
    struct rig   rig;
    struct asker first, second;
    void        *provider = provider_up(context, &rig, "requests-max=1");
    void        *stall = stall_begin(&rig);
    asker_start(&rig, &first, "x", 20000);
    struct provided taken = provider_take(provider);
    asker_start(&rig, &second, "z", 20000);
    assert_false(has_come(provider, 50));
    stall_end(stall);
    asker_expect_failure(&second, FSZ_EFULL, "requests-max");
    provider_reply(provider, &taken, "y");
    asker_expect(&first, "y");
    assert_int_equal(rig_number(&rig, "services.1.asked"), 2);
    assert_int_equal(rig_number(&rig, "services.1.overloaded"), 1);
    all_close(context, &rig, provider);
}

static void test_request_to_a_provider_that_goes_is_asked_of_the_next(void **state)
{
    (void)state;
    void        *context = zmq_ctx_new();
    struct rig   rig;
    struct asker asker;
    void        *provider = provider_up(context, &rig, "attempt-ms=20000");
    void        *client = client_open(&rig, ZMQ_DEALER, NULL);
    client_expect(client, CALL(1, "service.register", "{\"service\":\"s\"}"), RESULT(1, "{}"));
    void *stall = stall_begin(&rig);
    asker_start(&rig, &asker, "x", 20000);
    provider_take(provider);
    zmq_close(provider);
    stall_end(stall);
    json_t    *request = client_receive(client);
    json_int_t id = json_integer_value(json_object_get(request, "id"));
    json_decref(request);
    worker_reply(client, id, "{\"word\":\"other\"}");
    asker_expect(&asker, "other");
    rig_stop(&rig);
    zmq_ctx_term(context);
}

/* The asking thread wakes the API thread, which otherwise may sleep until a message arrives. */
static void test_request_without_a_reply_ends_in_time(void **state)
{
    (void)state;
    void        *context = zmq_ctx_new();
    struct rig   rig;
    struct asker asker;
    void        *provider = provider_up(context, &rig, "failures-max=1");
    client_expect(client_open(&rig, ZMQ_DEALER, NULL), CALL(1, "server.ping", "{}"),
                  RESULT(1, "{}"));
    asker_start(&rig, &asker, "x", 50);
    struct provided taken = provider_take(provider);
    asker_expect_failure(&asker, FSZ_ETIMEOUT, "no reply in time");
    provider_reply(provider, &taken, "y");
    rig_wait_number(&rig, "services.1.providers.0.late", 1);
    assert_int_equal(rig_number(&rig, "services.1.deadline"), 1);
    assert_int_equal(rig_number(&rig, "services.1.providers.0.missed"), 1);
    assert_int_equal(rig_number(&rig, "services.1.providers.0.ejections"), 1);
    all_close(context, &rig, provider);
}

/* ---- offers ---------------------------------------------------------------------------------- */

static void worker_expect_cancel(void *worker, json_int_t lease)
{
    json_t *params = worker_take(worker, "call.cancel", NULL);
    assert_string_equal(json_string_value(json_object_get(params, "call")), "c1");
    assert_int_equal(json_integer_value(json_object_get(params, "lease")), lease);
    json_decref(params);
}

static void test_offer_whose_call_hangs_up_is_cancelled(void **state)
{
    (void)state;
    struct rig    rig;
    struct caller caller;
    RIG_START(&rig, "-", RIG_BIND, "service t", "service s", "deadline-ms=60000");
    void *worker = worker_open(&rig, 1);
    void *stall = stall_begin(&rig);
    caller_start(&rig, &caller, "c1", "s");
    json_int_t id = worker_offer(worker, "c1", false);
    caller.hungup = true;
    caller_join(&caller);
    stall_end(stall);
    worker_expect_cancel(worker, id);
    rig_wait_number(&rig, "services.1.cancelled", 1);
    rig_stop(&rig);
}

static void test_offer_that_is_cancelled_makes_room_for_waiting_requests(void **state)
{
    (void)state;
    struct rig    rig;
    struct caller caller;
    struct asker  asker;
    RIG_START(&rig, "-", RIG_BIND, "service s", "deadline-ms=60000");
    void *worker = worker_open(&rig, 1);
    caller_start(&rig, &caller, "c1", "s");
    worker_offer(worker, "c1", false);
    asker_start(&rig, &asker, "x", 60000);
    rig_wait_number(&rig, "services.0.waiting", 1);
    caller.hungup = true;
    caller_join(&caller);
    json_decref(worker_take(worker, "call.cancel", NULL));
    json_int_t id = 0;
    json_decref(worker_take(worker, "test.ask", &id));
    worker_reply(worker, id, "{\"word\":\"y\"}");
    asker_expect(&asker, "y");
    rig_stop(&rig);
}

static void *service_remove(void *rig)
{
    RIG_RELOAD(rig, "-", RIG_BIND);
    return NULL;
}

/* The offer is sent while a reload removes the services. */
static void test_offer_whose_service_is_gone_is_cancelled(void **state)
{
    (void)state;
    struct rig    rig;
    struct caller caller;
    pthread_t     reloader;
    RIG_START(&rig, "-", RIG_BIND, "service t", "service s", "deadline-ms=60000");
    void *worker = worker_open(&rig, 10);
    void *other = client_open(&rig, ZMQ_DEALER, NULL);
    client_expect(other, CALL(1, "service.register", "{\"service\":\"t\"}"), RESULT(1, "{}"));
    client_expect(other, CALL(2, "server.ping", "{}"), RESULT(2, "{}"));
    stall_init();
    pthread_create(&reloader, NULL, service_remove, &rig);
    sem_wait(&stall_began);
    caller_start(&rig, &caller, "c1", "s");
    json_int_t id = worker_offer(worker, "c1", false);
    sem_post(&stall_go);
    pthread_join(reloader, NULL);
    worker_expect_cancel(worker, id);
    caller_end(&caller, "zmq_result=no-service ", "");
    rig_stop(&rig);
}

/* The dialplan offers a call again right after it was released. */
static void test_offer_comes_behind_the_end_of_the_one_before(void **state)
{
    (void)state;
    struct rig    rig;
    struct caller first, second;
    RIG_START(&rig, "-", RIG_BIND, "service t", "service s", "deadline-ms=60000");
    void *worker = worker_open(&rig, 10);
    caller_start(&rig, &first, "c1", "s");
    json_int_t lease = worker_offer(worker, "c1", false);
    worker_reply(worker, lease, "{\"accept\":true}");
    caller_wait_controlled(&first);
    void *stall = stall_begin(&rig);
    first.sent_elsewhere = true;
    caller_join(&first);
    caller_start(&rig, &second, "c1", "s");
    assert_false(has_come(worker, 50));
    stall_end(stall);
    worker_expect_end(worker, lease, "transferred");
    worker_reply(worker, worker_offer(worker, "c1", false),
                 "{\"accept\":true,\"then\":\"release\"}");
    caller_end(&second, "zmq_result=accepted zmq_result=released ", "");
    rig_stop(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_is_sent_though_the_api_thread_is_busy),
        cmocka_unit_test(test_request_beyond_the_capacity_waits),
        cmocka_unit_test(test_request_beyond_the_services_bound_is_refused),
        cmocka_unit_test(test_request_to_a_provider_that_goes_is_asked_of_the_next),
        cmocka_unit_test(test_request_without_a_reply_ends_in_time),
        cmocka_unit_test(test_offer_whose_call_hangs_up_is_cancelled),
        cmocka_unit_test(test_offer_that_is_cancelled_makes_room_for_waiting_requests),
        cmocka_unit_test(test_offer_whose_service_is_gone_is_cancelled),
        cmocka_unit_test(test_offer_comes_behind_the_end_of_the_one_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
