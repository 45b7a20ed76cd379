/* SPDX-License-Identifier: MPL-2.0 */
#include "service/services.h"

#include "base/clock.h"
#include "base/container_of.h"
#include "base/ratelimit.h"
#include "rpc/rpc.h"
#include "service/direct_send.h"

#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <utlist.h>

enum {
    SERVICES_BATCH = 64,      /* messages of one endpoint before the next one's */
    SERVICES_DEPTH = 32,      /* of nested objects and arrays in a reply */
    SERVICES_RENEW_PARTS = 8, /* checks of controllers within a lease */
};

fsz_err fsz_services_new(const struct fsz_services_base *base,
                         const struct fsz_host_identity *identity, const struct fsz_policy *policy,
                         struct fsz_services **ret_services)
{
    struct fsz_services *services = calloc(1, sizeof(*services));
    if (services == NULL) {
        return FSZ_ENOMEM;
    }
    services->base = *base;
    services->identity = *identity;
    services->policy = policy;
    services->next_probe_ms = services->next_renew_ms = INT64_MAX;
    services->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (services->epoll_fd < 0) {
        free(services);
        return FSZ_ESYSTEM;
    }
    *ret_services = services;
    return FSZ_OK;
}

void fsz_services_free(struct fsz_services **services)
{
    struct fsz_services *s = *services;
    *services = NULL;
    if (s == NULL) {
        return;
    }
    for (size_t i = 0; i < s->count; i++) {
        fsz_service_free(&s->list[i], FSZ_ECLOSED, fsz_err_text(FSZ_ECLOSED));
    }
    fsz_heap_fini(&s->timers);
    close(s->epoll_fd);
    fsz_config_free(&s->config);
    free(s);
}

struct fsz_service *fsz_services_find(const struct fsz_services *services, const char *name)
{
    for (size_t i = 0; i < services->count; i++) {
        if (strcmp(services->list[i]->name, name) == 0) {
            return services->list[i];
        }
    }
    return NULL;
}

/* The request was sent for a service that is gone. It must not open an endpoint as a service: this
 * may run inside catch_up(), where no provider may be freed to make room. */
static void services_disown(const struct fsz_services  *services,
                            struct fsz_service_request *request)
{
    if (request->call != NULL) {
        services->base.calls->offered(request->call, request->sent.client);
        fsz_direct_settle(request);
    }
}

void fsz_services_ask(struct fsz_services *services, struct fsz_service_request *request)
{
    struct fsz_service *service = fsz_services_find(services, request->service_name);
    if (service != NULL && request->sent.id != 0 && fsz_service_adopt(service, request)) {
        return;
    }
    if (request->sent.id != 0) {
        services_disown(services, request);
    } else if (service == NULL && request->call != NULL) {
        service = fsz_services_literal(services, request->service_name);
    }
    if (service != NULL) {
        fsz_service_ask(service, request);
        return;
    }
    snprintf(request->reply.why, sizeof(request->reply.why), "no such service");
    fsz_service_request_end(request, FSZ_ENOTFOUND);
    fsz_service_request_unref(&request);
}

/* ---- endpoints ------------------------------------------------------------------------------- */

/* Is every part a valid request? An endpoint could not make sense of an error reply to an invalid
 * one. */
static bool message_is_request(const struct fsz_rpc_message *message)
{
    for (size_t i = 0; i < message->count; i++) {
        if (message->requests[i].error != NULL) {
            return false;
        }
    }
    return true;
}

/* A reply, or a request of the endpoint, which is handled as any client's. */
static void endpoint_message(struct fsz_provider *provider, const void *bytes, size_t size)
{
    const struct fsz_services_base *base = &provider->service->services->base;
    const struct fsz_rpc_limits limits = {.bytes = (size_t)provider->service->config->reply_bytes,
                                          .depth = SERVICES_DEPTH,
                                          .batch = 1};
    struct fsz_rpc_message      message;
    base->catch_up(base->request_self);
    if (fsz_rpc_read(bytes, size, &limits, &message) != FSZ_OK) {
        return; /* out of memory: as if the message were lost */
    }
    if (message.count == 1 && message.requests[0].response != NULL) {
        fsz_service_answer(provider, message.requests[0].response);
    } else if (!message_is_request(&message)) {
        fsz_service_complain_of(provider, message.requests[0].error);
    } else {
        base->request(base->request_self, provider->linked, bytes, size);
    }
    fsz_rpc_message_fini(&message);
}

static void endpoint_up(struct fsz_provider *provider)
{
    fsz_service_provider_up(provider, "it is connected");
}

static void endpoint_down(struct fsz_provider *provider)
{
    struct fsz_service *service = provider->service;
    service->services->base.catch_up(service->services->base.request_self);
    fsz_service_provider_down(provider, "its connection ended");
    fsz_service_give_up(service);
}

static const struct fsz_provider_handler endpoint_handler = {.up = endpoint_up,
                                                             .down = endpoint_down,
                                                             .message = endpoint_message,
                                                             .bad = fsz_service_complain};

fsz_err fsz_services_connect(struct fsz_services *services, const struct fsz_config *whole,
                             const struct fsz_service_config *config, const char *address,
                             struct fsz_provider **ret_provider, char why[FSZ_REPLY_WHY_BYTES])
{
    const struct fsz_provider_base base = {.loop = services->base.loop,
                                           .context = services->base.context,
                                           .whole = services->base.whole,
                                           .host = services->base.host,
                                           .handler = &endpoint_handler,
                                           .client_events = services->base.client_events};
    return fsz_provider_connect(&base, whole, config, address, ret_provider, why);
}

static bool provider_is_local(const struct fsz_provider *provider)
{
    return provider->socket != NULL && !provider->staged;
}

size_t fsz_services_read(struct fsz_services *services)
{
    size_t  count = 0;
    int64_t now_ms = fsz_clock_monotonic_ms();
    for (size_t i = 0; i < services->count; i++) {
        struct fsz_provider *provider = NULL;
        DL_FOREACH(services->list[i]->providers, provider)
        {
            if (provider_is_local(provider)) {
                count += fsz_provider_read_local(provider, SERVICES_BATCH, now_ms);
            }
        }
    }
    return count;
}

bool fsz_services_pending(const struct fsz_services *services)
{
    for (size_t i = 0; i < services->count; i++) {
        const struct fsz_provider *provider = NULL;
        DL_FOREACH(services->list[i]->providers, provider)
        {
            if (provider_is_local(provider) && fsz_provider_is_pending(provider)) {
                return true;
            }
        }
    }
    return services->has_done;
}

/* ---- time ------------------------------------------------------------------------------------ */

static struct fsz_service_request *services_first_due(const struct fsz_services *services,
                                                      int64_t                    now_ms)
{
    struct fsz_timer *timer = fsz_heap_first(&services->timers);
    return timer == NULL || timer->due_ns > (uint64_t)now_ms * 1000000
               ? NULL
               : FSZ_CONTAINER_OF(timer, struct fsz_service_request, timer);
}

/* Logs suppressed states that are due. */
static void services_tell_owed(struct fsz_services *services, int64_t now_ms)
{
    for (size_t i = 0; i < services->count; i++) {
        struct fsz_provider *provider = NULL;
        DL_FOREACH(services->list[i]->providers, provider)
        {
            fsz_services_tell_owed(provider, now_ms);
        }
    }
}

static void services_renew(struct fsz_services *services, int64_t now_ms)
{
    if (now_ms < services->next_renew_ms) {
        return;
    }
    services->next_renew_ms = INT64_MAX;
    for (size_t i = 0; i < services->count; i++) {
        struct fsz_service *service = services->list[i];
        int64_t             next_ms = now_ms + service->config->lease_ms / SERVICES_RENEW_PARTS;
        if (service->direct.controlled > 0) {
            fsz_service_renew(service, now_ms);
            services->next_renew_ms =
                next_ms < services->next_renew_ms ? next_ms : services->next_renew_ms;
        } else {
            service->renewed_ms = 0;
        }
    }
}

void fsz_services_keep_time(struct fsz_services *services, int64_t now_ms)
{
    struct fsz_service_request *request = NULL;
    while ((request = services_first_due(services, now_ms)) != NULL) {
        fsz_service_expire(request->service, request);
    }
    if (now_ms >= services->next_probe_ms) {
        services->next_probe_ms = INT64_MAX;
        for (size_t i = 0; i < services->count; i++) {
            int64_t next_ms = fsz_service_probe(services->list[i], now_ms);
            services->next_probe_ms =
                next_ms < services->next_probe_ms ? next_ms : services->next_probe_ms;
        }
    }
    services_renew(services, now_ms);
    services_tell_owed(services, now_ms);
}

int64_t fsz_services_next_ms(const struct fsz_services *services)
{
    const struct fsz_timer *timer = fsz_heap_first(&services->timers);
    int64_t next_ms = services->next_probe_ms < services->next_renew_ms ? services->next_probe_ms
                                                                        : services->next_renew_ms;
    if (timer != NULL && (int64_t)(timer->due_ns / 1000000) < next_ms) {
        next_ms = (int64_t)(timer->due_ns / 1000000);
    }
    for (size_t i = 0; i < services->count; i++) {
        const struct fsz_provider *provider = NULL;
        DL_FOREACH(services->list[i]->providers, provider)
        {
            int64_t again_ms = provider->again_ms > 0 ? provider->again_ms : INT64_MAX;
            int64_t news_ms = fsz_ratelimit_due_ms(&provider->news);
            next_ms = again_ms < next_ms ? again_ms : next_ms;
            next_ms = news_ms < next_ms ? news_ms : next_ms;
        }
    }
    return next_ms;
}
