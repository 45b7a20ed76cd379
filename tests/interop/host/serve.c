/* SPDX-License-Identifier: MPL-2.0 */
#include "host.h"
#include "zmtp/router.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void on_ready(void *self, struct fsz_conn *conn)
{
    (void)self;
    host_print_conn("ready", "router", conn, NULL);
}

static void on_ended(void *self, struct fsz_conn *conn, enum fsz_zmtp_ending ending)
{
    (void)self;
    host_print_conn(fsz_conn_is_ready(conn) ? "ended" : "failed", "router", conn, &ending);
}

struct answer {
    struct fsz_zmtp_message message;
    uint8_t                 bytes[];
};

static void free_answer(struct fsz_zmtp_message *message)
{
    free(message);
}

/* Sends back the unchanged envelope and the body. */
static void answer_request(struct fsz_conn *conn, const struct fsz_buffer *envelope,
                           const struct fsz_frame *body)
{
    struct answer *answer =
        malloc(sizeof(*answer) + envelope->size + FSZ_FRAME_HEAD_MAX + body->size);
    if (!answer) {
        return;
    }
    size_t size = envelope->size;
    if (size) {
        memcpy(answer->bytes, envelope->data, size);
    }
    size += fsz_frame_write(answer->bytes + size, 0, body->size);
    if (body->size) {
        memcpy(answer->bytes + size, body->data, body->size);
    }
    answer->message = (struct fsz_zmtp_message){
        .refs = {1},
        .priority = FSZ_ZMTP_HIGH,
        .head = answer->bytes,
        .head_size = size + body->size,
        .held_bytes = sizeof(*answer) + size + body->size,
        .release = free_answer,
    };
    fsz_err err = fsz_conn_send(conn, &answer->message);
    if (err != FSZ_OK && err != FSZ_ECLOSED) {
        printf("{\"event\":\"unsent\",\"why\":\"%s\"}\n", fsz_err_text(err));
    }
    fsz_zmtp_message_unref(&answer->message);
}

static void on_request(void *self, struct fsz_conn *conn, const struct fsz_frames *frames)
{
    (void)self;
    struct fsz_frame  body;
    struct fsz_buffer envelope;
    fsz_buffer_init(&envelope, FSZ_ROUTER_ENVELOPE_BYTES);
    enum fsz_router_shape shape = fsz_router_split(frames, &envelope, &body);
    if (shape == FSZ_ROUTER_REQUEST) {
        answer_request(conn, &envelope, &body);
    } else {
        printf("{\"event\":\"shape\",\"shape\":%d,\"frames\":%zu}\n", (int)shape, frames->count);
    }
    fsz_buffer_fini(&envelope);
}

static const struct fsz_zmtp_handler router_handler = {
    .ready = on_ready,
    .message = on_request,
    .ended = on_ended,
};

bool host_serve_open(struct host *host)
{
    struct host_options *o = &host->options;
    if (o->routers == 0) {
        return true;
    }
    o->server.mechanism.type = FSZ_ZMTP_ROUTER;
    bool opened = fsz_zmtp_socket_new(host->loop, &o->server, &o->limits, &router_handler, host,
                                      &host->gate, &host->router) == FSZ_OK;
    for (size_t i = 0; opened && i < o->routers; i += 2) {
        opened = host_open_endpoint(host->router, "router", o->router[i], o->router[i + 1]);
    }
    return opened;
}
