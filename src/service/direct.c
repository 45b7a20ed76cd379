/* SPDX-License-Identifier: MPL-2.0 */
#include "service/direct.h"

#include "base/thread.h"

#include <string.h>
#include <utlist.h>

fsz_err fsz_direct_init(struct fsz_direct *direct)
{
    *direct = (struct fsz_direct){.services = NULL};
    return fsz_thread_init_lock(&direct->lock);
}

void fsz_direct_fini(struct fsz_direct *direct)
{
    pthread_mutex_destroy(&direct->lock);
}

uint64_t fsz_direct_next_id(struct fsz_direct *direct)
{
    return ++direct->last_id;
}

/* ---- services -------------------------------------------------------------------------------- */

void fsz_direct_add_service(struct fsz_direct *direct, struct fsz_direct_service *service,
                            const char *name)
{
    fsz_thread_lock(&direct->lock);
    service->name = name;
    service->serial = ++direct->last_serial;
    DL_APPEND(direct->services, service);
    pthread_mutex_unlock(&direct->lock);
}

void fsz_direct_limit(struct fsz_direct *direct, struct fsz_direct_service *service,
                      const struct fsz_direct_limits *limits)
{
    fsz_thread_lock(&direct->lock);
    service->limits = *limits;
    pthread_mutex_unlock(&direct->lock);
}

bool fsz_direct_retire_service(struct fsz_direct *direct, struct fsz_direct_service *service)
{
    fsz_thread_lock(&direct->lock);
    bool idle = service->open == 0 && service->controlled == 0;
    if (idle) {
        service->limits = (struct fsz_direct_limits){.requests_max = 0};
    }
    pthread_mutex_unlock(&direct->lock);
    return idle;
}

void fsz_direct_remove_service(struct fsz_direct *direct, struct fsz_direct_service *service)
{
    fsz_thread_lock(&direct->lock);
    DL_DELETE(direct->services, service);
    pthread_mutex_unlock(&direct->lock);
}

static bool service_is_full(const struct fsz_direct_service *service, size_t bytes, bool call)
{
    const struct fsz_direct_limits *limits = &service->limits;
    if (call && service->open + service->controlled >= (size_t)limits->calls_max) {
        return true;
    }
    return service->open >= (size_t)limits->requests_max ||
           service->bytes + bytes > (size_t)limits->requests_bytes;
}

static void service_open_locked(struct fsz_direct_service *service, size_t bytes)
{
    service->open++;
    service->bytes += bytes;
}

bool fsz_direct_open(struct fsz_direct *direct, struct fsz_direct_service *service, size_t bytes,
                     bool call)
{
    fsz_thread_lock(&direct->lock);
    bool full = service_is_full(service, bytes, call);
    if (!full) {
        service_open_locked(service, bytes);
    }
    pthread_mutex_unlock(&direct->lock);
    return !full;
}

void fsz_direct_close(struct fsz_direct *direct, struct fsz_direct_service *service, size_t bytes)
{
    fsz_thread_lock(&direct->lock);
    service->open--;
    service->bytes -= bytes;
    pthread_mutex_unlock(&direct->lock);
}

/* ---- providers ------------------------------------------------------------------------------- */

struct fsz_direct_view fsz_direct_view_ref(const struct fsz_direct_view *view)
{
    struct fsz_direct_view own = *view;
    own.conn = view->conn == NULL ? NULL : fsz_conn_ref(view->conn);
    own.account = view->account == NULL ? NULL : fsz_account_ref(view->account);
    own.envelope = fsz_envelope_ref(view->envelope);
    return own;
}

void fsz_direct_view_fini(struct fsz_direct_view *view)
{
    fsz_conn_unref(&view->conn);
    fsz_account_unref(&view->account);
    fsz_envelope_unref(&view->envelope);
    *view = (struct fsz_direct_view){.up = false};
}

void fsz_direct_add_provider(struct fsz_direct *direct, struct fsz_direct_service *service,
                             struct fsz_direct_provider *provider, uint64_t client)
{
    fsz_thread_lock(&direct->lock);
    provider->service = service;
    provider->serial = ++direct->last_serial;
    provider->client = client;
    DL_APPEND(service->providers, provider);
    service->count++;
    pthread_mutex_unlock(&direct->lock);
}

/* Connections are freed without the lock. */
void fsz_direct_show(struct fsz_direct *direct, struct fsz_direct_provider *provider,
                     const struct fsz_direct_view *view)
{
    struct fsz_direct_view next = fsz_direct_view_ref(view);
    fsz_thread_lock(&direct->lock);
    struct fsz_direct_view old = provider->view;
    provider->view = next;
    pthread_mutex_unlock(&direct->lock);
    fsz_direct_view_fini(&old);
}

void fsz_direct_remove_provider(struct fsz_direct *direct, struct fsz_direct_provider *provider)
{
    fsz_thread_lock(&direct->lock);
    DL_DELETE(provider->service->providers, provider);
    provider->service->count--;
    pthread_mutex_unlock(&direct->lock);
    fsz_direct_view_fini(&provider->view);
}

static void provider_claim_locked(struct fsz_direct *direct, struct fsz_direct_provider *provider)
{
    provider->load++;
    provider->turn = ++direct->turns;
}

bool fsz_direct_claim(struct fsz_direct *direct, struct fsz_direct_provider *provider, bool always)
{
    fsz_thread_lock(&direct->lock);
    bool claimed = always || fsz_direct_has_room(provider);
    if (claimed) {
        provider_claim_locked(direct, provider);
    }
    pthread_mutex_unlock(&direct->lock);
    return claimed;
}

void fsz_direct_release(struct fsz_direct *direct, struct fsz_direct_provider *provider)
{
    fsz_thread_lock(&direct->lock);
    provider->load--;
    pthread_mutex_unlock(&direct->lock);
}

void fsz_direct_count_call(struct fsz_direct *direct, struct fsz_direct_provider *provider,
                           bool controls)
{
    fsz_thread_lock(&direct->lock);
    provider->load += controls ? 1 : (size_t)-1;
    provider->service->controlled += controls ? 1 : (size_t)-1;
    pthread_mutex_unlock(&direct->lock);
}

bool fsz_direct_has_room(const struct fsz_direct_provider *provider)
{
    return provider->load < (size_t)provider->capacity;
}

bool fsz_direct_is_better(const struct fsz_direct_provider *a, const struct fsz_direct_provider *b)
{
    size_t load_a = a->load, load_b = b == NULL ? 0 : b->load;
    return b == NULL || load_a < load_b || (load_a == load_b && a->turn < b->turn);
}

/* ---- switch threads -------------------------------------------------------------------------- */

static struct fsz_direct_service *direct_find(const struct fsz_direct *direct, const char *name)
{
    struct fsz_direct_service *service = NULL;
    DL_FOREACH(direct->services, service)
    {
        if (strcmp(service->name, name) == 0) {
            return service;
        }
    }
    return NULL;
}

/* *ret_count: how many are up and may serve the request. */
static struct fsz_direct_provider *service_choose(const struct fsz_direct_service *service,
                                                  const struct fsz_direct_want    *want,
                                                  size_t                          *ret_count)
{
    struct fsz_direct_provider *provider = NULL, *best = NULL;
    *ret_count = 0;
    DL_FOREACH(service->providers, provider)
    {
        bool may = provider->view.up && (provider->view.sections & want->section) != 0;
        *ret_count += may;
        if (may && fsz_direct_has_room(provider) && fsz_direct_is_better(provider, best)) {
            best = provider;
        }
    }
    return best;
}

static bool direct_take_locked(struct fsz_direct *direct, const struct fsz_direct_want *want,
                               struct fsz_direct_ticket *ret_ticket)
{
    struct fsz_direct_service *service = direct_find(direct, want->service);
    size_t                     count = 0;
    if (service == NULL || service->count > FSZ_DIRECT_PROVIDERS_MAX || service->waiting > 0 ||
        service_is_full(service, want->bytes, want->call)) {
        return false;
    }
    struct fsz_direct_provider *best = service_choose(service, want, &count);
    if (best == NULL || best->view.conn == NULL || !fsz_conn_is_idle(best->view.conn)) {
        return false;
    }
    service_open_locked(service, want->bytes);
    provider_claim_locked(direct, best);
    *ret_ticket = (struct fsz_direct_ticket){.service = service->serial,
                                             .provider = best->serial,
                                             .client = best->client,
                                             .others = count > 1,
                                             .deadline_ms = service->limits.deadline_ms,
                                             .attempt_ms = service->limits.attempt_ms,
                                             .view = fsz_direct_view_ref(&best->view)};
    return true;
}

bool fsz_direct_take(struct fsz_direct *direct, const struct fsz_direct_want *want,
                     struct fsz_direct_ticket *ret_ticket)
{
    fsz_thread_lock(&direct->lock);
    bool taken = direct_take_locked(direct, want, ret_ticket);
    pthread_mutex_unlock(&direct->lock);
    return taken;
}
