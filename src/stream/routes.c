/* SPDX-License-Identifier: MPL-2.0 */
#include "stream/routes.h"

#include "event/fields.h"
#include "event/filter.h"
#include "event/selection.h"

#include <stdlib.h>
#include <strings.h>

static size_t route_max_bytes(const struct fsz_stream_config *stream)
{
    return stream->max_message_bytes > 0 ? (size_t)stream->max_message_bytes
                                         : FSZ_MESSAGE_BYTES_MAX;
}

static bool route_same_topic(const struct fsz_variant *r, const struct fsz_stream_config *stream)
{
    bool same = r->topic_count == stream->topic_count;
    for (size_t i = 0; same && i < r->topic_count; i++) {
        same = strcasecmp(r->topic[i], stream->topic[i]) == 0;
    }
    return same;
}

/* Framing `json` sends no topic, so such a stream joins any variant with the same JSON. */
static bool route_joins(const struct fsz_variant *r, const struct fsz_stream_config *stream)
{
    return r->max_bytes == route_max_bytes(stream) && fsz_fields_equal(r->fields, stream->fields) &&
           (stream->framing == FSZ_FRAMING_JSON || route_same_topic(r, stream));
}

static struct fsz_variant *routes_variant(struct fsz_routes              *routes,
                                          const struct fsz_stream_config *stream)
{
    for (size_t i = 0; i < routes->variant_count; i++) {
        if (route_joins(&routes->variants[i], stream)) {
            return &routes->variants[i];
        }
    }
    bool                envelope = stream->framing == FSZ_FRAMING_ENVELOPE;
    struct fsz_variant *r = &routes->variants[routes->variant_count++];
    *r = (struct fsz_variant){
        .fields = stream->fields,
        .max_bytes = route_max_bytes(stream),
        .topic = envelope ? stream->topic : NULL,
        .topic_count = envelope ? stream->topic_count : 0,
    };
    return r;
}

/* Adds the streams of one framing. `envelope` comes first, so that streams of framing `json` find
 * variants to join. */
static void routes_add_framing(struct fsz_routes *routes, const unsigned *slots,
                               enum fsz_framing framing)
{
    for (size_t i = 0; i < routes->config->stream_count; i++) {
        const struct fsz_stream_config *stream = &routes->config->streams[i];
        if (stream->framing != framing) {
            continue;
        }
        routes->by_slot[slots[i]] = stream;
        fsz_streamset_put(&routes->filtered, slots[i], stream->filter != NULL);
        fsz_streamset_put(&routes_variant(routes, stream)->streams, slots[i], true);
    }
}

fsz_err fsz_routes_new(struct fsz_config **config, const unsigned *slots,
                       struct fsz_routes **ret_routes)
{
    size_t             count = (*config)->stream_count;
    struct fsz_routes *routes = calloc(1, sizeof(*routes) + count * sizeof(routes->variants[0]));
    if (routes == NULL) {
        return FSZ_ENOMEM;
    }
    routes->config = *config;
    *config = NULL;
    routes_add_framing(routes, slots, FSZ_FRAMING_ENVELOPE);
    routes_add_framing(routes, slots, FSZ_FRAMING_JSON);
    *ret_routes = routes;
    return FSZ_OK;
}

void fsz_routes_free(struct fsz_routes **routes)
{
    if (*routes != NULL) {
        fsz_config_free(&(*routes)->config);
        free(*routes);
        *routes = NULL;
    }
}

struct fsz_streamset fsz_routes_select(const struct fsz_routes *routes, struct fsz_streamset in,
                                       const char *name, const char *subclass)
{
    struct fsz_streamset selected = in;
    for (int slot; (slot = fsz_streamset_take(&in)) >= 0;) {
        const struct fsz_stream_config *stream = routes->by_slot[slot];
        bool takes = stream && fsz_selection_matches(stream->selection, name, subclass);
        fsz_streamset_put(&selected, (unsigned)slot, takes);
    }
    return selected;
}

struct fsz_streamset fsz_routes_filter(const struct fsz_routes *routes, struct fsz_streamset in,
                                       const struct fsz_event *event)
{
    struct fsz_streamset ask = fsz_streamset_and(&in, &routes->filtered);
    for (int slot; (slot = fsz_streamset_take(&ask)) >= 0;) {
        if (!fsz_filter_passes(routes->by_slot[slot]->filter, event)) {
            fsz_streamset_put(&in, (unsigned)slot, false);
        }
    }
    return in;
}

enum fsz_priority fsz_routes_priority(const struct fsz_routes *routes, const char *name,
                                      const char *subclass)
{
    if (fsz_selection_matches(routes->config->high_priority, name, subclass)) {
        return FSZ_PRIORITY_HIGH;
    }
    return fsz_selection_matches(routes->config->low_priority, name, subclass)
               ? FSZ_PRIORITY_LOW
               : FSZ_PRIORITY_NORMAL;
}
