/* SPDX-License-Identifier: MPL-2.0 */
/* The API's part of the status. Members: docs/operations.md. */
#include "api/api_private.h"
#include "counters/counters.h"
#include "net/net_status.h"

static const struct fsz_counter socket_counters[] = {
#define FSZ_COUNTERS_SOCKET(member, unit, meaning)                                                 \
    FSZ_COUNTER(struct fsz_rpc_socket_counters, member),
#include "counters/counters.def"
};

static json_t *status_socket(const struct fsz_rpc_socket *api_socket)
{
    json_t *status = json_pack("{ss so sI sI}", "name", api_socket->name, "endpoints",
                               fsz_status_endpoints(&api_socket->endpoints), "clients",
                               (json_int_t)fsz_rpc_socket_clients(api_socket), "bytes_held",
                               (json_int_t)fsz_account_bytes(api_socket->account));
    FSZ_COUNTERS_WRITE(status, socket_counters, &api_socket->counters);
    fsz_status_wire(status, api_socket->wire);
    return status;
}

static const struct fsz_counter worker_counters[] = {
#define FSZ_COUNTERS_WORKERS(member, unit, meaning)                                                \
    FSZ_COUNTER(struct fsz_workers_counters, member),
#include "counters/counters.def"
};

static json_t *status_workers(struct fsz_workers *workers)
{
    struct fsz_workers_counters counters = fsz_workers_counters(workers);
    return FSZ_COUNTERS_JSON(worker_counters, &counters);
}

static const struct fsz_counter job_counters[] = {
#define FSZ_COUNTERS_JOBS(member, unit, meaning) FSZ_COUNTER(struct fsz_jobs_counters, member),
#include "counters/counters.def"
};

static json_t *status_jobs(struct fsz_jobs *jobs)
{
    struct fsz_jobs_counters counters = fsz_jobs_counters(jobs);
    return FSZ_COUNTERS_JSON(job_counters, &counters);
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
        json_array_append_new(api_sockets, status_socket(api->api_sockets[i]));
    }
    *status = json_pack("{so so so sI}", "sockets", api_sockets, "requests", status_requests(api),
                        "jobs", status_jobs(api->jobs), "cut", (json_int_t)api->counters.cut);
    if (!api->closing) {
        json_object_set_new(*status, "workers", status_workers(api->workers));
        json_object_set_new(*status, "background", status_workers(api->background));
    }
}
