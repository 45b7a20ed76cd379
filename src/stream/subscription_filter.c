/* SPDX-License-Identifier: MPL-2.0 */
#include "stream/subscription_filter.h"

#include "base/buffer.h"
#include "event/escape.h"
#include "fszmq/wire.h"
#include "stream/topic.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct subscription_filter_prefix {
    char  *bytes;
    size_t size;
};

enum {
    SUBSCRIPTION_FILTER_OWN = 3, /* prefixes for the stream's own messages */
};

struct fsz_subscription_filter {
    size_t count, own; /* own: prefixes for the stream's own messages, at the end */
    struct subscription_filter_prefix prefixes[];
};

/* A parsed pattern of grants.h. */
struct subscription_filter_pattern {
    const char *name, *subclass; /* subclass: NULL if the pattern has none */
    size_t      name_size, subclass_size;
    bool        open; /* `*` follows */
};

static struct subscription_filter_pattern subscription_filter_parse(const char *pattern)
{
    size_t                             size = strlen(pattern);
    const char                        *slash = strchr(pattern, '/');
    struct subscription_filter_pattern p = {.name = pattern, .name_size = size};
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

/* Event names are in capitals; grants may be in any case. */
static void subscription_filter_put_name(struct fsz_buffer                        *out,
                                         const struct subscription_filter_pattern *p)
{
    for (size_t i = 0; i < p->name_size; i++) {
        char letter = (char)toupper((unsigned char)p->name[i]);
        fsz_buffer_append(out, &letter, 1);
    }
}

static void subscription_filter_put_json(struct fsz_buffer                        *out,
                                         const struct subscription_filter_pattern *p)
{
    fsz_buffer_text(out, "{\"Event-Name\":\"");
    subscription_filter_put_name(out, p);
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

static void subscription_filter_put_topic(struct fsz_buffer                        *out,
                                          const struct subscription_filter_pattern *p)
{
    subscription_filter_put_name(out, p);
    if (p->subclass != NULL) {
        char *subclass = strndup(p->subclass, p->subclass_size);
        fsz_buffer_text(out, "/");
        out->failed = subclass == NULL ? FSZ_ENOMEM : out->failed;
        fsz_topic_escape(out, subclass == NULL ? "" : subclass);
        free(subclass);
    }
    fsz_buffer_text(out, p->open ? "" : "/");
}

/* Whether the topics begin with name and subclass, each followed by a `/`. */
static bool subscription_filter_topic_has_type(const struct fsz_stream_config *stream)
{
    return stream->topic_count > 2 && strcmp(stream->topic[0], "Event-Name") == 0 &&
           strcmp(stream->topic[1], "Event-Subclass") == 0;
}

static fsz_err subscription_filter_add(struct fsz_subscription_filter *filter, const char *bytes,
                                       size_t size)
{
    char *copy = malloc(size + 1);
    if (copy == NULL) {
        return FSZ_ENOMEM;
    }
    memcpy(copy, bytes, size);
    copy[size] = '\0';
    filter->prefixes[filter->count++] = (struct subscription_filter_prefix){copy, size};
    return FSZ_OK;
}

static fsz_err subscription_filter_add_pattern(struct fsz_subscription_filter *filter,
                                               const char *pattern, bool is_json)
{
    struct subscription_filter_pattern p = subscription_filter_parse(pattern);
    struct fsz_buffer                  out;
    fsz_buffer_init(&out, FSZ_TOPIC_BYTES_MAX);
    (is_json ? subscription_filter_put_json : subscription_filter_put_topic)(&out, &p);
    fsz_err err = out.failed != FSZ_OK
                      ? out.failed
                      : subscription_filter_add(filter, (const char *)out.data, out.size);
    fsz_buffer_fini(&out);
    return err;
}

static fsz_err subscription_filter_add_grants(struct fsz_subscription_filter *filter,
                                              const struct fsz_grants        *grants,
                                              const struct fsz_stream_config *stream)
{
    bool    is_json = stream->framing == FSZ_FRAMING_JSON;
    fsz_err err = FSZ_OK;
    if (!is_json && !subscription_filter_topic_has_type(stream)) {
        return FSZ_OK;
    }
    for (size_t i = 0; err == FSZ_OK && i < fsz_grants_count(grants, FSZ_RIGHT_EVENTS); i++) {
        err = subscription_filter_add_pattern(
            filter, fsz_grants_pattern(grants, FSZ_RIGHT_EVENTS, i), is_json);
    }
    return err;
}

static size_t subscription_filter_patterns(const struct fsz_principal *principal)
{
    size_t count = 0;
    for (size_t i = 0; i < principal->grant_count; i++) {
        count += fsz_grants_count(principal->grants[i], FSZ_RIGHT_EVENTS);
    }
    return count;
}

/* Adds the own messages of the stream. Each subscriber gets only reports of what it may know. */
static fsz_err subscription_filter_add_own(struct fsz_subscription_filter *filter)
{
    static const char *const topics[SUBSCRIPTION_FILTER_OWN] = {FSZMQ_TOPIC_BEAT, FSZMQ_TOPIC_BYE,
                                                                FSZMQ_TOPIC_LOST};
    fsz_err                  err = FSZ_OK;
    for (size_t i = 0; err == FSZ_OK && i < SUBSCRIPTION_FILTER_OWN; i++) {
        err = subscription_filter_add(filter, topics[i], strlen(topics[i]));
    }
    filter->own = SUBSCRIPTION_FILTER_OWN;
    return err;
}

static fsz_err subscription_filter_fill(struct fsz_subscription_filter *filter,
                                        const struct fsz_principal     *principal,
                                        const struct fsz_stream_config *stream)
{
    fsz_err err = FSZ_OK;
    if (!fsz_principal_may(principal, FSZ_RIGHT_STREAMS, stream->name)) {
        return FSZ_OK;
    }
    if (fsz_principal_may_all(principal, FSZ_RIGHT_EVENTS)) {
        return subscription_filter_add(filter, "", 0);
    }
    for (size_t i = 0; err == FSZ_OK && i < principal->grant_count; i++) {
        err = subscription_filter_add_grants(filter, principal->grants[i], stream);
    }
    return err == FSZ_OK && stream->framing == FSZ_FRAMING_ENVELOPE
               ? subscription_filter_add_own(filter)
               : err;
}

fsz_err fsz_subscription_filter_new(const struct fsz_principal      *principal,
                                    const struct fsz_stream_config  *stream,
                                    struct fsz_subscription_filter **ret_filter)
{
    size_t room =
        principal == NULL ? 0 : subscription_filter_patterns(principal) + SUBSCRIPTION_FILTER_OWN;
    struct fsz_subscription_filter *filter =
        calloc(1, sizeof(*filter) + room * sizeof(filter->prefixes[0]));
    if (filter == NULL) {
        return FSZ_ENOMEM;
    }
    fsz_err err = principal == NULL ? FSZ_OK : subscription_filter_fill(filter, principal, stream);
    if (err != FSZ_OK) {
        fsz_subscription_filter_free(&filter);
        return err;
    }
    *ret_filter = filter;
    return FSZ_OK;
}

void fsz_subscription_filter_free(struct fsz_subscription_filter **filter)
{
    for (size_t i = 0; *filter != NULL && i < (*filter)->count; i++) {
        free((*filter)->prefixes[i].bytes);
    }
    free(*filter);
    *filter = NULL;
}

bool fsz_subscription_filter_sees_all(const struct fsz_subscription_filter *filter)
{
    return filter->count > 0 && filter->prefixes[0].size == 0;
}

bool fsz_subscription_filter_same(const struct fsz_subscription_filter *a,
                                  const struct fsz_subscription_filter *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++) {
        same = a->prefixes[i].size == b->prefixes[i].size &&
               memcmp(a->prefixes[i].bytes, b->prefixes[i].bytes, a->prefixes[i].size) == 0;
    }
    return same;
}

static bool subscription_filter_begins(const void *text, size_t size, const void *prefix,
                                       size_t prefix_size)
{
    return prefix_size <= size && memcmp(text, prefix, prefix_size) == 0;
}

bool fsz_subscription_filter_shows(const struct fsz_subscription_filter *filter, const void *head,
                                   size_t size)
{
    for (size_t i = 0; i + filter->own < filter->count; i++) {
        if (subscription_filter_begins(head, size, filter->prefixes[i].bytes,
                                       filter->prefixes[i].size)) {
            return true;
        }
    }
    return false;
}

void fsz_subscription_filter_apply(const struct fsz_subscription_filter *filter,
                                   const void *subscription, size_t size,
                                   fsz_subscription_filter_fn take, void *argument)
{
    for (size_t i = 0; i < filter->count; i++) {
        const struct subscription_filter_prefix *grant = &filter->prefixes[i];
        if (subscription_filter_begins(subscription, size, grant->bytes, grant->size)) {
            take(argument, subscription, size);
            return; /* granted as a whole, so no other grant matters */
        }
    }
    for (size_t i = 0; i < filter->count; i++) {
        const struct subscription_filter_prefix *grant = &filter->prefixes[i];
        if (subscription_filter_begins(grant->bytes, grant->size, subscription, size)) {
            take(argument, grant->bytes, grant->size);
        }
    }
}
