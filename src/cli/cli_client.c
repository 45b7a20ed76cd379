/* SPDX-License-Identifier: MPL-2.0 */
#include "cli/cli_client.h"

#include "base/clock.h"
#include "cli/cli.h"
#include "cli/text.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

enum {
    CLIENT_TICK_MS = 250,     /* longest delay until a signal is noticed */
    CLIENT_DEADLINE = -32003, /* docs/protocol/requests.md */
};

double fsz_client_timeout_s(const struct fsz_client_options *options)
{
    double timeout_s = options->timeout_s > 0 ? options->timeout_s : FSZ_CLIENT_TIMEOUT_S;
    return fmin(timeout_s, FSZ_CLIENT_TIMEOUT_MAX_S);
}

static int client_connect(struct fsz_client *client, const char *program)
{
    int dead_ms = (int)fmin(client->timeout_s * 1000, FSZ_CONNECT_DEAD_PATH_MS);
    dead_ms = dead_ms > 0 ? dead_ms : 1;
    if (fsz_connect_init(&client->connect, client->context, ZMQ_DEALER, &client->account, program,
                         false) != 0 ||
        zmq_setsockopt(client->connect.socket, ZMQ_TCP_MAXRT, &dead_ms, sizeof dead_ms) != 0) {
        fprintf(stderr, "%s: %s\n", program, zmq_strerror(errno));
        return FSZ_EXIT_FAILED;
    }
    return fsz_connect_open(&client->connect, client->endpoint) == 0 ? FSZ_EXIT_OK : FSZ_EXIT_USAGE;
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
    client->endpoint = options->endpoint ? options->endpoint : client->account.api;
    client->context = zmq_ctx_new();
    if (client->context == NULL) {
        fprintf(stderr, "%s: %s\n", program, zmq_strerror(errno));
        return FSZ_EXIT_FAILED;
    }
    fsz_signals_catch();
    result = client_connect(client, program);
    client->connect.once = true;
    return result;
}

int fsz_client_reopen(struct fsz_client *client)
{
    const char *program = client->connect.program;
    bool        once = client->connect.once;
    fsz_connect_fini(&client->connect);
    int result = client_connect(client, program);
    client->connect.once = once;
    return result;
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

static void client_tell_unsent(const struct fsz_client *client, const char *why)
{
    fprintf(stderr, "%s: not sent: %s\n", client->connect.program, why);
}

json_int_t fsz_client_send(struct fsz_client *client, const char *method, json_t *params)
{
    json_int_t id = ++client->last_id;
    json_t    *request =
        json_pack("{ss ss so sI}", "jsonrpc", "2.0", "method", method, "params", params, "id", id);
    char *text = json_dumps(request, JSON_COMPACT);
    fsz_connect_watch(&client->connect);
    bool ready = fsz_connect_is_ready(&client->connect);
    bool sent = text != NULL && ready &&
                zmq_send(client->connect.socket, text, strlen(text), ZMQ_DONTWAIT) >= 0;
    if (!sent) {
        client_tell_unsent(client, text == NULL                ? "out of memory"
                                   : !ready || errno == EAGAIN ? "no connection to the switch"
                                                               : zmq_strerror(errno));
    }
    free(text);
    json_decref(request);
    return sent ? id : 0;
}

/* Receives one message of any kind; NULL: none is waiting. Skips the empty frame that a REP sends
 * first. */
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

/* Handles a message. True: it is the reply to request `id`. */
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

/* Waits once. FSZ_EXIT_OK: keep waiting. */
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

/* Waits until requests can be sent. Returns FSZ_EXIT_OK, or an exit code after printing the reason.
 * `again`: keeps waiting if the first attempt to connect fails. */
static int client_wait_ready(struct fsz_client *client, int64_t end_ns, bool again)
{
    int result = FSZ_EXIT_OK;
    fsz_connect_watch(&client->connect);
    while (result == FSZ_EXIT_OK && !fsz_connect_is_ready(&client->connect)) {
        if (!again && fsz_connect_has_failed(&client->connect)) {
            client_tell_unsent(client, "no connection to the switch");
            return fsz_connect_is_hopeless(&client->connect) ? FSZ_EXIT_FAILED : FSZ_EXIT_NO_ANSWER;
        }
        if (fsz_clock_monotonic_ns() >= end_ns) {
            client_tell_unsent(client, "no connection to the switch in time");
            fsz_connect_explain(&client->connect);
            return FSZ_EXIT_NO_ANSWER;
        }
        result = client_wait_once(client);
    }
    return result;
}

int fsz_client_wait(struct fsz_client *client, json_int_t id, double timeout_s, json_t **ret_answer)
{
    int64_t  end_ns = fsz_clock_monotonic_ns() + (int64_t)(timeout_s * 1e9);
    uint64_t lost = client->connect.lost;
    int      result = FSZ_EXIT_OK;
    while (result == FSZ_EXIT_OK && !client_drain(client, id, ret_answer)) {
        if (client->connect.lost != lost) {
            fprintf(stderr, "%s: the connection ended before the reply: it may have run\n",
                    client->connect.program);
            return FSZ_EXIT_NO_ANSWER;
        }
        if (fsz_clock_monotonic_ns() >= end_ns) {
            fprintf(stderr, "%s: no reply within %g s: it may have run\n", client->connect.program,
                    timeout_s);
            return FSZ_EXIT_NO_ANSWER;
        }
        result = client_wait_once(client);
    }
    return result;
}

/* No request has a negative id, so this waits for none of them. */
void fsz_client_take(struct fsz_client *client)
{
    json_t *answer = NULL;
    client_drain(client, -1, &answer);
    json_decref(answer);
}

int fsz_client_wait_notice(struct fsz_client *client, double timeout_s)
{
    int64_t  end_ns = fsz_clock_monotonic_ns() + (int64_t)(timeout_s * 1e9);
    uint64_t before = client->notices;
    int      result = FSZ_EXIT_OK;
    while (result == FSZ_EXIT_OK && client->notices == before &&
           fsz_clock_monotonic_ns() < end_ns) {
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
    fsz_text_puts(stderr, message ? message : "an error without a message");
    fprintf(stderr, " (%" JSON_INTEGER_FORMAT ")",
            json_integer_value(json_object_get(error, "code")));
    if (data != NULL) {
        fputs(": ", stderr);
        fsz_text_puts(stderr, data);
    }
    fputc('\n', stderr);
    free(data);
}

/* Returns the exit code for a reply. Stores its result, or prints its error. */
static int client_read_answer(struct fsz_client *client, json_t *answer, json_t **ret_result)
{
    const json_t *error = json_object_get(answer, "error");
    if (error == NULL) {
        *ret_result = json_incref(json_object_get(answer, "result"));
        return FSZ_EXIT_OK;
    }
    fsz_client_tell_error(client, error);
    return json_integer_value(json_object_get(error, "code")) == CLIENT_DEADLINE
               ? FSZ_EXIT_NO_ANSWER
               : FSZ_EXIT_FAILED;
}

static int client_request(struct fsz_client *client, const char *method, json_t *params, bool again,
                          json_t **ret_result)
{
    json_t *answer = NULL;
    int64_t end_ns = fsz_clock_monotonic_ns() + (int64_t)(client->timeout_s * 1e9);
    int     result = client_wait_ready(client, end_ns, again);
    client->unanswered = false;
    if (result != FSZ_EXIT_OK) {
        json_decref(params);
        return result;
    }
    json_int_t id = fsz_client_send(client, method, params);
    result = id == 0 ? FSZ_EXIT_NO_ANSWER : fsz_client_wait(client, id, client->timeout_s, &answer);
    client->unanswered = id != 0 && answer == NULL;
    if (result == FSZ_EXIT_OK) {
        result = client_read_answer(client, answer, ret_result);
    }
    json_decref(answer);
    return result;
}

int fsz_client_call(struct fsz_client *client, const char *method, json_t *params,
                    json_t **ret_result)
{
    return client_request(client, method, params, false, ret_result);
}

int fsz_client_ask(struct fsz_client *client, const char *method, json_t *params,
                   json_t **ret_result)
{
    return client_request(client, method, params, true, ret_result);
}
