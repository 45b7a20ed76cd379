#include "client.h"

#include "cli.h"
#include "rate.h"
#include "text.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

enum {
    CLIENT_TICK_MS = 250,     /* signals are seen within this, at the latest */
    CLIENT_DEADLINE = -32003, /* docs/protocol/requests.md */
};

double fsz_client_timeout_s(const struct fsz_client_options *options)
{
    double timeout_s = options->timeout_s > 0 ? options->timeout_s : FSZ_CLIENT_TIMEOUT_S;
    return fmin(timeout_s, FSZ_CLIENT_TIMEOUT_MAX_S);
}

int fsz_client_open(struct fsz_client *client, const char *program,
                    const struct fsz_client_options *options)
{
    *client = (struct fsz_client){0};
    int result = fsz_account_read(&client->account, program, &options->account);
    if (result != FSZ_EXIT_OK) {
        return result;
    }
    client->timeout_s = fsz_client_timeout_s(options);
    client->context = zmq_ctx_new();
    if (client->context == NULL || fsz_connect_init(&client->connect, client->context, ZMQ_DEALER,
                                                    &client->account, program, false) != 0) {
        fprintf(stderr, "%s: %s\n", program, zmq_strerror(errno));
        return FSZ_EXIT_FAILED;
    }
    fsz_signals_catch();
    const char *endpoint = options->endpoint ? options->endpoint : client->account.api;
    return fsz_connect_open(&client->connect, endpoint) == 0 ? FSZ_EXIT_OK : FSZ_EXIT_USAGE;
}

void fsz_client_close(struct fsz_client *client)
{
    fsz_connect_fini(&client->connect);
    if (client->context != NULL) {
        zmq_ctx_term(client->context);
    }
    fsz_account_forget(&client->account);
    *client = (struct fsz_client){0};
}

json_int_t fsz_client_send(struct fsz_client *client, const char *method, json_t *params)
{
    json_int_t id = ++client->last_id;
    json_t    *request =
        json_pack("{ss ss so sI}", "jsonrpc", "2.0", "method", method, "params", params, "id", id);
    char *text = json_dumps(request, JSON_COMPACT);
    bool  sent =
        text != NULL && zmq_send(client->connect.socket, text, strlen(text), ZMQ_DONTWAIT) >= 0;
    if (!sent) {
        fprintf(stderr, "%s: request not sent: %s\n", client->connect.program,
                text == NULL ? "out of memory" : zmq_strerror(errno));
    }
    free(text);
    json_decref(request);
    return sent ? id : 0;
}

/* One message, whichever it is; NULL: none there. With an empty frame before it, as REP sends. */
static json_t *client_receive(struct fsz_client *client)
{
    json_t   *message = NULL;
    zmq_msg_t frame;
    zmq_msg_init(&frame);
    while (message == NULL && zmq_msg_recv(&frame, client->connect.socket, ZMQ_DONTWAIT) >= 0) {
        message = json_loadb(zmq_msg_data(&frame), zmq_msg_size(&frame), 0, NULL);
    }
    zmq_msg_close(&frame);
    return message;
}

/* True: `message` is the answer that is waited for. */
static bool client_take(struct fsz_client *client, json_int_t id, const json_t *message)
{
    const char *method = json_string_value(json_object_get(message, "method"));
    bool awaited = method == NULL && json_integer_value(json_object_get(message, "id")) == id;
    client->notices += method != NULL;
    if (method != NULL && client->notice != NULL) {
        client->notice(client->notice_self, method, json_object_get(message, "params"));
    } else if (method == NULL && !awaited && client->answer != NULL) {
        client->answer(client->notice_self, message);
    }
    return awaited;
}

static bool client_drain(struct fsz_client *client, json_int_t id, json_t **ret_answer)
{
    for (json_t *message; (message = client_receive(client)) != NULL;) {
        if (client_take(client, id, message)) {
            *ret_answer = message;
            return true;
        }
        json_decref(message);
    }
    return false;
}

static void client_poll(struct fsz_client *client)
{
    zmq_pollitem_t items[] = {{client->connect.socket, 0, ZMQ_POLLIN, 0},
                              {client->connect.monitor, 0, ZMQ_POLLIN, 0}};
    zmq_poll(items, 2, CLIENT_TICK_MS);
    fsz_connect_watch(&client->connect);
    fsz_connect_check(&client->connect);
}

/* One round of waiting. FSZ_EXIT_OK: go on. */
static int client_wait_once(struct fsz_client *client)
{
    if (fsz_signals_stopped()) {
        return FSZ_EXIT_NO_ANSWER;
    }
    if (fsz_connect_is_hopeless(&client->connect)) {
        return FSZ_EXIT_FAILED;
    }
    client_poll(client);
    return FSZ_EXIT_OK;
}

int fsz_client_wait(struct fsz_client *client, json_int_t id, double timeout_s, json_t **ret_answer)
{
    int64_t end_ns = fsz_now_ns() + (int64_t)(timeout_s * 1e9);
    int     result = FSZ_EXIT_OK;
    while (result == FSZ_EXIT_OK && !client_drain(client, id, ret_answer)) {
        if (fsz_now_ns() >= end_ns) {
            fprintf(stderr, "%s: no answer within %g s\n", client->connect.program, timeout_s);
            fsz_connect_explain(&client->connect);
            return FSZ_EXIT_NO_ANSWER;
        }
        result = client_wait_once(client);
    }
    return result;
}

/* No id is negative, so none is awaited. */
void fsz_client_take(struct fsz_client *client)
{
    json_t *answer = NULL;
    client_drain(client, -1, &answer);
    json_decref(answer);
}

int fsz_client_wait_notice(struct fsz_client *client, double timeout_s)
{
    int64_t  end_ns = fsz_now_ns() + (int64_t)(timeout_s * 1e9);
    uint64_t before = client->notices;
    int      result = FSZ_EXIT_OK;
    while (result == FSZ_EXIT_OK && client->notices == before && fsz_now_ns() < end_ns) {
        fsz_client_take(client);
        result = client->notices == before ? client_wait_once(client) : FSZ_EXIT_OK;
    }
    return result;
}

void fsz_client_tell_error(const struct fsz_client *client, const json_t *error)
{
    const char *message = json_string_value(json_object_get(error, "message"));
    char       *data = json_dumps(json_object_get(error, "data"), JSON_COMPACT | JSON_ENCODE_ANY);
    fprintf(stderr, "%s: ", client->connect.program);
    fsz_text_puts(stderr, message ? message : "an error without words");
    fprintf(stderr, " (%" JSON_INTEGER_FORMAT ")",
            json_integer_value(json_object_get(error, "code")));
    if (data != NULL) {
        fputs(": ", stderr);
        fsz_text_puts(stderr, data);
    }
    fputc('\n', stderr);
    free(data);
}

int fsz_client_call(struct fsz_client *client, const char *method, json_t *params,
                    json_t **ret_result)
{
    json_t    *answer = NULL;
    json_int_t id = fsz_client_send(client, method, params);
    int        result =
        id == 0 ? FSZ_EXIT_FAILED : fsz_client_wait(client, id, client->timeout_s, &answer);
    if (result != FSZ_EXIT_OK) {
        return result;
    }
    const json_t *error = json_object_get(answer, "error");
    if (error != NULL) {
        fsz_client_tell_error(client, error);
        result = json_integer_value(json_object_get(error, "code")) == CLIENT_DEADLINE
                     ? FSZ_EXIT_NO_ANSWER
                     : FSZ_EXIT_FAILED;
    } else {
        *ret_result = json_incref(json_object_get(answer, "result"));
    }
    json_decref(answer);
    return result;
}
