/* SPDX-License-Identifier: MPL-2.0 */
/* Many threads ask at once, while providers connect, leave, are disconnected, and change with the
 * configuration. */
#include "api/api_private.h"
#include "service_rig.h"

#include "zmtp/dealer.h"

#include <utlist.h>

enum {
    CROWD_ASKERS = 8,
    CROWD_PROVIDERS = 3,
    CROWD_CHANGES = 30, /* of the configuration */
    CROWD_HELD = 8,     /* requests that a provider replies to together */
    CROWD_TURNS = 50    /* before it leaves */
};

static _Atomic bool crowd_ends;

/* ---- threads that ask ------------------------------------------------------------------------ */

struct crowd_asker {
    pthread_t    thread;
    struct rig  *rig;
    unsigned     number;
    _Atomic long answered, failed;
    bool         wrong; /* it got the reply to another request */
};

static void crowd_ask(struct crowd_asker *self, struct fsz_service_client *service_client,
                      long turn)
{
    char             params[64], word[32];
    struct fsz_reply reply;
    snprintf(word, sizeof(word), "%u-%ld", self->number, turn);
    snprintf(params, sizeof(params), "{\"word\":\"%s\"}", word);
    const struct fsz_request_spec ask = {.service = "s",
                                         .method = "test.ask",
                                         .params = params,
                                         .params_bytes = strlen(params),
                                         .deadline_ms = RIG_PATIENCE_MS};
    if (fsz_service_client_ask(service_client, &ask, &reply) != FSZ_OK) {
        self->failed++;
        usleep(1000);
        return;
    }
    const char *said = json_string_value(json_object_get(reply.result, "word"));
    self->wrong |= said == NULL || strcmp(said, word) != 0;
    self->answered++;
    json_decref(reply.result);
}

static void *crowd_asker_main(void *argument)
{
    struct crowd_asker        *self = argument;
    struct fsz_service_client *service_client = fsz_api_service_client(self->rig->api);
    for (long turn = 0; !crowd_ends; turn++) {
        crowd_ask(self, service_client, turn);
    }
    fsz_service_client_unref(&service_client);
    return NULL;
}

/* ---- providers ------------------------------------------------------------------------------- */

struct crowd_provider {
    pthread_t   thread;
    void       *context;
    char        connect[256];
    const char *endpoint; /* in `connect` */
};

/* Collects requests until no more arrive, and replies to the last one first. */
static void crowd_answer(void *socket)
{
    struct provided held[CROWD_HELD];
    size_t          count = 0;
    zmq_pollitem_t  item = {.socket = socket, .events = ZMQ_POLLIN};
    while (count < CROWD_HELD && zmq_poll(&item, 1, 1) > 0) {
        held[count++] = provider_take(socket);
    }
    while (count > 0) {
        count--;
        provider_reply(socket, &held[count], held[count].word);
    }
}

/* Each time, it connects, replies to some requests, and leaves the others without a reply. */
static void *crowd_provider_main(void *argument)
{
    struct crowd_provider *self = argument;
    int                    linger = 0, patience_ms = RIG_PATIENCE_MS;
    while (!crowd_ends) {
        void *socket = zmq_socket(self->context, ZMQ_ROUTER);
        zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof(linger));
        zmq_setsockopt(socket, ZMQ_RCVTIMEO, &patience_ms, sizeof(patience_ms));
        while (zmq_bind(socket, self->endpoint) != 0) {
            usleep(1000); /* its last socket is still closing */
        }
        for (int turn = 0; turn < CROWD_TURNS && !crowd_ends; turn++) {
            crowd_answer(socket);
        }
        zmq_close(socket);
    }
    return NULL;
}

static void crowd_provider_start(struct crowd_provider *self, void *context)
{
    *self = (struct crowd_provider){.context = context};
    void *socket = provider_open(context, self->connect); /* finds a port */
    self->endpoint = self->connect + strlen("connect=");
    zmq_close(socket);
    assert_int_equal(pthread_create(&self->thread, NULL, crowd_provider_main, self), 0);
}

/* ---- all at once ----------------------------------------------------------------------------- */

/* The next request; the reply to the registration may arrive before or after it. */
static json_t *crowd_request(void *client)
{
    json_t *message = client_receive(client);
    if (json_object_get(message, "method") == NULL) {
        json_decref(message);
        message = client_receive(client);
    }
    return message;
}

/* A client that registers, replies to one request, gets another, and leaves. */
static void crowd_visit(struct rig *rig, int capacity)
{
    char  text[128];
    void *client = client_open(rig, ZMQ_DEALER, NULL);
    snprintf(text, sizeof(text), CALL(1, "service.register", "[\"s\",%d]"), capacity);
    client_send(client, text);
    json_t *request = crowd_request(client);
    snprintf(text, sizeof(text), "{\"jsonrpc\":\"2.0\",\"id\":%lld,\"result\":{\"word\":\"%s\"}}",
             (long long)json_integer_value(json_object_get(request, "id")),
             json_string_value(json_object_get(json_object_get(request, "params"), "word")));
    client_send(client, text);
    json_decref(request);
    json_decref(crowd_request(client));
    client_close(rig, client);
}

struct crowd_kick {
    int  place; /* of the provider that is disconnected */
    bool over;  /* one has more in flight than its capacity */
};

/* On the API thread: checks that no provider exceeds its capacity, and disconnects one. */
static void crowd_look(struct fsz_api *api, void *argument)
{
    struct crowd_kick   *kick = argument;
    struct fsz_provider *provider = NULL;
    DL_FOREACH(api->services->list[0]->providers, provider)
    {
        struct fsz_conn *conn =
            provider->client != NULL ? provider->client->conn : fsz_dealer_conn(provider->dealer);
        kick->over |= provider->direct.load > (size_t)provider->direct.capacity;
        if (conn != NULL && kick->place-- == 0) {
            fsz_conn_kick(conn);
        }
    }
}

static void crowd_change(struct rig *rig, const struct crowd_provider *providers, int turn)
{
    struct crowd_kick kick = {.place = turn % CROWD_PROVIDERS};
    crowd_visit(rig, 1 + turn % 3);
    fsz_api_ask(rig->api, crowd_look, &kick);
    assert_false(kick.over);
    RIG_RELOAD(rig, "-", RIG_BIND, "service s", "capacity=2", "attempt-ms=20000",
               providers[0].connect, providers[1].connect,
               turn % 2 == 0 ? NULL : providers[2].connect);
}

static void crowd_expect_sums(struct rig *rig)
{
    static const char *const outcomes[] = {"answered",    "errors",     "deadline",
                                           "no_provider", "overloaded", "cancelled"};
    json_int_t               sum = 0;
    for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++) {
        char path[64];
        snprintf(path, sizeof(path), "services.0.%s", outcomes[i]);
        sum += rig_number(rig, path);
    }
    assert_int_equal(rig_number(rig, "services.0.asked"), sum);
    assert_int_equal(rig_number(rig, "services.0.in_flight"), 0);
    assert_int_equal(rig_number(rig, "services.0.waiting"), 0);
    assert_int_equal(rig_number(rig, "services.0.bytes"), 0);
}

static void test_crowd_each_gets_the_reply_to_its_request(void **state)
{
    (void)state;
    void                 *context = zmq_ctx_new();
    struct rig            rig;
    struct crowd_asker    askers[CROWD_ASKERS] = {0};
    struct crowd_provider providers[CROWD_PROVIDERS];
    json_int_t            answered = 0;
    crowd_ends = false;
    for (int i = 0; i < CROWD_PROVIDERS; i++) {
        crowd_provider_start(&providers[i], context);
    }
    RIG_START(&rig, "-", RIG_BIND, "service s", providers[0].connect, providers[1].connect,
              providers[2].connect, "capacity=2", "attempt-ms=20000");
    for (unsigned i = 0; i < CROWD_ASKERS; i++) {
        askers[i].rig = &rig;
        askers[i].number = i;
        assert_int_equal(pthread_create(&askers[i].thread, NULL, crowd_asker_main, &askers[i]), 0);
    }
    for (int turn = 0; turn < CROWD_CHANGES; turn++) {
        crowd_change(&rig, providers, turn);
    }
    crowd_ends = true;
    for (int i = 0; i < CROWD_ASKERS; i++) {
        pthread_join(askers[i].thread, NULL);
        assert_false(askers[i].wrong);
        answered += askers[i].answered;
    }
    for (int i = 0; i < CROWD_PROVIDERS; i++) {
        pthread_join(providers[i].thread, NULL);
    }
    crowd_expect_sums(&rig);
    assert_int_equal(rig_number(&rig, "services.0.answered"), answered);
    rig_stop(&rig);
    zmq_ctx_term(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_crowd_each_gets_the_reply_to_its_request)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
