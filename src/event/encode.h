/* SPDX-License-Identifier: MPL-2.0 */
/* encode.h - writes a switch's event as JSON, directly from the switch's own headers.
 *
 * The wire form: docs/protocol/events.md, "Event JSON" (RFC 8259, always valid UTF-8). Any thread;
 * blocks on nothing but malloc. */
#ifndef FSZ_ENCODE_H
#define FSZ_ENCODE_H

#include "base/buffer.h"
#include "event/event.h"
#include "event/fields.h"

/* Member: the number of members omitted because of the size. */
#define FSZ_TRUNCATED_NAME "_truncated"
enum { FSZ_ENCODE_MIN_BYTES = 1024 }; /* smallest max_bytes: the first two members and the marker */

/* Appends the event to `out` as one JSON object. Bytes already in `out` stay. One allocation,
 * except for a large event with many escapes. The members, in this order: Event-Name;
 * Event-Subclass if the event has one; the headers in the switch's order, each name once (the first
 * wins, letter case ignored); Content-Length and _body if there is a body. Headers named like these
 * members, _body or _truncated are omitted.
 *
 * `fields` may be NULL. Their rule for _body applies to the Content-Length of a body too; a
 * redacted body's length is not shown.
 *
 * A member that would make the object larger than max_bytes (0: no limit) is omitted, and
 * "_truncated":"<number omitted>" ends the object; *ret_omitted (may be NULL) gets the number. Body
 * and Content-Length are kept or omitted together. An Event-Name or Event-Subclass that alone is
 * too long is cut between two characters and counts as omitted.
 *
 * FSZ_ENOMEM, FSZ_ELIMIT (the limit of `out`), FSZ_EINVALID (max_bytes below FSZ_ENCODE_MIN_BYTES):
 * `out` has its old size again. */
FSZ_NODISCARD fsz_err fsz_encode(const struct fsz_event *event, const struct fsz_fields *fields,
                                 size_t max_bytes, struct fsz_buffer *out, size_t *ret_omitted);

/* Appends `text` as a JSON string with its quotes, escaped like the texts of events. */
fsz_err fsz_encode_string(struct fsz_buffer *out, const char *text);

#endif
