/* SPDX-License-Identifier: MPL-2.0 */
#include "cli/gaps.h"

#include "fszmq/wire.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { GAPS_STREAM_NAME_BYTES = 256, GAPS_EPOCH_BYTES = 64 };

struct gaps_stream {
    char     name[GAPS_STREAM_NAME_BYTES];
    char     epoch[GAPS_EPOCH_BYTES];
    json_t  *event_types; /* event type → last type_seq seen */
    bool     complete;    /* a type that is missing here had no number when counting began */
    uint64_t used;        /* to find the stream that was silent for longest */
};

struct fsz_gaps {
    char *const       *topics;
    size_t             topic_count;
    bool               everything;
    fsz_gap_fn         report;
    void              *context;
    struct gaps_stream streams[FSZ_GAPS_STREAMS_MAX];
    size_t             stream_count;
    uint64_t           clock;
    json_int_t         lost;
};

static bool gaps_takes_everything(char *const *topics, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (topics[i][0] == '\0') {
            return true;
        }
    }
    return count == 0;
}

struct fsz_gaps *fsz_gaps_new(char *const *topics, size_t count, fsz_gap_fn report, void *context)
{
    struct fsz_gaps *gaps = calloc(1, sizeof *gaps);
    if (gaps != NULL) {
        gaps->topics = topics;
        gaps->topic_count = count;
        gaps->everything = gaps_takes_everything(topics, count);
        gaps->report = report;
        gaps->context = context;
    }
    return gaps;
}

void fsz_gaps_free(struct fsz_gaps **gaps)
{
    if (*gaps != NULL) {
        for (size_t i = 0; i < (*gaps)->stream_count; i++) {
            json_decref((*gaps)->streams[i].event_types);
        }
        free(*gaps);
        *gaps = NULL;
    }
}

json_int_t fsz_gaps_lost(const struct fsz_gaps *gaps)
{
    return gaps->lost;
}

static void gaps_report(struct fsz_gaps *gaps, const struct gaps_stream *stream,
                        const char *event_type, json_int_t first, json_int_t last)
{
    struct fsz_gap gap = {.type = FSZ_GAP_EVENT_TYPE,
                          .stream = stream->name,
                          .event_type = event_type,
                          .first = first,
                          .last = last};
    json_int_t     count = last - first + 1;
    gaps->lost = gaps->lost > INT64_MAX - count ? INT64_MAX : gaps->lost + count;
    gaps->report(gaps->context, &gap);
}

/* Finds room for a new stream: a free place, or that of the stream that was silent for longest. */
static struct gaps_stream *gaps_place(struct fsz_gaps *gaps)
{
    if (gaps->stream_count < FSZ_GAPS_STREAMS_MAX) {
        return &gaps->streams[gaps->stream_count++];
    }
    struct gaps_stream *oldest = &gaps->streams[0];
    for (size_t i = 1; i < gaps->stream_count; i++) {
        if (gaps->streams[i].used < oldest->used) {
            oldest = &gaps->streams[i];
        }
    }
    json_decref(oldest->event_types);
    return oldest;
}

static struct gaps_stream *gaps_stream_of(struct fsz_gaps *gaps, const char *name,
                                          const char *epoch, bool *ret_known_name)
{
    *ret_known_name = false;
    for (size_t i = 0; i < gaps->stream_count; i++) {
        struct gaps_stream *stream = &gaps->streams[i];
        if (strcmp(stream->name, name) == 0) {
            if (strcmp(stream->epoch, epoch) == 0) {
                return stream;
            }
            *ret_known_name = true;
        }
    }
    return NULL;
}

static struct gaps_stream *gaps_stream_add(struct fsz_gaps *gaps, const char *name,
                                           const char *epoch)
{
    json_t *event_types = json_object();
    if (event_types == NULL) {
        return NULL;
    }
    struct gaps_stream *stream = gaps_place(gaps);
    *stream = (struct gaps_stream){.event_types = event_types};
    memcpy(stream->name, name, strlen(name));
    memcpy(stream->epoch, epoch, strlen(epoch));
    return stream;
}

/* Whether all events of the type are subscribed to. Their topics begin with the type and a
 * separator. */
static bool gaps_event_type_is_wanted(const struct fsz_gaps *gaps, const char *event_type)
{
    size_t size = strlen(event_type);
    if (gaps->everything) {
        return true;
    }
    for (size_t i = 0; i < gaps->topic_count; i++) {
        size_t prefix = strlen(gaps->topics[i]);
        if (strncmp(gaps->topics[i], event_type, prefix) == 0 ||
            (prefix == size + 1 && gaps->topics[i][size] == FSZMQ_TOPIC_SEPARATOR &&
             strncmp(gaps->topics[i], event_type, size) == 0)) {
            return true;
        }
    }
    return false;
}

/* An event has the number after the last one; a beat has the last number itself. */
static void gaps_see_event_type(struct fsz_gaps *gaps, struct gaps_stream *stream,
                                const char *event_type, json_int_t type_seq, bool own)
{
    const json_t *known = json_object_get(stream->event_types, event_type);
    json_int_t    last_lost = own ? type_seq : type_seq - 1;
    json_int_t    seen = json_integer_value(known);
    if (known == NULL && json_object_size(stream->event_types) >= FSZ_GAPS_EVENT_TYPES_MAX) {
        return;
    }
    if ((known != NULL || stream->complete) && last_lost > seen) {
        gaps_report(gaps, stream, event_type, seen + 1, last_lost);
    }
    if (known == NULL || type_seq > seen) {
        json_object_set_new(stream->event_types, event_type, json_integer(type_seq));
    }
}

static void gaps_see_beat_event_types(struct fsz_gaps *gaps, struct gaps_stream *stream,
                                      const json_t *meta)
{
    json_t     *event_types = json_object_get(meta, FSZMQ_META_TYPES);
    const char *event_type = NULL;
    json_t     *number = NULL;
    json_object_foreach(event_types, event_type, number)
    {
        if (gaps_event_type_is_wanted(gaps, event_type) && json_integer_value(number) > 0) {
            gaps_see_event_type(gaps, stream, event_type, json_integer_value(number), true);
        }
    }
    stream->complete |= json_is_true(json_object_get(meta, FSZMQ_META_ALL));
}

static void gaps_see_event_types(struct fsz_gaps *gaps, struct gaps_stream *stream,
                                 const json_t *meta, bool own)
{
    const char *event_type = json_string_value(json_object_get(meta, FSZMQ_META_TYPE));
    json_int_t  type_seq = json_integer_value(json_object_get(meta, FSZMQ_META_TYPE_SEQ));
    if (own) {
        gaps_see_beat_event_types(gaps, stream, meta);
    } else if (event_type != NULL && type_seq > 0 && gaps_event_type_is_wanted(gaps, event_type)) {
        gaps_see_event_type(gaps, stream, event_type, type_seq, false);
    }
}

/* The stream of a meta frame; NULL: it does not name one, or out of memory. */
static struct gaps_stream *gaps_stream_for(struct fsz_gaps *gaps, const json_t *meta)
{
    const char *name = json_string_value(json_object_get(meta, FSZMQ_META_STREAM));
    const char *epoch = json_string_value(json_object_get(meta, FSZMQ_META_EPOCH));
    bool        known_name = false;
    if (name == NULL || epoch == NULL || strlen(name) >= GAPS_STREAM_NAME_BYTES ||
        strlen(epoch) >= GAPS_EPOCH_BYTES) {
        return NULL;
    }
    struct gaps_stream *stream = gaps_stream_of(gaps, name, epoch, &known_name);
    if (stream != NULL || (stream = gaps_stream_add(gaps, name, epoch)) == NULL) {
        return stream;
    }
    if (known_name) {
        struct fsz_gap gap = {.type = FSZ_GAP_EPOCH, .stream = stream->name};
        stream->complete = true; /* we were connected before it began */
        gaps->report(gaps->context, &gap);
    }
    return stream;
}

void fsz_gaps_see(struct fsz_gaps *gaps, const json_t *meta, bool own)
{
    struct gaps_stream *stream = gaps_stream_for(gaps, meta);
    if (stream != NULL) {
        stream->used = ++gaps->clock;
        gaps_see_event_types(gaps, stream, meta, own);
    }
}
