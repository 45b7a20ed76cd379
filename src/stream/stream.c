/* SPDX-License-Identifier: MPL-2.0 */
#include "stream/stream.h"

#include "event/selection.h"
#include "stream/stream_options.h"
#include "stream/topic.h"

#include <stdlib.h>
#include <string.h>

/* ---- create, configure, free ----------------------------------------------------------------- */

static fsz_err stream_allocate(struct fsz_stream *s, const struct fsz_config *whole,
                               const char *name)
{
    uint32_t event_types_max = fsz_event_types_max(s->base.types);
    s->name = strdup(name);
    s->type_seq = calloc(event_types_max, sizeof(*s->type_seq));
    s->type_seq_reported = calloc(event_types_max, sizeof(*s->type_seq_reported));
    s->type_wanted = malloc(event_types_max * sizeof(*s->type_wanted));
    s->lost = calloc(event_types_max + 1, sizeof(*s->lost));
    if (!s->name || !s->type_seq || !s->type_seq_reported || !s->type_wanted || !s->lost) {
        return FSZ_ENOMEM;
    }
    /* All true until the first marking, because switch threads send the first event of a type on a
     * guess. */
    memset(s->type_wanted, true, event_types_max * sizeof(*s->type_wanted));
    return fsz_subscriptions_new(&s->subscriptions, event_types_max,
                                 (uint64_t)whole->subscriptions_max);
}

fsz_err fsz_stream_new(const struct fsz_stream_base *base, unsigned slot,
                       const struct fsz_config *whole, const struct fsz_stream_config *config,
                       struct fsz_stream **ret_stream)
{
    struct fsz_stream *s = calloc(1, sizeof(*s));
    if (s == NULL) {
        return FSZ_ENOMEM;
    }
    s->slot = slot;
    s->base = *base;
    s->config = config;
    fsz_uuid_new(s->epoch);
    fsz_err err = stream_allocate(s, whole, config->name);
    err = err != FSZ_OK ? err : fsz_stream_open_wire(s, whole, config);
    fsz_endpoints_init(&s->endpoints, s->pub ? fsz_pub_socket(s->pub) : NULL, fsz_stream_open_local,
                       s, config->socket.owner);
    if (err != FSZ_OK) {
        fsz_stream_free(&s, false, 0, NULL, NULL);
        return err;
    }
    *ret_stream = s;
    return FSZ_OK;
}

/* Its sockets are closed, so no callback comes any more. */
static void stream_release(void *argument)
{
    struct fsz_stream *s = argument;
    void (*closed)(void *argument) = s->closed;
    void *closed_argument = s->closed_argument;
    fsz_access_gate_free(&s->gate);
    fsz_subscriptions_free(&s->subscriptions);
    free(s->type_seq);
    free(s->type_seq_reported);
    free(s->type_wanted);
    free(s->lost);
    free(s->name);
    free(s);
    if (closed != NULL) {
        closed(closed_argument);
    }
}

void fsz_stream_free(struct fsz_stream **stream, bool announced, int64_t linger_ms,
                     void (*closed)(void *argument), void *argument)
{
    struct fsz_stream *s = *stream;
    *stream = NULL;
    if (s == NULL) {
        return;
    }
    s->closed = closed;
    s->closed_argument = argument;
    if (announced) {
        fsz_stream_say_bye(s);
    }
    fsz_stream_close_local(s, linger_ms);
    fsz_endpoints_fini(&s->endpoints);
    s->config = NULL; /* freed with its routes, while subscribers still get queued messages */
    if (s->pub != NULL) {
        fsz_pub_close(&s->pub, linger_ms, stream_release, s);
    } else {
        stream_release(s);
    }
}

/* The libzmq socket takes its options only when it is made. */
static void stream_configure_local(struct fsz_stream *s, const struct fsz_stream_config *config)
{
    if (s->endpoints.socket != NULL && fsz_stream_options_differ(s->config, config)) {
        fsz_endpoints_close_local(&s->endpoints);
        fsz_stream_close_local(s, 0);
    }
}

void fsz_stream_configure(struct fsz_stream *stream, const struct fsz_config *whole,
                          const struct fsz_stream_config *config)
{
    stream_configure_local(stream, config);
    fsz_stream_configure_wire(stream, whole, config);
    stream->config = config;
    stream->next_beat_ms = 0;
    stream->changed = true;
    fsz_subscriptions_forget_types(stream->subscriptions);
}

/* ---- what is wanted -------------------------------------------------------------------------- */

bool fsz_stream_has_changed(struct fsz_stream *stream)
{
    bool multicast = fsz_endpoints_have_multicast(&stream->endpoints);
    bool changed = stream->changed || multicast != stream->multicast;
    stream->multicast = multicast;
    stream->changed = false;
    return changed;
}

bool fsz_stream_has_subscribers(const struct fsz_stream *stream)
{
    return stream->multicast || fsz_subscriptions_count(stream->subscriptions) > 0 ||
           fsz_pub_figures(stream->pub).prefixes > 0;
}

void fsz_stream_figures(const struct fsz_stream *stream, struct fsz_stream_figures *ret_figures)
{
    fsz_pub_lock(stream->pub);
    ret_figures->seq = stream->seq;
    ret_figures->subscribers = fsz_pub_count(stream->pub);
    ret_figures->counters = stream->counters;
    fsz_pub_unlock(stream->pub);
}

static bool stream_is_wanted(const struct fsz_stream *s, uint32_t id)
{
    size_t      size = 0;
    const char *head = fsz_subscriptions_head(s->subscriptions, id, &size);
    return s->multicast || fsz_subscriptions_want(s->subscriptions, id) ||
           fsz_pub_wants(s->pub, head != NULL ? head : "", size);
}

static void stream_add_type(struct fsz_stream *s, const struct fsz_event_type *type)
{
    if (s->config->framing == FSZ_FRAMING_JSON) {
        fsz_subscriptions_add_type(s->subscriptions, type->id, type->json_head,
                                   strlen(type->json_head));
        return;
    }
    char   head[FSZ_TOPIC_BYTES_MAX];
    size_t size = fsz_topic_head(head, type, s->config->topic, s->config->topic_count);
    fsz_subscriptions_add_type(s->subscriptions, type->id, head, size);
}

/* Returns true if the type is wanted again after a pause; a number has then been used up. */
static bool stream_mark_type(struct fsz_stream *s, struct fsz_event_type *type)
{
    bool wanted = stream_is_wanted(s, type->id) &&
                  fsz_selection_matches(s->config->selection, type->name, type->subclass);
    bool resumed = wanted && !s->type_wanted[type->id] && s->type_seq[type->id] > 0;
    s->type_wanted[type->id] = wanted;
    s->type_seq[type->id] += resumed;
    fsz_streamset_share(&type->wanted, s->slot, wanted);
    return resumed;
}

void fsz_stream_mark_wanted(struct fsz_stream *stream)
{
    uint32_t count = fsz_event_types_count(stream->base.types);
    bool     resumed = false;
    for (uint32_t id = fsz_subscriptions_types(stream->subscriptions); id < count; id++) {
        stream_add_type(stream, fsz_event_types_at(stream->base.types, id));
    }
    fsz_pub_lock(stream->pub);
    for (uint32_t id = 0; id < count; id++) {
        resumed |= stream_mark_type(stream, fsz_event_types_at(stream->base.types, id));
    }
    stream->seq += resumed;
    fsz_pub_unlock(stream->pub);
}
