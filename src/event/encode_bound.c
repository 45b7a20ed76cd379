/* SPDX-License-Identifier: MPL-2.0 */
#include "event/encoder.h"

static size_t text_size(struct fsz_text text)
{
    return fsz_escape_size(text.bytes, text.length, NULL);
}

/* Largest size without the closing brace. After the first omission, the marker needs room too. */
static size_t encoder_limit(const struct fsz_encoder *e)
{
    return e->max_bytes - 1 - (e->omitted > 0 ? FSZ_MARKER_BYTES : 0);
}

static bool encoder_fits(const struct fsz_encoder *e, const unsigned char *at, size_t bytes)
{
    return e->max_bytes == 0 || bytes <= encoder_limit(e) - encoder_size(e, at);
}

/* The first omission also omits the members that occupy the room of the marker. */
static unsigned char *encoder_omit(struct fsz_encoder *e, unsigned char *at, size_t count)
{
    if (e->omitted == 0) {
        at = e->out->data + e->start + e->safe_size;
        e->omitted = e->unsafe;
    }
    e->omitted += count;
    return at;
}

static bool encoder_take(struct fsz_encoder *e, unsigned char **at, size_t bytes, size_t count)
{
    if (!encoder_fits(e, *at, bytes)) {
        *at = encoder_omit(e, *at, count);
        return false;
    }
    size_t size = encoder_size(e, *at) + bytes;
    if (e->max_bytes == 0 || size + FSZ_MARKER_BYTES < e->max_bytes) {
        e->safe_size = size;
    } else {
        e->unsafe += count;
    }
    return fsz_encoder_reserve(e, at, bytes);
}

bool fsz_bounded_admit(struct fsz_encoder *e, unsigned char **at, size_t bytes,
                       struct fsz_text text, size_t count)
{
    /* A text that is too large even unescaped need not be measured. */
    bool hopeless = !encoder_fits(e, *at, bytes + text.length);
    return encoder_take(e, at, bytes + (hopeless ? text.length : text_size(text)), count);
}

static size_t member_size(const struct fsz_header *header, const struct fsz_member_size *size)
{
    size_t bytes = text_size((struct fsz_text){header->name, size->name}) + strlen(",\"\":\"\"");
    if (header->value_count == 0) {
        return bytes + text_size((struct fsz_text){header->value, size->value});
    }
    for (size_t i = 0; i < header->value_count; i++) {
        bytes += text_size(text_of(header->values[i])) + strlen("\"\",");
    }
    return bytes - strlen(",");
}

static unsigned char *bounded_put_array(unsigned char *at, const struct fsz_header *header)
{
    *at++ = '[';
    for (size_t i = 0; i < header->value_count; i++) {
        struct fsz_text value = text_of(header->values[i]);
        if (i > 0) {
            *at++ = ',';
        }
        *at++ = '"';
        at = fsz_escape_write(at, value.bytes, value.length);
        *at++ = '"';
    }
    *at++ = ']';
    return at;
}

static unsigned char *bounded_put_member(unsigned char *at, const struct fsz_header *header,
                                         const struct fsz_member_size *size)
{
    at = fsz_escape_write(put_raw(at, ",\"", 2), header->name, size->name);
    at = put_raw(at, "\":", 2);
    if (header->value_count > 0) {
        return bounded_put_array(at, header);
    }
    *at++ = '"';
    at = fsz_escape_write(at, header->value, size->value);
    *at++ = '"';
    return at;
}

unsigned char *fsz_bounded_members(struct fsz_encoder *e, unsigned char *at)
{
    for (size_t i = 0; i < e->members.count; i++) {
        if (fsz_encoder_is_repetition(e, i)) {
            continue;
        }
        const struct fsz_header      *header = &e->members.headers[i];
        const struct fsz_member_size *size = &e->members.sizes[i];
        size_t                        bytes = size->name + size->value;
        if (encoder_fits(e, at, bytes)) {
            bytes = member_size(header, size);
        }
        if (encoder_take(e, &at, bytes, 1)) {
            at = bounded_put_member(at, header, size);
        }
    }
    return at;
}

/* Cuts names that alone would fill the whole object. */
static void encoder_cut_head(struct fsz_encoder *e, size_t punctuation)
{
    size_t room = e->max_bytes - 1 - FSZ_MARKER_BYTES - punctuation;
    size_t wanted = text_size(e->subclass);
    size_t kept = wanted < room / 2 ? wanted : room / 2;
    size_t name = fsz_escape_fit(e->name.bytes, e->name.length, room - kept);
    e->omitted += name < e->name.length;
    e->name.length = name;
    size_t subclass =
        fsz_escape_fit(e->subclass.bytes, e->subclass.length, room - text_size(e->name));
    e->omitted += subclass < e->subclass.length;
    e->subclass.length = subclass;
}

unsigned char *fsz_bounded_head(struct fsz_encoder *e, unsigned char *at)
{
    size_t bytes = strlen("{\"Event-Name\":\"\"");
    if (e->subclass.bytes != NULL) {
        bytes += strlen(",\"Event-Subclass\":\"\"");
    }
    if (e->max_bytes > 0) {
        encoder_cut_head(e, bytes);
    }
    bytes += text_size(e->name) + text_size(e->subclass);
    e->safe_size = bytes;
    fsz_encoder_reserve(e, &at, bytes);
    return at;
}
