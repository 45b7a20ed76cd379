/* SPDX-License-Identifier: MPL-2.0 */
/* asker_api.c - requests to an API socket, from a DEALER. */
#include "bench/asker.h"

#include "keys/cert.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void cert_read(const char *path, struct fsz_cert *ret_cert)
{
    char why[512] = "";
    if (fsz_cert_read(path, ret_cert, why, sizeof(why)) != FSZ_OK) {
        errno = 0;
        asker_fail(why);
    }
}

static void api_encrypt(void *socket, const struct asker_options *options)
{
    struct fsz_cert own, server;
    cert_read(options->key_file, &own);
    cert_read(options->server_key_file, &server);
    if (zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, own.public_key, sizeof(own.public_key)) != 0 ||
        zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, own.secret_key, sizeof(own.secret_key)) != 0 ||
        zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, server.public_key, sizeof(server.public_key)) !=
            0) {
        asker_fail("keys");
    }
    fsz_cert_forget(&own);
}

static void api_open(struct asker *asker, const struct asker_options *options, void *context)
{
    int none = 0;
    asker->socket = zmq_socket(context, ZMQ_DEALER);
    if (asker->socket == NULL) {
        asker_fail("socket");
    }
    zmq_setsockopt(asker->socket, ZMQ_LINGER, &none, sizeof(none));
    zmq_setsockopt(asker->socket, ZMQ_SNDHWM, &none, sizeof(none));
    zmq_setsockopt(asker->socket, ZMQ_RCVHWM, &none, sizeof(none));
    if (options->key_file != NULL) {
        api_encrypt(asker->socket, options);
    }
    if (zmq_connect(asker->socket, options->address) != 0) {
        asker_fail(options->address);
    }
}

static void api_close(struct asker *asker)
{
    zmq_close(asker->socket);
}

static void api_ask(struct asker *asker, const char *command, const char *arg)
{
    char text[512];
    int  size = snprintf(text, sizeof(text),
                         "{\"jsonrpc\":\"2.0\",\"id\":%" PRIu64 ",\"method\":\"api\","
                          "\"params\":{\"command\":\"%s\",\"arg\":\"%s\"}}",
                         asker->asked, command, arg);
    if (zmq_send(asker->socket, text, (size_t)size, 0) < 0) {
        asker_fail("send");
    }
}

static uint64_t api_number(const char *text, size_t size)
{
    static const char id[] = "\"id\":";
    const char       *at = memmem(text, size, id, sizeof(id) - 1);
    if (at == NULL || memmem(text, size, "\"error\":", strlen("\"error\":")) != NULL) {
        fprintf(stderr, "%.*s\n", (int)size, text);
        errno = 0;
        asker_fail("no answer to a request of ours");
    }
    return strtoull(at + sizeof(id) - 1, NULL, 10);
}

static void api_take(struct asker *asker, asker_answer_fn answer, void *self)
{
    char text[4096];
    int  size = 0;
    while ((size = zmq_recv(asker->socket, text, sizeof(text), ZMQ_DONTWAIT)) >= 0) {
        asker->answered++;
        answer(self, asker, api_number(text, (size_t)size));
    }
    if (errno != EAGAIN) {
        asker_fail("receive");
    }
}

const struct asker_type asker_api = {
    .name = "api", .open = api_open, .close = api_close, .ask = api_ask, .take = api_take};

void asker_echo(const char *endpoint)
{
    void     *context = zmq_ctx_new();
    void     *socket = zmq_socket(context, ZMQ_ROUTER);
    zmq_msg_t part;
    if (zmq_bind(socket, endpoint) != 0) {
        asker_fail(endpoint);
    }
    for (;;) {
        zmq_msg_init(&part);
        if (zmq_msg_recv(&part, socket, 0) < 0 ||
            zmq_msg_send(&part, socket, zmq_msg_more(&part) ? ZMQ_SNDMORE : 0) < 0) {
            asker_fail("echo");
        }
    }
}
