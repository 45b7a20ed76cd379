/* SPDX-License-Identifier: MPL-2.0 */
#include "event/members.h"

#include <stdlib.h>
#include <string.h>

/* Headers read at a time. A switch's list links each header to the next, so walking it is slow;
 * with few at a time, the walk overlaps with writing the headers before. */
enum { READ_HEADERS = 4 };

enum {
    SCALAR_PUNCTUATION = 6, /* ,"":"" */
    ARRAY_PUNCTUATION = 6,  /* ,"":[] */
    VALUE_PUNCTUATION = 3,  /* "", */
};

/* Doubles the room, on the heap. */
static fsz_err members_grow(struct fsz_members *members)
{
    size_t                  capacity = members->capacity * 2;
    struct fsz_header      *headers = calloc(capacity, sizeof(*headers));
    struct fsz_member_size *sizes = calloc(capacity, sizeof(*sizes));
    if (headers == NULL || sizes == NULL) {
        free(headers);
        free(sizes);
        return FSZ_ENOMEM;
    }
    memcpy(headers, members->headers, members->count * sizeof(*headers));
    memcpy(sizes, members->sizes, members->count * sizeof(*sizes));
    fsz_members_fini(members);
    members->headers = headers;
    members->sizes = sizes;
    members->capacity = capacity;
    return FSZ_OK;
}

static size_t text_length(const char *text)
{
    return text != NULL ? strlen(text) : 0;
}

static size_t member_measure(const struct fsz_header *header, struct fsz_member_size *ret_size)
{
    ret_size->name = strlen(header->name);
    if (header->value_count == 0) {
        ret_size->value = text_length(header->value);
        return ret_size->name + ret_size->value + SCALAR_PUNCTUATION;
    }
    ret_size->value = 0;
    for (size_t i = 0; i < header->value_count; i++) {
        ret_size->value += text_length(header->values[i]);
    }
    return ret_size->name + ret_size->value + ARRAY_PUNCTUATION +
           header->value_count * VALUE_PUNCTUATION;
}

/* Drops and redacts headers among the `fresh` ones after `count`; returns how many are kept. */
static size_t members_select(struct fsz_members *members, const struct fsz_fields *fields,
                             size_t fresh)
{
    struct fsz_header *headers = members->headers + members->count;
    size_t             kept = 0;
    for (size_t i = 0; i < fresh; i++) {
        enum fsz_field_rule rule =
            fsz_fields_rule(fields, headers[i].name, strlen(headers[i].name));
        if (rule == FSZ_FIELD_OMIT) {
            continue;
        }
        headers[kept] = headers[i];
        if (rule == FSZ_FIELD_REDACT) {
            headers[kept].value = FSZ_REDACTED;
            headers[kept].value_count = 0;
        }
        kept++;
    }
    return kept;
}

static void members_take(struct fsz_members *members, size_t fresh)
{
    size_t kept = members->fields != NULL ? members_select(members, members->fields, fresh) : fresh;
    for (size_t end = members->count + kept; members->count < end; members->count++) {
        __builtin_prefetch(members->headers[members->count].name);
        __builtin_prefetch(members->headers[members->count].value);
    }
}

void fsz_members_init(struct fsz_members *members, const struct fsz_event *event,
                      const struct fsz_fields *fields)
{
    members->event = event;
    members->fields = fields;
    members->cursor = event->headers;
    members->headers = members->inline_headers;
    members->sizes = members->inline_sizes;
    members->count = 0;
    members->capacity = FSZ_MEMBERS_INLINE;
    members->failed = FSZ_OK;
}

bool fsz_members_more(struct fsz_members *members)
{
    size_t before = members->count;
    while (members->cursor != NULL && members->count == before) {
        if (members->capacity - before < READ_HEADERS && members_grow(members) != FSZ_OK) {
            members->failed = FSZ_ENOMEM;
            return false;
        }
        size_t fresh =
            members->event->read(&members->cursor, members->headers + before, READ_HEADERS);
        if (fresh == 0) {
            members->cursor = NULL;
        }
        members_take(members, fresh);
    }
    return members->count > before;
}

void fsz_members_measure(struct fsz_members *members)
{
    while (fsz_members_more(members)) {
    }
    members->json_bytes = 0;
    for (size_t i = 0; i < members->count; i++) {
        members->json_bytes += member_measure(&members->headers[i], &members->sizes[i]);
    }
}

void fsz_members_fini(struct fsz_members *members)
{
    if (members->headers != members->inline_headers) {
        free(members->headers);
        free(members->sizes);
    }
}
