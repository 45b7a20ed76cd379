/* SPDX-License-Identifier: MPL-2.0 */
/* The status as text for people: `zmq status`, `zmq streams`, `zmq api`, … */
#include "engine/status.h"
#include "rpc/json.h"

static void status_write_uptime(const json_t *status, struct fsz_buffer *out)
{
    long long s = fsz_json_number(status, "uptime_ms") / 1000;
    fsz_buffer_printf(
        out, "event_zmq %s on %s, up %lldd %02lld:%02lld:%02lld, reloaded %lld times\n",
        fsz_json_string(status, "version"), fsz_json_string(status, "host"), s / 86400,
        s / 3600 % 24, s / 60 % 60, s % 60, fsz_json_number(status, "reloads"));
}

/* Problems of the configuration in use, and of one that a reload refused. */
static void status_write_configuration(const json_t *status, struct fsz_buffer *out)
{
    const json_t *refused = json_object_get(status, "reload_refused");
    json_t       *warning = NULL;
    size_t        index = 0;
    if (json_is_object(refused)) {
        fsz_buffer_printf(out,
                          "reload   REFUSED %lld s ago, the previous configuration stays in use; "
                          "%lld mistakes, the first: %s\n",
                          fsz_json_number(refused, "ago_ms") / 1000,
                          fsz_json_number(refused, "mistakes"), fsz_json_string(refused, "first"));
    }
    json_array_foreach(json_object_get(status, "warnings"), index, warning)
    {
        fsz_buffer_printf(out, "warning  %s\n", json_string_value(warning));
    }
}

static void status_write_endpoints(const json_t *stream, struct fsz_buffer *out)
{
    size_t  index = 0;
    json_t *e = NULL;
    json_array_foreach(json_object_get(stream, "endpoints"), index, e)
    {
        bool open = json_is_true(json_object_get(e, "open"));
        fsz_buffer_printf(out, "  %s %s %s %s\n", fsz_json_string(e, "mode"),
                          fsz_json_string(e, "address"),
                          open ? "as" : "NOT OPEN:", fsz_json_string(e, open ? "bound" : "why"));
    }
}

static void status_write_requests(const json_t *status, struct fsz_buffer *out)
{
    fsz_buffer_printf(
        out,
        "requests %lld ok, %lld failed, %lld invalid, %lld refused, %lld overloaded, %lld past "
        "their deadline, %lld in flight\n",
        fsz_json_number(status, "api.requests.ok"), fsz_json_number(status, "api.requests.failed"),
        fsz_json_number(status, "api.requests.invalid"),
        fsz_json_number(status, "api.requests.refused"),
        fsz_json_number(status, "api.requests.overloaded"),
        fsz_json_number(status, "api.requests.deadline"),
        fsz_json_number(status, "api.requests.in_flight"));
}

static void status_write_api_sockets(const json_t *status, struct fsz_buffer *out)
{
    size_t  index = 0;
    json_t *api_socket = NULL;
    json_array_foreach(json_object_get(json_object_get(status, "api"), "sockets"), index,
                       api_socket)
    {
        fsz_buffer_printf(
            out,
            "api      %s: %lld clients, %lld messages in, %lld out, %lld lost, %lld "
            "dropped, %lld bytes held\n",
            fsz_json_string(api_socket, "name"), fsz_json_number(api_socket, "clients"),
            fsz_json_number(api_socket, "messages"), fsz_json_number(api_socket, "answers"),
            fsz_json_number(api_socket, "answers_lost"),
            fsz_json_number(api_socket, "answers_dropped"),
            fsz_json_number(api_socket, "bytes_held"));
        status_write_endpoints(api_socket, out);
    }
}

void fsz_status_write_summary(const json_t *status, struct fsz_buffer *out)
{
    size_t  index = 0;
    json_t *stream = NULL;
    status_write_uptime(status, out);
    fsz_status_write_switch(status, out);
    status_write_configuration(status, out);
    fsz_buffer_printf(
        out,
        "events   %lld offered, %lld unwanted, %lld written, %lld lost (out of memory)\n"
        "queue    %lld of %lld events (peak %lld), %lld of %lld bytes (peak %lld)\n"
        "refused  %lld low, %lld normal, %lld high\n"
        "access   %lld admitted, %lld refused\n"
        "clients  %lld events fired, %lld suppressed, %lld lost\n",
        fsz_json_number(status, "events.offered"), fsz_json_number(status, "events.unwanted"),
        fsz_json_number(status, "events.encoded"), fsz_json_number(status, "events.failed"),
        fsz_json_number(status, "queue.events"), fsz_json_number(status, "queue.events_max"),
        fsz_json_number(status, "queue.events_peak"), fsz_json_number(status, "queue.bytes"),
        fsz_json_number(status, "queue.bytes_max"), fsz_json_number(status, "queue.bytes_peak"),
        fsz_json_number(status, "queue.refused.low"),
        fsz_json_number(status, "queue.refused.normal"),
        fsz_json_number(status, "queue.refused.high"), fsz_json_number(status, "access.admitted"),
        fsz_json_number(status, "access.refused"), fsz_json_number(status, "client_events.fired"),
        fsz_json_number(status, "client_events.suppressed"),
        fsz_json_number(status, "client_events.overflowed") +
            fsz_json_number(status, "client_events.refused"));
    status_write_requests(status, out);
    json_array_foreach(json_object_get(status, "streams"), index, stream)
    {
        fsz_buffer_printf(out, "stream   %s (%s): %lld subscribers, %lld events, %lld bytes out\n",
                          fsz_json_string(stream, "name"), fsz_json_string(stream, "framing"),
                          fsz_json_number(stream, "subscribers"),
                          fsz_json_number(stream, "events_sent"),
                          fsz_json_number(stream, "bytes_sent"));
        status_write_endpoints(stream, out);
    }
    status_write_api_sockets(status, out);
}

static void status_write_pool(const json_t *pool, const char *name, struct fsz_buffer *out)
{
    fsz_buffer_printf(out,
                      "%s %lld threads, %lld busy, %lld stuck, %lld waiting (peak %lld), %lld run, "
                      "%lld given up, refused %lld by queue, %lld by share\n",
                      name, fsz_json_number(pool, "threads"), fsz_json_number(pool, "busy"),
                      fsz_json_number(pool, "stuck"), fsz_json_number(pool, "waiting"),
                      fsz_json_number(pool, "waiting_peak"), fsz_json_number(pool, "run"),
                      fsz_json_number(pool, "given_up"), fsz_json_number(pool, "refused_queue"),
                      fsz_json_number(pool, "refused_share"));
}

void fsz_status_write_api(const json_t *status, struct fsz_buffer *out)
{
    const json_t *api = json_object_get(status, "api");
    status_write_requests(status, out);
    status_write_pool(json_object_get(api, "workers"), "workers ", out);
    status_write_pool(json_object_get(api, "background"), "jobs    ", out);
    fsz_buffer_printf(
        out,
        "results  %lld kept, %lld bytes, %lld running, %lld refused, %lld dropped\n"
        "audit    %lld commands, %lld refusals, %lld suppressed\n",
        fsz_json_number(api, "jobs.kept"), fsz_json_number(api, "jobs.bytes"),
        fsz_json_number(api, "jobs.running"), fsz_json_number(api, "jobs.refused"),
        fsz_json_number(api, "jobs.dropped"), fsz_json_number(status, "audit.commands"),
        fsz_json_number(status, "audit.refusals"), fsz_json_number(status, "audit.suppressed"));
    status_write_api_sockets(status, out);
}

static void status_write_provider(const json_t *p, struct fsz_buffer *out)
{
    fsz_buffer_printf(
        out,
        "  %s is %s%s: %lld of %lld in flight, %lld requests, %lld replies (%lld errors), "
        "%lld missed, %lld late, %lld bad, ejected %lld times; p50 %lld, p99 %lld µs\n",
        fsz_json_string(p, "name"), fsz_json_string(p, "state"),
        json_is_false(json_object_get(p, "was_connected")) ? ", never connected" : "",
        fsz_json_number(p, "in_flight"), fsz_json_number(p, "capacity"),
        fsz_json_number(p, "asked"), fsz_json_number(p, "answered"), fsz_json_number(p, "errors"),
        fsz_json_number(p, "missed"), fsz_json_number(p, "late"), fsz_json_number(p, "bad"),
        fsz_json_number(p, "ejections"), fsz_json_number(p, "latency_us.p50"),
        fsz_json_number(p, "latency_us.p99"));
}

static void status_write_calls(const json_t *calls, struct fsz_buffer *out)
{
    if (calls != NULL) {
        fsz_buffer_printf(
            out,
            "calls    %lld controlled; %lld accepted, %lld released, %lld handed over, %lld "
            "lost, %lld hung up, %lld gone elsewhere, %lld closed; %lld replies refused, "
            "%lld commands fenced, %lld events\n",
            fsz_json_number(calls, "controlled"), fsz_json_number(calls, "accepted"),
            fsz_json_number(calls, "released"), fsz_json_number(calls, "handed_over"),
            fsz_json_number(calls, "lost"), fsz_json_number(calls, "hangup"),
            fsz_json_number(calls, "elsewhere"), fsz_json_number(calls, "closed"),
            fsz_json_number(calls, "refused"), fsz_json_number(calls, "fenced"),
            fsz_json_number(calls, "events"));
    }
}

void fsz_status_write_services(const json_t *status, struct fsz_buffer *out)
{
    size_t  index = 0, place = 0;
    json_t *s = NULL, *provider = NULL;
    if (json_array_size(json_object_get(status, "services")) == 0) {
        fsz_buffer_text(out, "no services\n");
    }
    json_array_foreach(json_object_get(status, "services"), index, s)
    {
        fsz_buffer_printf(
            out,
            "%s\n"
            "  %lld requests, %lld replies, %lld errors, %lld past their deadline, %lld "
            "with no provider, %lld refused, %lld cancelled; %lld in flight, %lld waiting\n",
            fsz_json_string(s, "name"), fsz_json_number(s, "asked"), fsz_json_number(s, "answered"),
            fsz_json_number(s, "errors"), fsz_json_number(s, "deadline"),
            fsz_json_number(s, "no_provider"), fsz_json_number(s, "overloaded"),
            fsz_json_number(s, "cancelled"), fsz_json_number(s, "in_flight"),
            fsz_json_number(s, "waiting"));
        json_array_foreach(json_object_get(s, "providers"), place, provider)
        {
            status_write_provider(provider, out);
        }
    }
    status_write_calls(json_object_get(status, "calls"), out);
}

void fsz_status_write_bindings(const json_t *status, struct fsz_buffer *out)
{
    size_t  index = 0;
    json_t *b = NULL;
    if (json_array_size(json_object_get(status, "bindings")) == 0) {
        fsz_buffer_text(out, "no bindings\n");
    }
    json_array_foreach(json_object_get(status, "bindings"), index, b)
    {
        fsz_buffer_printf(
            out,
            "%s (service %s)\n"
            "  %lld lookups: %lld found, %lld not found, %lld failed; %lld from the cache, %lld "
            "stale, %lld coalesced; p50 %lld, p90 %lld, p99 %lld, max %lld µs\n",
            fsz_json_string(b, "name"), fsz_json_string(b, "service"), fsz_json_number(b, "asked"),
            fsz_json_number(b, "found"), fsz_json_number(b, "not_found"),
            fsz_json_number(b, "failed"), fsz_json_number(b, "cache_hits"),
            fsz_json_number(b, "stale"), fsz_json_number(b, "coalesced"),
            fsz_json_number(b, "latency_us.p50"), fsz_json_number(b, "latency_us.p90"),
            fsz_json_number(b, "latency_us.p99"), fsz_json_number(b, "latency_us.max"));
    }
    fsz_buffer_printf(
        out,
        "cache    %lld of %lld entries, %lld of %lld bytes; %lld hits, %lld misses, %lld stale, "
        "%lld coalesced, %lld evicted, %lld flushed, %lld not kept\n",
        fsz_json_number(status, "cache.entries"), fsz_json_number(status, "cache.entries_max"),
        fsz_json_number(status, "cache.bytes"), fsz_json_number(status, "cache.bytes_max"),
        fsz_json_number(status, "cache.hits"), fsz_json_number(status, "cache.misses"),
        fsz_json_number(status, "cache.stale"), fsz_json_number(status, "cache.coalesced"),
        fsz_json_number(status, "cache.evicted"), fsz_json_number(status, "cache.flushed"),
        fsz_json_number(status, "cache.not_kept"));
}

void fsz_status_write_streams(const json_t *status, struct fsz_buffer *out)
{
    size_t  index = 0;
    json_t *s = NULL;
    json_array_foreach(json_object_get(status, "streams"), index, s)
    {
        fsz_buffer_printf(
            out,
            "%s (%s)\n"
            "  epoch %s, seq %lld\n"
            "  %lld subscribers, %lld connections, %lld subscriptions\n"
            "  %lld accepted, %lld handshakes failed, %lld disconnected\n"
            "  %lld events, %lld bytes out, %lld lost, %lld truncated, %lld not sent\n",
            fsz_json_string(s, "name"), fsz_json_string(s, "framing"), fsz_json_string(s, "epoch"),
            fsz_json_number(s, "seq"), fsz_json_number(s, "subscribers"),
            fsz_json_number(s, "connections"), fsz_json_number(s, "subscriptions"),
            fsz_json_number(s, "accepted"), fsz_json_number(s, "handshakes_failed"),
            fsz_json_number(s, "disconnected"), fsz_json_number(s, "events_sent"),
            fsz_json_number(s, "bytes_sent"), fsz_json_number(s, "lost"),
            fsz_json_number(s, "truncated"), fsz_json_number(s, "send_failures"));
        status_write_endpoints(s, out);
    }
}
