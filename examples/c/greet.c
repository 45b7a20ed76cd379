/* SPDX-License-Identifier: MPL-2.0 */
/* Answers each call, greets the caller, and hands the call over to another service with the
 * arguments from the dialplan. It is an endpoint that the switch connects to; it keeps no state.
 *
 *     gcc -O2 -Wall -o greet greet.c -lzmq -ljansson
 *     ./greet [endpoint [next service [greeting]]]
 *
 * Debian: libzmq3-dev libjansson-dev. docs/calls.md */
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

static volatile sig_atomic_t ending;

static const char *next_service = "queue", *greeting = "ivr/ivr-welcome.wav";

static void end(int number)
{
    (void)number;
    ending = 1;
}

/* Sends to the switch with that routing id. Takes ownership of `message`. */
static void send_message(void *socket, zmq_msg_t *route, json_t *message)
{
    char     *text = message == NULL ? NULL : json_dumps(message, JSON_COMPACT);
    zmq_msg_t copy;
    zmq_msg_init(&copy);
    zmq_msg_copy(&copy, route);
    if (text == NULL || zmq_msg_send(&copy, socket, ZMQ_SNDMORE) < 0) {
        fputs("not sent\n", stderr);
        zmq_msg_close(&copy);
    } else {
        zmq_send(socket, "", 0, ZMQ_SNDMORE);
        zmq_send(socket, text, strlen(text), 0);
    }
    free(text);
    json_decref(message);
}

static json_t *accept_reply(json_t *id)
{
    return json_pack("{ss sO s{sb s[{ss} {ss ss}] ss}}", "jsonrpc", "2.0", "id", id, "result",
                     "accept", 1, "execute", "app", "answer", "app", "playback", "arg", greeting,
                     "then", "control");
}

/* Takes effect when the list in the reply has run. */
static json_t *hand_over(json_t *lease, json_t *params)
{
    return json_pack("{ss ss sO s{sO sO ss s{sO}}}", "jsonrpc", "2.0", "method", "call.hand-over",
                     "id", lease, "params", "call", json_object_get(params, "call"), "lease", lease,
                     "service", next_service, "data", "args", json_object_get(params, "args"));
}

static void take(void *socket, zmq_msg_t *route, json_t *message)
{
    const char *method = json_string_value(json_object_get(message, "method"));
    json_t     *id = json_object_get(message, "id"), *params = json_object_get(message, "params");
    json_t     *error = json_object_get(message, "error");
    if (method != NULL && strcmp(method, "call.offer") == 0) {
        send_message(socket, route, accept_reply(id));
        send_message(socket, route, hand_over(id, params));
    } else if (method != NULL && id != NULL) { /* service.ping */
        send_message(socket, route, json_pack("{ss sO s{}}", "jsonrpc", "2.0", "id", id, "result"));
    } else if (error != NULL) { /* for example, the caller has hung up */
        const char *why = json_string_value(json_object_get(error, "message"));
        fprintf(stderr, "%s\n", why != NULL ? why : "refused");
    }
}

/* A message: routing id, an empty frame, text. */
static void receive(void *socket)
{
    zmq_msg_t route, part;
    zmq_msg_init(&route);
    zmq_msg_init(&part);
    int received = zmq_msg_recv(&route, socket, 0), more = received >= 0 && zmq_msg_more(&route);
    while (more) {
        more = zmq_msg_recv(&part, socket, 0) >= 0 && zmq_msg_more(&part);
    }
    json_t *message = json_loadb(zmq_msg_data(&part), zmq_msg_size(&part), 0, NULL);
    if (json_is_object(message)) {
        take(socket, &route, message);
    }
    json_decref(message);
    zmq_msg_close(&part);
    zmq_msg_close(&route);
}

int main(int argc, char **argv)
{
    const char *endpoint = argc > 1 ? argv[1] : "tcp://127.0.0.1:5581";
    next_service = argc > 2 ? argv[2] : next_service;
    greeting = argc > 3 ? argv[3] : greeting;
    sigaction(SIGINT, &(struct sigaction){.sa_handler = end}, NULL);
    sigaction(SIGTERM, &(struct sigaction){.sa_handler = end}, NULL);
    void *context = zmq_ctx_new(), *socket = zmq_socket(context, ZMQ_ROUTER);
    int   wake_ms = 500; /* a signal just before the wait does not end it */
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &wake_ms, sizeof wake_ms);
    if (zmq_bind(socket, endpoint) != 0) {
        fprintf(stderr, "%s: %s\n", endpoint, zmq_strerror(zmq_errno()));
        return 1;
    }
    while (!ending) {
        receive(socket);
    }
    zmq_close(socket);
    zmq_ctx_term(context);
    return 0;
}
