/* message.h - one message from a stream, whichever framing it has.
 *
 * Belongs to one thread. The frames stay valid until the next receive or fini. */
#ifndef FSZ_MESSAGE_H
#define FSZ_MESSAGE_H

#include "fszmq/wire.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <zmq.h>

enum fsz_message_kind {
    FSZ_MESSAGE_JSON,     /* one frame: the event */
    FSZ_MESSAGE_ENVELOPE, /* topic, meta, event */
    FSZ_MESSAGE_BEAT,     /* the stream's own messages */
    FSZ_MESSAGE_BYE,
    FSZ_MESSAGE_LOST,
    FSZ_MESSAGE_OTHER, /* any other number of frames: not one of ours */
};

struct fsz_message {
    zmq_msg_t frames[FSZMQ_FRAME_COUNT];
    size_t    count; /* frames received, also those beyond the array, which are dropped */
    size_t    bytes; /* of all frames */
    enum fsz_message_kind kind;
};

void fsz_message_init(struct fsz_message *message);
void fsz_message_fini(struct fsz_message *message);

/* Receives one message; flags as zmq_msg_recv takes them. Returns 0, or -1 with errno. */
int fsz_message_receive(struct fsz_message *message, void *socket, int flags);

/* The event's JSON text, or "" of size 0 for a message that has none. */
const char *fsz_message_event(struct fsz_message *message, size_t *ret_size);

/* The meta frame as an object; NULL if there is none or it is not one. The caller decrefs it. */
json_t *fsz_message_meta(struct fsz_message *message);

#endif
