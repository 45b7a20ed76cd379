/* What the API socket tells of itself. Members: docs/operations.md. */
#include "api/api_private.h"
#include "net/net_status.h"

static json_t *status_api_socket(const struct fsz_rpc_socket *api_socket)
{
    const struct fsz_rpc_socket_counters *c = &api_socket->counters;
    json_t                               *status = json_pack(
                                      "{ss so sI sI sI sI sI sI sI sI sI sI sI}", "name", api_socket->name, "endpoints",
                                      fsz_status_endpoints(&api_socket->endpoints), "clients",
                                      (json_int_t)fsz_rpc_socket_clients(api_socket), "bytes_held",
                                      (json_int_t)fsz_account_bytes(api_socket->account), "messages", (json_int_t)c->messages,
                                      "bytes_in", (json_int_t)c->bytes_in, "messages_dropped", (json_int_t)c->messages_dropped,
                                      "probes", (json_int_t)c->probes, "frames_bad", (json_int_t)c->frames_bad, "answers",
                                      (json_int_t)c->answers, "bytes_out", (json_int_t)c->bytes_out, "answers_lost",
                                      (json_int_t)c->answers_lost, "answers_dropped", (json_int_t)c->answers_dropped);
    fsz_status_wire(status, api_socket->wire);
    return status;
}

static json_t *status_workers(struct fsz_workers *workers)
{
    struct fsz_workers_counters c = fsz_workers_counters(workers);
    return json_pack("{sI sI sI sI sI sI sI sI sI}", "run", (json_int_t)c.run, "refused_queue",
                     (json_int_t)c.refused_queue, "refused_share", (json_int_t)c.refused_share,
                     "given_up", (json_int_t)c.given_up, "threads", (json_int_t)c.threads, "busy",
                     (json_int_t)c.busy, "stuck", (json_int_t)c.stuck, "waiting",
                     (json_int_t)c.waiting, "waiting_peak", (json_int_t)c.waiting_peak);
}

static json_t *status_jobs(struct fsz_jobs *jobs)
{
    struct fsz_jobs_counters c = fsz_jobs_counters(jobs);
    return json_pack("{sI sI sI sI sI sI sI}", "begun", (json_int_t)c.begun, "finished",
                     (json_int_t)c.finished, "refused", (json_int_t)c.refused, "dropped",
                     (json_int_t)c.dropped, "kept", (json_int_t)c.kept, "running",
                     (json_int_t)c.running, "bytes", (json_int_t)c.bytes);
}

static json_t *status_requests(const struct fsz_api *api)
{
    const struct fsz_api_counters *c = &api->counters;
    json_t                        *requests =
        json_pack("{sI sI sI sI sI}", "messages", (json_int_t)c->messages, "batches",
                  (json_int_t)c->batches, "in_flight", (json_int_t)api->in_flight, "late",
                  (json_int_t)c->late, "held_bytes", (json_int_t)fsz_account_bytes(api->whole));
    for (int outcome = 0; outcome < FSZ_OUTCOMES; outcome++) {
        json_object_set_new(requests, fsz_outcome_names[outcome],
                            json_integer((json_int_t)c->requests[outcome]));
    }
    return requests;
}

void fsz_api_write_status(struct fsz_api *api, void *ret_status)
{
    json_t *api_sockets = json_array(), **status = (json_t **)ret_status;
    for (size_t i = 0; i < api->api_socket_count; i++) {
        json_array_append_new(api_sockets, status_api_socket(api->api_sockets[i]));
    }
    *status = json_pack("{so so so sI}", "sockets", api_sockets, "requests", status_requests(api),
                        "jobs", status_jobs(api->jobs), "cut", (json_int_t)api->counters.cut);
    if (!api->closing) {
        json_object_set_new(*status, "workers", status_workers(api->workers));
        json_object_set_new(*status, "background", status_workers(api->background));
    }
}
