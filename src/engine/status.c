#include "engine/status.h"

#include "event/filter.h"
#include "net/net_status.h"
#include "rpc/rpc.h"

#include <string.h>

static json_t *status_refused(const struct fsz_queue_stats *q)
{
    json_t *refused = json_object();
    for (int priority = 0; priority < FSZ_PRIORITIES; priority++) {
        json_object_set_new(refused, fsz_priority_names[priority],
                            json_integer((json_int_t)q->refused[priority]));
    }
    return refused;
}

static json_t *status_queue(struct fsz_queue *queue)
{
    struct fsz_queue_stats q;
    fsz_queue_stats(queue, &q);
    return json_pack("{sI sI sI sI sI sI sI so}", "events", (json_int_t)q.events, "bytes",
                     (json_int_t)q.bytes, "events_peak", (json_int_t)q.events_peak, "bytes_peak",
                     (json_int_t)q.bytes_peak, "events_max", (json_int_t)q.events_max, "bytes_max",
                     (json_int_t)q.bytes_max, "pushed", (json_int_t)q.pushed, "refused",
                     status_refused(&q));
}

static json_t *status_stream(const struct fsz_stream *s)
{
    struct fsz_stream_figures         own;
    const struct fsz_stream_counters *c = &own.counters;
    const struct fsz_pub_figures      f = fsz_pub_figures(s->pub);
    fsz_stream_figures(s, &own);
    const char *framing = s->config->framing == FSZ_FRAMING_JSON ? "json" : "envelope";
    json_t     *stream =
        json_pack("{ss ss ss sI so}", "name", s->name, "framing", framing, "epoch", s->epoch, "seq",
                  (json_int_t)own.seq, "endpoints", fsz_status_endpoints(&s->endpoints));
    json_t *counters = json_pack(
        "{sI sI sI sI sI sI sI sI sI sI sI sI}", "subscribers", (json_int_t)own.subscribers,
        "subscriptions",
        (json_int_t)f.subscriptions + (json_int_t)fsz_subscriptions_count(s->subscriptions),
        "subscription_bytes", (json_int_t)f.subscription_bytes, "subscriptions_over",
        (json_int_t)f.refused_subscriptions, "subscriptions_refused",
        (json_int_t)c->subscriptions_refused, "strays", (json_int_t)f.strays, "events_sent",
        (json_int_t)c->events_sent, "events_at_once", (json_int_t)c->events_at_once, "bytes_sent",
        (json_int_t)c->bytes_sent, "lost", (json_int_t)c->lost, "truncated",
        (json_int_t)c->truncated, "send_failures", (json_int_t)c->send_failures);
    json_object_update_missing(stream, counters);
    json_decref(counters);
    fsz_status_wire(stream, fsz_pub_socket(s->pub));
    return stream;
}

static json_t *status_warnings(const struct fsz_problems *warnings)
{
    json_t *list = json_array();
    for (size_t i = 0; warnings != NULL && i < fsz_problems_kept(warnings); i++) {
        json_array_append_new(list, fsz_rpc_text(warnings->lines[i], strlen(warnings->lines[i])));
    }
    return list;
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
        status_warnings(view->config->warnings));
}
