/* SPDX-License-Identifier: MPL-2.0 */
/* A lookup as text: the request's params, and the empty document. */
#include "event/escape.h"
#include "event/members.h"
#include "event/names.h"
#include "service/lookup_private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *request_text(const char *text)
{
    return text == NULL ? "" : text;
}

static void request_string(struct fsz_buffer *out, const char *text, size_t length)
{
    size_t size = fsz_escape_size(text, length, NULL);
    if (out->failed != FSZ_OK || fsz_buffer_reserve(out, size + 2) != FSZ_OK) {
        return;
    }
    unsigned char *at = out->data + out->size;
    *at++ = '"';
    at = fsz_escape_write(at, text, length);
    *at++ = '"';
    out->size = (size_t)(at - out->data);
}

/* `open` is the brace or comma before the pair. */
static void request_pair(struct fsz_buffer *out, char open, const char *name, const char *value)
{
    fsz_buffer_append(out, &open, 1);
    request_string(out, name, strlen(name));
    fsz_buffer_text(out, ":");
    request_string(out, value, strlen(value));
}

static void request_array(struct fsz_buffer *out, const struct fsz_header *header)
{
    for (size_t i = 0; i < header->value_count; i++) {
        const char *value = request_text(header->values[i]);
        fsz_buffer_text(out, i == 0 ? "[" : ",");
        request_string(out, value, strlen(value));
    }
    fsz_buffer_text(out, "]");
}

const char *fsz_lookup_value(const struct fsz_header *header)
{
    if (header->value_count > 1) {
        return NULL;
    }
    return request_text(header->value_count == 1 ? header->values[0] : header->value);
}

static void request_header(struct fsz_buffer *out, const struct fsz_header *header)
{
    const char *value = fsz_lookup_value(header);
    if (value != NULL) {
        request_pair(out, ',', header->name, value);
        return;
    }
    fsz_buffer_text(out, ",");
    request_string(out, header->name, strlen(header->name));
    fsz_buffer_text(out, ":");
    request_array(out, header);
}

enum { REQUEST_OWN = 5 };

/* Members of the object before the switch's headers. */
static const char *const request_own[REQUEST_OWN] = {"hostname", "section", "tag_name", "key_name",
                                                     "key_value"};

static bool request_is_own(const char *name)
{
    bool own = false;
    for (size_t i = 0; i < REQUEST_OWN; i++) {
        own |= strcasecmp(request_own[i], name) == 0;
    }
    return own;
}

/* Removes the earlier header of the same name. A module that looks up several times adds to one
 * list, as mod_voicemail does: key id, then key number-alias. Readers of mod_xml_curl's posts use
 * the last one, too. */
static void request_replace(struct fsz_members *members, size_t index)
{
    const struct fsz_header *last = &members->headers[index];
    for (struct fsz_header *before = members->headers; before < last; before++) {
        size_t length = members->sizes[before - members->headers].name;
        if (before->name != NULL && length == members->sizes[index].name &&
            strcasecmp(before->name, last->name) == 0) {
            before->name = NULL;
            return;
        }
    }
}

/* Removes headers that must not be written, by a NULL name. */
static void request_select(struct fsz_members *members, struct fsz_names *names)
{
    for (size_t i = 0; i < REQUEST_OWN; i++) {
        fsz_names_maybe(names, request_own[i], strlen(request_own[i]));
    }
    for (size_t i = 0; i < members->count; i++) {
        struct fsz_header *header = &members->headers[i];
        if (!fsz_names_maybe(names, header->name, members->sizes[i].name)) {
            continue;
        }
        if (request_is_own(header->name)) {
            header->name = NULL;
        } else {
            request_replace(members, i);
        }
    }
}

fsz_err fsz_lookup_read_headers(struct fsz_members *members)
{
    struct fsz_names names;
    fsz_members_measure(members);
    fsz_err err = members->failed;
    err = err != FSZ_OK ? err : fsz_names_init(&names, members->count + REQUEST_OWN);
    if (err != FSZ_OK) {
        return err;
    }
    request_select(members, &names);
    fsz_names_fini(&names);
    return FSZ_OK;
}

static void request_headers(struct fsz_buffer *out, struct fsz_members *members)
{
    fsz_err err = fsz_lookup_read_headers(members);
    err = err != FSZ_OK ? err : fsz_buffer_reserve(out, members->json_bytes);
    if (err != FSZ_OK) {
        out->failed = err;
        return;
    }
    for (size_t i = 0; i < members->count; i++) {
        if (members->headers[i].name != NULL) {
            request_header(out, &members->headers[i]);
        }
    }
}

static void request_element(struct fsz_buffer *out, const struct fsz_lookup *lookup)
{
    const char *const names[] = {"tag", "key", "value"};
    const char *const values[] = {lookup->tag, lookup->key, lookup->value};
    request_pair(out, '{', "section", lookup->section);
    for (size_t i = 0; i < 3; i++) {
        if (values[i] != NULL) {
            request_pair(out, ',', names[i], values[i]);
        }
    }
}

fsz_err fsz_lookup_write_request(struct fsz_buffer *out, const char *switchname,
                                 const struct fsz_lookup *lookup, const struct fsz_fields *fields)
{
    const char *const values[REQUEST_OWN] = {switchname, lookup->section, request_text(lookup->tag),
                                             request_text(lookup->key),
                                             request_text(lookup->value)};
    struct fsz_event  event = {.name = "", .headers = lookup->params, .read = lookup->read};
    struct fsz_members members;
    request_element(out, lookup);
    fsz_buffer_text(out, ",\"params\":");
    for (size_t i = 0; i < REQUEST_OWN; i++) {
        request_pair(out, i == 0 ? '{' : ',', request_own[i], values[i]);
    }
    fsz_members_init(&members, &event, fields);
    request_headers(out, &members);
    fsz_members_fini(&members);
    return fsz_buffer_text(out, "}}");
}

/* ---- the empty document ---------------------------------------------------------------------- */

/* A name of an element or attribute. ASCII only: switches use no other. */
static bool nothing_is_name(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    static const char more[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789-.";
    return text[0] != '\0' && strchr(letters, text[0]) != NULL && text[strspn(text, more)] == '\0';
}

/* One byte of UTF-8 in an attribute. XML has no control characters. */
static void nothing_byte(struct fsz_buffer *out, unsigned char byte)
{
    static const struct {
        char        byte;
        const char *entity;
    } entities[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}};
    for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++) {
        if (byte == (unsigned char)entities[i].byte) {
            fsz_buffer_text(out, entities[i].entity);
            return;
        }
    }
    fsz_buffer_append(out, byte < 0x20 ? (const unsigned char *)"?" : &byte, 1);
}

static void nothing_value(struct fsz_buffer *out, const char *text)
{
    size_t         length = strlen(text);
    unsigned char *good = malloc(fsz_escape_size(text, length, NULL) + 1);
    if (good == NULL) {
        out->failed = FSZ_ENOMEM;
        return;
    }
    const unsigned char *end = fsz_escape_repair(good, text, length);
    for (const unsigned char *at = good; at < end; at++) {
        nothing_byte(out, *at);
    }
    free(good);
}

fsz_err fsz_lookup_write_nothing(struct fsz_buffer *out, const struct fsz_lookup *lookup)
{
    fsz_buffer_text(out, "<document type=\"freeswitch/xml\"><section name=\"");
    nothing_value(out, lookup->section);
    fsz_buffer_text(out, "\">");
    if (lookup->tag != NULL && nothing_is_name(lookup->tag)) {
        fsz_buffer_printf(out, "<%s", lookup->tag);
        if (lookup->key != NULL && nothing_is_name(lookup->key)) {
            fsz_buffer_printf(out, " %s=\"", lookup->key);
            nothing_value(out, request_text(lookup->value));
            fsz_buffer_text(out, "\"");
        }
        fsz_buffer_text(out, "/>");
    }
    return fsz_buffer_text(out, "</section></document>");
}
