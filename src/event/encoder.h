/* SPDX-License-Identifier: MPL-2.0 */
/* encoder.h - private to the encoder: the state of an object while it is written.
 *
 * Nearly every event takes the fast path (fast_path.h). The slow path (encode.c, encode_bound.c)
 * measures, reserves and then writes each member. It takes objects that are too large for the fast
 * path, that must leave members out, or whose names need repair.
 *
 * A function that writes takes the place to write to and returns the place after what it wrote, so
 * that the place can stay in a register. */
#ifndef FSZ_ENCODER_H
#define FSZ_ENCODER_H

#include "base/buffer.h"
#include "event/escape.h"
#include "event/fields.h"
#include "event/members.h"
#include "event/names.h"

#include <string.h>

enum {
    FSZ_MARKER_BYTES = 37, /* ,"_truncated":"<20 digits>" with room to spare */
    FSZ_DIGITS_BYTES = 24, /* a size_t in decimal, with its NUL */
};

struct fsz_text {
    const char *bytes;
    size_t      length;
};

#define FSZ_TEXT(literal) ((struct fsz_text){(literal), sizeof(literal) - 1})

/* A name that was not UTF-8, in its repaired form. */
struct fsz_repaired {
    struct fsz_repaired *next;
    char                 text[];
};

struct fsz_encoder {
    struct fsz_buffer       *out;
    const struct fsz_fields *fields;
    struct fsz_text      name, subclass, body; /* the event's; bytes may be NULL in the last two */
    size_t               start;                /* out->size before the object */
    size_t               max_bytes;            /* of the object; 0: the buffer's limit alone */
    size_t               safe_size;            /* the largest size that left room for the marker */
    size_t               unsafe;               /* members written after that */
    size_t               omitted;
    fsz_err              err; /* the first; checked at the end: nothing is written without room */
    struct fsz_repaired *repaired;
    struct fsz_members   members;
    struct fsz_names     names;
};

static inline struct fsz_text text_of(const char *bytes)
{
    return (struct fsz_text){bytes, bytes != NULL ? strlen(bytes) : 0};
}

static inline size_t encoder_size(const struct fsz_encoder *e, const unsigned char *at)
{
    return (size_t)(at - e->out->data) - e->start;
}

static inline unsigned char *put_raw(unsigned char *at, const char *bytes, size_t size)
{
    memcpy(at, bytes, size);
    return at + size;
}

/* -- encoder.c: what both paths use ------------------------------------------------------------ */

/* Makes room for `more` bytes at *at, which moves with the buffer. False: e->err says why. */
bool fsz_encoder_reserve(struct fsz_encoder *e, unsigned char **at, size_t more);
/* Makes room for the names of about `headers` members, and enters the names that the object has or
 * may get besides them. */
fsz_err fsz_encoder_reserve_names(struct fsz_encoder *e, size_t headers);
/* Is the member's name taken, by a member before it or by one of the object's own? Slow: call it
 * only if fsz_names_maybe() says so. */
bool fsz_encoder_has(const struct fsz_encoder *e, size_t member);
/* The same, but asks fsz_names_maybe() itself. It first repairs a name that is not UTF-8. */
bool fsz_encoder_is_repetition(struct fsz_encoder *e, size_t member);
/* What the field lists say about the body; FSZ_FIELD_OMIT if there is none. */
enum fsz_field_rule fsz_encoder_body_rule(const struct fsz_encoder *e);
struct fsz_text     fsz_text_of_number(size_t number, char ret_digits[FSZ_DIGITS_BYTES]);

/* -- encode_bound.c: within max_bytes, and within the buffer's limit --------------------------- */

unsigned char *fsz_bounded_head(struct fsz_encoder *e, unsigned char *at);
unsigned char *fsz_bounded_members(struct fsz_encoder *e, unsigned char *at);
/* Reserves room for `count` members: `bytes`, and `text` once escaped. False: they do not fit and
 * count as omitted. */
bool fsz_bounded_admit(struct fsz_encoder *e, unsigned char **at, size_t bytes,
                       struct fsz_text text, size_t count);

#endif
