/* SPDX-License-Identifier: MPL-2.0 */
/* members.h - private to the encoder: an event's headers, after the field lists are applied.
 *
 * The event owns the names and values. This keeps only pointers and lengths, on the caller's stack
 * unless the event has very many headers. One thread. */
#ifndef FSZ_MEMBERS_H
#define FSZ_MEMBERS_H

#include "event/event.h"
#include "event/fields.h"

#include <stdbool.h>

enum { FSZ_MEMBERS_INLINE = 320 }; /* headers that need no allocation */

struct fsz_member_size {
    size_t name;
    size_t value; /* an array: the sum of its values */
};

struct fsz_members {
    const struct fsz_event  *event;
    const struct fsz_fields *fields;
    const void              *cursor;  /* at the event's next header; NULL: all are read */
    struct fsz_header       *headers; /* a redacted one has FSZ_REDACTED as its value */
    struct fsz_member_size  *sizes;   /* each is filled in when its member is measured */
    size_t                   count;   /* read so far */
    size_t                   capacity;
    size_t json_bytes; /* once measured: all members, with commas and quotes, if nothing is
                          escaped */
    fsz_err                failed; /* FSZ_ENOMEM: some members are missing */
    struct fsz_header      inline_headers[FSZ_MEMBERS_INLINE];
    struct fsz_member_size inline_sizes[FSZ_MEMBERS_INLINE];
};

/* Nothing is read yet. The event and its fields must outlive it. */
void fsz_members_init(struct fsz_members *members, const struct fsz_event *event,
                      const struct fsz_fields *fields);
/* Reads the next few headers that pass the field lists, and prefetches their texts. False: there
 * are no more, or `failed` is set. */
bool fsz_members_more(struct fsz_members *members);
/* Reads all remaining headers and measures all members. */
void fsz_members_measure(struct fsz_members *members);
void fsz_members_fini(struct fsz_members *members);

#endif
