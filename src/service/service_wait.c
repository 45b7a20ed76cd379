/* SPDX-License-Identifier: MPL-2.0 */
/* Requests that wait for a provider to have room. */
#include "base/clock.h"
#include "service/service_private.h"

#include <string.h>
#include <utlist.h>

enum {
    WAIT_LEAST_PART = 16, /* of its time: a request that waited is not sent for less */
    WAIT_STUCK_MAX = 16   /* different requests that found no provider */
};

static bool service_has_room(const struct fsz_service *service)
{
    const struct fsz_provider *provider = NULL;
    DL_FOREACH(service->providers, provider)
    {
        if (fsz_provider_is_up(provider) && fsz_direct_has_room(&provider->direct)) {
            return true;
        }
    }
    return false;
}

/* A request whose time is almost over is not sent any more: the reply would come too late, and
 * other requests would wait meanwhile. Its timer ends it. */
static bool request_may_be_sent(const struct fsz_service_request *request, int64_t now_ms)
{
    return request->waiting && request->due_ms - now_ms > request->patience_ms / WAIT_LEAST_PART;
}

/* Requests that found no provider; one stands for all that are alike. */
struct wait_stuck {
    const struct fsz_service_request *requests[WAIT_STUCK_MAX];
    size_t                            count;
};

/* Would both find the same providers? */
static bool request_is_like(const struct fsz_service_request *a,
                            const struct fsz_service_request *b)
{
    return (a->call == NULL) == (b->call == NULL) && a->asked_count == b->asked_count &&
           memcmp(a->asked, b->asked, a->asked_count * sizeof(a->asked[0])) == 0 &&
           strcmp(a->section, b->section) == 0;
}

static bool stuck_has(const struct wait_stuck *stuck, const struct fsz_service_request *request)
{
    for (size_t i = 0; i < stuck->count; i++) {
        if (request_is_like(stuck->requests[i], request)) {
            return true;
        }
    }
    return false;
}

/* Looking for a provider costs more than comparing two requests. Among requests that are alike only
 * the first looks, so that many requests for one busy provider do not slow down the others. `all`:
 * look even if no provider has room, so that requests without any provider fail. */
static void service_send_waiting(struct fsz_service *service, bool all)
{
    struct wait_stuck           stuck = {.count = 0};
    struct fsz_service_request *request = NULL, *next = NULL;
    int64_t                     now_ms = fsz_clock_monotonic_ms();
    if (service->direct.waiting == 0) {
        return;
    }
    DL_FOREACH_SAFE(service->requests, request, next)
    {
        if (!request_may_be_sent(request, now_ms) || stuck_has(&stuck, request)) {
            continue;
        }
        if (!all && !service_has_room(service)) {
            return;
        }
        if (fsz_service_dispatch(service, request) && stuck.count < WAIT_STUCK_MAX) {
            stuck.requests[stuck.count++] = request;
        }
    }
}

void fsz_service_go_on(struct fsz_service *service)
{
    service_send_waiting(service, false);
}

void fsz_service_give_up(struct fsz_service *service)
{
    service_send_waiting(service, true);
}
