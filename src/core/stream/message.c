#include "message.h"

#include "blocks.h"
#include "encode.h"
#include "topic.h"

#include <string.h>
#include <time.h>

int64_t fsz_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

fsz_err fsz_message_new(const struct fsz_event *event, const struct fsz_rendition *rendition,
                        const struct fsz_kind      *kind, enum fsz_class class,
                        const struct fsz_streamset *streams, struct fsz_message **ret_message)
{
    char   topic[FSZ_TOPIC_BYTES_MAX];
    size_t topic_size =
        rendition->topic_count == 0
            ? 0
            : fsz_topic_write(topic, event, rendition->topic, rendition->topic_count);
    size_t            omitted = 0;
    struct fsz_buffer bytes;
    fsz_buffer_init_block(&bytes, SIZE_MAX);
    fsz_buffer_skip(&bytes, sizeof(struct fsz_message) + topic_size);
    fsz_err err = fsz_encode(event, rendition->fields, rendition->max_bytes, &bytes, &omitted);
    if (err != FSZ_OK) {
        fsz_buffer_fini(&bytes);
        return err;
    }
    struct fsz_message *message = (struct fsz_message *)(void *)bytes.data;
    char               *behind = (char *)(message + 1);
    memcpy(behind, topic, topic_size);
    *message = (struct fsz_message){
        .refs = 1,
        .truncated = omitted > 0,
        .kind = kind,
        .class = class,
        .time_us = fsz_now_us(),
        .streams = *streams,
        .topic = behind,
        .topic_size = topic_size,
        .json = behind + topic_size,
        .json_size = bytes.size - sizeof(struct fsz_message) - topic_size,
        .allocated_bytes = bytes.capacity,
    };
    *ret_message = message;
    return FSZ_OK;
}

void fsz_message_ref(struct fsz_message *message)
{
    atomic_fetch_add_explicit(&message->refs, 1, memory_order_relaxed);
}

void fsz_message_unref(struct fsz_message *message)
{
    if (message != NULL &&
        atomic_fetch_sub_explicit(&message->refs, 1, memory_order_acq_rel) == 1) {
        fsz_block_give(message);
    }
}

void fsz_message_release(void *data, void *hint)
{
    (void)data;
    fsz_message_unref(hint);
}
