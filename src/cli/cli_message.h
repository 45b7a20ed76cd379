/* SPDX-License-Identifier: MPL-2.0 */
/* cli_message.h - one message from a stream, with either framing.
 *
 * Belongs to one thread. The frames stay valid until the next receive or fini. */
#ifndef FSZ_CLI_MESSAGE_H
#define FSZ_CLI_MESSAGE_H

#include "fszmq/wire.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <zmq.h>

enum fsz_message_kind {
    FSZ_MESSAGE_JSON,     /* one frame: the event */
    FSZ_MESSAGE_ENVELOPE, /* topic, meta, event */
    FSZ_MESSAGE_BEAT,     /* this and the next two: messages of the stream itself */
    FSZ_MESSAGE_BYE,
    FSZ_MESSAGE_LOST,
    FSZ_MESSAGE_OTHER, /* any other number of frames: unknown */
};

struct fsz_message {
    zmq_msg_t frames[FSZMQ_FRAME_COUNT];
    size_t    count; /* frames received, including those that did not fit and were dropped */
    size_t    bytes; /* of all frames */
    enum fsz_message_kind kind;
};

void fsz_message_init(struct fsz_message *message);
void fsz_message_fini(struct fsz_message *message);

/* Receives one message; flags as for zmq_msg_recv(). Returns 0, or -1 with errno. */
int fsz_message_receive(struct fsz_message *message, void *socket, int flags);

/* The event's JSON text, or "" and size 0 if the message has no event. */
const char *fsz_message_event(struct fsz_message *message, size_t *ret_size);

/* The meta frame as an object, which the caller decrefs; NULL: none, or not an object. */
json_t *fsz_message_meta(struct fsz_message *message);

#endif
