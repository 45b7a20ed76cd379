/* SPDX-License-Identifier: MPL-2.0 */
/* message.h - the bytes of one event, written once and shared by all streams and subscribers.
 *
 * One allocation holds the message, its topic, and its JSON with the head of its frame. In this
 * form it is the wire message of framing `json`. References are atomic (fsz_zmtp_message_ref()).
 * Everything else is fixed before the message is queued, except `next`, which belongs to the queue.
 */
#ifndef FSZ_MESSAGE_H
#define FSZ_MESSAGE_H

#include "event/event.h"
#include "event/fields.h"
#include "stream/event_type.h"
#include "zmtp/zmtp_message.h"

/* How an event is written. Streams with the same variant share the bytes. */
struct fsz_variant {
    const struct fsz_fields *fields;
    size_t                   max_bytes;
    char *const             *topic; /* none: no stream of this variant has framing `envelope` */
    size_t                   topic_count;
    struct fsz_streamset     streams;
};

struct fsz_message {
    struct fsz_zmtp_message      wire; /* first member; its references are those of the message */
    bool                         truncated;
    struct fsz_message          *next;
    const struct fsz_event_type *type; /* NULL: beyond `event-types-max` */
    enum fsz_priority            priority;
    int64_t                      time_us; /* since 1970: when the switch handed over the event */
    struct fsz_streamset         streams; /* the streams that it goes to */
    size_t                       topic_size, json_size, allocated_bytes;
    const char                  *topic;
    const char                  *json;
};

enum { FSZ_MESSAGE_BYTES_MAX = 64 << 20 }; /* limit on the JSON if the stream sets no smaller one */

/* Encodes the event for `streams`. Any thread. Returns one reference. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_message_new(const struct fsz_event      *event,
                                      const struct fsz_variant    *variant,
                                      const struct fsz_event_type *type, enum fsz_priority priority,
                                      const struct fsz_streamset *streams,
                                      struct fsz_message        **ret_message);
/* Accept NULL. */
void fsz_message_ref(struct fsz_message *message);
void fsz_message_unref(struct fsz_message *message);
/* The priority by which a connection drops the message when its queue nears its limits. */
enum fsz_zmtp_priority fsz_priority_on_wire(enum fsz_priority priority);
/* fsz_message_unref() in the form that zmq_msg_init_data() calls. */
void fsz_message_release(void *data, void *hint);

#endif
