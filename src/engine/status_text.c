/* A status as text for people: `zmq status`, `zmq streams` and `zmq api`. */
#include "engine/status.h"

#include <string.h>

static long long status_number(const json_t *object, const char *path)
{
    char        name[64];
    const char *dot = strchr(path, '.');
    if (dot == NULL) {
        return json_integer_value(json_object_get(object, path));
    }
    size_t length = (size_t)(dot - path);
    if (length >= sizeof(name)) {
        return 0;
    }
    memcpy(name, path, length);
    name[length] = '\0';
    return status_number(json_object_get(object, name), dot + 1);
}

static const char *status_string(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static void status_write_uptime(const json_t *status, struct fsz_buffer *out)
{
    long long s = status_number(status, "uptime_ms") / 1000;
    fsz_buffer_printf(out,
                      "event_zmq %s on %s, up %lldd %02lld:%02lld:%02lld, reloaded %lld times\n",
                      status_string(status, "version"), status_string(status, "host"), s / 86400,
                      s / 3600 % 24, s / 60 % 60, s % 60, status_number(status, "reloads"));
}

/* What is wrong with the configuration, or with the one that did not come into use. */
static void status_write_configuration(const json_t *status, struct fsz_buffer *out)
{
    const json_t *refused = json_object_get(status, "reload_refused");
    json_t       *warning = NULL;
    size_t        index = 0;
    if (json_is_object(refused)) {
        fsz_buffer_printf(out,
                          "reload   REFUSED %lld s ago, the configuration before it is in use; "
                          "%lld mistakes, the first: %s\n",
                          status_number(refused, "ago_ms") / 1000,
                          status_number(refused, "mistakes"), status_string(refused, "first"));
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
        fsz_buffer_printf(out, "  %s %s %s %s\n", status_string(e, "mode"),
                          status_string(e, "address"),
                          open ? "as" : "NOT OPEN:", status_string(e, open ? "bound" : "why"));
    }
}

static void status_write_requests(const json_t *status, struct fsz_buffer *out)
{
    fsz_buffer_printf(
        out,
        "requests %lld ok, %lld failed, %lld invalid, %lld refused, %lld overloaded, %lld past "
        "their deadline, %lld in flight\n",
        status_number(status, "api.requests.ok"), status_number(status, "api.requests.failed"),
        status_number(status, "api.requests.invalid"),
        status_number(status, "api.requests.refused"),
        status_number(status, "api.requests.overloaded"),
        status_number(status, "api.requests.deadline"),
        status_number(status, "api.requests.in_flight"));
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
            status_string(api_socket, "name"), status_number(api_socket, "clients"),
            status_number(api_socket, "messages"), status_number(api_socket, "answers"),
            status_number(api_socket, "answers_lost"), status_number(api_socket, "answers_dropped"),
            status_number(api_socket, "bytes_held"));
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
        "events   %lld offered, %lld unwanted, %lld written, %lld lost for want of memory\n"
        "queue    %lld of %lld events (peak %lld), %lld of %lld bytes (peak %lld)\n"
        "refused  %lld low, %lld normal, %lld high\n"
        "access   %lld admitted, %lld refused\n"
        "clients  %lld events fired, %lld suppressed, %lld lost\n",
        status_number(status, "events.offered"), status_number(status, "events.unwanted"),
        status_number(status, "events.encoded"), status_number(status, "events.failed"),
        status_number(status, "queue.events"), status_number(status, "queue.events_max"),
        status_number(status, "queue.events_peak"), status_number(status, "queue.bytes"),
        status_number(status, "queue.bytes_max"), status_number(status, "queue.bytes_peak"),
        status_number(status, "queue.refused.low"), status_number(status, "queue.refused.normal"),
        status_number(status, "queue.refused.high"), status_number(status, "access.admitted"),
        status_number(status, "access.refused"), status_number(status, "client_events.fired"),
        status_number(status, "client_events.suppressed"),
        status_number(status, "client_events.overflowed") +
            status_number(status, "client_events.refused"));
    status_write_requests(status, out);
    json_array_foreach(json_object_get(status, "streams"), index, stream)
    {
        fsz_buffer_printf(out, "stream   %s (%s): %lld subscribers, %lld events, %lld bytes out\n",
                          status_string(stream, "name"), status_string(stream, "framing"),
                          status_number(stream, "subscribers"),
                          status_number(stream, "events_sent"),
                          status_number(stream, "bytes_sent"));
        status_write_endpoints(stream, out);
    }
    status_write_api_sockets(status, out);
}

static void status_write_pool(const json_t *pool, const char *name, struct fsz_buffer *out)
{
    fsz_buffer_printf(out,
                      "%s %lld threads, %lld busy, %lld stuck, %lld waiting (peak %lld), %lld run, "
                      "%lld given up, refused %lld by queue, %lld by share\n",
                      name, status_number(pool, "threads"), status_number(pool, "busy"),
                      status_number(pool, "stuck"), status_number(pool, "waiting"),
                      status_number(pool, "waiting_peak"), status_number(pool, "run"),
                      status_number(pool, "given_up"), status_number(pool, "refused_queue"),
                      status_number(pool, "refused_share"));
}

void fsz_status_write_api(const json_t *status, struct fsz_buffer *out)
{
    const json_t *api = json_object_get(status, "api");
    status_write_requests(status, out);
    status_write_pool(json_object_get(api, "workers"), "workers ", out);
    status_write_pool(json_object_get(api, "background"), "jobs    ", out);
    fsz_buffer_printf(out,
                      "results  %lld kept, %lld bytes, %lld running, %lld refused, %lld dropped\n"
                      "audit    %lld commands, %lld refusals, %lld suppressed\n",
                      status_number(api, "jobs.kept"), status_number(api, "jobs.bytes"),
                      status_number(api, "jobs.running"), status_number(api, "jobs.refused"),
                      status_number(api, "jobs.dropped"), status_number(status, "audit.commands"),
                      status_number(status, "audit.refusals"),
                      status_number(status, "audit.suppressed"));
    status_write_api_sockets(status, out);
}

static void status_write_provider(const json_t *p, struct fsz_buffer *out)
{
    fsz_buffer_printf(
        out,
        "  %s is %s%s: %lld of %lld in flight, %lld asked, %lld answered (%lld errors), "
        "%lld missed, %lld late, %lld bad, ejected %lld times; p50 %lld, p99 %lld µs\n",
        status_string(p, "name"), status_string(p, "state"),
        json_is_false(json_object_get(p, "was_connected")) ? ", never connected" : "",
        status_number(p, "in_flight"), status_number(p, "capacity"), status_number(p, "asked"),
        status_number(p, "answered"), status_number(p, "errors"), status_number(p, "missed"),
        status_number(p, "late"), status_number(p, "bad"), status_number(p, "ejections"),
        status_number(p, "latency_us.p50"), status_number(p, "latency_us.p99"));
}

static void status_write_calls(const json_t *calls, struct fsz_buffer *out)
{
    if (calls != NULL) {
        fsz_buffer_printf(
            out,
            "calls    %lld controlled; %lld accepted, %lld released, %lld handed over, %lld "
            "lost, %lld hung up, %lld gone elsewhere, %lld closed; %lld answers refused, "
            "%lld commands fenced, %lld events\n",
            status_number(calls, "controlled"), status_number(calls, "accepted"),
            status_number(calls, "released"), status_number(calls, "handed_over"),
            status_number(calls, "lost"), status_number(calls, "hangup"),
            status_number(calls, "elsewhere"), status_number(calls, "closed"),
            status_number(calls, "refused"), status_number(calls, "fenced"),
            status_number(calls, "events"));
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
            "  %lld asked, %lld answered, %lld errors, %lld past their deadline, %lld "
            "with no provider, %lld refused, %lld cancelled; %lld in flight, %lld waiting\n",
            status_string(s, "name"), status_number(s, "asked"), status_number(s, "answered"),
            status_number(s, "errors"), status_number(s, "deadline"),
            status_number(s, "no_provider"), status_number(s, "overloaded"),
            status_number(s, "cancelled"), status_number(s, "in_flight"),
            status_number(s, "waiting"));
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
            "  %lld asked: %lld found, %lld not found, %lld failed; %lld from the cache, %lld "
            "stale, %lld coalesced; p50 %lld, p90 %lld, p99 %lld, max %lld µs\n",
            status_string(b, "name"), status_string(b, "service"), status_number(b, "asked"),
            status_number(b, "found"), status_number(b, "not_found"), status_number(b, "failed"),
            status_number(b, "cache_hits"), status_number(b, "stale"),
            status_number(b, "coalesced"), status_number(b, "latency_us.p50"),
            status_number(b, "latency_us.p90"), status_number(b, "latency_us.p99"),
            status_number(b, "latency_us.max"));
    }
    fsz_buffer_printf(
        out,
        "cache    %lld of %lld entries, %lld of %lld bytes; %lld hits, %lld misses, %lld stale, "
        "%lld coalesced, %lld evicted, %lld flushed, %lld not kept\n",
        status_number(status, "cache.entries"), status_number(status, "cache.entries_max"),
        status_number(status, "cache.bytes"), status_number(status, "cache.bytes_max"),
        status_number(status, "cache.hits"), status_number(status, "cache.misses"),
        status_number(status, "cache.stale"), status_number(status, "cache.coalesced"),
        status_number(status, "cache.evicted"), status_number(status, "cache.flushed"),
        status_number(status, "cache.not_kept"));
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
            status_string(s, "name"), status_string(s, "framing"), status_string(s, "epoch"),
            status_number(s, "seq"), status_number(s, "subscribers"),
            status_number(s, "connections"), status_number(s, "subscriptions"),
            status_number(s, "accepted"), status_number(s, "handshakes_failed"),
            status_number(s, "disconnected"), status_number(s, "events_sent"),
            status_number(s, "bytes_sent"), status_number(s, "lost"), status_number(s, "truncated"),
            status_number(s, "send_failures"));
        status_write_endpoints(s, out);
    }
}
