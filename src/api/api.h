/* api.h - the API socket: requests in over ROUTER sockets, answers out.
 *
 * Wire: docs/protocol/requests.md. One thread, the API thread, owns the sockets; what may block
 * runs on workers (workers.h). Started and reloaded by the engine, one caller at a time.
 * ARCHITECTURE.md, "The way of a request" */
#ifndef FSZ_API_H
#define FSZ_API_H

#include "auth/access.h"
#include "auth/audit.h"
#include "auth/policy.h"
#include "base/problems.h"
#include "config/config.h"
#include "event/event.h"
#include "host/host.h"
#include "net/change.h"
#include "net/client_events.h"
#include "net/connections.h"
#include "service/service_client.h"

#include <jansson.h>
#include <stdbool.h>

struct fsz_api;

/* What methods server.* ask of the engine, on a worker. NULL, and FSZ_ECLOSED: not now. */
struct fsz_api_server {
    json_t *(*stats)(void *self);                                              /* a new object */
    json_t *(*clients)(void *self, const struct fsz_connections_query *query); /* likewise */
    fsz_err (*kick)(void *self, uint64_t id);                                  /* FSZ_ENOTFOUND */
    void *self;
};

/* What the API socket stands on; all stay the caller's and outlive it. */
struct fsz_api_base {
    void                     *context; /* libzmq's */
    struct fsz_access        *access;  /* or NULL: everyone is admitted */
    const struct fsz_host    *host;
    struct fsz_audit         *audit;
    struct fsz_client_events *client_events; /* or NULL */
    /* How many wait for an event (the end of an application), so that with none an event costs one
     * atomic read. */
    _Atomic uint32_t *watched;
    fsz_err (*offer)(void *self, const struct fsz_event *event); /* news of services' providers */
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
/* Wakes who waits at the desk, refuses new requests, waits for running commands up to the
 * configuration's linger, answers the rest. False: a command still runs, and the code must stay in
 * memory. Nobody may be in fsz_api_see() any more. Accepts NULL in *api. */
bool fsz_api_free(struct fsz_api **api);

/* Where switch threads ask services: a new reference. Any thread. */
struct fsz_service_client *fsz_api_service_client(struct fsz_api *api);

/* Every call that is held is given back to its dialplan, and none is taken any more. Any thread. */
void fsz_api_close_calls(struct fsz_api *api);

/* An event of the switch, for those who wait. Any thread; never blocks for long. */
void fsz_api_see(struct fsz_api *api, const struct fsz_event *event);

/* Takes one piece of the connections of channels and of services' endpoints; true: all are taken.
 * For who has control of the engine. */
bool fsz_api_list(struct fsz_api *api, struct fsz_connections *connections);
/* Has the connection of that id end; false: none of these has it. Likewise. */
bool fsz_api_kick(struct fsz_api *api, uint64_t id);

/* Endpoints, clients, requests, workers, jobs: for the status. A new object. */
json_t *fsz_api_status(struct fsz_api *api);
/* Calls that are held, and what became of those that were, likewise. */
json_t *fsz_api_calls_status(struct fsz_api *api);
/* Services and their providers, likewise: a new array. */
json_t *fsz_api_services_status(struct fsz_api *api);

#endif
