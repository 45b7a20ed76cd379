/* SPDX-License-Identifier: MPL-2.0 */
#include "cli/cli_message.h"

#include <string.h>

void fsz_message_init(struct fsz_message *message)
{
    *message = (struct fsz_message){.kind = FSZ_MESSAGE_OTHER};
    for (size_t i = 0; i < FSZMQ_FRAME_COUNT; i++) {
        zmq_msg_init(&message->frames[i]);
    }
}

void fsz_message_fini(struct fsz_message *message)
{
    for (size_t i = 0; i < FSZMQ_FRAME_COUNT; i++) {
        zmq_msg_close(&message->frames[i]);
    }
}

static bool message_topic_starts(struct fsz_message *message, const char *prefix)
{
    zmq_msg_t *topic = &message->frames[FSZMQ_FRAME_TOPIC];
    size_t     length = strlen(prefix);
    return zmq_msg_size(topic) >= length && memcmp(zmq_msg_data(topic), prefix, length) == 0;
}

static enum fsz_message_kind message_kind(struct fsz_message *message)
{
    if (message->count == 1) {
        return FSZ_MESSAGE_JSON;
    }
    if (message->count != FSZMQ_FRAME_COUNT) {
        return FSZ_MESSAGE_OTHER;
    }
    if (message_topic_starts(message, FSZMQ_TOPIC_BEAT)) {
        return FSZ_MESSAGE_BEAT;
    }
    if (message_topic_starts(message, FSZMQ_TOPIC_LOST)) {
        return FSZ_MESSAGE_LOST;
    }
    return message_topic_starts(message, FSZMQ_TOPIC_BYE) ? FSZ_MESSAGE_BYE : FSZ_MESSAGE_ENVELOPE;
}

/* Reads and drops the remaining frames of a message with too many frames. */
static int message_skip(struct fsz_message *message, void *socket)
{
    zmq_msg_t rest;
    int       more = 1;
    zmq_msg_init(&rest);
    while (more) {
        if (zmq_msg_recv(&rest, socket, 0) < 0) {
            zmq_msg_close(&rest);
            return -1;
        }
        message->bytes += zmq_msg_size(&rest);
        message->count++;
        more = zmq_msg_more(&rest);
    }
    zmq_msg_close(&rest);
    return 0;
}

int fsz_message_receive(struct fsz_message *message, void *socket, int flags)
{
    int more = 1;
    message->count = 0;
    message->bytes = 0;
    while (more && message->count < FSZMQ_FRAME_COUNT) {
        zmq_msg_t *frame = &message->frames[message->count];
        if (zmq_msg_recv(frame, socket, flags) < 0) {
            return -1;
        }
        message->bytes += zmq_msg_size(frame);
        message->count++;
        more = zmq_msg_more(frame);
    }
    if (more && message_skip(message, socket) != 0) {
        return -1;
    }
    message->kind = message_kind(message);
    return 0;
}

const char *fsz_message_event(struct fsz_message *message, size_t *ret_size)
{
    zmq_msg_t *frame = NULL;
    if (message->kind == FSZ_MESSAGE_JSON) {
        frame = &message->frames[0];
    } else if (message->kind == FSZ_MESSAGE_ENVELOPE) {
        frame = &message->frames[FSZMQ_FRAME_EVENT];
    }
    *ret_size = frame == NULL ? 0 : zmq_msg_size(frame);
    return frame == NULL ? "" : zmq_msg_data(frame);
}

json_t *fsz_message_meta(struct fsz_message *message)
{
    if (message->count != FSZMQ_FRAME_COUNT) {
        return NULL;
    }
    zmq_msg_t *frame = &message->frames[FSZMQ_FRAME_META];
    json_t    *meta = json_loadb(zmq_msg_data(frame), zmq_msg_size(frame), 0, NULL);
    if (!json_is_object(meta)) {
        json_decref(meta);
        return NULL;
    }
    return meta;
}
