/* encode.h - a switch event to JSON, straight from the switch's own headers.
 *
 * The wire form: docs/protocol/events.md, "Event JSON" (RFC 8259, always valid UTF-8). Any thread;
 * blocks on nothing but malloc. */
#ifndef FSZ_ENCODE_H
#define FSZ_ENCODE_H

#include "base/buffer.h"
#include "event/event.h"
#include "event/fields.h"

#define FSZ_TRUNCATED_NAME "_truncated" /* member that counts the members left out for size */
enum { FSZ_ENCODE_MIN_BYTES = 1024 }; /* smallest max_bytes: the first two members and the marker */

/* Appends the event as one JSON object to `out` (bytes already there stay; one allocation, but
 * for a large event with many escapes). Event-Name is first, Event-Subclass second if the
 * event has one; then the headers in the switch's order, each name once (the first wins, letter
 * case ignored); last Content-Length and _body if there is a body. Headers that are named as those
 * members, or _body or _truncated, are left out.
 *
 * `fields` may be NULL. What they say of _body holds for the Content-Length of a body too; where
 * the body is hidden, its length is not shown.
 *
 * A member that would make the object larger than max_bytes (0: no bound) is left out, and
 * "_truncated":"<how many>" ends the object; *ret_omitted (may be NULL) gets that number. Body and
 * Content-Length stay or go together. An Event-Name or Event-Subclass that is too long even so is
 * cut between two characters, and counts as left out. FSZ_ENOMEM, FSZ_ELIMIT (out's own limit),
 * FSZ_EINVALID (max_bytes below FSZ_ENCODE_MIN_BYTES): `out` then has the size it had before. */
FSZ_NODISCARD fsz_err fsz_encode(const struct fsz_event *event, const struct fsz_fields *fields,
                                 size_t max_bytes, struct fsz_buffer *out, size_t *ret_omitted);

/* Appends `text` as a JSON string with its quotes: the encoder's own escaping, for others that
 * write JSON. */
fsz_err fsz_encode_string(struct fsz_buffer *out, const char *text);

#endif
