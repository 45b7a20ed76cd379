#include "event/encode.h"

#include "event/fast_path.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

enum {
    RESERVED_NAMES = 5,
    SLACK_BYTES = 64, /* and a sixteenth: room for escapes */
};

/* -- bytes ------------------------------------------------------------------------------------- */

bool fsz_encoder_reserve(struct fsz_encoder *e, unsigned char **at, size_t more)
{
    if (e->err == FSZ_OK) {
        e->out->size = e->start + encoder_size(e, *at);
        e->err = fsz_buffer_reserve(e->out, more);
        *at = e->out->data + e->out->size;
    }
    return e->err == FSZ_OK;
}

/* -- names ------------------------------------------------------------------------------------- */

/* Those that the object has or may get besides the headers. Returns how many. */
static size_t encoder_reserved(const struct fsz_encoder *e, struct fsz_text *ret_names)
{
    size_t count = 0;
    ret_names[count++] = FSZ_TEXT("Event-Name");
    ret_names[count++] = FSZ_TEXT("_body");
    ret_names[count++] = FSZ_TEXT(FSZ_TRUNCATED_NAME);
    if (e->subclass.bytes != NULL) {
        ret_names[count++] = FSZ_TEXT("Event-Subclass");
    }
    if (e->body.bytes != NULL) {
        ret_names[count++] = FSZ_TEXT("Content-Length");
    }
    return count;
}

/* For about so many headers. */
static fsz_err encoder_reserve_names(struct fsz_encoder *e, size_t headers)
{
    struct fsz_text names[RESERVED_NAMES];
    size_t          count = encoder_reserved(e, names);
    fsz_err         err = fsz_names_init(&e->names, headers);
    for (size_t i = 0; err == FSZ_OK && i < count; i++) {
        fsz_names_maybe(&e->names, names[i].bytes, names[i].length);
    }
    return err;
}

/* Bad bytes can make two names equal: a name that has them is compared as it goes out. */
static void encoder_repair_name(struct fsz_encoder *e, size_t member)
{
    struct fsz_text name = {e->members.headers[member].name, e->members.sizes[member].name};
    bool            bad = false;
    size_t          size = fsz_escape_size(name.bytes, name.length, &bad);
    if (!bad) {
        return;
    }
    struct fsz_repaired *repaired = malloc(sizeof(*repaired) + size);
    if (repaired == NULL) {
        e->err = FSZ_ENOMEM;
        return;
    }
    repaired->next = e->repaired;
    e->repaired = repaired;
    unsigned char *text = (unsigned char *)repaired->text;
    unsigned char *end = fsz_escape_repair(text, name.bytes, name.length);
    e->members.headers[member].name = repaired->text;
    e->members.sizes[member].name = (size_t)(end - text);
}

static bool name_equal(struct fsz_text a, const char *bytes, size_t length)
{
    return a.length == length && strncasecmp(a.bytes, bytes, length) == 0;
}

bool fsz_encoder_has(const struct fsz_encoder *e, size_t member)
{
    struct fsz_text reserved[RESERVED_NAMES];
    size_t          count = encoder_reserved(e, reserved);
    struct fsz_text name = {e->members.headers[member].name, e->members.sizes[member].name};
    for (size_t i = 0; i < count; i++) {
        if (name_equal(reserved[i], name.bytes, name.length)) {
            return true;
        }
    }
    for (size_t i = 0; i < member; i++) {
        if (name_equal(name, e->members.headers[i].name, e->members.sizes[i].name)) {
            return true;
        }
    }
    return false;
}

bool fsz_encoder_is_repetition(struct fsz_encoder *e, size_t member)
{
    encoder_repair_name(e, member);
    return fsz_names_maybe(&e->names, e->members.headers[member].name,
                           e->members.sizes[member].name) &&
           fsz_encoder_has(e, member);
}

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

struct fsz_text fsz_text_of_number(size_t number, char ret_digits[FSZ_DIGITS_BYTES])
{
    int length = snprintf(ret_digits, FSZ_DIGITS_BYTES, "%zu", number);
    return (struct fsz_text){ret_digits, (size_t)length};
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

enum fsz_field_rule fsz_encoder_body_rule(const struct fsz_encoder *e)
{
    return e->body.bytes != NULL ? fsz_fields_rule(e->fields, "_body", strlen("_body"))
                                 : FSZ_FIELD_OMIT;
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

/* -- the careful way --------------------------------------------------------------------------- */

/* Bytes of the object if nothing is escaped, and none left out. */
static size_t encoder_plain_bytes(const struct fsz_encoder *e)
{
    static const char punctuation[] = "{\"Event-Name\":\"\",\"Event-Subclass\":\"\","
                                      "\"Content-Length\":\"\",\"_body\":\"" FSZ_REDACTED "\"}";
    return sizeof(punctuation) - 1 + FSZ_DIGITS_BYTES + e->name.length + e->subclass.length +
           e->members.json_bytes + e->body.length;
}

/* What will probably do, in one go. */
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

/* All that can fail before the first byte. */
static fsz_err encoder_prepare(struct fsz_encoder *e)
{
    fsz_members_measure(&e->members);
    fsz_err err = e->members.failed;
    err = err != FSZ_OK ? err : encoder_reserve_names(e, e->members.count);
    return err != FSZ_OK ? err : encoder_reserve_all(e);
}

static void encoder_write_carefully(struct fsz_encoder *e)
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

/* False: to be written the other way. */
static bool encoder_write_quickly(struct fsz_encoder *e)
{
    unsigned char object[FSZ_FAST_PATH_BYTES];
    if (encoder_reserve_names(e, FSZ_NAMES_USUAL) != FSZ_OK) {
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
    struct fsz_encoder e; /* some 20 KB, and most of it is never touched: not to be cleared */
    if (max_bytes != 0 && max_bytes < FSZ_ENCODE_MIN_BYTES) {
        return FSZ_EINVALID;
    }
    encoder_init(&e, event, fields, max_bytes, out);
    if (!encoder_write_quickly(&e)) {
        encoder_write_carefully(&e);
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
