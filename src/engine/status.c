/* SPDX-License-Identifier: MPL-2.0 */
#include "engine/status.h"

#include "counters/counters.h"
#include "event/filter.h"
#include "net/net_status.h"
#include "rpc/json.h"

static const struct fsz_counter queue_counters[] = {
#define FSZ_COUNTERS_QUEUE(member, unit, meaning) FSZ_COUNTER(struct fsz_queue_stats, member),
#include "counters/counters.def"
};

static json_t *status_queue(struct fsz_queue *queue)
{
    struct fsz_queue_stats stats;
    fsz_queue_stats(queue, &stats);
    json_t *status = FSZ_COUNTERS_JSON(queue_counters, &stats);
    json_object_set_new(status, "refused", fsz_json_by_priority(stats.refused));
    return status;
}

static const struct fsz_counter stream_counters[] = {
#define FSZ_COUNTERS_STREAM(member, unit, meaning) FSZ_COUNTER(struct fsz_stream_counters, member),
#include "counters/counters.def"
};

static json_t *status_stream(const struct fsz_stream *s)
{
    struct fsz_stream_figures    own;
    const struct fsz_pub_figures f = fsz_pub_figures(s->pub);
    fsz_stream_figures(s, &own);
    json_t *status = json_pack(
        "{ss ss ss sI so sI sI sI sI sI}", "name", s->name, "framing",
        s->config->framing == FSZ_FRAMING_JSON ? "json" : "envelope", "epoch", s->epoch, "seq",
        (json_int_t)own.seq, "endpoints", fsz_status_endpoints(&s->endpoints), "subscribers",
        (json_int_t)own.subscribers, "subscriptions",
        (json_int_t)f.subscriptions + (json_int_t)fsz_subscriptions_count(s->subscriptions),
        "subscription_bytes", (json_int_t)f.subscription_bytes, "subscriptions_over",
        (json_int_t)f.refused_subscriptions, "strays", (json_int_t)f.strays);
    FSZ_COUNTERS_WRITE(status, stream_counters, &own.counters);
    fsz_status_wire(status, fsz_pub_socket(s->pub));
    return status;
}

void fsz_status_of_publisher(const struct fsz_publisher_view *view, void *argument)
{
    json_t **ret_status = argument;
    json_t  *streams = json_array();
    for (size_t slot = 0; slot < view->stream_count; slot++) {
        if (view->streams[slot] != NULL) {
            json_array_append_new(streams, status_stream(view->streams[slot]));
        }
    }
    *ret_status = json_pack(
        "{s{sI sI sI sI} so s{sI sI sI} sI so so}", "events", "offered", (json_int_t)view->offered,
        "unwanted", (json_int_t)view->unwanted, "encoded", (json_int_t)view->encoded, "failed",
        (json_int_t)view->failed, "queue", status_queue(view->queue), "event_types", "tracked",
        (json_int_t)fsz_event_types_count(view->types), "max",
        (json_int_t)fsz_event_types_max(view->types), "overflowed",
        (json_int_t)fsz_event_types_overflowed(view->types), "filters_gave_up",
        (json_int_t)fsz_filter_gave_up(), "streams", streams, "warnings",
        fsz_json_problems(view->config->warnings));
}
