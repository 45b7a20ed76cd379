/* SPDX-License-Identifier: MPL-2.0 */
/* A change of configuration, on the API thread (net/change.h). */
#include "api/api_private.h"
#include "net/announce.h"

#include <string.h>

struct fsz_workers_limits fsz_api_limits_of_workers(const struct fsz_config *config)
{
    return (struct fsz_workers_limits){.threads = (uint32_t)config->workers,
                                       .stuck = (uint32_t)config->workers_stuck,
                                       .queue = (uint32_t)config->worker_queue,
                                       .share = (uint32_t)config->worker_share};
}

struct fsz_jobs_limits fsz_api_limits_of_jobs(const struct fsz_config *config)
{
    return (struct fsz_jobs_limits){.keep_ms = config->jobs_keep_s * 1000,
                                    .count = config->jobs_max,
                                    .bytes = config->jobs_bytes};
}

/* ---- what can fail --------------------------------------------------------------------------- */

static struct fsz_rpc_socket *change_find(const struct fsz_api *api, const char *name)
{
    for (size_t i = 0; i < api->api_socket_count; i++) {
        if (strcmp(api->api_sockets[i]->name, name) == 0) {
            return api->api_sockets[i];
        }
    }
    return NULL;
}

static fsz_err change_create(struct fsz_api *api, struct fsz_config *whole,
                             const struct fsz_api_socket_config *config,
                             struct fsz_rpc_socket             **ret_api_socket)
{
    const struct fsz_rpc_socket_base base = {.loop = api->loop,
                                             .context = api->base.context,
                                             .access = api->base.access,
                                             .host = api->base.host,
                                             .whole = api->whole,
                                             .client_events = api->base.client_events,
                                             .take = fsz_api_take,
                                             .left = fsz_api_left,
                                             .self = api};
    return fsz_rpc_socket_new(&base, whole, config, ret_api_socket);
}

static fsz_err change_prepare_socket(struct fsz_api *api, struct fsz_change *change, size_t index)
{
    const struct fsz_api_socket_config *config = &change->config->api_sockets[index];
    struct fsz_rpc_socket              *api_socket = change_find(api, config->name);
    fsz_err                             err = FSZ_OK;
    if (api_socket == NULL) {
        err = change_create(api, change->config, config, &api_socket);
    }
    if (err != FSZ_OK) {
        fsz_change_complain(change, config->socket.owner, "cannot be set up", fsz_err_text(err));
        return err;
    }
    api->next_api_sockets[index] = api_socket;
    fsz_rpc_socket_prepare(api_socket, config);
    return fsz_change_open_endpoints(change, &api_socket->endpoints, &config->socket);
}

static const struct fsz_api_socket_config *change_config(const struct fsz_config *config,
                                                         const char              *name)
{
    for (size_t i = 0; i < config->api_socket_count; i++) {
        if (strcmp(config->api_sockets[i].name, name) == 0) {
            return &config->api_sockets[i];
        }
    }
    return NULL;
}

static void change_release(struct fsz_api *api, void *argument)
{
    struct fsz_change *change = argument;
    fsz_err            err = FSZ_OK;
    for (size_t i = 0; err == FSZ_OK && i < api->api_socket_count; i++) {
        const struct fsz_rpc_socket        *api_socket = api->api_sockets[i];
        const struct fsz_api_socket_config *next = change_config(change->config, api_socket->name);
        err =
            fsz_released_add(&change->released, &api_socket->endpoints,
                             api_socket->config->socket.ipv6, next != NULL ? &next->socket : NULL);
    }
    change->result = err;
}

static void change_cancel(struct fsz_api *api, void *unused)
{
    (void)unused;
    for (size_t i = 0; i < FSZ_API_SOCKETS_MAX; i++) {
        struct fsz_rpc_socket *api_socket = api->next_api_sockets[i];
        api->next_api_sockets[i] = NULL;
        if (api_socket != NULL && change_find(api, api_socket->name) == api_socket) {
            fsz_endpoints_discard(&api_socket->endpoints);
            fsz_rpc_socket_prepare(api_socket, api_socket->config);
        } else {
            fsz_api_close_socket(api, &api_socket, 0);
        }
    }
    fsz_services_cancel(api->services);
    fsz_config_free(&api->next_config);
}

/* All sockets are tried, so that all mistakes are reported at once. */
static void change_prepare(struct fsz_api *api, void *argument)
{
    struct fsz_change *change = argument;
    fsz_err            result = FSZ_OK;
    api->next_config = fsz_config_ref(change->config);
    for (size_t i = 0; i < change->config->api_socket_count; i++) {
        fsz_err err = change_prepare_socket(api, change, i);
        result = err != FSZ_OK ? err : result;
    }
    change->result = result != FSZ_OK ? result : fsz_services_prepare(api->services, change);
    if (change->result != FSZ_OK) {
        change_cancel(api, NULL);
    }
}

/* ---- the swap -------------------------------------------------------------------------------- */

/* The prepared API socket of that name, or NULL. */
static struct fsz_rpc_socket *change_next(const struct fsz_api *api, const char *name)
{
    for (size_t i = 0; i < api->next_config->api_socket_count; i++) {
        if (strcmp(api->next_api_sockets[i]->name, name) == 0) {
            return api->next_api_sockets[i];
        }
    }
    return NULL;
}

static void change_close_removed(struct fsz_api *api)
{
    for (size_t i = 0; i < api->api_socket_count; i++) {
        struct fsz_rpc_socket *old = api->api_sockets[i];
        struct fsz_rpc_socket *next = change_next(api, old->name);
        if (next != old) {
            fsz_api_close_socket(api, &api->api_sockets[i], api->next_config->linger_ms);
        }
    }
}

static void change_settle(struct fsz_api *api, size_t index)
{
    struct fsz_rpc_socket              *api_socket = api->next_api_sockets[index];
    const struct fsz_api_socket_config *config = &api->next_config->api_sockets[index];
    fsz_endpoints_settle(&api_socket->endpoints, &config->socket);
    fsz_rpc_socket_configure(api_socket, api->next_config, config);
}

static bool change_peer_stays(const struct fsz_peer *peer, void *policy)
{
    struct fsz_principal who;
    return fsz_policy_find_peer(policy, peer, &who);
}

/* While the API closes, the pools belong to the thread in fsz_api_free(). */
static void change_limits(struct fsz_api *api)
{
    const struct fsz_workers_limits workers = fsz_api_limits_of_workers(api->config);
    const struct fsz_jobs_limits    jobs = fsz_api_limits_of_jobs(api->config);
    if (!api->closing) {
        fsz_workers_limit(api->workers, &workers);
        fsz_workers_limit(api->background, &workers);
    }
    fsz_jobs_limit(api->jobs, &jobs);
}

static void change_commit(struct fsz_api *api, void *argument)
{
    const struct fsz_change *change = argument;
    struct fsz_policy       *policy = change->policy;
    change_close_removed(api);
    for (size_t i = 0; i < api->next_config->api_socket_count; i++) {
        change_settle(api, i);
        api->api_sockets[i] = api->next_api_sockets[i];
        api->next_api_sockets[i] = NULL;
    }
    api->api_socket_count = api->next_config->api_socket_count;
    fsz_config_free(&api->config);
    api->config = api->next_config;
    api->next_config = NULL;
    fsz_policy_unref(&api->policy);
    api->policy = fsz_policy_ref(policy);
    fsz_services_commit(api->services, policy);
    change_limits(api);
    for (size_t i = 0; i < api->api_socket_count; i++) {
        api->counters.cut += fsz_rpc_socket_cut(api->api_sockets[i], change_peer_stays, policy);
        fsz_announce_endpoints(api->base.host, &api->api_sockets[i]->config->socket,
                               &api->api_sockets[i]->endpoints);
    }
    api->next_due_ms = 0;
}

/* ---- the steps ------------------------------------------------------------------------------- */

static fsz_err part_release(void *self, struct fsz_change *change)
{
    fsz_api_ask(self, change_release, change);
    return change->result;
}

static fsz_err part_prepare(void *self, struct fsz_change *change)
{
    fsz_api_ask(self, change_prepare, change);
    return change->result;
}

static void part_commit(void *self, struct fsz_change *change)
{
    fsz_api_ask(self, change_commit, change);
}

static void part_cancel(void *self, struct fsz_change *change)
{
    fsz_api_ask(self, change_cancel, change);
}

struct fsz_change_part fsz_api_part(struct fsz_api *api)
{
    return (struct fsz_change_part){.self = api,
                                    .release = part_release,
                                    .prepare = part_prepare,
                                    .commit = part_commit,
                                    .cancel = part_cancel};
}
