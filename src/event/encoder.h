/* encoder.h - private to the encoder: an object while it is written.
 *
 * Nearly every event goes the quick way (fast_path.h). What is too large for it, is to be left out
 * in part, or has names that must be put in order goes the careful way (encode.c, encode_bound.c):
 * each member is measured, then reserved, then written.
 *
 * What writes takes the place to write to and returns the place behind, so that it can stay in a
 * register. */
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

/* A name that was no UTF-8, as it goes out. */
struct fsz_repaired {
    struct fsz_repaired *next;
    char                 text[];
};

struct fsz_encoder {
    struct fsz_buffer       *out;
    const struct fsz_fields *fields;
    struct fsz_text name, subclass, body; /* the event's; bytes may be NULL in the last two */
    size_t          start;                /* out->size before us */
    size_t          max_bytes;            /* of the object; 0: as many as the buffer takes */
    size_t          safe_size;            /* of the object while the marker had room behind it */
    size_t          unsafe;               /* members written since */
    size_t          omitted;
    fsz_err         err; /* the first; looked at in the end: until then, what is written fits */
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

/* Room for `more` bytes behind `at`, which moves with the buffer. False: e->err says why. */
bool fsz_encoder_reserve(struct fsz_encoder *e, unsigned char **at, size_t more);
/* Has the object the member's name, or is it to have it? Slow; after fsz_names_maybe(). */
bool fsz_encoder_has(const struct fsz_encoder *e, size_t member);
/* The same for any name, with fsz_names_maybe(). Puts a name that is no UTF-8 in order first. */
bool fsz_encoder_is_repetition(struct fsz_encoder *e, size_t member);

static inline unsigned char *put_raw(unsigned char *at, const char *bytes, size_t size)
{
    memcpy(at, bytes, size);
    return at + size;
}

/* What the field lists say of the body; FSZ_FIELD_OMIT where there is none. */
enum fsz_field_rule fsz_encoder_body_rule(const struct fsz_encoder *e);
struct fsz_text     fsz_text_of_number(size_t number, char ret_digits[FSZ_DIGITS_BYTES]);

/* -- encode_bound.c: within max_bytes, or within what the buffer takes ---------------------------
 */

unsigned char *fsz_bounded_head(struct fsz_encoder *e, unsigned char *at);
unsigned char *fsz_bounded_members(struct fsz_encoder *e, unsigned char *at);
/* `count` members that take `bytes`, and `text` beyond that, escaped: reserved, or left out
 * (false). */
bool fsz_bounded_admit(struct fsz_encoder *e, unsigned char **at, size_t bytes,
                       struct fsz_text text, size_t count);

#endif
