/* members.h - private to the encoder: an event's headers, as the field lists leave them.
 *
 * The names and values stay the event's; only pointers and lengths are kept, on the caller's stack
 * unless an event has very many headers. One thread. */
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
    const void              *cursor;  /* of the event's next header; NULL: all are read */
    struct fsz_header       *headers; /* a redacted one has the stand-in for its value */
    struct fsz_member_size  *sizes;   /* as far as somebody has measured */
    size_t                   count;   /* read so far */
    size_t                   capacity;
    size_t json_bytes; /* once measured: of all members, with commas and quotes, if nothing is
                          escaped */
    fsz_err                failed; /* FSZ_ENOMEM: some are missing */
    struct fsz_header      inline_headers[FSZ_MEMBERS_INLINE];
    struct fsz_member_size inline_sizes[FSZ_MEMBERS_INLINE];
};

/* Nothing is read yet. The event and its fields must outlive it. */
void fsz_members_init(struct fsz_members *members, const struct fsz_event *event,
                      const struct fsz_fields *fields);
/* Reads the next few headers that the fields let pass, and asks memory for their texts. False:
 * there are no more, or `failed`. */
bool fsz_members_more(struct fsz_members *members);
/* Reads all that are left, and takes all lengths. */
void fsz_members_measure(struct fsz_members *members);
void fsz_members_fini(struct fsz_members *members);

#endif
