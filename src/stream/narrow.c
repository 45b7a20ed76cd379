#include "stream/narrow.h"

#include "base/buffer.h"
#include "event/escape.h"
#include "stream/topic.h"

#include "fszmq/wire.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct narrow_prefix {
    char  *bytes;
    size_t size;
};

enum {
    NARROW_OWN = 3, /* prefixes for the stream's own messages */
};

struct fsz_narrow {
    size_t               count, own; /* of them are the stream's own, at the end */
    struct narrow_prefix prefixes[];
};

/* A pattern of grants.h, taken apart. */
struct narrow_pattern {
    const char *name, *subclass; /* subclass: NULL when the pattern has none */
    size_t      name_size, subclass_size;
    bool        open; /* `*` follows */
};

static struct narrow_pattern narrow_parse(const char *pattern)
{
    size_t                size = strlen(pattern);
    const char           *slash = strchr(pattern, '/');
    struct narrow_pattern p = {.name = pattern, .name_size = size};
    p.open = size > 0 && pattern[size - 1] == '*';
    size -= p.open;
    p.name_size = size;
    if (slash != NULL) {
        p.name_size = (size_t)(slash - pattern);
        p.subclass = slash + 1;
        p.subclass_size = size - p.name_size - 1;
    }
    return p;
}

/* Event names are in capitals, and grants may be in any. */
static void narrow_put_name(struct fsz_buffer *out, const struct narrow_pattern *p)
{
    for (size_t i = 0; i < p->name_size; i++) {
        char letter = (char)toupper((unsigned char)p->name[i]);
        fsz_buffer_append(out, &letter, 1);
    }
}

static void narrow_put_json(struct fsz_buffer *out, const struct narrow_pattern *p)
{
    fsz_buffer_text(out, "{\"Event-Name\":\"");
    narrow_put_name(out, p);
    if (p->subclass != NULL) {
        size_t room = fsz_escape_size(p->subclass, p->subclass_size, NULL);
        fsz_buffer_text(out, "\",\"Event-Subclass\":\"");
        if (fsz_buffer_reserve(out, room) == FSZ_OK) {
            unsigned char *end =
                fsz_escape_write(out->data + out->size, p->subclass, p->subclass_size);
            out->size = (size_t)(end - out->data);
        }
    }
    fsz_buffer_text(out, p->open ? "" : "\"");
}

static void narrow_put_topic(struct fsz_buffer *out, const struct narrow_pattern *p)
{
    narrow_put_name(out, p);
    if (p->subclass != NULL) {
        char *subclass = strndup(p->subclass, p->subclass_size);
        fsz_buffer_text(out, "/");
        out->failed = subclass == NULL ? FSZ_ENOMEM : out->failed;
        fsz_topic_escape(out, subclass == NULL ? "" : subclass);
        free(subclass);
    }
    fsz_buffer_text(out, p->open ? "" : "/");
}

/* Do the topics begin with name and subclass, each ended by a `/`? */
static bool narrow_topic_tells(const struct fsz_stream_config *stream)
{
    return stream->topic_count > 2 && strcmp(stream->topic[0], "Event-Name") == 0 &&
           strcmp(stream->topic[1], "Event-Subclass") == 0;
}

static fsz_err narrow_add(struct fsz_narrow *narrow, const char *bytes, size_t size)
{
    char *copy = malloc(size + 1);
    if (copy == NULL) {
        return FSZ_ENOMEM;
    }
    memcpy(copy, bytes, size);
    copy[size] = '\0';
    narrow->prefixes[narrow->count++] = (struct narrow_prefix){copy, size};
    return FSZ_OK;
}

static fsz_err narrow_add_pattern(struct fsz_narrow *narrow, const char *pattern, bool is_json)
{
    struct narrow_pattern p = narrow_parse(pattern);
    struct fsz_buffer     out;
    fsz_buffer_init(&out, FSZ_TOPIC_BYTES_MAX);
    (is_json ? narrow_put_json : narrow_put_topic)(&out, &p);
    fsz_err err =
        out.failed != FSZ_OK ? out.failed : narrow_add(narrow, (const char *)out.data, out.size);
    fsz_buffer_fini(&out);
    return err;
}

static fsz_err narrow_add_grants(struct fsz_narrow *narrow, const struct fsz_grants *grants,
                                 const struct fsz_stream_config *stream)
{
    bool    is_json = stream->framing == FSZ_FRAMING_JSON;
    fsz_err err = FSZ_OK;
    if (!is_json && !narrow_topic_tells(stream)) {
        return FSZ_OK;
    }
    for (size_t i = 0; err == FSZ_OK && i < fsz_grants_count(grants, FSZ_RIGHT_EVENTS); i++) {
        err = narrow_add_pattern(narrow, fsz_grants_pattern(grants, FSZ_RIGHT_EVENTS, i), is_json);
    }
    return err;
}

static size_t narrow_patterns(const struct fsz_principal *principal)
{
    size_t count = 0;
    for (size_t i = 0; i < principal->grant_count; i++) {
        count += fsz_grants_count(principal->grants[i], FSZ_RIGHT_EVENTS);
    }
    return count;
}

/* The stream's own messages: each subscriber gets what it may know. */
static fsz_err narrow_add_own(struct fsz_narrow *narrow)
{
    static const char *const topics[NARROW_OWN] = {FSZMQ_TOPIC_BEAT, FSZMQ_TOPIC_BYE,
                                                   FSZMQ_TOPIC_LOST};
    fsz_err                  err = FSZ_OK;
    for (size_t i = 0; err == FSZ_OK && i < NARROW_OWN; i++) {
        err = narrow_add(narrow, topics[i], strlen(topics[i]));
    }
    narrow->own = NARROW_OWN;
    return err;
}

static fsz_err narrow_fill(struct fsz_narrow *narrow, const struct fsz_principal *principal,
                           const struct fsz_stream_config *stream)
{
    fsz_err err = FSZ_OK;
    if (!fsz_principal_may(principal, FSZ_RIGHT_STREAMS, stream->name)) {
        return FSZ_OK;
    }
    if (fsz_principal_may_all(principal, FSZ_RIGHT_EVENTS)) {
        return narrow_add(narrow, "", 0);
    }
    for (size_t i = 0; err == FSZ_OK && i < principal->grant_count; i++) {
        err = narrow_add_grants(narrow, principal->grants[i], stream);
    }
    return err == FSZ_OK && stream->framing == FSZ_FRAMING_ENVELOPE ? narrow_add_own(narrow) : err;
}

fsz_err fsz_narrow_new(const struct fsz_principal     *principal,
                       const struct fsz_stream_config *stream, struct fsz_narrow **ret_narrow)
{
    size_t             room = principal == NULL ? 0 : narrow_patterns(principal) + NARROW_OWN;
    struct fsz_narrow *narrow = calloc(1, sizeof(*narrow) + room * sizeof(narrow->prefixes[0]));
    if (narrow == NULL) {
        return FSZ_ENOMEM;
    }
    fsz_err err = principal == NULL ? FSZ_OK : narrow_fill(narrow, principal, stream);
    if (err != FSZ_OK) {
        fsz_narrow_free(&narrow);
        return err;
    }
    *ret_narrow = narrow;
    return FSZ_OK;
}

void fsz_narrow_free(struct fsz_narrow **narrow)
{
    for (size_t i = 0; *narrow != NULL && i < (*narrow)->count; i++) {
        free((*narrow)->prefixes[i].bytes);
    }
    free(*narrow);
    *narrow = NULL;
}

bool fsz_narrow_sees_all(const struct fsz_narrow *narrow)
{
    return narrow->count > 0 && narrow->prefixes[0].size == 0;
}

bool fsz_narrow_same(const struct fsz_narrow *a, const struct fsz_narrow *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++) {
        same = a->prefixes[i].size == b->prefixes[i].size &&
               memcmp(a->prefixes[i].bytes, b->prefixes[i].bytes, a->prefixes[i].size) == 0;
    }
    return same;
}

static bool narrow_begins(const void *text, size_t size, const void *prefix, size_t prefix_size)
{
    return prefix_size <= size && memcmp(text, prefix, prefix_size) == 0;
}

bool fsz_narrow_shows(const struct fsz_narrow *narrow, const void *head, size_t size)
{
    for (size_t i = 0; i + narrow->own < narrow->count; i++) {
        if (narrow_begins(head, size, narrow->prefixes[i].bytes, narrow->prefixes[i].size)) {
            return true;
        }
    }
    return false;
}

void fsz_narrow_apply(const struct fsz_narrow *narrow, const void *subscription, size_t size,
                      fsz_narrow_fn take, void *argument)
{
    for (size_t i = 0; i < narrow->count; i++) {
        const struct narrow_prefix *grant = &narrow->prefixes[i];
        if (narrow_begins(subscription, size, grant->bytes, grant->size)) {
            take(argument, subscription, size);
            return; /* all of it, whatever else is granted */
        }
    }
    for (size_t i = 0; i < narrow->count; i++) {
        const struct narrow_prefix *grant = &narrow->prefixes[i];
        if (narrow_begins(grant->bytes, grant->size, subscription, size)) {
            take(argument, grant->bytes, grant->size);
        }
    }
}
