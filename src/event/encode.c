/* SPDX-License-Identifier: MPL-2.0 */
#include "event/encode.h"

#include "event/fast_path.h"

#include <stdint.h>
#include <stdlib.h>

enum { SLACK_BYTES = 64 }; /* room for escapes, besides a sixteenth */

/* -- members ----------------------------------------------------------------------------------- */

/* `open` is the brace or the comma before it. */
static unsigned char *encoder_put_pair(unsigned char *at, char open, struct fsz_text name,
                                       struct fsz_text value)
{
    *at++ = (unsigned char)open;
    *at++ = '"';
    at = put_raw(put_raw(at, name.bytes, name.length), "\":\"", 3);
    at = fsz_escape_write(at, value.bytes, value.length);
    *at++ = '"';
    return at;
}

static unsigned char *encoder_put_head(struct fsz_encoder *e, unsigned char *at)
{
    at = encoder_put_pair(at, '{', FSZ_TEXT("Event-Name"), e->name);
    if (e->subclass.bytes != NULL) {
        at = encoder_put_pair(at, ',', FSZ_TEXT("Event-Subclass"), e->subclass);
    }
    return at;
}

static unsigned char *encoder_put_hidden_body(struct fsz_encoder *e, unsigned char *at)
{
    struct fsz_text hidden = FSZ_TEXT(FSZ_REDACTED);
    if (fsz_bounded_admit(e, &at, strlen(",\"_body\":\"\""), hidden, 1)) {
        at = encoder_put_pair(at, ',', FSZ_TEXT("_body"), hidden);
    }
    return at;
}

static unsigned char *encoder_put_body(struct fsz_encoder *e, unsigned char *at)
{
    char            digits[FSZ_DIGITS_BYTES];
    struct fsz_text length = fsz_text_of_number(e->body.length, digits);
    size_t          bytes = strlen(",\"Content-Length\":\"\",\"_body\":\"\"") + length.length;
    if (fsz_bounded_admit(e, &at, bytes, e->body, 2)) {
        at = encoder_put_pair(at, ',', FSZ_TEXT("Content-Length"), length);
        at = encoder_put_pair(at, ',', FSZ_TEXT("_body"), e->body);
    }
    return at;
}

static unsigned char *encoder_put_tail(struct fsz_encoder *e, unsigned char *at)
{
    switch (fsz_encoder_body_rule(e)) {
    case FSZ_FIELD_KEEP:
        return encoder_put_body(e, at);
    case FSZ_FIELD_REDACT:
        return encoder_put_hidden_body(e, at);
    default:
        return at;
    }
}

/* -- the slow path --------------------------------------------------------------------------- */

/* Bytes of the object if nothing is escaped or omitted. */
static size_t encoder_plain_bytes(const struct fsz_encoder *e)
{
    static const char punctuation[] = "{\"Event-Name\":\"\",\"Event-Subclass\":\"\","
                                      "\"Content-Length\":\"\",\"_body\":\"" FSZ_REDACTED "\"}";
    return sizeof(punctuation) - 1 + FSZ_DIGITS_BYTES + e->name.length + e->subclass.length +
           e->members.json_bytes + e->body.length;
}

/* Reserves what will probably be enough. */
static fsz_err encoder_reserve_all(struct fsz_encoder *e)
{
    size_t plain = encoder_plain_bytes(e);
    size_t wanted = plain + plain / 16 + SLACK_BYTES;
    size_t room = e->out->limit - e->start;
    if (e->max_bytes > 0 && e->max_bytes < room) {
        room = e->max_bytes;
    }
    return fsz_buffer_reserve(e->out, wanted < room ? wanted : room);
}

static void encoder_close(struct fsz_encoder *e, unsigned char *at)
{
    char digits[FSZ_DIGITS_BYTES];
    if (!fsz_encoder_reserve(e, &at, e->omitted > 0 ? FSZ_MARKER_BYTES + 1 : 1)) {
        return;
    }
    if (e->omitted > 0) {
        at = encoder_put_pair(at, ',', FSZ_TEXT(FSZ_TRUNCATED_NAME),
                              fsz_text_of_number(e->omitted, digits));
    }
    *at++ = '}';
    e->out->size = e->start + encoder_size(e, at);
}

/* Everything that can fail before the first byte is written. */
static fsz_err encoder_prepare(struct fsz_encoder *e)
{
    fsz_members_measure(&e->members);
    fsz_err err = e->members.failed;
    err = err != FSZ_OK ? err : fsz_encoder_reserve_names(e, e->members.count);
    return err != FSZ_OK ? err : encoder_reserve_all(e);
}

static void encoder_write_slowly(struct fsz_encoder *e)
{
    e->err = encoder_prepare(e);
    unsigned char *at = e->err == FSZ_OK ? fsz_bounded_head(e, e->out->data + e->start) : NULL;
    if (e->err != FSZ_OK) {
        return;
    }
    at = fsz_bounded_members(e, encoder_put_head(e, at));
    encoder_close(e, encoder_put_tail(e, at));
}

/* -- the object -------------------------------------------------------------------------------- */

/* False: the object must take the slow path. */
static bool encoder_write_fast(struct fsz_encoder *e)
{
    unsigned char object[FSZ_FAST_PATH_BYTES];
    if (fsz_encoder_reserve_names(e, FSZ_NAMES_USUAL) != FSZ_OK) {
        return false;
    }
    const unsigned char *end = fsz_fast_path->write(e, object);
    if (end == NULL || e->members.failed != FSZ_OK ||
        (e->max_bytes > 0 && (size_t)(end - object) > e->max_bytes)) {
        return false;
    }
    e->err = fsz_buffer_append(e->out, object, (size_t)(end - object));
    return true;
}

static void encoder_fini(struct fsz_encoder *e)
{
    while (e->repaired != NULL) {
        struct fsz_repaired *next = e->repaired->next;
        free(e->repaired);
        e->repaired = next;
    }
    fsz_names_fini(&e->names);
    fsz_members_fini(&e->members);
}

static void encoder_init(struct fsz_encoder *e, const struct fsz_event *event,
                         const struct fsz_fields *fields, size_t max_bytes, struct fsz_buffer *out)
{
    e->out = out;
    e->fields = fields;
    e->name = text_of(event->name);
    e->subclass = text_of(event->subclass);
    e->body = text_of(event->body);
    e->start = out->size;
    e->max_bytes = max_bytes;
    e->safe_size = 0;
    e->unsafe = 0;
    e->omitted = 0;
    e->err = FSZ_OK;
    e->repaired = NULL;
    e->names.words = e->names.inline_words;
    fsz_members_init(&e->members, event, fields);
}

fsz_err fsz_encode(const struct fsz_event *event, const struct fsz_fields *fields, size_t max_bytes,
                   struct fsz_buffer *out, size_t *ret_omitted)
{
    struct fsz_encoder e; /* about 20 KB, mostly never used: do not clear it */
    if (max_bytes != 0 && max_bytes < FSZ_ENCODE_MIN_BYTES) {
        return FSZ_EINVALID;
    }
    encoder_init(&e, event, fields, max_bytes, out);
    if (!encoder_write_fast(&e)) {
        encoder_write_slowly(&e);
    }
    if (e.err != FSZ_OK) {
        out->size = e.start;
    } else if (ret_omitted != NULL) {
        *ret_omitted = e.omitted;
    }
    encoder_fini(&e);
    return e.err;
}

fsz_err fsz_encode_string(struct fsz_buffer *out, const char *text)
{
    size_t  length = strlen(text);
    size_t  size = fsz_escape_size(text, length, NULL);
    fsz_err err = fsz_buffer_reserve(out, size + 2);
    if (err == FSZ_OK) {
        unsigned char *at = out->data + out->size;
        *at++ = '"';
        at = fsz_escape_write(at, text, length);
        *at++ = '"';
        out->size = (size_t)(at - out->data);
    }
    return err;
}
