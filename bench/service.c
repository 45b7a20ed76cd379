/* SPDX-License-Identifier: MPL-2.0 */
/* bench_service ENDPOINT FILE - replies to every request of a switch with the same document.
 *
 * A ROUTER, any number of requests at once, one thread. It reads only the id of a request; nginx,
 * which it is compared with, reads nothing. */
#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

enum { ID_MAX = 32 };

static volatile sig_atomic_t ending;

static void service_end(int number)
{
    (void)number;
    ending = 1;
}

/* The file as the member `xml` of a result: `{"xml":"…"}}`, which follows the id. NULL: not
 * readable. */
static char *service_answer_end(const char *path)
{
    char  text[1 << 16];
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return NULL;
    }
    size_t size = fread(text, 1, sizeof text, file);
    fclose(file);
    json_t *result = json_pack("{s:s#}", "xml", text, (int)size);
    char   *json = json_dumps(result, JSON_COMPACT), *end = NULL;
    if (json == NULL || asprintf(&end, ",\"result\":%s}", json) < 0) {
        end = NULL;
    }
    free(json);
    json_decref(result);
    return end;
}

/* The digits of the request's id, which the switch writes as a number before the parameters. */
static size_t service_id(const zmq_msg_t *question, char *ret_id)
{
    static const char name[] = "\"id\":";
    const char       *text = zmq_msg_data((zmq_msg_t *)question);
    size_t            size = zmq_msg_size(question), count = 0;
    const char       *at = memmem(text, size, name, sizeof name - 1);
    for (at = at == NULL ? text + size : at + sizeof name - 1;
         at < text + size && count < ID_MAX && *at >= '0' && *at <= '9'; at++) {
        ret_id[count++] = *at;
    }
    return count;
}

/* Replaces the request with its reply. */
static bool service_answer(zmq_msg_t *message, const char *end, size_t end_size)
{
    static const char start[] = "{\"jsonrpc\":\"2.0\",\"id\":";
    char              id[ID_MAX];
    size_t            id_size = service_id(message, id);
    zmq_msg_close(message);
    if (zmq_msg_init_size(message, sizeof start - 1 + id_size + end_size) != 0) {
        zmq_msg_init(message);
        return false;
    }
    char *to = zmq_msg_data(message);
    memcpy(to, start, sizeof start - 1);
    memcpy(to + sizeof start - 1, id, id_size);
    memcpy(to + sizeof start - 1 + id_size, end, end_size);
    return true;
}

/* All frames except the last are the return address. */
static void service_run(void *socket, const char *end)
{
    size_t    end_size = strlen(end);
    zmq_msg_t message;
    zmq_msg_init(&message);
    while (!ending && zmq_msg_recv(&message, socket, 0) >= 0) {
        bool more = zmq_msg_more(&message);
        if ((more || service_answer(&message, end, end_size)) &&
            zmq_msg_send(&message, socket, more ? ZMQ_SNDMORE : 0) < 0) {
            break;
        }
    }
    zmq_msg_close(&message);
}

int main(int argc, char **argv)
{
    struct sigaction on_end = {.sa_handler = service_end};
    char            *end = argc == 3 ? service_answer_end(argv[2]) : NULL;
    if (end == NULL) {
        fprintf(stderr, "usage: %s ENDPOINT FILE\n", argv[0]);
        return EXIT_FAILURE;
    }
    sigaction(SIGINT, &on_end, NULL);
    sigaction(SIGTERM, &on_end, NULL);
    void *context = zmq_ctx_new(), *socket = zmq_socket(context, ZMQ_ROUTER);
    int   bound = zmq_bind(socket, argv[1]);
    if (bound == 0) {
        service_run(socket, end);
    } else {
        fprintf(stderr, "%s: %s\n", argv[1], zmq_strerror(zmq_errno()));
    }
    zmq_close(socket);
    zmq_ctx_term(context);
    free(end);
    return bound == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
