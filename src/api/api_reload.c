/* A change of configuration, on the API thread: first everything that can fail, then the swap. */
#include "api/api_private.h"
#include "net/announce.h"

#include <stdio.h>
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

static struct fsz_channel *change_find(const struct fsz_api *api, const char *name)
{
    for (size_t i = 0; i < api->channel_count; i++) {
        if (strcmp(api->channels[i]->name, name) == 0) {
            return api->channels[i];
        }
    }
    return NULL;
}

static void change_complain(const struct fsz_api *api, const struct api_change *change,
                            const char *owner, const char *what, const char *why)
{
    if (change->problems != NULL) {
        fsz_problems_add(change->problems, "%s: %s: %s", owner, what, why);
    } else {
        fsz_api_log(api, FSZ_LOG_ERROR, "%s: %s: %s", owner, what, why);
    }
}

static fsz_err change_open_endpoint(const struct fsz_api *api, const struct api_change *change,
                                    struct fsz_channel *channel, const struct fsz_endpoint *wanted,
                                    bool ipv6)
{
    struct fsz_endpoint_state *state = NULL;
    if (fsz_endpoints_find(&channel->endpoints, wanted->address, wanted->connect) != NULL) {
        return FSZ_OK;
    }
    if (fsz_leaving_blocks(change->leaving, wanted, ipv6)) {
        return fsz_endpoints_defer(&channel->endpoints, wanted);
    }
    fsz_err err = fsz_endpoints_open(&channel->endpoints, wanted, true, &state);
    if (err == FSZ_ESYSTEM) {
        char what[FSZ_ENDPOINT_WHY_BYTES];
        snprintf(what, sizeof(what), "cannot %s %s", wanted->connect ? "connect to" : "bind",
                 wanted->address);
        change_complain(api, change, channel->endpoints.owner, what, state->why);
        return change->problems ? FSZ_EINVALID : FSZ_OK;
    }
    return err;
}

static fsz_err change_create(struct fsz_api *api, struct fsz_config *whole,
                             const struct fsz_channel_config *config,
                             struct fsz_channel             **ret_channel)
{
    const struct fsz_channel_base base = {.loop = api->loop,
                                          .context = api->base.context,
                                          .access = api->base.access,
                                          .host = api->base.host,
                                          .whole = api->whole,
                                          .client_events = api->base.client_events,
                                          .take = fsz_api_take,
                                          .left = fsz_api_left,
                                          .self = api};
    return fsz_channel_new(&base, whole, config, ret_channel);
}

static fsz_err change_stage(struct fsz_api *api, const struct api_change *change, size_t index)
{
    const struct fsz_channel_config *config = &change->config->channels[index];
    struct fsz_channel              *channel = change_find(api, config->name);
    fsz_err                          result = FSZ_OK;
    if (channel == NULL) {
        result = change_create(api, change->config, config, &channel);
    }
    if (result != FSZ_OK) {
        change_complain(api, change, config->socket.owner, "cannot be set up",
                        fsz_err_text(result));
        return result;
    }
    api->next_channels[index] = channel;
    fsz_channel_prepare(channel, config);
    for (size_t i = 0; i < config->socket.endpoint_count; i++) {
        fsz_err err = change_open_endpoint(api, change, channel, &config->socket.endpoints[i],
                                           config->socket.ipv6);
        result = err != FSZ_OK ? err : result;
    }
    return result;
}

static const struct fsz_channel_config *change_config(const struct fsz_config *config,
                                                      const char              *name)
{
    for (size_t i = 0; i < config->channel_count; i++) {
        if (strcmp(config->channels[i].name, name) == 0) {
            return &config->channels[i];
        }
    }
    return NULL;
}

void fsz_api_change_depart(struct fsz_api *api, void *argument)
{
    struct api_departure *departure = argument;
    fsz_err               err = FSZ_OK;
    for (size_t i = 0; err == FSZ_OK && i < api->channel_count; i++) {
        const struct fsz_channel        *channel = api->channels[i];
        const struct fsz_channel_config *next = change_config(departure->config, channel->name);
        err = fsz_leaving_add(departure->leaving, &channel->endpoints, channel->config->socket.ipv6,
                              next != NULL ? &next->socket : NULL);
    }
    departure->result = err;
}

void fsz_api_change_prepare(struct fsz_api *api, void *argument)
{
    struct api_change *change = argument;
    fsz_err            result = FSZ_OK;
    api->next_config = fsz_config_ref(change->config);
    for (size_t i = 0; i < change->config->channel_count; i++) {
        fsz_err err = change_stage(api, change, i);
        result = err != FSZ_OK ? err : result;
    }
    if (result == FSZ_OK) {
        result = fsz_services_prepare(api->services, change->config, change->problems);
    }
    change->result = result;
    if (result != FSZ_OK) {
        fsz_api_change_cancel(api, NULL);
    }
}

void fsz_api_change_cancel(struct fsz_api *api, void *unused)
{
    (void)unused;
    for (size_t i = 0; i < FSZ_CHANNELS_MAX; i++) {
        struct fsz_channel *channel = api->next_channels[i];
        api->next_channels[i] = NULL;
        if (channel != NULL && change_find(api, channel->name) == channel) {
            fsz_endpoints_discard(&channel->endpoints);
            fsz_channel_prepare(channel, channel->config);
        } else {
            fsz_api_close_channel(api, &channel, 0);
        }
    }
    fsz_services_cancel(api->services);
    fsz_config_free(&api->next_config);
}

/* ---- the swap -------------------------------------------------------------------------------- */

/* The next channel of that name, or NULL. */
static struct fsz_channel *change_next(const struct fsz_api *api, const char *name)
{
    for (size_t i = 0; i < api->next_config->channel_count; i++) {
        if (strcmp(api->next_channels[i]->name, name) == 0) {
            return api->next_channels[i];
        }
    }
    return NULL;
}

static void change_close_removed(struct fsz_api *api)
{
    for (size_t i = 0; i < api->channel_count; i++) {
        struct fsz_channel *old = api->channels[i];
        struct fsz_channel *next = change_next(api, old->name);
        if (next != old) {
            fsz_api_close_channel(api, &api->channels[i], api->next_config->linger_ms);
        }
    }
}

static void change_settle(struct fsz_api *api, size_t index)
{
    struct fsz_channel              *channel = api->next_channels[index];
    const struct fsz_channel_config *config = &api->next_config->channels[index];
    fsz_endpoints_settle(&channel->endpoints, &config->socket);
    fsz_channel_configure(channel, api->next_config, config);
}

static bool change_peer_stays(const struct fsz_peer *peer, void *policy)
{
    struct fsz_principal who;
    return fsz_policy_find_peer(policy, peer, &who);
}

/* The pools are another's to close from then on. */
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

void fsz_api_change_commit(struct fsz_api *api, void *policy)
{
    change_close_removed(api);
    for (size_t i = 0; i < api->next_config->channel_count; i++) {
        change_settle(api, i);
        api->channels[i] = api->next_channels[i];
        api->next_channels[i] = NULL;
    }
    api->channel_count = api->next_config->channel_count;
    fsz_config_free(&api->config);
    api->config = api->next_config;
    api->next_config = NULL;
    fsz_policy_unref(&api->policy);
    api->policy = fsz_policy_ref(policy);
    fsz_services_commit(api->services, policy);
    change_limits(api);
    for (size_t i = 0; i < api->channel_count; i++) {
        api->counters.cut += fsz_channel_cut(api->channels[i], change_peer_stays, policy);
        fsz_announce_endpoints(api->base.host, &api->channels[i]->config->socket,
                               &api->channels[i]->endpoints);
    }
    api->next_due_ms = 0;
}
