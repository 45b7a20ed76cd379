/* SPDX-License-Identifier: MPL-2.0 */
#include "stream/message.h"

#include "base/blocks.h"
#include "base/clock.h"
#include "event/encode.h"
#include "stream/topic.h"

#include <string.h>

enum fsz_zmtp_priority fsz_priority_on_wire(enum fsz_priority priority)
{
    static const enum fsz_zmtp_priority priorities[FSZ_PRIORITIES] = {
        [FSZ_PRIORITY_LOW] = FSZ_ZMTP_LOW,
        [FSZ_PRIORITY_NORMAL] = FSZ_ZMTP_NORMAL,
        [FSZ_PRIORITY_HIGH] = FSZ_ZMTP_HIGH,
    };
    return priorities[priority];
}

/* Bytes before the JSON: the message, its topic, and room for the head of a frame. */
static size_t message_room(size_t topic_size)
{
    return sizeof(struct fsz_message) + topic_size + FSZ_FRAME_HEAD_MAX;
}

static void message_release(struct fsz_zmtp_message *wire)
{
    fsz_block_give(wire);
}

/* The frame that holds only the JSON. Its head is in the bytes directly before the JSON. */
static struct fsz_zmtp_message message_wire(unsigned char *json, size_t size, size_t held_bytes,
                                            enum fsz_priority priority)
{
    uint8_t head[FSZ_FRAME_HEAD_MAX];
    size_t  head_size = fsz_frame_write(head, 0, size);
    memcpy(json - head_size, head, head_size);
    return (struct fsz_zmtp_message){.refs = {1},
                                     .priority = fsz_priority_on_wire(priority),
                                     .head = json - head_size,
                                     .head_size = head_size + size,
                                     .held_bytes = held_bytes,
                                     .release = message_release};
}

fsz_err fsz_message_new(const struct fsz_event *event, const struct fsz_variant *variant,
                        const struct fsz_event_type *type, enum fsz_priority priority,
                        const struct fsz_streamset *streams, struct fsz_message **ret_message)
{
    char              topic[FSZ_TOPIC_BYTES_MAX];
    size_t            topic_size = variant->topic_count == 0
                                       ? 0
                                       : fsz_topic_write(topic, event, variant->topic, variant->topic_count);
    size_t            omitted = 0;
    struct fsz_buffer bytes;
    fsz_buffer_init_block(&bytes, SIZE_MAX);
    fsz_buffer_skip(&bytes, message_room(topic_size));
    fsz_err err = fsz_encode(event, variant->fields, variant->max_bytes, &bytes, &omitted);
    if (err != FSZ_OK) {
        fsz_buffer_fini(&bytes);
        return err;
    }
    struct fsz_message *message = (struct fsz_message *)(void *)bytes.data;
    unsigned char      *json = bytes.data + message_room(topic_size);
    size_t              json_size = bytes.size - message_room(topic_size);
    memcpy(message + 1, topic, topic_size);
    *message = (struct fsz_message){
        .wire = message_wire(json, json_size, bytes.capacity, priority),
        .truncated = omitted > 0,
        .type = type,
        .priority = priority,
        .time_us = fsz_clock_wall_us(),
        .streams = *streams,
        .topic = (const char *)(message + 1),
        .topic_size = topic_size,
        .json = (const char *)json,
        .json_size = json_size,
        .allocated_bytes = bytes.capacity,
    };
    *ret_message = message;
    return FSZ_OK;
}

void fsz_message_ref(struct fsz_message *message)
{
    if (message != NULL) {
        fsz_zmtp_message_ref(&message->wire);
    }
}

void fsz_message_unref(struct fsz_message *message)
{
    if (message != NULL) {
        fsz_zmtp_message_unref(&message->wire);
    }
}

void fsz_message_release(void *data, void *hint)
{
    (void)data;
    fsz_message_unref(hint);
}
