/* SPDX-License-Identifier: MPL-2.0 */
/* service_rig.h - api_rig.h, with providers of a service and threads that ask: both driven by the
 * test. */
#ifndef SERVICE_RIG_H
#define SERVICE_RIG_H

#include "api_rig.h"
#include "service/service_client.h"

/* ---- providers ------------------------------------------------------------------------------- */

/* A ROUTER for the service "s" to connect to; `ret_connect` gets "connect=ADDRESS". */
__attribute__((unused)) static void *provider_open(void *context, char ret_connect[256])
{
    int    patience_ms = RIG_PATIENCE_MS, linger = 0;
    size_t size = 200;
    void  *socket = zmq_socket(context, ZMQ_ROUTER);
    assert_non_null(socket);
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &patience_ms, sizeof(patience_ms));
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof(linger));
    assert_int_equal(zmq_bind(socket, "tcp://127.0.0.1:*"), 0);
    strcpy(ret_connect, "connect=");
    assert_int_equal(zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, ret_connect + 8, &size), 0);
    return socket;
}

/* A request as a ROUTER gets it. */
struct provided {
    unsigned char peer[64];
    int           peer_size;
    json_int_t    id;
    char          word[64]; /* the member `word` of params */
};

__attribute__((unused)) static struct provided provider_take(void *socket)
{
    struct provided request = {.id = 0};
    char            empty[8];
    request.peer_size = zmq_recv(socket, request.peer, sizeof(request.peer), 0);
    if (request.peer_size < 0) {
        fail_msg("no request arrived");
    }
    assert_int_equal(zmq_recv(socket, empty, sizeof(empty), 0), 0);
    json_t     *received = client_receive(socket);
    const char *version = NULL, *method = NULL, *word = NULL;
    assert_int_equal(json_unpack(received, "{ss ss sI s{ss}}", "jsonrpc", &version, "method",
                                 &method, "id", &request.id, "params", "word", &word),
                     0);
    assert_string_equal(version, "2.0");
    assert_string_equal(method, "test.ask");
    snprintf(request.word, sizeof(request.word), "%s", word);
    json_decref(received);
    return request;
}

static void provider_send(void *socket, const struct provided *request, const char *text)
{
    zmq_send(socket, request->peer, (size_t)request->peer_size, ZMQ_SNDMORE);
    zmq_send(socket, "", 0, ZMQ_SNDMORE);
    client_send(socket, text);
}

/* Replies with {"word": word}. */
__attribute__((unused)) static void provider_reply(void *socket, const struct provided *request,
                                                   const char *word)
{
    char text[256];
    snprintf(text, sizeof(text), "{\"jsonrpc\":\"2.0\",\"id\":%lld,\"result\":{\"word\":\"%s\"}}",
             (long long)request->id, word);
    provider_send(socket, request, text);
}

__attribute__((unused)) static void provider_refuse(void *socket, const struct provided *request)
{
    char text[256];
    snprintf(
        text, sizeof(text),
        "{\"jsonrpc\":\"2.0\",\"id\":%lld,\"error\":{\"code\":-1,\"message\":\"out of paper\"}}",
        (long long)request->id);
    provider_send(socket, request, text);
}

/* ---- threads that ask ------------------------------------------------------------------------ */

struct asker {
    pthread_t                  thread;
    struct fsz_service_client *service_client;
    char                       params[64];
    struct fsz_request_spec    ask;
    fsz_err                    err;
    struct fsz_reply           reply;
};

static void *asker_main(void *argument)
{
    struct asker *asker = argument;
    asker->err = fsz_service_client_ask(asker->service_client, &asker->ask, &asker->reply);
    return NULL;
}

/* Asks the service "s" about a word of that section, on its own thread. */
static void asker_start_section(struct rig *rig, struct asker *asker, const char *section,
                                const char *word, int64_t deadline_ms)
{
    *asker = (struct asker){.service_client = fsz_api_service_client(rig->api)};
    snprintf(asker->params, sizeof(asker->params), "{\"word\":\"%s\"}", word);
    asker->ask = (struct fsz_request_spec){.service = "s",
                                           .method = "test.ask",
                                           .params = asker->params,
                                           .params_bytes = strlen(asker->params),
                                           .deadline_ms = deadline_ms,
                                           .section = section};
    assert_int_equal(pthread_create(&asker->thread, NULL, asker_main, asker), 0);
}

static void asker_start(struct rig *rig, struct asker *asker, const char *word, int64_t deadline_ms)
{
    asker_start_section(rig, asker, NULL, word, deadline_ms);
}

__attribute__((unused)) static void asker_end(struct asker *asker)
{
    pthread_join(asker->thread, NULL);
    fsz_service_client_unref(&asker->service_client);
    json_decref(asker->reply.result);
}

__attribute__((unused)) static void asker_expect(struct asker *asker, const char *word)
{
    pthread_join(asker->thread, NULL);
    if (asker->err != FSZ_OK) {
        fail_msg("%s: %s", fsz_err_text(asker->err), asker->reply.why);
    }
    assert_string_equal(json_string_value(json_object_get(asker->reply.result, "word")), word);
    fsz_service_client_unref(&asker->service_client);
    json_decref(asker->reply.result);
}

__attribute__((unused)) static void asker_expect_failure(struct asker *asker, fsz_err err,
                                                         const char *why)
{
    pthread_join(asker->thread, NULL);
    assert_int_equal(asker->err, err);
    if (strstr(asker->reply.why, why) == NULL) {
        fail_msg("the reason is \"%s\", not \"%s\"", asker->reply.why, why);
    }
    assert_null(asker->reply.result);
    fsz_service_client_unref(&asker->service_client);
}

/* Asks and waits for the failure. */
__attribute__((unused)) static void asker_fail(struct rig *rig, int64_t deadline_ms, fsz_err err,
                                               const char *why)
{
    struct asker asker;
    asker_start(rig, &asker, "any", deadline_ms);
    asker_expect_failure(&asker, err, why);
}

/* Waits until the provider at that index of the service "s" has that state. */
__attribute__((unused)) static void service_wait_state(struct rig *rig, size_t place,
                                                       const char *state)
{
    const char *seen = "";
    for (int waited_ms = 0; strcmp(seen, state) != 0; waited_ms += 10) {
        json_t *status = rig_status(rig);
        json_t *providers =
            json_object_get(json_array_get(json_object_get(status, "services"), 0), "providers");
        const char *now =
            json_string_value(json_object_get(json_array_get(providers, place), "state"));
        seen = now != NULL && strcmp(now, state) == 0 ? state : "";
        json_decref(status);
        if (waited_ms > RIG_PATIENCE_MS) {
            fail_msg("provider %zu is not %s", place, state);
        }
        usleep(10000);
    }
}

/* ---- clients registered for "s" -------------------------------------------------------------- */

__attribute__((unused)) static void *worker_open(struct rig *rig, int capacity)
{
    char  text[128];
    void *worker = client_open(rig, ZMQ_DEALER, NULL);
    snprintf(text, sizeof(text),
             "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"service.register\",\"params\":{"
             "\"service\":\"s\","
             "\"capacity\":%d}}",
             capacity);
    client_expect(worker, text, RESULT(1, "{}"));
    return worker;
}

/* The id and the word of the next request. */
__attribute__((unused)) static json_int_t client_take(void *socket, const char *expected_word)
{
    json_t     *request = client_receive(socket);
    const char *word = NULL;
    json_int_t  id = 0;
    assert_int_equal(json_unpack(request, "{sI s{ss}}", "id", &id, "params", "word", &word), 0);
    assert_string_equal(word, expected_word);
    json_decref(request);
    return id;
}

__attribute__((unused)) static void client_answer(void *socket, json_int_t id, const char *word)
{
    char text[256];
    snprintf(text, sizeof(text), "{\"jsonrpc\":\"2.0\",\"id\":%lld,\"result\":{\"word\":\"%s\"}}",
             (long long)id, word);
    client_send(socket, text);
}

/* ---- reloads --------------------------------------------------------------------------------- */

/* A reload whose first half is done. */
struct reload {
    struct fsz_problems problems;
    struct fsz_config  *config;
    struct fsz_policy  *policy;
    struct fsz_change   change;
};

static void reload_prepare(struct rig *rig, struct reload *reload, const char *const *params)
{
    const struct fsz_change_part part = fsz_api_part(rig->api);
    reload->config = rig_config(params);
    reload->policy = rig_policy(reload->config);
    fsz_problems_init(&reload->problems);
    fsz_change_init(&reload->change, &rig_host, reload->config, reload->policy, &reload->problems);
    assert_int_equal(part.release(part.self, &reload->change), FSZ_OK);
    assert_int_equal(part.prepare(part.self, &reload->change), FSZ_OK);
}

static void reload_end(struct rig *rig, struct reload *reload, bool commit)
{
    const struct fsz_change_part part = fsz_api_part(rig->api);
    (commit ? part.commit : part.cancel)(part.self, &reload->change);
    fsz_change_fini(&reload->change);
    fsz_policy_unref(&reload->policy);
    fsz_config_free(&reload->config);
}

__attribute__((unused)) static void rig_reload(struct rig *rig, const char *const *params)
{
    struct reload reload;
    reload_prepare(rig, &reload, params);
    reload_end(rig, &reload, true);
}

#define RIG_PREPARE(rig, reload, ...)                                                              \
    reload_prepare((rig), (reload), (const char *const[]){__VA_ARGS__, NULL})
#define RIG_RELOAD(rig, ...) rig_reload((rig), (const char *const[]){__VA_ARGS__, NULL})

#endif
