/* SPDX-License-Identifier: MPL-2.0 */
#include "event/encoder.h"

#include "event/encode.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

enum { RESERVED_NAMES = 5 };

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

/* Names that the object has or may get besides the headers. Returns how many. */
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

fsz_err fsz_encoder_reserve_names(struct fsz_encoder *e, size_t headers)
{
    struct fsz_text names[RESERVED_NAMES];
    size_t          count = encoder_reserved(e, names);
    fsz_err         err = fsz_names_init(&e->names, headers);
    for (size_t i = 0; err == FSZ_OK && i < count; i++) {
        fsz_names_maybe(&e->names, names[i].bytes, names[i].length);
    }
    return err;
}

/* Repair can make two names equal, so a name with bad bytes is compared in its repaired form. */
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

/* -- the body ---------------------------------------------------------------------------------- */

enum fsz_field_rule fsz_encoder_body_rule(const struct fsz_encoder *e)
{
    return e->body.bytes != NULL ? fsz_fields_rule(e->fields, "_body", strlen("_body"))
                                 : FSZ_FIELD_OMIT;
}

struct fsz_text fsz_text_of_number(size_t number, char ret_digits[FSZ_DIGITS_BYTES])
{
    int length = snprintf(ret_digits, FSZ_DIGITS_BYTES, "%zu", number);
    return (struct fsz_text){ret_digits, (size_t)length};
}
