/* message.h - the bytes of one event, written once and shared by every stream and subscriber.
 *
 * One allocation holds the message, its topic, and its JSON with the head of its frame. As it
 * stands it is the wire message of framing `json`. References are atomic (fsz_zmtp_message_ref()).
 * Everything else is fixed before the message is queued, except `next`, which is the queue's. */
#ifndef FSZ_MESSAGE_H
#define FSZ_MESSAGE_H

#include "base/clock.h"
#include "event/event.h"
#include "event/fields.h"
#include "stream/event_type.h"
#include "zmtp/zmtp_message.h"

/* How an event is written: streams with the same rendition share the bytes. */
struct fsz_variant {
    const struct fsz_fields *fields;
    size_t                   max_bytes;
    char *const             *topic; /* none: no stream of this rendition has framing `envelope` */
    size_t                   topic_count;
    struct fsz_streamset     streams;
};

struct fsz_message {
    struct fsz_zmtp_message      wire; /* first; its references are those of the message */
    bool                         truncated;
    struct fsz_message          *next;
    const struct fsz_event_type *type; /* NULL: beyond the number of tracked kinds */
    enum fsz_priority            priority;
    int64_t                      time_us; /* since 1970, when the switch handed the event over */
    struct fsz_streamset         streams; /* to which it goes */
    size_t                       topic_size, json_size, allocated_bytes;
    const char                  *topic;
    const char                  *json;
};

enum { FSZ_MESSAGE_BYTES_MAX = 64 << 20 }; /* of JSON, where a stream sets no smaller bound */

/* Encodes the event for `streams`. Any thread. FSZ_ENOMEM. The caller holds one reference. */
FSZ_NODISCARD fsz_err fsz_message_new(const struct fsz_event      *event,
                                      const struct fsz_variant    *variant,
                                      const struct fsz_event_type *type, enum fsz_priority priority,
                                      const struct fsz_streamset *streams,
                                      struct fsz_message        **ret_message);
/* Accept NULL. */
void fsz_message_ref(struct fsz_message *message);
void fsz_message_unref(struct fsz_message *message);
/* How a connection treats a class when what waits for it nears its bounds. */
enum fsz_zmtp_priority fsz_priority_on_wire(enum fsz_priority priority);
/* fsz_message_unref() as zmq_msg_init_data() calls it. */
void fsz_message_release(void *data, void *hint);

#endif
