/* SPDX-License-Identifier: MPL-2.0 */
/* topic.h - the topic, the first frame of framing `envelope`: header values joined by `/`.
 *
 * Wire: docs/protocol/events.md, "Topics". Any thread; no state. */
#ifndef FSZ_TOPIC_H
#define FSZ_TOPIC_H

#include "base/buffer.h"
#include "event/event.h"
#include "stream/event_type.h"

enum { FSZ_TOPIC_BYTES_MAX = 1024 }; /* a longer topic is cut, never within a %XX */

/* Appends `text` with `%`, `/`, control characters and DEL as %XX. */
fsz_err fsz_topic_escape(struct fsz_buffer *out, const char *text);

/* Writes the topic of an event into topic[FSZ_TOPIC_BYTES_MAX] and returns its length. A missing
 * header is empty; an array gives its first value. */
size_t fsz_topic_write(char *topic, const struct fsz_event *event, char *const *names,
                       size_t name_count);

/* Writes the common beginning of all topics of an event type: the leading fields that the type
 * alone decides (Event-Name and Event-Subclass). Format and result as for fsz_topic_write(). */
size_t fsz_topic_head(char *topic, const struct fsz_event_type *type, char *const *names,
                      size_t name_count);

#endif
