/* SPDX-License-Identifier: MPL-2.0 */
/* outbound_zmq ENDPOINT SERVICE list|control|hold - takes calls from the dialplan's `zmq`.
 *
 * A client of an API socket, one thread, any number of calls. For each: the first application,
 * answer, three variables, hangup; with `list` all in the reply to the offer, with `control` one
 * command each; with `hold` only the reply, so that the call stays. */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

enum { MESSAGE_BYTES = 4096, CALL_BYTES = 64, ID_BYTES = 24, CAPACITY = 100000 };

static const char take_list[] =
    "\"result\":{\"accept\":true,\"set\":{\"bench_a\":\"1\",\"bench_b\":\"2\",\"bench_c\":\"3\"},"
    "\"execute\":[{\"app\":\"bench_first\"},{\"app\":\"answer\"}],\"then\":\"hangup\"}";
static const char take_control[] = "\"result\":{\"accept\":true}";

static volatile sig_atomic_t ending;

static void outbound_end(int number)
{
    (void)number;
    ending = 1;
}

static void outbound_send(void *socket, const char *text)
{
    if (zmq_send(socket, text, strlen(text), 0) < 0) {
        fprintf(stderr, "outbound_zmq: send: %s\n", zmq_strerror(zmq_errno()));
    }
}

/* The text after `name` up to `end`; false: not found. */
static bool outbound_find(const char *text, const char *name, const char *end, char *ret_value,
                          size_t size)
{
    const char *at = strstr(text, name);
    if (at == NULL) {
        return false;
    }
    at += strlen(name);
    size_t length = strcspn(at, end);
    snprintf(ret_value, size, "%.*s", (int)length, at);
    return length < size;
}

static void outbound_execute(void *socket, const char *call, const char *app)
{
    char text[MESSAGE_BYTES];
    snprintf(text, sizeof text,
             "{\"jsonrpc\":\"2.0\",\"method\":\"call.execute\",\"params\":{\"call\":\"%s\",\"app\":"
             "\"%s\",\"lock\":true}}",
             call, app);
    outbound_send(socket, text);
}

/* Uses notifications, which have no reply; the hangup is queued after the rest. */
static void outbound_control(void *socket, const char *call)
{
    char text[MESSAGE_BYTES];
    outbound_execute(socket, call, "bench_first");
    outbound_execute(socket, call, "answer");
    snprintf(text, sizeof text,
             "{\"jsonrpc\":\"2.0\",\"method\":\"call.set\",\"params\":{\"call\":\"%s\","
             "\"variables\":{\"bench_a\":\"1\",\"bench_b\":\"2\",\"bench_c\":\"3\"}}}",
             call);
    outbound_send(socket, text);
    outbound_execute(socket, call, "hangup");
}

static void outbound_answer(void *socket, const char *id, const char *result)
{
    char text[MESSAGE_BYTES];
    snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":%s,%s}", id, result);
    outbound_send(socket, text);
}

static void outbound_take(void *socket, const char *message, const char *mode)
{
    char id[ID_BYTES], call[CALL_BYTES];
    bool list = strcmp(mode, "list") == 0;
    if (!outbound_find(message, "\"id\":", ",}", id, sizeof id)) {
        return; /* a notification */
    }
    if (strstr(message, "\"method\":\"call.offer\"") == NULL) {
        if (strstr(message, "\"method\":\"service.ping\"") != NULL) {
            outbound_answer(socket, id, "\"result\":{}");
        }
        return;
    }
    if (outbound_find(message, "\"call\":\"", "\"", call, sizeof call)) {
        outbound_answer(socket, id, list ? take_list : take_control);
        if (strcmp(mode, "control") == 0) {
            outbound_control(socket, call);
        }
    }
}

static void outbound_run(void *socket, const char *mode)
{
    zmq_msg_t message;
    zmq_msg_init(&message);
    while (!ending) {
        int size = zmq_msg_recv(&message, socket, 0);
        if (size > 0) {
            char *text = strndup(zmq_msg_data(&message), (size_t)size);
            outbound_take(socket, text, mode);
            free(text);
        }
    }
    zmq_msg_close(&message);
}

int main(int argc, char **argv)
{
    struct sigaction on_end = {.sa_handler = outbound_end};
    char             text[MESSAGE_BYTES];
    int              linger_ms = 0;
    if (argc != 4) {
        fprintf(stderr, "usage: %s ENDPOINT SERVICE list|control|hold\n", argv[0]);
        return EXIT_FAILURE;
    }
    sigaction(SIGINT, &on_end, NULL);
    sigaction(SIGTERM, &on_end, NULL);
    void *context = zmq_ctx_new(), *socket = zmq_socket(context, ZMQ_DEALER);
    zmq_setsockopt(socket, ZMQ_LINGER, &linger_ms, sizeof linger_ms);
    zmq_connect(socket, argv[1]);
    snprintf(text, sizeof text,
             "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"service.register\",\"params\":{"
             "\"service\":\"%s\",\"capacity\":%d}}",
             argv[2], CAPACITY);
    outbound_send(socket, text);
    outbound_run(socket, argv[3]);
    zmq_close(socket);
    zmq_ctx_term(context);
    return EXIT_SUCCESS;
}
