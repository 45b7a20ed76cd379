/* SPDX-License-Identifier: MPL-2.0 */
/* api.h - the API: requests arrive on ROUTER sockets, replies leave on them.
 *
 * Wire: docs/protocol/requests.md. One thread, the API thread, owns the sockets; whatever may block
 * runs on workers (workers.h). The engine starts and reloads it, one caller at a time. */
#ifndef FSZ_API_H
#define FSZ_API_H

#include "auth/access.h"
#include "auth/audit.h"
#include "event/event.h"
#include "host/host.h"
#include "net/change.h"
#include "net/client_events.h"
#include "net/connections.h"
#include "service/service_client.h"

#include <jansson.h>
#include <stdbool.h>

struct fsz_api;

/* What the methods server.* and client.kick call in the engine, on a worker. NULL or FSZ_ECLOSED:
 * the engine is starting or stopping. */
struct fsz_api_server {
    json_t *(*stats)(void *self);                                              /* a new object */
    json_t *(*clients)(void *self, const struct fsz_connections_query *query); /* a new object */
    fsz_err (*kick)(void *self, uint64_t id);                                  /* FSZ_ENOTFOUND */
    void *self;
};

/* What the API uses. All of it belongs to the caller and outlives the API. */
struct fsz_api_base {
    void                     *context; /* libzmq's */
    struct fsz_access        *access;  /* or NULL: everyone is admitted */
    const struct fsz_host    *host;
    struct fsz_audit         *audit;
    struct fsz_client_events *client_events; /* or NULL */
    /* How many requests and calls wait for events. While it is 0, an event costs one atomic read.
     */
    _Atomic uint32_t *watched;
    fsz_err (*offer)(void *self, const struct fsz_event *event); /* events about providers */
    void                 *offer_self;
    struct fsz_api_server server;
};

/* Starts the API thread and makes the change, a start, which opens the API sockets and connects
 * services. FSZ_ENOMEM, FSZ_ESYSTEM. */
FSZ_NODISCARD fsz_err fsz_api_new(const struct fsz_api_base *base, struct fsz_change *change,
                                  struct fsz_api **ret_api);
/* What API sockets and services do for a change of configuration. Each step waits for the API
 * thread. Clients of endpoints that did not change stay; those whose user is gone are disconnected.
 */
struct fsz_change_part fsz_api_part(struct fsz_api *api);
/* Wakes threads that wait for a service, refuses new requests, waits for running commands up to the
 * configuration's linger, and replies to the rest. False: a command still runs, and the code must
 * stay in memory. No thread may be in fsz_api_see() any more. Accepts NULL in *api. */
bool fsz_api_free(struct fsz_api **api);

/* The service client, for switch threads: a new reference. Any thread. */
struct fsz_service_client *fsz_api_service_client(struct fsz_api *api);

/* Gives every controlled call back to its dialplan, and accepts no more calls. Any thread. */
void fsz_api_close_calls(struct fsz_api *api);

/* Shows an event to the requests and calls that wait for events. Any thread; never blocks for long.
 */
void fsz_api_see(struct fsz_api *api, const struct fsz_event *event);

/* Lists one piece of the connections of API sockets and of services' endpoints; true: the list is
 * complete. Under the engine's lifecycle lock. */
bool fsz_api_list(struct fsz_api *api, struct fsz_connections *connections);
/* Ends the connection with that id; false: there is none here. Under the engine's lifecycle lock.
 */
bool fsz_api_kick(struct fsz_api *api, uint64_t id);

/* Endpoints, clients, requests, workers and jobs: a new object for the status. */
json_t *fsz_api_status(struct fsz_api *api);
/* Controlled calls, and how control of others ended: a new object. */
json_t *fsz_api_calls_status(struct fsz_api *api);
/* Services and their providers: a new array. */
json_t *fsz_api_services_status(struct fsz_api *api);

#endif
